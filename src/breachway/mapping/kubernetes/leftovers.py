"""What the mapping leaves out, said: kinds that it does not model, and objects that are declared more than once."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from breachway.evidence import Unread
from breachway.mapping.kubernetes.declared import name_of, namespace_of
from breachway.sources.kubernetes.objects import OtherObject

if TYPE_CHECKING:
    from collections.abc import Iterable

    from breachway.evidence import Location
    from breachway.mapping.building import ModelBuilder
    from breachway.sources.kubernetes.objects import KubernetesObject
    from breachway.sources.kubernetes.replicas import Replica

_USED_GROUPS = ("admissionregistration.k8s.io", "kyverno.io", "gatekeeper.sh", "networking.istio.io", "policy.sigstore.dev")
_USED_KINDS = frozenset(
    {
        "AppProject",
        "ClusterSecretStore",
        "CustomResourceDefinition",
        "RuntimeClass",
        "ValidatingAdmissionPolicy",
        "ValidatingAdmissionPolicyBinding",
    }
)
_GROUPS = {"Job": "batch", "Pod": "", "ReplicaSet": "apps"}
"""The API group of each kind that a replica may be of."""

_CLUSTER_WIDE = frozenset({"ClusterRole", "ClusterRoleBinding", "Namespace", "Node", "PersistentVolume"})


def say_leftovers(builder: ModelBuilder, objects: Iterable[KubernetesObject], replicas: Iterable[Replica] = ()) -> None:
    """List one entry for each kind that is not modelled, and one for each repeated declaration of an object or a replica."""
    things = tuple(objects)
    _unknown_kinds(builder, things)
    _repeated(builder, things, tuple(replicas))


def _unknown_kinds(builder: ModelBuilder, things: tuple[KubernetesObject, ...]) -> None:
    found: defaultdict[tuple[str, str], list[OtherObject]] = defaultdict(list)
    for item in things:
        group = item.api_version.rpartition("/")[0]
        if isinstance(item, OtherObject) and item.kind not in _USED_KINDS and not group.endswith(_USED_GROUPS):
            found[item.kind, item.api_version].append(item)
    for (kind, version), items in sorted(found.items()):
        count = f"{len(items)} objects" if len(items) > 1 else "one object"
        builder.unread(Unread(items[0].location, "note", f"{kind} ({version or 'no apiVersion'}) is not modelled: {count}"))


def _repeated(builder: ModelBuilder, things: tuple[KubernetesObject, ...], replicas: tuple[Replica, ...]) -> None:
    first: dict[tuple[str, str, str, str], Location] = {}
    named = [(_identity(item), item.location) for item in things if item.metadata.name is not None]
    if replicas:
        named += [((one.kind, _GROUPS[one.kind], one.namespace, one.name), one.location) for one in replicas]
        named.sort(key=lambda pair: (pair[1].document, pair[1].line, pair[1].column))
    for key, location in named:
        place = first.setdefault(key, location)
        if place is not location:
            kind, _, namespace, name = key
            title = f"{kind} {namespace}/{name}" if namespace else f"{kind} {name}"
            builder.unread(
                Unread(
                    location,
                    "object",
                    f"{title} is declared again; it stands first at {place.document}:{place.line}",
                    "both were looked at as one object; model one overlay at a time to tell them apart",
                )
            )


def _identity(item: KubernetesObject) -> tuple[str, str, str, str]:
    namespace = "" if item.kind in _CLUSTER_WIDE else namespace_of(item.metadata)
    return item.kind, item.api_version.rpartition("/")[0], namespace, name_of(item.metadata)
