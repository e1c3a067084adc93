from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from breachway.analyses.actors import reached_by, stances
from breachway.analyses.assess import assess
from breachway.analyses.assessment import Assessment, AttackPath, Severity
from breachway.analyses.limits import DEFAULT_LIMITS, Limits
from breachway.analyses.paths import severity_of
from breachway.analyses.ways import Alternatives, best_way, goal_node, search, still_open
from breachway.errors import LanguageError
from breachway.graph.gates import gates_of
from breachway.graph.generation import generate
from breachway.graph.reachability import reach
from breachway.graph.times import own_days
from breachway.model import CrownJewel, EntryPoint, Model
from breachway.threats.loading import load_language
from tests.analyses.shop import link, shop, shop_language
from tests.graph.models import evidence, random_model


def assessed(model: Model, limits: Limits = DEFAULT_LIMITS) -> Assessment:
    return assess(model, shop_language(), version="1", limits=limits)


def path_of(assessment: Assessment, actor: str, goal: str) -> AttackPath:
    return next(path for path in assessment.paths if (path.actor, path.goal_title) == (actor, goal))


def test_the_external_attackers_path_is_told_step_by_step() -> None:
    path = path_of(assessed(shop()), "A1", "root on the nodes")
    assert [step.step for step in path.steps] == [
        "attack",
        "request",
        "exploitVulnerability",
        "compromise",
        "takeToken",
        "assume",
        "createPods",
        "runPod",
        "runPrivileged",
        "root",
    ]
    assert [step.needs for step in path.steps] == [(), *((position,) for position in range(9))]
    assert path.expected_days == pytest.approx(10.03, abs=0.001)
    assert path.assumptions == ("patched",)
    assert path.severity is Severity.CRITICAL
    assert path.entry_title == "from the internet"
    notes = {step.step: [item.note for item in step.evidence] for step in path.steps}
    assert notes["takeToken"] == ["tokenNotMounted is off", "Runs Workload:web Container:web"]
    assert notes["exploitVulnerability"] == ["patched is off", "Publishes Exposure:web Application:web"]
    assert [step.evidence[0].location.line for step in path.steps if step.step == "createPods"] == [30]
    assert next(step for step in path.steps if step.step == "assume").technique == "ServiceAccount.assume"
    assert all(step.evidence for one in assessed(shop()).paths for step in one.steps)


def test_an_and_step_needs_both_branches_and_the_goal_has_the_jewels_title() -> None:
    path = path_of(assessed(shop()), "A2", "the orders")
    steps = {step.step: position for position, step in enumerate(path.steps)}
    assert path.steps[steps["login"]].needs == tuple(sorted((steps["open"], steps["read"])))
    assert path.steps[-1].title == "the orders"


def test_who_gets_how_far() -> None:
    actors = {actor.actor: actor for actor in assessed(shop()).actors}
    assert list(actors) == ["A1", "A2", "A3", "A4", "A5"]
    assert actors["A2"].entries == 3
    assert [goal.goal_title for goal in actors["A3"].goals] == ["root on the nodes", "the orders"]
    assert actors["A4"].goals == ()
    assert actors["A5"].safe_goals == ("the orders", "root on the nodes")
    assert actors["A1"].reached_assets == sum(count for _, count in actors["A1"].reached_by_kind)
    assert ("HostPool", 1) in actors["A1"].reached_by_kind
    assert "Internet" not in dict(actors["A1"].reached_by_kind)


def test_two_compromised_containers_are_not_one_attacker() -> None:
    model = shop()
    model = replace(
        model,
        links=(
            *(one for one in model.links if one.association not in ("Originates", "Holds")),
            link("Originates", "NetworkZone:web", "Flow:db"),
        ),
    )
    actors = {actor.actor: actor for actor in assessed(model).actors}
    assert "the orders" in actors["A2"].safe_goals
    both = replace(
        model, entry_points=tuple(replace(entry, actor="A1") for entry in model.entry_points if entry.step == "compromise")
    )
    assert [goal.goal_title for goal in assessed(both).actors[0].goals] == ["the orders"]


