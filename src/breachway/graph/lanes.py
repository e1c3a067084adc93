"""Reach from many starts at once where an edge lets only some of them pass.

Each start is a lane, a bit in a row of words.  An edge has a mask, given as a row of a table; a step is taken in a lane when one
parent is (for an AND step every necessary one), over an edge that lets the lane pass.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from breachway.graph.layout import AND, Rows, distinct, gather

if TYPE_CHECKING:
    from typing import TypeAlias

    from numpy.typing import NDArray

    from breachway.graph.gates import Gates
    from breachway.graph.layout import AttackGraph, Bools, Ints, Longs

    Words: TypeAlias = NDArray[np.uint64]


class Masks(NamedTuple):
    """``of_edge`` gives for each entry of ``graph.parents.items`` a row of ``table``, whose bits are the lanes let through."""

    of_edge: Ints
    table: Words

    def open_to(self, word: int, bit: int) -> Bools:
        """Which edges, in the order of ``graph.parents.items``, let one lane pass."""
        rows = (self.table[:, word] >> np.uint64(bit)) & np.uint64(1)
        return rows.astype(np.bool_)[self.of_edge]


class Cut(NamedTuple):
    """Compressed rows of the edges that are left for one lane, and the nodes that may still be taken."""

    children: Rows
    parents: Rows
    allowed: Bools


def reach_lanes(graph: AttackGraph, gates: Gates, starts: Longs, lanes: Words, masks: Masks) -> Words:
    """Give the lanes of every node.  ``lanes`` has a row for each of ``starts``, which are taken whatever stands in the way.

    The cost grows with the edges below what is reached, times the words in a row.
    """
    bits = np.zeros((graph.size, masks.table.shape[1]), dtype=np.uint64)
    np.bitwise_or.at(bits, starts, lanes)
    newest = distinct(starts)
    while newest.size:
        below = distinct(gather(graph.children, newest).items)
        below = below[graph.kinds[below] <= AND]
        fresh = _combine(graph, gates, bits, below, masks) | bits[below]
        changed = (fresh != bits[below]).any(axis=1)
        newest = below[changed]
        bits[newest] = fresh[changed]
    return bits


def _combine(graph: AttackGraph, gates: Gates, bits: Words, nodes: Longs, masks: Masks) -> Words:
    every = (graph.kinds[nodes] == AND) & (gates.waits[nodes] > 0)
    fresh = np.zeros((len(nodes), bits.shape[1]), dtype=np.uint64)
    for chosen, joined in ((np.flatnonzero(~every), False), (np.flatnonzero(every), True)):
        origin, positions = _entries(graph.parents, nodes[chosen])
        parents = graph.parents.items[positions]
        if joined:
            keep = gates.necessary[parents]
            origin, positions, parents = origin[keep], positions[keep], parents[keep]
        if origin.size:
            begins = np.flatnonzero(np.r_[True, origin[1:] != origin[:-1]])
            passed = bits[parents] & masks.table[masks.of_edge[positions]]
            combine = np.bitwise_and if joined else np.bitwise_or
            fresh[chosen[origin[begins]]] = combine.reduceat(passed, begins, axis=0)
    return fresh


def _entries(rows: Rows, wanted: Longs) -> tuple[Longs, Longs]:
    """For the rows ``wanted``: which of them each entry is of, and the entry's position in ``rows.items``."""
    begin = rows.starts[wanted].astype(np.int64)
    counts = rows.starts[wanted + 1] - begin
    origin = np.repeat(np.arange(len(wanted), dtype=np.int64), counts)
    ends = np.cumsum(counts)
    return origin, np.arange(len(origin), dtype=np.int64) + np.repeat(begin - ends + counts, counts)


def cut(graph: AttackGraph, gates: Gates, left: Bools) -> Cut:
    """Leave out the edges that are not ``left`` (in the order of ``graph.parents.items``).

    An AND step that waits for a parent over an edge that is gone is never taken, and so not allowed.
    """
    child = np.repeat(np.arange(graph.size, dtype=np.int64), np.diff(graph.parents.starts))
    parent = graph.parents.items
    barred = ~left & gates.necessary[parent] & (graph.kinds[child] == AND) & (gates.waits[child] > 0)
    allowed = np.ones(graph.size, dtype=np.bool_)
    allowed[child[barred]] = False
    child, parent = child[left], parent[left]
    order = np.argsort(parent, kind="stable")
    return Cut(_rows(parent[order], child[order], graph.size), _rows(child, parent, graph.size), allowed)


def _rows(row: NDArray[np.integer], item: NDArray[np.integer], count: int) -> Rows:
    """Rows from pairs that are sorted already."""
    starts = np.zeros(count + 1, dtype=np.int32)
    np.cumsum(np.bincount(row, minlength=count), out=starts[1:])
    return Rows(starts, item.astype(np.int32))
