"""The cheapest changes that leave an attacker no way: ways are found one after another, and each answer is proven.

The ways of a model are too many to list.  So the cheapest set against the ways known is solved for, the model is run with it, a
way that is still open is added for each goal that is still reached, and so on.  A set that leaves nothing open costs no more than
any other that does: it was the cheapest even against fewer ways.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import numpy as np

from breachway.analyses.optimum import best_within, cheapest_cover
from breachway.graph.gates import gates_of, gates_with
from breachway.graph.proofs import open_defences, proof_of
from breachway.graph.reachability import reach, reach_each

if TYPE_CHECKING:
    from breachway.analyses.actors import Stance
    from breachway.analyses.optimum import Cover
    from breachway.graph.gates import Gates
    from breachway.graph.layout import AttackGraph
    from breachway.graph.reachability import Reach

_LANES = 512
_STARTS = 6
_EVEN = 1e-6
_KEPT = 32
"""How many runs of the model with everything done are kept; each holds some bytes for every step."""
ROUNDS = 400
"""How often the model is run in search of ways; then the set found so far is completed and its gap is told."""

Progress: TypeAlias = Callable[[int, int], None]
"""Called with the round and the number of ways known."""


class Change(NamedTuple):
    """Something that can be done: the defence nodes that it puts in force, and its cost (above nought)."""

    nodes: tuple[int, ...]
    cost: float


class Goal(NamedTuple):
    """A node that the attacker of ``stance`` (a position) must not reach, and what that is worth."""

    stance: int
    node: int
    value: float


class Standing(NamedTuple):
    """How a goal stands before anything is done.

    ``open`` are the entries from which it is reached and can be cut off, ``fixed`` those from which it is reached whatever is
    done; an attacker who uses all entries together has all of them in one or the other.
    """

    open: tuple[int, ...]
    fixed: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What to do; ``left`` are the goals (positions) that stay open although they could be closed.

    ``bound`` is proven: without a budget the least that any set costs that leaves none, with one the most that can be won within
    it (``won`` is what this set wins).  ``ways`` counts the ways that were looked at, ``rounds`` the runs of the model.
    ``needed`` gives for each change chosen the goals to which a way is known that it alone of the chosen bars.
    """

    chosen: tuple[int, ...]
    cost: float
    bound: float
    won: float
    left: tuple[int, ...]
    ways: int
    rounds: int
    proven: bool
    needed: tuple[tuple[int, ...], ...] = ()


