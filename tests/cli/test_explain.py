from __future__ import annotations

import json
from pathlib import Path

import pytest

from breachway.cli.exit_codes import ExitCode
from tests.cli.given import breachway

SHOP = str(Path(__file__).parents[2] / "examples" / "shop")


@pytest.mark.parametrize(
    "identifier,words",
    [
        ("privileged-container", "Privileged container"),
        ("Container.escapePrivileged", "Stopped by"),
        ("Container.notPrivileged", "In force when"),
        ("A2", "internal attacker"),
        ("PRIVILEGED-CONTAINER", "Privileged container"),
    ],
)
def test_what_needs_no_model(identifier: str, words: str) -> None:
    outcome = breachway("explain", identifier)
    assert outcome.code is ExitCode.CLEAN
    assert words in outcome.out


def test_an_unknown_id_names_the_nearest_and_how_to_ask_about_a_report() -> None:
    outcome = breachway("explain", "privileged-contaner")
    assert outcome.code is ExitCode.USAGE
    assert "did you mean privileged-container" in outcome.err
    assert "breachway explain privileged-contaner PATH" in outcome.err


def test_the_ids_of_a_report() -> None:
    document = json.loads(breachway("model", SHOP, "--format", "json").out)
    path, fix, finding = document["paths"][0], document["fixes"][0], document["weaknesses"][0]
    for identifier, words in (
        (path["id"], path["goal_title"]),
        (path["fingerprint"], "Cut by: "),
        (fix["id"], "verified by running the model again"),
        (finding["fingerprint"], finding["title"]),
        (document["assumptions"][0]["id"], "To say what you know, in breachway.yaml:"),
    ):
        outcome = breachway("explain", identifier, SHOP)
        assert outcome.code is ExitCode.CLEAN, outcome.err
        assert words in outcome.out
