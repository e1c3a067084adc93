"""Models of small inputs with manifests and Terraform, for the tests of the cloud."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from breachway.analyses.actors import reached_by, stances
from breachway.graph.gates import gates_of
from breachway.graph.generation import generate
from breachway.mapping.model_building import build_model
from breachway.sources.configuration.reader import read_configuration
from breachway.sources.reading import read
from breachway.threats.loading import load_language
from tests.mapping.containers.models import faults

if TYPE_CHECKING:
    from breachway.model import DefenceState, Link, Model

HERE = Path(__file__).parent


@cache
def estate(name: str) -> Model:
    """One of the folders beside this file, with its ``breachway.yaml``."""
    folder = HERE / name
    settings = folder / "breachway.yaml"
    configuration = read_configuration(settings.read_text(encoding="utf-8"), str(settings)) if settings.exists() else None
    model = build_model(read([str(folder)]), configuration)
    assert faults(model) == []
    return model


def model_of(folder: Path, **texts: str) -> Model:
    """A model of files in a folder of the test's own: ``main_tf`` is ``main.tf``."""
    for name, text in texts.items():
        stem, _, ending = name.rpartition("_")
        (folder / f"{stem}.{ending}").write_text(text, encoding="utf-8")
    model = build_model(read([str(folder)]))
    assert faults(model) == []
    return model


def state_of(model: Model, asset: str, defence: str) -> DefenceState:
    """The state of a defence; a missing one fails."""
    return next(state for state in model.defences if (state.asset, state.defence) == (asset, defence))


def place_of(state: DefenceState | Link) -> tuple[str, int]:
    """File and line of the first evidence."""
    location = state.evidence[0].location
    return Path(location.document).name, location.line


def right_of(model: Model, association: str, left: str) -> dict[str, tuple[str, int]]:
    """What an asset is joined with, and where that is said."""
    return {link.right: place_of(link) for link in model.links if (link.association, link.left) == (association, left)}


@cache
def reached(name: str, actor: str) -> frozenset[str]:
    """The steps that an actor reaches in an estate, as ``asset.step``."""
    graph = generate(load_language(), estate(name))
    gates = gates_of(graph)
    return frozenset(
        f"{graph.asset_id(node)}.{graph.step(node).name}"
        for stance in stances(graph)
        if stance.info.id == actor
        for node in np.flatnonzero(reached_by(graph, gates, stance)).tolist()
    )
