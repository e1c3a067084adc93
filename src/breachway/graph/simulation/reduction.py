"""From an attack graph to what the kernel samples: only the steps that matter for the goals, in a good order.

The reductions are exact.  Left out is what no attacker can reach even when every uncertain defence is down, and what leads to no
goal. A defence that is certain is no draw: where it is in force its steps are gone, where it is not it is no parent.  An AND step
whose parents are all unnecessary becomes an OR step.  Steps stand in the order in which depth-first search from the entries
leaves them, reversed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from breachway.graph.gates import gates_of
from breachway.graph.layout import AND, DEFENCE, distinct, gather
from breachway.graph.reachability import reach
from breachway.graph.simulation._kernel import ffi, lib
from breachway.graph.simulation.identities import identities

if TYPE_CHECKING:
    from collections.abc import Sequence

    from breachway.graph.gates import Gates
    from breachway.graph.layout import AttackGraph, Bools, Bytes, Doubles, Ints, Longs
    from breachway.graph.simulation.identities import Keys

MOST_ATTACKERS = 8
"""As many as a byte has bits."""

KINDS = ("Zero", "Infinity", "Exponential", "LogNormal", "Gamma", "Uniform", "TruncatedNormal", "Pareto")
"""The distributions, in the order of the kernel's numbers for them."""


class Attacker(NamedTuple):
    """Where an attacker starts and what it does.

    ``entries`` and ``allowed`` are as for :func:`breachway.graph.reachability.reach`.  With ``alone`` each sample starts at one
    of the entries, drawn evenly.
    """

    entries: tuple[int, ...]
    allowed: Bools
    alone: bool


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Reduced:
    """What is sampled.

    ``nodes`` gives the attack graph's node for each step here; ``place`` the other way round, -1 where left out.

    The arrays are those of ``bw_graph`` in ``kernel.h``; ``defences`` gives the node of each drawn defence, ``drawn`` that of
    each drawn step.
    """

    nodes: Longs
    place: Ints
    kind: Bytes
    allowed: Bytes
    parent_start: Longs
    parent: Ints
    child_start: Longs
    child: Ints
    gate_start: Longs
    gate: Ints
    need: Ints
    draw: Ints
    drawn: Longs
    draw_kind: Bytes
    draw_first: Doubles
    draw_second: Doubles
    draw_chance: Doubles
    draw_id: Keys
    defences: Longs
    defence_level: Doubles
    defence_id: Keys
    loose_kind: Bytes
    loose_start: Longs
    loose_parent: Ints

    @property
    def size(self) -> int:
        """How many steps are sampled."""
        return len(self.nodes)


class _Certainty(NamedTuple):
    """Whether a step is necessary under every state of the uncertain defences, and whether under any."""

    always: Bools
    ever: Bools


def reduce(graph: AttackGraph, attackers: Sequence[Attacker], goals: Sequence[int], *, every_step: bool = False) -> Reduced:
    """Keep what is needed to sample the times of ``goals``.

    ``every_step`` keeps everything that can be reached and gives each step a draw, also one that takes no time; tests feed these.
    """
    certainty, relaxed = _certainty(graph)
    entries = distinct(np.array([entry for attacker in attackers for entry in attacker.entries], dtype=np.int64))
    allowed = np.zeros(graph.size, dtype=np.uint8)
    for bit, attacker in enumerate(attackers):
        allowed[attacker.allowed] |= np.uint8(1 << bit)
    possible = reach(graph, relaxed, entries.tolist(), allowed=(allowed > 0) & (graph.chance > 0.0)).reached
    keep = possible if every_step else possible & _leading_to(graph, possible, np.array(goals, dtype=np.int64))
    nodes = _ordered(graph, keep, entries)
    return _build(graph, nodes, allowed, certainty, every_step=every_step)


def _certainty(graph: AttackGraph) -> tuple[_Certainty, Gates]:
    defence = graph.kinds == DEFENCE
    down = np.where(defence & (graph.level < 1.0), np.float32(0.0), graph.level)
    up = np.where(defence & (graph.level > 0.0), np.float32(1.0), graph.level)
    relaxed = gates_of(graph, down)
    return _Certainty(relaxed.necessary, gates_of(graph, up).necessary), relaxed


