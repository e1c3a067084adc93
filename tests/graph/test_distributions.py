from __future__ import annotations

import math

import pytest

from breachway.errors import LanguageError
from breachway.graph.distributions import mean_days
from breachway.threats.language import Distribution


@pytest.mark.parametrize(
    "name,arguments,mean",
    [
        ("Zero", (), 0.0),
        ("Infinity", (), math.inf),
        ("Exponential", (0.25,), 4.0),
        ("LogNormal", (1.0, 2.0), math.exp(3.0)),
        ("Gamma", (2.0, 3.0), 6.0),
        ("Uniform", (1.0, 4.0), 2.5),
        ("TruncatedNormal", (0.0, 1.0), math.sqrt(2.0 / math.pi)),
        ("TruncatedNormal", (50.0, 1.0), 50.0),
        ("TruncatedNormal", (-100.0, 1.0), 0.0),
        ("Pareto", (2.0, 3.0), 3.0),
        ("Pareto", (2.0, 1.0), math.inf),
    ],
)
def test_means(name: str, arguments: tuple[float, ...], mean: float) -> None:
    assert mean_days(Distribution(name, arguments)) == pytest.approx(mean)


@pytest.mark.parametrize("name,arguments", [("Weibull", (1.0,)), ("Exponential", (0.0,)), ("Gamma", (1.0,))])
def test_what_has_no_mean_is_named(name: str, arguments: tuple[float, ...]) -> None:
    with pytest.raises(LanguageError, match=name):
        mean_days(Distribution(name, arguments))
