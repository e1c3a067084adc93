"""What keeps a container from its node: namespaces, privileges, profiles and the user it runs as."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from breachway.mapping.containers.capabilities import (
    ALL,
    CapabilityRequest,
    NamedCapability,
    baseline_capabilities,
    containerd_default_capabilities,
    map_capabilities,
)
from breachway.mapping.containers.entering import entering
from breachway.mapping.containers.grounds import believe, defaulted, doubtful, observed, settle, weak
from breachway.mapping.containers.image_users import IMAGE_USER_NOT_ROOT, published_user_finding
from breachway.mapping.kubernetes.judging import API
from breachway.mapping.kubernetes.profiles import map_profiles
from breachway.mapping.kubernetes.views import container_views, first
from breachway.sources.decoding import value_or

if TYPE_CHECKING:
    from breachway.evidence import Evidence, Location
    from breachway.mapping.kubernetes.judging import Judge
    from breachway.mapping.kubernetes.views import ContainerView
    from breachway.sources.decoding import Value

_LINUX_ONLY = (
    "noNewPrivileges",
    "readOnlyRootFilesystem",
    "notPrivileged",
    "noSysAdmin",
    "noSysModule",
    "noDacReadSearch",
    "noHostPid",
    "noSysPtrace",
    "noRawIo",
    "noKernelCapabilities",
    "noTracing",
    "noHostDevices",
    "procMasked",
    "safeSysctls",
    "noMountPropagation",
    "mandatoryAccessControl",
    "noRawSockets",
    "noNetAdmin",
    "noHostIpc",
    "isolatedProcesses",
    "otherUsers",
    "userNamespace",
)
"""Defences about Linux mechanisms: what they guard against cannot happen in a Windows pod."""

_WINDOWS_ADMINISTRATORS = frozenset({"containeradministrator", "administrator", "system"})
_GVISOR_NAMES = ("gvisor", "runsc")
_SANDBOX_NAMES = (*_GVISOR_NAMES, "kata", "firecracker", "cloud-hypervisor", "hyperv", "hypervisor")
"""What names of runtime classes and their handlers hold when pods run behind a kernel or a machine of their own."""


class _Flag(NamedTuple):
    """A switch of the pod that opens the host when it is true; false by default."""

    field: str
    key: str
    defence: str


_HOST_FLAGS = (
    _Flag("hostPID", "host-pid", "noHostPid"),
    _Flag("hostIPC", "host-ipc", "noHostIpc"),
    _Flag("shareProcessNamespace", "shared-process-namespace", "isolatedProcesses"),
)


def map_confinement(judge: Judge, view: ContainerView) -> None:
    """Judge everything about one container that stands in its security context and its pod's."""
    _host_network(judge, view)
    _sandbox(judge, view)
    _host_process(judge, view)
    finding = entering(judge.builder, _command_from_outside(view), view.location, "a probe or hook")
    settle(judge.builder, judge.asset, {"notEntered": finding})
    if view.pod.windows:
        note = "the pod runs on Windows, where this does not apply"
        judge.on(defaulted(view.pod.location, note, API), *_LINUX_ONLY)
        note = "Windows filters no system calls; containers are kept apart as processes of one kernel"
        judge.off(defaulted(view.pod.location, note, "Windows containers, isolation modes"), "seccompFiltered")
        _windows_user(judge, view)
        return
    _host_namespaces(judge, view)
    _siblings(judge, view)
    _user_namespace(judge, view)
    privileged = _privileged(judge, view)
    _capabilities(judge, view, privileged)
    _escalation(judge, view, privileged)
    _root_filesystem(judge, view)
    _user(judge, view)
    _proc_mount(judge, view, privileged)
    map_profiles(judge, view, privileged)


def _switch(judge: Judge, flag: _Flag, value: Value[bool] | None, location: Location) -> None:
    """The rule of every switch: weak when true; safe when false or, being false by default, absent."""
    if value is None:
        judge.safe(flag.key, defaulted(location, f"{flag.field} is not set; the default is false", API), flag.defence)
    else:
        shown = "true" if value.value else "false"
        judge.decide(flag.key, observed(value.location, f"{flag.field}: {shown}"), flag.defence, weak=value.value)


def _host_namespaces(judge: Judge, view: ContainerView) -> None:
    spec = view.pod.spec
    for flag, value in zip(_HOST_FLAGS, (spec.host_pid, spec.host_ipc, spec.share_process_namespace), strict=True):
        _switch(judge, flag, value, spec.location)


def _siblings(judge: Judge, view: ContainerView) -> None:
    """Whether the other containers of the pod run as other users, so that without root their processes stay shut."""
    defence = "otherUsers"
    if not value_or(view.pod.spec.share_process_namespace, default=False):
        judge.on(defaulted(view.pod.location, "processes are not shared", API), defence)
        return
    own = first(view.context.run_as_user, view.pod.context.run_as_user)
    others = [item for item in container_views(view.pod) if item.name != view.name]
    users = [first(item.context.run_as_user, item.pod.context.run_as_user) for item in others]
    if own is not None and all(user is not None and user.value != own.value for user in users):
        judge.on(observed(own.location, f"runAsUser: {own.value}, and no sibling runs as that user"), defence)
    else:
        place = own.location if own is not None else view.location
        judge.off(observed(place, "a sibling may run as the same user"), defence)


