"""Means of the distributions in which the language states times to compromise, in days."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from breachway.errors import LanguageError

if TYPE_CHECKING:
    from breachway.threats.language import Distribution


def mean_days(ttc: Distribution) -> float:
    """Give the mean of the continuous part; infinite for a Pareto tail of exponent 1 or less and for ``Infinity``.

    Parameters are those of MAL: Exponential(rate), LogNormal(mu, sigma) of the logarithm, Gamma(shape, scale), Uniform(low,
    high), TruncatedNormal(mu, sigma) cut at zero, Pareto(least, exponent).
    """
    match ttc.name, ttc.arguments:
        case "Zero", _:
            return 0.0
        case "Infinity", _:
            return math.inf
        case "Exponential", (rate,) if rate > 0:
            return 1.0 / rate
        case "LogNormal", (mu, sigma):
            return math.exp(mu + sigma * sigma / 2.0)
        case "Gamma", (shape, scale):
            return shape * scale
        case "Uniform", (low, high):
            return (low + high) / 2.0
        case "TruncatedNormal", (mu, sigma) if sigma > 0:
            return _truncated(mu, sigma)
        case "Pareto", (least, exponent):
            return exponent * least / (exponent - 1.0) if exponent > 1.0 else math.inf
        case _:
            raise LanguageError(f"no mean is known for {ttc.name}({', '.join(map(str, ttc.arguments))})")


def _truncated(mu: float, sigma: float) -> float:
    cut = -mu / sigma
    density = math.exp(-cut * cut / 2.0) / math.sqrt(2.0 * math.pi)
    above = 0.5 * math.erfc(cut / math.sqrt(2.0))
    return mu + sigma * density / above if above > 0.0 else 0.0
