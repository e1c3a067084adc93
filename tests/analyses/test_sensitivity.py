from __future__ import annotations

import json
from itertools import pairwise

import numpy as np
import pytest

from breachway.analyses.sensitivity import slower
from breachway.graph.distributions import mean_days
from breachway.graph.simulation.reduction import KINDS, Attacker, reduce
from breachway.threats.language import Distribution
from tests.cli.given import breachway
from tests.graph.small import Shape, graph_of

SHOP = "examples/shop"


@pytest.mark.parametrize(
    "name, arguments",
    [
        ("Exponential", (0.5, 0.0)),
        ("LogNormal", (0.3, 0.8)),
        ("Gamma", (2.0, 0.7)),
        ("Uniform", (1.0, 5.0)),
        ("TruncatedNormal", (2.0, 1.5)),
        ("Pareto", (1.5, 4.0)),
    ],
)
def test_a_slower_time_has_a_mean_that_much_longer(name: str, arguments: tuple[float, float]) -> None:
    shape = Shape((0, 0), frozenset({(0, 1)}), (0.0, 1.0), (False, False), (0,))
    graph = graph_of(shape)
    reduced = reduce(graph, [Attacker((0,), np.ones(graph.size, dtype=np.bool_), alone=False)], [1])
    reduced.draw_kind[0] = KINDS.index(name)
    reduced.draw_first[0], reduced.draw_second[0] = arguments
    changed = slower(reduced, [0], 3.0)
    used = 1 if name == "Exponential" else 2
    before = mean_days(Distribution(name, arguments[:used]))
    after = mean_days(Distribution(name, (float(changed.draw_first[0]), float(changed.draw_second[0]))[:used]))
    assert after == pytest.approx(3 * before)
    assert (reduced.draw_first[0], reduced.draw_second[0]) == arguments


def test_swings_are_ranked_and_lie_on_both_sides_of_the_figure() -> None:
    outcome = breachway("simulate", SHOP, "--format", "json", "--samples", "2048", "--sensitivity")
    swings = json.loads(outcome.out)["sensitivity"]
    widths = [abs(swing["high"] - swing["low"]) for swing in swings]
    # Each end is rounded to a millionth.
    assert all(first >= second - 2e-6 for first, second in pairwise(widths))
    assert widths[0] > 0.5
    kinds = {swing["kind"] for swing in swings}
    assert kinds == {"assumption", "times"}
    for swing in swings:
        low, high = sorted((swing["low"], swing["high"]))
        assert low <= swing["base"] <= high, swing
        if swing["kind"] == "times":
            assert swing["high"] <= swing["low"], "slower times never help the attacker"


def test_an_assumption_about_a_defence_never_helps_the_attacker_by_being_in_force() -> None:
    outcome = breachway("simulate", SHOP, "--sensitivity")
    assert "What would move these figures most" in outcome.out
    assert "(application-patched, 0.4)" in outcome.out
    assert max(map(len, outcome.out.splitlines())) <= 80
