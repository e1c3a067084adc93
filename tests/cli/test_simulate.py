from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from breachway.cli.exit_codes import ExitCode
from breachway.cli.simulate import horizon
from breachway.graph.simulation.sampling import Batch, Sampler
from tests.cli.given import breachway

if TYPE_CHECKING:
    from pathlib import Path

SHOP = "examples/shop"


def figures(*arguments: str) -> dict[str, Any]:
    outcome = breachway("simulate", SHOP, "--format", "json", "--samples", "2048", *arguments)
    assert outcome.code is ExitCode.CLEAN
    found: dict[str, Any] = json.loads(outcome.out)
    return found


def test_the_text_says_what_each_probability_stands_on() -> None:
    outcome = breachway("simulate", SHOP)
    assert outcome.code is ExitCode.CLEAN
    assert "seed 0" in outcome.out
    assert "within 30 days" in outcome.out
    assert "control of the whole cluster" in outcome.out
    assert "sources of times to compromise" in outcome.out
    assert "not calibrated" in outcome.out
    assert max(map(len, outcome.out.splitlines())) <= 80


def test_the_same_seed_gives_the_same_bytes_and_another_one_others() -> None:
    assert figures() == figures()
    assert figures("--seed", "1") != figures()


def test_a_longer_horizon_never_lowers_a_probability() -> None:
    short, long = figures("--horizon", "2d"), figures("--horizon", "9w")
    pairs = [
        (before["within"]["value"], after["within"]["value"])
        for one, other in zip(short["actors"], long["actors"], strict=True)
        for before, after in zip(one["goals"], other["goals"], strict=True)
    ]
    assert pairs
    assert all(before <= after for before, after in pairs)
    assert any(before < after for before, after in pairs)


def test_actors_and_goals_are_chosen_by_name() -> None:
    found = figures("--actor", "external", "--actor", "a3", "--goal", "whole cluster")
    assert [actor["id"] for actor in found["actors"]] == ["A1", "A3"]
    assert [goal["title"] for actor in found["actors"] for goal in actor["goals"]] == ["control of the whole cluster"] * 2


def test_a_goal_alone_has_the_figures_that_it_has_among_others() -> None:
    among = [goal for goal in figures()["actors"][0]["goals"] if goal["title"] == "control of the whole cluster"]
    alone = figures("--goal", "whole cluster")["actors"][0]["goals"]
    assert among[0]["curve"] == alone[0]["curve"]


def test_markdown_is_a_table() -> None:
    outcome = breachway("simulate", SHOP, "--format", "markdown", "--samples", "512")
    assert outcome.out.count("\n| ") > 10


def test_output_goes_to_a_file(tmp_path: Path) -> None:
    target = tmp_path / "figures.json"
    outcome = breachway("simulate", SHOP, "--format", "json", "--samples", "512", "--output", str(target))
    assert outcome.out == ""
    assert json.loads(target.read_text(encoding="utf-8"))["samples"] == 512


def test_a_deployment_without_a_way_is_good_news(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM scratch\nCOPY app /app\nUSER 1000\n", encoding="utf-8")
    outcome = breachway("simulate", str(tmp_path), "--actor", "A5")
    assert outcome.code is ExitCode.CLEAN
    assert "reaches no crown jewel in any sample" in outcome.out


def test_an_interruption_keeps_what_was_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = Sampler.draw

    def interrupted(self: Sampler, first: int, count: int, *, horizon: float, traced: int) -> tuple[Batch, ...]:
        if first:
            raise KeyboardInterrupt
        return drawn(self, first, count, horizon=horizon, traced=traced)

    monkeypatch.setattr(Sampler, "draw", interrupted)
    outcome = breachway("simulate", SHOP, "--precision", "0.1")
    assert outcome.code is ExitCode.INTERRUPTED
    assert "interrupted: the figures stand on what was" in outcome.out
    assert "1,024 samples" in outcome.out


@pytest.mark.parametrize(
    "arguments, said",
    [
        (("--horizon", "soon"), "soon is no length of time"),
        (("--horizon", "0d"), "out of range"),
        (("--horizon", "101y"), "out of range"),
        (("--samples", "0"), "--samples 0 is out of range"),
        (("--samples", "many"), "--samples many is out of range"),
        (("--seed", "-1"), "--seed -1 is out of range"),
        (("--seed", "18446744073709551616"), "out of range"),
        (("--precision", "nan"), "--precision nan is out of range"),
        (("--actor", "A9"), "there is no attacker A9"),
        (("--goal", "clutser"), "the nearest: control of the whole cluster"),
    ],
)
def test_what_is_out_of_range_is_said_with_a_hint(arguments: tuple[str, ...], said: str) -> None:
    outcome = breachway("simulate", SHOP, *arguments)
    assert outcome.code is ExitCode.USAGE
    assert said in outcome.err
    assert "hint: " in outcome.err


def test_horizons_have_units() -> None:
    assert [horizon(text) for text in ("12h", "30d", "2w", "1y", "1.5d")] == [0.5, 30.0, 14.0, 365.25, 1.5]
