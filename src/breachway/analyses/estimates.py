"""Estimates from samples: a proportion and quantiles, each with the interval in which the truth lies 95 times of 100.

The interval of a proportion is Wilson's (1927), which stays sound near 0 and 1 and never gives a width of nought.
"""

from __future__ import annotations

from math import inf, sqrt
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from breachway.graph.layout import Bools, Floats

NORMAL_95 = 1.959963984540054
"""The standard normal quantile at 97.5 %."""


class Estimate(NamedTuple):
    """A figure with its interval."""

    value: float
    low: float
    high: float

    @property
    def half_width(self) -> float:
        """Half the width of the interval."""
        return (self.high - self.low) / 2


def proportion(hits: int, count: int) -> Estimate:
    """Estimate a probability from ``hits`` among ``count`` samples; everything is possible when there are none."""
    if not count:
        return Estimate(0.0, 0.0, 1.0)
    z = NORMAL_95
    share = hits / count
    middle = share + z * z / (2 * count)
    spread = z * sqrt(share * (1 - share) / count + z * z / (4 * count * count))
    scale = 1 + z * z / count
    low = 0.0 if not hits else (middle - spread) / scale
    high = 1.0 if hits == count else (middle + spread) / scale
    return Estimate(share, max(0.0, low), min(1.0, high))


def paired_change(before: Bools, after: Bools) -> Estimate:
    """Estimate by how much a probability changes, from the same samples before and after: -1 to 1.

    The interval is that of Agresti and Min (2005, Statistics in Medicine 24, 729-740): half a sample is added to each of the four
    cases, so that it keeps its coverage where few samples differ and never has a width of nought.
    """
    count = len(before)
    if not count:
        return Estimate(0.0, -1.0, 1.0)
    gained, lost = int((after & ~before).sum()), int((before & ~after).sum())
    size = count + 2
    middle = (gained - lost) / size
    spread = NORMAL_95 * sqrt(max(0.0, (gained + lost + 1) / size - middle * middle) / size)
    return Estimate((gained - lost) / count, max(-1.0, middle - spread), min(1.0, middle + spread))


def quantile(times: Floats, share: float) -> Estimate:
    """Estimate the time within which the attacker succeeds in ``share`` of all samples, never included: then infinite.

    The interval is that of the order statistics (binomial, by the normal approximation).
    """
    ordered = np.sort(times)
    count = len(ordered)
    if not count:
        return Estimate(inf, 0.0, inf)
    spread = NORMAL_95 * sqrt(count * share * (1 - share))
    value = ordered[min(count - 1, max(0, int(np.ceil(share * count)) - 1))]
    low = int(np.floor(share * count - spread)) - 1
    high = int(np.ceil(share * count + spread))
    return Estimate(float(value), float(ordered[low]) if low >= 0 else 0.0, float(ordered[high]) if high < count else inf)
