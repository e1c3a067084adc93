"""Volumes: paths of the node that a container sees, and storage that outlives it."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass
from typing import TYPE_CHECKING

from breachway.mapping.containers.devices import opens_host
from breachway.mapping.containers.grounds import defaulted, observed
from breachway.mapping.containers.host_paths import HostMountFact, map_host_mount
from breachway.mapping.kubernetes.declared import name_of, namespace_of
from breachway.mapping.kubernetes.index import CLUSTER_ID, namespace_id
from breachway.mapping.kubernetes.judging import API, PLATFORM
from breachway.mapping.kubernetes.shared_storage import SharedStorage
from breachway.mapping.kubernetes.sub_paths import map_links_into, map_sub_path
from breachway.sources.decoding import value_or
from breachway.sources.kubernetes.objects import PersistentVolume, PersistentVolumeClaim

if TYPE_CHECKING:
    from breachway.evidence import Evidence, Location
    from breachway.mapping.building import ModelBuilder
    from breachway.mapping.kubernetes.declared import Declared
    from breachway.mapping.kubernetes.judging import Judge
    from breachway.mapping.kubernetes.views import ContainerView, PodView
    from breachway.sources.decoding import Value
    from breachway.sources.kubernetes.containers import VolumeMount
    from breachway.sources.kubernetes.objects import Volume

_DEVICE_TYPES = frozenset({"BlockDevice", "CharDevice"})


@dataclass(frozen=True, slots=True, kw_only=True)
class MountedVolume:
    """A volume that keeps data, as one container mounts it."""

    asset_id: str
    mount_path: str
    location: Location


class VolumeMapper:
    """Maps what containers mount; knows the claims and the volumes behind them."""

    def __init__(self, builder: ModelBuilder, declared: Declared) -> None:
        self._builder = builder
        self._declared = declared
        self._volumes = tuple(sorted(declared.of(PersistentVolume), key=lambda item: name_of(item.metadata)))
        self._bound: dict[tuple[str, str], PersistentVolume | None] = {}
        self._shared = SharedStorage(builder)

    def map_mounts(self, judge: Judge, view: ContainerView, pools: tuple[str, ...]) -> tuple[MountedVolume, ...]:
        """Map the mounts of one container; give those that keep data."""
        volumes = {volume.name.value: volume for volume in view.pod.spec.volumes if volume.name}
        templates = {name_of(item.metadata): item for item in view.pod.template.workload.volume_claim_templates}
        kept: list[MountedVolume] = []
        devices = False
        for mount in view.container.volume_mounts:
            name = value_or(mount.name, "")
            _propagation(judge, mount)
            map_sub_path(judge, view, mount, pools)
            if name in templates and name not in volumes:
                template = view.pod.template
                found = observed(templates[name].location, f"a claim for each replica of {template.subject}")
                kept.append(self._keep(judge.asset, template.namespace, f"{template.kind}/{template.name}/{name}", mount, found))
            elif name in volumes:
                devices |= self._host_mount(judge, view, volumes[name], mount, pools)
                kept += self._storage(judge.asset, view, volumes[name], mount)
        _defences(judge, view, devices=devices)
        map_links_into(judge, view)
        return tuple(kept)

    # ------------------------------------------------------------------------------------------------------- paths of the node

    def _host_mount(self, judge: Judge, view: ContainerView, volume: Volume, mount: VolumeMount, pools: tuple[str, ...]) -> bool:
        """Map a mount that ends on the node's own file system; tell whether it is a device that opens the node."""
        source = volume.host_path
        any_rule = True
        path: Value[str] | None = source.path if source else None
        kind = value_or(source.type, "") if source else ""
        claim = volume.persistent_volume_claim
        if claim is not None and claim.claim_name is not None:
            persistent = self.behind(view.pod.template.namespace, claim.claim_name.value)
            if persistent is not None:
                behind = persistent.spec.host_path
                path = behind.path if behind else persistent.spec.local.path if persistent.spec.local else None
                kind = value_or(behind.type, "") if behind else ""
                any_rule = behind is not None
        if path is None:
            return False
        whole = _below(path.value, mount)
        self._shared.folder(judge.asset, pools, path._replace(value=whole), read_only=value_or(mount.read_only, default=False))
        fact = HostMountFact(
            path=whole,
            location=path.location,
            read_only=value_or(mount.read_only, default=False),
            read_only_evidence=_read_only(mount),
            device=kind in _DEVICE_TYPES,
            device_rule=True,
            any_rule=any_rule,
        )
        mount_id = map_host_mount(
            self._builder, judge.asset, pools[0] if pools else "", fact, subject=judge.subject, platform=PLATFORM
        )
        for pool in pools[1:]:
            self._builder.link("PathOf", mount_id, pool, observed(path.location, f"mounts {whole} of the host"))
        device = kind in _DEVICE_TYPES or whole == "/dev" or whole.startswith("/dev/")
        opens = kind == "BlockDevice" or (device and opens_host(whole))
        if opens:
            judge.off(observed(path.location, f"mounts {whole} of the host"), "noHostDevices")
        return opens

    def behind(self, namespace: str, claim: str) -> PersistentVolume | None:
        """The volume that a claim is bound to: by name, by reference, or as the binder would choose in its class."""
        key = (namespace, claim)
        if key not in self._bound:
            self._bound[key] = self._bind(namespace, claim)
        return self._bound[key]

    def _bind(self, namespace: str, claim: str) -> PersistentVolume | None:
        declared = self._declared.find(PersistentVolumeClaim, namespace, claim)
        wanted = value_or(declared.spec.volume_name, "") if declared else ""
        for volume in self._volumes:
            reference = volume.spec.claim_ref
            if (
                reference is not None
                and value_or(reference.name, "") == claim
                and value_or(reference.namespace, namespace) == namespace
            ):
                return volume
            if wanted and name_of(volume.metadata) == wanted:
                return volume
        if declared is None or wanted:
            return None
        storage_class = value_or(declared.spec.storage_class_name, "")
        return next(
            (
                volume
                for volume in self._volumes
                if volume.spec.claim_ref is None and value_or(volume.spec.storage_class_name, "") == storage_class
            ),
            None,
        )

    # ------------------------------------------------------------------------------------------------------------ kept storage

    def _storage(self, container: str, view: ContainerView, volume: Volume, mount: VolumeMount) -> list[MountedVolume]:
        namespace = view.pod.template.namespace
        claim = volume.persistent_volume_claim
        if claim is not None and claim.claim_name is not None:
            found = observed(claim.claim_name.location, f"claim {claim.claim_name.value}")
            kept = self._keep(container, namespace, claim.claim_name.value, mount, found)
            behind = self.behind(namespace, claim.claim_name.value)
            if behind is not None:
                self._shared.persistent(kept.asset_id, behind)
            return [kept]
        if volume.nfs is not None:
            server, path = value_or(volume.nfs.server, "?"), value_or(volume.nfs.path, "/")
            found = observed(volume.nfs.location, f"network file system {server}:{path}")
            kept = self._keep(container, namespace, f"nfs/{server}{path}", mount, found)
            self._shared.export(kept.asset_id, volume.nfs)
            return [kept]
        if volume.csi is not None and "secrets-store" not in value_or(volume.csi.driver, ""):
            name = value_or(volume.name, "csi")
            template = view.pod.template
            found = observed(volume.csi.location, f"volume of {value_or(volume.csi.driver, 'a CSI driver')}")
            return [self._keep(container, namespace, f"{template.kind}/{template.name}/{name}", mount, found)]
        return []

    def _keep(
        self, container: str, namespace: str, name: str, mount: VolumeMount, evidence: tuple[Evidence, ...]
    ) -> MountedVolume:
        asset = self.add_volume(namespace, name, evidence)
        self._builder.link("Mounts", container, asset, observed(mount.location, f"mounts volume {value_or(mount.name, name)}"))
        return MountedVolume(asset_id=asset, mount_path=value_or(mount.mount_path, ""), location=mount.location)

    def add_volume(self, namespace: str, name: str, evidence: tuple[Evidence, ...]) -> str:
        """Add the asset of a claim, or give the one that is there."""
        asset_id = f"kubernetes:Volume:{namespace}/{name}"
        if not self._builder.has(asset_id):
            home = namespace_id(namespace)
            self._builder.asset("Volume", asset_id, f"{namespace}/{name}", platform=PLATFORM, evidence=evidence, boundary=home)
            self._builder.link("Claims", home, asset_id, evidence)
            self._builder.link("OwnsVolume", CLUSTER_ID, asset_id, evidence)
        return asset_id

    def map_claims(self) -> None:
        """Add the claims that no workload mounts, and the storage that several volumes stand on."""
        for claim in self._declared.of(PersistentVolumeClaim):
            name = name_of(claim.metadata)
            self.add_volume(namespace_of(claim.metadata), name, observed(claim.location, f"claim {name}"))
        self._shared.map()