def _leading_to(graph: AttackGraph, within: Bools, goals: Longs) -> Bools:
    marked = np.zeros(graph.size, dtype=np.bool_)
    newest = goals[within[goals]]
    while newest.size:
        marked[newest] = True
        above = distinct(gather(graph.parents, newest).items)
        newest = above[within[above] & ~marked[above]]
    return marked


def _ordered(graph: AttackGraph, keep: Bools, entries: Longs) -> Longs:
    kept = np.flatnonzero(keep)
    place = np.full(graph.size, -1, dtype=np.int32)
    place[kept] = np.arange(len(kept), dtype=np.int32)
    starts, children = _rows(*_among(graph, kept, place, parents=False), len(kept))
    first = place[entries]
    first = np.ascontiguousarray(first[first >= 0], dtype=np.int32)
    order = np.empty(len(kept), dtype=np.int32)
    met = lib.bw_order(
        len(kept),
        ffi.from_buffer("int64_t[]", starts),
        ffi.from_buffer("int32_t[]", children),
        len(first),
        ffi.from_buffer("int32_t[]", first),
        ffi.from_buffer("int32_t[]", order, require_writable=True),
    )
    if met < 0:
        raise MemoryError
    return kept[order]


def _among(graph: AttackGraph, nodes: Longs, place: Ints, *, parents: bool) -> tuple[Longs, Ints]:
    """The edges between ``nodes``: the position of the one, and the place of its parent or child."""
    found = gather(graph.parents if parents else graph.children, nodes)
    other = place[found.items]
    return found.origin[other >= 0], other[other >= 0]


def _rows(origin: Longs, items: Ints, count: int) -> tuple[Longs, Ints]:
    starts = np.zeros(count + 1, dtype=np.int64)
    np.cumsum(np.bincount(origin, minlength=count), out=starts[1:])
    return starts, np.ascontiguousarray(items, dtype=np.int32)


def _build(graph: AttackGraph, nodes: Longs, allowed: Bytes, certainty: _Certainty, *, every_step: bool) -> Reduced:
    place = np.full(graph.size, -1, dtype=np.int32)
    place[nodes] = np.arange(len(nodes), dtype=np.int32)
    kind = (graph.kinds[nodes] == AND).astype(np.uint8)
    origin, parent = _among(graph, nodes, place, parents=True)
    needed = certainty.ever[nodes[parent]]
    allowed = np.where(_shut(graph, nodes, place, certainty), np.uint8(0), allowed[nodes])
    waits = np.bincount(origin[needed], minlength=len(nodes))
    gates = _gates(graph, nodes, certainty)
    _, gate_items = gates.rows
    kind[(waits == 0)] = 0
    loose = _loose(graph, certainty, gates)
    # An AND step looks at its necessary parents alone, unless it may come to wait for none of them: then any parent will do.
    sure = np.bincount(origin[certainty.always[nodes[parent]]], minlength=len(nodes)) > 0
    keep = (kind[origin] == 0) | needed | ~sure[origin]
    parent_start, parent = _rows(origin[keep], parent[keep], len(nodes))
    child_origin = np.repeat(np.arange(len(nodes), dtype=np.int64), np.diff(parent_start))
    order = np.lexsort((child_origin, parent))
    child_start, child = _rows(parent[order].astype(np.int64), child_origin[order].astype(np.int32), len(nodes))
    draws = _draws(graph, nodes, every_step=every_step)
    draw = np.full(len(nodes), -1, dtype=np.int32)
    draw[place[draws.nodes]] = np.arange(len(draws.nodes), dtype=np.int32)
    need = np.where(certainty.always[nodes], -1, loose.slot[nodes]).astype(np.int32)
    return Reduced(
        nodes=nodes,
        place=place,
        kind=kind,
        allowed=np.ascontiguousarray(allowed),
        parent_start=parent_start,
        parent=parent,
        child_start=child_start,
        child=child,
        gate_start=gates.rows[0],
        gate=gate_items,
        need=need,
        draw=draw,
        drawn=draws.nodes,
        draw_kind=draws.kind,
        draw_first=draws.first,
        draw_second=draws.second,
        draw_chance=draws.chance,
        draw_id=identities(graph, draws.nodes),
        defences=gates.defences,
        defence_level=graph.level[gates.defences].astype(np.float64),
        defence_id=identities(graph, gates.defences),
        loose_kind=loose.kind,
        loose_start=loose.start,
        loose_parent=loose.parent,
    )


