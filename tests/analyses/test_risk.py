"""The risk of each threat: the scale, the same figures as the simulation, and a bounded number of samples."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import breachway.analyses.risk as room
from breachway.analyses.assess import assess
from breachway.analyses.assessment import Severity
from breachway.analyses.risk import (
    IMPACTS,
    LIKELIHOODS,
    MANY_STEPS,
    SAMPLES,
    impact_band,
    level_of,
    likelihood_band,
    risks_of,
    samples_for,
)
from breachway.analyses.simulation import Settings, Simulation, simulate, simulate_graph
from breachway.graph.generation import generate

from .shop import shop, shop_language


@pytest.mark.parametrize(
    "probability, band",
    [(0.0, 1), (0.0099, 1), (0.01, 2), (0.0999, 2), (0.1, 3), (0.33, 4), (0.6599, 4), (0.66, 5), (1.0, 5)],
)
def test_the_bands_of_likelihood(probability: float, band: int) -> None:
    assert likelihood_band(probability) == band


def test_the_bands_of_impact_cover_every_value_in_pairs() -> None:
    assert [impact_band(value) for value in range(1, 11)] == [1, 1, 2, 2, 3, 3, 4, 4, 5, 5]


def test_the_levels_of_the_matrix() -> None:
    rows = [[level_of(likelihood * impact).value[0] for impact in range(1, 6)] for likelihood in range(1, 6)]
    assert ["".join(row) for row in rows] == ["llllm", "llmmh", "lmmhh", "lmhhc", "mhhcc"]


@settings(deadline=None, max_examples=200)
@given(st.integers(1, 5), st.integers(1, 5), st.integers(1, 5))
def test_more_likely_is_never_a_lower_level(impact: int, one: int, other: int) -> None:
    order = list(Severity)
    low, high = sorted((one, other))
    assert order.index(level_of(high * impact)) <= order.index(level_of(low * impact))


@settings(deadline=None, max_examples=200)
@given(st.integers(1, 10**9))
def test_large_graphs_get_fewer_samples_in_whole_lanes(steps: int) -> None:
    count = samples_for(steps)
    assert 128 <= count <= SAMPLES
    assert count % 64 == 0
    assert count == 128 or count * steps <= SAMPLES * max(steps, MANY_STEPS)
    if steps > MANY_STEPS and count > 128:
        assert count * steps <= SAMPLES * MANY_STEPS


def test_an_assessment_is_simulated_only_when_asked() -> None:
    assert assess(shop(), shop_language()).risks is None


def test_the_figures_are_those_of_the_simulation() -> None:
    found = assess(shop(), shop_language(), simulated=True)
    assert found.risks is not None
    figures = simulate(shop(), shop_language(), settings=Settings(samples=SAMPLES, precision=0.0))
    expected = {(actor.actor, goal.asset, goal.step): goal for actor in figures.actors for goal in actor.goals}
    assert found.risks.samples == figures.samples == SAMPLES
    assert found.risks.grounds == figures.grounds
    assert found.risks.threats
    for position, risk in enumerate(found.risks.threats, start=1):
        goal = expected[risk.actor, risk.asset, risk.step]
        assert (risk.within, risk.ever, risk.curve) == (goal.within, goal.ever, goal.curve)
        assert risk.id == f"R{position}"
        assert risk.likelihood_low <= risk.likelihood <= risk.likelihood_high
        assert risk.level is level_of(risk.score)
    scores = [risk.score for risk in found.risks.threats]
    assert scores == sorted(scores, reverse=True)


def test_every_threat_of_the_search_and_every_ranked_path_is_rated() -> None:
    found = assess(shop(), shop_language(), simulated=True)
    assert found.risks is not None
    rated = {(risk.actor, risk.asset, risk.title) for risk in found.risks.threats}
    assert {(actor.actor, goal.goal_asset, goal.goal_title) for actor in found.actors for goal in actor.goals} <= rated
    assert {path for risk in found.risks.threats for path in risk.paths} == {path.id for path in found.paths}


def test_the_same_seed_gives_the_same_risks_and_another_other_figures() -> None:
    graph = generate(shop_language(), shop())
    first = risks_of(graph, (), ())
    assert first == risks_of(graph, (), ())
    assert [risk.curve for risk in first.threats] != [risk.curve for risk in risks_of(graph, (), (), seed=1).threats]


def test_an_interruption_is_no_ground_for_a_report(monkeypatch: pytest.MonkeyPatch) -> None:
    graph = generate(shop_language(), shop())
    whole = simulate_graph(graph, settings=Settings(samples=128))

    def interrupted(*_: object, **__: object) -> Simulation:
        return Simulation(**{name: getattr(whole, name) for name in Simulation.__slots__} | {"stopped": "interrupted"})

    monkeypatch.setattr(room, "simulate_graph", interrupted)
    with pytest.raises(KeyboardInterrupt):
        risks_of(graph, (), ())


def test_the_scale_has_five_bands_either_way() -> None:
    assert (len(LIKELIHOODS), len(IMPACTS)) == (5, 5)
