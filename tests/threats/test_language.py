"""What holds of the shipped language as a whole."""

from __future__ import annotations

import pytest

from breachway.threats.actors import ACTORS
from breachway.threats.frameworks import MISSION_ROWS, OWASP_DOCKER, STRIDE, attack_techniques, microsoft_techniques, ttc_sources
from breachway.threats.language import Step, StepKind
from breachway.threats.linting.form import TAGS
from breachway.threats.loading import load_language

OWN = [
    (f"{asset.name}.{step.name}", step)
    for asset in load_language().assets
    for step in asset.steps
    if step.declared_in == asset.name
]
ATTACKS = [(name, step) for name, step in OWN if step.kind in {StepKind.OR, StepKind.AND}]
DEFENCES = [(name, step) for name, step in OWN if step.kind is StepKind.DEFENCE]


def test_size() -> None:
    assert len([name for name, step in ATTACKS if step.info.title]) >= 120
    assert len(DEFENCES) >= 60


def test_loaded_once() -> None:
    assert load_language() is load_language()


def test_titles_read_well_in_a_path() -> None:
    for name, step in OWN:
        if step.info.title:
            assert not step.info.title.endswith("."), name
            assert step.info.sentence.endswith("."), name
            assert len(step.info.title) <= 60, name


def test_titles_are_distinct_within_a_class() -> None:
    for asset in load_language().assets:
        titles = [step.info.title for step in asset.steps if step.info.title]
        assert len(titles) == len(set(titles)), asset.name


def test_every_defence_stops_something() -> None:
    assert [name for name, step in DEFENCES if not step.targets] == []


def test_every_id_exists() -> None:
    attack = {technique.id for technique in attack_techniques()}
    microsoft = {technique.id for technique in microsoft_techniques()}
    for name, step in OWN:
        assert set(step.info.stride) <= set(STRIDE), name
        assert set(step.info.attack) <= attack, name
        assert set(step.info.microsoft) <= microsoft, name
        assert set(step.info.owasp) <= set(OWASP_DOCKER), name
        assert set(step.info.mission) <= MISSION_ROWS, name
        assert set(step.tags) <= TAGS, name


@pytest.mark.parametrize("name, step", [(name, step) for name, step in ATTACKS if step.ttc is not None])
def test_times_cite_a_source(name: str, step: Step) -> None:
    sources = {source.id for source in ttc_sources()}
    assert step.info.ttc.startswith("Judgement:") or step.info.ttc.split(":")[0] in sources, name


def test_every_source_is_cited() -> None:
    said = " ".join(step.info.ttc for _, step in OWN)
    assert [source.id for source in ttc_sources() if source.id not in said] == []


def test_own_rights_are_quick_and_not_free() -> None:
    for name, step in ATTACKS:
        if name.startswith("RoleGrant.") and step.info.title:
            assert step.ttc is not None, name
            assert (step.ttc.name, step.ttc.arguments) in {("Exponential", (144.0,)), ("Gamma", (2.0, 0.0069))}, name


def test_actors() -> None:
    assert [actor.id for actor in ACTORS] == ["A1", "A2", "A3", "A4", "A5"]
    for actor in ACTORS:
        assert set(actor.forbidden_tags) <= TAGS
    assert [bool(actor.forbidden_tags) for actor in ACTORS] == [False, False, False, True, True]


def test_escapes_are_tagged() -> None:
    """A step from inside a container to root on its host is never one that an honest process takes."""
    for name, step in ATTACKS:
        if name.startswith(("Container.", "HostMount.")) and any(target.step == "root" and target.via for target in step.targets):
            assert "escape" in step.tags, name
