"""The attackers A1 to A5 on one attack graph: where each starts, which steps it takes, and what it reaches.

An external attacker uses all its entry points together.  The others are tried from each entry point by itself, because two
compromised containers, or two people, are not one attacker.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from breachway.errors import LanguageError
from breachway.graph.layout import AND, OR, distinct, gather
from breachway.graph.reachability import reach, reach_each
from breachway.threats.actors import ACTORS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from breachway.graph.gates import Gates
    from breachway.graph.layout import AttackGraph, Bools, Longs
    from breachway.model import EntryPoint
    from breachway.threats.actors import ActorInfo

_TOGETHER = frozenset({"A1"})
_LANES = 512
_REGION = 200


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Stance:
    """An attacker on a graph.  ``starts`` gives the entry point at each of ``entries``; ``allowed`` are the steps it takes."""

    info: ActorInfo
    entries: tuple[int, ...]
    starts: Mapping[int, EntryPoint]
    allowed: Bools
    alone: bool
    """Each entry is tried by itself."""


def stances(graph: AttackGraph) -> tuple[Stance, ...]:
    """Give the attackers, A1 to A5, with the model's entry points; :class:`LanguageError` for one that is no attack step."""
    starts: dict[str, dict[int, EntryPoint]] = {info.id: {} for info in ACTORS}
    for entry in graph.model.entry_points:
        node = graph.find(entry.asset, entry.step)
        if node is None or graph.kinds[node] not in (OR, AND) or entry.actor not in starts:
            raise LanguageError(f"entry point {entry.actor} {entry.asset}:{entry.step} is no attack step of the model")
        starts[entry.actor].setdefault(node, entry)
    return tuple(
        Stance(
            info=info,
            entries=tuple(sorted(starts[info.id])),
            starts=starts[info.id],
            allowed=_allowed(graph, frozenset(info.forbidden_tags)),
            alone=info.id not in _TOGETHER,
        )
        for info in ACTORS
    )


def _allowed(graph: AttackGraph, forbidden: frozenset[str]) -> Bools:
    allowed = np.ones(graph.size, dtype=np.bool_)
    if forbidden:
        for position, asset_class in enumerate(graph.language.assets):
            barred = [place for place, step in enumerate(asset_class.steps) if forbidden.intersection(step.tags)]
            firsts = graph.first[:-1][graph.class_of == position]
            for place in barred:
                allowed[firsts + place] = False
    return allowed


def reached_by(graph: AttackGraph, gates: Gates, stance: Stance) -> Bools:
    """Find every step that the attacker takes.

    Of one tried from each entry by itself: every step that some entry alone leads to.  Exact.  All entries together are tried
    first; only AND steps that wait for several attack steps (joins) can make that too much.  Where they do, it is found out which
    joins a single entry holds, and the others are shut.
    """
    together = reach(graph, gates, stance.entries, allowed=stance.allowed).reached
    if not stance.alone or len(stance.entries) < 2:  # noqa: PLR2004 - one entry is alone in any case
        return together
    joins = np.flatnonzero(together & (graph.kinds == AND) & (gates.waits > 1))
    joins = joins[~np.isin(joins, stance.entries)]
    if not joins.size:
        return together
    allowed = stance.allowed.copy()
    allowed[joins] = False
    chains = reach(graph, gates, stance.entries, allowed=allowed).reached
    if (chains == together).all():
        return together
    allowed[_held_by_one(graph, gates, stance, together, joins)] = True
    return reach(graph, gates, stance.entries, allowed=allowed).reached


def entries_reaching(graph: AttackGraph, gates: Gates, stance: Stance, goal: int, within: Bools) -> tuple[int, ...]:
    """Give the entries from which ``goal`` is reached, each by itself; stops at the first 64 entries that hold one."""
    for begin in range(0, len(stance.entries), 64):
        block = stance.entries[begin : begin + 64]
        found = reach_each(graph, gates, block, within=within).entries_of(goal, len(block))
        if found:
            return tuple(block[position] for position in found)
    return ()


