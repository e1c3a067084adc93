"""Ways: derivations of the loss of a crown jewel for one attacker, with the defences that would bar them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from breachway.analyses.actors import entries_reaching, reached_by
from breachway.errors import LanguageError
from breachway.graph.derivations import Derivations
from breachway.graph.gates import IN_FORCE, gates_with
from breachway.graph.layout import AND, DEFENCE
from breachway.graph.times import least_days

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from breachway.analyses.actors import Stance
    from breachway.analyses.limits import Limits
    from breachway.graph.derivations import Derivation
    from breachway.graph.gates import Gates
    from breachway.graph.layout import AttackGraph, Bools, Doubles
    from breachway.model import CrownJewel, DefenceState

_ROUNDS = 4
"""How often entry points are left out in search of a way from elsewhere; each round is a search of the whole graph."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Way:
    """One derivation of a crown jewel's loss.

    ``barriers`` are the defence nodes that are off and would bar it, each by itself.  ``likeness`` is equal for ways that take
    the same steps on assets of the same kinds.  ``own_ground`` is true where the attack never leaves the place where it starts:
    a foothold in the database reads the database.  No defence bars that, and it says nothing that the foothold did not.
    """

    stance: Stance
    jewel: CrownJewel
    derivation: Derivation
    barriers: tuple[int, ...]
    likeness: tuple[tuple[str, str], ...]
    own_ground: bool = False


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Search:
    """What one attacker reaches under one state of the defences, and how soon when all its entries are used together."""

    graph: AttackGraph
    gates: Gates
    stance: Stance
    reached: Bools
    days: Doubles
    own: Doubles
    limits: Limits

    def derivations(self) -> Derivations:
        """Start an enumeration of derivations."""
        return Derivations(self.graph, self.gates, self.stance.entries, days=self.days, own=self.own, alike=self.limits.alike)


def search(graph: AttackGraph, gates: Gates, stance: Stance, *, own: Doubles, limits: Limits) -> Search:
    """Find what the attacker reaches and the least times."""
    reached = reached_by(graph, gates, stance)
    days = least_days(graph, gates, stance.entries, own=own, allowed=stance.allowed)
    return Search(graph=graph, gates=gates, stance=stance, reached=reached, days=days, own=own, limits=limits)


def goal_node(graph: AttackGraph, jewel: CrownJewel) -> int:
    """Give the node of a crown jewel; :class:`LanguageError` when the model names a step that is none."""
    node = graph.find(jewel.asset, jewel.step)
    if node is None or graph.kinds[node] > AND:
        raise LanguageError(f"crown jewel {jewel.asset}:{jewel.step} is no attack step of the model")
    return node


def best_way(found: Search, enumeration: Derivations, jewel: CrownJewel) -> Way | None:
    """Give the quickest way to a crown jewel; None when it is not reached.

    Ways that need two entry points at once are passed over for an attacker that has but one.  Should all that were looked at be
    such, the entry points that do lead there are tried by themselves, so that a jewel that is reached always has a way.  One on
    the attacker's own ground is given only when no other was found; see :func:`way_from_elsewhere`.
    """
    goal = goal_node(found.graph, jewel)
    if not found.reached[goal]:
        return None
    way = _first(found, enumeration, jewel, goal)
    if way is None:
        entries = entries_reaching(found.graph, found.gates, found.stance, goal, found.reached)
        alone = min((_from_one(found, entry) for entry in entries), key=lambda one: float(one.days[goal]))
        way = _first(alone, alone.derivations(), jewel, goal)
    return way


def ways_from_elsewhere(found: Search, ways: Sequence[Way]) -> dict[int, Way]:
    """Give, by position in ``ways``, a way from other ground for those on their own ground that have one.

    The entry points on whose ground the jewels lie are left out, and the model is searched again.
    """
    owners: set[int] = set()
    left = {position: way for position, way in enumerate(ways) if way.own_ground}
    given: dict[int, Way] = {}
    for _ in range(_ROUNDS):
        owners.update(entry for way in left.values() for entry in way.derivation.entries)
        if not left:
            break
        stance = replace(found.stance, entries=tuple(entry for entry in found.stance.entries if entry not in owners))
        other = search(found.graph, found.gates, stance, own=found.own, limits=found.limits)
        enumeration = other.derivations()
        tried = {position: best_way(other, enumeration, way.jewel) for position, way in left.items()}
        given.update({position: way for position, way in tried.items() if way is not None and not way.own_ground})
        left = {position: way for position, way in tried.items() if way is not None and way.own_ground}
    return given


