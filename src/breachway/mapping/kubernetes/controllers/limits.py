"""What bounds a controller, where the input shows it: flags of Flux, projects of Argo CD, conditions of secret stores."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from breachway.evidence import Location
from breachway.mapping.containers.grounds import Finding, defaulted, observed
from breachway.mapping.kubernetes.declared import name_of, namespace_of
from breachway.sources.decoding import child
from breachway.sources.kubernetes.objects import OtherObject
from breachway.sources.nodes import Mapping, Scalar, Sequence

if TYPE_CHECKING:
    from breachway.evidence import Evidence
    from breachway.mapping.kubernetes.controllers.sightings import Sighting
    from breachway.sources.kubernetes.objects import KubernetesObject
    from breachway.sources.nodes import Node
    from breachway.threats.controllers import ControllerInfo

_FLUX = "Flux documentation, multi-tenancy lockdown"
_ARGO = "Argo CD documentation, Projects"
_TABLE = "table of controllers"
_DEFAULT_PROJECT = "default"
_NOWHERE = Location("", "", 0, 0)


class Limit(NamedTuple):
    """The state of the defence ``bounded``; ``as_account`` tells that it acts as an account of the author's choice."""

    finding: Finding
    as_account: bool = False


def bounds(info: ControllerInfo, sighting: Sighting | None, things: tuple[KubernetesObject, ...]) -> Limit:
    """What bounds a controller; without a sign of it, nothing does."""
    match info.limit:
        case "flux-default-account" if sighting is not None and sighting.entry is not None:
            return _flux(sighting)
        case "argo-projects":
            return _argo(info, sighting, things)
        case _:
            return Limit(_unbounded(info, sighting, "nothing of the input bounds it", _TABLE))


def _unbounded(info: ControllerInfo, sighting: Sighting | None, note: str, source: str) -> Finding:
    place = sighting.location if sighting is not None else None
    evidence = defaulted(place, note, source) if place is not None else defaulted(_NOWHERE, f"{info.title}: {note}", source)
    return Finding(0.0, evidence)


def _flag(sighting: Sighting | None, name: str) -> tuple[str, Location] | None:
    """The value of a flag on the controller's command line, and its place."""
    if sighting is None or sighting.entry is None:
        return None
    for container in sighting.entry.object.pod_template.spec.containers:
        words = (*container.command, *container.args)
        for position, word in enumerate(words):
            if word.value.startswith(f"--{name}="):
                return word.value.partition("=")[2], word.location
            if word.value == f"--{name}" and position + 1 < len(words):
                return words[position + 1].value, word.location
    return None


def _flux(sighting: Sighting) -> Limit:
    """With ``--default-service-account`` a resource without an account of its own is applied as that of its namespace."""
    found = _flag(sighting, "default-service-account")
    if found is None or not found[0]:
        note = "--default-service-account is not set, so that resources without an account are applied as the controller"
        return Limit(Finding(0.0, defaulted(sighting.location, note, _FLUX)))
    return Limit(Finding(1.0, observed(found[1], f"--default-service-account={found[0]}")), as_account=True)


def application_namespaces(info: ControllerInfo, sighting: Sighting | None) -> tuple[str, ...]:
    """Further namespaces in which Argo CD obeys Applications; patterns are left as they are."""
    if info.limit != "argo-projects":
        return ()
    found = _flag(sighting, "application-namespaces")
    return tuple(part.strip() for part in found[0].split(",") if part.strip()) if found is not None else ()


def _argo(info: ControllerInfo, sighting: Sighting | None, things: tuple[KubernetesObject, ...]) -> Limit:
    """Bounded when every project is, the one named default among them, and projects themselves may not be written."""
    home = sighting.entry.namespace if sighting is not None and sighting.entry is not None else info.namespace
    projects = [
        item
        for item in things
        if isinstance(item, OtherObject) and item.kind == "AppProject" and namespace_of(item.metadata) == home
    ]
    if not any(name_of(item.metadata) == _DEFAULT_PROJECT for item in projects):
        note = "the project default is not in the input, and Argo CD makes it so that it allows every source and destination"
        return Limit(_unbounded(info, sighting, note, _ARGO))
    for item in sorted(projects, key=lambda project: name_of(project.metadata)):
        wide = _wide(item)
        if wide is not None:
            return Limit(Finding(0.0, observed(wide, f"project {name_of(item.metadata)} is open to the whole cluster")))
    shown = observed(projects[0].location, "every project names its destinations and allows no object of the cluster")
    return Limit(Finding(1.0, shown))


def _wide(project: OtherObject) -> Location | None:
    """The place where a project lets its Applications go to any namespace, to kube-system, or to objects of the cluster."""
    spec = child(project.location, project.node, "spec")
    if spec is None or not isinstance(spec[0], Mapping):
        return None
    for key, field in (("destinations", "namespace"), ("clusterResourceWhitelist", "kind")):
        found = child(spec[1], spec[0], key)
        for item in found[0].items if found is not None and isinstance(found[0], Sequence) else ():
            text = _text(item, field)
            if found is not None and text and ("*" in text or text == "kube-system" or key == "clusterResourceWhitelist"):
                return found[1]
    return None


def _text(node: Node, *keys: str) -> str:
    for key in keys:
        if not isinstance(node, Mapping) or key not in node.entries:
            return ""
        node = node.entries[key].node
    return node.text if isinstance(node, Scalar) else ""


def secret_store_namespaces(things: tuple[KubernetesObject, ...]) -> tuple[tuple[str, tuple[Evidence, ...]], ...]:
    """Namespaces whose Secrets a ClusterSecretStore hands to any namespace: no ``spec.conditions`` say which may use it."""
    found: list[tuple[str, tuple[Evidence, ...]]] = []
    for item in things:
        if not isinstance(item, OtherObject) or item.kind != "ClusterSecretStore" or _has_conditions(item.node):
            continue
        namespace = _text(item.node, "spec", "provider", "kubernetes", "remoteNamespace")
        if namespace:
            note = f"ClusterSecretStore {name_of(item.metadata)} reads namespace {namespace} for any other"
            found.append((namespace, observed(item.location, note)))
    return tuple(sorted(found))


def _has_conditions(node: Mapping) -> bool:
    spec = node.entries.get("spec")
    if spec is None or not isinstance(spec.node, Mapping) or "conditions" not in spec.node.entries:
        return False
    conditions = spec.node.entries["conditions"].node
    return isinstance(conditions, Sequence) and bool(conditions.items)
