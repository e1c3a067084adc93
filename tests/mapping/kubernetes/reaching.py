"""What an attacker reaches in a small cluster from given steps, by the engine itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from breachway.graph.gates import gates_of
from breachway.graph.generation import generate
from breachway.graph.reachability import reach
from breachway.threats.loading import load_language
from tests.mapping.kubernetes.clusters import model_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from breachway.model import Model


def reached(text: str, *starts: tuple[str, str]) -> frozenset[tuple[str, str]]:
    """The steps (asset id, step) that follow from ``starts`` in the cluster that the manifests describe."""
    return reached_in(model_of(text), starts)


def reached_in(model: Model, starts: Iterable[tuple[str, str]]) -> frozenset[tuple[str, str]]:
    """The same, in a model; a start that is not there fails."""
    graph = generate(load_language(), model)
    nodes = [graph.find(asset, step) for asset, step in starts]
    assert None not in nodes, nodes
    entries = tuple(node for node in nodes if node is not None)
    found = reach(graph, gates_of(graph), entries).reached
    return frozenset((graph.asset_id(node), graph.step(node).name) for node in np.flatnonzero(found).tolist())
