"""Sampling a reduced graph: times of the goals in many samples, by blocks of lanes on as many threads as there are cores.

A block draws the same numbers wherever and whenever it is run, so the result hangs on graph, seed and sample numbers alone.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from breachway.graph.simulation._kernel import ffi, lib
from breachway.graph.simulation.reduction import KINDS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from breachway.graph.layout import Floats, Ints, Longs
    from breachway.graph.simulation._kernel import CData
    from breachway.graph.simulation.reduction import Attacker, Reduced
    from breachway.threats.language import Distribution

LANES = 64
"""How many samples the kernel draws side by side."""


class Passed(NamedTuple):
    """Steps on the quickest way to one goal: ``steps[i]`` in ``counts[i]`` samples, by step."""

    steps: Longs
    counts: Longs


class Given(NamedTuple):
    """Draws that take the place of random ones: own times ``[draws, samples]`` and, for each defence, whether it is in force."""

    times: Floats
    in_force: NDArray[np.uint8]


class Batch(NamedTuple):
    """The samples of one attacker.

    ``times[goal, sample]`` is in days, infinite for never.  ``passed`` says, for each goal that was traced, which
    steps of the reduced graph lay on the quickest way in how many samples.  ``started[sample]`` is the position of
    the entry, -1 where the attacker starts at all of them.  ``everything[step, sample]`` are the times of all steps of the
    reduced graph.
    """

    times: Floats
    started: Ints
    passed: tuple[Passed, ...] = ()
    everything: Floats | None = None


class Sampler:
    """Draws samples of the attackers that a graph was reduced for, on common draws.

    ``goals`` are nodes of the attack graph; one that was left out of ``reduced`` is never taken.
    """

    def __init__(self, reduced: Reduced, attackers: Sequence[Attacker], goals: Sequence[int], *, seed: int) -> None:
        self._reduced = reduced
        self._graph, self._kept = _graph(reduced)
        self._goals = reduced.place[np.array(goals, dtype=np.int64)]
        self._known = np.flatnonzero(self._goals >= 0)
        self._goal_places = np.ascontiguousarray(self._goals[self._known], dtype=np.int32)
        self._attackers = tuple(attackers)
        self._entries = tuple(
            np.ascontiguousarray(reduced.place[np.array(attacker.entries, dtype=np.int64)], dtype=np.int32)
            for attacker in attackers
        )
        self._seed = seed & (2**64 - 1)
        self._spaces: list[CData] = []  # those that no thread is using; append and pop are atomic

    def draw(
        self, first: int, count: int, *, horizon: float = float("inf"), traced: int = 0, threads: int = 0
    ) -> tuple[Batch, ...]:
        """Draw samples ``first`` to ``first + count - 1`` for each attacker; ``first`` is a multiple of :data:`LANES`.

        The quickest ways within ``horizon`` days are counted for the first ``traced`` goals.  ``threads`` 0 is one a core.
        :class:`MemoryError` when memory is short.
        """
        with ThreadPoolExecutor(max_workers=threads or os.cpu_count() or 1) as pool:
            blocks = list(pool.map(lambda block: self._block(block[0], block[1], horizon, traced=traced), _blocks(first, count)))
        return tuple(self._placed(joined(parts)) for parts in zip(*blocks, strict=True))

    def _placed(self, batch: Batch) -> Batch:
        """Put the times of the goals that are sampled among those that are never taken."""
        times = np.full((len(self._goals), batch.times.shape[1]), np.inf, dtype=np.float32)
        times[self._known] = batch.times
        return batch._replace(times=times)

    def every_step(self, first: int, count: int, *, given: Given | None = None) -> tuple[Batch, ...]:
        """Draw at most :data:`LANES` samples and keep the times of all steps."""
        return self._block(first, count, float("inf"), everything=True, given=given)

    def _block(
        self, first: int, count: int, horizon: float, *, traced: int = 0, everything: bool = False, given: Given | None = None
    ) -> tuple[Batch, ...]:
        goals, steps = len(self._known), self._reduced.size
        followed = int((self._known < traced).sum())
        passed = np.zeros((len(self._attackers), followed, steps), dtype=np.uint32)
        batches = tuple(
            Batch(
                np.empty((goals, count), dtype=np.float32),
                np.empty(count, dtype=np.int32),
                everything=np.empty((steps, count), dtype=np.float32) if everything else None,
            )
            for _ in self._attackers
        )
        stances = ffi.new("bw_stance[]", len(batches))
        kept = []
        for position, (attacker, batch) in enumerate(zip(self._attackers, batches, strict=True)):
            stance = stances[position]
            stance.attacker, stance.alone = position, int(attacker.alone)
            stance.entries, stance.goals, stance.traced = len(attacker.entries), goals, followed
            for field, kind, array in (
                ("entry", "int32_t[]", self._entries[position]),
                ("goal", "int32_t[]", self._goal_places),
                ("times", "float[]", batch.times),
                ("started", "int32_t[]", batch.started),
                ("passed", "uint32_t[]", passed[position]),
                ("everything", "float[]", batch.everything),
            ):
                kept.append(ffi.NULL if array is None else ffi.from_buffer(kind, array))
                setattr(stance, field, kept[-1])
        times, in_force = (ffi.NULL, ffi.NULL) if given is None else _given(given)
        space = self._space()
        if lib.bw_sample(space, stances, len(batches), self._seed, first, count, horizon, times, in_force) < 0:
            raise MemoryError
        self._spaces.append(space)
        return tuple(batch._replace(passed=self._sparse(rows, traced)) for batch, rows in zip(batches, passed, strict=True))

    def _space(self) -> CData:
        """Memory for one thread: what another has done with, or more."""
        try:
            return self._spaces.pop()
        except IndexError:
            made = lib.bw_open(self._graph)
        if made == ffi.NULL:
            raise MemoryError
        return ffi.gc(made, lib.bw_close)

    def _sparse(self, rows: NDArray[np.uint32], traced: int) -> tuple[Passed, ...]:
        """The counts of each traced goal; of one that was left out, none."""
        places = {int(goal): position for position, goal in enumerate(self._known) if goal < traced}
        found = []
        for goal in range(min(traced, len(self._goals))):
            row = rows[places[goal]] if goal in places else np.zeros(0, dtype=np.uint32)
            steps = np.flatnonzero(row)
            found.append(Passed(steps, row[steps].astype(np.int64)))
        return tuple(found)


def joined(batches: Sequence[Batch]) -> Batch:
    """Put samples of one attacker one after the other."""
    return Batch(
        np.concatenate([batch.times for batch in batches], axis=1),
        np.concatenate([batch.started for batch in batches]),
        tuple(_added(rows) for rows in zip(*(batch.passed for batch in batches), strict=True)),
    )


def _added(rows: Sequence[Passed]) -> Passed:
    steps, place = np.unique(np.concatenate([row.steps for row in rows]), return_inverse=True)
    counts = np.zeros(len(steps), dtype=np.int64)
    np.add.at(counts, place, np.concatenate([row.counts for row in rows]))
    return Passed(steps, counts)


def _given(given: Given) -> tuple[CData, CData]:
    return (
        ffi.from_buffer("float[]", np.ascontiguousarray(given.times, dtype=np.float32)),
        ffi.from_buffer("uint8_t[]", np.ascontiguousarray(given.in_force, dtype=np.uint8)),
    )


def _blocks(first: int, count: int) -> Iterator[tuple[int, int]]:
    for begin in range(first, first + count, LANES):
        yield begin, min(LANES, first + count - begin)


_ARRAYS = (
    ("kind", "uint8_t[]"),
    ("allowed", "uint8_t[]"),
    ("parent_start", "int64_t[]"),
    ("parent", "int32_t[]"),
    ("child_start", "int64_t[]"),
    ("child", "int32_t[]"),
    ("gate_start", "int64_t[]"),
    ("gate", "int32_t[]"),
    ("need", "int32_t[]"),
    ("draw", "int32_t[]"),
    ("draw_kind", "uint8_t[]"),
    ("draw_first", "double[]"),
    ("draw_second", "double[]"),
    ("draw_chance", "double[]"),
    ("draw_id", "uint64_t[]"),
    ("defence_level", "double[]"),
    ("defence_id", "uint64_t[]"),
    ("loose_kind", "uint8_t[]"),
    ("loose_start", "int64_t[]"),
    ("loose_parent", "int32_t[]"),
)


def _graph(reduced: Reduced) -> tuple[CData, tuple[object, ...]]:
    """The kernel's view of the arrays, and the arrays, which must live as long as the view."""
    graph = ffi.new("bw_graph *")
    kept = []
    for name, kind in _ARRAYS:
        array = getattr(reduced, name)
        view = ffi.from_buffer(kind, array)
        setattr(graph, name, view)
        kept += [array, view]
    graph.nodes = reduced.size
    graph.draws = len(reduced.drawn)
    graph.defences = len(reduced.defences)
    graph.loose = len(reduced.loose_kind)
    return graph, tuple(kept)


def draw_times(ttc: Distribution, identity: int, count: int, *, seed: int, first: int = 0) -> Floats:
    """Draw own times of one step by itself, as the kernel does; infinite where its Bernoulli factor fails."""
    arguments = (*ttc.arguments, 0.0, 0.0)
    out = np.empty(count, dtype=np.float32)
    kind = KINDS.index(ttc.name)
    lib.bw_draw(kind, *arguments[:2], ttc.bernoulli, identity, seed, first, count, ffi.from_buffer("float[]", out))
    return out
