"""Namespaces: those that are declared, and those that other objects only stand in; what their admission refuses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from breachway.mapping.containers.grounds import defaulted, observed
from breachway.mapping.kubernetes import assumptions
from breachway.mapping.kubernetes.admission import ENFORCED, PodPolicies
from breachway.mapping.kubernetes.declared import labels_of, name_of, namespace_of, pairs
from breachway.mapping.kubernetes.index import CLUSTER_ID, NamespaceEntry, namespace_id
from breachway.mapping.kubernetes.judging import PLATFORM, Judge
from breachway.sources.kubernetes.objects import (
    AdmissionConfiguration,
    ConfigMap,
    EncryptionConfiguration,
    Ingress,
    KubeletConfiguration,
    LimitRange,
    Namespace,
    Node,
    OtherObject,
    PersistentVolume,
    PersistentVolumeClaim,
    PodDisruptionBudget,
    Resource,
    ResourceQuota,
    Role,
    RoleBinding,
    Secret,
    Service,
    ServiceAccount,
    WebhookConfiguration,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from breachway.evidence import Location
    from breachway.mapping.building import ModelBuilder
    from breachway.mapping.kubernetes.declared import Declared
    from breachway.mapping.kubernetes.settings import ClusterSettings
    from breachway.sources.kubernetes.objects import KubernetesObject

_SYSTEM = "kube-system"
_CONTROLLERS = "the accounts of the cluster's controllers stand in kube-system"
_BOOTSTRAP = "Kubernetes 1.33 bootstrap policy"
ENFORCE = "pod-security.kubernetes.io/enforce"
_POD_SECURITY = "Pod Security admission"
_POD_SECURITY_SINCE = (1, 23)
_CLUSTER_WIDE = (
    AdmissionConfiguration,
    EncryptionConfiguration,
    KubeletConfiguration,
    Namespace,
    Node,
    OtherObject,
    PersistentVolume,
    WebhookConfiguration,
)
_KEPT_APART: tuple[type[Resource], ...] = (
    ConfigMap,
    Ingress,
    PersistentVolumeClaim,
    PodDisruptionBudget,
    Role,
    RoleBinding,
    Secret,
    Service,
    ServiceAccount,
)
_OWN_OF_DEFAULT = frozenset({"kubernetes", "kube-root-ca.crt", "default"})
"""What Kubernetes itself keeps in the namespace ``default``."""


def map_namespaces(
    builder: ModelBuilder, declared: Declared, objects: Iterable[KubernetesObject], settings: ClusterSettings
) -> Mapping[str, NamespaceEntry]:
    """Add every namespace with its defences; give them by name."""
    policies = PodPolicies(declared)
    quotas, ranges = _first_by_namespace(declared.of(ResourceQuota)), _first_by_namespace(declared.of(LimitRange))
    found: dict[str, NamespaceEntry] = {}
    for namespace in declared.of(Namespace):
        name = name_of(namespace.metadata)
        found[name] = _entry(name, pairs(labels_of(namespace.metadata)), namespace.location, declared=True)
    for item in objects:
        name = "" if _is_cluster_wide(item) else namespace_of(item.metadata)
        if name and name not in found:
            found[name] = _entry(name, (), item.location, declared=False)
    by_name = {name_of(item.metadata): item for item in declared.of(Namespace)}
    for name in sorted(found):
        entry = found[name]
        note = "the namespace is declared" if entry.declared else "objects of this namespace were read"
        evidence = observed(entry.location, note)
        builder.asset("Namespace", entry.asset_id, name, platform=PLATFORM, evidence=evidence, boundary=CLUSTER_ID)
        builder.link("Spaces", CLUSTER_ID, entry.asset_id, evidence)
        if name == _SYSTEM:
            builder.link("HoldsControllers", entry.asset_id, CLUSTER_ID, defaulted(entry.location, _CONTROLLERS, _BOOTSTRAP))
        judge = Judge(builder, entry.asset_id, f"Namespace {name}")
        _pod_security(judge, entry, by_name.get(name), policies, settings)
        _quota(judge, entry, quotas.get(name), ranges.get(name))
    _judge_default_namespace(builder, declared)
    return found


def _judge_default_namespace(builder: ModelBuilder, declared: Declared) -> None:
    """Objects that were put into ``default`` by name; those that name no namespace may end up elsewhere.

    Workloads are judged by themselves.
    """
    for cls in _KEPT_APART:
        for item in declared.of(cls):
            namespace = item.metadata.namespace
            name = name_of(item.metadata)
            if namespace is None or namespace.value != "default" or name in _OWN_OF_DEFAULT or item.kind.startswith("Cluster"):
                continue
            judge = Judge(builder, namespace_id("default"), f"{item.kind} default/{name}")
            judge.weak("default-namespace", observed(namespace.location, "namespace: default"), detail=f"{item.kind}/{name}")


def _entry(name: str, labels: tuple[tuple[str, str], ...], location: Location, *, declared: bool) -> NamespaceEntry:
    return NamespaceEntry(asset_id=namespace_id(name), name=name, labels=labels, declared=declared, location=location)


def _is_cluster_wide(item: KubernetesObject) -> bool:
    """Whether the object stands in no namespace.  Kinds that are not typed are asked for the field."""
    if isinstance(item, OtherObject):
        return item.metadata.namespace is None
    return isinstance(item, _CLUSTER_WIDE) or (isinstance(item, Role | RoleBinding) and item.kind.startswith("Cluster"))


def _first_by_namespace(items: Iterable[ResourceQuota | LimitRange]) -> dict[str, Location]:
    found: dict[str, Location] = {}
    for item in items:
        found.setdefault(namespace_of(item.metadata), item.location)
    return found


def _pod_security(
    judge: Judge, entry: NamespaceEntry, namespace: Namespace | None, policies: PodPolicies, settings: ClusterSettings
) -> None:
    key, defence = "psa-not-enforced", "podSecurityEnforced"
    label = namespace.metadata.labels.get(ENFORCE) if namespace is not None and namespace.metadata.labels else None
    supported = settings.version >= _POD_SECURITY_SINCE
    if label is not None and label.value in ENFORCED and supported:
        judge.safe(key, observed(label.location, f"{ENFORCE}: {label.value}"), defence)
        return
    if label is not None:
        note = "" if supported else f", which Kubernetes {settings.version.text} does not know"
        found = observed(label.location, f"{ENFORCE}: {label.value}{note}")
    else:
        found = defaulted(entry.location, f"no label {ENFORCE}; without one nothing is refused", _POD_SECURITY)
    default = policies.default_of(entry.name) if label is None and supported else ()
    if default:
        judge.safe(key, default, defence)
    elif policies.belief is not None:
        judge.unknown(key, found[0].location, policies.belief, defence)
    elif not entry.declared:
        judge.unknown(key, entry.location, assumptions.NAMESPACE_ENFORCES, defence)
    else:
        judge.weak(key, found, defence)


def _quota(judge: Judge, entry: NamespaceEntry, quota: Location | None, limits: Location | None) -> None:
    key, defence = "no-quota-or-limitrange", "quotaSet"
    if quota is not None:
        judge.on(observed(quota, "a ResourceQuota limits the namespace"), defence)
    else:
        judge.off(defaulted(entry.location, "no ResourceQuota in the input limits the namespace", "Kubernetes"), defence)
    missing = [name for name, place in (("ResourceQuota", quota), ("LimitRange", limits)) if place is None]
    if missing and entry.declared:
        judge.weak(key, defaulted(entry.location, "no " + " and no ".join(missing), "Kubernetes"))
