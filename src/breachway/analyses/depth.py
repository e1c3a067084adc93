"""Defence in depth: how many defences must fall before an attacker reaches a crown jewel, counted exactly.

The figure of an attacker and a crown jewel is the least number of defences now in force that must be switched off so that the
goal is reached; 0 where it is reached already.  A defence is one node of the attack graph, so that two settings of one container
count as two.  It is found by implicit hitting sets: as long as the goal stays closed with the smallest set so far switched off, a
set of defences is found of which every solution must hold one.  Each smallest set meets fewer demands than there are, so its size
is a lower bound, and the first that opens the goal is the answer.
"""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from breachway.analyses.actors import reached_by, stances
from breachway.analyses.optimum import cheapest_cover
from breachway.graph.gates import IN_FORCE, gates_of
from breachway.graph.layout import AND, DEFENCE, distinct, gather
from breachway.graph.reachability import reach

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from breachway.analyses.actors import Stance
    from breachway.graph.gates import Gates
    from breachway.graph.layout import AttackGraph, Bools
    from breachway.model import CrownJewel

ROUNDS = 60
"""How many demands are collected for one goal before the bound is given instead."""

_MOST_RUNS = 400
"""How many runs one demand may take."""

_KEPT_RUNS = 64
_MOST_WORK = 16_000_000
"""How many steps all runs of one attacker may look at together; what is not proven by then is given as a bound."""
_EVEN = 1e-6


class Depth(NamedTuple):
    """How deep a crown jewel is defended against one attacker.

    ``least`` defences must fall, or at least so many where that is not ``proven``; None where there is no way with all of them
    off.
    ``defences`` are the ids of one smallest set, empty where none was found.
    """

    actor: str
    actor_title: str
    asset: str
    step: str
    title: str
    value: int
    least: int | None
    proven: bool
    defences: tuple[str, ...]


def depths(
    graph: AttackGraph, jewels: Sequence[CrownJewel], *, actors: Collection[str] = (), rounds: int = ROUNDS
) -> tuple[Depth, ...]:
    """The depth for each attacker that has a start, and each crown jewel of the model; attackers in their order."""
    found = []
    for stance in stances(graph):
        if not stance.entries or (actors and stance.info.id not in actors):
            continue
        search = Search(graph, stance, rounds)
        for jewel in jewels:
            goal = graph.find(jewel.asset, jewel.step)
            if goal is None:
                continue
            least, proven, chosen = search.least(goal)
            names = tuple(graph.name(node) for node in chosen)
            found.append(
                Depth(stance.info.id, stance.info.title, jewel.asset, jewel.step, jewel.title, jewel.value, least, proven, names)
            )
    return tuple(found)


class _Run(NamedTuple):
    """The graph with some defences off: ``alone`` is what the attacker reaches, ``together`` from all its entries at once."""

    gates: Gates
    alone: Bools
    together: Bools