@pytest.mark.parametrize("attempts", [1, 48])
def test_a_way_that_one_entry_holds_is_found_behind_those_of_two(attempts: int) -> None:
    model = shop(
        {("k:Container:worker", "notPrivileged"): ("privileged-container", 70), ("k:Container:worker", "seccomp"): ("", 71)}
    )
    flow = link("Originates", "NetworkZone:web", "Flow:db")
    model = replace(model, links=(*(one for one in model.links if one.association not in ("Originates", "Holds")), flow))
    path = path_of(assessed(model, replace(DEFAULT_LIMITS, attempts=attempts)), "A2", "the orders")
    assert path.entry_title == "container worker"
    assert {"escape", "open", "read", "login"} <= {step.step for step in path.steps}
    assert [step.step for step in path.steps if not step.needs] == ["compromise"]


def test_each_fix_does_what_it_says_when_made() -> None:
    model = shop()
    before = assessed(model)
    assert [fix.weakness for fix in before.fixes] == ["psa-not-enforced", "rbac-create-pods", "sa-token-automount"]
    for fix in before.fixes:
        states = tuple(
            replace(state, probability=1.0) if (state.asset, state.defence) in fix.defences else state for state in model.defences
        )
        after = assessed(replace(model, defences=states))
        left = {path.fingerprint for path in after.paths}
        gone = tuple(path.id for path in before.paths if path.fingerprint not in left)
        assert fix.cuts == gone
        assert all((path.id in fix.cuts) == (fix.id in path.cut_by) for path in before.paths)
        assert fix.closes == sum(len(actor.goals) for actor in before.actors) - sum(len(actor.goals) for actor in after.actors)
    assert before.fixes[0].locations[0].line == 40
    assert before.fixes[0].change
    assert all(fix.weakness for fix in before.fixes)


def test_a_fix_set_that_leaves_nothing_is_verified() -> None:
    model = shop(
        {
            ("k:Container:web", "notPrivileged"): ("privileged-container", 70),
            ("k:Container:web", "seccomp"): ("seccomp-unconfined", 71),
        }
    )
    pool = tuple(jewel for jewel in model.crown_jewels if jewel.step == "root")
    some = replace(model, crown_jewels=pool, entry_points=tuple(one for one in model.entry_points if one.actor in ("A1", "A3")))
    done = assessed(some)
    assert done.fix_set_verified
    chosen = {place for fix in done.fixes if fix.id in done.fix_set for place in fix.defences}
    states = tuple(replace(one, probability=1.0) if (one.asset, one.defence) in chosen else one for one in some.defences)
    assert assessed(replace(some, defences=states)).paths == ()
    assert done.fix_set == tuple(fix.id for fix in done.fixes[: len(done.fix_set)])
    one_path = assessed(some, replace(DEFAULT_LIMITS, paths_per_goal=1))
    assert one_path.fix_set_verified
    assert len(one_path.paths) == 2
    with_insider = assessed(replace(some, crown_jewels=model.crown_jewels, entry_points=model.entry_points))
    assert not with_insider.fix_set_verified


def test_alternatives_are_ways_that_cutting_the_first_leaves() -> None:
    model = shop(
        {
            ("k:Container:web", "notPrivileged"): ("privileged-container", 70),
            ("k:Container:web", "seccomp"): ("seccomp-unconfined", 71),
        }
    )
    paths = [path for path in assessed(model).paths if (path.actor, path.goal_title) == ("A1", "root on the nodes")]
    assert [path.steps[-2].step for path in paths] == ["runPrivileged", "escape"]
    assert [path.expected_days for path in paths] == sorted(path.expected_days for path in paths)


def test_like_entries_are_counted_not_listed() -> None:
    model = shop(workers=6)
    grant = link("Holds", "ServiceAccount:worker", "RoleGrant:web")
    model = replace(model, links=(*(one for one in model.links if one.association != "Holds"), grant))
    (root,) = [path for path in assessed(model).paths if (path.actor, path.goal_title) == ("A2", "root on the nodes")]
    assert (root.steps[2].asset, root.variants) == ("k:ServiceAccount:worker", 5)
    assert root.steps[0].asset.startswith("k:Container:worker")


