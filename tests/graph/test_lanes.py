from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import TYPE_CHECKING

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from breachway.graph.gates import gates_of
from breachway.graph.lanes import Masks, cut, reach_lanes
from breachway.graph.layout import AND, OR
from breachway.graph.reachability import reach
from breachway.graph.times import least_days, own_days
from tests.graph.small import Shape, graph_of, shapes

if TYPE_CHECKING:
    from breachway.graph.gates import Gates
    from breachway.graph.layout import AttackGraph

QUICK = settings(max_examples=100, deadline=None)
LANES = 70
"""More than a word holds."""


def drawn(graph: AttackGraph, seed: int) -> Masks:
    """Edges of five sorts, each open to some of the lanes."""
    random = Random(seed)  # noqa: S311 - test data
    table = np.array(
        [[random.getrandbits(64) | random.getrandbits(64), random.getrandbits(64)] for _ in range(5)], dtype=np.uint64
    )
    of_edge = np.array([random.randrange(5) for _ in graph.parents.items], dtype=np.int32)
    return Masks(of_edge, table)


def starts_of(shape: Shape, seed: int) -> tuple[np.ndarray[tuple[int], np.dtype[np.int64]], list[set[int]]]:
    """Which of the entries each lane begins at."""
    random = Random(seed)  # noqa: S311 - test data
    return np.array(shape.entries, dtype=np.int64), [
        {entry for entry in shape.entries if random.random() < 0.5} for _ in range(LANES)
    ]


def naive(graph: AttackGraph, gates: Gates, entries: set[int], left: list[bool]) -> set[int]:
    """One lane on the edges that are left, in the order of ``parents.items``."""
    taken = set(entries)
    changed = True
    while changed:
        changed = False
        for node in range(graph.size):
            if node in taken or graph.kinds[node] not in (OR, AND):
                continue
            begin, end = int(graph.parents.starts[node]), int(graph.parents.starts[node + 1])
            edges = [(int(graph.parents.items[place]), left[place]) for place in range(begin, end)]
            through = {parent for parent, is_left in edges if is_left and parent in taken}
            needed = {parent for parent, _ in edges if gates.necessary[parent]} if graph.kinds[node] == AND else set()
            if needed <= through if needed else through:
                taken.add(node)
                changed = True
    return taken


@QUICK
@given(shapes(), st.integers(0, 999))
def test_every_lane_reaches_what_it_would_by_itself(shape: Shape, seed: int) -> None:
    graph = graph_of(shape)
    gates, masks = gates_of(graph), drawn(graph, seed)
    nodes, begins = starts_of(shape, seed)
    rows = np.zeros((len(nodes), 2), dtype=np.uint64)
    for lane, entries in enumerate(begins):
        for place, node in enumerate(nodes.tolist()):
            if node in entries:
                rows[place, lane // 64] |= np.uint64(1 << (lane % 64))
    bits = reach_lanes(graph, gates, nodes, rows, masks)
    for lane in range(0, LANES, 9):
        found = {node for node in range(graph.size) if int(bits[node, lane // 64]) >> (lane % 64) & 1}
        assert found == naive(graph, gates, begins[lane], masks.open_to(lane // 64, lane % 64).tolist())


@QUICK
@given(shapes(), st.integers(0, 999))
def test_a_cut_graph_has_the_reach_and_the_times_of_its_lane(shape: Shape, seed: int) -> None:
    graph = graph_of(shape)
    gates = gates_of(graph)
    left = drawn(graph, seed).open_to(0, 3)
    rest = cut(graph, gates, left)
    assert len(rest.parents.items) == len(rest.children.items) == int(left.sum())
    smaller = replace(graph, children=rest.children, parents=rest.parents)
    found = reach(smaller, gates, shape.entries, allowed=rest.allowed).reached
    assert set(np.flatnonzero(found).tolist()) == naive(graph, gates, set(shape.entries), left.tolist())
    days = least_days(smaller, gates, shape.entries, own=own_days(graph), allowed=rest.allowed)
    assert set(np.flatnonzero(np.isfinite(days)).tolist()) <= set(np.flatnonzero(found).tolist())
