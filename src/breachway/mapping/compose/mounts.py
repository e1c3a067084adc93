"""What a Compose service mounts: paths of the host, named volumes, and the engine's own socket."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from breachway.mapping.compose.hosts import DAEMON, HOST
from breachway.mapping.compose.values import PLATFORM, Place, is_true
from breachway.mapping.containers.grounds import defaulted, observed, weak
from breachway.mapping.containers.host_paths import HostMountFact, map_host_mount
from breachway.sources.compose.objects import MountKind, Unknown

if TYPE_CHECKING:
    from breachway.evidence import Evidence
    from breachway.mapping.building import ModelBuilder
    from breachway.mapping.containers.applications import Listeners
    from breachway.sources.compose.objects import ComposeProject, Mount, Service

_SOCKET = "/var/run/docker.sock"
_PLACES_KEPT = 64
"""How many mounts of one volume are kept as its evidence, so that the cost stays linear."""


class ProjectMounts:
    """The mounts of the services of one project."""

    def __init__(self, builder: ModelBuilder, project: ComposeProject) -> None:
        self._builder = builder
        self._project = project
        self._volumes = {volume.key: volume for volume in project.volumes}
        self._uses: Counter[str] = Counter()
        self._writers: dict[str, list[tuple[str, tuple[Evidence, ...]]]] = defaultdict(list)

    def map_service(self, place: Place, service: Service, listeners: Listeners) -> None:
        """Add the mounts of one service, also those it takes from others by ``volumes_from``."""
        for mount in (*service.mounts, *self._borrowed(service)):
            match mount.kind:
                case MountKind.BIND | MountKind.PIPE if mount.host is not None:
                    self._map_host(place, mount, mount.host.path)
                case MountKind.VOLUME | MountKind.CLUSTER | MountKind.ANONYMOUS:
                    self._map_volume(place, service, mount, listeners)
                case _:
                    pass
        if is_true(service.use_api_socket) and service.use_api_socket is not None:
            evidence = observed(service.use_api_socket.location, "use_api_socket: true")
            fact = HostMountFact(path=_SOCKET, location=evidence[0].location, read_only=False, read_only_evidence=evidence)
            map_host_mount(self._builder, place.asset, HOST, fact, subject=place.subject, platform=PLATFORM, daemons=(DAEMON,))

    def judge_sharing(self) -> None:
        """Judge named volumes that several services may write."""
        for volume, writers in self._writers.items():
            if len({name for name, _ in writers}) > 1:
                evidence = tuple(item for _, found in writers for item in found)
                weak(
                    self._builder,
                    "shared-volume-between-services",
                    volume,
                    evidence,
                    subject=f"volume {volume.rpartition('/')[2]}",
                )

    def _borrowed(self, service: Service) -> tuple[Mount, ...]:
        mounts: list[Mount] = []
        for item in service.volumes_from:
            other = self._project.service(item.value.partition(":")[0])
            if other is not None and other is not service:
                mounts += other.mounts
        return tuple(mounts)

    def _map_host(self, place: Place, mount: Mount, path: str) -> None:
        writable = mount.writable
        if mount.read_only is None:
            evidence = defaulted(mount.location, "read_only is not set; the default is false", "Compose specification: volumes")
        else:
            shown = "unknown" if isinstance(mount.read_only, Unknown) else str(mount.read_only.value).lower()
            evidence = observed(mount.location, f"read_only: {shown}")
        fact = HostMountFact(
            path=path,
            location=mount.location,
            read_only=None if writable is None else not writable,
            read_only_evidence=evidence,
        )
        map_host_mount(self._builder, place.asset, HOST, fact, subject=place.subject, platform=PLATFORM, daemons=(DAEMON,))

    def _map_volume(self, place: Place, service: Service, mount: Mount, listeners: Listeners) -> None:
        builder = self._builder
        key = mount.source.value if mount.source is not None else ""
        declared = self._volumes.get(key)
        if declared is not None and declared.host is not None:
            self._map_host(place, mount, declared.host.path)
            return
        name = key or f"{service.name}{mount.target.value}"
        found = observed(mount.location, f"mounts the volume {key or mount.target.value}")
        outside = declared is not None and declared.external is not None
        identity = (
            f"{PLATFORM}:Volume:{'external' if outside else self._project.name}/{declared.name if outside and declared else name}"
        )
        self._uses[identity] += 1
        kept = found if self._uses[identity] <= _PLACES_KEPT else ()
        volume = builder.asset("Volume", identity, f"volume {name}", platform=PLATFORM, evidence=kept, boundary=HOST)
        builder.link("Mounts", place.asset, volume, found)
        if listeners.data_store and _holds_data(mount.target.value, listeners):
            builder.link("Stores", volume, listeners.data_store, found)
        if key and mount.writable is not False:
            self._writers[volume].append((service.name, found))


def _holds_data(target: str, listeners: Listeners) -> bool:
    """Whether the software keeps its data at the mount point; where its folders are not known, every volume counts."""
    software = listeners.software
    if software is None or not software.data_paths:
        return True
    plain = target.rstrip("/") or "/"
    return any(path == plain or path.startswith(plain + "/") or plain.startswith(path + "/") for path in software.data_paths)
