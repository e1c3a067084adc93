"""What the kernel draws, against the distributions that MAL names: mean, variance and the whole distribution function."""

from __future__ import annotations

from math import erf, exp, inf, lgamma, log, sqrt
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pytest

from breachway.graph.distributions import mean_days
from breachway.graph.simulation.sampling import draw_times
from breachway.threats.language import Distribution

if TYPE_CHECKING:
    from collections.abc import Callable

COUNT = 40_000
KOLMOGOROV = sqrt(-log(1e-5 / 2) / 2) / sqrt(COUNT)
"""The distance that a right generator exceeds once in 100,000 runs; the seed is fixed, so the outcome is too."""


def normal(x: float) -> float:
    return (1 + erf(x / sqrt(2))) / 2


def lower_gamma(shape: float, x: float) -> float:
    """The regularised incomplete gamma function, by its power series."""
    if x <= 0:
        return 0.0
    term = total = 1.0 / shape
    n = 1
    while term > total * 1e-14:
        term *= x / (shape + n)
        total += term
        n += 1
    return min(1.0, total * exp(shape * log(x) - x - lgamma(shape)))


class Case(NamedTuple):
    ttc: Distribution
    below: Callable[[float], float]
    variance: float


def truncated(mu: float, sigma: float) -> Callable[[float], float]:
    cut = normal(-mu / sigma)
    return lambda x: (normal((x - mu) / sigma) - cut) / (1 - cut)


def truncated_variance(mu: float, sigma: float) -> float:
    a = -mu / sigma
    ratio = exp(-a * a / 2) / sqrt(2 * np.pi) / (1 - normal(a))
    return sigma * sigma * (1 + a * ratio - ratio * ratio)


CASES = {
    "exponential": Case(Distribution("Exponential", (0.5,)), lambda x: 1 - exp(-0.5 * x), 4.0),
    "exponential, fast": Case(Distribution("Exponential", (144.0,)), lambda x: 1 - exp(-144 * x), 1 / 144**2),
    "lognormal": Case(
        Distribution("LogNormal", (-0.5, 0.6)), lambda x: normal((log(x) + 0.5) / 0.6), (exp(0.36) - 1) * exp(-1 + 0.36)
    ),
    "gamma, wide": Case(Distribution("Gamma", (2.0, 0.7)), lambda x: lower_gamma(2.0, x / 0.7), 0.98),
    "gamma, narrow": Case(Distribution("Gamma", (0.4, 3.0)), lambda x: lower_gamma(0.4, x / 3), 3.6),
    "uniform": Case(Distribution("Uniform", (2.0, 5.0)), lambda x: (x - 2) / 3, 0.75),
    "truncated normal": Case(Distribution("TruncatedNormal", (1.0, 2.0)), truncated(1, 2), truncated_variance(1, 2)),
    "truncated normal, in the tail": Case(
        Distribution("TruncatedNormal", (-3.0, 1.0)), truncated(-3, 1), truncated_variance(-3, 1)
    ),
    "pareto": Case(Distribution("Pareto", (1.5, 6.0)), lambda x: 1 - (1.5 / x) ** 6, 6 * 1.5**2 / (25 * 4)),
}


@pytest.mark.parametrize("name", CASES)
def test_each_distribution_has_its_function_mean_and_variance(name: str) -> None:
    case = CASES[name]
    drawn = np.sort(draw_times(case.ttc, 12345, COUNT, seed=7).astype(np.float64))
    wanted = np.array([case.below(x) for x in drawn.tolist()])
    ranks = np.arange(1, COUNT + 1)
    distance = max(float((ranks / COUNT - wanted).max()), float((wanted - (ranks - 1) / COUNT).max()))
    assert distance < KOLMOGOROV
    error = sqrt(case.variance / COUNT)
    assert abs(drawn.mean() - mean_days(case.ttc)) < 5 * error
    assert drawn.var() == pytest.approx(case.variance, rel=0.12)


def test_a_bernoulli_factor_fails_as_often_as_it_says_and_hangs_on_no_other_draw() -> None:
    with_factor = draw_times(Distribution("Exponential", (1.0,), 0.3), 5, COUNT, seed=1)
    without = draw_times(Distribution("Exponential", (1.0,)), 5, COUNT, seed=1)
    happens = np.isfinite(with_factor)
    assert abs(happens.mean() - 0.3) < 5 * sqrt(0.21 / COUNT)
    assert (with_factor[happens] == without[happens]).all()
    assert abs(np.corrcoef(happens, without)[0, 1]) < 5 / sqrt(COUNT)


def test_zero_and_infinity_are_what_they_say() -> None:
    assert draw_times(Distribution("Zero", ()), 1, 100, seed=0).tolist() == [0.0] * 100
    assert draw_times(Distribution("Infinity", ()), 1, 100, seed=0).tolist() == [inf] * 100


def test_draws_hang_on_seed_step_and_sample_alone() -> None:
    ttc = Distribution("Exponential", (1.0,), 0.8)
    whole = draw_times(ttc, 99, 1000, seed=3)
    assert draw_times(ttc, 99, 300, seed=3, first=500).tolist() == whole[500:800].tolist()
    assert draw_times(ttc, 99, 7, seed=3, first=501).tolist() == whole[501:508].tolist()
    for other in (draw_times(ttc, 100, 1000, seed=3), draw_times(ttc, 99, 1000, seed=4)):
        both = np.isfinite(whole) & np.isfinite(other)
        assert abs(np.corrcoef(whole[both], other[both])[0, 1]) < 0.2
        assert (whole[both] != other[both]).all()


def test_philox_gives_the_numbers_of_its_authors() -> None:
    """The reference counter and key of Random123: all zero gives 6627e8d5 e169c58d bc57ac4c 9b00dbd8."""
    drawn = draw_times(Distribution("Uniform", (0.0, 4294967296.0)), 0, 4, seed=0)
    assert drawn.tolist() == pytest.approx([0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8], rel=1e-7)