def _below(path: str, mount: VolumeMount) -> str:
    """The part of the volume that the container sees; an expression is not worked out, so the whole volume counts."""
    part = value_or(mount.sub_path, "")
    if not part or "$(" in part:
        return path
    joined = posixpath.normpath(posixpath.join(path, part.lstrip("/")))
    return joined if joined.startswith(path.rstrip("/") + "/") else path


def _read_only(mount: VolumeMount) -> tuple[Evidence, ...]:
    value = mount.read_only
    if value is None:
        return defaulted(mount.location, "readOnly is not set; the default is false", API)
    return observed(value.location, f"readOnly: {'true' if value.value else 'false'}")


def _propagation(judge: Judge, mount: VolumeMount) -> None:
    value = mount.mount_propagation
    if value is not None and value.value == "Bidirectional":
        found = observed(value.location, "mountPropagation: Bidirectional")
        judge.weak("mount-propagation-bidirectional", found, "noMountPropagation", detail=value_or(mount.name, ""))


def _defences(judge: Judge, view: ContainerView, *, devices: bool) -> None:
    """Say what no mount of the container touches; another rule's "off" stands."""
    note = defaulted(view.container.location, "no mount propagates to the host", API)
    judge.on(note, "noMountPropagation")
    if not devices:
        judge.on(defaulted(view.container.location, "no device of the host is mounted", API), "noHostDevices")


def map_unmounted(judge: Judge, pod: PodView, mounted: frozenset[str]) -> None:
    """Judge paths of the node that the pod declares and no container mounts yet.

    Admission and the next edit see them all the same.
    """
    for volume in pod.spec.volumes:
        name = value_or(volume.name, "")
        if volume.host_path is not None and name not in mounted:
            place = volume.host_path.path.location if volume.host_path.path else volume.host_path.location
            judge.weak("hostpath-any", observed(place, f"volume {name} is a path of the host"), detail=name)
