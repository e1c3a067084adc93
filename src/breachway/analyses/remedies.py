"""The decision what to fix: the cheapest measures that close every way, or the best within a budget, and how each goal stands."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import ceil
from typing import TYPE_CHECKING

from breachway.analyses.actors import stances
from breachway.analyses.cutting import Change, Cutting, Goal
from breachway.analyses.ways import goal_node
from breachway.graph.generation import generate

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from breachway.analyses.actors import Stance
    from breachway.analyses.cutting import Choice, Progress
    from breachway.analyses.measures import Measure
    from breachway.graph.layout import AttackGraph
    from breachway.model import CrownJewel, Model
    from breachway.threats.language import Language

_LOOKED_AT = 24
"""How many of the starts that nothing closes are looked at for the reason."""

_NAMED = 3
_MOST_RUNS = 60

OWN_GROUND = "it starts where the crown jewel is"
NO_DEFENCE = "no defence stands on the way"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """An attacker and a crown jewel.

    ``starts`` is from how many places the attacker reaches it and can be cut off; ``fixed`` names the places from which it does
    whatever is done, with the reasons in ``why``.
    """

    actor: str
    actor_title: str
    asset: str
    step: str
    title: str
    value: int
    starts: int
    fixed: tuple[str, ...]
    why: tuple[str, ...]

    @property
    def key(self) -> tuple[str, str, str]:
        """What names the pair in any model."""
        return (self.actor, self.asset, self.step)


class Deciding:
    """One model, ready to be asked what to do.  ``measures`` are all there are; those in ``left_out`` (ids) are not taken."""

    def __init__(
        self,
        graph: AttackGraph,
        jewels: Sequence[CrownJewel],
        measures: Sequence[Measure],
        left_out: Collection[str] = (),
        actors: Collection[str] = (),
    ) -> None:
        self.graph = graph
        self.measures = tuple(one for one in measures if one.fix.id not in left_out)
        self._refused = {node: one for one in measures if one.fix.id in left_out for node in one.candidate.nodes}
        self._stances = tuple(one for one in stances(graph) if not actors or one.info.id in actors)
        self._jewels = tuple(jewels)
        self._cutting = _cutting(graph, self._stances, jewels, [Change(one.candidate.nodes, one.cost) for one in self.measures])
        self.pairs = tuple(self._pair(position) for position in range(len(self._cutting.standings)))

    def choose(self, budget: float | None, *, progress: Progress | None = None) -> Choice:
        """The cheapest measures (positions) that close all that can be closed; with a budget, those that close the most.

        Of sets that cost the same, one with the fewest measures that are left to do by hand, where costs are whole numbers.
        """
        if budget is not None:
            return self._cutting.within(budget, progress=progress)
        costs = [measure.cost for measure in self.measures]
        if not all(cost == round(cost) for cost in costs):
            return self._cutting.cheapest(progress=progress)
        unit = len(costs) + 1
        finer = [unit * cost + measure.by_hand for cost, measure in zip(costs, self.measures, strict=True)]
        found = self._cutting.cheapest(finer, progress=progress)
        cost = float(sum(costs[position] for position in found.chosen))
        # What a set costs is a multiple of the unit, and what is by hand is less than one.
        bound = cost if found.proven else min(cost, max(0.0, float(ceil((found.bound - len(costs)) / unit))))
        return replace(found, cost=cost, bound=bound, proven=cost <= bound)

    def left_by(self, chosen: Sequence[int]) -> tuple[int, ...]:
        """The pairs that could be closed and stay open with the measures chosen."""
        return self._cutting.still_open(chosen)

    def kept_closed(self, choice: Choice) -> tuple[tuple[int, ...], ...]:
        """For each measure chosen, the pairs that open again without it.

        Of many measures not all that do, but those to which a way is known: each would need a run of the model.
        """
        if choice.needed and len(choice.chosen) > _MOST_RUNS:
            return choice.needed
        left = set(choice.left)
        without = (self.left_by([one for one in choice.chosen if one != measure]) for measure in choice.chosen)
        return tuple(tuple(position for position in found if position not in left) for found in without)

    def _pair(self, position: int) -> Pair:
        stance = self._stances[position // len(self._jewels)]
        jewel = self._jewels[position % len(self._jewels)]
        standing = self._cutting.standings[position]
        why = dict.fromkeys(self._reason(position, entry) for entry in standing.fixed[:_LOOKED_AT])
        return Pair(
            actor=stance.info.id,
            actor_title=stance.info.title,
            asset=jewel.asset,
            step=jewel.step,
            title=jewel.title,
            value=jewel.value,
            starts=len(standing.open),
            fixed=tuple(self.graph.name(entry) for entry in standing.fixed),
            why=tuple(why),
        )

    def _reason(self, position: int, entry: int) -> str:
        proof, barred = self._cutting.fixed_way(position, entry)
        graph = self.graph
        goal = proof[-1]
        ground = {int(graph.asset_of[entry]), int(graph.asset_of[goal])}
        if all(int(graph.asset_of[node]) in ground or not graph.step(node).info.title for node in proof):
            return OWN_GROUND
        refused = {self._refused[node].fix.id for node in barred if node in self._refused}
        if refused:
            return f"left as it is: {', '.join(sorted(refused, key=lambda one: (len(one), one)))}"
        titles = sorted({graph.step(node).info.title or graph.step(node).name for node in barred})
        more = "; ..." if len(titles) > _NAMED else ""
        return f"no edit of a file sees to what would bar it: {'; '.join(titles[:_NAMED])}{more}" if titles else NO_DEFENCE


def _cutting(graph: AttackGraph, attackers: Sequence[Stance], jewels: Sequence[CrownJewel], changes: Sequence[Change]) -> Cutting:
    goals = [Goal(at, goal_node(graph, jewel), float(jewel.value)) for at in range(len(attackers)) for jewel in jewels]
    return Cutting(graph, attackers, goals, changes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Afterwards:
    """How the pairs stand in a model that was changed: from how many places each is still reached that could be closed.

    ``edited`` with the files as they are now, ``all_done`` when what is left to do by hand is taken as done too.  ``in_force``
    tells for each measure whether all its defences are on in the files.
    """

    edited: tuple[int, ...]
    all_done: tuple[int, ...]
    in_force: tuple[bool, ...]


def look_again(
    model: Model, language: Language, pairs: Sequence[Pair], chosen: Sequence[Measure], by_hand: Sequence[Measure]
) -> Afterwards:
    """Run the changed model and compare it with the pairs of the one before."""
    graph = generate(language, model)
    wanted = {pair.key for pair in pairs}
    jewels = tuple(jewel for jewel in model.crown_jewels if any((jewel.asset, jewel.step) == key[1:] for key in wanted))
    attackers = stances(graph)
    nodes = tuple(sorted({node for one in by_hand for node in _nodes(graph, one)}))
    cutting = _cutting(graph, attackers, jewels, [Change(nodes, 1.0)] if nodes else [])
    found = {
        (stance.info.id, jewel.asset, jewel.step): cutting.standings[at * len(jewels) + place]
        for at, stance in enumerate(attackers)
        for place, jewel in enumerate(jewels)
    }
    edited, all_done = [], []
    for pair in pairs:
        standing = found.get(pair.key)
        fixed = {graph.name(entry) for entry in standing.fixed} if standing else set()
        movable = {graph.name(entry) for entry in standing.open} if standing else set()
        edited.append(len((fixed | movable) - set(pair.fixed)))
        all_done.append(len(fixed - set(pair.fixed)))
    return Afterwards(
        edited=tuple(edited), all_done=tuple(all_done), in_force=tuple(not _nodes(graph, measure) for measure in chosen)
    )


def _nodes(graph: AttackGraph, measure: Measure) -> tuple[int, ...]:
    """The defences of a measure that are still off in another graph; an asset that is gone has none."""
    found = (graph.find(state.asset, state.defence) for state in measure.candidate.states)
    return tuple(node for node in found if node is not None and graph.level[node] < 0.5)  # noqa: PLR2004 - in force from one half on
