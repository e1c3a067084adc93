"""Small clusters for tests, written as YAML."""

from __future__ import annotations

from typing import TYPE_CHECKING

from breachway.evidence import Location, Unread
from breachway.mapping.bindings import load_bindings
from breachway.mapping.building import ModelBuilder
from breachway.mapping.kubernetes.index import (
    CLUSTER_ID,
    ContainerEntry,
    KubernetesIndex,
    ListenerEntry,
    NamespaceEntry,
    WorkloadEntry,
    namespace_id,
    node_pool_id,
    service_account_id,
    workload_id,
)
from breachway.mapping.places import INTERNET_ID
from breachway.sources.decoding import value_or
from breachway.sources.kubernetes.objects import Workload
from breachway.sources.kubernetes.recognition import kubernetes_objects
from breachway.sources.yaml_positions import read_yaml

if TYPE_CHECKING:
    from collections.abc import Iterable

    from breachway.sources.kubernetes.objects import KubernetesObject

NOWHERE = Location("given.yaml", "", 1, 1)


def objects_of(text: str) -> tuple[KubernetesObject, ...]:
    """Read Kubernetes objects and insist that nothing was lost."""
    tree = read_yaml(text, "given.yaml")
    problems: list[Unread] = list(tree.problems)
    found = tuple(
        item for node in tree.documents if node is not None for item in kubernetes_objects(node, "given.yaml", problems)
    )
    assert not problems
    return found


def index_of(objects: Iterable[KubernetesObject], namespaces: dict[str, dict[str, str]] | None = None) -> KubernetesIndex:
    """An index of the Deployments among the objects, one container and its declared ports each."""
    workloads = sorted(
        (_entry(item) for item in objects if isinstance(item, Workload)), key=lambda item: (item.namespace, item.name)
    )
    names = sorted({item.namespace for item in workloads} | set(namespaces or {}))
    return KubernetesIndex(
        cluster_id=CLUSTER_ID,
        location=NOWHERE,
        version="",
        workloads=tuple(workloads),
        namespaces={
            name: NamespaceEntry(
                asset_id=namespace_id(name),
                name=name,
                labels=tuple(sorted((namespaces or {}).get(name, {}).items())),
                declared=True,
                location=NOWHERE,
            )
            for name in names
        },
        service_accounts={(item.namespace, item.service_account): item.service_account_id for item in workloads},
        secrets={},
        node_pools=(node_pool_id("default"),),
        control_plane_pools=(),
    )


def builder_for(index: KubernetesIndex) -> ModelBuilder:
    """A builder that already holds the assets of an index."""
    builder = ModelBuilder(load_bindings())
    builder.asset("Internet", INTERNET_ID, "the internet", platform="internet", evidence=())
    builder.asset("Cluster", CLUSTER_ID, "cluster", platform="kubernetes", evidence=())
    builder.asset("NodePool", node_pool_id("default"), "default", platform="kubernetes", evidence=())
    for space in index.namespaces.values():
        builder.asset("Namespace", space.asset_id, space.name, platform="kubernetes", evidence=())
    for workload in index.workloads:
        builder.asset("KubernetesWorkload", workload.asset_id, workload.subject, platform="kubernetes", evidence=())
        builder.asset("ServiceAccount", workload.service_account_id, workload.service_account, platform="kubernetes", evidence=())
        for container in workload.containers:
            builder.asset("Container", container.asset_id, container.name, platform="kubernetes", evidence=())
            for listener in container.listeners:
                builder.asset("Application", listener.asset_id, listener.name, platform="kubernetes", evidence=())
    return builder


def _entry(item: Workload) -> WorkloadEntry:
    namespace, name = value_or(item.metadata.namespace, "default"), value_or(item.metadata.name, "")
    template = item.pod_template
    spec = template.spec
    labels = template.metadata.labels.as_dict() if template.metadata.labels else {}
    asset = workload_id(namespace, item.kind, name)
    containers = []
    for container in spec.containers:
        identity = f"kubernetes:Container:{namespace}/{item.kind}/{name}/{value_or(container.name, '')}"
        listeners = tuple(
            ListenerEntry(
                asset_id=f"{identity}:{value_or(port.container_port, 0)}/{value_or(port.protocol, 'TCP')}",
                port=value_or(port.container_port, 0),
                name=value_or(port.name, ""),
                protocol=value_or(port.protocol, "TCP"),
            )
            for port in container.ports
        )
        containers.append(ContainerEntry(asset_id=identity, name=value_or(container.name, ""), init=False, listeners=listeners))
    account = value_or(spec.service_account_name, "default")
    return WorkloadEntry(
        asset_id=asset,
        namespace=namespace,
        kind=item.kind,
        name=name,
        subject=f"{item.kind} {namespace}/{name}",
        labels=tuple(sorted(labels.items())),
        service_account=account,
        service_account_id=service_account_id(namespace, account),
        token_mounted=True,
        host_network=value_or(spec.host_network, default=False),
        node_pools=(node_pool_id("default"),),
        containers=tuple(containers),
        location=item.location,
        object=item,
    )
