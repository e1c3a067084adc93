"""The machines of a cluster in their cloud: which group each pool is, what role it has, who reaches its metadata service."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from breachway.mapping.cloud.metadata import MetadataAccess, State, aws_access, gke_access, karpenter_access, other_access
from breachway.mapping.containers.grounds import believe, observed
from breachway.mapping.kubernetes.accounts import cloud_role_id
from breachway.mapping.kubernetes.declared import labels_of, name_of
from breachway.mapping.kubernetes.versions import parse_version
from breachway.sources.decoding import value_or
from breachway.sources.kubernetes.cloud_objects import NodeClass, of_kind
from breachway.sources.kubernetes.objects import OtherObject

if TYPE_CHECKING:
    from breachway.evidence import Evidence, Location
    from breachway.mapping.building import ModelBuilder
    from breachway.mapping.cloud.facts import CloudFacts
    from breachway.mapping.kubernetes.declared import Declared
    from breachway.mapping.kubernetes.nodes.pools import NodePool, NodePools
    from breachway.mapping.kubernetes.versions import KubernetesVersion
    from breachway.sources.decoding import Value
    from breachway.sources.terraform.resources import EksNodeGroup, GkeNodeConfig

_EKS_LABEL = "eks.amazonaws.com/nodegroup"
_GKE_LABEL = "cloud.google.com/gke-nodepool"
_KARPENTER_LABEL = "karpenter.k8s.aws/ec2nodeclass"
_LABELS = (_EKS_LABEL, _GKE_LABEL, _KARPENTER_LABEL)


class _Group(NamedTuple):
    """A group of machines that files of the cloud declare; ``role`` is what its machines act as."""

    name: str
    provider: str
    location: Location
    role: Value[str] | None
    access: MetadataAccess


PoolAccess = dict[str, tuple[MetadataAccess, ...]]
"""By the asset id of a pool: each group that its nodes may be of."""


def map_cloud_nodes(builder: ModelBuilder, declared: Declared, pools: NodePools, facts: CloudFacts) -> PoolAccess:
    """Give every pool its roles and the defences of its metadata service; gives who reaches it."""
    found: PoolAccess = {}
    classes = _node_classes(declared)
    for pool in pools.pools:
        version = _version(pool)
        groups = _groups_of(pool, facts, classes, version)
        for group in groups:
            _run_as(builder, pool, group)
        if pool.provider and not any(group.role for group in groups):
            _unknown_role(builder, pool)
        accesses = tuple(group.access for group in groups) or (other_access(pool.provider, version, pool.location),)
        for access in accesses:
            _settle(builder, pool.asset_id, "metadataNeedsHeader", access.header)
            _settle(builder, pool.asset_id, "noBootstrapInMetadata", access.bootstrap)
        found[pool.asset_id] = accesses if groups else ()
    return found


def _settle(builder: ModelBuilder, asset: str, defence: str, state: State) -> None:
    if state.belief is not None and state.location is not None:
        finding = believe(builder, state.belief, state.location)
        builder.defence(asset, defence, finding.probability, finding.evidence, assumption=finding.assumption)
    else:
        builder.defence(asset, defence, 1.0 if state.on else 0.0, state.evidence)


def _version(pool: NodePool) -> KubernetesVersion | None:
    """The oldest version of the pool's kubelets."""
    infos = (node.status.node_info for node in pool.nodes)
    versions = [parse_version(value_or(info.kubelet_version, "")) for info in infos if info is not None]
    return min((version for version in versions if version is not None), default=None)


# -------------------------------------------------------------------------------------------------------------------- joining


def _groups_of(
    pool: NodePool, facts: CloudFacts, classes: tuple[_Group, ...], version: KubernetesVersion | None
) -> tuple[_Group, ...]:
    """The declared groups that a pool's nodes may be of: by their label, else those of the pool's cloud, whichever it is."""
    if pool.control_plane:
        return ()
    wanted = {labels_of(node.metadata).get(label, "") for node in pool.nodes for label in _LABELS} - {""}
    aws = pool.provider in {"", "aws"}
    google = pool.provider in {"", "gce"}
    groups = (*(classes if aws else ()), *(_eks_groups(facts) if aws else ()), *(_gke_groups(facts, version) if google else ()))
    if wanted:
        return tuple(group for group in groups if group.name in wanted)
    return groups


