from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from breachway.graph.derivations import Derivation, Derivations
from breachway.graph.gates import gates_of, gates_with
from breachway.graph.layout import AND, DEFENCE, OR
from breachway.graph.reachability import reach, reach_each
from breachway.graph.times import STEP_DAYS, least_days, own_days
from tests.graph.naive import knuth_days, naive_derivations, naive_necessity, naive_reach
from tests.graph.small import Shape, graph_of, shapes

if TYPE_CHECKING:
    from breachway.graph.layout import AttackGraph

QUICK = settings(max_examples=150, deadline=None)


@QUICK
@given(shapes())
def test_necessity_is_the_greatest_fixpoint(shape: Shape) -> None:
    graph = graph_of(shape)
    assert gates_of(graph).necessary.tolist() == naive_necessity(graph)


@QUICK
@given(shapes(), st.sets(st.integers(0, 11)))
def test_reach_equals_the_naive_fixpoint(shape: Shape, forbidden: set[int]) -> None:
    graph = graph_of(shape)
    gates = gates_of(graph)
    found = reach(graph, gates, shape.entries)
    assert set(np.flatnonzero(found.reached).tolist()) == naive_reach(graph, shape.entries)
    assert ((found.depth >= 0) == found.reached).all()
    allowed = np.array([node not in forbidden for node in range(graph.size)])
    some = set(np.flatnonzero(allowed).tolist())
    limited = reach(graph, gates, shape.entries, allowed=allowed)
    assert set(np.flatnonzero(limited.reached).tolist()) == naive_reach(graph, shape.entries, some)


@QUICK
@given(shapes())
def test_times_equal_knuths_and_are_finite_where_reached(shape: Shape) -> None:
    graph = graph_of(shape)
    gates = gates_of(graph)
    own = own_days(graph)
    days = least_days(graph, gates, shape.entries, own=own)
    assert days.tolist() == pytest.approx(knuth_days(graph, shape.entries, own.tolist()))
    assert (np.isfinite(days) == reach(graph, gates, shape.entries).reached).all()


@QUICK
@given(shapes(), st.data())
def test_a_defence_put_in_force_never_adds_reach_nor_shortens_time(shape: Shape, data: st.DataObject) -> None:
    graph = graph_of(shape)
    defences = [node for node in range(graph.size) if graph.kinds[node] == DEFENCE]
    chosen = np.array(sorted(data.draw(st.sets(st.sampled_from(defences)))) if defences else [], dtype=np.int32)
    level = graph.level.copy()
    level[chosen] = 1.0
    before = gates_of(graph)
    after = gates_with(graph, before, level, chosen)
    assert after.necessary.tolist() == gates_of(graph, level).necessary.tolist()
    assert after.waits.tolist() == gates_of(graph, level).waits.tolist()
    if before.plain:
        own = own_days(graph)
        assert not (reach(graph, after, shape.entries).reached & ~reach(graph, before, shape.entries).reached).any()
        slower = least_days(graph, after, shape.entries, own=own) >= least_days(graph, before, shape.entries, own=own)
        assert slower.all()


@QUICK
@given(shapes())
def test_each_entry_by_itself_in_one_pass(shape: Shape) -> None:
    graph = graph_of(shape)
    gates = gates_of(graph)
    together = reach(graph, gates, shape.entries).reached
    lanes = reach_each(graph, gates, shape.entries, within=together)
    alone = [reach(graph, gates, (entry,)).reached for entry in shape.entries]
    for node in range(graph.size):
        expected = [place for place, reached in enumerate(alone) if reached[node]]
        assert lanes.entries_of(node, len(shape.entries)) == expected


def derivations_of(graph: AttackGraph, entries: tuple[int, ...], goal: int, attempts: int) -> list[Derivation]:
    gates = gates_of(graph)
    own = own_days(graph)
    days = least_days(graph, gates, entries, own=own)
    found = list(Derivations(graph, gates, entries, days=days, own=own).of(goal, attempts=attempts))
    if np.isfinite(days[goal]):
        assert found[0].days == pytest.approx(float(days[goal]))
    else:
        assert not found
    return found


@QUICK
@given(shapes(most=8, circles=False))
def test_without_circles_derivations_are_all_there_are_in_order(shape: Shape) -> None:
    graph = graph_of(shape)
    for goal in range(graph.size):
        if graph.kinds[goal] <= AND:
            found = derivations_of(graph, shape.entries, goal, attempts=2000)
            expected = naive_derivations(graph, goal, shape.entries, own_days(graph).tolist())
            assert [d.days for d in found] == pytest.approx([cost for cost, _ in expected])
            assert {frozenset(d.needs) for d in found} == {needs for _, needs in expected}


@QUICK
@given(shapes(most=8))
def test_with_circles_derivations_are_the_best_in_order(shape: Shape) -> None:
    graph = graph_of(shape)
    for goal in range(graph.size):
        if graph.kinds[goal] > AND:
            continue
        found = derivations_of(graph, shape.entries, goal, attempts=60)
        expected = naive_derivations(graph, goal, shape.entries, own_days(graph).tolist())
        assert [d.days for d in found] == pytest.approx([cost for cost, _ in expected[: len(found)]])
        assert {frozenset(d.needs) for d in found} <= {needs for _, needs in expected}
        assert len({d.needs for d in found}) == len(found)
        for derivation in found:
            seen: set[int] = set()
            for node, parents in derivation.needs:
                assert seen.issuperset(parents)
                assert bool(parents) or node in shape.entries
                seen.add(node)
            assert derivation.needs[-1][0] == goal


def test_like_parents_are_bounded() -> None:
    count = 9
    shape = Shape(
        kinds=(OR,) * (count + 2),
        edges=frozenset({(0, node) for node in range(1, count + 1)} | {(node, count + 1) for node in range(1, count + 1)}),
        days=tuple(float(node) for node in range(count + 2)),
        on=(False,) * (count + 2),
        entries=(0,),
    )
    graph = graph_of(shape)
    gates, own = gates_of(graph), own_days(graph)
    days = least_days(graph, gates, (0,), own=own)
    everything = Derivations(graph, gates, (0,), days=days, own=own)
    assert len(list(everything.of(count + 1, attempts=100))) == count
    assert len(list(everything.of(count + 1, attempts=4))) == 4
    assert len(list(Derivations(graph, gates, (0,), days=days, own=own, alike=1).of(count + 1, attempts=100))) == count


def test_a_long_chain_needs_no_recursion() -> None:
    count = 3000
    shape = Shape(
        kinds=(OR,) * count,
        edges=frozenset((node, node + 1) for node in range(count - 1)),
        days=(0.0,) * count,
        on=(False,) * count,
        entries=(0,),
    )
    graph = graph_of(shape)
    gates, own = gates_of(graph), own_days(graph)
    days = least_days(graph, gates, (0,), own=own)
    assert days[count - 1] == pytest.approx((count - 1) * STEP_DAYS)
    (only,) = Derivations(graph, gates, (0,), days=days, own=own).of(count - 1, attempts=10)
    assert len(only.needs) == count
    assert reach(graph, gates, (0,)).depth[count - 1] == count - 1