class Search:
    """The searches of one attacker; what was run once is kept for its other goals."""

    def __init__(self, graph: AttackGraph, stance: Stance, rounds: int = ROUNDS) -> None:
        self._graph = graph
        self._stance = stance
        self._rounds = rounds
        self._runs: dict[frozenset[int], _Run] = {}
        self._runs_left = _MOST_WORK // max(1, graph.size)
        self._in_force = np.flatnonzero((graph.kinds == DEFENCE) & (graph.level >= IN_FORCE))
        self._base = self._run(frozenset())
        self._bare = self._run(frozenset(self._in_force.tolist()))

    def least(self, goal: int) -> tuple[int | None, bool, tuple[int, ...]]:
        """The least number, whether it is proven, and one set of that size."""
        if self._base.alone[goal]:
            return 0, True, ()
        if not self._bare.alone[goal]:
            return None, True, ()
        against = self._against(goal)
        place = {node: at for at, node in enumerate(against)}
        costs = [1.0] * len(against)
        demands: dict[frozenset[int], None] = {}
        cover = cheapest_cover((), costs)
        for _ in range(self._rounds):
            if self._runs_left <= 0:
                break
            chosen = tuple(against[at] for at in cover.chosen)
            if self._run(frozenset(chosen)).alone[goal]:
                return len(chosen), cover.proven, chosen
            demand = self._demand(frozenset(chosen), goal, against)
            if demand is None:
                break
            demands[frozenset(place[node] for node in demand)] = None
            cover = cheapest_cover(tuple(demands), costs)
        # The goal is closed as things stand, so one defence at least must fall.
        return max(1, ceil(cover.bound - _EVEN)), False, ()

    def _run(self, off: frozenset[int]) -> _Run:
        if off not in self._runs:
            if len(self._runs) >= _KEPT_RUNS:
                self._runs.clear()
            self._runs_left -= 1
            level = self._graph.level.copy()
            level[sorted(off)] = 0.0
            gates = gates_of(self._graph, level)
            alone = reached_by(self._graph, gates, self._stance)
            together = reach(self._graph, gates, self._stance.entries, allowed=self._stance.allowed).reached
            self._runs[off] = _Run(gates, alone, together)
        return self._runs[off]

    def _against(self, goal: int) -> tuple[int, ...]:
        """The defences in force on any way to the goal that is open when all are off.

        A defence may bar through steps that it makes necessary, so everything above the goal counts.
        """
        graph = self._graph
        marked = np.zeros(graph.size, dtype=np.bool_)
        newest = np.array([goal], dtype=np.int64)
        while newest.size:
            marked[newest] = True
            above = distinct(gather(graph.parents, newest).items)
            newest = above[~marked[above]]
        return tuple(self._in_force[marked[self._in_force]].tolist())

    def _demand(self, off: frozenset[int], goal: int, against: Sequence[int]) -> frozenset[int] | None:
        """Defences of which any set that opens the goal holds one; None when that would take too many runs."""
        everything = frozenset(against)
        demand: frozenset[int] | None = None
        while True:
            smaller = self._frontier(off, everything)
            if smaller is None or self._run(everything - smaller).alone[goal]:
                break
            if demand is not None and len(smaller) >= len(demand):
                break
            demand, off = smaller, everything - smaller
        return self._grown(off, goal, everything) if demand is None else demand

    def _frontier(self, off: frozenset[int], everything: frozenset[int]) -> frozenset[int] | None:
        """For each step that only defences bar, one of them; None where no step is barred by defences alone.

        The first step that a solution takes beyond what is reached is one of these, and all defences that bar it are off then.
        """
        graph, run = self._graph, self._run(off)
        steps = np.flatnonzero((graph.kinds == AND) & ~run.together & self._bare.together & self._stance.allowed)
        found = gather(graph.parents, steps)
        waited = run.gates.necessary[found.items] & ~run.together[found.items]
        bars = waited & np.isin(found.items, self._in_force)
        other = np.bincount(found.origin[waited & ~bars], minlength=len(steps))
        barred: dict[int, list[int]] = {}
        for step, node in zip(found.origin[bars].tolist(), found.items[bars].tolist(), strict=True):
            if not other[step]:
                barred.setdefault(step, []).append(node)
        chosen: set[int] = set()
        for step in sorted(barred, key=lambda one: (len(barred[one]), one)):
            # A defence that is not above the goal is never off in a smallest solution, and the step is never taken.
            outside = [node for node in barred[step] if node not in everything]
            if not outside and not chosen.intersection(barred[step]):
                chosen.add(min(barred[step]))
        return frozenset(chosen) or None

    def _grown(self, off: frozenset[int], goal: int, everything: frozenset[int]) -> frozenset[int] | None:
        """Switch off what can be without opening the goal, many at a time where that goes; what is left is the demand."""
        blocks = [sorted(everything - off)]
        for _ in range(_MOST_RUNS):
            if not blocks:
                return everything - off
            if self._runs_left <= 0:
                break
            block = blocks.pop()
            if not self._run(off | frozenset(block)).alone[goal]:
                off |= frozenset(block)
            elif len(block) > 1:
                blocks += [block[len(block) // 2 :], block[: len(block) // 2]]
        return None
