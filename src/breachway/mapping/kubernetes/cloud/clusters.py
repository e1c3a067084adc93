"""What Terraform says of a managed cluster: whose requests its API server takes, what it records, how it stores Secrets.

Sources: Amazon EKS user guide (cluster endpoint access; control plane logs; default envelope encryption), Google Kubernetes
Engine documentation (control plane access; audit logging; encrypt Secrets), Azure documentation (private clusters; authorized IP
ranges).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from breachway.mapping.cloud.metadata import State
from breachway.mapping.containers.grounds import defaulted, observed
from breachway.mapping.kubernetes.versions import KubernetesVersion, parse_version
from breachway.sources.decoding import value_or

if TYPE_CHECKING:
    from breachway.mapping.cloud.facts import CloudFacts
    from breachway.sources.decoding import Value
    from breachway.sources.terraform.resources import AksCluster, EksCluster, GkeCluster

_EKS_ENDPOINT = "Amazon EKS user guide, Cluster API server endpoint"
_EKS_LOGS = "Amazon EKS user guide, Control plane logs"
_EKS_ENVELOPE = "Amazon EKS user guide, Default envelope encryption for all Kubernetes API data"
_GKE_ENDPOINT = "Google Kubernetes Engine documentation, Control plane network isolation"
_GKE_AUDIT = "Google Kubernetes Engine documentation, Audit logging"
_AKS_ENDPOINT = "Azure documentation, Authorized IP ranges for the API server"
_EVERYWHERE = frozenset({"0.0.0.0/0", "::/0"})
_ENVELOPE_SINCE = KubernetesVersion(1, 28)


class ManagedCluster(NamedTuple):
    """States of defences of the cluster and its Secrets; None where Terraform does not decide."""

    not_public: State | None = None
    audited: State | None = None
    encrypted: State | None = None


UNMANAGED = ManagedCluster()


def managed_cluster(facts: CloudFacts) -> ManagedCluster:
    """The managed cluster that the manifests are for: the only one that Terraform makes; of several none is known to be it."""
    clusters = (*facts.eks_clusters, *facts.gke_clusters, *facts.aks_clusters)
    if len(clusters) != 1:
        return UNMANAGED
    if facts.eks_clusters:
        return _eks(facts.eks_clusters[0])
    return _gke(facts.gke_clusters[0]) if facts.gke_clusters else _aks(facts.aks_clusters[0])


def _ranges(ranges: tuple[Value[str], ...]) -> State | None:
    """Whether named networks keep the internet out; None where one of them is not known."""
    wide = next((item for item in ranges if item.value in _EVERYWHERE), None)
    if wide is not None:
        return State(on=False, evidence=observed(wide.location, f"{wide.value} may reach the API server"))
    if not ranges or any("${" in item.value for item in ranges):
        return None
    return State(on=True, evidence=observed(ranges[0].location, "only named networks may reach the API server"))


def _switch(value: Value[str] | None) -> bool | None:
    """A switch that is written out; None for one that is absent or not known."""
    return {"true": True, "false": False}.get(value_or(value, ""))


# -------------------------------------------------------------------------------- the offerings


def _eks(cluster: EksCluster) -> ManagedCluster:
    logs = cluster.enabled_cluster_log_types
    audit = next((item for item in logs if item.value == "audit"), None)
    if audit is not None:
        audited: State | None = State(on=True, evidence=observed(audit.location, "the audit log is enabled"))
    elif any("${" in item.value for item in logs):
        audited = None
    else:
        audited = State(
            on=False, evidence=defaulted(cluster.location, "the audit log is not enabled; the default is none", _EKS_LOGS)
        )
    return ManagedCluster(_eks_endpoint(cluster), audited, _eks_encryption(cluster))


def _eks_endpoint(cluster: EksCluster) -> State | None:
    network = next(iter(cluster.vpc_config), None)
    if network is None:
        return None
    public = network.endpoint_public_access
    if public is not None and _switch(public) is False:
        return State(on=True, evidence=observed(public.location, "endpoint_public_access: false"))
    if public is not None and _switch(public) is None:
        return None
    if network.public_access_cidrs:
        return _ranges(network.public_access_cidrs)
    note = "the public endpoint is open to every address unless public_access_cidrs names some"
    return State(on=False, evidence=defaulted(public.location if public else network.location, note, _EKS_ENDPOINT))


def _eks_encryption(cluster: EksCluster) -> State | None:
    for block in cluster.encryption_config:
        for item in block.resources:
            if item.value == "secrets":
                return State(on=True, evidence=observed(item.location, "encryption_config covers Secrets"))
    version = parse_version(value_or(cluster.version, ""))
    if cluster.version is None or version is None:
        return None
    if version >= _ENVELOPE_SINCE:
        note = f"EKS encrypts what clusters of version {version.text} store"
        return State(on=True, evidence=defaulted(cluster.version.location, note, _EKS_ENVELOPE))
    note = f"EKS {version.text} encrypts Secrets only where encryption_config says so"
    return State(on=False, evidence=defaulted(cluster.version.location, note, _EKS_ENVELOPE))


def _gke(cluster: GkeCluster) -> ManagedCluster:
    audited = State(
        on=True, evidence=defaulted(cluster.location, "Cloud Audit Logs record what changes a cluster of GKE", _GKE_AUDIT)
    )
    encrypted = None
    for block in cluster.database_encryption:
        if block.state is not None and block.state.value == "ENCRYPTED":
            encrypted = State(on=True, evidence=observed(block.state.location, "database_encryption: ENCRYPTED"))
    return ManagedCluster(_gke_endpoint(cluster), audited, encrypted)


def _gke_endpoint(cluster: GkeCluster) -> State | None:
    for block in cluster.private_cluster_config:
        private = block.enable_private_endpoint
        if private is not None and _switch(private) is True:
            return State(on=True, evidence=observed(private.location, "enable_private_endpoint: true"))
        if private is not None and _switch(private) is None:
            return None
    networks = cluster.master_authorized_networks_config
    if networks:
        ranges = tuple(item.cidr_block for block in networks for item in block.cidr_blocks if item.cidr_block is not None)
        none = State(on=True, evidence=observed(networks[0].location, "no outside network is authorized"))
        return _ranges(ranges) if ranges else none
    note = "without authorized networks every address may reach the public endpoint"
    return State(on=False, evidence=defaulted(cluster.location, note, _GKE_ENDPOINT))


def _aks(cluster: AksCluster) -> ManagedCluster:
    private = cluster.private_cluster_enabled
    if private is not None and _switch(private) is True:
        return ManagedCluster(State(on=True, evidence=observed(private.location, "private_cluster_enabled: true")))
    if private is not None and _switch(private) is None:
        return UNMANAGED
    profiles = (item for profile in cluster.api_server_access_profile for item in profile.authorized_ip_ranges)
    ranges = (*cluster.api_server_authorized_ip_ranges, *profiles)
    if ranges:
        return ManagedCluster(_ranges(ranges))
    note = "without authorized ranges every address may reach the public endpoint"
    return ManagedCluster(State(on=False, evidence=defaulted(cluster.location, note, _AKS_ENDPOINT)))
