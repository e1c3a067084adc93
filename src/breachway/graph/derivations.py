"""The k best derivations of a step: lazy enumeration over the AND/OR graph, after the least times are known.

A derivation says how a step is taken: for an OR step by which parent, for an AND step by all its necessary parents, and so on
down to entry points.  It costs what :mod:`breachway.graph.times` says, with the choices that it makes.  Derivations come in
order of cost.  One in which a step occurs in two ways (a circle, or two branches that disagree) is passed over.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from breachway.graph.layout import AND

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from breachway.graph.gates import Gates
    from breachway.graph.layout import AttackGraph, Doubles

_Tails: TypeAlias = tuple[tuple[int, int], ...]
"""The parents that a derivation rests on, each with the rank of the derivation it takes; empty at an entry."""


class Derivation(NamedTuple):
    """One way to take ``goal``: ``needs`` gives for each node of it the parents it follows from, parents before children."""

    goal: int
    days: float
    needs: tuple[tuple[int, tuple[int, ...]], ...]

    @property
    def entries(self) -> tuple[int, ...]:
        """The entry points it starts from."""
        return tuple(node for node, parents in self.needs if not parents)


@dataclass(slots=True)
class _State:
    """The derivations of one node found so far, candidates for the next one, and what must be looked into before."""

    found: list[tuple[float, _Tails]]
    candidates: list[tuple[float, _Tails]]
    pending: list[_Tails]
    known: set[_Tails]

    @property
    def exhausted(self) -> bool:
        return not self.candidates and not self.pending


class Derivations:
    """Enumerates derivations for one attacker; ``days`` are its least times, ``entries`` where it starts.

    ``alike`` bounds how many parents of one class and step name an OR step considers, the quickest first: ten thousand like
    containers that lead to one step would otherwise crowd out every other kind of way.  None leaves nothing out.
    """

    def __init__(
        self,
        graph: AttackGraph,
        gates: Gates,
        entries: Sequence[int],
        *,
        days: Doubles,
        own: Doubles,
        alike: int | None = None,
    ) -> None:
        self._graph = graph
        self._gates = gates
        self._entries = frozenset(entries)
        self._days = days
        self._own = own
        self._alike = alike
        self._states: dict[int, _State] = {}

    def of(self, goal: int, *, attempts: int) -> Iterator[Derivation]:
        """Give the derivations of ``goal`` in order of cost; look at no more than ``attempts``, those passed over included."""
        if self._days[goal] == float("inf"):
            return
        for rank in range(attempts):
            self._find(goal, rank)
            found = self._state(goal).found
            if len(found) <= rank:
                return
            needs = self._spell_out(goal, rank)
            if needs is not None:
                yield Derivation(goal, found[rank][0], needs)

    def _state(self, node: int) -> _State:
        state = self._states.get(node)
        if state is None:
            candidates = self._first_candidates(node)
            heapq.heapify(candidates)
            state = _State([], candidates, [], {tails for _, tails in candidates})
            self._states[node] = state
        return state

    def _first_candidates(self, node: int) -> list[tuple[float, _Tails]]:
        if node in self._entries:
            return [(0.0, ())]
        graph, own = self._graph, float(self._own[node])
        parents = graph.parents.of(node).tolist()
        if graph.kinds[node] == AND and self._gates.waits[node] > 0:
            tails = tuple((parent, 0) for parent in parents if self._gates.necessary[parent])
            return [(max(float(self._days[parent]) for parent, _ in tails) + own, tails)]
        ways = sorted((float(self._days[parent]) + own, parent) for parent in parents if self._days[parent] != float("inf"))
        return [(cost, ((parent, 0),)) for cost, parent in self._unlike(ways)]

    def _unlike(self, ways: list[tuple[float, int]]) -> list[tuple[float, int]]:
        if self._alike is None or len(ways) <= self._alike:
            return ways
        graph, counts, kept = self._graph, dict[tuple[int, int], int](), []
        for cost, parent in ways:
            asset = int(graph.asset_of[parent])
            kind = (int(graph.class_of[asset]), parent - int(graph.first[asset]))
            counts[kind] = counts.get(kind, 0) + 1
            if counts[kind] <= self._alike:
                kept.append((cost, parent))
        return kept

    def _find(self, node: int, rank: int) -> None:
        """Find derivations of ``node`` up to ``rank``, or until there are no more; the stack takes the place of recursion."""
        stack = [(node, rank)]
        while stack:
            here, wanted = stack[-1]
            state = self._state(here)
            if len(state.found) > wanted or state.exhausted:
                stack.pop()
                continue
            missing = self._settle(here, state)
            if missing is not None:
                stack.append(missing)
            elif state.candidates:
                cost, tails = heapq.heappop(state.candidates)
                state.found.append((cost, tails))
                state.pending = [
                    (*tails[:place], (parent, used + 1), *tails[place + 1 :]) for place, (parent, used) in enumerate(tails)
                ]

    def _settle(self, node: int, state: _State) -> tuple[int, int] | None:
        """Turn what is pending into candidates; give the parent and rank that must be found first, if any."""
        while state.pending:
            tails = state.pending[-1]
            cost = 0.0
            for parent, rank in tails:
                below = self._state(parent)
                if len(below.found) <= rank and not below.exhausted:
                    return parent, rank
                cost = max(cost, below.found[rank][0]) if len(below.found) > rank else float("inf")
                if cost == float("inf"):
                    break
            state.pending.pop()
            if cost != float("inf") and tails not in state.known:
                state.known.add(tails)
                heapq.heappush(state.candidates, (cost + float(self._own[node]), tails))
        return None

    def _spell_out(self, goal: int, rank: int) -> tuple[tuple[int, tuple[int, ...]], ...] | None:
        """List the nodes of a derivation, parents first; None when a node occurs in two ways."""
        ranks: dict[int, int] = {}
        needs: dict[int, tuple[int, ...]] = {}
        stack = [(goal, rank, False)]
        while stack:
            node, used, done = stack.pop()
            if not done and node in ranks:
                if ranks[node] != used:
                    return None
                continue
            state = self._state(node)
            if len(state.found) <= used:
                self._find(node, used)
            tails = state.found[used][1]
            if done:
                needs[node] = tuple(parent for parent, _ in tails)
                continue
            ranks[node] = used
            stack.append((node, used, True))
            stack.extend((parent, below, False) for parent, below in reversed(tails))
        return tuple(needs.items())
