"""Workloads and their containers as assets, with everything that hangs on them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from breachway.mapping.containers.applications import ListenerFacts, ListeningPort, map_applications
from breachway.mapping.containers.grounds import observed, settle
from breachway.mapping.kubernetes.confinement import map_confinement
from breachway.mapping.kubernetes.declared import labels_of, pairs
from breachway.mapping.kubernetes.environment import location_of_words, variables_of
from breachway.mapping.kubernetes.hygiene import map_hygiene, map_pod_hygiene
from breachway.mapping.kubernetes.index import ContainerEntry, ListenerEntry, WorkloadEntry, namespace_id, workload_id
from breachway.mapping.kubernetes.judging import PLATFORM, Judge
from breachway.mapping.kubernetes.nodes.pools import runs_control_plane
from breachway.mapping.kubernetes.nodes.windows import share_windows_kernel
from breachway.mapping.kubernetes.resources import map_resources
from breachway.mapping.kubernetes.volumes import map_unmounted
from breachway.model import EntryPoint
from breachway.sources.decoding import value_or
from breachway.sources.image_reference import parse_image_reference

if TYPE_CHECKING:
    from collections.abc import Mapping

    from breachway.evidence import Evidence
    from breachway.mapping.building import ModelBuilder
    from breachway.mapping.containers.applications import Listeners
    from breachway.mapping.containers.images import ImageMapper
    from breachway.mapping.kubernetes.accounts import AccountMapper
    from breachway.mapping.kubernetes.environment import EnvironmentMapper
    from breachway.mapping.kubernetes.network.segments import Segments
    from breachway.mapping.kubernetes.nodes.pools import NodePools
    from breachway.mapping.kubernetes.replicas import Template
    from breachway.mapping.kubernetes.secrets import SecretMapper
    from breachway.mapping.kubernetes.views import ContainerView, PodView
    from breachway.mapping.kubernetes.volumes import MountedVolume, VolumeMapper
    from breachway.threats.software import SoftwareInfo


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkloadMappers:
    """The mappers that every workload needs."""

    builder: ModelBuilder
    accounts: AccountMapper
    environment: EnvironmentMapper
    images: ImageMapper
    pools: NodePools
    secrets: SecretMapper
    segments: Segments
    volumes: VolumeMapper
    software: dict[str, tuple[SoftwareInfo | None, ListeningPort]]
    """What listens, by Application: filled here, read by the rules about exposure."""


def container_id(template: Template, name: str) -> str:
    """The asset id of a container."""
    return f"kubernetes:Container:{template.namespace}/{template.kind}/{template.name}/{name}"


def map_workload(
    mappers: WorkloadMappers,
    pod: PodView,
    containers: tuple[ContainerView, ...],
    targets: Mapping[int, tuple[Evidence, ...]],
    *,
    budgeted: bool,
) -> WorkloadEntry:
    """Add one workload.  ``targets`` are ports that Services send to; ``budgeted`` whether a PodDisruptionBudget covers it."""
    template, builder = pod.template, mappers.builder
    found = observed(template.workload.location, template.subject)
    home = namespace_id(template.namespace)
    asset = builder.asset(
        "KubernetesWorkload",
        workload_id(template.namespace, template.kind, template.name),
        f"{template.namespace}/{template.name}",
        platform=PLATFORM,
        evidence=found,
        boundary=home,
        replicas=max(template.replicas, 1),
        facts=_facts(pod),
    )
    if template.node_names:
        builder.seen_on(asset, template.node_names)
    builder.link("Contains", home, asset, found)
    builder.entry_point(
        EntryPoint(actor="A5", asset=asset, step="actAs", title=f"{template.subject}, by its own rights", evidence=found)
    )
    judge = Judge(builder, asset, template.subject)
    account, account_id, mounted = mappers.accounts.map_identity(judge, pod)
    map_pod_hygiene(judge, pod, budgeted=budgeted)
    _tiller(judge, pod)
    for secret in pod.spec.image_pull_secrets:
        if secret.name is not None:
            mappers.secrets.referred(template.namespace, secret.name.value, secret.name.location)
    pools = tuple(pool.asset_id for pool in mappers.pools.of(pod))
    ports = _share_ports(containers, targets)
    entries = tuple(_map_container(mappers, view, asset, pools, ports.get(view.name, ())) for view in containers)
    names = {mount.name.value for view in containers for mount in view.container.volume_mounts if mount.name}
    map_unmounted(judge, pod, frozenset(names))
    _image_volumes(mappers, pod, pools)
    return WorkloadEntry(
        asset_id=asset,
        namespace=template.namespace,
        kind=template.kind,
        name=template.name,
        subject=template.subject,
        labels=pairs(labels_of(template.workload.pod_template.metadata)),
        service_account=account,
        service_account_id=account_id,
        token_mounted=mounted,
        host_network=value_or(pod.spec.host_network, default=False),
        node_pools=pools,
        containers=entries,
        location=template.workload.location,
        object=template.workload,
        node_names=template.node_names,
    )


def _facts(pod: PodView) -> tuple[tuple[str, str], ...]:
    template = pod.template
    facts = [("kind", template.kind)]
    if template.kind == "DaemonSet":
        facts.append(("replicas", "one on each node"))
    if pod.windows:
        facts.append(("system", "windows"))
    return tuple(facts)


def _image_volumes(mappers: WorkloadMappers, pod: PodView, pools: tuple[str, ...]) -> None:
    """Images that a pod mounts as folders: nothing in them runs by itself, but they are pulled to the node like any other."""
    for volume in pod.spec.volumes:
        reference = volume.image.reference if volume.image is not None else None
        if reference is not None and reference.value:
            image = mappers.images.map_image(reference.value, reference.location)
            for pool in pools:
                mappers.builder.link("CachesImage", pool, image, observed(reference.location, "an image as a volume"))


def _tiller(judge: Judge, pod: PodView) -> None:
    """Helm 2's server side, which obeyed whoever reached it."""
    template = pod.template
    for item in pod.spec.containers:
        reference = parse_image_reference(item.image.value) if item.image else None
        if item.image is not None and reference is not None and reference.name == "tiller":
            judge.weak("tiller-deployed", observed(item.image.location, f"image: {item.image.value}"))
            return
    if (
        template.name == "tiller-deploy"
        or pod.labels.get("name") == "tiller"
        or labels_of(template.workload.metadata).get("name") == "tiller"
    ):
        judge.weak("tiller-deployed", observed(template.workload.location, "named as Helm's Tiller"))


