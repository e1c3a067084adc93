"""The cheapest cut on generated graphs, against every subset of the changes."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from breachway.analyses.actors import Stance
from breachway.analyses.cutting import Change, Cutting, Goal
from breachway.graph.gates import gates_of
from breachway.graph.layout import AND, DEFENCE, OR, AttackGraph
from breachway.graph.reachability import reach
from breachway.threats.actors import ACTORS
from tests.graph.small import Shape, graph_of, shapes


def stance_of(graph: AttackGraph, entries: tuple[int, ...], *, alone: bool) -> Stance:
    return Stance(
        info=ACTORS[1 if alone else 0], entries=entries, starts={}, allowed=np.ones(graph.size, dtype=np.bool_), alone=alone
    )


def reached(graph: AttackGraph, stance: Stance, goal: int, nodes: set[int]) -> set[int]:
    """The entries that reach a goal when the defences ``nodes`` are in force: one by one, or all or none of them."""
    level = graph.level.copy()
    level[sorted(nodes)] = 1.0
    gates = gates_of(graph, level)
    if not stance.alone:
        return set(stance.entries) if reach(graph, gates, stance.entries).reached[goal] else set()
    return {entry for entry in stance.entries if reach(graph, gates, (entry,)).reached[goal]}


class Case:
    """A graph with changes, and what every subset of them leaves open."""

    def __init__(self, shape: Shape, prices: list[float], *, alone: bool, values: list[float]) -> None:
        self.graph = graph_of(shape)
        defences = [node for node, kind in enumerate(shape.kinds) if kind == DEFENCE and not shape.on[node]]
        self.changes = [Change((node,), price) for node, price in zip(defences, prices, strict=False)]
        if len(self.changes) > 2:
            self.changes[0] = Change((*self.changes[0].nodes, *self.changes[1].nodes), self.changes[0].cost)
        self.stances = [stance_of(self.graph, shape.entries, alone=alone)]
        steps = [node for node, kind in enumerate(shape.kinds) if kind in {OR, AND}]
        self.goals = [Goal(0, node, value) for node, value in zip(steps[-len(values) :], values, strict=False)]

    def open_after(self, chosen: tuple[int, ...]) -> set[int]:
        every = {node for change in self.changes for node in change.nodes}
        nodes = {node for position in chosen for node in self.changes[position].nodes}
        return {
            position
            for position, goal in enumerate(self.goals)
            if reached(self.graph, self.stances[0], goal.node, nodes) - reached(self.graph, self.stances[0], goal.node, every)
        }

    def subsets(self) -> list[tuple[float, tuple[int, ...]]]:
        size = len(self.changes)
        return [
            (sum(self.changes[position].cost for position in chosen), chosen)
            for count in range(size + 1)
            for chosen in combinations(range(size), count)
        ]


@st.composite
def cases(draw: st.DrawFn) -> Case:
    shape = draw(shapes(most=16))
    prices = [float(draw(st.integers(1, 8))) for _ in range(14)]
    values = [float(draw(st.integers(1, 10))) for _ in range(draw(st.integers(1, 4)))]
    return Case(shape, prices, alone=draw(st.booleans()), values=values)


@settings(max_examples=120, deadline=None)
@given(cases())
def test_the_set_is_as_cheap_as_the_cheapest_of_all_subsets_and_leaves_nothing(case: Case) -> None:
    cutting = Cutting(case.graph, case.stances, case.goals, case.changes)
    found = cutting.cheapest()
    best = min(cost for cost, chosen in case.subsets() if not case.open_after(chosen))
    assert not case.open_after(found.chosen)
    assert found.cost == pytest.approx(best)
    assert found.bound == pytest.approx(best)
    assert found.proven
    assert found.left == ()


@settings(max_examples=120, deadline=None)
@given(cases(), st.integers(0, 20))
def test_within_a_budget_no_subset_wins_more(case: Case, budget: int) -> None:
    cutting = Cutting(case.graph, case.stances, case.goals, case.changes)
    found = cutting.within(budget)
    open_first = case.open_after(())

    def won(chosen: tuple[int, ...]) -> float:
        return sum(case.goals[position].value for position in open_first - case.open_after(chosen))

    best = max(won(chosen) for cost, chosen in case.subsets() if cost <= budget)
    assert found.cost <= budget
    assert found.won == pytest.approx(won(found.chosen)) == pytest.approx(best)
    assert found.bound == pytest.approx(best)
    assert found.proven
    assert set(found.left) == case.open_after(found.chosen)


@settings(max_examples=60, deadline=None)
@given(cases())
def test_out_of_rounds_the_set_still_leaves_nothing_and_the_bound_holds(case: Case) -> None:
    found = Cutting(case.graph, case.stances, case.goals, case.changes).cheapest(rounds=1)
    best = min(cost for cost, chosen in case.subsets() if not case.open_after(chosen))
    assert not case.open_after(found.chosen)
    assert found.bound <= best <= found.cost
    assert found.proven == (found.cost <= found.bound)


@settings(max_examples=60, deadline=None)
@given(cases())
def test_what_no_change_closes_is_told_apart(case: Case) -> None:
    standings = Cutting(case.graph, case.stances, case.goals, case.changes).standings
    every = {node for change in case.changes for node in change.nodes}
    for goal, standing in zip(case.goals, standings, strict=True):
        stance = case.stances[0]
        fixed = reached(case.graph, stance, goal.node, every)
        assert set(standing.fixed) == fixed
        assert set(standing.open) == reached(case.graph, stance, goal.node, set()) - fixed


def test_defences_that_only_together_make_a_step_necessary_are_both_taken() -> None:
    """Node 3 needs both to be in force before it holds node 4 up."""
    shape = Shape(
        (OR, DEFENCE, DEFENCE, OR, AND), frozenset({(0, 4), (1, 3), (2, 3), (3, 4)}), (0.0,) * 5, (False,) * 5, entries=(0,)
    )
    case = Case(shape, [2.0, 3.0], alone=True, values=[1.0])
    cutting = Cutting(case.graph, case.stances, case.goals, case.changes)
    found = cutting.cheapest()
    assert (found.chosen, found.cost, found.proven) == ((0, 1), 5.0, True)
    assert cutting.within(4.0).chosen == ()
    assert cutting.within(4.0).bound == 0.0
    assert cutting.within(5.0).won == 1.0


TWO_WAYS = Shape(
    (OR, DEFENCE, DEFENCE, AND, AND, OR),
    frozenset({(0, 3), (0, 4), (1, 3), (2, 4), (3, 5), (4, 5)}),
    (0.0,) * 6,
    (False,) * 6,
    entries=(0,),
)


@pytest.mark.parametrize("alone", [True, False])
def test_out_of_rounds_what_is_left_is_closed_and_the_gap_is_told(alone: bool) -> None:
    case = Case(TWO_WAYS, [2.0, 3.0], alone=alone, values=[1.0])
    cutting = Cutting(case.graph, case.stances, case.goals, case.changes)
    seen: list[tuple[int, int]] = []
    short = cutting.cheapest(rounds=1, progress=lambda turn, ways: seen.append((turn, ways)))
    assert (short.chosen, short.cost, short.bound, short.proven) == ((0, 1), 5.0, 2.0, False)
    assert seen == [(1, 1)]
    whole = cutting.cheapest()
    assert (whole.chosen, whole.bound, whole.proven) == ((0, 1), 5.0, True)
    assert whole.needed == ((0,), (0,))
    assert cutting.within(4.0, progress=lambda turn, ways: seen.append((turn, ways))).won == 0.0
    assert cutting.within(5.0, rounds=1).proven is False
