from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from weakness_cases import Case, Span, Target, out_of_scope, parse_case, spans, variants
from weaknesses import (
    CLASSES,
    HERE,
    Dispute,
    Finding,
    Judgement,
    Tally,
    agrees,
    conclude,
    judge,
    read_disputes,
    read_rows,
    share,
    tallies,
    untested,
)

if TYPE_CHECKING:
    from pathlib import Path

POD = """apiVersion: v1
kind: Pod
metadata: {name: a}
spec:
  hostPID: true
  containers: [{name: app, image: "registry.example.com/app:1"}]
"""
TWO = f"{POD}---\n{POD.replace('name: a}', 'name: b}')}"


def case(identifier: str = "suite/rule/1", *, bad: bool = True, keys: tuple[str, ...] = ("a",), source: str = "suite") -> Case:
    return Case(id=identifier, source=source, platform="k8s", bad=bad, keys=keys, files=(("pod.yaml", POD),))


def found(*keys: str, subject: str = "Pod default/a", line: int = 5) -> Judgement:
    return Judgement(weak=tuple(Finding(key, subject, (("pod.yaml", line, "why"),)) for key in keys))


# ---------------------------------------------------------------------------------------------------------------------- agreement


def test_a_bad_case_agrees_when_one_of_its_weaknesses_is_found() -> None:
    assert agrees(case(keys=("a", "b")), found("b", "c"))
    assert not agrees(case(keys=("a", "b")), found("c"))


def test_a_bad_case_agrees_only_on_every_object_that_it_names() -> None:
    both = replace(case(), files=(("pod.yaml", TWO),), targets=(Target("Pod", "a", 0), Target("Pod", "b", 0)))
    assert not agrees(both, found("a"))
    assert not agrees(both, found("a", subject="image x", line=2))
    elsewhere = found("a", subject="image x", line=12).weak
    assert agrees(both, Judgement(weak=(*found("a").weak, *elsewhere)))


def test_the_subject_of_a_finding_may_name_the_object_that_another_file_exposes() -> None:
    named = replace(case(), targets=(Target("Pod", "a", 0),))
    assert agrees(named, found("a", subject="Pod default/a, container app", line=99))
    assert not agrees(named, found("a", subject="Pod default/ab", line=99))


def test_a_good_case_agrees_when_none_is_found() -> None:
    assert agrees(case(bad=False), found("other"))
    assert not agrees(case(bad=False), found("a"))


def test_silence_about_what_was_not_modelled_is_no_agreement() -> None:
    assert not agrees(case(bad=False), Judgement(error="nothing to read"))
    assert judge(replace(case(), files=(("notes.txt", "no artefact"),))).error


def test_an_undecided_weakness_is_not_a_found_one() -> None:
    assert not agrees(case(), Judgement(unknown=frozenset({"a"})))


def test_a_case_is_judged_by_what_breachway_finds() -> None:
    named = replace(case(keys=("host-pid",)), targets=(Target("Pod", "a", 0),))
    assert agrees(named, judge(named))
    assert not agrees(replace(named, bad=False), judge(named))


def test_copies_of_one_object_are_judged_in_turn() -> None:
    copies = replace(case(bad=False, keys=("host-pid",)), files=(("1.yaml", POD.replace("true", "false")), ("2.yaml", POD)))
    assert len(variants(copies)) == 2
    assert not agrees(copies, judge(copies))
    assert variants(case()) == (case(),)


# ---------------------------------------------------------------------------------------------------------- cases and their scope


def test_a_nameless_file_gets_the_name_that_its_platform_uses() -> None:
    line = {"id": "x", "source": "s", "expect": "bad", "weaknesses": ["a"], "files": {"input": "FROM scratch"}}
    assert parse_case(json.dumps(line | {"platform": "dockerfile"})).files == (("Dockerfile", "FROM scratch"),)
    assert parse_case(json.dumps(line | {"platform": "kubernetes"})).files[0][0] == "input.yaml"


def test_where_a_rule_objects_is_an_object_or_a_line() -> None:
    line = {"id": "x", "source": "s", "expect": "bad", "weaknesses": ["a"], "files": {"f": "x"}, "platform": "k8s"}
    objects = [{"obj": [["Pod", None, "a"]], "paths": []}, {"obj": [], "paths": ["spec"]}]
    assert parse_case(json.dumps(line | {"where": objects})).targets == (Target("Pod", "a", 0),)
    assert parse_case(json.dumps(line | {"where": [7, 3]})).targets == (Target("", "", 3), Target("", "", 7))
    assert parse_case(json.dumps(line)).targets == ()


def test_objects_services_and_stages_are_stretches_of_lines() -> None:
    assert spans(replace(case(), files=(("pod.yaml", TWO),))) == (
        Span("pod.yaml", 8, 13, "Pod", "b"),
        Span("pod.yaml", 1, 6, "Pod", "a"),
    )
    compose = replace(case(), platform="compose", files=(("c.yaml", "services:\n  a:\n    image: x\n  b:\n    image: y\n"),))
    assert spans(compose) == (Span("c.yaml", 2, 3, "service", "a"), Span("c.yaml", 4, 5, "service", "b"))
    docker = replace(case(), platform="docker", files=(("Dockerfile", "FROM a\nRUN x\nFROM b\n"),))
    assert spans(docker) == (Span("Dockerfile", 1, 2), Span("Dockerfile", 3, 3))
    assert spans(replace(case(), files=(("pod.yaml", "a: [\n"),))) == ()


