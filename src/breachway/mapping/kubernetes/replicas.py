"""From objects to templates.

Pods that a controller made are its replicas, and pods whose controller is not in the input are grouped by it.  A made object that
does not say what the template of its maker says (a rollout that is under way, an injected container, a pod that somebody edited)
runs all the same: it gives the workload a further template.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from breachway.mapping.kubernetes.declared import labels_of, name_of, namespace_of
from breachway.sources.decoding import value_or
from breachway.sources.kubernetes.likeness import template_mark
from breachway.sources.kubernetes.objects import Node, Workload
from breachway.sources.kubernetes.replicas import maker_behind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from breachway.mapping.kubernetes.declared import Declared
    from breachway.sources.kubernetes.metadata import OwnerReference
    from breachway.sources.kubernetes.replicas import Replica

DAEMONS = frozenset({"DaemonSet"})
"""Kinds that run one pod on each node."""

_ENDED = frozenset({"Failed", "Succeeded"})
_LONGEST_CHAIN = 8
"""Owners of owners that are followed; controllers of controllers make three."""

_Key = tuple[str, str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """One workload at template level, under the names of the object that people wrote.

    ``node_names`` are the nodes that its pods in the input run on, sorted; empty where no pod says it.
    """

    workload: Workload
    namespace: str
    kind: str
    name: str
    replicas: int
    node_names: tuple[str, ...] = ()

    @property
    def subject(self) -> str:
        """How a person names it."""
        return f"{self.kind} {self.namespace}/{self.name}"


def templates(declared: Declared, replicas: Iterable[Replica] = ()) -> tuple[Template, ...]:
    """Every workload, sorted by namespace, kind and name.

    Documents that declare one workload differently (the environments of an overlay) give a template each: all of them count.

    An object that another object of the input made is left out where it says the same, or runs nothing.  Where the maker is
    missing, as in a dump of pods alone, the objects of one maker become its templates, one for each content, with their number
    as replicas.  ``replicas`` are the objects that the reader did not keep for that reason already.
    """
    workloads = declared.of(Workload)
    light = tuple(replicas)
    nodes = len(declared.of(Node))
    owners = _Owners(workloads, light)
    made: dict[_Key, list[Workload]] = {}
    found: dict[_Key, list[Template]] = {}
    for item in workloads:
        if owner_of(item) is None:
            key = _key(item)
            template = Template(workload=item, namespace=key[0], kind=key[1], name=key[2], replicas=_replicas(item, nodes))
            found.setdefault(key, []).append(template)
        else:
            made.setdefault(owners.root(item), []).append(item)
    for key, items in made.items():
        found[key] = _with_made(key, found.get(key, []), items, owners)
    placed = _placed(found, owners, light)
    return tuple(
        replace(template, node_names=placed[key]) if key in placed else template
        for key in sorted(found)
        for template in found[key]
    )


def _with_made(key: _Key, stated: list[Template], items: list[Workload], owners: _Owners) -> list[Template]:
    """The templates of one workload, with those that only its made objects know."""
    if not stated and len(items) == 1:
        return [_made_template(key, items[0], owners.alone(key))]
    kept = list(stated)
    replicas = stated[0].replicas if stated else owners.alone(key)
    known = {template_mark(template.workload.pod_template, template.kind) for template in stated}
    # Controllers first, because their pods say no more than they do; a maker that is missing goes by its first object.
    waiting = sorted(items, key=lambda item: (owners.has_owner(item) if not stated else False, item.kind == "Pod"))
    for item in waiting:
        if kept and _runs_nothing(item):
            continue
        owner = owner_of(item)
        mark = template_mark(item.pod_template, owner[1] if owner is not None and item.kind == "Pod" else item.kind)
        if mark not in known:
            known.add(mark)
            kept.append(_made_template(key, item, replicas))
    return kept


def _made_template(key: _Key, item: Workload, replicas: int) -> Template:
    return Template(workload=item, namespace=key[0], kind=key[1], name=key[2], replicas=replicas)


def _runs_nothing(item: Workload) -> bool:
    """Whether an object that a present controller made runs nothing any more: an old revision, or what has ended."""
    if item.kind == "Pod":
        return item.status is not None and value_or(item.status.phase, "") in _ENDED
    return item.kind == "Job" or value_or(item.replicas, 1) == 0


def _placed(found: Mapping[_Key, list[Template]], owners: _Owners, light: tuple[Replica, ...]) -> dict[_Key, tuple[str, ...]]:
    """By workload, the nodes of its pods."""
    placed: dict[_Key, set[str]] = {}
    for item in owners.pods:
        node = value_or(item.pod_template.spec.node_name, "")
        if node:
            placed.setdefault(_key(item) if owner_of(item) is None else owners.root(item), set()).add(node)
    for one in light:
        if one.node:
            placed.setdefault(owners.root_of(one), set()).add(one.node)
    return {key: tuple(sorted(names)) for key, names in placed.items() if key in found}


class _Owners:
    """Who made what, over several steps: a pod, its ReplicaSet, the Deployment."""

    def __init__(self, workloads: tuple[Workload, ...], light: tuple[Replica, ...]) -> None:
        self.pods = tuple(item for item in workloads if item.kind == "Pod")
        self._above: dict[_Key, tuple[_Key, ...]] = {}
        for one in light:
            if one.kind != "Pod":
                self._above[one.namespace, one.kind, one.name] = _distinct(one.namespace, one.maker, one.owner)
        for item in workloads:
            self._above[_key(item)] = _above(item)
        self._alone: dict[_Key, int] = {}
        for item in workloads:
            if owner_of(item) is not None and not self.has_owner(item):
                self._count(_above(item)[0])
        for one in light:
            if (one.namespace, *one.owner) not in self._above:
                self._count((one.namespace, *one.maker))

    def _count(self, key: _Key) -> None:
        self._alone[key] = self._alone.get(key, 0) + 1

    def alone(self, key: _Key) -> int:
        """How many objects a maker that is missing has made."""
        return self._alone.get(key, 1)

    def has_owner(self, item: Workload) -> bool:
        """Whether the direct owner of a made object is there."""
        return owner_of(item) in self._above

    def root(self, item: Workload) -> _Key:
        """The workload that a made object belongs to: what is there and nobody made, else the last maker that is named."""
        return self._root(_above(item))

    def root_of(self, one: Replica) -> _Key:
        """The same of an object that was not kept."""
        return self._root(_distinct(one.namespace, one.maker, one.owner))

    def _root(self, above: tuple[_Key, ...]) -> _Key:
        key = above[0]
        for _ in range(_LONGEST_CHAIN):
            key = next((one for one in above if one in self._above), above[0])
            above = self._above.get(key, ())
            if not above:
                break
        return key


def _above(item: Workload) -> tuple[_Key, ...]:
    """The maker and the owner of a made object; nothing for an object that nobody made."""
    owner = owner_of(item)
    if owner is None:
        return ()
    maker = maker_behind(owner[1:], labels_of(item.metadata).get("pod-template-hash", ""))
    return _distinct(owner[0], maker, owner[1:])


def _distinct(namespace: str, maker: tuple[str, str], owner: tuple[str, str]) -> tuple[_Key, ...]:
    first = (namespace, *maker)
    return (first,) if maker == owner else (first, (namespace, *owner))


def _key(item: Workload) -> _Key:
    return namespace_of(item.metadata), item.kind, name_of(item.metadata)


def owner_of(item: Workload) -> _Key | None:
    """The controller that made the object; a node is no maker (its mirror pods are objects of their own)."""
    for reference in item.metadata.owner_references:
        kind, name = _named(reference)
        if kind and name and kind != "Node":
            return namespace_of(item.metadata), kind, name
    return None


def _named(reference: OwnerReference) -> tuple[str, str]:
    return value_or(reference.kind, ""), value_or(reference.name, "")


def _replicas(item: Workload, nodes: int) -> int:
    if item.kind in DAEMONS:
        return max(nodes, 1)
    return max(value_or(item.replicas, 1), 0)
