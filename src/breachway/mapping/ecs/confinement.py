"""What confines a container of an ECS task: each defence of ``Container``, and the weaknesses of its settings.

On Fargate a task has a virtual machine of its own and the service refuses privileged containers, host paths and host
namespaces (Amazon ECS developer guide, task definition differences for Fargate); on instances the defaults are Docker's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from breachway.mapping.containers import beliefs as shared
from breachway.mapping.containers.capabilities import (
    CapabilityRequest,
    NamedCapability,
    docker_default_capabilities,
    map_capabilities,
)
from breachway.mapping.containers.devices import opens_host
from breachway.mapping.containers.entering import entering
from breachway.mapping.containers.grounds import Finding, believe, defaulted, doubtful, observed, weak
from breachway.mapping.containers.image_users import published_user_finding, starts_as_root
from breachway.mapping.ecs import beliefs

if TYPE_CHECKING:
    from breachway.evidence import Evidence, Location
    from breachway.mapping.building import ModelBuilder
    from breachway.mapping.ecs.placement import Placement
    from breachway.sources.decoding import Value
    from breachway.sources.ecs.objects import ContainerDefinition

GUIDE = "Amazon ECS developer guide: task definition parameters"
FARGATE = "Amazon ECS developer guide: task definition differences for Fargate"
_PRIVILEGED_KEY = ("privileged-container",)


class TaskPlace(NamedTuple):
    """A container of a task as rules speak of it."""

    builder: ModelBuilder
    asset: str
    subject: str
    location: Location
    placement: Placement

    def silent(self, note: str, source: str = GUIDE) -> tuple[Evidence, ...]:
        """Evidence for a default: the definition says nothing."""
        return defaulted(self.location, note, source)

    def weak(self, key: str, evidence: tuple[Evidence, ...], detail: str = "") -> Finding:
        """Record a weakness of the container; gives the finding for the defence that is off."""
        weak(self.builder, key, self.asset, evidence, subject=self.subject, detail=detail)
        return Finding(0.0, evidence, (key,))


def confinement(place: TaskPlace, container: ContainerDefinition) -> dict[str, Finding]:
    """Judge the settings of a container; give the finding for each defence but those of the network."""
    fargate = place.placement.fargate
    privileged = _privileged(container) if not fargate else ()
    if privileged:
        place.weak(_PRIVILEGED_KEY[0], privileged)
    return {
        **_capabilities(place, container, privileged),
        **(_fargate_isolation(place) if fargate else _instance_isolation(place, container, privileged)),
        **_limits(place, container),
        "nonRoot": _user(place, container),
        "readOnlyRootFilesystem": _read_only(place, container),
        "noNewPrivileges": _no_new_privileges(place, container),
        "isolatedProcesses": _processes(place),
        "noMountPropagation": Finding(1.0, place.silent("a task cannot ask for mount propagation")),
        "notHostProcess": Finding(1.0, place.silent("ECS has no host-process containers")),
        "safeSysctls": Finding(1.0, place.silent("system controls stay in the namespaces of the task")),
        "otherUsers": Finding(0.0, place.silent("nothing keeps containers that share processes to users of their own")),
        "notEntered": _entering(place, container),
        "noSharedSubPath": Finding(1.0, place.silent("parts of volumes are no matter of a kubelet here")),
    }


def _entering(place: TaskPlace, container: ContainerDefinition) -> Finding:
    check = container.health_check
    return entering(place.builder, check.location if check is not None else None, place.location, "the health check")


def _privileged(container: ContainerDefinition) -> tuple[Evidence, ...]:
    flag = container.privileged
    return observed(flag.location, "privileged: true") if flag is not None and flag.value else ()


def _capabilities(place: TaskPlace, container: ContainerDefinition, privileged: tuple[Evidence, ...]) -> dict[str, Finding]:
    wanted = container.linux_parameters.capabilities if container.linux_parameters is not None else None
    request = CapabilityRequest(
        added=tuple(NamedCapability(item.value, item.location) for item in wanted.add) if wanted is not None else (),
        dropped=tuple(NamedCapability(item.value, item.location) for item in wanted.drop) if wanted is not None else (),
        privileged=privileged,
        location=place.location,
        defaults=docker_default_capabilities(),
        source=GUIDE,
    )
    return map_capabilities(place.builder, place.asset, request, subject=place.subject)


def _fargate_isolation(place: TaskPlace) -> dict[str, Finding]:
    refused = Finding(1.0, place.silent("Fargate refuses this", FARGATE))
    machine = Finding(1.0, place.silent("each task has a virtual machine of its own", FARGATE))
    return {
        "notPrivileged": refused,
        "noHostPid": refused,
        "noHostIpc": refused,
        "noHostNetwork": refused,
        "noHostDevices": refused,
        "sandboxedRuntime": machine,
        "userNamespace": Finding(0.0, place.silent("users are not mapped", FARGATE)),
        "seccompFiltered": machine,
        "mandatoryAccessControl": machine,
        "procMasked": machine,
    }


def _instance_isolation(place: TaskPlace, container: ContainerDefinition, privileged: tuple[Evidence, ...]) -> dict[str, Finding]:
    task = place.placement.task
    off = Finding(0.0, privileged, _PRIVILEGED_KEY)
    flag = container.privileged
    unprivileged = (
        observed(flag.location, "privileged: false")
        if flag is not None
        else place.silent("privileged is not set; the default is false")
    )
    findings = {
        "notPrivileged": off if privileged else Finding(1.0, unprivileged, _PRIVILEGED_KEY),
        "noHostPid": _host_mode(place, task.pid_mode, "host-pid", "pidMode"),
        "noHostIpc": _host_mode(place, task.ipc_mode, "host-ipc", "ipcMode"),
        "noHostNetwork": _host_mode(place, task.network_mode, "host-network", "networkMode"),
        "noHostDevices": _devices(place, container),
        "sandboxedRuntime": Finding(0.0, place.silent("containers share the kernel of the instance")),
        "userNamespace": believe(place.builder, shared.USER_NAMESPACES, place.location),
        "seccompFiltered": Finding(1.0, place.silent("Docker's own seccomp profile applies")),
        "mandatoryAccessControl": believe(place.builder, beliefs.INSTANCE_ACCESS_CONTROL, place.location),
        "procMasked": Finding(1.0, place.silent("Docker masks /proc and /sys")),
    }
    if privileged:
        findings |= dict.fromkeys(("seccompFiltered", "mandatoryAccessControl", "procMasked"), off)
        if findings["noHostDevices"].probability:
            findings["noHostDevices"] = off
    return findings


def _host_mode(place: TaskPlace, mode: Value[str] | None, key: str, field: str) -> Finding:
    if mode is not None and mode.value.lower() == "host":
        return place.weak(key, observed(mode.location, f"{field}: host"))
    if mode is not None:
        return Finding(1.0, observed(mode.location, f"{field}: {mode.value}"), (key,))
    return Finding(1.0, place.silent(f"{field} is not set; it is the container's own by default"), (key,))


def _devices(place: TaskPlace, container: ContainerDefinition) -> Finding:
    devices = container.linux_parameters.devices if container.linux_parameters is not None else ()
    found = [(item.location, item.host_path.value if item.host_path is not None else "a device") for item in devices]
    for location, path in found:
        place.weak("host-device-mapped", observed(location, f"device {path}"), path)
    opening = [one for one in found if opens_host(one[1])]
    if opening:
        return Finding(
            0.0, tuple(part for at, path in opening for part in observed(at, f"device {path}")), ("host-device-mapped",)
        )
    if found:
        notes = tuple(part for at, path in found for part in observed(at, f"device {path} holds no files"))
        return Finding(1.0, notes, ("host-device-mapped",))
    return Finding(1.0, place.silent("no device of the instance is given"), ("host-device-mapped",))


def _processes(place: TaskPlace) -> Finding:
    mode = place.placement.task.pid_mode
    if mode is not None and mode.value.lower() == "task":
        return place.weak("shared-process-namespace", observed(mode.location, "pidMode: task"))
    return Finding(1.0, place.silent("pidMode is not task; each container has its own processes"), ("shared-process-namespace",))


def _limits(place: TaskPlace, container: ContainerDefinition) -> dict[str, Finding]:
    task, fargate = place.placement.task, place.placement.fargate
    own = container.memory or task.memory
    if own is not None:
        memory = Finding(1.0, observed(own.location, f"memory: {own.value}"), ("no-memory-limit",))
    else:
        memory = place.weak("no-memory-limit", place.silent("no memory limit is set for the container or the task"))
    if task.cpu is not None:
        processor = Finding(1.0, observed(task.cpu.location, f"cpu of the task: {task.cpu.value}"))
    else:
        processor = Finding(0.0, place.silent("the task has no CPU limit; a container's cpu is only its share"))
    machine = Finding(1.0, place.silent("the task fills only its own virtual machine", FARGATE))
    return {
        "memoryLimited": memory,
        "processorLimited": processor,
        "processesLimited": machine if fargate else Finding(0.0, place.silent("ECS sets no limit of processes")),
        "storageLimited": machine if fargate else Finding(0.0, place.silent("ECS sets no limit to what a container writes")),
    }


def _read_only(place: TaskPlace, container: ContainerDefinition) -> Finding:
    flag = container.readonly_root_filesystem
    if flag is not None and flag.value:
        return Finding(1.0, observed(flag.location, "readonlyRootFilesystem: true"), ("writable-root-fs",))
    note = "readonlyRootFilesystem is not set; the default is false"
    return place.weak(
        "writable-root-fs", observed(flag.location, "readonlyRootFilesystem: false") if flag is not None else place.silent(note)
    )


def _no_new_privileges(place: TaskPlace, container: ContainerDefinition) -> Finding:
    key = ("allow-privilege-escalation",)
    option = next((item for item in container.docker_security_options if item.value.startswith("no-new-privileges")), None)
    if option is not None and not option.value.endswith("false"):
        return Finding(1.0, observed(option.location, option.value), key)
    if place.placement.fargate:
        return Finding(0.0, place.silent("Fargate does not support no-new-privileges", FARGATE))
    return place.weak(key[0], place.silent("dockerSecurityOptions has no no-new-privileges"))


def _user(place: TaskPlace, container: ContainerDefinition) -> Finding:
    user = container.user
    if user is not None and user.value.strip():
        name = user.value.partition(":")[0].strip()
        evidence = observed(user.location, f"user: {user.value}")
        if name == "root" or (name.isdecimal() and int(name[:20]) == 0):
            return place.weak("runs-as-root-explicit", evidence)
        return Finding(1.0, evidence, ("runs-as-root-explicit", "may-run-as-root"))
    key = ("may-run-as-root",)
    image = container.image.value if container.image is not None else ""
    finding = published_user_finding(place.builder, image, place.location, key)
    if starts_as_root(finding):
        silent = place.silent("user is not set; the image runs as root", "the image's own configuration")
        weak(place.builder, key[0], place.asset, (*silent, *finding.evidence), subject=place.subject)
    elif finding.probability < 1.0:
        doubtful(place.builder, key[0], place.asset, finding.evidence, subject=place.subject)
    return finding