def _share_ports(
    containers: tuple[ContainerView, ...], targets: Mapping[int, tuple[Evidence, ...]]
) -> dict[str, tuple[ListeningPort, ...]]:
    """Ports of each container: those it declares; and on the first main container those that only a Service knows."""
    declared: dict[str, tuple[ListeningPort, ...]] = {}
    numbers: set[int] = set()
    for view in containers:
        ports = [
            ListeningPort(
                port.container_port.value,
                port.container_port.value,
                value_or(port.protocol, "TCP").lower(),
                observed(port.container_port.location, f"containerPort: {port.container_port.value}"),
                value_or(port.name, ""),
            )
            for port in view.container.ports
            if port.container_port is not None
        ]
        numbers.update(port.first for port in ports)
        declared[view.name] = tuple(ports)
    main = next((view.name for view in containers if view.role == "regular"), "")
    extra = tuple(ListeningPort(number, number, "tcp", targets[number]) for number in sorted(targets) if number not in numbers)
    if main and extra:
        declared[main] = (*declared[main], *extra)
    return declared


def _map_container(
    mappers: WorkloadMappers, view: ContainerView, workload: str, pools: tuple[str, ...], ports: tuple[ListeningPort, ...]
) -> ContainerEntry:
    builder, container = mappers.builder, view.container
    found = observed(container.location, f"container {view.name}")
    facts = [("image", container.image.value)] if container.image else []
    if view.role != "regular":
        facts.append(("role", view.role))
    asset = builder.asset(
        "Container",
        container_id(view.pod.template, view.name),
        view.name,
        platform=PLATFORM,
        evidence=found,
        boundary=workload,
        replicas=max(view.pod.template.replicas, 1),
        facts=facts,
    )
    builder.link("Runs", workload, asset, found)
    for pool in pools:
        builder.link("RunsOn", asset, pool, found)
        builder.link("SharesBridge", asset, pool, found)
        share_windows_kernel(builder, view, asset, pool)
    # Whoever runs code in the API server or in etcd has the cluster already: no foothold to begin from.
    if view.role != "init" and not runs_control_plane(view.pod):
        title = f"a foothold in {view.subject}"
        builder.entry_point(EntryPoint(actor="A2", asset=asset, step="compromise", title=title, evidence=found))
    judge = Judge(builder, asset, view.subject)
    settle(builder, asset, {"noSharedSegment": mappers.segments.finding(builder, container.location)})
    map_confinement(judge, view)
    map_resources(judge, view)
    map_hygiene(judge, view)
    kept = mappers.volumes.map_mounts(judge, view, pools)
    by_variable = mappers.environment.map_environment(judge, view)
    if container.image is not None:
        image = mappers.images.map_image(container.image.value, container.image.location, container=asset)
        for pool in pools:
            builder.link("CachesImage", pool, image, found)
    listeners = _listeners(mappers, view, asset, ports)
    _tie_data(builder, listeners, kept, by_variable)
    if value_or(view.pod.spec.host_network, default=False):
        for application in listeners.ids:
            for pool in pools:
                builder.link("ListensLocally", pool, application, found)
    return ContainerEntry(asset_id=asset, name=view.name, init=view.role == "init", listeners=_entries(listeners))


def _listeners(mappers: WorkloadMappers, view: ContainerView, asset: str, ports: tuple[ListeningPort, ...]) -> Listeners:
    container = view.container
    facts = ListenerFacts(
        name=view.pod.template.name,
        images=(container.image.value,) if container.image else (),
        ports=ports,
        environment=variables_of(view),
        words=tuple(word.value for word in (*container.command, *container.args)),
        location=container.location,
        words_location=location_of_words(view),
        subject=view.subject,
        platform=PLATFORM,
        environment_complete=not container.env_from,
        runs_once=view.role == "init" or view.pod.template.kind in {"Job", "CronJob"},
    )
    listeners = map_applications(mappers.builder, asset, facts)
    for port, application in listeners.applications:
        mappers.software[application] = (listeners.software, port)
    return listeners


def _entries(listeners: Listeners) -> tuple[ListenerEntry, ...]:
    return tuple(
        ListenerEntry(asset_id=application, port=port.first, name=port.name, protocol=(port.protocol or "tcp").upper())
        for port, application in listeners.applications
    )


def _tie_data(
    builder: ModelBuilder, listeners: Listeners, kept: tuple[MountedVolume, ...], by_variable: Mapping[str, str]
) -> None:
    """Tie the volumes to the data that the software keeps in them, and the passwords to what they open."""
    software = listeners.software
    if listeners.data_store:
        for volume in kept:
            note = observed(volume.location, f"the data lies in the volume mounted at {volume.mount_path}")
            builder.link("Stores", volume.asset_id, listeners.data_store, note)
    if software is None:
        return
    for variable in software.credential_env_names:
        secret = by_variable.get(variable)
        if secret is not None:
            for application in listeners.ids:
                builder.link("Opens", secret, application, builder.evidence_of(secret)[:1])
