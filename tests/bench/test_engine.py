"""The engine bench: a small cluster goes through every stage, and no goal that was not run counts as held."""

from __future__ import annotations

from typing import TYPE_CHECKING

import engine
from engine import RATES, SECONDS, copy_rate, rate_of, run_size, verdicts

if TYPE_CHECKING:
    import pytest

    from engine import Figures


def figures(seconds: float, *, steps: float = 400_000.0) -> Figures:
    return {"steps": steps, "attackers": 5.0, "sample": seconds, "reach": seconds, "fix": seconds}


def held(runs: dict[int, Figures], failures: tuple[str, ...] = ()) -> list[bool]:
    return [holds for _, _, _, holds in verdicts(runs, failures)]


def test_all_goals_hold_when_every_figure_does() -> None:
    found = held({10_000: figures(0.1), 100_000: figures(0.1)})
    assert found == [True] * (len(SECONDS) + len(RATES))


def test_a_size_that_was_not_run_is_missed() -> None:
    assert not any(held({}))
    assert held({10_000: figures(0.1)}).count(True) == 3


def test_each_figure_beyond_its_limit_is_missed() -> None:
    good = {10_000: figures(0.1), 100_000: figures(0.1)}
    for stage, pods in SECONDS:
        worse: Figures = {**good[pods], stage: SECONDS[stage, pods] * engine.SLACK * 1.01}
        names = [name for name, _, _, holds in verdicts({**good, pods: worse}, ()) if not holds]
        assert names[0].startswith(f"{pods:,} pods: {engine.NAMES[stage]}")


def test_a_stage_without_an_end_and_a_failure_are_missed() -> None:
    without: Figures = {**figures(0.1), "fix": None}
    found = verdicts({10_000: without, 100_000: figures(0.1)}, ("1,000 pods: exit 1",))
    assert [goal[:2] for goal in found if not goal[3]] == [
        ("1,000 pods: exit 1", "failed"),
        ("10,000 pods: cheapest mitigations", "no end in its time"),
    ]


def test_a_small_cluster_goes_through_every_stage() -> None:
    found = run_size(60, 60)
    assert not isinstance(found, str), found
    assert found["pods"] == 60
    assert found["proven"]
    assert found["cost"] == found["bound"]
    for name in ("generate", "reach", "reduce", "sample", "moved", "paths", "paths_found", "fix", "peak", "sampled_peak"):
        value = found[name]
        assert value is not None
        assert value > 0, name
    kept, steps = found["kept"], found["steps"]
    assert kept is not None
    assert steps is not None
    assert 0 < kept < steps
    assert rate_of(found) > 0
    assert len(engine.row(found, 1e9)) == 14


def test_a_run_that_fails_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "dump", lambda _pods, folder: (folder / "empty.yaml").write_text(""))
    found = run_size(1, 5)
    assert isinstance(found, str)
    assert found.startswith("exit 1: breachway.errors.NothingToReadError")


def test_a_copy_of_memory_has_a_rate() -> None:
    assert copy_rate() > 1e6
