from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from breachway.graph.gates import gates_of
from breachway.graph.layout import AND
from breachway.graph.reachability import reach
from breachway.graph.simulation.blocks import LANES, reach_blocks
from tests.graph.small import Shape, graph_of, shapes

if TYPE_CHECKING:
    from numpy.typing import NDArray


def copied(_: int, bits: NDArray[np.uint64]) -> NDArray[np.uint64]:
    return bits.copy()


@settings(max_examples=150, deadline=None)
@given(shapes(most=14), st.integers(0, 2**14 - 1), st.data())
def test_each_lane_is_the_reach_of_its_start_alone(shape: Shape, mask: int, data: st.DataObject) -> None:
    graph = graph_of(shape)
    gates = gates_of(graph)
    steps = [node for node in range(graph.size) if graph.kinds[node] <= AND]
    allowed = np.array([not mask >> node & 1 for node in range(graph.size)])
    starts = data.draw(st.lists(st.sets(st.sampled_from(steps), min_size=1, max_size=3).map(sorted), min_size=1, max_size=6))
    (bits,) = reach_blocks(graph, gates, starts, copied, allowed=allowed, threads=1)
    for lane, start in enumerate(starts):
        alone = reach(graph, gates, start, allowed=allowed).reached
        assert ((bits >> np.uint64(lane)) & np.uint64(1)).astype(np.bool_).tolist() == alone.tolist()


def test_more_starts_than_a_block_holds_are_told_apart() -> None:
    size = 3 * LANES
    shape = Shape((0,) * size, frozenset((node, node + 1) for node in range(size - 1)), (0.0,) * size, (False,) * size, (0,))
    graph = graph_of(shape)
    found = reach_blocks(graph, gates_of(graph), [(node,) for node in range(size)], copied, threads=2)
    assert len(found) == 3
    for node in range(size):
        taken = (found[node // LANES] >> np.uint64(node % LANES)) & np.uint64(1)
        assert int(taken.sum()) == size - node


def test_nothing_comes_of_no_start() -> None:
    graph = graph_of(Shape((0, 0), frozenset({(0, 1)}), (0.0, 0.0), (False, False), (0,)))
    assert reach_blocks(graph, gates_of(graph), [], copied) == []
