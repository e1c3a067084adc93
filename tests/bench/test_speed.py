from __future__ import annotations

from pathlib import Path

from measuring import Measured
from speed import exponent, model_command, under


def measured(seconds: float, code: int = 0) -> Measured:
    return Measured(code=code, seconds=seconds, processor=seconds, peak=1.0, output="", errors="what went wrong\n")


def test_a_limit_holds_below_it_and_a_failed_run_never_does() -> None:
    assert under("start-up", measured(0.1), 0.15).held is True
    assert under("start-up", measured(0.2), 0.15).held is False
    failed = under("start-up", measured(0.1, code=70), 0.15)
    assert failed.held is False
    assert "what went wrong" in failed.measured


def test_growth_is_judged_between_the_two_largest_sizes() -> None:
    assert exponent("edges", (100, 1_000, 10_000), (9, 10, 100)).held is True
    assert exponent("edges", (100, 1_000, 10_000), (1, 10, 1_000)).held is False
    assert exponent("edges", (100,), (1,)).held is None


def test_the_command_asks_for_every_format() -> None:
    command = model_command(Path("in"), Path("out"), ("html", "json"))
    assert command[-7:] == ("in", "--format", "html", "--format", "json", "--output", "out")
