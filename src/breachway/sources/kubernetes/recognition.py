"""Recognises Kubernetes objects in a document and decodes each as what it is."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple, TypeAlias, TypeVar

from breachway.evidence import Location, Unread
from breachway.sources.decoding import child, decode, describe, describe_kind, root
from breachway.sources.dialects import KUBERNETES, null_of_yaml
from breachway.sources.kubernetes import workloads
from breachway.sources.kubernetes.cluster import (
    ConfigMap,
    LimitRange,
    Namespace,
    PodDisruptionBudget,
    ResourceQuota,
    Secret,
)
from breachway.sources.kubernetes.cluster import (
    Node as ClusterNode,
)
from breachway.sources.kubernetes.collection import Collection
from breachway.sources.kubernetes.control_plane import (
    AdmissionConfiguration,
    EncryptionConfiguration,
    KubeletConfiguration,
    WebhookConfiguration,
)
from breachway.sources.kubernetes.metadata import Resource
from breachway.sources.kubernetes.networking import Gateway, HttpRoute, Ingress, OpenShiftRoute, Service
from breachway.sources.kubernetes.objects import KubernetesObject, OtherObject
from breachway.sources.kubernetes.policies import AdminNetworkPolicy, NetworkPolicy, PeerAuthentication, PodSecurityConfiguration
from breachway.sources.kubernetes.rbac import Role, RoleBinding, ServiceAccount
from breachway.sources.kubernetes.volumes import PersistentVolume, PersistentVolumeClaim
from breachway.sources.nodes import Entry, Mapping, Scalar, Sequence

if TYPE_CHECKING:
    from breachway.sources.nodes import Node

K = TypeVar("K", bound=KubernetesObject)
_Reader: TypeAlias = Callable[[Mapping, Location, list[Unread]], KubernetesObject | None]


def kubernetes_objects(node: Node, document: str, problems: list[Unread]) -> tuple[KubernetesObject, ...]:
    """Return the objects of one document; a ``List`` (or ``PodList``, …) gives each of its items.

    A document is Kubernetes when it is a mapping with ``kind`` and ``apiVersion``, or with a kind known here alone.  Anything
    else gives an empty tuple and no problem.  An object that is Kubernetes and cannot be used is a problem of severity "object".
    """
    if not isinstance(node, Mapping) or not looks_like_kubernetes(node):
        return ()
    found: list[KubernetesObject] = []
    _read(node, root(document, node), problems, found)
    return tuple(found)


def looks_like_kubernetes(node: Node) -> bool:
    """Tell whether a document claims to be a Kubernetes object."""
    if not isinstance(node, Mapping) or "kind" not in node.entries:
        return False
    kind = node.entries["kind"].node
    if "apiVersion" in node.entries:
        return True
    return isinstance(kind, Scalar) and (kind.text in _KINDS or (kind.text.endswith("List") and "items" in node.entries))


def _read(node: Mapping, location: Location, problems: list[Unread], found: list[KubernetesObject]) -> None:
    kind = _identity(node, "kind", location, problems)
    group_version = _identity(node, "apiVersion", location, problems) if "apiVersion" in node.entries else ""
    if kind is None or group_version is None or not _usable_metadata(node, location, problems):
        return
    if kind.endswith("List") and "items" in node.entries:
        _read_items(node, kind.removesuffix("List"), location, problems, found)
        return
    group = group_version.rpartition("/")[0]
    decoded = _reader(kind, group, node)(node, location, problems)
    if decoded is not None:
        found.append(decoded)


def _read_items(node: Mapping, item_kind: str, location: Location, problems: list[Unread], found: list[KubernetesObject]) -> None:
    """Read the items of a list.  Those of a ``PodList`` may leave out their kind: the API server prints them so."""
    items = child(location, node, "items")
    if items is None:
        return
    sequence, place = items
    if not isinstance(sequence, Sequence):
        if not (isinstance(sequence, Scalar) and null_of_yaml(sequence)):
            problems.append(Unread(place, "object", f"expected a list of objects, found {describe_kind(sequence)}"))
        return
    for index, item in enumerate(sequence.items):
        at = Location(place.document, f"{place.pointer}/{index}", item.line, item.column)
        read_item(item, item_kind, at, problems, found)


def read_item(item: Node, item_kind: str, at: Location, problems: list[Unread], found: list[KubernetesObject]) -> None:
    """Read one item of a list, whose place is ``at``; ``item_kind`` is the kind that a list of one kind gives its items."""
    if isinstance(item, Mapping) and "kind" in item.entries:
        _read(item, at, problems, found)
    elif isinstance(item, Mapping) and item_kind:
        kind = Entry("kind", Scalar(item_kind, plain=True, line=item.line, column=item.column), item.line, item.column)
        _read(item._replace(entries={**item.entries, "kind": kind}), at, problems, found)
    else:
        problems.append(Unread(at, "object", f"expected an object with a kind, found {describe_kind(item)}"))


def _identity(node: Mapping, key: str, location: Location, problems: list[Unread]) -> str | None:
    """Return the text under a key that every object has, or None (and a problem) when it is no string."""
    stated = child(location, node, key)
    if stated is not None and isinstance(stated[0], Scalar) and stated[0].text and not null_of_yaml(stated[0]):
        return stated[0].text
    shown, place = ("nothing", location) if stated is None else (describe(stated[0]), stated[1])
    problems.append(Unread(place, "object", f"expected {key} to be a string, found {shown}; the object was left out"))
    return None


def _usable_metadata(node: Mapping, location: Location, problems: list[Unread]) -> bool:
    stated = child(location, node, "metadata")
    if stated is None or isinstance(stated[0], Mapping) or (isinstance(stated[0], Scalar) and null_of_yaml(stated[0])):
        return True
    reason = f"expected metadata to be a mapping, found {describe_kind(stated[0])}; the object was left out"
    problems.append(Unread(stated[1], "object", reason))
    return False


def _reader(kind: str, group: str, node: Mapping) -> _Reader:
    """Choose how to read an object.  A kind of another group than Kubernetes' own is another kind of the same name."""
    if group == _KNATIVE and kind in {"Service", "Configuration"}:
        return workloads.controller
    known = _KINDS.get(kind)
    if known is not None and (group in known.groups or "." not in group or group.endswith(".k8s.io")):
        return known.reader
    return workloads.controller if workloads.carries_template(node) else _other


