"""From Kubernetes objects to the model: the cluster, its machines, namespaces, workloads, secrets, storage and openings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from breachway.evidence import Location
from breachway.mapping.cloud.facts import NO_CLOUD
from breachway.mapping.containers.grounds import observed
from breachway.mapping.containers.images import ImageMapper
from breachway.mapping.kubernetes.accounts import AccountMapper
from breachway.mapping.kubernetes.admission.claimed_paths import map_claimed_paths
from breachway.mapping.kubernetes.admission.images import judge_signatures, judge_versions
from breachway.mapping.kubernetes.cloud.aws_auth import map_cloud_map
from breachway.mapping.kubernetes.cloud.clusters import managed_cluster
from breachway.mapping.kubernetes.cloud.nodes import map_cloud_nodes
from breachway.mapping.kubernetes.declared import Declared, labels_of, name_of, namespace_of
from breachway.mapping.kubernetes.environment import EnvironmentMapper
from breachway.mapping.kubernetes.exposure.backends import Services
from breachway.mapping.kubernetes.exposure.ingresses import IngressExposure
from breachway.mapping.kubernetes.exposure.mapping import ExposureMapper
from breachway.mapping.kubernetes.exposure.mesh import map_mesh_exposure
from breachway.mapping.kubernetes.exposure.services import ServiceExposure
from breachway.mapping.kubernetes.index import CLUSTER_ID, KubernetesIndex
from breachway.mapping.kubernetes.judging import Judge
from breachway.mapping.kubernetes.namespaces import map_namespaces
from breachway.mapping.kubernetes.network.segments import Segments
from breachway.mapping.kubernetes.nodes.api_server_flaws import map_api_server_flaws
from breachway.mapping.kubernetes.nodes.api_server_habits import map_habits
from breachway.mapping.kubernetes.nodes.control_plane import encryption_at_rest, map_cluster
from breachway.mapping.kubernetes.nodes.flags import programs_in
from breachway.mapping.kubernetes.nodes.kubelets import map_kubelets
from breachway.mapping.kubernetes.nodes.pools import map_node_pools, node_pools, runs_control_plane
from breachway.mapping.kubernetes.replicas import templates
from breachway.mapping.kubernetes.secrets import SecretMapper
from breachway.mapping.kubernetes.selectors import matches
from breachway.mapping.kubernetes.settings import cluster_settings
from breachway.mapping.kubernetes.views import container_views, pod_view
from breachway.mapping.kubernetes.volumes import VolumeMapper
from breachway.mapping.kubernetes.workloads import WorkloadMappers, map_workload
from breachway.sources.decoding import value_or
from breachway.sources.kubernetes.objects import Collection, PeerAuthentication, PodDisruptionBudget

if TYPE_CHECKING:
    from breachway.mapping.building import ModelBuilder
    from breachway.mapping.cloud.facts import CloudFacts
    from breachway.mapping.kubernetes.exposure.mapping import Opened
    from breachway.mapping.kubernetes.index import WorkloadEntry
    from breachway.mapping.kubernetes.nodes.pools import NodePools
    from breachway.mapping.kubernetes.replicas import Template
    from breachway.mapping.kubernetes.views import PodView
    from breachway.sources.kubernetes.objects import KubernetesObject
    from breachway.sources.kubernetes.replicas import Replica


def map_kubernetes(
    builder: ModelBuilder,
    objects: tuple[KubernetesObject, ...],
    *,
    version: str = "",
    trusted: tuple[str, ...] = (),
    images: ImageMapper | None = None,
    replicas: tuple[Replica, ...] = (),
    facts: CloudFacts = NO_CLOUD,
) -> KubernetesIndex:
    """Map the objects of one cluster; give the index that permissions and network policies are joined with.

    ``version`` is the minor version that the user stated, empty if none.  ``trusted`` are registries that images may come
    from; none given means that nothing is known of them.  ``images`` maps the images of all platforms of the model, and then
    knows what is trusted by itself.  ``replicas`` are objects that say nothing beyond ``objects`` but where they run;
    ``facts`` is what files of the cloud say of it.  The asset of the internet must be there already.
    """
    declared = Declared(objects)
    # A collection speaks of the whole cluster; else any object does.
    first = next((item for item in objects if isinstance(item, Collection)), objects[0] if objects else None)
    location = first.location if first is not None else Location("", "", 0, 0)
    settings = cluster_settings(declared, version)
    found = templates(declared, replicas)
    pods = tuple(pod_view(template, settings) for template in found)
    programs = tuple(program for pod in pods for program in programs_in(pod))
    managed = managed_cluster(facts)
    map_cluster(builder, declared, programs, settings, location, managed)
    map_habits(Judge(builder, CLUSTER_ID, "the cluster"), declared, programs, settings, location)
    map_cloud_map(Judge(builder, CLUSTER_ID, "the cluster"), declared, facts, location)
    pools = node_pools(declared, location, control_plane_seen=any(runs_control_plane(pod) for pod in pods))
    map_api_server_flaws(builder, declared, location)
    map_node_pools(builder, declared, pools)
    metadata = map_cloud_nodes(builder, declared, pools, facts)
    map_kubelets(builder, declared, programs, pools)
    namespaces = map_namespaces(builder, declared, objects, settings, programs)
    secrets = SecretMapper(
        builder,
        encryption_at_rest(builder, declared, tuple(item for item in programs if item.name == "kube-apiserver"), managed),
    )
    secrets.map_declared(declared)
    accounts = AccountMapper(builder, declared, facts)
    accounts.map_declared()
    accounts.map_token_secrets(secrets)
    mappers = WorkloadMappers(
        builder=builder,
        accounts=accounts,
        environment=EnvironmentMapper(secrets),
        images=images or ImageMapper(builder, trusted or None),
        pools=pools,
        secrets=secrets,
        segments=Segments((template.kind, template.workload) for template in found),
        volumes=VolumeMapper(builder, declared),
        software={},
    )
    services = Services(declared, found)
    entries = _map_workloads(mappers, declared, pods, services)
    mappers.volumes.map_claims()
    map_claimed_paths(builder, declared, mappers.volumes, pools)
    openings = _map_exposures(builder, declared, mappers, services, entries)
    _judge_meshes(builder, declared)
    judge_signatures(builder, declared, location)
    judge_versions(builder, objects, settings)
    return KubernetesIndex(
        cluster_id=CLUSTER_ID,
        location=location,
        version=settings.version.text,
        version_known=settings.known_version,
        workloads=entries,
        namespaces=namespaces,
        service_accounts=accounts.known,
        secrets=secrets.known,
        node_pools=pools.ids,
        control_plane_pools=_control_plane(pools),
        metadata=metadata,
        openings=openings,
    )


def _control_plane(pools: NodePools) -> tuple[str, ...]:
    return tuple(pool.asset_id for pool in pools.pools if pool.control_plane)


def _map_workloads(
    mappers: WorkloadMappers, declared: Declared, pods: tuple[PodView, ...], services: Services
) -> tuple[WorkloadEntry, ...]:
    targets = services.target_ports()
    budgets = _Budgets(declared)
    entries: list[WorkloadEntry] = []
    for pod in pods:
        template = pod.template
        entry = map_workload(
            mappers,
            pod,
            container_views(pod),
            targets.get((template.namespace, template.kind, template.name), {}),
            budgeted=budgets.cover(template),
        )
        services.keep(entry)
        entries.append(entry)
    return tuple(entries)


class _Budgets:
    """The PodDisruptionBudgets of the input."""

    def __init__(self, declared: Declared) -> None:
        self._by_namespace: dict[str, list[PodDisruptionBudget]] = {}
        for budget in declared.of(PodDisruptionBudget):
            self._by_namespace.setdefault(namespace_of(budget.metadata), []).append(budget)

    def cover(self, template: Template) -> bool:
        """Whether one selects the pods of a workload."""
        labels = labels_of(template.workload.pod_template.metadata)
        return any(
            budget.spec.selector is not None and matches(budget.spec.selector, labels)
            for budget in self._by_namespace.get(template.namespace, ())
        )


def _map_exposures(
    builder: ModelBuilder, declared: Declared, mappers: WorkloadMappers, services: Services, entries: tuple[WorkloadEntry, ...]
) -> tuple[Opened, ...]:
    exposures = ExposureMapper(builder, mappers.software)
    by_service = ServiceExposure(builder, declared, services, exposures)
    by_service.map_services()
    for entry in entries:
        by_service.map_node_ports(entry)
    IngressExposure(builder, declared, services, exposures, entries).map_all()
    map_mesh_exposure(declared, services, exposures)
    return exposures.opened


def _judge_meshes(builder: ModelBuilder, declared: Declared) -> None:
    """Istio that lets plain text pass; asked of the cluster, since a root policy holds for all of it."""
    for item in declared.of(PeerAuthentication):
        mode = item.spec.mtls.mode if item.spec.mtls else None
        if mode is not None and mode.value in {"PERMISSIVE", "DISABLE", "UNSET"}:
            name = f"{namespace_of(item.metadata)}/{name_of(item.metadata)}"
            judge = Judge(builder, CLUSTER_ID, f"PeerAuthentication {name}")
            judge.weak("mesh-mtls-permissive", observed(mode.location, f"mtls.mode: {value_or(mode, '')}"), detail=name)