def _node_classes(declared: Declared) -> tuple[_Group, ...]:
    """The classes by which Karpenter starts instances; nodes carry the name of theirs in a label."""
    found = []
    for item in declared.of(OtherObject):
        stated = of_kind(item, NodeClass)
        if stated is not None:
            access = karpenter_access(stated.spec, item.api_version.rpartition("/")[2], stated.location)
            found.append(_Group(name_of(item.metadata), "aws", stated.location, stated.spec.role, access))
    return tuple(found)


def _eks_groups(facts: CloudFacts) -> tuple[_Group, ...]:
    return tuple(
        _Group(
            value_or(group.node_group_name, group.cloud_name),
            "aws",
            group.location,
            group.node_role_arn,
            _eks_access(facts, group),
        )
        for group in facts.node_groups
    )


def _eks_access(facts: CloudFacts, group: EksNodeGroup) -> MetadataAccess:
    """The settings of the group's launch template; without one those that EKS makes, which no file shows."""
    for use in group.launch_template:
        template = facts.template(value_or(use.id, ""), value_or(use.name, ""))
        if template is not None and template.metadata_options:
            return aws_access(template.metadata_options[0], group.location)
    return aws_access(None, group.location)


def _gke_groups(facts: CloudFacts, version: KubernetesVersion | None) -> tuple[_Group, ...]:
    clusters = {item.cloud_name: item for item in facts.gke_clusters}
    only = facts.gke_clusters[0] if len(facts.gke_clusters) == 1 else None
    found = []
    for pool in facts.gke_pools:
        config = next(iter(pool.node_config), None)
        cluster = clusters.get(value_or(pool.cluster, "").rpartition("/")[2], only)
        stated = version or (parse_version(value_or(cluster.min_master_version, "")) if cluster is not None else None)
        access = gke_access(config, cluster, stated, pool.location)
        found.append(_Group(pool.cloud_name, "gcp", pool.location, _google_account(config), access))
    for cluster in facts.gke_clusters:
        if value_or(cluster.remove_default_node_pool, "") != "true" and not facts.gke_pools:
            config = next(iter(cluster.node_config), None)
            stated = version or parse_version(value_or(cluster.min_master_version, ""))
            access = gke_access(config, cluster, stated, cluster.location)
            found.append(_Group("default-pool", "gcp", cluster.location, _google_account(config), access))
    return tuple(found)


def _google_account(config: GkeNodeConfig | None) -> Value[str] | None:
    """The service account of the machines; with tokens that scopes limit it is an identity of its own, without its rights."""
    if config is None or config.service_account is None:
        return None
    account, scopes = config.service_account, config.oauth_scopes
    if not scopes or any(item.value.rpartition("/")[2] == "cloud-platform" or "${" in item.value for item in scopes):
        return account
    return account._replace(value=f"{account.value} within its scopes")


# ---------------------------------------------------------------------------------------------------------------------- roles


def _run_as(builder: ModelBuilder, pool: NodePool, group: _Group) -> None:
    """Tie a pool to the role of its machines, and the role to the kubelets that a cluster of EKS takes it for."""
    if group.role is None:
        if group.provider == "gcp":
            _unknown_role(builder, pool, observed(group.location, f"node pool {group.name} names no service account"))
        return
    found = observed(group.role.location, f"the machines of {group.name} act as {group.role.value.rpartition('/')[2]}")
    asset = cloud_role_id(group.provider, group.role.value)
    builder.asset("CloudRole", asset, group.role.value.rpartition("/")[2], platform=group.provider, evidence=found)
    builder.link("RunsAs", pool.asset_id, asset, found)
    if group.provider == "aws":
        note = "EKS takes whoever holds the node role for a kubelet of the group"
        seen = (*found, *observed(group.location, note))
        builder.link("KnownInCluster", asset, f"kubernetes:NodeIdentity:{pool.name}", seen)


def _unknown_role(builder: ModelBuilder, pool: NodePool, evidence: tuple[Evidence, ...] = ()) -> None:
    """Add the role of machines of which only the cloud is known."""
    provider = pool.provider or "gce"
    found = evidence or builder.evidence_of(pool.asset_id)
    role = builder.asset(
        "CloudRole",
        f"{provider}:CloudRole:instances-of-{pool.group}",
        f"instance role of node pool {pool.group}",
        platform=provider,
        evidence=found,
    )
    builder.link("RunsAs", pool.asset_id, role, found)
