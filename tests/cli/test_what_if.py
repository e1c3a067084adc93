from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from breachway.cli.exit_codes import ExitCode
from tests.cli.given import breachway

if TYPE_CHECKING:
    from pathlib import Path

SHOP = "examples/shop"
AGENT = "observability/DaemonSet/log-agent/fluent-bit"


def answer(*arguments: str) -> dict[str, Any]:
    outcome = breachway("what-if", SHOP, "--samples", "1024", "--format", "json", *arguments)
    assert outcome.code is ExitCode.CLEAN, outcome.err
    found: dict[str, Any] = json.loads(outcome.out)
    return found


def goals(found: dict[str, Any]) -> list[dict[str, Any]]:
    return [goal for actor in found["actors"] for goal in actor["goals"]]


def test_the_text_says_what_is_supposed_what_changes_and_what_it_rests_on() -> None:
    outcome = breachway("what-if", SHOP, "--set", "network-policy-enforced=off", "--samples", "1024")
    assert outcome.code is ExitCode.CLEAN
    assert "What if" in outcome.out
    assert "NetworkPolicy: no" in outcome.out
    assert "points (+" in outcome.out
    assert "not\n  calibrated" in outcome.out or "not calibrated" in outcome.out
    assert max(map(len, outcome.out.splitlines())) <= 80


def test_a_supposition_that_is_so_already_changes_nothing() -> None:
    found = answer("--set", f"{AGENT}.noSysAdmin={settled()}")
    assert goals(found)
    assert all(goal["change"]["value"] == 0 and goal["before"] == goal["after"] for goal in goals(found))
    assert all(goal["halfBefore"] == goal["halfAfter"] for goal in goals(found))
    assert found["blastRadius"] == []
    assert all(actor["assetsBefore"] == actor["assetsAfter"] for actor in found["actors"])
    text = breachway("what-if", SHOP, "--set", f"{AGENT}.noSysAdmin={settled()}", "--samples", "64").out
    assert "no figure changes" in text
    assert "stays the same" in text


def settled() -> str:
    """How the defence of the test above stands."""
    found = answer("--set", f"{AGENT}.noSysAdmin=on")["suppositions"][0]["standsAt"]
    assert found in (0, 1)
    return "on" if found else "off"


@pytest.mark.parametrize("name", ["network-policy-enforced", "kernel-patched", "kubelet-authenticates"])
def test_a_defence_in_force_never_helps_and_one_that_is_not_never_hinders(name: str) -> None:
    on, off = answer("--set", f"{name}=on"), answer("--set", f"{name}=off")
    assert all(goal["change"]["value"] <= 0 for goal in goals(on))
    assert all(goal["change"]["value"] >= 0 for goal in goals(off))
    assert any(goal["change"]["value"] > 0 for goal in goals(off)), "the assumption is in play"
    assert [goal["before"] for goal in sorted(goals(on), key=str_key)] == [
        goal["before"] for goal in sorted(goals(off), key=str_key)
    ]
    for goal in (*goals(on), *goals(off)):
        assert goal["change"]["low"] <= goal["change"]["value"] <= goal["change"]["high"]


def str_key(goal: dict[str, Any]) -> tuple[str, str, float]:
    return (goal["asset"], goal["step"], goal["before"]["value"])


def test_before_is_what_simulate_says() -> None:
    text = breachway("simulate", SHOP, "--format", "json", "--samples", "1024", "--precision", "0.01").out
    simulated = {
        (actor["id"], goal["asset"], goal["step"]): goal["within"]
        for actor in json.loads(text)["actors"]
        for goal in actor["goals"]
    }
    found = answer("--set", "network-policy-enforced=off")
    said = {(actor["id"], goal["asset"], goal["step"]): goal["before"] for actor in found["actors"] for goal in actor["goals"]}
    assert said == simulated


def test_a_defence_of_one_asset_widens_or_narrows_what_falls_with_it() -> None:
    found = answer("--set", "shop/Deployment/checkout.tokenNotMounted=off", "--set", "kernel-patched=off")
    assert [one["on"] for one in found["suppositions"]] == [False, False]
    for pair in found["blastRadius"]:
        assert (pair["after"]["value"], pair["after"]["assets"]) >= (pair["before"]["value"], pair["before"]["assets"])
    assert found["blastRadius"]


def test_an_asset_in_the_attackers_hands() -> None:
    found = answer("--compromise", AGENT)
    assert found["holding"]["asset"] == f"kubernetes:Container:{AGENT}"
    assert found["holding"]["value"] > 0
    assert [actor["id"] for actor in found["actors"]] == ["A1"]
    assert found["leftOut"] == ["A2", "A3", "A4", "A5"]
    assert all(goal["change"]["value"] >= 0 for goal in goals(found))
    lost = set(found["holding"]["crownJewels"])
    assert lost == {f"{goal['asset']}:{goal['step']}" for goal in goals(found)} & lost
    assert all(goal["openAfter"] for goal in goals(found) if f"{goal['asset']}:{goal['step']}" in lost)
    text = breachway("what-if", SHOP, "--compromise", AGENT, "--samples", "64").out
    assert "With it alone fall" in text
    alone = breachway("what-if", SHOP, "--compromise", AGENT, "--samples", "64", "--actor", "A2")
    assert alone.code is ExitCode.CLEAN


def test_the_same_question_gives_the_same_bytes_and_a_file_holds_them(tmp_path: Path) -> None:
    question = ("what-if", SHOP, "--set", "kernel-patched=off", "--samples", "64", "--format", "json")
    assert breachway(*question).out == breachway(*question).out
    target = tmp_path / "answer.json"
    assert breachway(*question, "--output", str(target)).out == ""
    assert target.read_text(encoding="utf-8") == breachway(*question).out


@pytest.mark.parametrize(
    "arguments, said",
    [
        ((), "nothing is supposed"),
        (("--set", "kernel-patched"), "kernel-patched supposes nothing"),
        (("--set", "kernel-patched=maybe"), "supposes nothing"),
        (("--set", "=on"), "supposes nothing"),
        (("--set", "kernel-patchd=on"), "did you mean kernel-patched"),
        (("--set", "kernel-patched=on", "--set", "kernel-patched=off"), "supposed on and off"),
        (("--set", "nowhere.nonRoot=on"), "no asset is called nowhere"),
        (("--set", f"{AGENT}.nonroot=on"), "it has nonRoot"),
        (("--set", f"{AGENT}.root=on"), "has no defence root"),
        (("--compromise", "observability/DaemonSet/log-agent/fluentbit"), "did you mean"),
        (("--compromise", "internet:Internet"), "no asset is called"),
        (("--set", "kernel-patched=on", "--samples", "1"), "--samples 1 is out of range"),
        (("--set", "kernel-patched=on", "--actor", "A9"), "there is no attacker A9"),
    ],
)
def test_what_the_model_does_not_know_is_said_with_a_hint(arguments: tuple[str, ...], said: str) -> None:
    outcome = breachway("what-if", SHOP, *arguments)
    assert outcome.code is ExitCode.USAGE
    assert said in outcome.err + outcome.out
    assert "hint: " in outcome.err


def test_a_name_of_several_assets_and_one_that_nobody_can_hold() -> None:
    several = breachway("what-if", SHOP, "--compromise", "checkout")
    assert several.code is ExitCode.USAGE
    assert "is the name of" in several.err
    everybody = breachway("what-if", SHOP, "--compromise", "internet")
    assert everybody.code is ExitCode.USAGE
    assert "hint: " in everybody.err
