"""The machines: pools of like nodes, which pool a pod may land on, and what guards the kubelets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from breachway.mapping.containers.grounds import defaulted, observed
from breachway.mapping.containers.host_versions import HostSoftware, settle_host, settle_kubelet
from breachway.mapping.kubernetes.assumptions import WORKERS_ONLY
from breachway.mapping.kubernetes.declared import entries, labels_of, name_of
from breachway.mapping.kubernetes.index import CLUSTER_ID, node_pool_id
from breachway.mapping.kubernetes.judging import PLATFORM, Judge
from breachway.mapping.kubernetes.nodes.affinity import admits, required_terms
from breachway.mapping.kubernetes.nodes.versions import distinct_software, gpu_toolkit, is_windows, parted, software_of
from breachway.mapping.kubernetes.permissions.subjects import group_id
from breachway.model import CrownJewel
from breachway.sources.decoding import value_or
from breachway.sources.kubernetes.objects import Node, RoleBinding

if TYPE_CHECKING:
    from collections.abc import Mapping

    from breachway.evidence import Evidence, Location
    from breachway.mapping.building import ModelBuilder
    from breachway.mapping.kubernetes.declared import Declared
    from breachway.mapping.kubernetes.views import PodView
    from breachway.sources.decoding import Value
    from breachway.sources.kubernetes.cluster import Taint
    from breachway.sources.kubernetes.pods import Toleration

DEFAULT_POOL = "default"
CONTROL_PLANE_POOL = "control-plane"
_POOL_LABELS = (
    "eks.amazonaws.com/nodegroup",
    "cloud.google.com/gke-nodepool",
    "kubernetes.azure.com/agentpool",
    "agentpool",
    "karpenter.sh/nodepool",
)
_CONTROL_PLANE_LABELS = ("node-role.kubernetes.io/control-plane", "node-role.kubernetes.io/master")
_PROVIDER_LABELS = (("eks.amazonaws.com/", "aws"), ("cloud.google.com/gke", "gce"), ("kubernetes.azure.com/", "azure"))
_KUBELET_GROUPS = frozenset({"system:nodes", "system:authenticated"})
_ROOT_VALUE = 8
_REPELLING = frozenset({"NoSchedule", "NoExecute"})


@dataclass(frozen=True, slots=True, kw_only=True)
class NodePool:
    """Nodes of one pool; ``nodes`` is empty where the input shows none.

    ``group`` is the pool that the cluster's owner made; where its nodes differ in known flaws it is several pools here, each with
    a ``name`` of its own.  ``provider`` is the cloud's short name, empty if not known.
    """

    name: str
    group: str
    nodes: tuple[Node, ...]
    control_plane: bool
    provider: str
    location: Location

    @property
    def asset_id(self) -> str:
        """The asset id of the pool."""
        return node_pool_id(self.name)


class NodePools:
    """The pools of the cluster, sorted by name."""

    def __init__(self, pools: tuple[NodePool, ...]) -> None:
        self.pools = pools
        self._chosen: dict[tuple[object, ...], tuple[NodePool, ...]] = {}

    @property
    def ids(self) -> tuple[str, ...]:
        """The asset ids of all pools."""
        return tuple(pool.asset_id for pool in self.pools)

    @property
    def provider(self) -> str:
        """The cloud of the nodes, empty if not known."""
        return next((pool.provider for pool in self.pools if pool.provider), "")

    def of(self, pod: PodView) -> tuple[NodePool, ...]:
        """The pools where the scheduler may put the pod; the one of its own for a static pod of the control plane."""
        selector = tuple(sorted(entries(pod.spec.node_selector).items()))
        tolerated = tuple(sorted({_toleration(item) for item in pod.spec.tolerations}))
        static = runs_control_plane(pod)
        key = (selector, tolerated, required_terms(pod), value_or(pod.spec.node_name, ""), static)
        if key not in self._chosen:
            self._chosen[key] = self._choose(pod, dict(selector), static=static)
        return self._chosen[key]

    def _choose(self, pod: PodView, selector: Mapping[str, str], *, static: bool) -> tuple[NodePool, ...]:
        named = value_or(pod.spec.node_name, "")
        by_name = tuple(pool for pool in self.pools if any(name_of(node.metadata) == named for node in pool.nodes))
        if named and by_name:
            return by_name
        planes = tuple(pool for pool in self.pools if pool.control_plane)
        if static and planes:
            return planes
        terms = required_terms(pod)
        fitting = tuple(
            pool
            for pool in self.pools
            if any(_fits(node, selector, pod.spec.tolerations) and admits(terms, node) for node in pool.nodes)
        )
        if fitting:
            return fitting
        workers = tuple(pool for pool in self.pools if not pool.control_plane) or self.pools
        tolerant = planes if any(_toleration(item)[0] in {"", *_CONTROL_PLANE_LABELS} for item in pod.spec.tolerations) else ()
        return workers + tuple(pool for pool in tolerant if pool not in workers)


def runs_control_plane(pod: PodView) -> bool:
    """Whether the pod is a part of the control plane, by the label that its own installers give it."""
    return pod.labels.get("tier") == "control-plane" or pod.labels.get("component") in {"kube-apiserver", "etcd"}


def _toleration(item: Toleration) -> tuple[str, str, str, str]:
    return value_or(item.key, ""), value_or(item.operator, "Equal"), value_or(item.value, ""), value_or(item.effect, "")


def _fits(node: Node, selector: Mapping[str, str], tolerations: tuple[Toleration, ...]) -> bool:
    labels = labels_of(node.metadata)
    if any(labels.get(key) != value for key, value in selector.items()):
        return False
    return all(
        any(_tolerates(item, taint) for item in tolerations)
        for taint in node.spec.taints
        if value_or(taint.effect, "") in _REPELLING
    )


def _tolerates(item: Toleration, taint: Taint) -> bool:
    key, operator, value, effect = _toleration(item)
    if effect and effect != value_or(taint.effect, ""):
        return False
    if key and key != value_or(taint.key, ""):
        return False
    return operator == "Exists" or (bool(key) and value == value_or(taint.value, ""))


def node_pools(declared: Declared, location: Location, *, control_plane_seen: bool) -> NodePools:
    """Group the nodes; without any there is one pool, and one for the control plane where the input shows parts of it."""
    groups: dict[tuple[str, bool], list[Node]] = {}
    for node in declared.of(Node):
        plane = any(label in labels_of(node.metadata) for label in _CONTROL_PLANE_LABELS)
        groups.setdefault((_pool_of(node, plane=plane), plane), []).append(node)
    pools = [
        NodePool(
            name=part,
            group=name,
            nodes=alike,
            control_plane=plane,
            provider=next((found for found in (_provider(node) for node in alike) if found), ""),
            location=alike[0].location,
        )
        for (name, plane), nodes in sorted(groups.items())
        for part, alike in parted(name, nodes)
    ]
    if not any(not pool.control_plane for pool in pools) and not groups:
        pools.append(
            NodePool(name=DEFAULT_POOL, group=DEFAULT_POOL, nodes=(), control_plane=False, provider="", location=location)
        )
    if control_plane_seen and not any(pool.control_plane for pool in pools):
        pools.append(
            NodePool(
                name=CONTROL_PLANE_POOL, group=CONTROL_PLANE_POOL, nodes=(), control_plane=True, provider="", location=location
            )
        )
    return NodePools(tuple(sorted(pools, key=lambda pool: pool.name)))


def _pool_of(node: Node, *, plane: bool) -> str:
    """The name of a node's pool: its role or its group's label, and what sets it apart from others (its system, its taints)."""
    labels = labels_of(node.metadata)
    name = CONTROL_PLANE_POOL if plane else next((labels[label] for label in _POOL_LABELS if label in labels), DEFAULT_POOL)
    keys = {value_or(taint.key, "") for taint in node.spec.taints if value_or(taint.effect, "") in _REPELLING}
    apart = sorted(keys - set(_CONTROL_PLANE_LABELS) - {"os", "node.kubernetes.io/os", "kubernetes.io/os", ""})
    return "-".join((name, *(("windows",) if is_windows(node) else ()), *apart))


def _provider(node: Node) -> str:
    scheme, found, _ = value_or(node.spec.provider_id, "").partition("://")
    if found and scheme not in {"kind", "k3s"}:
        return scheme
    labels = labels_of(node.metadata)
    return next((name for prefix, name in _PROVIDER_LABELS if any(key.startswith(prefix) for key in labels)), "")


def map_node_pools(builder: ModelBuilder, declared: Declared, pools: NodePools) -> None:
    """Add the pools with what is known of their machines, and the identities of their kubelets."""
    groups = _groups_of_kubelets(declared)
    toolkit = gpu_toolkit(declared)
    for pool in pools.pools:
        _map_pool(builder, pool, groups, toolkit)
        hosts = distinct_software(pool.nodes, toolkit) or (HostSoftware(location=pool.location),)
        for host in hosts:
            settle_host(builder, pool.asset_id, host, subject=f"node pool {pool.name}")
            settle_kubelet(builder, pool.asset_id, host, subject=f"node pool {pool.name}")


def _groups_of_kubelets(declared: Declared) -> dict[str, tuple[Evidence, ...]]:
    """The groups that every kubelet belongs to, where a binding gives them something."""
    found: dict[str, tuple[Evidence, ...]] = {}
    for binding in declared.of(RoleBinding):
        for subject in binding.subjects:
            name = value_or(subject.name, "")
            if value_or(subject.kind, "") == "Group" and name in _KUBELET_GROUPS:
                found.setdefault(
                    name, defaulted(subject.location, f"kubelets belong to the group {name}", "Kubernetes, Node authorization")
                )
    return found


def _map_pool(
    builder: ModelBuilder, pool: NodePool, groups: Mapping[str, tuple[Evidence, ...]], toolkit: Value[str] | None
) -> None:
    found = _evidence(pool)
    asset = builder.asset(
        "NodePool",
        pool.asset_id,
        f"nodes of pool {pool.name}",
        platform=PLATFORM,
        evidence=found,
        boundary=CLUSTER_ID,
        replicas=max(len(pool.nodes), 1),
        facts=_facts(pool, toolkit),
    )
    builder.link("Hosts", CLUSTER_ID, asset, found)
    title = f"root on the nodes of pool {pool.name}"
    builder.crown_jewel(CrownJewel(asset=asset, step="root", title=title, value=_ROOT_VALUE, evidence=found))
    judge = Judge(builder, asset, f"node pool {pool.name}")
    if pool.control_plane:
        judge.off(found, "noControlPlane")
    elif pool.nodes:
        judge.on(found, "noControlPlane")
    else:
        judge.assume(pool.location, WORKERS_ONLY, "noControlPlane")
    judge.on(found, "noSharedWindowsKernel")
    identity = builder.asset(
        "NodeIdentity",
        f"kubernetes:NodeIdentity:{pool.name}",
        f"kubelets of pool {pool.name}",
        platform=PLATFORM,
        evidence=found,
        boundary=CLUSTER_ID,
    )
    builder.link("AuthenticatesAs", asset, identity, found)
    for name, seen in groups.items():
        group = builder.asset(
            "PrincipalGroup", group_id(name), f"group {name}", platform=PLATFORM, evidence=seen, boundary=CLUSTER_ID
        )
        builder.link("MemberOf", identity, group, seen)


def _evidence(pool: NodePool) -> tuple[Evidence, ...]:
    if not pool.nodes:
        note = "workloads run on nodes" if not pool.control_plane else "parts of the control plane run on nodes"
        return observed(pool.location, note)
    return observed(pool.location, f"{len(pool.nodes)} node{'s' if len(pool.nodes) > 1 else ''}")


def _facts(pool: NodePool, toolkit: Value[str] | None) -> tuple[tuple[str, str], ...]:
    """Versions as the nodes report them; several are shown side by side."""
    hosts = tuple(software_of(node, toolkit) for node in pool.nodes)
    infos = [node.status.node_info for node in pool.nodes if node.status.node_info is not None]
    shown = (
        ("kubelet", {value_or(info.kubelet_version, "") for info in infos}),
        ("kernel", {value_or(info.kernel_version, "") for info in infos}),
        ("runtime", {value_or(info.container_runtime_version, "") for info in infos}),
        ("system", {value_or(info.os_image, "") for info in infos}),
        ("os", {"windows" for host in hosts if host.windows}),
        ("GPUs", {"NVIDIA" for host in hosts if host.gpu}),
        ("GPU toolkit", {value_or(host.toolkit, "") for host in hosts if host.gpu}),
    )
    facts = [(name, ", ".join(sorted(values - {""}))) for name, values in shown if values - {""}]
    return (*facts, *((("cloud", pool.provider),) if pool.provider else ()))
