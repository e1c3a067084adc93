"""What the mapping of the workloads leaves for the rules that join objects: permissions, network policies, the rights of people.

Every entry names its asset.  Entries are sorted by namespace, kind and name; the lookups are by the object's own names.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from breachway.evidence import Location
    from breachway.mapping.cloud.metadata import MetadataAccess
    from breachway.mapping.kubernetes.exposure.mapping import Opened
    from breachway.sources.kubernetes.objects import Workload

Labels = tuple[tuple[str, str], ...]
"""Labels as sorted pairs."""

CLUSTER_ID = "kubernetes:Cluster:cluster"


def namespace_id(name: str) -> str:
    """The asset id of a namespace."""
    return f"kubernetes:Namespace:{name}"


def service_account_id(namespace: str, name: str) -> str:
    """The asset id of a ServiceAccount."""
    return f"kubernetes:ServiceAccount:{namespace}/{name}"


def secret_id(namespace: str, name: str) -> str:
    """The asset id of a Secret object."""
    return f"kubernetes:Secret:{namespace}/{name}"


def workload_id(namespace: str, kind: str, name: str) -> str:
    """The asset id of a workload."""
    return f"kubernetes:KubernetesWorkload:{namespace}/{kind}/{name}"


def node_pool_id(name: str) -> str:
    """The asset id of a pool of like nodes."""
    return f"kubernetes:NodePool:{name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ListenerEntry:
    """What listens in a container: ``port`` is the container port (0 where unknown), ``name`` its name ("" without one)."""

    asset_id: str
    port: int
    name: str
    protocol: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerEntry:
    """One container of a workload; ``init`` tells one that ends before the others start."""

    asset_id: str
    name: str
    init: bool
    listeners: tuple[ListenerEntry, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkloadEntry:
    """One workload.  ``subject`` is how a person names it ("Deployment shop/web"); ``object`` is what was read.

    ``token_mounted`` tells whether its pods hold a token of the ServiceAccount; ``service_account`` is the account's name.
    ``node_names`` are the nodes that its pods were seen on, sorted; empty where no pod of it is in the input.
    """

    asset_id: str
    namespace: str
    kind: str
    name: str
    subject: str
    labels: Labels
    service_account: str
    service_account_id: str
    token_mounted: bool
    host_network: bool
    node_pools: tuple[str, ...]
    containers: tuple[ContainerEntry, ...]
    location: Location
    object: Workload
    node_names: tuple[str, ...] = ()

    @property
    def listeners(self) -> tuple[ListenerEntry, ...]:
        """What listens in any container of the workload."""
        return tuple(listener for container in self.containers for listener in container.listeners)


@dataclass(frozen=True, slots=True, kw_only=True)
class NamespaceEntry:
    """One namespace; ``declared`` is false where only objects in it were read, and ``location`` is then the first of them."""

    asset_id: str
    name: str
    labels: Labels
    declared: bool
    location: Location


@dataclass(frozen=True, slots=True, kw_only=True)
class KubernetesIndex:
    """Where everything of the cluster is.

    ``service_accounts`` and ``secrets`` map (namespace, name) to the asset id, accounts that are only used included.
    ``metadata`` says for each pool who reaches the metadata service, where files of the cloud say so.
    ``openings`` are the openings to the outside, before policies were asked.
    ``version_known`` tells whether somebody stated ``version``; if not, it is the newest.
    """

    cluster_id: str
    location: Location
    version: str
    workloads: tuple[WorkloadEntry, ...]
    namespaces: Mapping[str, NamespaceEntry]
    service_accounts: Mapping[tuple[str, str], str]
    secrets: Mapping[tuple[str, str], str]
    node_pools: tuple[str, ...]
    control_plane_pools: tuple[str, ...]
    metadata: Mapping[str, tuple[MetadataAccess, ...]] = field(default_factory=dict)
    openings: tuple[Opened, ...] = ()
    version_known: bool = True
