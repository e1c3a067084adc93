from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from breachway.analyses.assessment import Assessment, GraphSize
from breachway.model import Model
from breachway.reports.json_v1 import render, report_schema

from .fixture import ASSESSMENT, CLEAN
from .fixture_assets import HOSTILE
from .fixture_language import LANGUAGE
from .snapshot import assert_snapshot

EMPTY = Assessment(
    version="0",
    model=Model(),
    language=LANGUAGE,
    size=GraphSize(assets=0, steps=0, edges=0),
    actors=(),
    paths=(),
    fixes=(),
    choke_points=(),
    weaknesses=(),
    flows=(),
)


def parts(value: object) -> list[dict[str, Any]]:
    match value:
        case dict():
            return [value, *(part for member in value.values() for part in parts(member))]
        case list():
            return [part for member in value for part in parts(member)]
        case _:
            return []


def test_snapshot() -> None:
    assert_snapshot("report.json", render(ASSESSMENT))


@pytest.mark.parametrize("assessment", [ASSESSMENT, CLEAN, EMPTY], ids=["shop", "clean", "empty"])
def test_output_obeys_the_published_schema(assessment: Assessment) -> None:
    Draft202012Validator.check_schema(report_schema())
    Draft202012Validator(report_schema()).validate(json.loads(render(assessment)))


def test_the_schema_is_closed_and_describes_every_member() -> None:
    objects = [part for part in parts(report_schema()) if part.get("type") == "object"]
    assert len(objects) > 20
    for part in objects:
        assert part["additionalProperties"] is False
        assert part["required"] == list(part["properties"])
        assert all(member["description"].endswith(".") for member in part["properties"].values())


def test_nothing_is_null_and_nothing_is_lost() -> None:
    text = render(ASSESSMENT)
    report = json.loads(text)
    assert ": null" not in text
    assert len(report["weaknesses"]) == len(ASSESSMENT.weaknesses)
    assert len(report["paths"]) == len(ASSESSMENT.paths)
    assert len(report["assets"]) == len(ASSESSMENT.model.assets)
    assert {item["document"] for item in report["unread"]} == {item.location.document for item in ASSESSMENT.model.unread}


def test_a_hostile_name_comes_back_exactly_and_is_written_in_ascii() -> None:
    text = render(ASSESSMENT)
    assert text.isascii()
    assert HOSTILE in {asset["name"] for asset in json.loads(text)["assets"]}


def test_ids_refer_to_something() -> None:
    report = json.loads(render(ASSESSMENT))
    assets = {asset["id"] for asset in report["assets"]}
    paths = {path["id"] for path in report["paths"]}
    assert {step["asset"] for path in report["paths"] for step in path["steps"]} <= assets
    assert {path for fix in report["fixes"] for path in fix["cuts"]} <= paths
    for path in report["paths"]:
        assert all(need < step["number"] for step in path["steps"] for need in step["needs"])


def test_each_item_of_a_list_stands_on_a_line_of_its_own() -> None:
    lines = render(ASSESSMENT).splitlines()
    assert sum(1 for line in lines if line.startswith('    {"id": "P')) == len(ASSESSMENT.paths)


def test_a_lone_surrogate_in_a_label_is_no_fault() -> None:
    odd = dataclasses.replace(ASSESSMENT.model, notes=("\udcff",))
    assert json.loads(render(dataclasses.replace(ASSESSMENT, model=odd)))["notes"] == ["\udcff"]


def test_the_risk_of_each_threat_refers_to_what_it_stands_on() -> None:
    report = json.loads(render(ASSESSMENT))
    risk = report["risk"]
    assert risk["calibrated"] is False
    assert {path for threat in risk["threats"] for path in threat["paths"]} <= {path["id"] for path in report["paths"]}
    for threat in risk["threats"]:
        assert threat["within"]["low"] <= threat["within"]["value"] <= threat["within"]["high"]
        assert threat["score"] == threat["likelihood"] * threat["impact"]
    ids = {threat["id"] for threat in risk["threats"]}
    assert {name for control in report["patterns"] for one in control["components"] for name in one["risks"]} <= ids
    nothing = json.loads(render(EMPTY))["risk"]
    assert (nothing["samples"], nothing["threats"]) == (0, [])