def way_from_elsewhere(found: Search, enumeration: Derivations, jewel: CrownJewel) -> Way | None:
    """Give the quickest way to a crown jewel that is not on the attacker's own ground; None when there is none."""
    way = best_way(found, enumeration, jewel)
    return ways_from_elsewhere(found, (way,)).get(0) if way is not None and way.own_ground else way


class Alternatives:
    """Finds the ways that are left when a defence bars the best one; what was searched once with a defence in force is kept."""

    def __init__(self, found: Search, states: Mapping[tuple[str, str], DefenceState]) -> None:
        self._found = found
        self._states = states
        self._searches: dict[int, tuple[Search, Derivations]] = {}

    def to(self, way: Way, *, most: int) -> tuple[Way, ...]:
        """Give up to ``most`` further ways to the same crown jewel, the quickest first, no two alike.

        A further way is worth telling when some edit that bars ``way`` leaves it.  So each of the defences that bar it is put in
        force, with those that the same place in a file takes away, and the best way then is taken.
        """
        found: list[Way] = []
        for barrier in way.barriers:
            barred, enumeration = self._with(barrier)
            other = best_way(barred, enumeration, way.jewel)
            if other is not None and not other.own_ground:
                found.append(other)
        kept = {way.likeness: way}
        for other in sorted(found, key=lambda one: (one.derivation.days, one.derivation.needs)):
            if not any(covers(one, other) for one in kept.values()):
                kept.setdefault(other.likeness, other)
        return tuple(kept.values())[1 : most + 1]

    def _with(self, barrier: int) -> tuple[Search, Derivations]:
        if barrier not in self._searches:
            before = self._found
            nodes = self._taken_together(barrier)
            level = before.graph.level.copy()
            level[list(nodes)] = 1.0
            gates = gates_with(before.graph, before.gates, level, np.array(nodes, dtype=np.int32))
            barred = search(before.graph, gates, before.stance, own=before.own, limits=before.limits)
            self._searches[barrier] = (barred, barred.derivations())
        return self._searches[barrier]

    def _taken_together(self, barrier: int) -> tuple[int, ...]:
        """The defences of the barrier's asset that are off for the same reason at the same place (``privileged: true``)."""
        graph = self._found.graph
        asset = graph.asset_id(barrier)
        state = self._states.get((asset, graph.step(barrier).name))
        if state is None or not state.weaknesses:
            return (barrier,)
        place = int(graph.asset_of[barrier])
        others = (
            (node, self._states.get((asset, graph.step(node).name)))
            for node in range(int(graph.first[place]), int(graph.first[place + 1]))
            if graph.kinds[node] == DEFENCE
        )
        return tuple(
            node
            for node, other in others
            if other is not None
            and other.probability < IN_FORCE
            and (other.weaknesses, other.evidence[0].location) == (state.weaknesses, state.evidence[0].location)
        )


def _from_one(found: Search, entry: int) -> Search:
    stance = replace(found.stance, entries=(entry,))
    days = least_days(found.graph, found.gates, (entry,), own=found.own, allowed=stance.allowed)
    return replace(found, stance=stance, days=days)


def _first(found: Search, enumeration: Derivations, jewel: CrownJewel, goal: int) -> Way | None:
    """The quickest way that an attacker can go; one on its own ground only when those looked at hold no other.

    A way that leaves its ground and comes back to it is no better than the one that stays, which is quicker and comes first.
    """
    poorer: Way | None = None
    owners: set[int] = set()
    for derivation in enumeration.of(goal, attempts=found.limits.attempts):
        if found.stance.alone and (len(derivation.entries) > 1 or not owners.isdisjoint(derivation.entries)):
            continue
        barriers = _barriers(found.graph, found.gates, derivation)
        way = Way(
            stance=found.stance,
            jewel=jewel,
            derivation=derivation,
            barriers=barriers,
            likeness=_likeness(found.graph, derivation),
            own_ground=found.stance.alone and not barriers and _stays(found.graph, derivation),
        )
        if not way.own_ground:
            return way
        poorer = poorer or way
        owners.update(derivation.entries)
    return poorer


def _stays(graph: AttackGraph, derivation: Derivation) -> bool:
    """Whether every step that has a title is taken where the attack starts or at the goal itself."""
    ground = {int(graph.asset_of[node]) for node in (*derivation.entries, derivation.goal)}
    return all(int(graph.asset_of[node]) in ground or not graph.step(node).info.title for node, _ in derivation.needs)


def covers(one: Way, other: Way) -> bool:
    """Whether whatever bars ``one`` bars ``other`` too, from the same entry."""
    return one.derivation.entries == other.derivation.entries and set(one.barriers).issubset(other.barriers)