def test_what_is_not_an_artefact_of_a_platform_is_out_of_scope_with_a_reason() -> None:
    collected = ("node.json", '{"kind": "KubeletInfo", "apiVersion": "hostdata.kubescape.cloud/v1beta0"}')
    assert "collected" in out_of_scope(replace(case(), files=(collected,)))
    assert out_of_scope(replace(case(), files=(collected, ("pod.yaml", POD)))) == ""
    assert "collected" in out_of_scope(replace(case(keys=("image-known-vulnerabilities",)), files=(collected, ("pod.yaml", POD))))
    assert out_of_scope(replace(case(), platform="terraform")) == "terraform"
    assert out_of_scope(replace(case(), files=())) == "without any input"
    assert "configuration" in out_of_scope(case(keys=("untrusted-registry",)))
    assert out_of_scope(case()) == ""


# ------------------------------------------------------------------------------------------------------------------------ figures


def test_a_rule_of_several_keys_is_missed_only_when_none_is_found() -> None:
    cases = (case("1", keys=("a", "b")), case("2", keys=("a", "b")))
    result = tallies(cases, {"1": found("b"), "2": found()}, frozenset({"a", "b"}))
    assert result == {("a", "suite"): Tally(false_negative=1), ("b", "suite"): Tally(true_positive=1, false_negative=1)}


def test_precision_and_recall_are_shares_or_a_dash() -> None:
    tally = Tally()
    for bad, weak in ((True, True), (True, False), (False, True), (False, False)):
        tally.add(bad=bad, found=weak)
    assert tally.cells() == ("4", "1", "1", "1", "50.0 %", "50.0 %")
    assert share(0, 0) == "-"


def test_keys_that_only_silence_speaks_for_are_told() -> None:
    cases = (case("1", bad=False, keys=("a", "b")), case("2", keys=("b",)))
    assert untested(cases, {"1": found(), "2": found("b")}) == ("a",)


def test_the_goal_needs_the_platform_suite_in_full(capsys: pytest.CaptureFixture[str]) -> None:
    cases = (*(case(str(number)) for number in range(99)), case("suite", source="k8s-psa"))
    judgements = {item.id: found("a") for item in cases}
    covered = frozenset({"a"})
    assert conclude(every=cases, judgements=judgements, disputes={}, covered=covered) == 0
    assert "100.0 % agreement over 100 cases" in capsys.readouterr().out.splitlines()[-1]
    judgements["suite"] = found()
    disputes = {"suite": Dispute("platform", "", "why")}
    assert conclude(every=cases, judgements=judgements, disputes=disputes, covered=covered) == 1
    assert "MISSED" in capsys.readouterr().out.splitlines()[-1]


@pytest.mark.parametrize(
    "identifier, dispute, judgement, fault",
    [
        ("gone", Dispute("platform", "", "why"), found("a"), "no case that counts"),
        ("1", Dispute("platform", "", "why"), found("a"), "needs no dispute"),
        ("1", Dispute("other-weakness", "b", "why"), found(), "b is not found either"),
    ],
)
def test_a_dispute_without_ground_is_a_failure(
    identifier: str, dispute: Dispute, judgement: Judgement, fault: str, capsys: pytest.CaptureFixture[str]
) -> None:
    result = conclude(every=(case("1"),), judgements={"1": judgement}, disputes={identifier: dispute}, covered=frozenset({"a"}))
    assert result == 1
    assert fault in capsys.readouterr().out


def test_a_dispute_is_printed_with_what_breachway_says(capsys: pytest.CaptureFixture[str]) -> None:
    cases = (case("1", bad=False), case("2"))
    disputes = {"1": Dispute("one-part", "", "the other part holds")}
    assert conclude(every=cases, judgements={"1": found("a"), "2": found("a")}, disputes=disputes, covered=frozenset({"a"})) == 0
    output = capsys.readouterr().out
    assert "the other part holds" in output
    assert "Breachway: a at pod.yaml:5, why" in output
    assert "with every disputed label taken as right: 50.0 % of 2" in output


def test_the_lists_beside_the_script_are_well_formed(tmp_path: Path) -> None:
    rows = "case\tclass\tinstead\treason\nx/1\tplatform\t-\tbecause\n"
    (tmp_path / "list.tsv").write_text(rows, encoding="utf-8")
    assert read_disputes(tmp_path / "list.tsv") == {"x/1": Dispute("platform", "", "because")}
    (tmp_path / "list.tsv").write_text(rows + "x/1\tplatform\t-\tagain\n", encoding="utf-8")
    with pytest.raises(SystemExit, match="twice"):
        read_disputes(tmp_path / "list.tsv")
    assert len(list(read_rows(HERE / "weakness_keys.tsv"))) > 150
    assert {dispute.kind for dispute in read_disputes(HERE / "weakness_label_disputes.tsv").values()} <= set(CLASSES)
