"""Which steps an attacker can take.

A step is taken when at least one of its parents is and, for an AND step, when every necessary parent is
(:mod:`breachway.graph.gates`).  Entry points are taken whatever stands in the way, and what follows from them is not blocked
because they would have been.  A step outside ``allowed`` is never taken, unless it is an entry.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from breachway.graph.layout import AND, OR, distinct, gather

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from breachway.graph.gates import Gates
    from breachway.graph.layout import AttackGraph, Bools, Ints, Longs


class Reach(NamedTuple):
    """``reached`` and ``depth`` by node.

    Depth counts the steps from an entry; an AND step is one more than its deepest need; -1 where nothing is reached.
    """

    reached: Bools
    depth: Ints


def reach(graph: AttackGraph, gates: Gates, entries: Sequence[int], *, allowed: Bools | None = None) -> Reach:
    """Find every step that can be taken from ``entries`` together."""
    reached = np.zeros(graph.size, dtype=np.bool_)
    depth = np.full(graph.size, -1, dtype=np.int32)
    missing = gates.waits.copy()
    newest = distinct(np.array(entries, dtype=np.int64))
    level = 0
    while newest.size:
        reached[newest] = True
        depth[newest] = level
        level += 1
        found = gather(graph.children, newest)
        below = found.items
        needed = below[gates.necessary[newest][found.origin]]
        np.subtract.at(missing, needed, 1)
        kinds = graph.kinds[below]
        open_now = (kinds == OR) | ((kinds == AND) & (missing[below] == 0))
        open_now &= ~reached[below]
        if allowed is not None:
            open_now &= allowed[below]
        newest = distinct(below[open_now])
    return Reach(reached, depth)


class Lanes(NamedTuple):
    """Which of several entries reach each node by themselves: bit ``i`` of row ``n`` tells of entry ``i``."""

    bits: NDArray[np.uint64]

    def entries_of(self, node: int, count: int) -> list[int]:
        """Give the positions of the entries that reach ``node``."""
        flat = np.unpackbits(self.bits[node].view(np.uint8), bitorder="little")[:count]
        return [int(position) for position in np.flatnonzero(flat)]


def reach_each(graph: AttackGraph, gates: Gates, entries: Sequence[int], *, within: Bools) -> Lanes:
    """Find what each entry reaches alone, all of them in one pass.

    ``within`` holds the nodes that the entries reach together, which no single one exceeds.  Exact; the cost grows with the
    number of nodes in ``within`` times the number of entries, 64 of them in a word.
    """
    words = (len(entries) + 63) // 64
    bits = np.zeros((graph.size, words), dtype=np.uint64)
    for position, entry in enumerate(entries):
        bits[entry, position // 64] |= np.uint64(1 << (position % 64))
    own = {entry: bits[entry].copy() for entry in entries}
    newest = distinct(np.array(entries, dtype=np.int64))
    while newest.size:
        below = distinct(gather(graph.children, newest).items)
        below = below[within[below] & (graph.kinds[below] <= AND)]
        fresh = _combine(graph, gates, bits, below)
        for position in np.flatnonzero(np.isin(below, list(own))).tolist():
            fresh[position] |= own[int(below[position])]
        changed = (fresh != bits[below]).any(axis=1)
        newest = below[changed]
        bits[newest] = fresh[changed]
    return Lanes(bits)


def _combine(graph: AttackGraph, gates: Gates, bits: NDArray[np.uint64], nodes: Longs) -> NDArray[np.uint64]:
    """Any parent for an OR step (and for an AND step that waits for nothing), every necessary parent for an AND step."""
    every = (graph.kinds[nodes] == AND) & (gates.waits[nodes] > 0)
    fresh = np.zeros((len(nodes), bits.shape[1]), dtype=np.uint64)
    for wanted, combine in ((~every, np.bitwise_or), (every, np.bitwise_and)):
        chosen = np.flatnonzero(wanted)
        found = gather(graph.parents, nodes[chosen])
        keep = gates.necessary[found.items] if combine is np.bitwise_and else np.ones(len(found.items), dtype=np.bool_)
        origin, parents = found.origin[keep], found.items[keep]
        if origin.size:
            begins = np.flatnonzero(np.r_[True, origin[1:] != origin[:-1]])
            fresh[chosen[origin[begins]]] = combine.reduceat(bits[parents], begins, axis=0)
    return fresh
