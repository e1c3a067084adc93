"""The words about risk that every report shares."""

from __future__ import annotations

from typing import TYPE_CHECKING

from breachway.reports.simulation import percent
from breachway.reports.wording import count, severity_mark

if TYPE_CHECKING:
    from breachway.analyses.assessment import Assessment
    from breachway.analyses.risk import Risk, Risks

PATTERN_TITLES = {
    "authentication": "Authentication",
    "authorization": "Authorization",
    "secure-communication": "Secure communication",
    "secure-storage": "Secure storage",
}


def risk_of(assessment: Assessment, actor: str, asset: str, title: str) -> Risk | None:
    """The risk of an attacker and a crown jewel; None where it was not simulated."""
    if assessment.risks is None:
        return None
    return next((one for one in assessment.risks.threats if (one.actor, one.asset, one.title) == (actor, asset, title)), None)


def risk_words(risk: Risk) -> str:
    """A risk in short, never its probability without the interval: "▲ high, 57 % (55 to 59)"."""
    return f"{severity_mark(risk.level)} {risk.level.value}, {percent(risk.within)}"


def within_words(risks: Risks) -> str:
    """The horizon as a column's title: "within 30 days"."""
    return f"within {count(round(risks.horizon), 'day')}"


def ground_words(risks: Risks) -> str:
    """How the figures were made and what they stand on, in one sentence."""
    judged = sum(source.source.lower().startswith("judgement") for source in risks.grounds.times)
    return (
        f"From {count(risks.samples, 'sample')} for each attacker (seed {risks.seed}), each with its 95 % interval; they rest on "
        f"{count(len(risks.grounds.times), 'source')} of times to compromise ({judged} of them a judgement of ours) and on "
        f"{count(len(risks.grounds.assumptions), 'assumption')}."
    )
