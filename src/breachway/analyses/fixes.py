"""Fixes: edits that put defences in force, each tried by running the model again.

A candidate is what one edit does: all the defences that are off because of the same weaknesses at the same place in a file.
Defences that are off only because nothing says otherwise and the user was asked (assumptions) are not fixed by an edit, and are
no candidates.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from breachway.analyses.actors import reached_by
from breachway.analyses.assessment import Fix
from breachway.analyses.fingerprints import fingerprint
from breachway.analyses.ways import goal_node, search, still_open, way_from_elsewhere
from breachway.evidence import Basis
from breachway.graph.gates import IN_FORCE, gates_with
from breachway.graph.layout import gather
from breachway.model import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from breachway.analyses.limits import Limits
    from breachway.analyses.ways import Search, Way
    from breachway.evidence import Evidence, Location
    from breachway.graph.gates import Gates
    from breachway.graph.layout import AttackGraph
    from breachway.model import CrownJewel, DefenceState
    from breachway.threats.catalogue import WeaknessInfo

_GRAVITY_UNKNOWN = 9


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Candidate:
    """One edit: the weaknesses that it removes, where, and the defence nodes that it puts in force."""

    keys: tuple[str, ...]
    place: tuple[str, str, int]
    nodes: tuple[int, ...]
    states: tuple[DefenceState, ...]
    gravity: int

    @property
    def order(self) -> tuple[int, int, tuple[str, ...], tuple[str, str, int]]:
        """Of two that do as much: the one for the graver weakness, then of less effort, then by name."""
        return (self.gravity, len(self.nodes), self.keys, self.place)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Ranking:
    """The ways that an assessment knows: ``ranked`` are listed as paths; ``others`` are the best to further crown jewels."""

    ranked: tuple[Way, ...]
    others: tuple[Way, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Trial:
    """What a candidate does: the positions of the ranked ways that it cuts, and how many (actor, crown jewel) pairs it closes."""

    candidate: Candidate
    cuts: frozenset[int]
    closes: int


def candidates(graph: AttackGraph, gravity: Mapping[str, int]) -> tuple[Candidate, ...]:
    """Give every edit that puts a stated defence in force, in the order of keys and places; ``gravity`` is by weakness key."""
    weak = {(item.key, item.asset) for item in graph.model.weaknesses if item.verdict is not Verdict.SAFE}
    groups: dict[tuple[tuple[str, ...], tuple[str, str, int]], list[DefenceState]] = {}
    for state in graph.model.defences:
        if state.probability >= IN_FORCE or not state.weaknesses or all(item.basis is Basis.ASSUMED for item in state.evidence):
            continue
        keys = tuple(sorted(key for key in state.weaknesses if (key, state.asset) in weak)) or tuple(sorted(state.weaknesses))
        groups.setdefault((keys, _place(state.evidence[0].location)), []).append(state)
    return tuple(
        Candidate(
            keys=keys,
            place=place,
            nodes=tuple(sorted(node for state in states if (node := graph.find(state.asset, state.defence)) is not None)),
            states=tuple(states),
            gravity=min((gravity.get(key, _GRAVITY_UNKNOWN) for key in keys), default=_GRAVITY_UNKNOWN),
        )
        for (keys, place), states in sorted(groups.items(), key=lambda item: item[0])
    )


def _like_the_first(state: DefenceState) -> tuple[Evidence, ...]:
    """The evidence that says the same as the first: two rules of a role that both grant a thing must both change."""
    return tuple(item for item in state.evidence if item.note == state.evidence[0].note)


def _place(location: Location) -> tuple[str, str, int]:
    """One place of an edit; a pointer names it better than a line, and formats without pointers have only lines."""
    return (location.document, location.pointer, 0 if location.pointer else location.line)


class _KnownWay(NamedTuple):
    """A way with what the trials ask of it: actor and goal, the nodes it takes, and whether it is open with no edit made."""

    way: Way
    pair: tuple[str, int]
    nodes: frozenset[int]
    open: bool


def _known_way(graph: AttackGraph, gates: Gates, way: Way) -> _KnownWay:
    nodes = frozenset(node for node, _ in way.derivation.needs)
    return _KnownWay(way, (way.stance.info.id, goal_node(graph, way.jewel)), nodes, still_open(graph, gates, way))


class FixSearch:
    """Tries edits on one graph; ``searches`` are the attackers' results with the defences as they are, by actor id."""

    def __init__(
        self,
        graph: AttackGraph,
        gates: Gates,
        searches: Mapping[str, Search],
        ranking: Ranking,
        limits: Limits,
        gravity: Mapping[str, int],
    ) -> None:
        self._graph = graph
        self._gates = gates
        self._searches = searches
        self._ranking = ranking
        self._limits = limits
        self._known = tuple(_known_way(graph, gates, way) for way in (*ranking.ranked, *ranking.others))
        self._by_node: dict[int, list[Candidate]] = {}
        for candidate in candidates(graph, gravity):
            for node in candidate.nodes:
                self._by_node.setdefault(node, []).append(candidate)

    def trials(self) -> tuple[Trial, ...]:
        """Try the edits that bear on ranked paths; those that bear on most of them first, up to the limit."""
        counts: dict[Candidate, int] = {}
        for way in self._ranking.ranked:
            for candidate in self._on(way):
                counts[candidate] = counts.get(candidate, 0) + 1
        order = sorted(counts, key=lambda one: (-counts[one], one.order))
        return tuple(self._try(candidate) for candidate in order[: self._limits.fixes])

    def fix_set(self, trials: Sequence[Trial]) -> tuple[tuple[Trial, ...], bool]:
        """Choose few edits that together cut every ranked path that can be cut; greedy, not proven smallest.

        Ways on the attacker's own ground count for nothing here.  The model is run again with all of them made.  Where an
        attacker still reaches the end of a ranked path another way, an edit against that way joins the set, and so on.  True when
        in the end none of the ranked (actor, crown jewel) pairs is reached.
        """
        known = {trial.candidate: trial for trial in trials}
        ranked = [way for way in self._ranking.ranked if not way.own_ground]
        wanted: list[frozenset[Candidate]] = [frozenset(self._on(way)).intersection(known) for way in ranked]
        pairs = list(dict.fromkeys((way.stance.info.id, way.jewel) for way in ranked))
        chosen = _cover(wanted, known)
        if not pairs or not all(wanted):
            return tuple(known[one] for one in chosen), False
        for _ in range(self._limits.rounds):
            left = self._ways_left(chosen, pairs)
            if not left:
                return tuple(known[one] for one in chosen), True
            for way in left:
                against = self._on(way)
                if not against:
                    return tuple(known[one] for one in _cover(wanted[: len(ranked)], known)), False
                for candidate in against:
                    if candidate not in known:
                        known[candidate] = self._try(candidate)
                wanted.append(frozenset(against))
            chosen = _cover(wanted, known)
        return tuple(known[one] for one in chosen), False

    def _on(self, way: Way) -> list[Candidate]:
        found = {candidate: None for node in way.barriers for candidate in self._by_node.get(node, ())}
        return sorted(found, key=lambda one: one.order)

    def _after(self, chosen: Iterable[Candidate]) -> Gates:
        nodes = tuple(sorted({node for candidate in chosen for node in candidate.nodes}))
        level = self._graph.level.copy()
        level[list(nodes)] = 1.0
        return gates_with(self._graph, self._gates, level, np.array(nodes, dtype=np.int32))

    def _try(self, candidate: Candidate) -> Trial:
        gates = self._after([candidate])
        # A derivation is looked at again only where it passes a step one of whose parents has become necessary, or ceased to be.
        changed = np.flatnonzero(gates.necessary != self._gates.necessary)
        touched = set(gather(self._graph.children, changed).items.tolist())
        open_pairs: dict[tuple[str, int], bool] = {}
        cuts = set()
        for position, known in enumerate(self._known):
            stays = known.open if touched.isdisjoint(known.nodes) else still_open(self._graph, gates, known.way)
            open_pairs[known.pair] = open_pairs.get(known.pair, False) or stays
            if not stays and position < len(self._ranking.ranked):
                cuts.add(position)
        return Trial(candidate=candidate, cuts=frozenset(cuts), closes=self._closed(gates, open_pairs))

    def _closed(self, gates: Gates, open_pairs: Mapping[tuple[str, int], bool]) -> int:
        """Count the pairs all of whose known ways are cut and that no other way keeps open."""
        doubtful: dict[str, list[int]] = {}
        for (actor, goal), stays in open_pairs.items():
            if not stays:
                doubtful.setdefault(actor, []).append(goal)
        closed = 0
        for actor, goals in doubtful.items():
            reached = reached_by(self._graph, gates, self._searches[actor].stance)
            closed += int((~reached[goals]).sum())
        return closed

    def _ways_left(self, chosen: Iterable[Candidate], pairs: Sequence[tuple[str, CrownJewel]]) -> list[Way]:
        gates = self._after(chosen)
        left: list[Way] = []
        searched: dict[str, Search] = {}
        for actor, jewel in pairs:
            if actor not in searched:
                before = self._searches[actor]
                searched[actor] = search(self._graph, gates, before.stance, own=before.own, limits=self._limits)
            way = way_from_elsewhere(searched[actor], searched[actor].derivations(), jewel)
            if way is not None:
                left.append(way)
        return left