def _shut(graph: AttackGraph, nodes: Longs, place: Ints, certainty: _Certainty) -> Bools:
    """The entries that only the attacker who starts there takes: they wait for what is never taken."""
    found = gather(graph.parents, nodes)
    missing = certainty.always[found.items] & (place[found.items] < 0)
    shut: Bools = (graph.kinds[nodes] == AND) & (np.bincount(found.origin[missing], minlength=len(nodes)) > 0)
    return shut


class _Gates(NamedTuple):
    """The uncertain defences in use, their position by node, and by step those that bar it."""

    defences: Longs
    position: Ints
    rows: tuple[Longs, Ints]


def _gates(graph: AttackGraph, nodes: Longs, certainty: _Certainty) -> _Gates:
    uncertain = (graph.kinds == DEFENCE) & (graph.level > 0.0) & (graph.level < 1.0)
    found = gather(graph.parents, nodes)
    bars = uncertain[found.items] & (graph.kinds[nodes[found.origin]] == AND)
    variable = _variable(graph, certainty)
    above = gather(graph.parents, variable).items
    defences = distinct(np.concatenate([found.items[bars], above[uncertain[above]]]))
    position = np.full(graph.size, -1, dtype=np.int32)
    position[defences] = np.arange(len(defences), dtype=np.int32)
    return _Gates(defences, position, _rows(found.origin[bars], position[found.items[bars]], len(nodes)))


def _variable(graph: AttackGraph, certainty: _Certainty) -> Longs:
    """The attack steps whose necessity hangs on uncertain defences."""
    return np.flatnonzero(certainty.ever & ~certainty.always & (graph.kinds <= AND))


class _Loose(NamedTuple):
    slot: Ints
    kind: Bytes
    start: Longs
    parent: Ints


def _loose(graph: AttackGraph, certainty: _Certainty, gates: _Gates) -> _Loose:
    """Slot 0 is for steps that are never necessary: a join of no parents; the variable ones follow."""
    variable = _variable(graph, certainty)
    slot = np.where(certainty.ever, -1, 0).astype(np.int32)
    slot[variable] = np.arange(1, len(variable) + 1, dtype=np.int32)
    found = gather(graph.parents, variable)
    # What is always or never necessary decides nothing here, or the step would not be variable.
    counts = (slot[found.items] > 0) | (gates.position[found.items] >= 0)
    items, origin = found.items[counts], found.origin[counts]
    refers = np.where(gates.position[items] >= 0, -1 - gates.position[items], slot[items])
    starts, parents = _rows(origin + 1, refers.astype(np.int32), len(variable) + 1)
    kind = np.ones(len(variable) + 1, dtype=np.uint8)
    kind[1:] = graph.kinds[variable] == AND
    return _Loose(slot, kind, starts, parents)


class _Draws(NamedTuple):
    nodes: Longs
    kind: Bytes
    first: Doubles
    second: Doubles
    chance: Doubles


def _draws(graph: AttackGraph, nodes: Longs, *, every_step: bool) -> _Draws:
    rows = [
        (0, 0.0, 0.0, 1.0)
        if step.ttc is None
        else (KINDS.index(step.ttc.name), *(*step.ttc.arguments, 0.0, 0.0)[:2], step.ttc.bernoulli)
        for asset in graph.language.assets
        for step in asset.steps
    ]
    offsets = np.cumsum([0, *(len(asset.steps) for asset in graph.language.assets)])
    assets = graph.asset_of[nodes]
    steps = offsets[graph.class_of[assets]] + (nodes - graph.first[assets])
    kinds = np.array([row[0] for row in rows], dtype=np.uint8)
    chances = np.array([row[3] for row in rows], dtype=np.float64)
    draws = np.ones(len(nodes), dtype=np.bool_) if every_step else (kinds[steps] > 0) | (chances[steps] < 1.0)
    chosen = steps[draws]
    return _Draws(
        np.ascontiguousarray(nodes[draws]),
        kinds[chosen],
        np.array([row[1] for row in rows], dtype=np.float64)[chosen],
        np.array([row[2] for row in rows], dtype=np.float64)[chosen],
        chances[chosen],
    )
