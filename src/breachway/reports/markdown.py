"""The report as a comment on a pull request: the answer, then details to unfold."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from breachway.evidence import Basis
from breachway.reports.escaping import markdown, markdown_code
from breachway.reports.risks import ground_words, risk_of, risk_words, within_words
from breachway.reports.simulation import CAUTION
from breachway.reports.tenancy_markdown import folded
from breachway.reports.wording import (
    SEVERITIES,
    basis_words,
    count,
    duration,
    headline,
    listed,
    needs_words,
    place,
    remedy,
    severity_mark,
    worst_goal,
)

if TYPE_CHECKING:
    from breachway.analyses.assessment import Assessment, AttackPath, Fix
    from breachway.evidence import Evidence

_PATHS = 5
# A comment on GitHub may have 65,536 characters.
_LONGEST = 60_000
_CLIP = 400
_FIXES = 10
_UNREAD = 20
_REASONS = 3


def _text(value: str) -> str:
    """Running text: escaped, and cut where it is absurdly long."""
    return markdown(value if len(value) <= _CLIP else f"{value[:_CLIP]}…")


def _code(value: str) -> str:
    """Inline code: escaped, and cut where it is absurdly long."""
    return markdown_code(value if len(value) <= _CLIP else f"{value[:_CLIP]}…")


def render(assessment: Assessment) -> str:
    """GitHub-flavoured Markdown, as many paths as fit into one comment.  All text from artefacts is escaped."""
    pages = (_page(assessment, paths) for paths in range(_PATHS, 0, -1))
    return next((page for page in pages if len(page) < _LONGEST), _page(assessment, 0))


def _page(assessment: Assessment, paths: int) -> str:
    lines = [f"### {_text(headline(assessment))}", ""]
    if assessment.paths:
        lines += [_text(remedy(assessment)), ""] if assessment.fixes else []
        lines += _actors(assessment)
        lines += _fixes(assessment)
        for path in assessment.paths[:paths]:
            lines += _path(path, assessment)
        if len(assessment.paths) > paths:
            lines += [f"{count(len(assessment.paths) - paths, 'more path')} in the HTML report.", ""]
    else:
        size = assessment.size
        lines += [
            f"Looked through {count(size.steps, 'attack step')} on {count(size.assets, 'asset')} for {_actor_names(assessment)}.",
            "",
        ]
    lines += folded(assessment.tenancy)
    lines += _ground(assessment)
    lines += _weaknesses(assessment)
    lines.append(f"<sub>Breachway {_text(assessment.version)}</sub>")
    return "\n".join(lines) + "\n"


def _actor_names(assessment: Assessment) -> str:
    return _text(listed(tuple(f"{actor.title[:1].lower()}{actor.title[1:]}" for actor in assessment.actors)) or "no attacker")


def _actors(assessment: Assessment) -> list[str]:
    risks = assessment.risks
    column, line, none = (f" Risk {within_words(risks)} |", "---|", " |") if risks is not None else ("", "", "")
    lines = [f"| Attacker | Starts at | Gets to | Steps | Expected time |{column}", f"|---|---|---|--:|---|{line}"]
    for actor in assessment.actors:
        goal = worst_goal(actor, assessment)
        if goal is None:
            lines.append(f"| {_text(actor.title)} | {_text(actor.start)} | no crown jewel | | |{none}")
            continue
        risk = risk_of(assessment, actor.actor, goal.goal_asset, goal.goal_title)
        rated = f" {_text(risk_words(risk))} |" if risk is not None else none
        lines.append(
            f"| {_text(actor.title)} | {_text(actor.start)} | **{_text(goal.goal_title)}** | {goal.steps} "
            f"| {duration(goal.expected_days)} |{rated}"
        )
    if risks is not None:
        lines += ["", f"<sub>Risk is likelihood by value. {_text(f'{ground_words(risks)} {CAUTION}')}</sub>"]
    return [*lines, ""]


def _fixes(assessment: Assessment) -> list[str]:
    if not assessment.fixes:
        return []
    lines = ["| Fix | Where | Change | Cuts |", "|---|---|---|---|"]
    lines.extend(_fix(fix) for fix in assessment.fixes[:_FIXES])
    if len(assessment.fixes) > _FIXES:
        lines.append(f"| | | and {count(len(assessment.fixes) - _FIXES, 'more fix')} | |")
    return [*lines, ""]


def _fix(fix: Fix) -> str:
    where = (
        _code(place(fix.locations[0])) + (f" and {len(fix.locations) - 1} more" if len(fix.locations) > 1 else "")
        if fix.locations
        else ""
    )
    caution = f"<br>Mind: {_text(fix.caution)}" if fix.caution else ""
    cuts = _text(listed(fix.cuts)) or "none alone"
    return f"| **{_text(fix.id)}** {_text(fix.title)} | {where} | {_text(fix.change)}{caution} | {cuts} |"


def _path(path: AttackPath, assessment: Assessment) -> list[str]:
    actor = next((item.title for item in assessment.actors if item.actor == path.actor), path.actor)
    summary = (
        f"<b>{_text(path.id)}</b> {severity_mark(path.severity)} {path.severity.value}: {_text(actor)}, "
        f"{_text(path.entry_title)}, to <b>{_text(path.goal_title)}</b> "
        f"({count(len(path.steps), 'step')}, {duration(path.expected_days)})"
    )
    lines = ["<details>", f"<summary>{summary}</summary>", ""]
    for number, step in enumerate(path.steps, start=1):
        needs = needs_words(step)
        lines.append(f"{number}. **{_text(step.title)}** {_text(step.asset_name)}{f' ({needs})' if needs else ''}")
        lines.extend(f"   - {_reason(reason)}" for reason in step.evidence[:_REASONS])
    lines += ["", f"Cut by {_text(listed(path.cut_by, 'or')) or 'no single known change'}."]
    if path.decision:
        lines.append(f"Decided: {_text(path.decision)}.")
    if path.assumptions:
        lines.append(f"Rests on {', '.join(_code(item) for item in path.assumptions)}.")
    return [*lines, "", "</details>", ""]


def _reason(reason: Evidence) -> str:
    words = basis_words(reason)
    where = f" {_code(place(reason.location))}" if reason.location.document else ""
    if reason.basis is Basis.ASSUMED and reason.source:
        return f"{words}, assumption {_code(reason.source)}: {_text(reason.note)}{where}"
    return f"{f'{words}: ' if words else ''}{_text(reason.note)}{where}"


def _ground(assessment: Assessment) -> list[str]:
    model = assessment.model
    if not model.unread and not model.assumptions:
        return []
    heading = (
        f"What this rests on: {count(len(model.assumptions), 'assumption')}, {count(len(model.unread), 'thing')} not understood"
    )
    lines = ["<details>", f"<summary>{heading}</summary>", ""]
    lines.extend(
        f"- {_code(item.id)} {_text(item.statement)} (taken as {item.probability:g} likely: {_text(item.rationale)})"
        for item in model.assumptions[:_UNREAD]
    )
    if len(model.assumptions) > _UNREAD:
        lines.append(f"- and {count(len(model.assumptions) - _UNREAD, 'more assumption')}")
    lines.extend(f"- not understood: {_code(place(item.location))} {_text(item.reason)}" for item in model.unread[:_UNREAD])
    if len(model.unread) > _UNREAD:
        lines.append(f"- and {len(model.unread) - _UNREAD} more not understood")
    return [*lines, "", "</details>", ""]


def _weaknesses(assessment: Assessment) -> list[str]:
    counts = Counter(item.severity for item in assessment.weaknesses if not item.unknown)
    words = tuple(f"{counts[severity]} {severity.value}" for severity in SEVERITIES if counts[severity])
    if not words:
        return []
    return [f"{count(sum(counts.values()), 'weakness')} in all: {listed(words)}.", ""]
