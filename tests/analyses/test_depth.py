from __future__ import annotations

import io
from itertools import combinations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from breachway.analyses.actors import Stance, reached_by, stances
from breachway.analyses.depth import Search, depths
from breachway.graph.gates import gates_of
from breachway.graph.generation import generate
from breachway.graph.layout import AND, DEFENCE, AttackGraph
from breachway.mapping.model_building import build_model
from breachway.sources.reading import read
from breachway.threats.actors import ACTORS
from breachway.threats.loading import load_language
from tests.graph.small import Shape, graph_of, shapes


def opens(graph: AttackGraph, stance: Stance, off: tuple[int, ...], goal: int) -> bool:
    level = graph.level.copy()
    level[list(off)] = 0.0
    return bool(reached_by(graph, gates_of(graph, level), stance)[goal])


def stance_of(graph: AttackGraph, entries: tuple[int, ...], *, alone: bool) -> Stance:
    allowed = np.ones(graph.size, dtype=np.bool_)
    return Stance(info=ACTORS[0], entries=entries, starts={}, allowed=allowed, alone=alone)


def brute(graph: AttackGraph, stance: Stance, goal: int) -> int | None:
    standing = [node for node in range(graph.size) if graph.kinds[node] == DEFENCE and graph.level[node] >= 0.5]
    for size in range(len(standing) + 1):
        if any(opens(graph, stance, off, goal) for off in combinations(standing, size)):
            return size
    return None


@settings(max_examples=200, deadline=None)
@given(shapes(most=12), st.booleans())
def test_no_smaller_set_of_defences_opens_a_goal(shape: Shape, alone: bool) -> None:
    graph = graph_of(shape)
    stance = stance_of(graph, shape.entries, alone=alone)
    search = Search(graph, stance)
    for goal in range(graph.size):
        if graph.kinds[goal] > AND:
            continue
        least, proven, chosen = search.least(goal)
        assert proven
        assert least == brute(graph, stance, goal)
        assert least is None or (len(chosen) == least and opens(graph, stance, chosen, goal))


def test_without_time_a_bound_is_given_and_called_one() -> None:
    # Two joins one after the other, each barred by a defence: both must fall.
    edges = frozenset({(0, 1), (2, 1), (1, 3), (4, 3)})
    graph = graph_of(Shape((0, AND, DEFENCE, AND, DEFENCE), edges, (0.0,) * 5, (True,) * 5, (0,)))
    stance = stance_of(graph, (0,), alone=False)
    assert Search(graph, stance).least(3) == (2, True, (2, 4))
    assert Search(graph, stance, rounds=1).least(3) == (1, False, ())


def test_the_quiet_example_is_defended_and_each_set_opens_its_goal() -> None:
    model = build_model(read(["examples/quiet"], stdin=io.BytesIO()), None)
    graph = generate(load_language(), model)
    by_actor = {stance.info.id: stance for stance in stances(graph)}
    found = depths(graph, model.crown_jewels)
    assert any(depth.least for depth in found)
    for depth in found:
        goal = graph.find(depth.asset, depth.step)
        assert goal is not None
        nodes = tuple(node for name in depth.defences if (node := graph.find(*name.rsplit(":", 1))) is not None)
        assert len(nodes) == len(depth.defences)
        if depth.least:
            assert not opens(graph, by_actor[depth.actor], (), goal)
        if depth.least and depth.proven:
            assert len(nodes) == depth.least
            assert opens(graph, by_actor[depth.actor], nodes, goal)
