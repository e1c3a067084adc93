"""The first screen: one sentence, what would stop it, and who gets how far."""

from __future__ import annotations

from typing import TYPE_CHECKING

from breachway.reports.risks import ground_words, risk_of, risk_words, within_words
from breachway.reports.simulation import CAUTION
from breachway.reports.terminal.layout import Page, Span, Style, span
from breachway.reports.terminal.remedies import fix_set, write_fix_line
from breachway.reports.wording import count, duration, headline, listed, remedy, worst_goal

if TYPE_CHECKING:
    from breachway.analyses.assessment import ActorReach, Assessment

_FIXES_SHOWN = 4
_ROOMY = 120


def write_answer(page: Page, assessment: Assessment) -> None:
    """The sentence, the fixes that belong together, and the table of actors."""
    page.blank()
    page.paragraph(span(headline(assessment), Style.STRONG))
    if assessment.fixes:
        page.paragraph(span(remedy(assessment)))
        proposed = fix_set(assessment)
        for fix in proposed[:_FIXES_SHOWN]:
            write_fix_line(page, fix, indent=2)
        if len(proposed) > _FIXES_SHOWN:
            page.paragraph(span(f"and {count(len(proposed) - _FIXES_SHOWN, 'more fix')}, below"), indent=2)
    _write_actors(page, assessment.actors, assessment)


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
        page.paragraph(span(f"{_lowered(actor.title)}, {_start(actor)}"), indent=2, lead=span("- "))
    page.paragraph(
        span(
            f"None of the {count(size.steps, 'attack step')} on {count(size.assets, 'asset')} leads there. Well built. "
            "The answer is as good as its ground: what could not be read and what had to be assumed stands below."
        ),
        indent=2,
    )


def _write_actors(page: Page, actors: tuple[ActorReach, ...], assessment: Assessment) -> None:
    """Each actor with the crown jewel that it reaches; where it starts beside it on a wide page, else on the next line."""
    page.heading("Who gets how far, in about what time")
    rows = [_row(actor, assessment) for actor in actors]
    starts = [span(f"({_start(actor)})", Style.FAINT) for actor in actors]
    if page.width >= _ROOMY:
        risks = [span(words) for words in _risks(actors, assessment)]
        page.table([(row[0], start, *row[1:-1], risk, row[-1]) for row, start, risk in zip(rows, starts, risks, strict=True)])
    else:
        below = [
            Span(f"{risk} {start.text}".strip(), Style.FAINT)
            for risk, start in zip(_risks(actors, assessment), starts, strict=True)
        ]
        page.table(rows, below=below)
    if assessment.risks is not None:
        page.paragraph(
            span(f"Risk: likelihood {within_words(assessment.risks)} by value. {ground_words(assessment.risks)} {CAUTION}"),
            indent=2,
        )


def _risks(actors: tuple[ActorReach, ...], assessment: Assessment) -> list[str]:
    """For each actor, the risk of the crown jewel that its row names; empty where nothing was simulated."""
    found = []
    for actor in actors:
        goal = worst_goal(actor, assessment)
        risk = goal and risk_of(assessment, actor.actor, goal.goal_asset, goal.goal_title)
        found.append(f"{risk_words(risk)} {within_words(assessment.risks)}" if risk and assessment.risks else "")
    return found


def _start(actor: ActorReach) -> str:
    return f"from {actor.start}{f'; {actor.entries} of them' if actor.entries > 1 else ''}"


def _row(actor: ActorReach, assessment: Assessment) -> tuple[Span, ...]:
    goal = worst_goal(actor, assessment)
    if goal is None:
        return (span(f"✓ {_lowered(actor.title)}"), span("no crown jewel", Style.GOOD), Span(""), Span(""), Span(""))
    return (
        span(f"! {_lowered(actor.title)}"),
        span(goal.goal_title, Style.DANGER),
        span(f"{count(goal.steps, 'step'):>8}"),
        span(duration(goal.expected_days).removeprefix("about ")),
        span(goal.path, Style.STRONG),
    )


def _lowered(title: str) -> str:
    return title[:1].lower() + title[1:]