def test_fingerprints_do_not_move_with_lines() -> None:
    first, second = assessed(shop()), assessed(shop(line=100))
    assert [path.fingerprint for path in first.paths] == [path.fingerprint for path in second.paths]
    assert [fix.fingerprint for fix in first.fixes] == [fix.fingerprint for fix in second.fixes]
    assert [weak.fingerprint for weak in first.weaknesses] == [weak.fingerprint for weak in second.weaknesses]
    assert [weak.evidence_fingerprint for weak in first.weaknesses] == [weak.evidence_fingerprint for weak in second.weaknesses]
    assert len({path.fingerprint for path in first.paths}) == len(first.paths)


def test_weaknesses_know_the_paths_that_use_them() -> None:
    done = assessed(shop())
    found = {(weak.key, weak.asset): weak for weak in done.weaknesses}
    assert set(found["psa-not-enforced", "k:Namespace:shop"].paths) == set(done.fixes[0].cuts)
    assert found["sa-token-automount", "k:Workload:worker"].paths == ()
    assert done.weaknesses[0].paths


def test_choke_points_lie_between_entry_and_goal() -> None:
    done = assessed(shop())
    first = done.choke_points[0]
    assert (first.asset, first.step) == ("k:Namespace:shop", "runPod")
    assert set(first.paths) == set(done.fixes[0].cuts)
    goals = {(path.steps[-1].asset, path.steps[-1].step) for path in done.paths if path.goal_title == "the orders"}
    assert not goals.intersection((point.asset, point.step) for point in done.choke_points)


def test_flows_name_workloads_ports_and_boundaries() -> None:
    rows = {(row.source, row.target): row for row in assessed(shop()).flows}
    assert rows["internet", "k:Workload:web"].boundaries == ("shop",)
    assert rows["internet", "k:Workload:web"].ports == ("8080",)
    assert rows["k:Workload:worker", "k:Workload:db"].protection == "the application asks who it is"
    assert len(rows) == 2


@pytest.mark.parametrize(
    "days,value,word",
    [
        (1.0, 10, "critical"),
        (30.0, 8, "critical"),
        (31.0, 8, "high"),
        (1.0, 7, "high"),
        (200.0, 9, "medium"),
        (1.0, 2, "medium"),
        (500.0, 1, "low"),
    ],
)
def test_severity(days: float, value: int, word: str) -> None:
    assert severity_of(days, value).value == word


@pytest.mark.parametrize(
    "inside,doubtful,value,word",
    [
        (False, False, 10, "critical"),
        (True, False, 10, "high"),
        (False, True, 10, "high"),
        (True, True, 10, "medium"),
        (True, True, 5, "low"),
    ],
)
def test_critical_is_an_outsider_more_likely_than_not(value: int, word: str, *, inside: bool, doubtful: bool) -> None:
    assert severity_of(1.0, value, inside=inside, doubtful=doubtful).value == word


def test_an_empty_model_is_assessed() -> None:
    done = assessed(Model())
    assert (done.paths, done.fixes, done.flows, done.size.steps) == ((), (), (), 0)
    assert [actor.entries for actor in done.actors] == [0] * 5
    assert not done.fix_set_verified


def test_what_is_no_attack_step_is_named() -> None:
    model = shop()
    entry = EntryPoint(actor="A1", asset="k:Container:web", step="notPrivileged", title="", evidence=())
    with pytest.raises(LanguageError, match="notPrivileged"):
        assessed(replace(model, entry_points=(entry,)))
    jewel = CrownJewel(asset="k:Container:web", step="nothing", title="", value=3, evidence=())
    with pytest.raises(LanguageError, match="nothing"):
        assessed(replace(model, crown_jewels=(jewel,)))


def test_the_same_bytes_under_any_hash_seed() -> None:
    program = "from tests.analyses.test_assess import assessed, shop; print(repr(assessed(shop(workers=4))))"
    outputs = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(sys.path)},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(outputs) == 1