def _cover(wanted: Sequence[frozenset[Candidate]], known: Mapping[Candidate, Trial]) -> tuple[Candidate, ...]:
    """Take the candidate that meets most of what is left, again and again; what nothing meets is left out."""
    left = [one for one in wanted if one]
    chosen: list[Candidate] = []
    while left:
        counts: dict[Candidate, int] = {}
        for one in left:
            for candidate in one:
                counts[candidate] = counts.get(candidate, 0) + 1
        best = min(counts, key=lambda one: (-counts[one], -known[one].closes, one.order))
        chosen.append(best)
        left = [one for one in left if best not in one]
    return tuple(chosen)


def ordered(trials: Sequence[Trial], chosen: Sequence[Trial]) -> tuple[Trial, ...]:
    """The chosen set first, in the order of choice; then the others by paths cut, pairs closed and effort."""
    rest = sorted(
        (trial for trial in trials if trial not in chosen and trial.cuts),
        key=lambda one: (-len(one.cuts), -one.closes, one.candidate.order),
    )
    return (*chosen, *rest)


def write_fix(trial: Trial, *, identifier: str, path_ids: Sequence[str], catalogue: Mapping[str, WeaknessInfo]) -> Fix:
    """Write a trial in the words of the weakness catalogue; ``path_ids`` are the ids of the ranked ways by position."""
    candidate = trial.candidate
    known = [catalogue[key] for key in candidate.keys if key in catalogue]
    locations = {_place(item.location): item.location for state in candidate.states for item in _like_the_first(state)}
    return Fix(
        id=identifier,
        fingerprint=fingerprint(
            "fix", *candidate.keys, *(word for state in candidate.states for word in (state.asset, state.defence))
        ),
        title=known[0].title if known else candidate.keys[0],
        weakness=candidate.keys[0],
        change="; ".join(dict.fromkeys(info.fix for info in known)) or f"remove {', '.join(candidate.keys)}",
        caution="; ".join(dict.fromkeys(info.caution for info in known if info.caution)),
        locations=tuple(locations.values()),
        defences=tuple((state.asset, state.defence) for state in candidate.states),
        cuts=tuple(path_ids[position] for position in sorted(trial.cuts)),
        closes=trial.closes,
    )
