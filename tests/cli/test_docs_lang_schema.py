from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from breachway.cli.exit_codes import ExitCode
from breachway.threats.loading import language_folder
from tests.cli.given import breachway

ROOT = Path(__file__).parents[2]
WRONG = """#id: "small"
#version: "1.0.0"

category One {
  asset Thing {
    | act
      -> nowhere.act
  }
}

associations {
}
"""


def test_the_documentation_in_the_repository_is_what_the_code_says() -> None:
    outcome = breachway("docs", "--check", "--folder", str(ROOT / "docs"))
    assert outcome.code is ExitCode.CLEAN, outcome.out


def test_writing_makes_what_checking_accepts_and_removes_what_is_no_more(tmp_path: Path) -> None:
    stale = tmp_path / "techniques" / "steps" / "Gone.step.md"
    stale.parent.mkdir(parents=True)
    stale.write_text("old")
    assert breachway("docs", "--check", "--folder", str(tmp_path)).code is ExitCode.GATE_FAILED
    assert breachway("docs", "--write", "--folder", str(tmp_path)).code is ExitCode.CLEAN
    assert not stale.exists()
    outcome = breachway("docs", "--check", "--folder", str(tmp_path))
    assert outcome.code is ExitCode.CLEAN
    (tmp_path / "cli.md").write_text("edited by hand")
    outcome = breachway("docs", "--check", "--folder", str(tmp_path))
    assert outcome.code is ExitCode.GATE_FAILED
    assert "cli.md" in outcome.out
    assert "breachway docs --write" in outcome.err


def test_docs_outside_a_checkout(tmp_path: Path) -> None:
    assert breachway("docs", "--check", "--folder", str(tmp_path / "none")).code is ExitCode.USAGE


def test_linting_the_shipped_language() -> None:
    outcome = breachway("lang", "lint")
    assert (outcome.code, outcome.err) == (ExitCode.CLEAN, "")


def test_linting_finds_a_violation_with_its_place(tmp_path: Path) -> None:
    file = tmp_path / "small.mal"
    file.write_text(WRONG)
    outcome = breachway("lang", "lint", str(file))
    assert outcome.code is ExitCode.GATE_FAILED
    assert "small.mal:7" in outcome.out


def test_compiling_gives_the_shipped_json(tmp_path: Path) -> None:
    target = tmp_path / "language.json"
    assert breachway("lang", "compile", "--output", str(target)).code is ExitCode.CLEAN
    assert target.read_bytes() == (language_folder().parent / "language.json").read_bytes()


def test_compiling_what_is_not_there(tmp_path: Path) -> None:
    outcome = breachway("lang", "compile", str(tmp_path / "none.mal"))
    assert outcome.code is ExitCode.UNREADABLE_INPUT
    assert "none.mal" in outcome.err


@pytest.mark.parametrize("which", ["configuration", "report"])
def test_the_schemas_are_schemas(which: str) -> None:
    outcome = breachway("schema", which)
    assert outcome.code is ExitCode.CLEAN
    jsonschema.Draft202012Validator.check_schema(json.loads(outcome.out))


def test_the_report_of_the_shop_fits_its_schema() -> None:
    schema = json.loads(breachway("schema", "report").out)
    report = json.loads(breachway("model", str(ROOT / "examples" / "shop"), "--format", "json").out)
    jsonschema.Draft202012Validator(schema).validate(report)