def entered(model: Model, seed: int) -> Model:
    """A random model of the small language with entries for every actor and a few crown jewels."""
    containers = [one.id for one in model.assets if one.kind == "Container"]
    nets = [one.id for one in model.assets if one.kind == "Internet"]
    points = [
        EntryPoint(actor="A2", asset=name, step="compromise", title=name, evidence=evidence("entry")) for name in containers
    ]
    points += [EntryPoint(actor="A1", asset=name, step="attack", title=name, evidence=evidence("entry")) for name in nets]
    steps = {"DataStore": "readData", "HostPool": "root", "Secret": "read", "Application": "login"}
    jewels = [
        CrownJewel(asset=one.id, step=steps[one.kind], title=one.id, value=1 + (seed + place) % 10, evidence=evidence("jewel"))
        for place, one in enumerate(model.assets)
        if one.kind in steps
    ]
    return replace(model, entry_points=tuple(points), crown_jewels=tuple(jewels[:8]))


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 100_000), assets=st.integers(8, 40), links=st.integers(20, 160), attempts=st.sampled_from((1, 48)))
def test_alone_means_alone_and_what_is_reached_has_a_way(seed: int, assets: int, links: int, attempts: int) -> None:
    kinds = (
        "Container",
        "Application",
        "Secret",
        "NetworkZone",
        "Flow",
        "DataStore",
        "Workload",
        "HostPool",
        "Internet",
        "Exposure",
    )
    model = entered(random_model(shop_language(), seed, assets=assets, links=links, kinds=kinds), seed)
    graph = generate(shop_language(), model)
    gates = gates_of(graph)
    own = own_days(graph)
    for stance in stances(graph):
        found = search(graph, gates, stance, own=own, limits=replace(DEFAULT_LIMITS, attempts=attempts))
        if stance.alone:
            alone = np.zeros(graph.size, dtype=np.bool_)
            for entry in stance.entries:
                alone |= reach(graph, gates, (entry,), allowed=stance.allowed).reached
            assert (alone == reached_by(graph, gates, stance)).all()
        for jewel in model.crown_jewels:
            best = best_way(found, found.derivations(), jewel)
            assert (best is not None) == bool(found.reached[goal_node(graph, jewel)])
            ways = () if best is None else (best, *Alternatives(found, {}).to(best, most=3))
            assert [way.derivation.days for way in ways] == sorted(way.derivation.days for way in ways)
            assert len({way.likeness for way in ways}) == len(ways)
            for way in ways:
                assert still_open(graph, gates, way)
                assert len(way.derivation.entries) == 1 or not stance.alone
                assert way.derivation.goal == goal_node(graph, jewel)


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 100_000), assets=st.integers(10, 40), links=st.integers(30, 160))
def test_any_model_is_assessed_and_paths_hang_together(seed: int, assets: int, links: int) -> None:
    done = assessed(entered(random_model(shop_language(), seed, assets=assets, links=links), seed))
    ids = {path.id for path in done.paths}
    for path in done.paths:
        assert path.steps[-1].asset == path.goal_asset
        for position, step in enumerate(path.steps):
            assert all(need < position for need in step.needs)
            assert step.evidence
        assert set(range(len(path.steps) - 1)) == {need for step in path.steps for need in step.needs}
    for actor in done.actors:
        assert {goal.path for goal in actor.goals if goal.path} <= ids
    for fix in done.fixes:
        assert ids.issuperset(fix.cuts)


def test_the_shipped_language_is_assessed() -> None:
    language = load_language()
    model = random_model(language, 3, assets=150, links=600)
    steps = [
        EntryPoint(actor="A2", asset=one.id, step="compromise", title=one.id, evidence=())
        for one in model.assets
        if one.kind == "Container"
    ]
    jewels = [
        CrownJewel(asset=one.id, step="read", title=one.id, value=7, evidence=()) for one in model.assets if one.kind == "Secret"
    ]
    done = assess(replace(model, entry_points=tuple(steps), crown_jewels=tuple(jewels)))
    assert done.size.assets == 150
    assert done.language is language
