"""The kernel held against Knuth's algorithm in plain Python, sample by sample, on graphs of any shape and on the examples."""

from __future__ import annotations

from dataclasses import replace
from math import inf
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from breachway.analyses.actors import stances
from breachway.graph.generation import generate
from breachway.graph.layout import DEFENCE
from breachway.graph.simulation.reduction import Attacker, reduce
from breachway.graph.simulation.sampling import Given, Sampler
from breachway.mapping.model_building import build_model
from breachway.sources.reading import read
from breachway.threats.loading import load_language
from tests.graph.naive import knuth_days
from tests.graph.small import graph_of, shapes

if TYPE_CHECKING:
    from breachway.graph.layout import AttackGraph
    from breachway.graph.simulation.reduction import Reduced
    from breachway.graph.simulation.sampling import Batch
    from tests.graph.small import Shape

SAMPLES = 3


def uncertain(shape: Shape, level: float = 0.5) -> AttackGraph:
    """The shape's graph with every defence as likely in force as not."""
    graph = graph_of(shape)
    return replace(graph, level=np.where(graph.kinds == DEFENCE, np.float32(level), graph.level))


def draws_for(reduced: Reduced, seed: int) -> Given:
    random = np.random.default_rng(seed)
    times = (random.integers(0, 9, size=(len(reduced.drawn), SAMPLES)) / 4).astype(np.float32)
    times[random.random(times.shape) < 0.1] = np.inf
    return Given(times, random.integers(0, 2, size=(len(reduced.defences), SAMPLES), dtype=np.uint8))


def expected(graph: AttackGraph, reduced: Reduced, draws: Given, sample: int, attacker: Attacker, batch: Batch) -> list[float]:
    """Times of all nodes of the whole graph in one sample."""
    own = np.zeros(graph.size)
    own[reduced.drawn] = draws.times[:, sample]
    level = graph.level.copy()
    level[reduced.defences] = draws.in_force[:, sample]
    start = int(batch.started[sample])
    entries = attacker.entries if start < 0 else (attacker.entries[start],)
    # The oracle knows no forbidden steps: to it they take for ever.
    own[~attacker.allowed] = inf
    return knuth_days(replace(graph, level=level), entries, own.tolist())


def same(got: float, wanted: float) -> bool:
    return got == wanted or abs(got - wanted) <= 1e-6 * max(1.0, wanted)


@settings(max_examples=400, deadline=None)
@given(shapes(), st.booleans(), st.integers(0, 99))
def test_times_equal_the_oracle_on_any_shape(shape: Shape, alone: bool, seed: int) -> None:
    graph = uncertain(shape)
    attacker = Attacker(shape.entries, np.ones(graph.size, dtype=np.bool_), alone)
    reduced = reduce(graph, [attacker], [], every_step=True)
    draws = draws_for(reduced, seed)
    (batch,) = Sampler(reduced, [attacker], [], seed=seed).every_step(0, SAMPLES, given=draws)
    assert batch.everything is not None
    for sample in range(SAMPLES):
        wanted = expected(graph, reduced, draws, sample, attacker, batch)
        for node in range(graph.size):
            place = int(reduced.place[node])
            got = float(batch.everything[place, sample]) if place >= 0 else inf
            assert same(got, wanted[node]), (node, got, wanted[node])


@settings(max_examples=300, deadline=None)
@given(shapes(), st.integers(0, 99))
def test_reduction_to_a_goal_changes_no_time_of_it(shape: Shape, seed: int) -> None:
    graph = uncertain(shape)
    attackers = [Attacker(shape.entries, np.ones(graph.size, dtype=np.bool_), alone=False)]
    whole = reduce(graph, attackers, [], every_step=True)
    goals = [node for node in range(graph.size) if graph.kinds[node] < DEFENCE]
    for goal in goals[-3:]:
        small = reduce(graph, attackers, [goal])
        (alone,) = Sampler(small, attackers, [goal], seed=seed).draw(0, SAMPLES)
        (among,) = Sampler(whole, attackers, goals, seed=seed).draw(0, SAMPLES)
        assert alone.times[0].tolist() == among.times[goals.index(goal)].tolist()
        assert small.size <= whole.size


@pytest.mark.parametrize("example", ["examples/shop", "examples/quiet"])
def test_times_equal_the_oracle_on_the_bundled_examples(example: str) -> None:
    graph = generate(load_language(), build_model(read([example])))
    attackers = [Attacker(stance.entries, stance.allowed, stance.alone) for stance in stances(graph)]
    reduced = reduce(graph, attackers, [], every_step=True)
    draws = draws_for(reduced, 7)
    for attacker, batch in zip(
        attackers, Sampler(reduced, attackers, [], seed=3).every_step(0, SAMPLES, given=draws), strict=True
    ):
        assert batch.everything is not None
        if not attacker.entries:
            assert np.isinf(batch.everything).all()
            continue
        wanted = np.array(expected(graph, reduced, draws, 0, attacker, batch))
        got = np.full(graph.size, inf)
        got[reduced.nodes] = batch.everything[:, 0]
        assert [node for node in range(graph.size) if not same(float(got[node]), float(wanted[node]))] == []
