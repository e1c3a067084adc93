"""Recognises ECS and IAM documents, in the form that registers them and in the form that the API describes them in."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from breachway.sources.decoding import child, decode, root
from breachway.sources.dialects import AWS
from breachway.sources.ecs import policies
from breachway.sources.ecs.objects import EcsCluster, EcsService, TaskDefinition
from breachway.sources.nodes import Entry, Mapping, Sequence

if TYPE_CHECKING:
    from breachway.evidence import Location, Unread
    from breachway.sources.ecs.objects import EcsDocument
    from breachway.sources.nodes import Node

D = TypeVar("D", TaskDefinition, EcsService, EcsCluster)

_CONTAINER_SIGNS = frozenset(
    {"essential", "memory", "memoryReservation", "cpu", "portMappings", "logConfiguration", "mountPoints"}
)
_SERVICE_SIGNS = frozenset({"taskDefinition", "launchType", "networkConfiguration", "capacityProviderStrategy", "serviceArn"})
_CLUSTER_SIGNS = frozenset({"settings", "configuration", "capacityProviders", "clusterArn", "defaultCapacityProviderStrategy"})
_SINGLE = ("taskDefinition", "service", "cluster", "Role", "PolicyVersion")
_WRAPPERS = (*_SINGLE, "taskDefinitions", "services", "clusters", "Roles", "RoleDetailList")


def ecs_documents(node: Node, document: str, problems: list[Unread]) -> tuple[EcsDocument, ...]:
    """Return the task definitions, services, clusters, policies and roles of one document.

    A document that is none of these gives an empty tuple and no problem.
    """
    found: list[EcsDocument] = []
    _read(node, root(document, node), problems, found)
    return tuple(found)


def _read(node: Node, location: Location, problems: list[Unread], found: list[EcsDocument]) -> None:
    if isinstance(node, Mapping):
        _read_mapping(node, location, problems, found)
    elif isinstance(node, Sequence):
        if _are_containers(node):
            entry = Entry("containerDefinitions", node, node.line, node.column)
            _take(TaskDefinition, Mapping({entry.key: entry}, node.line, node.column), location, problems, found)
            return
        for item, place in policies.items(node, location):
            if isinstance(item, Mapping):
                _read_mapping(item, place, problems, found)


def _read_mapping(node: Mapping, location: Location, problems: list[Unread], found: list[EcsDocument]) -> None:
    keys = frozenset(key[:1].lower() + key[1:] for key in node.entries)
    if "containerDefinitions" in keys:
        _take(TaskDefinition, node, location, problems, found)
    elif "serviceName" in keys and keys & _SERVICE_SIGNS:
        _take(EcsService, node, location, problems, found)
    elif "clusterName" in keys and (keys & _CLUSTER_SIGNS or len(keys) == 1):
        _take(EcsCluster, node, location, problems, found)
    elif "statement" in keys:
        found.append(policies.policy_document(node, location, problems))
    elif keys & {"assumeRolePolicyDocument", "attachedPolicies"}:
        found.extend(role for role in (policies.role(node, location, problems),) if role is not None)
    elif "policyDocument" in keys or ("document" in keys and "isDefaultVersion" in keys):
        found.extend(policy for policy in (policies.named_policy(node, location, problems),) if policy is not None)
    else:
        _read_wrapped(node, location, problems, found)


def _read_wrapped(node: Mapping, location: Location, problems: list[Unread], found: list[EcsDocument]) -> None:
    """Read what an answer of the API wraps: one object under its name, or a list of them."""
    for key in _WRAPPERS:
        inner = child(location, node, key)
        if inner is None:
            continue
        wrapped, place = inner
        if isinstance(wrapped, Mapping) and key in _SINGLE:
            _read_mapping(wrapped, place, problems, found)
        elif isinstance(wrapped, Sequence) and key not in _SINGLE:
            for item, at in policies.each_mapping(wrapped, place, problems):
                _read_mapping(item, at, problems, found)


def _take(cls: type[D], node: Mapping, location: Location, problems: list[Unread], found: list[EcsDocument]) -> None:
    decoded = decode(cls, node, location, AWS, problems)
    if decoded is not None:
        found.append(decoded)


def _are_containers(node: Sequence) -> bool:
    """Tell a bare list of container definitions, as Terraform takes it."""
    return bool(node.items) and all(
        isinstance(item, Mapping) and {"name", "image"} <= item.entries.keys() and _CONTAINER_SIGNS & item.entries.keys()
        for item in node.items
    )
