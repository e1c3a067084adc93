"""What many starts reach, each by itself: 64 at a time in the kernel, blocks side by side on a thread for each core."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np

from breachway.graph.layout import AND, OR
from breachway.graph.simulation._kernel import ffi, lib

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import TypeVar

    from numpy.typing import NDArray

    from breachway.graph.gates import Gates
    from breachway.graph.layout import AttackGraph, Bools

    Found = TypeVar("Found")

LANES = 64
"""How many starts a block holds."""

_ANY, _EVERY, _NEVER = range(3)


def reach_blocks(
    graph: AttackGraph,
    gates: Gates,
    starts: Sequence[Sequence[int]],
    look: Callable[[int, NDArray[np.uint64]], Found],
    *,
    allowed: Bools | None = None,
    threads: int = 0,
) -> list[Found]:
    """Give what ``look`` says of each block.

    ``starts`` holds, for each start, the nodes that are taken whatever stands in the way; ``allowed`` is as for
    :func:`breachway.graph.reachability.reach`.  ``look`` gets the position of the block's first start and a word for each node,
    whose bit ``i`` tells that start ``first + i`` reaches it.  :class:`MemoryError` when memory is short.
    """
    how = np.full(graph.size, _NEVER, dtype=np.uint8)
    how[(graph.kinds == OR) | (graph.kinds == AND)] = _ANY
    how[(graph.kinds == AND) & (gates.waits > 0)] = _EVERY
    if allowed is not None:
        how[~allowed] = _NEVER
    needed = gates.necessary.astype(np.uint8)

    def run(first: int) -> Found:
        block = starts[first : first + LANES]
        nodes = np.array([node for one in block for node in one], dtype=np.int32)
        lanes = np.array([1 << lane for lane, one in enumerate(block) for _ in one], dtype=np.uint64)
        bits = np.zeros(graph.size, dtype=np.uint64)
        failed = lib.bw_lanes(
            graph.size,
            ffi.from_buffer("uint8_t[]", how),
            ffi.from_buffer("uint8_t[]", needed),
            ffi.from_buffer("int32_t[]", graph.parents.starts),
            ffi.from_buffer("int32_t[]", graph.parents.items),
            ffi.from_buffer("int32_t[]", graph.children.starts),
            ffi.from_buffer("int32_t[]", graph.children.items),
            len(nodes),
            ffi.from_buffer("int32_t[]", nodes),
            ffi.from_buffer("uint64_t[]", lanes),
            ffi.from_buffer("uint64_t[]", bits, require_writable=True),
        )
        if failed:
            raise MemoryError
        return look(first, bits)

    with ThreadPoolExecutor(max_workers=threads or os.cpu_count() or 1) as pool:
        return list(pool.map(run, range(0, len(starts), LANES)))
