"""Every recipe on the fixtures of its weakness: the text still parses, only what is said changes, and the weakness is gone."""

from __future__ import annotations

import difflib
import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from breachway.edits.build_lines import Instruction
from breachway.edits.planning import Found, Original, Outcome, Planner
from breachway.edits.procedures import PROCEDURES
from breachway.edits.recipes import PLATFORMS, Effort, effort_of, load_recipes, load_unedited
from breachway.edits.spans import read_spans
from breachway.mapping.model_building import build_model
from breachway.model import Verdict
from breachway.sources.dockerfile.parsing import parse_instructions
from breachway.sources.originals import originals
from breachway.sources.reading import read
from breachway.sources.text import Refusal
from breachway.threats.catalogue import load_weaknesses

if TYPE_CHECKING:
    from breachway.evidence import Unread
    from breachway.model import Model

TECHNIQUES = Path(__file__).parents[1] / "techniques"
PLATFORM_OF = {"docker": "dockerfile"}
REFUSED = {
    "docker-world-writable-or-setuid": "it is written in a form that is not changed safely",
    "kubernetes-rbac-nodes-proxy": "the right comes with *: name in its place the verbs and resources that are used",
}
"""Fixtures whose weakness stands in a form that a recipe leaves alone, with what it says."""

LINES = {"package-cache-left", "image-user-root", "no-ingress-network-policy", "no-egress-network-policy"}


def fixtures() -> list[Path]:
    return sorted(
        path for folder in TECHNIQUES.iterdir() if folder.is_dir() for path in folder.glob("vulnerable*") if path.suffix != ".tar"
    )


def parse(text: str) -> list[Instruction]:
    problems: list[Unread] = []
    found = parse_instructions(text, "", problems)
    assert not problems
    return [Instruction(one.name, one.line, one.last_line, one.words) for one in found]


def planned(model: Model, key: str, paths: list[str]) -> tuple[dict[str, str], dict[str, str], list[Outcome]]:
    """The texts before, those that change, and what became of each weakness of ``key``."""
    forms = {summary.document: PLATFORMS.get(summary.format, "") for summary in model.documents}
    before = {label: one.text for label, one in originals(paths, forms).items() if not isinstance(one.text, Refusal)}
    planner = Planner({label: Original(forms[label], text) for label, text in before.items()}, parse)
    outcomes = [
        outcome
        for item in model.weaknesses
        if item.key == key and item.verdict is Verdict.WEAK
        for outcome in planner.add(Found(key, item.detail, item.asset.rpartition("/")[2], item.evidence))
    ]
    return before, planner.texts(), outcomes


@pytest.mark.parametrize("path", fixtures(), ids=lambda path: f"{path.parent.name}-{path.suffix[1:]}")
def test_the_weakness_is_gone_where_a_recipe_says_so_and_told_where_none_does(path: Path) -> None:
    platform, _, key = path.parent.name.partition("-")
    model = build_model(read([str(path)]))
    before, after, outcomes = planned(model, key, [str(path)])
    if not any(item.key == key for item in model.weaknesses):
        assert after == {}
        return
    if (key, PLATFORM_OF.get(platform, platform)) in load_recipes() and path.parent.name not in REFUSED:
        assert {outcome.reason for outcome in outcomes} == {""}
        again = build_model(read([str(path)], replaced=after))
        assert key not in {item.key for item in again.weaknesses if item.verdict is not Verdict.SAFE}
        assert {problem.reason for problem in again.unread} <= {problem.reason for problem in model.unread}
        for label, text in after.items():
            held_to_the_change(before[label], text, key)
    else:
        assert after == {}
        assert all(outcome.reason for outcome in outcomes)
        assert path.parent.name not in REFUSED or {outcome.reason for outcome in outcomes} == {REFUSED[path.parent.name]}


def held_to_the_change(before: str, after: str, key: str) -> None:
    """The new text parses; every comment that stood on a line that stays is there; what is not YAML changes in few lines."""
    changed = [line for line in difflib.ndiff(before.splitlines(), after.splitlines()) if line[:1] in "+-"]
    assert 0 < len(changed) <= (40 if key in LINES else 24)
    if after.lstrip()[:1] in {"{", "["}:
        json.loads(after)
    elif not before.lstrip().startswith(("FROM", "ARG", "#", "SHELL")):
        assert len(read_spans(after)) >= len(read_spans(before))


@pytest.mark.parametrize("path", fixtures(), ids=lambda path: f"{path.parent.name}-{path.suffix[1:]}")
def test_the_defences_that_a_weakness_takes_away_are_in_force_again(path: Path) -> None:
    """Those that are off because of this weakness alone; an asset that is gone needs none."""
    key = path.parent.name.partition("-")[2]
    model = build_model(read([str(path)]))
    _, after, outcomes = planned(model, key, [str(path)])
    if not outcomes or not all(outcome.made for outcome in outcomes):
        return
    again = build_model(read([str(path)], replaced=after))
    assets = {asset.id for asset in again.assets}
    states = {(state.asset, state.defence): state for state in again.defences}
    wrong = []
    for state in model.defences:
        if key in state.weaknesses and state.probability == 0.0 and state.asset in assets:
            now = states.get((state.asset, state.defence))
            if now is not None and key in now.weaknesses and now.probability == 0.0:
                wrong.append((state.defence, now.evidence[0].note))
    assert wrong == []


def test_every_weakness_has_a_recipe_or_a_reason_on_every_platform() -> None:
    recipes, without = load_recipes(), load_unedited()
    for weakness in load_weaknesses():
        for name in weakness.platforms:
            platform = PLATFORM_OF.get(name, name)
            made = (weakness.key, platform) in recipes
            told = (weakness.key, platform) in without or (weakness.key, "*") in without
            assert made != told, (weakness.key, platform)
    known = {weakness.key for weakness in load_weaknesses()}
    assert {key for key, _ in (*recipes, *without)} <= known


def test_every_operation_is_known_and_used() -> None:
    used = {recipe.operation for found in load_recipes().values() for recipe in found}
    lines = {"user", "words", "drop-line", "drop-single", "clean-up", "policy"}
    assert used == {*PROCEDURES, *lines}


def test_effort_grows_with_what_a_change_may_break() -> None:
    assert effort_of("host-pid", "kubernetes", caution="") is Effort.LINE
    assert effort_of("host-pid", "kubernetes", caution="monitors") is Effort.TESTED
    assert effort_of("secret-literal-in-env", "compose", caution="") is Effort.REDESIGN
    assert [effort.cost for effort in Effort] == [1, 3, 8]