def _host_network(judge: Judge, view: ContainerView) -> None:
    flag = _Flag("hostNetwork", "host-network", "noHostNetwork")
    _switch(judge, flag, view.pod.spec.host_network, view.pod.location)


def _host_process(judge: Judge, view: ContainerView) -> None:
    own, pod = view.context.windows_options, view.pod.context.windows_options
    value = first(own.host_process if own else None, pod.host_process if pod else None)
    _switch(judge, _Flag("windowsOptions.hostProcess", "windows-host-process", "notHostProcess"), value, view.location)


def _command_from_outside(view: ContainerView) -> Location | None:
    """Where a probe or hook is stated that runs a program in the container; None where there is none."""
    item = view.container
    hooks = (item.lifecycle.post_start, item.lifecycle.pre_stop) if item.lifecycle is not None else ()
    actions = (item.liveness_probe, item.readiness_probe, item.startup_probe, *hooks)
    return next((action.exec.location for action in actions if action is not None and action.exec is not None), None)


def _user_namespace(judge: Judge, view: ContainerView) -> None:
    """Whether root inside is nobody on the node.

    Where the feature is on, a pod that asks for it has it or does not run: since 1.30 the kubelet refuses the pod if the runtime
    does not report the feature (Kubernetes, user namespaces), so that an old containerd or runc is no way around it.
    """
    value = view.pod.spec.host_users
    version = view.pod.settings.version.text
    if value is None:
        note = "hostUsers is not set; the pod shares the user namespace of the node"
        judge.weak("no-user-namespace", defaulted(view.pod.location, note, API), "userNamespace")
    elif value.value:
        judge.weak("no-user-namespace", observed(value.location, "hostUsers: true"), "userNamespace")
    elif view.pod.settings.user_namespaces:
        judge.safe("no-user-namespace", observed(value.location, "hostUsers: false"), "userNamespace")
    else:
        note = f"hostUsers: false has no effect in Kubernetes {version}, where the feature is off by default"
        judge.weak("no-user-namespace", observed(value.location, note), "userNamespace")


def _sandbox(judge: Judge, view: ContainerView) -> None:
    value = view.pod.spec.runtime_class_name
    if value is None:
        judge.off(
            defaulted(view.pod.location, "runtimeClassName is not set; containers share the kernel of the node", API),
            "sandboxedRuntime",
        )
        return
    handler = view.pod.settings.handlers.get(value.value, "")
    sandbox = _runtime_is(view, _SANDBOX_NAMES)
    found = observed(value.location, f"runtimeClassName: {value.value}" + (f", handler {handler}" if handler else ""))
    if sandbox:
        judge.on(found, "sandboxedRuntime")
    else:
        judge.off(found, "sandboxedRuntime")


def _runtime_is(view: ContainerView, names: tuple[str, ...]) -> bool:
    """Whether the pod's RuntimeClass, or its handler where the input shows it, has one of the names in it."""
    value = view.pod.spec.runtime_class_name
    texts = () if value is None else (value.value, view.pod.settings.handlers.get(value.value, ""))
    return any(name in text.lower() for text in texts for name in names)


def _privileged(judge: Judge, view: ContainerView) -> tuple[Evidence, ...]:
    """Judge the switch itself; give the evidence that the container is privileged, empty if it is not."""
    flag = _Flag("privileged", "privileged-container", "notPrivileged")
    value = view.context.privileged
    _switch(judge, flag, value, view.location)
    if value is None or not value.value:
        return ()
    found = observed(value.location, "privileged: true")
    if _runtime_is(view, _GVISOR_NAMES):
        # gVisor makes the devices of a container itself; Kata hands those of the host on unless it is told not to.
        judge.on((*found, *observed(view.pod.location, "gVisor shows a container no disk of the host")), "noHostDevices")
    else:
        judge.off(found, "noHostDevices")
    return found


def _capabilities(judge: Judge, view: ContainerView, privileged: tuple[Evidence, ...]) -> None:
    asked = view.context.capabilities
    request = CapabilityRequest(
        added=tuple(NamedCapability(item.value, item.location) for item in asked.add) if asked else (),
        dropped=tuple(NamedCapability(item.value, item.location) for item in asked.drop) if asked else (),
        privileged=privileged,
        location=asked.location if asked else view.location,
        defaults=containerd_default_capabilities(),
        source="containerd, default capabilities of the CRI plugin",
        drop_wins=True,
    )
    settle(judge.builder, judge.asset, map_capabilities(judge.builder, judge.asset, request, subject=judge.subject))
    _pod_security_capabilities(judge, request)


