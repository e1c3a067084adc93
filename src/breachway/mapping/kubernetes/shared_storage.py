"""Storage that several volumes or containers stand on: one export, one disk, one folder of a machine.

A claim belongs to one namespace, but what lies behind two claims may be the same place.  Each such place is a volume of its own
between those that lead to it, so that n users cost n links.  Only equal places are joined: an export within another is not.
"""

from __future__ import annotations

import posixpath
from collections import defaultdict
from typing import TYPE_CHECKING

from breachway.mapping.containers.grounds import observed
from breachway.mapping.kubernetes.index import CLUSTER_ID
from breachway.mapping.kubernetes.judging import PLATFORM
from breachway.sources.decoding import value_or

if TYPE_CHECKING:
    from breachway.evidence import Evidence
    from breachway.mapping.building import ModelBuilder
    from breachway.sources.decoding import Value
    from breachway.sources.kubernetes.objects import PersistentVolume
    from breachway.sources.kubernetes.volumes import CsiSource, NfsSource

_SYSTEM = (
    *("/bin", "/boot", "/dev", "/etc", "/lib", "/lib64", "/proc", "/root", "/run", "/sbin", "/sys", "/usr", "/var/run"),
    *("/var/log", "/var/lib/kubelet", "/var/lib/containerd", "/var/lib/docker", "/var/lib/containers"),
)
"""Folders that belong to the machine: who mounts them threatens the machine, and the rules for host paths say how."""


class SharedStorage:
    """Collects what lies where, and joins what lies at one place."""

    def __init__(self, builder: ModelBuilder) -> None:
        self._builder = builder
        self._volumes: defaultdict[str, dict[str, tuple[Evidence, ...]]] = defaultdict(dict)
        self._folders: defaultdict[tuple[str, str], dict[str, tuple[tuple[Evidence, ...], bool]]] = defaultdict(dict)

    def export(self, volume: str, source: NfsSource) -> None:
        """Say that a volume lies on an export of a file server."""
        server, path = value_or(source.server, ""), posixpath.normpath(value_or(source.path, "/"))
        if server:
            place = f"export {server}:{path}"
            self._volumes[place].setdefault(volume, observed(source.location, f"lies on {place}"))

    def disk(self, volume: str, source: CsiSource) -> None:
        """Say that a volume is what a driver knows by a handle."""
        driver, handle = value_or(source.driver, ""), value_or(source.volume_handle, "")
        if driver and handle:
            place = f"volume {handle} of {driver}"
            self._volumes[place].setdefault(volume, observed(source.location, f"is {place}"))

    def persistent(self, volume: str, source: PersistentVolume) -> None:
        """Say what lies behind a claim."""
        if source.spec.nfs is not None:
            self.export(volume, source.spec.nfs)
        if source.spec.csi is not None:
            self.disk(volume, source.spec.csi)

    def folder(self, container: str, pools: tuple[str, ...], path: Value[str], *, read_only: bool) -> None:
        """Say that a container mounts a folder of its machine; those of the machine itself are left to other rules."""
        place = posixpath.normpath(path.value)
        if place == "/" or any(place == system or place.startswith(f"{system}/") for system in _SYSTEM):
            return
        found = observed(path.location, f"mounts {place} of the host")
        for pool in pools:
            known = self._folders[pool, place].get(container)
            self._folders[pool, place][container] = (found, read_only) if known is None else (known[0], known[1] and read_only)

    def map(self) -> None:
        """Add each place that more than one leads to.  A folder that nobody may write carries nothing from one to another."""
        for name, volumes in sorted(self._volumes.items()):
            if len(volumes) > 1:
                hub = self._hub(f"kubernetes:Volume:behind/{name}", name, volumes[min(volumes)])
                for volume, why in sorted(volumes.items()):
                    self._builder.link("BackedBy", volume, hub, why)
        for (pool, path), mounts in sorted(self._folders.items()):
            workloads = {container.rpartition("/")[0] for container in mounts}
            if len(workloads) > 1 and not all(read_only for _, read_only in mounts.values()):
                machine = pool.rpartition(":")[2]
                name = f"{path} of the nodes of pool {machine}"
                hub = self._hub(f"kubernetes:Volume:folder/{machine}{path}", name, mounts[min(mounts)][0])
                for container, (why, _) in sorted(mounts.items()):
                    self._builder.link("Mounts", container, hub, why)

    def _hub(self, asset_id: str, name: str, evidence: tuple[Evidence, ...]) -> str:
        return self._builder.asset("Volume", asset_id, name, platform=PLATFORM, evidence=evidence, boundary=CLUSTER_ID)
