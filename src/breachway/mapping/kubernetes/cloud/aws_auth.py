"""Whether the cluster obeys the ConfigMap ``aws-auth``, which makes identities of AWS its users.

Only EKS does, and only where its access is not left to access entries alone (Amazon EKS user guide, Grant IAM users and roles
access to Kubernetes APIs: the mode ``CONFIG_MAP`` is the default of its API).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from breachway.mapping.containers.grounds import Belief, defaulted, observed
from breachway.mapping.kubernetes.declared import name_of, namespace_of
from breachway.sources.kubernetes.objects import ConfigMap, Node

if TYPE_CHECKING:
    from breachway.evidence import Location
    from breachway.mapping.cloud.facts import CloudFacts
    from breachway.mapping.kubernetes.declared import Declared
    from breachway.mapping.kubernetes.judging import Judge

_DEFENCE = "noCloudMap"
_GUIDE = "Amazon EKS user guide, Grant IAM users and roles access to Kubernetes APIs"
_ENTRIES_ALONE = "API"
NO_CLOUD_MAP = Belief(
    "no-cloud-map",
    "the cluster takes no mapping of cloud identities from the ConfigMap aws-auth",
    0.8,
    "judgement: only EKS does, and newer clusters use access entries; the input shows no node and no such ConfigMap",
    "the cluster",
)


def map_cloud_map(judge: Judge, declared: Declared, facts: CloudFacts, place: Location) -> None:
    """Set the defence by what files of the cloud say, else by the ConfigMap, else by the nodes."""
    if _by_files_of_the_cloud(judge, facts):
        return
    for config_map in declared.of(ConfigMap):
        if (namespace_of(config_map.metadata), name_of(config_map.metadata)) == ("kube-system", "aws-auth"):
            judge.off(observed(config_map.location, "the ConfigMap kube-system/aws-auth is there"), _DEFENCE)
            return
    nodes = declared.of(Node)
    for node in nodes:
        version = node.status.node_info.kubelet_version if node.status.node_info is not None else None
        if version is not None and "-eks-" in version.value:
            judge.off(observed(version.location, f"kubelet {version.value}: an EKS cluster, which may take aws-auth"), _DEFENCE)
            return
    if nodes:
        judge.on(observed(nodes[0].location, "no node of the input is one of EKS"), _DEFENCE)
    else:
        judge.assume(place, NO_CLOUD_MAP, _DEFENCE)


def _by_files_of_the_cloud(judge: Judge, facts: CloudFacts) -> bool:
    """Whether the only cluster that they make decides it."""
    clusters = (*facts.eks_clusters, *facts.gke_clusters, *facts.aks_clusters)
    if len(clusters) != 1:
        return False
    if not facts.eks_clusters:
        judge.on(observed(clusters[0].location, "the cluster is none of EKS"), _DEFENCE)
        return True
    mode = next((item.authentication_mode for item in facts.eks_clusters[0].access_config if item.authentication_mode), None)
    if mode is None:
        note = "authentication_mode is not set; the default is CONFIG_MAP"
        judge.off(defaulted(clusters[0].location, note, _GUIDE), _DEFENCE)
    elif mode.value == _ENTRIES_ALONE:
        judge.on(observed(mode.location, f"authentication_mode: {mode.value}"), _DEFENCE)
    else:
        judge.off(observed(mode.location, f"authentication_mode: {mode.value}"), _DEFENCE)
    return True
