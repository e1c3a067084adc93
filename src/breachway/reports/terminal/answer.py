"""The first screen: one sentence, who gets how far, and what would stop it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from breachway.reports.terminal.layout import Page, Span, Style, span
from breachway.reports.wording import count, duration, headline, listed, remedy, worst_goal

if TYPE_CHECKING:
    from breachway.analyses.assessment import ActorReach, Assessment


def write_answer(page: Page, assessment: Assessment) -> None:
    """The sentence and the table of actors."""
    page.paragraph(span(headline(assessment), Style.STRONG))
    if assessment.fixes:
        page.paragraph(span(remedy(assessment)))
    page.heading("Who gets how far")
    page.table(
        [_row(actor, assessment) for actor in assessment.actors],
        below=[span(_start(actor), Style.FAINT) for actor in assessment.actors],
    )


def write_calm(page: Page, assessment: Assessment) -> None:
    """The short page of a deployment in which no path was found."""
    size = assessment.size
    page.paragraph(span(headline(assessment), Style.GOOD))
    page.blank()
    jewels = tuple(sorted({jewel.title for jewel in assessment.model.crown_jewels}))
    if jewels:
        page.paragraph(span(f"Breachway looked for ways to reach {listed(jewels, 'or')}:"), indent=2)
    else:
        page.paragraph(span("No crown jewel is known, so nothing could be lost: name some in breachway.yaml."), indent=2)
    for actor in assessment.actors:
        page.paragraph(span(f"{_lowered(actor.title)}, from {actor.start}"), indent=2, lead=span("- "))
    page.paragraph(
        span(
            f"None of the {count(size.steps, 'attack step')} on {count(size.assets, 'asset')} leads there. Well built. "
            "The answer is as good as its ground: what could not be read and what had to be assumed stands below."
        ),
        indent=2,
    )


def _start(actor: ActorReach) -> str:
    more = f" ({count(actor.entries, 'entry')}, each tried)" if actor.entries > 1 else ""
    return f"from {actor.start}{more}"


def _row(actor: ActorReach, assessment: Assessment) -> tuple[Span, ...]:
    goal = worst_goal(actor, assessment)
    if goal is None:
        return (span(f"✓ {_lowered(actor.title)}"), span("no crown jewel", Style.GOOD), Span(""), Span(""), Span(""))
    return (
        span(f"! {_lowered(actor.title)}"),
        span(goal.goal_title, Style.DANGER),
        span(count(goal.steps, "step")),
        span(duration(goal.expected_days)),
        span(goal.path, Style.STRONG),
    )


def _lowered(title: str) -> str:
    return title[:1].lower() + title[1:]