def _held_by_one(graph: AttackGraph, gates: Gates, stance: Stance, together: Bools, joins: Longs) -> Longs:
    """The joins that some entry reaches by itself; looked for only among the steps that lead to a join."""
    relevant = _leading_to(graph, together, joins)
    entries = [entry for entry in stance.entries if relevant[entry]]
    chosen, held = _representatives(graph, gates, entries, relevant)
    active = np.isin(joins, list(held))
    for begin in range(0, len(chosen), _LANES):
        lanes = reach_each(graph, gates, chosen[begin : begin + _LANES], within=relevant)
        active |= lanes.bits[joins].any(axis=1)
    return joins[active]


def _leading_to(graph: AttackGraph, within: Bools, nodes: Longs) -> Bools:
    marked = np.zeros(graph.size, dtype=np.bool_)
    newest = nodes
    while newest.size:
        marked[newest] = True
        above = distinct(gather(graph.parents, newest).items)
        newest = above[within[above] & ~marked[above]]
    return marked


def _representatives(graph: AttackGraph, gates: Gates, entries: list[int], relevant: Bools) -> tuple[list[int], frozenset[int]]:
    """One entry for each way out of their own surroundings, and the joins inside these surroundings.

    The surroundings of an entry are the steps all of whose ways come from it alone.  Two entries with the same way out reach
    the same steps beyond, so one stands for both.
    """
    within = np.flatnonzero(relevant)
    found = gather(graph.parents, within)
    counted = relevant[found.items] & (gates.necessary[found.items] | (gates.waits[within[found.origin]] == 0))
    sources = np.zeros(graph.size, dtype=np.int32)
    sources[within] = np.bincount(found.origin[counted], minlength=len(within))
    groups: dict[frozenset[tuple[int, ...]], int] = {}
    held: set[int] = set()
    for entry in entries:
        region, way_out = _surroundings(graph, gates, entry, relevant, sources)
        groups.setdefault(way_out, entry)
        held.update(node for node in region if graph.kinds[node] == AND and gates.waits[node] > 1)
    return sorted(groups.values()), frozenset(held)


def _surroundings(
    graph: AttackGraph, gates: Gates, entry: int, relevant: Bools, sources: np.ndarray[tuple[int], np.dtype[np.int32]]
) -> tuple[set[int], frozenset[tuple[int, ...]]]:
    region = {entry}
    supplied: dict[int, set[int]] = {}
    todo = [entry]
    while todo and len(region) < _REGION:
        node = todo.pop()
        for child in graph.children.of(node).tolist():
            if not relevant[child] or child in region:
                continue
            waits = int(gates.waits[child])
            if waits and not gates.necessary[node]:
                continue
            supplied.setdefault(child, set()).add(node)
            if len(supplied[child]) == (waits or int(sources[child])):
                region.add(child)
                todo.append(child)
    out: set[tuple[int, ...]] = {(node,) for node in todo}
    for child, suppliers in supplied.items():
        if child not in region:
            out.add((child, *sorted(suppliers)) if gates.waits[child] > 1 else (child,))
    return region, frozenset(out)


def reached_assets(graph: AttackGraph, stance: Stance, reached: Bools) -> tuple[tuple[str, int], ...]:
    """Count, by asset class, the assets of which the attacker takes a step that has a title and is not where it started."""
    taken = reached.copy()
    taken[list(stance.entries)] = False
    for position, asset_class in enumerate(graph.language.assets):
        firsts = graph.first[:-1][graph.class_of == position]
        for place, step in enumerate(asset_class.steps):
            if not step.info.title:
                taken[firsts + place] = False
    assets = distinct(graph.asset_of[taken])
    counts = Counter(graph.class_of[assets].tolist())
    return tuple((graph.language.assets[position].name, counts[position]) for position in sorted(counts))
