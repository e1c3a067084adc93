"""Namespaces, nodes, quotas, budgets, Secrets and ConfigMaps."""

from dataclasses import dataclass
from typing import Annotated

from breachway.sources.decoding import Key, StringMap, Struct, Value
from breachway.sources.kubernetes.metadata import Address, LabelSelector, Resource


@dataclass(frozen=True, slots=True, kw_only=True)
class Namespace(Resource):
    """A namespace; its labels carry the Pod Security level."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretKey(Struct):
    """One entry of a Secret of a live cluster, as ``breachway collect`` writes it down: ``length`` is in bytes."""

    key: Value[str] | None = None
    length: Value[int] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret(Resource):
    """A Secret of a manifest.  The values are evidence that it holds any; no report may print them.

    ``collected_keys`` stands in place of the data where the object comes from ``breachway collect``.
    """

    type: Value[str] | None = None
    data: StringMap | None = None
    string_data: StringMap | None = None
    immutable: Value[bool] | None = None
    collected_keys: tuple[SecretKey, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigMap(Resource):
    """Configuration that anyone who may read ConfigMaps sees.  ``binary_data`` is base64."""

    data: StringMap | None = None
    binary_data: StringMap | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Taint(Struct):
    """What keeps pods off a node, unless they tolerate it."""

    key: Value[str] | None = None
    value: Value[str] | None = None
    effect: Value[str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeSpec(Struct):
    """What the cluster knows of the machine.  ``provider_id`` names it in its cloud."""

    provider_id: Annotated[Value[str] | None, Key("providerID")] = None
    taints: tuple[Taint, ...] = ()
    unschedulable: Value[bool] | None = None
    pod_cidr: Annotated[Value[str] | None, Key("podCIDR")] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeInfo(Struct):
    """The software of a node."""

    kubelet_version: Value[str] | None = None
    kube_proxy_version: Value[str] | None = None
    container_runtime_version: Value[str] | None = None
    kernel_version: Value[str] | None = None
    os_image: Value[str] | None = None
    operating_system: Value[str] | None = None
    architecture: Value[str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeStatus(Struct):
    """What the node's kubelet reports."""

    node_info: NodeInfo | None = None
    addresses: tuple[Address, ...] = ()
    capacity: StringMap | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Node(Resource):
    """A machine of the cluster."""

    spec: NodeSpec
    status: NodeStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitRangeItem(Struct):
    """Limits for one type: ``default`` becomes the limit of a container that sets none, ``default_request`` its request."""

    type: Value[str] | None = None
    default: StringMap | None = None
    default_request: StringMap | None = None
    max: StringMap | None = None
    min: StringMap | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitRangeSpec(Struct):
    """The limits of a namespace."""

    limits: tuple[LimitRangeItem, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitRange(Resource):
    """Limits and defaults for each container or pod of a namespace."""

    spec: LimitRangeSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceQuotaSpec(Struct):
    """The most that a namespace may use."""

    hard: StringMap | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceQuota(Resource):
    """A quota of a namespace."""

    spec: ResourceQuotaSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class PodDisruptionBudgetSpec(Struct):
    """How many pods must stay up."""

    selector: LabelSelector | None = None
    min_available: Value[int | str] | None = None
    max_unavailable: Value[int | str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PodDisruptionBudget(Resource):
    """A budget for voluntary disruptions."""

    spec: PodDisruptionBudgetSpec