def _other(node: Mapping, location: Location, problems: list[Unread]) -> KubernetesObject | None:
    header = decode(Resource, node, location, KUBERNETES, problems)
    if header is None:
        return None
    return OtherObject(location=location, kind=header.kind, api_version=header.api_version, metadata=header.metadata, node=node)


def _typed(cls: type[K]) -> _Reader:
    def read(node: Mapping, location: Location, problems: list[Unread]) -> KubernetesObject | None:
        return decode(cls, node, location, KUBERNETES, problems)

    return read


def _rollout(node: Mapping, location: Location, problems: list[Unread]) -> KubernetesObject | None:
    """Read an Argo Rollout; one that borrows the template of a Deployment (workloadRef) carries none itself."""
    return (workloads.controller if workloads.carries_template(node) else _other)(node, location, problems)


class _Kind(NamedTuple):
    """How a kind is read, and the groups outside Kubernetes' own that define it."""

    reader: _Reader
    groups: frozenset[str] = frozenset()


_KNATIVE = "serving.knative.dev"
_KINDS: dict[str, _Kind] = {
    "Pod": _Kind(workloads.pod),
    "PodTemplate": _Kind(workloads.pod_template),
    "Deployment": _Kind(workloads.controller),
    "ReplicaSet": _Kind(workloads.controller),
    "StatefulSet": _Kind(workloads.controller),
    "DaemonSet": _Kind(workloads.controller),
    "Job": _Kind(workloads.controller),
    "CronJob": _Kind(workloads.controller),
    "Rollout": _Kind(_rollout, frozenset({"argoproj.io"})),
    "ReplicationController": _Kind(workloads.plainly_selecting),
    "DeploymentConfig": _Kind(workloads.plainly_selecting, frozenset({"apps.openshift.io"})),
    "Service": _Kind(_typed(Service)),
    "Ingress": _Kind(_typed(Ingress)),
    "Gateway": _Kind(_typed(Gateway)),
    "HTTPRoute": _Kind(_typed(HttpRoute)),
    "GRPCRoute": _Kind(_typed(HttpRoute)),
    "TLSRoute": _Kind(_typed(HttpRoute)),
    "TCPRoute": _Kind(_typed(HttpRoute)),
    "UDPRoute": _Kind(_typed(HttpRoute)),
    "Route": _Kind(_typed(OpenShiftRoute), frozenset({"route.openshift.io"})),
    "ServiceAccount": _Kind(_typed(ServiceAccount)),
    "Role": _Kind(_typed(Role), frozenset({"authorization.openshift.io"})),
    "ClusterRole": _Kind(_typed(Role), frozenset({"authorization.openshift.io"})),
    "RoleBinding": _Kind(_typed(RoleBinding), frozenset({"authorization.openshift.io"})),
    "ClusterRoleBinding": _Kind(_typed(RoleBinding), frozenset({"authorization.openshift.io"})),
    "NetworkPolicy": _Kind(_typed(NetworkPolicy)),
    "AdminNetworkPolicy": _Kind(_typed(AdminNetworkPolicy)),
    "BaselineAdminNetworkPolicy": _Kind(_typed(AdminNetworkPolicy)),
    "PeerAuthentication": _Kind(_typed(PeerAuthentication), frozenset({"security.istio.io"})),
    "Namespace": _Kind(_typed(Namespace)),
    "Project": _Kind(_typed(Namespace), frozenset({"project.openshift.io"})),
    "Secret": _Kind(_typed(Secret)),
    "ConfigMap": _Kind(_typed(ConfigMap)),
    "PersistentVolume": _Kind(_typed(PersistentVolume)),
    "PersistentVolumeClaim": _Kind(_typed(PersistentVolumeClaim)),
    "Node": _Kind(_typed(ClusterNode)),
    "LimitRange": _Kind(_typed(LimitRange)),
    "ResourceQuota": _Kind(_typed(ResourceQuota)),
    "PodDisruptionBudget": _Kind(_typed(PodDisruptionBudget)),
    "ValidatingWebhookConfiguration": _Kind(_typed(WebhookConfiguration)),
    "MutatingWebhookConfiguration": _Kind(_typed(WebhookConfiguration)),
    "KubeletConfiguration": _Kind(_typed(KubeletConfiguration)),
    "EncryptionConfiguration": _Kind(_typed(EncryptionConfiguration)),
    "EncryptionConfig": _Kind(_typed(EncryptionConfiguration)),
    "AdmissionConfiguration": _Kind(_typed(AdmissionConfiguration)),
    "PodSecurityConfiguration": _Kind(_typed(PodSecurityConfiguration)),
    "BreachwayCollection": _Kind(_typed(Collection)),
}
