"""Estimates on graphs whose answer is known in closed form, sanity of the sampler, and independence of how work is shared."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from breachway.analyses.estimates import proportion
from breachway.graph.layout import AND, DEFENCE, OR
from breachway.graph.simulation.reduction import Attacker, reduce
from breachway.graph.simulation.sampling import Sampler
from tests.graph.small import Shape, graph_of, shapes

if TYPE_CHECKING:
    from breachway.graph.layout import AttackGraph

DAY = 2.0
"""Mean of Uniform(0, 4), which is what the small graphs draw from."""


def sampler_of(graph: AttackGraph, entries: tuple[int, ...], goals: list[int], *, seed: int = 0, alone: bool = False) -> Sampler:
    attackers = [Attacker(entries, np.ones(graph.size, dtype=np.bool_), alone)]
    return Sampler(reduce(graph, attackers, goals), attackers, goals, seed=seed)


def chain(length: int) -> Shape:
    """An entry and then one step after the other."""
    edges = frozenset((node, node + 1) for node in range(length))
    return Shape((OR,) * (length + 1), edges, (0.0, *(DAY,) * length), (False,) * (length + 1), (0,))


def fan(width: int, join: int) -> Shape:
    """An entry, ``width`` steps from it, and a last one that takes any or all of them."""
    last = width + 1
    edges = frozenset({(0, node) for node in range(1, last)} | {(node, last) for node in range(1, last)})
    return Shape((*(OR,) * last, join), edges, (0.0, *(DAY,) * width, 0.0), (False,) * (last + 1), (0,))


def irwin_hall(count: int, x: float) -> float:
    """The distribution function of a sum of ``count`` numbers uniform on (0, 1), for ``x`` up to 2."""
    square = x * x / 2 if count == 2 else x**3 / 6
    over = max(0.0, x - 1)
    return square - over * over if count == 2 else square - 3 * over**3 / 6


CLOSED = {
    "a chain of two": (chain(2), 3.0, irwin_hall(2, 3.0 / 4)),
    "a chain of three": (chain(3), 5.0, irwin_hall(3, 5.0 / 4)),
    "the least of four": (fan(4, OR), 1.0, 1 - (1 - 1 / 4) ** 4),
    "all of three": (fan(3, AND), 3.0, (3 / 4) ** 3),
}


@pytest.mark.parametrize("name", CLOSED)
def test_the_stated_interval_holds_the_truth_as_often_as_it_says(name: str) -> None:
    shape, horizon, truth = CLOSED[name]
    graph = graph_of(shape)
    goal = graph.size - 1
    held = 0
    for seed in range(400):
        (batch,) = sampler_of(graph, shape.entries, [goal], seed=seed).draw(0, 256, threads=1)
        estimate = proportion(int((batch.times[0] <= horizon).sum()), 256)
        held += estimate.low <= truth <= estimate.high
    assert 0.92 * 400 <= held <= 0.98 * 400


def test_an_uncertain_defence_bars_its_share_of_samples() -> None:
    shape = Shape((OR, DEFENCE, AND), frozenset({(0, 2), (1, 2)}), (0.0, 0.0, 0.0), (False,) * 3, (0,))
    graph = graph_of(shape)
    graph = replace(graph, level=np.where(graph.kinds == DEFENCE, np.float32(0.3), graph.level))
    (batch,) = sampler_of(graph, (0,), [2]).draw(0, 20_000)
    assert np.isinf(batch.times[0]).mean() == pytest.approx(0.3, abs=0.015)


def test_an_attacker_who_starts_alone_starts_anywhere_as_often() -> None:
    shape = Shape((OR, OR, OR, OR), frozenset({(0, 3)}), (0.0,) * 4, (False,) * 4, (0, 1, 2))
    (batch,) = sampler_of(graph_of(shape), shape.entries, [3], alone=True).draw(0, 9_984)
    assert np.isfinite(batch.times[0]).tolist() == (batch.started == 0).tolist()
    assert np.bincount(batch.started).tolist() == pytest.approx([3328] * 3, abs=5 * (9984 * 2 / 9) ** 0.5)


@settings(max_examples=60, deadline=None)
@given(shapes(), st.booleans())
def test_samples_hang_on_neither_threads_nor_shards(shape: Shape, alone: bool) -> None:
    graph = graph_of(shape)
    goals = [node for node in range(graph.size) if graph.kinds[node] < DEFENCE]
    sampler = sampler_of(graph, shape.entries, goals, seed=5, alone=alone)
    (whole,) = sampler.draw(0, 300, traced=len(goals), horizon=4.0)
    (single,) = sampler.draw(0, 300, threads=1, traced=len(goals), horizon=4.0)
    (first,), (second,) = sampler.draw(0, 128, threads=3), sampler.draw(128, 172, threads=2)
    assert whole.times.tolist() == single.times.tolist() == np.hstack([first.times, second.times]).tolist()
    for ours, theirs in zip(whole.passed, single.passed, strict=True):
        assert ours.steps.tolist() == theirs.steps.tolist()
        assert ours.counts.tolist() == theirs.counts.tolist()


@settings(max_examples=120, deadline=None)
@given(shapes(), st.data())
def test_a_defence_never_shortens_a_time(shape: Shape, data: st.DataObject) -> None:
    graph = graph_of(shape)
    levels = np.array([data.draw(st.sampled_from((0.0, 0.4, 1.0))) for _ in range(graph.size)], dtype=np.float32)
    stronger = np.array([data.draw(st.sampled_from((0.0, 0.2, 1.0))) for _ in range(graph.size)], dtype=np.float32)
    before = replace(graph, level=np.where(graph.kinds == DEFENCE, levels, graph.level))
    after = replace(graph, level=np.where(graph.kinds == DEFENCE, np.minimum(levels + stronger, 1), graph.level))
    goals = [node for node in range(graph.size) if graph.kinds[node] < DEFENCE]
    (first,) = sampler_of(before, shape.entries, goals).draw(0, 64)
    (second,) = sampler_of(after, shape.entries, goals).draw(0, 64)
    assert (second.times >= first.times).all()


@settings(max_examples=150, deadline=None)
@given(shapes())
def test_the_steps_on_the_quickest_way_are_counted(shape: Shape) -> None:
    graph = graph_of(shape)
    goals = [node for node in range(graph.size) if graph.kinds[node] < DEFENCE]
    attackers = [Attacker(shape.entries, np.ones(graph.size, dtype=np.bool_), alone=False)]
    reduced = reduce(graph, attackers, goals)
    (batch,) = Sampler(reduced, attackers, goals, seed=2).draw(0, 64, horizon=6.0, traced=len(goals))
    for position, goal in enumerate(goals):
        wins = int((batch.times[position] <= 6.0).sum())
        counts = dict(zip(batch.passed[position].steps.tolist(), batch.passed[position].counts.tolist(), strict=True))
        assert max(counts.values(), default=0) <= wins
        assert counts.get(int(reduced.place[goal]), 0) == wins
        started = sum(counts.get(int(reduced.place[entry]), 0) for entry in shape.entries)
        # Every way starts at an entry, at several of them where it joins.
        assert started >= wins


def test_more_samples_narrow_the_interval() -> None:
    widths = [proportion(count // 4, count).high - proportion(count // 4, count).low for count in (64, 256, 1024, 4096)]
    assert widths == sorted(widths, reverse=True)
    assert widths[-1] == pytest.approx(2 * 1.96 * (0.1875 / 4096) ** 0.5, rel=0.02)


def test_the_least_of_many_follows_its_distribution() -> None:
    """Ten steps of Uniform(0, 4): the chance that none is done within x is (1 - x / 4)^10."""
    graph = graph_of(fan(10, OR))
    (batch,) = sampler_of(graph, (0,), [graph.size - 1]).draw(0, 20_000)
    for x in (0.1, 0.4, 1.0):
        assert (batch.times[0] <= x).mean() == pytest.approx(1 - (1 - x / 4) ** 10, abs=0.02)