def _pod_security_capabilities(judge: Judge, request: CapabilityRequest) -> None:
    """What the Pod Security Standards add.

    Names count as they are written, and "restricted" lets only NET_BIND_SERVICE back in.
    """
    everything = any(item.plain == ALL for item in request.dropped)
    for item in request.added:
        if item.name not in baseline_capabilities() and item.plain in baseline_capabilities():
            found = observed(item.location, f"adds {item.name}, a spelling that Pod Security refuses")
            judge.weak("cap-beyond-baseline", found, detail=item.name)
        if everything and item.plain != "NET_BIND_SERVICE":
            judge.weak("caps-not-dropped-all", observed(item.location, f"drops ALL and adds {item.name} again"))


def _escalation(judge: Judge, view: ContainerView, privileged: tuple[Evidence, ...]) -> None:
    value = view.context.allow_privilege_escalation
    key, defence = "allow-privilege-escalation", "noNewPrivileges"
    if value is None:
        note = "allowPrivilegeEscalation is not set; the default is true"
        judge.weak(key, defaulted(view.location, note, API), defence)
    elif value.value:
        judge.weak(key, observed(value.location, "allowPrivilegeEscalation: true"), defence)
    elif privileged:
        judge.off(privileged, defence)
    else:
        judge.safe(key, observed(value.location, "allowPrivilegeEscalation: false"), defence)


def _root_filesystem(judge: Judge, view: ContainerView) -> None:
    value = view.context.read_only_root_filesystem
    key, defence = "writable-root-fs", "readOnlyRootFilesystem"
    if value is None:
        note = "readOnlyRootFilesystem is not set; the default is false"
        judge.weak(key, defaulted(view.location, note, API), defence)
    else:
        shown = "true" if value.value else "false"
        judge.decide(key, observed(value.location, f"readOnlyRootFilesystem: {shown}"), defence, weak=not value.value)


def _user(judge: Judge, view: ContainerView) -> None:
    """Who the processes run as.  ``runAsNonRoot`` makes the kubelet refuse an image that would run as root.

    In a user namespace of its own, root of the container is nobody on the node: the rules about root do not apply, while
    becoming root
    inside stays as easy as before.
    """
    user = first(view.context.run_as_user, view.pod.context.run_as_user)
    refused = first(view.context.run_as_non_root, view.pod.context.run_as_non_root)
    if user is not None and user.value == 0:
        found = observed(user.location, "runAsUser: 0")
        if view.pod.user_namespace:
            judge.off(found, "nonRoot")
        else:
            judge.weak("runs-as-root-explicit", found, "nonRoot")
    elif user is not None:
        judge.safe("may-run-as-root", observed(user.location, f"runAsUser: {user.value}"), "nonRoot")
    elif refused is not None and refused.value:
        judge.safe("may-run-as-root", observed(refused.location, "runAsNonRoot: true"), "nonRoot")
    else:
        _image_user(judge, view, refused.location if refused else view.location)


def _windows_user(judge: Judge, view: ContainerView) -> None:
    """Windows has administrators in a container, SYSTEM among them, and plain users."""
    own, pod = view.context.windows_options, view.pod.context.windows_options
    user = first(own.run_as_user_name if own else None, pod.run_as_user_name if pod else None)
    if user is None:
        settle(judge.builder, judge.asset, {"nonRoot": believe(judge.builder, IMAGE_USER_NOT_ROOT, view.location)})
        return
    found = observed(user.location, f"windowsOptions.runAsUserName: {user.value}")
    if user.value.rpartition("\\")[2].lower() in _WINDOWS_ADMINISTRATORS:
        judge.off(found, "nonRoot")
    else:
        judge.on(found, "nonRoot")


def _image_user(judge: Judge, view: ContainerView, location: Location) -> None:
    """The manifest leaves the user to the image."""
    key = "may-run-as-root"
    finding = published_user_finding(judge.builder, value_or(view.container.image, "the image"), location, (key,))
    settle(judge.builder, judge.asset, {"nonRoot": finding})
    if view.pod.user_namespace or finding.probability == 1.0:
        return
    if finding.probability == 0.0:
        weak(judge.builder, key, judge.asset, finding.evidence, subject=judge.subject)
    else:
        doubtful(judge.builder, key, judge.asset, finding.evidence, subject=judge.subject)


def _proc_mount(judge: Judge, view: ContainerView, privileged: tuple[Evidence, ...]) -> None:
    value = view.context.proc_mount
    key, defence = "proc-mount-unmasked", "procMasked"
    if value is not None and value.value == "Unmasked":
        found = observed(value.location, "procMount: Unmasked")
        if view.pod.user_namespace and view.pod.settings.version >= (1, 35):
            judge.off(found, defence)
        else:
            judge.weak(key, found, defence)
    elif privileged:
        judge.off(privileged, defence)
    elif value is not None:
        judge.safe(key, observed(value.location, f"procMount: {value.value}"), defence)
    else:
        judge.safe(key, defaulted(view.location, "procMount is not set; the default masks /proc", API), defence)
