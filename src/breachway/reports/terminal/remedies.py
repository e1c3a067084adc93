"""What to change, what had to be assumed, and the counts that come last."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from breachway.reports.terminal.layout import Page, Style, span
from breachway.reports.wording import SEVERITIES, count, listed, place, remedy, severity_mark

if TYPE_CHECKING:
    from breachway.analyses.assessment import Assessment, Fix, WeaknessFinding

_SHOWN = 6


def write_fixes(page: Page, assessment: Assessment, *, verbose: bool) -> None:
    """The fixes in ranked order: where, what to change, what it cuts, what it may break."""
    if not assessment.fixes:
        return
    page.heading(f"What to change: {remedy(assessment)}" if assessment.fix_set_verified else "What to change")
    shown = assessment.fixes if verbose else assessment.fixes[:_SHOWN]
    for fix in shown:
        _write_fix(page, fix)
    if len(shown) < len(assessment.fixes):
        page.paragraph(span(f"and {count(len(assessment.fixes) - len(shown), 'fix')} more, each cutting less: --all"), indent=2)


def _write_fix(page: Page, fix: Fix) -> None:
    page.placed(
        span(fix.title, Style.STRONG), place(fix.locations[0]) if fix.locations else "", lead=span(f"{fix.id:<4}", Style.GOOD)
    )
    page.paragraph(span(fix.change), indent=6)
    for location in fix.locations[1:_SHOWN]:
        page.placed(span("and here"), place(location), indent=6)
    if len(fix.locations) > _SHOWN:
        page.paragraph(span(f"and in {count(len(fix.locations) - _SHOWN, 'more place')}"), indent=6)
    closes = f"; {count(fix.closes, 'crown jewel')} out of reach of an attacker" if fix.closes else ""
    page.paragraph(span(f"cuts {listed(fix.cuts)}{closes}" if fix.cuts else "cuts no ranked path alone"), indent=6)
    if fix.caution:
        page.paragraph(span(fix.caution, Style.CAUTION), indent=6, lead=span("mind: ", Style.CAUTION))


def write_assumptions(page: Page, assessment: Assessment, *, verbose: bool) -> None:
    """The questions that no artefact answers, those that ranked paths rest on first."""
    used = Counter(assumption for path in assessment.paths for assumption in path.assumptions)
    ranked = sorted(assessment.model.assumptions, key=lambda item: (-used[item.id], item.id))
    if not ranked:
        return
    page.heading(f"This rests on {count(len(ranked), 'assumption')}")
    shown = ranked if verbose else ranked[:_SHOWN]
    for item in shown:
        lead = span(f"{item.id}  ", Style.CAUTION)
        if len(lead.text) > page.width // 3:
            page.paragraph(span(item.id, Style.CAUTION), indent=2)
            lead = span("")
        page.paragraph(span(f"{item.statement} (taken as {item.probability:g} likely)"), indent=2, lead=lead)
        weight = (
            f"; {count(used[item.id], 'ranked path')} use it"
            if used[item.id] > 1
            else "; 1 ranked path uses it"
            if used[item.id]
            else ""
        )
        page.paragraph(span(f"{item.subject}; {item.rationale}{weight}", Style.FAINT), indent=6)
    if len(shown) < len(ranked):
        page.paragraph(span(f"and {len(ranked) - len(shown)} more: --all"), indent=2)
    page.paragraph(span("Confirm or refute them under assumptions in breachway.yaml; breachway explain ID tells more."), indent=2)


def write_rest(page: Page, assessment: Assessment, *, verbose: bool) -> None:
    """The weaknesses by severity, and how large the model is."""
    page.heading("The rest")
    found = tuple(item for item in assessment.weaknesses if not item.unknown)
    undecided = len(assessment.weaknesses) - len(found)
    counts = Counter(item.severity for item in found)
    words = tuple(f"{counts[severity]} {severity.value}" for severity in SEVERITIES if counts[severity])
    on_paths = sum(1 for item in found if item.paths)
    if words:
        page.paragraph(span(f"{count(len(found), 'weakness')}: {listed(words)}; {on_paths} on a ranked path."), indent=2)
    else:
        page.paragraph(span("No weakness was found."), indent=2)
    settled = sum(1 for item in assessment.weaknesses if item.decision)
    if settled:
        page.paragraph(span(f"{settled} of them {'is' if settled == 1 else 'are'} decided about in breachway.yaml."), indent=2)
    if undecided:
        page.paragraph(span(f"{undecided} more cannot be decided from what was read."), indent=2)
    if verbose:
        for item in found:
            _write_weakness(page, item)
    size = assessment.size
    page.paragraph(
        span(
            f"Model: {count(size.assets, 'asset')}, {count(size.steps, 'attack step')}, {count(size.edges, 'edge')}. "
            f"Breachway {assessment.version}, language {assessment.language.id} {assessment.language.version}."
        ),
        indent=2,
    )


def _write_weakness(page: Page, item: WeaknessFinding) -> None:
    detail = f" ({item.detail})" if item.detail else ""
    page.placed(
        span(f"{item.title}: {item.subject}{detail}"),
        place(item.evidence[0].location) if item.evidence else "",
        indent=4,
        lead=span(f"{severity_mark(item.severity)} "),
    )
