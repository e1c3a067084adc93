from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

import incidents
from breachway.evidence import Location
from incident_scoring import Place
from incidents import Claim, Script

if TYPE_CHECKING:
    from pathlib import Path

BEFORE = """\
apiVersion: v1
kind: ServiceAccount
metadata: {name: clerk, namespace: desk}
---
apiVersion: v1
kind: Pod
metadata: {name: counter, namespace: desk}
spec:
  serviceAccountName: clerk
  containers: [{name: counter, image: registry.example.com/counter:1}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: reader, namespace: desk}
rules:
- apiGroups: [""]
  resources: [secrets]
  verbs: [list]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: reader, namespace: desk}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: reader}
subjects: [{kind: ServiceAccount, name: clerk}]
---
apiVersion: v1
kind: Secret
metadata: {name: till, namespace: desk}
"""
AFTER = BEFORE.replace("verbs: [list]", "verbs: [create]")
CASE: dict[str, Any] = {
    "platform": "kubernetes",
    "path": [
        {"because": {"file": "input/all.yaml", "line": 9, "text": "serviceAccountName: clerk"}},
        {"because": {"file": "input/all.yaml", "line": 1, "text": "apiVersion: v1"}},
    ],
    "must_not": ["the clerk runs pods"],
}
ENTRY = "Container desk/Pod/counter/counter:compromise"
SCRIPT = Script(
    actor="A2",
    entry=(ENTRY,),
    steps=(("ServiceAccount desk/clerk:assume",), ("Secret desk/till:readFromStore",)),
    goal=("Secret desk/till:read",),
    claims=(Claim(1, "not reached", ("ServiceAccount desk/clerk:assume",), (), ("KubernetesScope *:runPod",)),),
)


def case_of(folder: Path, *, before: str = BEFORE, after: str = AFTER, case: dict[str, Any] | None = None) -> Path:
    for side, text in (("input", before), ("safe", after)):
        (folder / side).mkdir(parents=True)
        (folder / side / "all.yaml").write_text(text, encoding="utf-8")
    (folder / "case.json").write_text(json.dumps(CASE if case is None else case), encoding="utf-8")
    return folder


def test_a_case_holds_when_the_path_is_there_and_gone(tmp_path: Path) -> None:
    outcome = incidents.replay(case_of(tmp_path / "till"), SCRIPT)
    assert outcome.good
    assert [step.at_place for step in outcome.steps] == [True, False]
    assert [step.after for step in outcome.steps] == [0, 1]


def test_a_path_that_the_fix_leaves_open_is_said(tmp_path: Path) -> None:
    outcome = incidents.replay(case_of(tmp_path / "till", after=BEFORE), SCRIPT)
    assert outcome.reached_after
    assert not outcome.good


def test_a_path_that_is_not_found_is_said(tmp_path: Path) -> None:
    outcome = incidents.replay(case_of(tmp_path / "till", before=AFTER), SCRIPT)
    assert [step.node >= 0 for step in outcome.steps] == [True, False]
    assert not outcome.reached_before
    assert not outcome.good


def test_a_step_is_looked_for_after_the_steps_before_it(tmp_path: Path) -> None:
    turned = SCRIPT._replace(steps=(SCRIPT.steps[1], SCRIPT.steps[0]))
    outcome = incidents.replay(case_of(tmp_path / "till"), turned)
    assert [step.after for step in outcome.steps] == [0, 0]


def test_a_statement_that_is_claimed_fails_the_case(tmp_path: Path) -> None:
    more = BEFORE.replace("resources: [secrets]", "resources: [secrets, pods]").replace("verbs: [list]", "verbs: [list, create]")
    outcome = incidents.replay(case_of(tmp_path / "till", before=more), SCRIPT)
    assert outcome.claimed == (1,)
    assert not outcome.good


@pytest.mark.parametrize(
    "claim, problem",
    [
        (Claim(1, "not reached", ("ServiceAccount desk/ghost:assume",), (), (ENTRY,)), "nothing is ServiceAccount desk/ghost"),
        (Claim(1, "not reached", (ENTRY,), (), ("Secret desk/ghost:read",)), "nothing is Secret desk/ghost:read"),
        (Claim(1, "is blue", (ENTRY,), (), (ENTRY,)), "no such question"),
        (Claim(2, "not reached", (ENTRY,), (), ("Cluster *:admin",)), "statement 1 has no question"),
    ],
)
def test_a_question_that_asks_nothing_is_broken(tmp_path: Path, claim: Claim, problem: str) -> None:
    outcome = incidents.replay(case_of(tmp_path / "till"), SCRIPT._replace(claims=(claim,)))
    assert any(problem in text for text in outcome.broken)
    assert not outcome.good


@pytest.mark.parametrize(
    "claim, claimed",
    [
        (Claim(1, "reached", (ENTRY,), (), ("Secret desk/till:read",)), False),
        (Claim(1, "reached", (ENTRY,), ("ServiceAccount *:assume",), ("Secret desk/till:read",)), True),
        (Claim(1, "gives nothing", ("RoleGrant *:use",), (), ()), True),
        (Claim(1, "apart", ("KubernetesWorkload *:compromise",), (), ("KubernetesWorkload *:compromise",)), True),
    ],
)
def test_questions_are_answered_on_the_graph(tmp_path: Path, claim: Claim, *, claimed: bool) -> None:
    outcome = incidents.replay(case_of(tmp_path / "till"), SCRIPT._replace(claims=(claim,)))
    assert outcome.broken == ()
    assert bool(outcome.claimed) is claimed


def test_other_platforms_are_shown_and_not_counted(tmp_path: Path) -> None:
    outcome = incidents.replay(case_of(tmp_path / "till", case={**CASE, "platform": "docker"}), SCRIPT)
    assert not outcome.counted


def test_the_tables_agree_with_one_another() -> None:
    known = incidents.scripts()
    assert all(script.entry for script in known.values())
    assert all(script.goal and script.claims for script in known.values() if script.steps)
    assert all(incidents.overlay_of(slug, safe=safe).document for slug in known if known[slug].steps for safe in (False, True))


def test_a_place_is_a_line_or_a_pointer() -> None:
    here = Location("x/input/a.json", "/Results/0/Vulnerabilities/1", 7, 1)
    assert Place("a.json", 7, "").is_at(here)
    assert Place("a.json", 0, "/Results/0").is_at(here)
    assert not Place("b.json", 7, "").is_at(here)
    assert not Place("a.json", 0, "/Results/1").is_at(here)


def test_the_script_fails_when_a_case_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    case_of(tmp_path / "incidents" / "till", after=BEFORE)
    case_of(tmp_path / "incidents" / "other")
    monkeypatch.setattr(incidents, "scripts", lambda: {"till": SCRIPT})
    monkeypatch.setattr("sys.argv", ["incidents.py", "--corpora", str(tmp_path)])
    assert incidents.main() == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1].startswith("0 of 1 cases of Kubernetes hold")
    assert "other is not in the tables" in lines
