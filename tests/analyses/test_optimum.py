from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from breachway.analyses.optimum import Cover, cheapest_cover

MOST = 14


def by_hand(sets: list[frozenset[int]], costs: list[float]) -> float:
    """Try every subset."""
    best = sum(costs)
    for size in range(len(costs) + 1):
        for chosen in combinations(range(len(costs)), size):
            if all(one.intersection(chosen) for one in sets):
                best = min(best, sum(costs[position] for position in chosen))
    return best


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_the_cover_is_as_cheap_as_the_cheapest_of_all_subsets(data: st.DataObject) -> None:
    count = data.draw(st.integers(1, MOST))
    whole = data.draw(st.booleans())
    prices = st.integers(1, 9).map(float) if whole else st.floats(0.25, 9, width=16)
    costs = [data.draw(prices) for _ in range(count)]
    sets = data.draw(st.lists(st.frozensets(st.integers(0, count - 1), min_size=1, max_size=5), max_size=12))
    found = cheapest_cover(sets, costs)
    assert all(one.intersection(found.chosen) for one in sets)
    assert found.cost == pytest.approx(sum(costs[position] for position in found.chosen))
    assert found.cost == pytest.approx(by_hand(sets, costs))
    assert found.proven
    assert found.bound <= found.cost


def test_nothing_to_meet_costs_nothing() -> None:
    assert cheapest_cover([], [1.0, 2.0]) == Cover((), 0.0, 0.0)


def test_what_nothing_meets_is_refused() -> None:
    with pytest.raises(ValueError, match="cannot be met"):
        cheapest_cover([frozenset({0}), frozenset()], [1.0])


def test_a_greedy_choice_is_beaten() -> None:
    """Position 0 meets most sets and is no part of the cheapest cover."""
    sets = [
        frozenset({0, 1, 3}),
        frozenset({0, 1, 4}),
        frozenset({0, 2, 3}),
        frozenset({0, 2, 4}),
        frozenset({1}),
        frozenset({2}),
    ]
    assert cheapest_cover(sets, [1.0] * 5).chosen == (1, 2)


def test_a_bound_is_stated_when_time_runs_out() -> None:
    sets = [frozenset({a, b, c}) for a, b, c in combinations(range(60), 3) if (a * 7 + b * 5 + c * 3) % 11 == 0]
    found = cheapest_cover(sets, [1.0 + position % 5 for position in range(60)], seconds=0.01)
    assert all(one.intersection(found.chosen) for one in sets)
    assert 0.0 <= found.bound <= found.cost