class Cutting:
    """Searches one graph; ``stances`` are the attackers, ``goals`` what they must not reach, ``changes`` what can be done."""

    def __init__(self, graph: AttackGraph, stances: Sequence[Stance], goals: Sequence[Goal], changes: Sequence[Change]) -> None:
        self._graph = graph
        self._stances = stances
        self._goals = goals
        self._changes = changes
        self._base = gates_of(graph)
        self._on: dict[int, list[int]] = {}
        for position, change in enumerate(changes):
            for node in change.nodes:
                self._on.setdefault(node, []).append(position)
        self._all_done = self._gates(range(len(changes)))
        self._afterwards: dict[tuple[int, tuple[int, ...]], Reach] = {}
        self._fixed = self._reaching(self._all_done, None)
        before = self._reaching(self._base, None)
        self.standings = tuple(
            Standing(
                tuple(entry for entry in open_from if not self._is_fixed(position, entry)),
                tuple(sorted(self._fixed[position])),
            )
            for position, open_from in enumerate(before)
        )
        self._closable = tuple(position for position, one in enumerate(self.standings) if one.open)

    def _is_fixed(self, position: int, entry: int) -> bool:
        return entry in self._fixed[position]

    def still_open(self, chosen: Sequence[int]) -> tuple[int, ...]:
        """The goals (of those that can be closed) that some entry still reaches when ``chosen`` is done."""
        entries = self._reaching(self._gates(chosen), self._closable)
        return tuple(position for position in self._closable if entries[position] - self._fixed[position])

    def fixed_way(self, position: int, entry: int) -> tuple[tuple[int, ...], frozenset[int]]:
        """A way to a goal from one of its fixed entries: its nodes, the goal last, and the defences that are off on it."""
        goal = self._goals[position]
        stance = self._stances[goal.stance]
        gates = self._all_done
        start = (entry,) if stance.alone else stance.entries
        key = (goal.stance, start)
        if key not in self._afterwards:
            if len(self._afterwards) >= _KEPT:
                self._afterwards.clear()
            self._afterwards[key] = reach(self._graph, gates, start, allowed=stance.allowed)
        found = self._afterwards[key]
        proof = proof_of(self._graph, gates, found, goal.node)
        barred = open_defences(self._graph, gates, found, proof)
        return (*(node for node in proof if node != goal.node), goal.node), barred

    def cheapest(self, costs: Sequence[float] | None = None, *, rounds: int = ROUNDS, progress: Progress | None = None) -> Choice:
        """The cheapest set that closes every goal that can be closed; ``costs`` take the place of those of the changes."""
        costs = [change.cost for change in self._changes] if costs is None else costs
        demands: dict[frozenset[int], set[int]] = {}
        cover = cheapest_cover((), costs)
        for number in range(1, rounds + 1):
            fresh = self._demands(cover.chosen)
            if not fresh:
                worth = self._worth(self._closable)
                return Choice(
                    chosen=cover.chosen,
                    cost=cover.cost,
                    bound=cover.bound,
                    won=worth,
                    left=(),
                    ways=len(demands),
                    rounds=number,
                    proven=cover.proven,
                    needed=_needed(cover.chosen, demands),
                )
            for position, demand in fresh:
                demands.setdefault(demand, set()).add(position)
            if progress is not None:
                progress(number, len(demands))
            cover = cheapest_cover(tuple(demands), costs)
        return self._completed(cover, costs, len(demands), rounds)

    def within(self, budget: float, *, rounds: int = ROUNDS, progress: Progress | None = None) -> Choice:
        """The set of at most ``budget`` that closes goals of the greatest value."""
        costs = [change.cost for change in self._changes]
        ways: dict[int, dict[frozenset[int], None]] = {position: {} for position in self._closable}
        known = 0
        for number in range(1, rounds + 1):
            groups = [(self._goals[position].value, tuple(ways[position])) for position in self._closable]
            best = best_within(groups, costs, budget)
            claimed = {self._closable[at] for at in best.closed}
            fresh = [(position, demand) for position, demand in self._demands(best.chosen) if position in claimed]
            if not fresh or number == rounds:
                left = self.still_open(best.chosen)
                won = self._worth(position for position in self._closable if position not in left)
                cost = sum(costs[position] for position in best.chosen)
                return Choice(
                    chosen=best.chosen,
                    cost=cost,
                    bound=max(best.bound, won),
                    won=won,
                    left=left,
                    ways=known,
                    rounds=number,
                    proven=best.bound <= won + _EVEN,
                )
            for position, demand in fresh:
                ways[position][demand] = None
            known = len({demand for held in ways.values() for demand in held})
            if progress is not None:
                progress(number, known)
        message = "there is no round to search in"
        raise ValueError(message)

    # -------------------------------------------------------------------------------------------------------------- one search

    def _worth(self, positions: Iterable[int]) -> float:
        return float(sum(self._goals[position].value for position in positions))

    def _gates(self, chosen: Sequence[int]) -> Gates:
        nodes = sorted({node for position in chosen for node in self._changes[position].nodes})
        if not nodes:
            return self._base
        level = self._graph.level.copy()
        level[nodes] = 1.0
        return gates_with(self._graph, self._base, level, np.array(nodes, dtype=np.int32))

    def _reaching(self, gates: Gates, wanted: Sequence[int] | None) -> list[frozenset[int]]:
        """By goal, the entries that reach it: each by itself, or all together where the attacker uses them together."""
        found: list[frozenset[int]] = [frozenset()] * len(self._goals)
        positions = range(len(self._goals)) if wanted is None else wanted
        for at, stance in enumerate(self._stances):
            mine = [position for position in positions if self._goals[position].stance == at]
            if not mine or not stance.entries:
                continue
            together = reach(self._graph, gates, stance.entries, allowed=stance.allowed).reached
            reached = [position for position in mine if together[self._goals[position].node]]
            if not stance.alone or len(stance.entries) == 1:
                for position in reached:
                    found[position] = frozenset(stance.entries)
                continue
            for begin in range(0, len(stance.entries), _LANES) if reached else ():
                block = stance.entries[begin : begin + _LANES]
                lanes = reach_each(self._graph, gates, block, within=together)
                for position in reached:
                    places = lanes.entries_of(self._goals[position].node, len(block))
                    found[position] = found[position] | {block[place] for place in places}
        return found

    def _demands(self, chosen: Sequence[int]) -> list[tuple[int, frozenset[int]]]:
        """For each goal that is open with ``chosen`` done: sets of changes of which any solution must hold one."""
        gates = self._gates(chosen)
        entries = self._reaching(gates, self._closable)
        searches: dict[tuple[int, tuple[int, ...]], Reach] = {}
        found: list[tuple[int, frozenset[int]]] = []
        for position in self._closable:
            goal = self._goals[position]
            stance = self._stances[goal.stance]
            free = sorted(entries[position] - self._fixed[position])
            every = max(1, len(free) // _STARTS)
            starts = [(entry,) for entry in free[::every][:_STARTS]] if stance.alone else [stance.entries][: len(free)]
            for start in starts:
                key = (goal.stance, start)
                if key not in searches:
                    searches[key] = reach(self._graph, gates, start, allowed=stance.allowed)
                demand = self._demand(gates, searches[key], start, position)
                found.append((position, demand - frozenset(chosen)))
        return found

    def _demand(self, gates: Gates, found: Reach, start: tuple[int, ...], position: int) -> frozenset[int]:
        """The changes that bar the shortest way; where doing all others closes the goal too, fewer must be left out."""
        proof = proof_of(self._graph, gates, found, self._goals[position].node)
        barred = open_defences(self._graph, gates, found, proof)
        against = frozenset(change for node in barred for change in self._on.get(node, ()))
        if self._base.plain or self._opens(frozenset(range(len(self._changes))) - against, start, position):
            return against
        # Defences may join to make a step necessary that is not.  Grow a set that leaves the goal open as far as it goes.
        chosen = {change for change in range(len(self._changes)) if gates.necessary[list(self._changes[change].nodes)].all()}
        for change in sorted(set(range(len(self._changes))) - chosen, key=lambda one: (one in against, one)):
            if self._opens(frozenset({*chosen, change}), start, position):
                chosen.add(change)
        return frozenset(range(len(self._changes))) - chosen

    def _opens(self, chosen: frozenset[int], start: tuple[int, ...], position: int) -> bool:
        goal = self._goals[position]
        allowed = self._stances[goal.stance].allowed
        return bool(reach(self._graph, self._gates(sorted(chosen)), start, allowed=allowed).reached[goal.node])

    def _completed(self, cover: Cover, costs: Sequence[float], ways: int, rounds: int) -> Choice:
        """Out of rounds: add the cheapest change against a way that is left until there is none."""
        held = set(cover.chosen)
        while fresh := self._demands(sorted(held)):
            held.add(min(fresh[0][1], key=lambda one: (costs[one], one)))
        cost = float(sum(costs[position] for position in held))
        return Choice(
            chosen=tuple(sorted(held)),
            cost=cost,
            bound=cover.bound,
            won=self._worth(self._closable),
            left=(),
            ways=ways,
            rounds=rounds,
            proven=cost <= cover.bound + _EVEN,
        )


def _needed(chosen: Sequence[int], demands: Mapping[frozenset[int], Iterable[int]]) -> tuple[tuple[int, ...], ...]:
    held = frozenset(chosen)
    found: dict[int, set[int]] = {change: set() for change in chosen}
    for demand, goals in demands.items():
        alone = demand & held
        if len(alone) == 1:
            found[next(iter(alone))].update(goals)
    return tuple(tuple(sorted(found[change])) for change in chosen)
