"""No decoration: every attack step is reached on some artefact, and every defence is in force on some and missing on some.

What no artefact shows by itself (a patched kernel, a reviewed change) is settled as a user would, in a ``breachway.yaml``.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from breachway.analyses.actors import reached_by, stances
from breachway.graph.gates import gates_of
from breachway.graph.generation import generate
from breachway.mapping.model_building import build_model
from breachway.sources.configuration.objects import Belief, Configuration
from breachway.sources.configuration.reader import read_configuration
from breachway.sources.reading import read
from breachway.threats.language import StepKind
from breachway.threats.loading import load_language

if TYPE_CHECKING:
    from breachway.model import Model

HERE = Path(__file__).parent
REPOSITORY = HERE.parents[1]
INPUTS = (
    HERE / "everything",
    REPOSITORY / "examples" / "shop",
    REPOSITORY / "examples" / "quiet",
    HERE / "cloud" / "eks" / "vulnerable",
    HERE / "cloud" / "gke" / "vulnerable",
)
FIXTURES = tuple(sorted(path for path in (REPOSITORY / "tests" / "techniques").iterdir() if path.is_dir() and "-" in path.name))


@cache
def models() -> tuple[Model, ...]:
    """Each input as it is, the first with every assumption refuted and confirmed; then the technique fixtures."""
    found = []
    for folder in INPUTS:
        settings = folder / "breachway.yaml"
        found.append(build_model(read([str(folder)]), read_configuration(settings.read_text(encoding="utf-8"), str(settings))))
    everything = read([str(INPUTS[0])])
    assumptions = build_model(everything).assumptions
    place = assumptions[0].evidence[0].location
    for probability in (0.0, 1.0):
        beliefs = tuple(Belief(location=place, id=item.id, probability=probability) for item in assumptions)
        found.append(build_model(everything, Configuration(assumptions=beliefs)))
    return (*found, *(build_model(read([str(folder)])) for folder in FIXTURES))


def test_every_attack_step_is_reached_by_somebody_somewhere() -> None:
    language = load_language()
    declared = {(asset.name, step.name): f"{step.declared_in}.{step.name}" for asset in language.assets for step in asset.steps}
    attack = {StepKind.OR, StepKind.AND}
    wanted = {declared[asset.name, step.name] for asset in language.assets for step in asset.steps if step.kind in attack}
    reached: set[str] = set()
    for model in models():
        graph = generate(language, model)
        gates = gates_of(graph)
        kinds = {asset.id: asset.kind for asset in model.assets}
        for stance in stances(graph):
            for node in np.flatnonzero(reached_by(graph, gates, stance)).tolist():
                reached.add(declared[kinds[graph.asset_id(node)], graph.step(node).name])
    assert sorted(wanted - reached) == []
    assert len(wanted) >= 120


def test_every_defence_is_set_on_every_asset_and_both_ways_somewhere() -> None:
    language = load_language()
    defences = {asset.name: [step for step in asset.steps if step.kind is StepKind.DEFENCE] for asset in language.assets}
    in_force: set[str] = set()
    missing: set[str] = set()
    for model in models():
        states = {(state.asset, state.defence): state for state in model.defences}
        for asset in model.assets:
            for step in defences[asset.kind]:
                state = states[asset.id, step.name]
                assert state.evidence, f"{asset.id}.{step.name} is set without evidence"
                (in_force if state.probability >= 0.5 else missing).add(f"{step.declared_in}.{step.name}")
    wanted = {f"{step.declared_in}.{step.name}" for steps in defences.values() for step in steps}
    assert sorted(wanted - in_force) == []
    assert sorted(wanted - missing) == []
    assert len(wanted) >= 60


def test_every_asset_and_association_has_evidence() -> None:
    for model in models():
        assert all(asset.evidence for asset in model.assets)
        assert all(link.evidence for link in model.links)
        assert all(item.evidence for item in model.weaknesses)
        assert all(item.evidence for item in model.crown_jewels)
        assert all(item.evidence for item in model.entry_points)
