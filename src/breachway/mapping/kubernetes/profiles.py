"""Profiles of the kernel's security modules: seccomp, AppArmor, SELinux, and kernel parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from breachway.mapping.containers.beliefs import HOST_ACCESS_CONTROL
from breachway.mapping.containers.grounds import defaulted, observed
from breachway.mapping.kubernetes.judging import API
from breachway.mapping.kubernetes.views import first
from breachway.sources.decoding import value_or

if TYPE_CHECKING:
    from breachway.evidence import Evidence, Location
    from breachway.mapping.kubernetes.judging import Judge
    from breachway.mapping.kubernetes.versions import KubernetesVersion
    from breachway.mapping.kubernetes.views import ContainerView

_APPARMOR_ANNOTATION = "container.apparmor.security.beta.kubernetes.io/"
_SECCOMP_ANNOTATIONS = ("container.seccomp.security.alpha.kubernetes.io/", "seccomp.security.alpha.kubernetes.io/pod")
_SECCOMP_ANNOTATION_GONE = (1, 27)
_SELINUX_TYPES = frozenset({"", "container_t", "container_init_t", "container_kvm_t"})
_SELINUX_TYPES_SINCE_1_31 = _SELINUX_TYPES | {"container_engine_t"}

_SAFE_SYSCTLS: tuple[tuple[tuple[int, int], tuple[str, ...]], ...] = (
    (
        (1, 0),
        (
            "kernel.shm_rmid_forced",
            "net.ipv4.ip_local_port_range",
            "net.ipv4.tcp_syncookies",
            "net.ipv4.ping_group_range",
            "net.ipv4.ip_unprivileged_port_start",
        ),
    ),
    ((1, 27), ("net.ipv4.ip_local_reserved_ports",)),
    (
        (1, 29),
        (
            "net.ipv4.tcp_keepalive_time",
            "net.ipv4.tcp_fin_timeout",
            "net.ipv4.tcp_keepalive_intvl",
            "net.ipv4.tcp_keepalive_probes",
        ),
    ),
    ((1, 32), ("net.ipv4.tcp_rmem", "net.ipv4.tcp_wmem")),
    ((1, 37), ("net.ipv4.tcp_slow_start_after_idle", "net.ipv4.tcp_notsent_lowat")),
)
"""The kernel parameters that the Pod Security Standard "baseline" allows, by the version that added them."""


def map_profiles(judge: Judge, view: ContainerView, privileged: tuple[Evidence, ...]) -> None:
    """Judge the profiles of one Linux container; ``privileged`` is the evidence that it is privileged, empty if it is not."""
    _seccomp(judge, view, privileged)
    _mandatory_access(judge, view, privileged)
    _sysctls(judge, view)


# ---------------------------------------------------------------------------------------------------------------------- seccomp


def _seccomp(judge: Judge, view: ContainerView, privileged: tuple[Evidence, ...]) -> None:
    defence = "seccompFiltered"
    profile = first(view.context.seccomp_profile, view.pod.context.seccomp_profile)
    if privileged:
        judge.off(privileged, defence)
    if profile is not None and profile.type is not None:
        found = observed(profile.type.location, f"seccompProfile.type: {profile.type.value}")
        _judge_seccomp(judge, found, *_unless(privileged, defence), unconfined=profile.type.value == "Unconfined")
        return
    annotation = _seccomp_annotation(view)
    if annotation is not None:
        found, unconfined = annotation
        _judge_seccomp(judge, found, *_unless(privileged, defence), unconfined=unconfined)
        return
    kubelet = view.pod.settings.seccomp_default
    if kubelet is not None:
        judge.safe(
            "seccomp-not-set", observed(kubelet.location, "seccompDefault: true on the kubelets"), *_unless(privileged, defence)
        )
        return
    note = "seccompProfile is not set; without seccompDefault on the kubelet the container runs unconfined"
    judge.weak("seccomp-not-set", defaulted(view.location, note, API), defence)


def _judge_seccomp(judge: Judge, found: tuple[Evidence, ...], *defences: str, unconfined: bool) -> None:
    """Unconfined is also a profile that is not set, as the Pod Security Standard "restricted" has it."""
    for key in ("seccomp-unconfined", "seccomp-not-set"):
        judge.decide(key, found, *defences, weak=unconfined)


def _unless(privileged: tuple[Evidence, ...], defence: str) -> tuple[str, ...]:
    """A privileged container has no profile, whatever it asks for."""
    return () if privileged else (defence,)


def _seccomp_annotation(view: ContainerView) -> tuple[tuple[Evidence, ...], bool] | None:
    """The profile of an old annotation and whether it is "unconfined"; None where there is none or the version ignores it."""
    settings = view.pod.settings
    if settings.known_version and settings.version >= _SECCOMP_ANNOTATION_GONE:
        return None
    annotations = view.pod.template.workload.pod_template.metadata.annotations
    for key in (_SECCOMP_ANNOTATIONS[0] + view.name, _SECCOMP_ANNOTATIONS[1]):
        value = annotations.get(key) if annotations is not None and key in view.pod.annotations else None
        if value is not None and value.value:
            return observed(value.location, f"annotation {key}: {value.value}"), value.value == "unconfined"
    return None


# -------------------------------------------------------------------------------------------------------- AppArmor and SELinux


def _mandatory_access(judge: Judge, view: ContainerView, privileged: tuple[Evidence, ...]) -> None:
    defence = "mandatoryAccessControl"
    armed = _apparmor(judge, view)
    custom = _selinux(judge, view)
    confining = view.pod.settings.confining
    if privileged:
        judge.off(privileged, defence)
    elif armed != "open" or custom:
        return
    elif confining is not None:
        state, evidence = confining
        if state:
            judge.on(evidence, defence)
        else:
            judge.off(evidence, defence)
    else:
        judge.assume(view.location, HOST_ACCESS_CONTROL, defence)


def _apparmor(judge: Judge, view: ContainerView) -> str:
    """Judge the AppArmor profile; tell whether it is "on", "off" or left "open" to the runtime.

    The field came with 1.30; before it, and beside it, stands the annotation.
    """
    key, defence = "apparmor-unconfined", "mandatoryAccessControl"
    name = _APPARMOR_ANNOTATION + view.name
    annotations = view.pod.template.workload.pod_template.metadata.annotations
    own, pod = view.context.app_armor_profile, view.pod.context.app_armor_profile
    annotation = annotations.get(name) if annotations is not None and name in view.pod.annotations else None
    if own is not None and own.type is not None:
        value, label, location = own.type.value, "appArmorProfile.type", own.type.location
    elif annotation is not None and annotation.value:
        value, label, location = annotation.value, f"annotation {name}", annotation.location
    elif pod is not None and pod.type is not None:
        value, label, location = pod.type.value, "appArmorProfile.type", pod.type.location
    else:
        return "open"
    allowed = value in {"RuntimeDefault", "Localhost", "runtime/default"} or value.startswith("localhost/")
    found = observed(location, f"{label}: {value}")
    judge.decide(key, found, *(() if allowed and view.privileged else (defence,)), weak=not allowed)
    return "on" if allowed else "off"


def _selinux(judge: Judge, view: ContainerView) -> bool:
    """Judge the SELinux label, the pod's and the container's; tell whether either leaves the confined types."""
    allowed = _SELINUX_TYPES_SINCE_1_31 if view.pod.settings.version >= (1, 31) else _SELINUX_TYPES
    custom = False
    for options in (view.pod.context.se_linux_options, view.context.se_linux_options):
        if options is None:
            continue
        wrong = [("type", options.type)] if options.type is not None and options.type.value not in allowed else []
        wrong += [
            (name, value) for name, value in (("user", options.user), ("role", options.role)) if value is not None and value.value
        ]
        for name, value in wrong:
            if value is not None:
                found = observed(value.location, f"seLinuxOptions.{name}: {value.value}")
                judge.weak("selinux-disabled-or-custom", found, "mandatoryAccessControl")
                custom = True
    return custom


# ------------------------------------------------------------------------------------------------------------ kernel parameters


def safe_sysctls(version: KubernetesVersion) -> frozenset[str]:
    """The kernel parameters that a pod may set without a say on the node."""
    return frozenset(name for since, names in _SAFE_SYSCTLS if version >= since for name in names)


def _sysctls(judge: Judge, view: ContainerView) -> None:
    safe = safe_sysctls(view.pod.settings.version)
    location: Location = view.pod.context.location
    unsafe = False
    for item in view.pod.context.sysctls:
        name = value_or(item.name, "")
        if name and name not in safe:
            unsafe = True
            place = item.name.location if item.name else item.location
            judge.weak("unsafe-sysctl", observed(place, f"sets the kernel parameter {name}"), "safeSysctls", detail=name)
    if not unsafe:
        judge.safe("unsafe-sysctl", defaulted(location, "no kernel parameter outside the safe set", API), "safeSysctls")
