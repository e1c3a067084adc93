"""The scale bench: what it measures is what was generated, and no goal that was not run counts as held."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import scale
from scale import LIMITS, Run, exponents, run_size, verdicts

if TYPE_CHECKING:
    from pathlib import Path


def a_run(pods: int, *, seconds: float, peak: float = 1e8, edges: int | None = None) -> Run:
    return Run(
        pods=pods,
        characters=1,
        stages=dict.fromkeys(scale.STAGES, 0.1),
        seconds=seconds,
        processor=seconds,
        peak=peak,
        counts={"assets": 1, "edges": pods * 50 if edges is None else edges, "paths": 1},
    )


def held(runs: list[Run], failures: tuple[str, ...] = ()) -> dict[str, bool]:
    return {name: holds for name, _, _, holds in verdicts(runs, failures)}


GOOD = [a_run(1_000, seconds=1.0), a_run(10_000, seconds=8.0), a_run(100_000, seconds=80.0)]


def test_all_goals_hold_when_every_figure_does() -> None:
    assert len(held(GOOD)) == 2 * len(LIMITS) + 4
    assert all(held(GOOD).values())


def test_a_size_that_was_not_run_is_missed() -> None:
    assert not held(GOOD[:2])["100,000 pods: time"]
    assert not held([])["10,000 pods: memory"]


@pytest.mark.parametrize(
    "run, goal",
    [
        (a_run(100_000, seconds=100.0), "100,000 pods: time"),
        (a_run(100_000, seconds=80.0, peak=8e9), "100,000 pods: memory"),
        (a_run(100_000, seconds=80.0, edges=100_000_000), "growth of edges, 10,000 to 100,000"),
        (a_run(100_000, seconds=3000.0), "growth of processor time, 10,000 to 100,000"),
    ],
)
def test_each_goal_can_be_missed(run: Run, goal: str) -> None:
    assert held([*GOOD[:2], run])[goal] is False


def test_a_failed_run_is_missed() -> None:
    assert held(GOOD, ("1,000 pods: exit 1",))["1,000 pods: exit 1"] is False


def test_the_exponent_of_linear_growth_is_one() -> None:
    assert exponents([a_run(1_000, seconds=1.0), a_run(10_000, seconds=10.0)])[0][2] == pytest.approx(1.0)


def test_a_small_dump_is_measured_from_end_to_end(tmp_path: Path) -> None:
    run = run_size(300, tmp_path)
    assert isinstance(run, Run)
    assert run.pods == 300
    assert set(run.stages) == set(scale.STAGES)
    assert run.counts["paths"] > 0
    assert run.counts["unread"] == 0
