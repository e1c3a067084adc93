"""Simulation: how likely and how soon each attacker reaches each crown jewel, on the times and assumptions of the model.

In every sample each uncertain defence is in force or not, each step takes a time drawn from its distribution or fails for good,
and the attacker takes everything that can be taken, all at once.  An attacker who is tried from each start by itself (A2 to A5)
starts, in a sample, at one of them, drawn evenly.  The figures compare deployments and changes; nothing calibrates them as
frequencies.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from breachway.analyses.actors import stances
from breachway.analyses.estimates import proportion, quantile
from breachway.analyses.grounds import Grounds, grounds_of
from breachway.analyses.sensitivity import sensitivity
from breachway.graph.generation import generate
from breachway.graph.simulation.reduction import Attacker, reduce
from breachway.graph.simulation.sampling import LANES, Sampler, joined
from breachway.threats.loading import load_language

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from breachway.analyses.actors import Stance
    from breachway.analyses.estimates import Estimate
    from breachway.analyses.sensitivity import Swing
    from breachway.graph.layout import AttackGraph, Floats
    from breachway.graph.simulation.reduction import Reduced
    from breachway.graph.simulation.sampling import Batch, Passed
    from breachway.model import CrownJewel, Model
    from breachway.threats.language import Language

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
POINTS = 24
_BATCH = 8 * LANES
_FIRST = 2 * _BATCH
_LEAST_SHARE = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """``samples`` at most; fewer when every interval is narrower than ``precision`` on either side.  ``horizon`` is in days.

    The steps on the quickest ways are counted for the ``traced`` dearest crown jewels.
    """

    samples: int = 10_000
    seed: int = 0
    horizon: float = 30.0
    precision: float = 0.01
    traced: int = 12
    sensitivity: bool = False
    steps_shown: int = 12


class StepShare(NamedTuple):
    """A step and the share of the successful samples whose quickest way passes it."""

    asset: str
    asset_name: str
    step: str
    title: str
    share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class GoalFigures:
    """What the samples say of one attacker and one crown jewel.

    ``within`` is the probability within the horizon, ``ever`` that of success at all.  ``quantiles`` pairs a share of all
    samples with the days within which that share succeeds, infinite where fewer ever do.  ``curve`` pairs days with the
    probability by then.
    """

    asset: str
    step: str
    title: str
    value: int
    within: Estimate
    ever: Estimate
    quantiles: tuple[tuple[float, Estimate], ...]
    curve: tuple[tuple[float, float], ...]
    passes: tuple[StepShare, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ActorFigures:
    """One attacker: ``starts`` says at how many places it may start, ``alone`` that a sample has one of them."""

    actor: str
    title: str
    start: str
    starts: int
    alone: bool
    goals: tuple[GoalFigures, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulation:
    """The result: figures by attacker, and what they stand on."""

    version: str
    settings: Settings
    samples: int
    stopped: str
    """Why no more samples were drawn: "precise", "samples" or "interrupted"."""
    actors: tuple[ActorFigures, ...]
    grounds: Grounds
    steps: int
    steps_sampled: int
    swings: tuple[Swing, ...] | None
    """What moves the figures, the widest swing first; None when it was not asked for."""


def simulate(
    model: Model,
    language: Language | None = None,
    *,
    settings: Settings,
    actors: Sequence[str] = (),
    jewels: Sequence[CrownJewel] = (),
    version: str = "",
    progress: Callable[[int, int], None] | None = None,
) -> Simulation:
    """Sample the model for the attackers with these ids and for these crown jewels (all of the model's when none are given).

    ``progress`` is told how many samples of how many are drawn.  An interruption from the keyboard after the first batch ends
    the sampling and is said in the result.  :class:`LanguageError` when the model does not fit the language.
    """
    graph = generate(load_language() if language is None else language, model)
    return simulate_graph(graph, settings=settings, actors=actors, jewels=jewels, version=version, progress=progress)


def simulate_graph(
    graph: AttackGraph,
    *,
    settings: Settings,
    actors: Sequence[str] = (),
    jewels: Sequence[CrownJewel] = (),
    version: str = "",
    progress: Callable[[int, int], None] | None = None,
) -> Simulation:
    """Sample a graph that is generated already, as :func:`simulate` does."""
    chosen = [stance for stance in stances(graph) if not actors or stance.info.id in actors]
    wanted = sorted(jewels or graph.model.crown_jewels, key=lambda jewel: (-jewel.value, jewel.asset, jewel.step))
    goals = [graph.find(jewel.asset, jewel.step) for jewel in wanted]
    known = [(jewel, goal) for jewel, goal in zip(wanted, goals, strict=True) if goal is not None]
    attackers = [Attacker(stance.entries, stance.allowed, stance.alone) for stance in chosen]
    reduced = reduce(graph, attackers, [goal for _, goal in known])
    sampler = Sampler(reduced, attackers, [goal for _, goal in known], seed=settings.seed)
    drawn, stopped = _draw(sampler, settings, progress)
    samples = drawn[0].times.shape[1] if drawn else 0
    found = tuple(
        _actor(graph, reduced, stance, batch, [jewel for jewel, _ in known], settings)
        for stance, batch in zip(chosen, drawn, strict=True)
    )
    swings = None
    if settings.sensitivity and stopped != "interrupted":
        named = [(stance.info.id, attacker) for stance, attacker in zip(chosen, attackers, strict=True)]
        swings = sensitivity(graph, reduced, named, known, seed=settings.seed, horizon=settings.horizon, progress=progress)
    return Simulation(
        version=version,
        settings=settings,
        samples=samples,
        stopped=stopped,
        actors=found,
        grounds=grounds_of(graph, reduced, [passed for batch in drawn for passed in batch.passed]),
        steps=graph.size,
        steps_sampled=reduced.size,
        swings=swings,
    )


def _draw(sampler: Sampler, settings: Settings, progress: Callable[[int, int], None] | None) -> tuple[list[Batch], str]:
    """Draw batch after batch until the figures are precise, or there are enough, or somebody has waited enough."""
    found: list[tuple[Batch, ...]] = []
    done, stopped = 0, "samples"
    while done < settings.samples:
        count = min(_FIRST if not done else _BATCH, settings.samples - done)
        try:
            found.append(sampler.draw(done, count, horizon=settings.horizon, traced=settings.traced))
        except KeyboardInterrupt:
            if not found:
                raise
            stopped = "interrupted"
            break
        done += count
        if progress is not None:
            progress(done, settings.samples)
        if done < settings.samples and _precise(found, done, settings):
            stopped = "precise"
            break
    return [joined(batches) for batches in zip(*found, strict=True)], stopped


def _precise(found: Sequence[tuple[Batch, ...]], done: int, settings: Settings) -> bool:
    for position in range(len(found[0])):
        hits = np.add.reduce([(batches[position].times <= settings.horizon).sum(axis=1) for batches in found])
        if any(proportion(int(hit), done).half_width > settings.precision for hit in np.unique(hits)):
            return False
    return True


def _actor(
    graph: AttackGraph, reduced: Reduced, stance: Stance, batch: Batch, jewels: Sequence[CrownJewel], settings: Settings
) -> ActorFigures:
    return ActorFigures(
        actor=stance.info.id,
        title=stance.info.title,
        start=stance.info.start,
        starts=len(stance.entries),
        alone=stance.alone,
        goals=tuple(
            _goal(jewel, batch.times[position], _passes(graph, reduced, stance, jewel, batch, position, settings), settings)
            for position, jewel in enumerate(jewels)
        ),
    )


def _goal(jewel: CrownJewel, times: Floats, passes: tuple[StepShare, ...], settings: Settings) -> GoalFigures:
    count = len(times)
    days = np.geomspace(min(1 / 24, settings.horizon / 2), settings.horizon, POINTS)
    ordered = np.sort(times)
    shares = np.searchsorted(ordered, days, side="right") / max(count, 1)
    return GoalFigures(
        asset=jewel.asset,
        step=jewel.step,
        title=jewel.title,
        value=jewel.value,
        within=proportion(int((times <= settings.horizon).sum()), count),
        ever=proportion(int(np.isfinite(times).sum()), count),
        quantiles=tuple((share, quantile(times, share)) for share in QUANTILES),
        curve=tuple((float(day), float(share)) for day, share in zip(days, shares, strict=True)),
        passes=passes,
    )


def _passes(
    graph: AttackGraph, reduced: Reduced, stance: Stance, jewel: CrownJewel, batch: Batch, position: int, settings: Settings
) -> tuple[StepShare, ...]:
    """The steps that most of the successful samples pass, the attacker's starts and the goal itself left out."""
    if position >= len(batch.passed):
        return ()
    wins = int((batch.times[position] <= settings.horizon).sum())
    passed: Passed = batch.passed[position]
    found = []
    for place, count in zip(passed.steps.tolist(), passed.counts.tolist(), strict=True):
        node = int(reduced.nodes[place])
        step, asset = graph.step(node), graph.model.assets[int(graph.asset_of[node])]
        if not step.info.title or node in stance.starts or (asset.id, step.name) == (jewel.asset, jewel.step):
            continue
        if count >= _LEAST_SHARE * wins:
            found.append(StepShare(asset.id, asset.name, step.name, step.info.title, count / wins))
    found.sort(key=lambda share: (-share.share, share.asset, share.step))
    return tuple(found[: settings.steps_shown])
