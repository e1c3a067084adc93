"""No report shows the value of a secret: only its name and where it stands."""

from __future__ import annotations

from pathlib import Path

import pytest

from breachway.cli.exit_codes import ExitCode
from tests.cli.given import breachway

EVERYTHING = Path(__file__).parents[1] / "mapping" / "everything"
VALUES = ("n0t-a-placeholder", "npm_0123456789")


def test_the_input_holds_the_values() -> None:
    text = "".join(path.read_text(encoding="utf-8") for path in EVERYTHING.rglob("*") if path.is_file())
    assert all(value in text for value in VALUES)


@pytest.mark.parametrize("name", ["terminal", "html", "json", "sarif", "markdown"])
def test_no_format_shows_a_value(name: str) -> None:
    outcome = breachway("model", str(EVERYTHING), "--format", name, "--all")
    assert outcome.code is ExitCode.CLEAN
    assert "API_TOKEN" in outcome.out or name == "markdown"
    assert [value for value in VALUES if value in outcome.out] == []
