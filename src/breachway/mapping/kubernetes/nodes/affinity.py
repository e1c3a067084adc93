"""Which nodes a pod's required node affinity admits, as the scheduler does it (Kubernetes 1.31, component-helpers/nodeaffinity).

One of the terms must hold, and a term holds when all of its requirements do; a term without any admits no node.  What is merely
preferred keeps a pod from nothing.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from breachway.mapping.kubernetes.declared import labels_of, name_of
from breachway.sources.decoding import value_or

if TYPE_CHECKING:
    from collections.abc import Mapping

    from breachway.mapping.kubernetes.views import PodView
    from breachway.sources.kubernetes.objects import Node
    from breachway.sources.kubernetes.pods import NodeSelectorRequirement

_WHOLE = re.compile(r"[+-]?[0-9]{1,18}")


class Requirement(NamedTuple):
    """One condition on a label of the node, or on its name (``field``)."""

    key: str
    operator: str
    values: tuple[str, ...]
    field: bool


Terms: TypeAlias = tuple[tuple[Requirement, ...], ...]


def required_terms(pod: PodView) -> Terms | None:
    """What the pod requires of its node; None where it requires nothing.

    The controller of a DaemonSet writes the node's name into each of its pods, which says nothing of the others.
    """
    affinity = pod.spec.affinity
    node = affinity.node_affinity if affinity is not None else None
    required = node.required_during_scheduling_ignored_during_execution if node is not None else None
    if required is None:
        return None
    own = pod.template.kind != "DaemonSet"
    terms = tuple(
        (
            *(_requirement(item, field=False) for item in term.match_expressions),
            *(_requirement(item, field=True) for item in term.match_fields if own),
        )
        for term in required.node_selector_terms
    )
    only_names = not own and any(term.match_fields and not term.match_expressions for term in required.node_selector_terms)
    return None if only_names else terms


def _requirement(item: NodeSelectorRequirement, *, field: bool) -> Requirement:
    return Requirement(value_or(item.key, ""), value_or(item.operator, ""), tuple(value.value for value in item.values), field)


def admits(terms: Terms | None, node: Node) -> bool:
    """Whether a pod with these requirements may be scheduled on the node."""
    if terms is None:
        return True
    labels, name = labels_of(node.metadata), name_of(node.metadata)
    return any(term and all(_holds(item, labels, name) for item in term) for term in terms)


def _holds(item: Requirement, labels: Mapping[str, str], name: str) -> bool:
    if item.field:
        return item.key == "metadata.name" and ((name in item.values) if item.operator == "In" else name not in item.values)
    value = labels.get(item.key)
    match item.operator:
        case "In":
            return value in item.values
        case "NotIn":
            return value not in item.values
        case "Exists":
            return value is not None
        case "DoesNotExist":
            return value is None
        case "Gt" | "Lt":
            return _compares(value, item)
        case _:
            return False


def _compares(value: str | None, item: Requirement) -> bool:
    """Whether a label is above or below the one value; what is no whole number is neither."""
    if value is None or len(item.values) != 1 or not _WHOLE.fullmatch(value) or not _WHOLE.fullmatch(item.values[0]):
        return False
    return int(value) > int(item.values[0]) if item.operator == "Gt" else int(value) < int(item.values[0])
