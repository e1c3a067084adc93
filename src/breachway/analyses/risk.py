"""The risk of each threat: how likely an attacker is to take a crown jewel within the horizon, by what its loss would cost.

A threat is one attacker and one crown jewel.  Its likelihood is simulated and put on a scale of five bands; its impact is the
value of the crown jewel on a scale of five; their product, from 1 to 25, gives the level.  The bands are ours: they order
threats of one deployment and of its next version, and are no calibrated frequencies.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from breachway.analyses.assessment import Severity
from breachway.analyses.simulation import Settings, simulate_graph

if TYPE_CHECKING:
    from collections.abc import Sequence

    from breachway.analyses.assessment import ActorReach, AttackPath
    from breachway.analyses.estimates import Estimate
    from breachway.analyses.grounds import Grounds
    from breachway.analyses.simulation import ActorFigures, GoalFigures
    from breachway.graph.layout import AttackGraph

SAMPLES = 2048
MANY_STEPS = 200_000
_FEWEST = 128
_LANES = 64

LIKELIHOODS = ("remote", "unlikely", "possible", "likely", "near certain")
LIKELIHOOD_FROM = (0.0, 0.01, 0.1, 0.33, 0.66)
"""The probability from which each band holds."""
IMPACTS = ("minor", "moderate", "serious", "major", "severe")
_VALUES_A_BAND = 2
LEVEL_FROM = ((17, Severity.CRITICAL), (10, Severity.HIGH), (5, Severity.MEDIUM), (1, Severity.LOW))
"""The product of likelihood and impact from which each level holds, the highest first."""


class Risk(NamedTuple):
    """The risk of one attacker taking one crown jewel.

    ``likelihood`` and ``impact`` are bands from 1 to 5; the interval of ``within`` lies in the bands ``likelihood_low`` to
    ``likelihood_high``.  ``curve`` pairs days with the probability by then.  ``paths`` are the ids of the ranked paths of this
    attacker to this crown jewel.
    """

    id: str
    actor: str
    actor_title: str
    asset: str
    step: str
    title: str
    value: int
    impact: int
    likelihood: int
    likelihood_low: int
    likelihood_high: int
    level: Severity
    within: Estimate
    ever: Estimate
    curve: tuple[tuple[float, float], ...]
    paths: tuple[str, ...]

    @property
    def score(self) -> int:
        """Likelihood times impact, from 1 to 25."""
        return self.likelihood * self.impact


@dataclass(frozen=True, slots=True, kw_only=True)
class Risks:
    """The risk of every threat, the highest first, and what the figures stand on.  ``horizon`` is in days."""

    threats: tuple[Risk, ...]
    samples: int
    seed: int
    horizon: float
    grounds: Grounds


def samples_for(steps: int) -> int:
    """How many samples are drawn for a graph of so many steps: fewer on a large one, so that the time stays bounded."""
    if steps <= MANY_STEPS:
        return SAMPLES
    return max(_FEWEST, SAMPLES * MANY_STEPS // steps // _LANES * _LANES)


def likelihood_band(probability: float) -> int:
    """The band, 1 to 5, of a probability."""
    return bisect_right(LIKELIHOOD_FROM, probability)


def impact_band(value: int) -> int:
    """The band, 1 to 5, of the value of a crown jewel, 1 to 10."""
    return min(len(IMPACTS), max(1, -(-value // _VALUES_A_BAND)))


def level_of(score: int) -> Severity:
    """The level of a product of likelihood and impact."""
    return next(level for least, level in LEVEL_FROM if score >= least)


def risks_of(graph: AttackGraph, actors: Sequence[ActorReach], paths: Sequence[AttackPath], *, seed: int = 0) -> Risks:
    """Simulate a graph and rate each threat that the search or a sample found.

    ``actors`` and ``paths`` are those of the assessment.  :class:`KeyboardInterrupt` passes through: half a simulation is no
    ground for a report.
    """
    settings = Settings(samples=samples_for(graph.size), seed=seed, precision=0.0)
    simulation = simulate_graph(graph, settings=settings)
    if simulation.stopped == "interrupted":
        raise KeyboardInterrupt
    reached = {(actor.actor, goal.goal_asset, goal.goal_title) for actor in actors for goal in actor.goals}
    found = [
        _risk(figures, goal, paths)
        for figures in simulation.actors
        for goal in figures.goals
        if goal.ever.value > 0 or (figures.actor, goal.asset, goal.title) in reached
    ]
    found.sort(key=lambda one: (-one.score, -one.within.value, -one.value, one.actor, one.asset, one.step))
    return Risks(
        threats=tuple(one._replace(id=f"R{position}") for position, one in enumerate(found, start=1)),
        samples=simulation.samples,
        seed=seed,
        horizon=settings.horizon,
        grounds=simulation.grounds,
    )


def _risk(figures: ActorFigures, goal: GoalFigures, paths: Sequence[AttackPath]) -> Risk:
    likelihood, impact = likelihood_band(goal.within.value), impact_band(goal.value)
    return Risk(
        id="",
        actor=figures.actor,
        actor_title=figures.title,
        asset=goal.asset,
        step=goal.step,
        title=goal.title,
        value=goal.value,
        impact=impact,
        likelihood=likelihood,
        likelihood_low=likelihood_band(goal.within.low),
        likelihood_high=likelihood_band(goal.within.high),
        level=level_of(likelihood * impact),
        within=goal.within,
        ever=goal.ever,
        curve=goal.curve,
        paths=tuple(
            path.id for path in paths if (path.actor, path.goal_asset, path.goal_title) == (figures.actor, goal.asset, goal.title)
        ),
    )
