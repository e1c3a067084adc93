"""Assessments at their edges: nothing at all, very much, and values that are seldom seen."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import pytest

from breachway.analyses.assessment import Severity
from breachway.evidence import Assumption, Location, Unread
from breachway.model import Model
from breachway.reports import html, json_v1, markdown, sarif, terminal, wording
from breachway.reports.html.measure import fit, text_width, wrap

from .fixture import ASSESSMENT, CLEAN

if TYPE_CHECKING:
    from breachway.analyses.assessment import Assessment


def crowded() -> Assessment:
    """Far more of everything than fits on a page."""
    path, fix, model = ASSESSMENT.paths[0], ASSESSMENT.fixes[0], ASSESSMENT.model
    many = tuple(Location(f"k8s/{number}.yaml", "", number, 1) for number in range(1, 40))
    unread = tuple(Unread(location, "object", "not understood", "look again") for location in many)
    assumptions = tuple(
        Assumption(
            id=f"assumption-with-quite-a-long-name-{number}",
            statement="it holds",
            probability=0.5,
            rationale="a guess",
            subject="everything",
            defence_on=True,
            evidence=(),
        )
        for number in range(130)
    )
    steps = tuple(dataclasses.replace(step, evidence=step.evidence * 4) for step in path.steps)
    return dataclasses.replace(
        ASSESSMENT,
        model=dataclasses.replace(model, unread=unread, assumptions=assumptions, documents=()),
        paths=tuple(dataclasses.replace(path, id=f"P{number}", steps=steps, cut_by=()) for number in range(1, 31)),
        fixes=tuple(dataclasses.replace(fix, id=f"F{number}", locations=many, cuts=()) for number in range(1, 31)),
        fix_set=("F1",),
        fix_set_verified=True,
        flows=ASSESSMENT.flows[:1] * 300,
    )


@pytest.mark.parametrize("width", [40, 80, 160])
def test_a_crowded_terminal_page_says_what_it_leaves_out(width: int) -> None:
    page = " ".join(terminal.render(crowded(), width=width).split())
    assert page.count("--all") >= 4
    assert "run again to make sure" in page
    assert "--all" not in terminal.render(crowded(), width=width, verbose=True)


def test_a_crowded_html_page_says_what_it_leaves_out() -> None:
    page = html.render(crowded())
    for left_out in ("and 100 more", "and 30 more"):
        assert f"{left_out}; the JSON report lists every one." in page
    assert page.count("<svg") < 70


def test_a_crowded_comment_says_what_it_leaves_out() -> None:
    page = markdown.render(crowded())
    for left_out in ("25 more paths", "20 more fixes", "110 more assumptions", "19 more not understood"):
        assert left_out in page


def test_a_crowded_report_for_machines_leaves_nothing_out() -> None:
    assert json_v1.render(crowded()).count("assumption-with-quite-a-long-name") == 130
    assert sarif.render(crowded()).count('"executionOrder": 5') == 30 * 4


def test_an_empty_model_is_rendered_by_every_format() -> None:
    nothing = dataclasses.replace(CLEAN, model=Model(), actors=(), weaknesses=())
    for page in (terminal.render(nothing), html.render(nothing), markdown.render(nothing)):
        assert "No attacker was modelled" in page
    assert "name some in breachway.yaml" in " ".join(terminal.render(nothing).split())
    assert '"results": []' in sarif.render(nothing)


def test_a_step_or_finding_without_evidence_points_at_its_asset() -> None:
    bare = dataclasses.replace(
        ASSESSMENT.paths[0], steps=tuple(dataclasses.replace(step, evidence=()) for step in ASSESSMENT.paths[0].steps)
    )
    finding = dataclasses.replace(ASSESSMENT.weaknesses[0], evidence=())
    text = sarif.render(dataclasses.replace(ASSESSMENT, paths=(bare,), weaknesses=(finding,)))
    assert f'"fullyQualifiedName": "{finding.asset}"' in text
    assert "1. exploit the application" in terminal.render(dataclasses.replace(ASSESSMENT, paths=(bare,))).replace("1  ", "1. ")


def test_a_finding_with_several_reasons_relates_them() -> None:
    finding = dataclasses.replace(ASSESSMENT.weaknesses[0], evidence=ASSESSMENT.paths[0].steps[2].evidence)
    assert '"relatedLocations"' in sarif.render(dataclasses.replace(ASSESSMENT, paths=(), weaknesses=(finding,)))


def test_the_most_valuable_loss_of_an_actor_comes_first() -> None:
    goal = wording.worst_goal(ASSESSMENT.actors[1], ASSESSMENT)
    assert goal is not None
    assert goal.goal_title == "cluster admin"
    assert wording.worst_goal(ASSESSMENT.actors[3], ASSESSMENT) is None


def test_every_severity_has_a_shape_of_its_own() -> None:
    assert len({wording.severity_mark(severity) for severity in Severity}) == len(Severity)


@pytest.mark.parametrize("text", ["short", "名前" * 30, "x" * 200, "many words " * 20, ""])
def test_measured_text_fits(text: str) -> None:
    assert text_width(fit(text, 90, 13), 13) <= 90
    lines = wrap(text, 90, 13, 3)
    assert len(lines) <= 3
    assert all(text_width(line, 13) <= 90 for line in lines)
