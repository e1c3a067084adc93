"""The ranked paths of each attacker, each step in words with its place at the right edge."""

from __future__ import annotations

from typing import TYPE_CHECKING

from breachway.evidence import Basis
from breachway.reports.terminal.layout import Page, Style, display_width, span
from breachway.reports.wording import basis_words, count, duration, listed, needs_words, place, severity_mark

if TYPE_CHECKING:
    from breachway.analyses.assessment import Assessment, AttackPath, PathStep
    from breachway.evidence import Evidence

_PATHS_SHOWN = 3
_REASONS_SHOWN = 3
_ROOMY = 120
_MARGIN = 12


def write_paths(page: Page, assessment: Assessment, *, verbose: bool) -> None:
    """Per attacker the few paths that matter most."""
    titles = {actor.actor: actor.title for actor in assessment.actors}
    order = tuple(dict.fromkeys((*titles, *(path.actor for path in assessment.paths))))
    for actor in order:
        paths = tuple(path for path in assessment.paths if path.actor == actor)
        if not paths:
            continue
        page.heading(f"{titles.get(actor, actor)}: {count(len(paths), 'path')}")
        shown = paths if verbose else paths[:_PATHS_SHOWN]
        for path in shown:
            _write_path(page, path)
        if len(shown) < len(paths):
            page.paragraph(span(f"and {count(len(paths) - len(shown), 'path')} more, lower in rank: --all"), indent=2)


def _write_path(page: Page, path: AttackPath) -> None:
    page.blank()
    tail = f"{severity_mark(path.severity)} {path.severity.value} · {duration(path.expected_days)}"
    page.paragraph(
        span(f"{path.entry_title} to {path.goal_title}  {tail}", Style.STRONG), lead=span(f"{path.id}  ", Style.DANGER)
    )
    for number, step in enumerate(path.steps, start=1):
        _write_step(page, number, step)
    if path.cut_by:
        page.paragraph(span(listed(path.cut_by, "or"), Style.GOOD), indent=4, lead=span("cut by    "))
    else:
        page.paragraph(span("no single known change cuts this path"), indent=4, lead=span("cut by    "))
    if path.assumptions:
        page.paragraph(span(listed(path.assumptions)), indent=4, lead=span("rests on  "))
    if path.decision:
        page.paragraph(span(path.decision), indent=4, lead=span("decided   "))
    if path.variants:
        page.paragraph(
            span(f"{count(path.variants, 'other entry')} of the same kind lead the same way"), indent=4, lead=span("also      ")
        )


def _write_step(page: Page, number: int, step: PathStep) -> None:
    subject = f": {step.asset_name}" if step.asset_name else ""
    reasons = step.evidence[:_REASONS_SHOWN]
    needs = needs_words(step)
    joined = f" ({needs})" if needs else ""
    what, where = f"{step.title}{subject}{joined}", place(reasons[0].location) if reasons else ""
    # A wide page has room for the first reason beside the step.
    beside = f"{what}  ·  {_reason(reasons[0])}" if reasons and page.width >= _ROOMY else ""
    fits = bool(beside) and display_width(span(beside).text) + display_width(span(where).text) + _MARGIN <= page.width
    page.placed(span(beside if fits else what), where, indent=2, lead=span(f"{number:>2}  "))
    shown = where
    for position, reason in enumerate(reasons):
        if fits and position == 0:
            continue
        # A place is said once, not again for each reason that stands there.
        edge = place(reason.location)
        page.placed(span(_reason(reason), Style.FAINT), "" if edge == shown else edge, indent=8)
        shown = edge
    if len(step.evidence) > len(reasons):
        page.paragraph(span(f"and {count(len(step.evidence) - len(reasons), 'further reason')}", Style.FAINT), indent=8)


def _reason(reason: Evidence) -> str:
    words = basis_words(reason)
    if reason.basis is Basis.ASSUMED and reason.source:
        words = f"{words}, assumption {reason.source}"
    return f"{words}: {reason.note}" if words else reason.note
