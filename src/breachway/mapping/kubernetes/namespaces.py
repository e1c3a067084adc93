"""Namespaces: those that are declared, and those that other objects only stand in; what their admission refuses."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from breachway.mapping.containers.grounds import believe, defaulted, observed
from breachway.mapping.kubernetes import assumptions
from breachway.mapping.kubernetes.admission.pod_security import PodSecurity, silent
from breachway.mapping.kubernetes.admission.policies.asking import Subject
from breachway.mapping.kubernetes.admission.policies.coverage import PolicyCoverage
from breachway.mapping.kubernetes.admission.policies.rulings import Ruling
from breachway.mapping.kubernetes.declared import labels_of, name_of, namespace_of, pairs
from breachway.mapping.kubernetes.index import CLUSTER_ID, NamespaceEntry, namespace_id
from breachway.mapping.kubernetes.judging import PLATFORM, Judge
from breachway.sources.kubernetes.objects import (
    AdmissionConfiguration,
    Collection,
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
    PodSecurityConfiguration,
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

    from breachway.evidence import Evidence, Location
    from breachway.mapping.building import ModelBuilder
    from breachway.mapping.kubernetes.admission.pod_security import Level
    from breachway.mapping.kubernetes.admission.policies.coverage import Coverage
    from breachway.mapping.kubernetes.declared import Declared
    from breachway.mapping.kubernetes.nodes.flags import Program
    from breachway.mapping.kubernetes.settings import ClusterSettings
    from breachway.sources.kubernetes.objects import KubernetesObject

_SYSTEM = "kube-system"
_CONTROLLERS = "the accounts of the cluster's controllers stand in kube-system"
_BOOTSTRAP = "Kubernetes 1.33 bootstrap policy"
_CLUSTER_WIDE = (
    AdmissionConfiguration,
    Collection,
    EncryptionConfiguration,
    KubeletConfiguration,
    Namespace,
    Node,
    OtherObject,
    PersistentVolume,
    PodSecurityConfiguration,
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
    builder: ModelBuilder,
    declared: Declared,
    objects: tuple[KubernetesObject, ...],
    settings: ClusterSettings,
    programs: tuple[Program, ...] = (),
) -> Mapping[str, NamespaceEntry]:
    """Add every namespace with its defences; give them by name.  ``programs`` are those of the control plane."""
    admission = _Admission(
        levels=PodSecurity(declared, settings, programs),
        policies=PolicyCoverage(declared, objects, settings, programs),
        openshift=any("openshift.io" in item.api_version for item in declared.of(OtherObject)),
    )
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
        _pod_security(judge, entry, by_name.get(name), admission)
        _beyond_labels(judge, entry, admission)
        _git_volumes(judge, admission.levels.of(name, by_name.get(name), silent(entry.location)))
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


class _Admission(NamedTuple):
    """What decides whether a namespace refuses pods that open their node."""

    levels: PodSecurity
    policies: PolicyCoverage
    openshift: bool


def _pod_security(judge: Judge, entry: NamespaceEntry, namespace: Namespace | None, admission: _Admission) -> None:
    """Judge by the level, then by the policies of engines, then by what is known of clusters where neither says anything."""
    key, defence = "psa-not-enforced", "podSecurityEnforced"
    level = admission.levels.of(entry.name, namespace, silent(entry.location))
    if level.enforced:
        if level.belief is None:
            judge.safe(key, level.evidence, defence)
        else:
            finding = believe(judge.builder, level.belief, level.evidence[0].location)
            evidence = (*level.evidence, *finding.evidence)
            judge.builder.defence(
                judge.asset, defence, finding.probability, evidence, weaknesses=(key,), assumption=finding.assumption
            )
        return
    covered = _covered(entry, admission)
    if covered is not None and covered.ruling is not Ruling.ADMITTED:
        judge.builder.link("GuardsByPolicy", CLUSTER_ID, judge.asset, covered.evidence)
    if covered is not None and covered.ruling is Ruling.REFUSED:
        judge.safe(key, covered.evidence, defence)
    elif covered is not None and covered.belief is not None:
        place = covered.evidence[0].location if covered.evidence else entry.location
        judge.unknown(key, place, covered.belief, defence, note=covered.evidence[0].note if covered.evidence else "")
    elif admission.openshift:
        judge.unknown(key, level.evidence[0].location, assumptions.OPENSHIFT_ENFORCES, defence)
    elif not entry.declared:
        judge.unknown(key, entry.location, assumptions.NAMESPACE_ENFORCES, defence)
    else:
        judge.weak(key, (*level.evidence, *_what_is_open(entry, covered)), defence)


def _git_volumes(judge: Judge, level: Level) -> None:
    """The level "restricted" admits no gitRepo volume, "baseline" does; what policies say of such volumes is not asked."""
    defence = "gitVolumesRefused"
    if not level.restricted:
        judge.off(level.evidence, defence)
    elif level.belief is None:
        judge.on(level.evidence, defence)
    else:
        judge.assume(level.evidence[0].location, level.belief, defence)


def _covered(entry: NamespaceEntry, admission: _Admission, *, relabelled: bool = False) -> Coverage | None:
    if admission.policies.empty:
        return None
    return admission.policies.of(Subject(entry.name, dict(entry.labels), declared=entry.declared, relabelled=relabelled))


def _beyond_labels(judge: Judge, entry: NamespaceEntry, admission: _Admission) -> None:
    """Whether a policy refuses such pods even to whoever may change the namespace's labels."""
    defence = "policyBeyondLabels"
    covered = _covered(entry, admission, relabelled=True)
    if covered is not None and covered.ruling is Ruling.REFUSED:
        judge.on(covered.evidence, defence)
    elif covered is not None and covered.belief is not None:
        judge.assume(covered.evidence[0].location, covered.belief, defence, note=covered.evidence[0].note)
    else:
        note = "no policy of the input refuses such pods whatever the labels of the namespace are"
        judge.off(defaulted(entry.location, note, "Kubernetes"), defence)


def _what_is_open(entry: NamespaceEntry, covered: Coverage | None) -> tuple[Evidence, ...]:
    """What the policies of the input leave open, where they say anything about it."""
    if covered is None or not covered.evidence:
        return ()
    note = f"no policy refuses {', '.join(covered.open_)}"
    return (*covered.evidence, *observed(entry.location, note)) if covered.refused else covered.evidence


def _quota(judge: Judge, entry: NamespaceEntry, quota: Location | None, limits: Location | None) -> None:
    key, defence = "no-quota-or-limitrange", "quotaSet"
    if quota is not None:
        judge.on(observed(quota, "a ResourceQuota limits the namespace"), defence)
    else:
        judge.off(defaulted(entry.location, "no ResourceQuota in the input limits the namespace", "Kubernetes"), defence)
    missing = [name for name, place in (("ResourceQuota", quota), ("LimitRange", limits)) if place is None]
    if missing and entry.declared:
        judge.weak(key, defaulted(entry.location, "no " + " and no ".join(missing), "Kubernetes"))
