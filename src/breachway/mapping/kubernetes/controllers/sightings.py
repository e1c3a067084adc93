"""Which controllers the input shows: by their workload, or by the resources that they obey."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from breachway.mapping.kubernetes.declared import namespace_of
from breachway.sources.decoding import child
from breachway.sources.image_reference import parse_image_reference
from breachway.sources.kubernetes.objects import OtherObject, Workload
from breachway.sources.nodes import Mapping, Scalar
from breachway.threats.controllers import load_controllers

if TYPE_CHECKING:
    from breachway.evidence import Location
    from breachway.mapping.kubernetes.index import KubernetesIndex, WorkloadEntry
    from breachway.sources.kubernetes.objects import KubernetesObject
    from breachway.threats.controllers import ControllerInfo

_NAME_LABELS = ("app.kubernetes.io/name", "app", "k8s-app")


class Sighting(NamedTuple):
    """Where the input shows a controller; ``entry`` is its workload, None where only its resources are there."""

    location: Location
    entry: WorkloadEntry | None


class Sightings:
    """What the input shows of the known controllers."""

    def __init__(self, things: tuple[KubernetesObject, ...], index: KubernetesIndex) -> None:
        self._groups: dict[str, Location] = {}
        self._homes: set[tuple[str, str]] = set()
        known = {info.group for info in load_controllers()}
        for item in things:
            if not isinstance(item, OtherObject | Workload):
                continue
            group = item.api_version.rpartition("/")[0]
            if isinstance(item, OtherObject) and item.kind == "CustomResourceDefinition":
                group = _defined_group(item)
            elif group in known:
                self._homes.add((group, namespace_of(item.metadata)))
            if group in known:
                self._groups.setdefault(group, item.location)
        self._by_image: defaultdict[str, list[WorkloadEntry]] = defaultdict(list)
        self._by_name: dict[tuple[str, str], WorkloadEntry] = {}
        for entry in index.workloads:
            self._by_name.setdefault((entry.namespace, entry.name), entry)
            for image in _images(entry):
                self._by_image[image].append(entry)
        self._found = {info.key: self._look_for(info) for info in load_controllers()}

    def of(self, info: ControllerInfo) -> Sighting | None:
        """Where the input shows the controller, or None."""
        return self._found[info.key]

    def has_objects(self, group: str, scope: str) -> bool:
        """Whether the input holds resources of a group in a namespace ("" is any)."""
        return any(item == group and (not scope or home == scope) for item, home in self._homes)

    def _look_for(self, info: ControllerInfo) -> Sighting | None:
        by_image = [entry for image in info.images for entry in self._by_image.get(image, ())]
        named = [entry for entry in by_image if _is_named(entry, info)]
        at_home = [self._by_name[info.namespace, name] for name in info.names if (info.namespace, name) in self._by_name]
        entry = next(iter((*named, *by_image, *at_home)), None)
        if entry is not None:
            return Sighting(entry.location, entry)
        place = self._groups.get(info.group)
        return Sighting(place, None) if place is not None else None


def _images(entry: WorkloadEntry) -> tuple[str, ...]:
    """Every name by which a table may know the images that a workload runs: the repository, and its ends."""
    found: dict[str, None] = {}
    for container in entry.object.pod_template.spec.containers:
        reference = parse_image_reference(container.image.value) if container.image else None
        parts = reference.repository.split("/") if reference is not None else []
        found.update(dict.fromkeys("/".join(parts[start:]) for start in range(len(parts))))
    return tuple(found)


def _is_named(entry: WorkloadEntry, info: ControllerInfo) -> bool:
    labels = dict(entry.labels)
    return entry.name in info.names or any(labels.get(label) in info.names for label in _NAME_LABELS)


def _defined_group(item: OtherObject) -> str:
    """The API group that a CustomResourceDefinition defines; empty where it says none."""
    spec = child(item.location, item.node, "spec")
    if spec is None or not isinstance(spec[0], Mapping):
        return ""
    group = child(spec[1], spec[0], "group")
    return group[0].text if group is not None and isinstance(group[0], Scalar) else ""
