from __future__ import annotations

import json
from typing import TYPE_CHECKING

from breachway.cli.exit_codes import ExitCode
from tests.cli.given import breachway

if TYPE_CHECKING:
    from pathlib import Path

QUIET = "examples/quiet"


def test_each_principle_has_its_figures_in_the_text() -> None:
    outcome = breachway("principles", QUIET)
    assert outcome.code is ExitCode.CLEAN
    for words in ("Defence in depth (G2)", "Attack surface (G3)", "Blast radius (G4)", "Segregation of duties (G5)"):
        assert words in outcome.out
    assert "0 identities with both sides of a duty" in outcome.out
    assert max(map(len, outcome.out.splitlines())) <= 80


def test_json_holds_the_same_and_does_not_change_from_run_to_run(tmp_path: Path) -> None:
    target = tmp_path / "principles.json"
    outcome = breachway("principles", QUIET, "--format", "json", "--output", str(target))
    assert outcome.out == ""
    text = target.read_text(encoding="utf-8")
    assert text == breachway("principles", QUIET, "--format", "json").out
    found = json.loads(text)
    assert {"defenceInDepth", "attackSurface", "blastRadius", "segregationOfDuties"} <= set(found)
    assert all(one["least"] is None or one["least"] >= 0 for one in found["defenceInDepth"])
    assert all(len(one["defences"]) == one["least"] for one in found["defenceInDepth"] if one["proven"] and one["least"])
    assert all(one["count"] == len(one["items"]) for one in found["attackSurface"])
    assert [one["value"] for one in found["blastRadius"]] == sorted((one["value"] for one in found["blastRadius"]), reverse=True)


def test_everything_is_listed_when_asked_for() -> None:
    short, long = (breachway("principles", QUIET, *more).out for more in ((), ("--all",)))
    assert "more (--all)" in short
    assert "more (--all)" not in long
    assert len(long) > len(short)