def _barriers(graph: AttackGraph, gates: Gates, derivation: Derivation) -> tuple[int, ...]:
    """The defences that are off above the AND steps of a derivation."""
    found: set[int] = set()
    for node, needs in derivation.needs:
        if needs and graph.kinds[node] == AND:
            parents = graph.parents.of(node)
            found.update(parents[(graph.kinds[parents] == DEFENCE) & ~gates.necessary[parents]].tolist())
    return tuple(sorted(found))


def own_assets(graph: AttackGraph, entry: int) -> frozenset[int]:
    """The asset where an attack starts and the one that directly encloses it (a container and its workload)."""
    asset = int(graph.asset_of[entry])
    boundary = graph.asset_index.get(graph.model.assets[asset].boundary)
    return frozenset({asset} if boundary is None else {asset, boundary})


def _likeness(graph: AttackGraph, derivation: Derivation) -> tuple[tuple[str, str], ...]:
    named: list[tuple[str, str]] = []
    for node, _ in derivation.needs:
        step = graph.step(node)
        if step.info.title or node == derivation.goal:
            named.append((graph.model.assets[int(graph.asset_of[node])].kind, step.name))
    return tuple(named)


def still_open(graph: AttackGraph, gates: Gates, way: Way) -> bool:
    """Whether exactly this derivation is possible under ``gates``."""
    for node, needs in way.derivation.needs:
        if needs and graph.kinds[node] == AND and gates.waits[node] > 0:
            parents = graph.parents.of(node)
            if not set(parents[gates.necessary[parents]].tolist()).issubset(needs):
                return False
    return True


def variants(graph: AttackGraph, gates: Gates, way: Way) -> int:
    """Count the other entry points of the same kind from which the same tail is reached by the same steps."""
    if len(way.derivation.entries) != 1 or not way.stance.alone:
        return 0
    (entry,) = way.derivation.entries
    own = own_assets(graph, entry)
    mapped = [(node, needs) for node, needs in way.derivation.needs if _touches(graph, own, node, needs)]
    asset, kind = int(graph.asset_of[entry]), int(graph.class_of[graph.asset_of[entry]])
    place = entry - int(graph.first[asset])
    others = (other for other in _like_entries(graph, own, mapped, way.stance) if other != entry)
    return sum(
        1
        for other in others
        if graph.class_of[graph.asset_of[other]] == kind
        and other - int(graph.first[graph.asset_of[other]]) == place
        and _same_from(graph, gates, mapped, entry, other)
    )


def _touches(graph: AttackGraph, own: frozenset[int], node: int, needs: tuple[int, ...]) -> bool:
    return any(int(graph.asset_of[one]) in own for one in (node, *needs))


def _like_entries(
    graph: AttackGraph, own: frozenset[int], mapped: list[tuple[int, tuple[int, ...]]], stance: Stance
) -> tuple[int, ...]:
    """The entries worth a look: those near the steps that lead to the first step beyond ``own``."""
    for node, needs in mapped:
        if int(graph.asset_of[node]) not in own and any(int(graph.asset_of[parent]) in own for parent in needs):
            near = set(graph.asset_of[graph.parents.of(node)].tolist())
            return tuple(entry for entry in stance.entries if near.intersection(own_assets(graph, entry)))
    return ()


def _same_from(graph: AttackGraph, gates: Gates, mapped: list[tuple[int, tuple[int, ...]]], entry: int, other: int) -> bool:
    here, there = _pair(graph, entry), _pair(graph, other)
    if len(here) != len(there) or any(graph.class_of[a] != graph.class_of[b] for a, b in zip(here, there, strict=True)):
        return False
    moved = dict(zip(here, there, strict=True))

    def move(node: int) -> int:
        asset = int(graph.asset_of[node])
        return node if asset not in moved else int(graph.first[moved[asset]]) + node - int(graph.first[asset])

    for node, needs in mapped:
        if not needs:
            continue
        parents = graph.parents.of(move(node))
        wanted = {move(parent) for parent in needs}
        if not wanted.issubset(parents.tolist()):
            return False
        if gates.waits[move(node)] > 0 and not set(parents[gates.necessary[parents]].tolist()).issubset(wanted):
            return False
    return True


def _pair(graph: AttackGraph, entry: int) -> tuple[int, ...]:
    asset = int(graph.asset_of[entry])
    boundary = graph.asset_index.get(graph.model.assets[asset].boundary)
    return (asset,) if boundary is None else (asset, boundary)
