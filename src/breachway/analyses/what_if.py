"""What a supposition changes: what is reached, how likely and how soon, and what falls with each asset.

Both models are sampled on the same random numbers, so the figures differ by the supposition alone, and a model compared with
itself differs in nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from breachway.analyses.actors import reached_assets, reached_by, stances
from breachway.analyses.blast import blast_radii
from breachway.analyses.estimates import paired_change, proportion, quantile
from breachway.analyses.grounds import grounds_of
from breachway.analyses.suppositions import possessed, supposed, with_suppositions
from breachway.graph.gates import gates_of
from breachway.graph.generation import generate
from breachway.graph.simulation.reduction import Attacker, reduce
from breachway.graph.simulation.sampling import Sampler
from breachway.threats.loading import load_language

if TYPE_CHECKING:
    from collections.abc import Sequence

    from breachway.analyses.actors import Stance
    from breachway.analyses.blast import Radius
    from breachway.analyses.estimates import Estimate
    from breachway.analyses.grounds import Grounds
    from breachway.analyses.suppositions import Supposition
    from breachway.graph.layout import AttackGraph, Bools
    from breachway.graph.simulation.sampling import Batch
    from breachway.model import CrownJewel, Model
    from breachway.threats.language import Language

_HALF = 0.5
_TRACED = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is supposed: ``settings`` as ``ID=on`` or ``ASSET.defence=off``, and an asset that is the attacker's, if any.

    ``actors`` are ids, all of them where none is given; ``horizon`` is in days.
    """

    settings: tuple[str, ...] = ()
    compromised: str = ""
    actors: tuple[str, ...] = ()
    samples: int = 4096
    seed: int = 0
    horizon: float = 30.0


class GoalChange(NamedTuple):
    """One crown jewel: the probability within the horizon, the time of half of the attackers, and whether a way is open."""

    asset: str
    step: str
    title: str
    value: int
    before: Estimate
    after: Estimate
    change: Estimate
    half_before: Estimate
    half_after: Estimate
    open_before: bool
    open_after: bool

    @property
    def moved(self) -> bool:
        """Any of the figures differs."""
        return self.before != self.after or self.half_before != self.half_after or self.open_before != self.open_after


@dataclass(frozen=True, slots=True, kw_only=True)
class ActorChange:
    """One attacker: ``assets_before`` and ``assets_after`` count the assets of which it takes a step."""

    actor: str
    title: str
    starts: int
    assets_before: int
    assets_after: int
    goals: tuple[GoalChange, ...]


class RadiusChange(NamedTuple):
    """What falls with one asset, before and after."""

    before: Radius
    after: Radius


@dataclass(frozen=True, slots=True, kw_only=True)
class WhatIf:
    """The answer: ``holding`` is what falls with the asset that is the attacker's, ``radii`` are those that change.

    ``left_out`` are attackers (ids) to whom the asset adds nothing, since each of them starts at one place of its own.
    """

    version: str
    question: Question
    suppositions: tuple[Supposition, ...]
    holding: Radius | None
    left_out: tuple[str, ...]
    actors: tuple[ActorChange, ...]
    radii: tuple[RadiusChange, ...]
    jewels: tuple[CrownJewel, ...]
    grounds: Grounds


class _Side(NamedTuple):
    """One of the two models, sampled."""

    reached: tuple[Bools, ...]
    assets: tuple[int, ...]
    batches: tuple[Batch, ...]
    grounds: Grounds


