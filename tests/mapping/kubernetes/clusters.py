"""Whole models of Kubernetes manifests for tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from breachway.evidence import Basis, Evidence, Location, Unread
from breachway.mapping.bindings import load_bindings
from breachway.mapping.building import ModelBuilder
from breachway.mapping.kubernetes.cluster import map_kubernetes
from breachway.mapping.places import INTERNET_ID
from breachway.sources.kubernetes.recognition import kubernetes_objects
from breachway.sources.yaml_positions import read_yaml
from breachway.threats.language import StepKind
from breachway.threats.loading import load_language

if TYPE_CHECKING:
    from breachway.mapping.kubernetes.index import KubernetesIndex
    from breachway.model import DefenceState, Link, Model
    from breachway.sources.kubernetes.objects import KubernetesObject

DOCUMENT = "given.yaml"
LEFT_TO_NETWORK = frozenset({"egressRestricted", "metadataBlocked"})
"""Defences of containers that ``mapping.kubernetes.network`` sets, which has all policies in view."""


def map_text(text: str, *, version: str = "", trusted: tuple[str, ...] = ()) -> tuple[Model, KubernetesIndex]:
    """Map manifests, and insist that all of them were understood."""
    tree = read_yaml(text, DOCUMENT)
    problems: list[Unread] = list(tree.problems)
    objects = tuple(item for node in tree.documents if node is not None for item in kubernetes_objects(node, DOCUMENT, problems))
    assert not problems, problems
    return map_objects(objects, version=version, trusted=trusted)


def map_objects(
    objects: tuple[KubernetesObject, ...], *, version: str = "", trusted: tuple[str, ...] = ()
) -> tuple[Model, KubernetesIndex]:
    """Map objects into a model that holds nothing but the internet."""
    builder = ModelBuilder(load_bindings())
    seen = (Evidence(Location(DOCUMENT, "", 1, 1), Basis.DEFAULTED, "every deployment has an outside"),)
    builder.asset("Internet", INTERNET_ID, "the internet", platform="internet", evidence=seen)
    index = map_kubernetes(builder, objects, version=version, trusted=trusted)
    return builder.build(), index


def model_of(text: str, *, version: str = "", trusted: tuple[str, ...] = ()) -> Model:
    """Map manifests."""
    return map_text(text, version=version, trusted=trusted)[0]


def defence(model: Model, asset: str, name: str) -> DefenceState:
    """The state of one defence; a missing one fails."""
    found = [state for state in model.defences if (state.asset, state.defence) == (asset, name)]
    assert found, f"{name} of {asset} is not set"
    return found[0]


def missing_defences(model: Model) -> list[tuple[str, str]]:
    """The defences of the language that no rule set, as (asset, defence)."""
    wanted = {
        asset_class.name: frozenset(step.name for step in asset_class.steps if step.kind is StepKind.DEFENCE)
        for asset_class in load_language().assets
    }
    known = {(state.asset, state.defence) for state in model.defences}
    return [
        (asset.id, name)
        for asset in model.assets
        for name in sorted(wanted[asset.kind] - LEFT_TO_NETWORK)
        if (asset.id, name) not in known
    ]


def weaknesses(model: Model, key: str) -> list[str]:
    """The assets on which a weakness was found for sure."""
    return [weakness.asset for weakness in model.weaknesses if weakness.key == key and weakness.verdict.value == "weak"]


def links(model: Model, association: str) -> list[tuple[str, str]]:
    """The instances of an association."""
    return [(link.left, link.right) for link in model.links if link.association == association]


def wrong_links(model: Model) -> list[Link]:
    """The links whose ends are not in the model, or not of the classes that the association joins."""
    language = load_language()
    lineages = {asset_class.name: frozenset(asset_class.lineage) for asset_class in language.assets}
    associations = {association.name: association for association in language.associations}
    kinds = {asset.id: asset.kind for asset in model.assets}
    return [
        link
        for link in model.links
        if link.left not in kinds
        or link.right not in kinds
        or associations[link.association].left_asset not in lineages[kinds[link.left]]
        or associations[link.association].right_asset not in lineages[kinds[link.right]]
    ]
