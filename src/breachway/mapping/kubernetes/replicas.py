"""From objects to templates.

Pods that a controller made are its replicas, and pods whose controller is not in the input are grouped by it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from breachway.mapping.kubernetes.declared import labels_of, name_of, namespace_of
from breachway.sources.decoding import value_or
from breachway.sources.kubernetes.objects import Node, Workload

if TYPE_CHECKING:
    from breachway.mapping.kubernetes.declared import Declared
    from breachway.sources.kubernetes.metadata import OwnerReference

DAEMONS = frozenset({"DaemonSet"})
"""Kinds that run one pod on each node."""

_Key = tuple[str, str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """One workload at template level, under the names of the object that people wrote."""

    workload: Workload
    namespace: str
    kind: str
    name: str
    replicas: int

    @property
    def subject(self) -> str:
        """How a person names it."""
        return f"{self.kind} {self.namespace}/{self.name}"


def templates(declared: Declared) -> tuple[Template, ...]:
    """Every workload, sorted by namespace, kind and name.

    Documents that declare one workload differently (the environments of an overlay) give a template each: all of them count.

    An object that another object of the input made is left out.  Where the maker is missing, as in a dump of pods alone, the
    objects of
    one maker become one template under the maker's name, with their number as replicas.
    """
    workloads = declared.of(Workload)
    present = {_key(item) for item in workloads}
    nodes = len(declared.of(Node))
    made: dict[_Key, list[Workload]] = {}
    found: dict[_Key, list[Template]] = {}
    for item in workloads:
        owner = _owner(item)
        if owner is None:
            key = _key(item)
            template = Template(workload=item, namespace=key[0], kind=key[1], name=key[2], replicas=_replicas(item, nodes))
            found.setdefault(key, []).append(template)
        elif owner not in present:
            made.setdefault(_maker(item, owner), []).append(item)
    for key, items in made.items():
        if key not in found and key not in present:
            found[key] = [Template(workload=items[0], namespace=key[0], kind=key[1], name=key[2], replicas=len(items))]
    return tuple(template for key in sorted(found) for template in found[key])


def _key(item: Workload) -> _Key:
    return namespace_of(item.metadata), item.kind, name_of(item.metadata)


def _owner(item: Workload) -> _Key | None:
    """The controller that made the object; a node is no maker (its mirror pods are objects of their own)."""
    for reference in item.metadata.owner_references:
        kind, name = _named(reference)
        if kind and name and kind != "Node":
            return namespace_of(item.metadata), kind, name
    return None


def _named(reference: OwnerReference) -> tuple[str, str]:
    return value_or(reference.kind, ""), value_or(reference.name, "")


def _maker(item: Workload, owner: _Key) -> _Key:
    """The object behind ``owner``: a Deployment behind its ReplicaSet, which carries the hash of the template in its name."""
    namespace, kind, name = owner
    suffix = labels_of(item.metadata).get("pod-template-hash", "")
    if kind == "ReplicaSet" and suffix and name.endswith(f"-{suffix}"):
        return namespace, "Deployment", name.removesuffix(f"-{suffix}")
    return owner


def _replicas(item: Workload, nodes: int) -> int:
    if item.kind in DAEMONS:
        return max(nodes, 1)
    return max(value_or(item.replicas, 1), 0)
