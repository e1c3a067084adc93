"""Every Kubernetes object that Breachway reads, in one place for those who map them.

The declarations live by subject in the modules beside this one.
"""

from dataclasses import dataclass
from typing import TypeAlias

from breachway.sources.kubernetes.cluster import (
    ConfigMap,
    LimitRange,
    Namespace,
    Node,
    PodDisruptionBudget,
    ResourceQuota,
    Secret,
)
from breachway.sources.kubernetes.collection import Collection
from breachway.sources.kubernetes.containers import Container, SecurityContext
from breachway.sources.kubernetes.control_plane import (
    AdmissionConfiguration,
    EncryptionConfiguration,
    KubeletConfiguration,
    WebhookConfiguration,
)
from breachway.sources.kubernetes.metadata import LabelSelector, Metadata, Resource
from breachway.sources.kubernetes.networking import Gateway, HttpRoute, Ingress, OpenShiftRoute, Service
from breachway.sources.kubernetes.pods import PodSecurityContext, PodSpec, PodTemplate, Workload
from breachway.sources.kubernetes.policies import AdminNetworkPolicy, NetworkPolicy, PeerAuthentication, PodSecurityConfiguration
from breachway.sources.kubernetes.rbac import PolicyRule, Role, RoleBinding, ServiceAccount
from breachway.sources.kubernetes.volumes import PersistentVolume, PersistentVolumeClaim, Volume
from breachway.sources.nodes import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherObject(Resource):
    """An object of a kind that is not typed here; ``node`` is all of it."""

    node: Mapping


KubernetesObject: TypeAlias = (
    Workload
    | Service
    | Ingress
    | Gateway
    | HttpRoute
    | OpenShiftRoute
    | ServiceAccount
    | Role
    | RoleBinding
    | NetworkPolicy
    | AdminNetworkPolicy
    | PeerAuthentication
    | Namespace
    | Secret
    | ConfigMap
    | PersistentVolume
    | PersistentVolumeClaim
    | Node
    | LimitRange
    | ResourceQuota
    | PodDisruptionBudget
    | WebhookConfiguration
    | KubeletConfiguration
    | EncryptionConfiguration
    | AdmissionConfiguration
    | PodSecurityConfiguration
    | Collection
    | OtherObject
)

__all__ = [
    "AdminNetworkPolicy",
    "AdmissionConfiguration",
    "Collection",
    "ConfigMap",
    "Container",
    "EncryptionConfiguration",
    "Gateway",
    "HttpRoute",
    "Ingress",
    "KubeletConfiguration",
    "KubernetesObject",
    "LabelSelector",
    "LimitRange",
    "Metadata",
    "Namespace",
    "NetworkPolicy",
    "Node",
    "OpenShiftRoute",
    "OtherObject",
    "PeerAuthentication",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "PodDisruptionBudget",
    "PodSecurityConfiguration",
    "PodSecurityContext",
    "PodSpec",
    "PodTemplate",
    "PolicyRule",
    "Resource",
    "ResourceQuota",
    "Role",
    "RoleBinding",
    "Secret",
    "SecurityContext",
    "Service",
    "ServiceAccount",
    "Volume",
    "WebhookConfiguration",
    "Workload",
]
