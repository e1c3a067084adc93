from __future__ import annotations

import numpy as np
import pytest

from breachway.analyses.estimates import paired_change


def test_no_sample_tells_nothing_and_equal_ones_tell_nought() -> None:
    assert paired_change(np.zeros(0, dtype=np.bool_), np.zeros(0, dtype=np.bool_)) == (0.0, -1.0, 1.0)
    same = np.arange(100) % 3 == 0
    found = paired_change(same, same)
    assert found.value == 0.0
    assert found.low < 0.0 < found.high


@pytest.mark.parametrize("gained, lost", [(0.0, 0.0), (0.02, 0.0), (0.3, 0.1), (0.9, 0.0), (0.01, 0.01)])
def test_the_truth_lies_within_the_interval_about_as_often_as_it_says(gained: float, lost: float) -> None:
    random = np.random.default_rng(7)
    runs, inside = 400, 0
    for _ in range(runs):
        case = random.random(1024)
        before, after = case < lost, (case >= lost) & (case < lost + gained)
        found = paired_change(before, after)
        assert -1.0 <= found.low <= found.value <= found.high <= 1.0
        inside += found.low <= gained - lost <= found.high
    assert inside >= 0.92 * runs