def what_if(model: Model, language: Language | None = None, *, question: Question, version: str = "") -> WhatIf:
    """Compare the model with itself under what is supposed; :class:`UsageError` for what the model does not know."""
    graph = generate(load_language() if language is None else language, model)
    suppositions = supposed(question.settings, graph)
    changed = with_suppositions(graph, suppositions)
    held, extra = possessed(question.compromised, graph) if question.compromised else (None, ())
    chosen = [stance for stance in stances(graph) if not question.actors or stance.info.id in question.actors]
    compared = [stance for stance in chosen if held is None or not stance.alone]
    jewels = tuple(
        sorted(
            (jewel for jewel in model.crown_jewels if graph.find(jewel.asset, jewel.step) is not None),
            key=lambda jewel: (-jewel.value, jewel.asset, jewel.step),
        )
    )
    goals = [node for jewel in jewels if (node := graph.find(jewel.asset, jewel.step)) is not None]
    before = _side(graph, compared, goals, question)
    after = _side(changed, [_joined(stance, extra) for stance in compared], goals, question)
    radii_before, radii_after = (blast_radii(one, gates_of(one), jewels) for one in (graph, changed))
    return WhatIf(
        version=version,
        question=question,
        suppositions=suppositions,
        holding=next((one for one in radii_after if held is not None and one.asset == held.id), None),
        left_out=tuple(stance.info.id for stance in chosen if stance not in compared),
        actors=tuple(_actor(stance, at, (before, after), jewels, goals, question.horizon) for at, stance in enumerate(compared)),
        radii=_moved(radii_before, radii_after),
        jewels=jewels,
        grounds=before.grounds,
    )


def _joined(stance: Stance, extra: tuple[int, ...]) -> Stance:
    return replace(stance, entries=tuple(sorted({*stance.entries, *extra})))


def _side(graph: AttackGraph, chosen: Sequence[Stance], goals: Sequence[int], question: Question) -> _Side:
    attackers = [Attacker(stance.entries, stance.allowed, stance.alone) for stance in chosen]
    reduced = reduce(graph, attackers, goals)
    drawn = Sampler(reduced, attackers, goals, seed=question.seed).draw(
        0, question.samples, horizon=question.horizon, traced=_TRACED
    )
    gates = gates_of(graph)
    reached = tuple(reached_by(graph, gates, stance) for stance in chosen)
    counts = (reached_assets(graph, stance, taken) for stance, taken in zip(chosen, reached, strict=True))
    return _Side(
        reached,
        tuple(sum(number for _, number in kinds) for kinds in counts),
        drawn,
        grounds_of(graph, reduced, [passed for batch in drawn for passed in batch.passed]),
    )


def _actor(
    stance: Stance, at: int, sides: tuple[_Side, _Side], jewels: Sequence[CrownJewel], goals: Sequence[int], horizon: float
) -> ActorChange:
    before, after = sides
    found = []
    for position, (jewel, node) in enumerate(zip(jewels, goals, strict=True)):
        old, new = (side.batches[at].times[position] for side in sides)
        within_old, within_new = old <= horizon, new <= horizon
        found.append(
            GoalChange(
                asset=jewel.asset,
                step=jewel.step,
                title=jewel.title,
                value=jewel.value,
                before=proportion(int(within_old.sum()), len(old)),
                after=proportion(int(within_new.sum()), len(new)),
                change=paired_change(within_old, within_new),
                half_before=quantile(old, _HALF),
                half_after=quantile(new, _HALF),
                open_before=bool(before.reached[at][node]),
                open_after=bool(after.reached[at][node]),
            )
        )
    found.sort(key=lambda goal: (-abs(goal.change.value), -goal.value, goal.asset, goal.step))
    return ActorChange(
        actor=stance.info.id,
        title=stance.info.title,
        starts=len(stance.entries),
        assets_before=before.assets[at],
        assets_after=after.assets[at],
        goals=tuple(found),
    )


def _moved(before: Sequence[Radius], after: Sequence[Radius]) -> tuple[RadiusChange, ...]:
    """The radii that differ, the greatest difference of value first, then of assets."""
    later = {one.asset: one for one in after}
    found = [RadiusChange(one, later[one.asset]) for one in before if later[one.asset] != one]
    found.sort(
        key=lambda pair: (
            -abs(pair.after.value - pair.before.value),
            -abs(pair.after.assets - pair.before.assets),
            pair.before.asset,
        )
    )
    return tuple(found)
