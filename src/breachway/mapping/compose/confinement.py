"""What confines the container of a Compose service: each defence of ``Container``, and the weaknesses of its settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from breachway.mapping.compose.values import ENGINE, Place, is_true, says
from breachway.mapping.containers import beliefs
from breachway.mapping.containers.capabilities import (
    CapabilityRequest,
    NamedCapability,
    docker_default_capabilities,
    map_capabilities,
)
from breachway.mapping.containers.devices import opens_host
from breachway.mapping.containers.entering import entering
from breachway.mapping.containers.grounds import Finding, believe, doubtful, observed, weak
from breachway.mapping.containers.image_users import published_user_finding, starts_as_root
from breachway.sources.compose.objects import MountKind, Unknown

if TYPE_CHECKING:
    from breachway.evidence import Evidence
    from breachway.mapping.dockerfile.builds import BuiltImage
    from breachway.sources.compose.objects import Service, Text

SAFE_SYSCTLS = frozenset(
    {
        "kernel.shm_rmid_forced", "net.ipv4.ip_local_port_range", "net.ipv4.ip_local_reserved_ports",
        "net.ipv4.ip_unprivileged_port_start", "net.ipv4.ping_group_range", "net.ipv4.tcp_fin_timeout",
        "net.ipv4.tcp_keepalive_intvl", "net.ipv4.tcp_keepalive_probes", "net.ipv4.tcp_keepalive_time",
        "net.ipv4.tcp_notsent_lowat", "net.ipv4.tcp_rmem", "net.ipv4.tcp_slow_start_after_idle", "net.ipv4.tcp_syncookies",
        "net.ipv4.tcp_wmem",
    }
)  # fmt: skip
"""The sysctls that the Pod Security Standard "baseline" allows (1.37)."""

_SHARED_PROPAGATION = frozenset({"shared", "rshared", "slave", "rslave"})
_SANDBOXES = ("runsc", "gvisor", "kata", "io.containerd.kata", "io.containerd.runsc", "sysbox-runc")
_PRIVILEGED_KEY = ("privileged-container",)


def confinement(place: Place, service: Service, built: BuiltImage | None, image: str) -> dict[str, Finding]:
    """Judge the settings of a service; give the finding for each defence of its container but those of the network.

    ``image`` is the reference that the container runs, ``built`` the image where its Dockerfile is in the input.
    """
    privileged = _privileged(place, service)
    return {
        **_capabilities(place, service, privileged),
        **_security_options(place, service, privileged),
        **_namespaces(place, service),
        **_limits(place, service),
        "notPrivileged": _privileged_finding(place, service, privileged),
        "nonRoot": _user(place, service, built, image),
        "readOnlyRootFilesystem": _read_only(place, service),
        "noHostDevices": _devices(place, service, privileged),
        "safeSysctls": _sysctls(place, service),
        "noMountPropagation": _propagation(place, service),
        "notHostProcess": Finding(1.0, place.silent("Docker has no host-process containers")),
        "sandboxedRuntime": _runtime(place, service),
        "otherUsers": Finding(0.0, place.silent("nothing keeps services that share processes to users of their own")),
        "notEntered": _entering(place, service),
        "noSharedSubPath": Finding(1.0, place.silent("parts of volumes are no matter of a kubelet here")),
    }


def _entering(place: Place, service: Service) -> Finding:
    check = service.healthcheck
    off = check is not None and check.disabled is not None and (isinstance(check.disabled, Unknown) or check.disabled.value)
    runs = check is not None and check.test is not None and not off
    return entering(place.builder, check.location if check is not None and runs else None, place.location, "the health check")


def _privileged(place: Place, service: Service) -> tuple[Evidence, ...]:
    flag = service.privileged
    if flag is None or isinstance(flag, Unknown) or not flag.value:
        return ()
    evidence = observed(flag.location, "privileged: true")
    weak(place.builder, "privileged-container", place.asset, evidence, subject=place.subject)
    return evidence


def _privileged_finding(place: Place, service: Service, privileged: tuple[Evidence, ...]) -> Finding:
    flag = service.privileged
    if privileged:
        return Finding(0.0, privileged, _PRIVILEGED_KEY)
    if isinstance(flag, Unknown):
        finding = place.unknown(flag.location, "privileged", _PRIVILEGED_KEY)
        doubtful(place.builder, "privileged-container", place.asset, finding.evidence, subject=place.subject)
        return finding
    if flag is not None:
        return Finding(1.0, observed(flag.location, "privileged: false"), _PRIVILEGED_KEY)
    return Finding(1.0, place.silent("privileged is not set; the default is false"), _PRIVILEGED_KEY)


def _capabilities(place: Place, service: Service, privileged: tuple[Evidence, ...]) -> dict[str, Finding]:
    request = CapabilityRequest(
        added=tuple(NamedCapability(item.value, item.location) for item in service.cap_add),
        dropped=tuple(NamedCapability(item.value, item.location) for item in service.cap_drop),
        privileged=privileged,
        location=place.location,
        defaults=docker_default_capabilities(),
        source=ENGINE,
    )
    return map_capabilities(place.builder, place.asset, request, subject=place.subject)


def _option(service: Service, *names: str) -> tuple[Text, str] | None:
    """The last security option of one of these names, with its value: written ``name``, ``name=value`` or ``name:value``."""
    found: tuple[Text, str] | None = None
    for item in service.security_opt:
        for separator in ("=", ":", ""):
            name, _, value = item.value.partition(separator) if separator else (item.value, "", "")
            if name.strip() in names:
                found = (item, value.strip())
                break
    return found


def _security_options(place: Place, service: Service, privileged: tuple[Evidence, ...]) -> dict[str, Finding]:
    return {
        "noNewPrivileges": _no_new_privileges(place, service),
        "seccompFiltered": _seccomp(place, service, privileged),
        "mandatoryAccessControl": _access_control(place, service, privileged),
        "procMasked": _proc(place, service, privileged),
    }


def _no_new_privileges(place: Place, service: Service) -> Finding:
    key = ("allow-privilege-escalation",)
    option = _option(service, "no-new-privileges")
    if option is not None and option[1].lower() in {"", "true", "1"}:
        return Finding(1.0, observed(option[0].location, option[0].value), key)
    note = "no-new-privileges is not set; setuid programs may raise privileges"
    evidence = observed(option[0].location, option[0].value) if option is not None else place.silent(note)
    weak(place.builder, key[0], place.asset, evidence, subject=place.subject)
    return Finding(0.0, evidence, key)


def _given_up(place: Place, service: Service, option: str, value: str, key: str) -> tuple[Evidence, ...]:
    """The evidence that a security option gives a confinement up, recorded as its weakness; empty where none does."""
    said = _option(service, option)
    if said is None or said[1] != value:
        return ()
    evidence = observed(said[0].location, said[0].value)
    weak(place.builder, key, place.asset, evidence, subject=place.subject)
    return evidence


def _seccomp(place: Place, service: Service, privileged: tuple[Evidence, ...]) -> Finding:
    key = ("seccomp-unconfined",)
    off = _given_up(place, service, "seccomp", "unconfined", *key)
    if off:
        return Finding(0.0, off, key)
    if privileged:
        return Finding(0.0, privileged, _PRIVILEGED_KEY)
    option = _option(service, "seccomp")
    if option is not None:
        return Finding(1.0, observed(option[0].location, option[0].value), key)
    return Finding(
        1.0, place.silent("no seccomp option; Docker's own profile applies", "Docker Engine: default seccomp profile"), key
    )


def _access_control(place: Place, service: Service, privileged: tuple[Evidence, ...]) -> Finding:
    both = (("apparmor", "unconfined", "apparmor-unconfined"), ("label", "disable", "selinux-disabled-or-custom"))
    off = {key: _given_up(place, service, option, value, key) for option, value, key in both}
    keys = tuple(key for key, evidence in off.items() if evidence)
    if keys:
        return Finding(0.0, tuple(item for evidence in off.values() for item in evidence), keys)
    if privileged:
        return Finding(0.0, privileged, _PRIVILEGED_KEY)
    return believe(place.builder, beliefs.HOST_ACCESS_CONTROL, place.location, keys=tuple(off))


def _proc(place: Place, service: Service, privileged: tuple[Evidence, ...]) -> Finding:
    key = ("proc-mount-unmasked",)
    off = _given_up(place, service, "systempaths", "unconfined", *key)
    if off:
        return Finding(0.0, off, key)
    if privileged:
        return Finding(0.0, privileged, _PRIVILEGED_KEY)
    return Finding(1.0, place.silent("Docker masks /proc and /sys unless told otherwise"), key)


def _namespaces(place: Place, service: Service) -> dict[str, Finding]:
    builder, asset, subject = place.builder, place.asset, place.subject
    findings: dict[str, Finding] = {}
    for defence, field, key, what in (
        ("noHostPid", service.pid, "host-pid", "processes"),
        ("noHostIpc", service.ipc, "host-ipc", "shared memory"),
        ("noHostNetwork", service.network_mode, "host-network", "network"),
    ):
        shared = says(field, "host")
        if shared:
            weak(builder, key, asset, shared, subject=subject)
            findings[defence] = Finding(0.0, shared, (key,))
        elif field is not None and not field.known:
            findings[defence] = place.unknown(field.location, field.value, (key,))
        else:
            silent = place.silent(f"a container has its own {what} by default")
            findings[defence] = Finding(1.0, observed(field.location, field.value) if field is not None else silent, (key,))
    findings["isolatedProcesses"] = _processes(place, service)
    findings["userNamespace"] = _user_namespace(place, service)
    uts = says(service.uts, "host")
    if uts:
        weak(builder, "host-uts", asset, uts, subject=subject)
    cgroup = says(service.cgroup, "host") or (
        observed(service.cgroup_parent.location, f"cgroup_parent: {service.cgroup_parent.value}") if service.cgroup_parent else ()
    )
    if cgroup:
        weak(builder, "cgroup-host-or-parent", asset, cgroup, subject=subject)
    return findings


def _processes(place: Place, service: Service) -> Finding:
    key = ("shared-process-namespace",)
    pid = service.pid
    if pid is not None and pid.value.startswith(("service:", "container:")):
        evidence = observed(pid.location, f"pid: {pid.value}")
        weak(place.builder, key[0], place.asset, evidence, subject=place.subject)
        return Finding(0.0, evidence, key)
    return Finding(1.0, place.silent("a container has its own processes by default"), key)


def _user_namespace(place: Place, service: Service) -> Finding:
    key = ("host-user-namespace",)
    host = says(service.userns_mode, "host")
    if host:
        weak(place.builder, key[0], place.asset, host, subject=place.subject)
        return Finding(0.0, host, key)
    return believe(place.builder, beliefs.USER_NAMESPACES, place.location, keys=key)


def _limits(place: Place, service: Service) -> dict[str, Finding]:
    deploy = service.deploy
    memory = service.mem_limit or (deploy.limit_memory if deploy is not None else None)
    processor = service.cpus or service.cpu_quota or (deploy.limit_cpus if deploy is not None else None)
    pids = service.pids_limit or (deploy.limit_pids if deploy is not None else None)
    findings = {}
    for defence, key, limit, what in (
        ("memoryLimited", "no-memory-limit", memory, "memory"),
        ("processorLimited", "no-cpu-limit", processor, "CPU"),
    ):
        limited = limit is not None and limit.value.strip() not in {"0", "-1", "0.0", ""}
        evidence = (
            observed(limit.location, f"{what}: {limit.value}") if limit is not None else place.silent(f"no {what} limit is set")
        )
        if not limited:
            weak(place.builder, key, place.asset, evidence, subject=place.subject)
        findings[defence] = Finding(1.0 if limited else 0.0, evidence, (key,))
    key = "no-pids-limit"
    if isinstance(pids, Unknown):
        findings["processesLimited"] = place.unknown(pids.location, pids.written, (key,))
    else:
        limited = pids is not None and pids.value > 0
        evidence = (
            observed(pids.location, f"pids: {pids.value}") if pids is not None else place.silent("no limit of processes is set")
        )
        if not limited:
            weak(place.builder, key, place.asset, evidence, subject=place.subject)
        findings["processesLimited"] = Finding(1.0 if limited else 0.0, evidence, (key,))
    findings["storageLimited"] = _storage(place, service)
    return findings


def _storage(place: Place, service: Service) -> Finding:
    """Nothing limits the writable layer or a volume; only a container that can write neither cannot fill the disk."""
    writable = any(mount.kind is not MountKind.TMPFS and mount.writable is not False for mount in service.mounts)
    flag = service.read_only
    if is_true(flag) and flag is not None and not writable:
        return Finding(1.0, observed(flag.location, "read_only: true, and no volume is writable"))
    return Finding(0.0, place.silent("Docker sets no limit to what a container writes"))


def _read_only(place: Place, service: Service) -> Finding:
    key = ("writable-root-fs",)
    flag = service.read_only
    if isinstance(flag, Unknown):
        finding = place.unknown(flag.location, "read_only", key)
        doubtful(place.builder, key[0], place.asset, finding.evidence, subject=place.subject)
        return finding
    if flag is not None and flag.value:
        return Finding(1.0, observed(flag.location, "read_only: true"), key)
    evidence = (
        observed(flag.location, "read_only: false")
        if flag is not None
        else place.silent("read_only is not set; the default is false")
    )
    weak(place.builder, key[0], place.asset, evidence, subject=place.subject)
    return Finding(0.0, evidence, key)


def _devices(place: Place, service: Service, privileged: tuple[Evidence, ...]) -> Finding:
    key = ("host-device-mapped",)
    found = [(item.location, f"device {item.host}", item.host) for item in service.devices]
    found += [(rule.location, f"device_cgroup_rules: {rule.value}", rule.value) for rule in service.device_cgroup_rules]
    for location, note, detail in found:
        weak(place.builder, key[0], place.asset, observed(location, note), subject=place.subject, detail=detail)
    opening = [one for one in found if opens_host(one[2])]
    if opening:
        return Finding(0.0, tuple(item for location, note, _ in opening for item in observed(location, note)), key)
    if privileged:
        return Finding(0.0, privileged, _PRIVILEGED_KEY)
    if found:
        return Finding(
            1.0, tuple(item for location, note, _ in found for item in observed(location, f"{note} holds no files")), key
        )
    return Finding(1.0, place.silent("no device of the host is given"), key)


def _sysctls(place: Place, service: Service) -> Finding:
    key = ("unsafe-sysctl",)
    unsafe = [item for item in service.sysctls if item.key not in SAFE_SYSCTLS and item.key.startswith(("kernel.", "net."))]
    for item in unsafe:
        note = observed(item.location, f"sysctl {item.key}")
        weak(place.builder, key[0], place.asset, note, subject=place.subject, detail=item.key)
    if unsafe:
        return Finding(0.0, tuple(part for item in unsafe for part in observed(item.location, f"sysctl {item.key}")), key)
    return Finding(1.0, place.silent("no sysctl outside the safe list is set"), key)


def _propagation(place: Place, service: Service) -> Finding:
    key = ("mount-propagation-bidirectional",)
    shared = [mount for mount in service.mounts if mount.propagation in _SHARED_PROPAGATION]
    for mount in shared:
        note = observed(mount.location, f"propagation {mount.propagation}")
        weak(place.builder, key[0], place.asset, note, subject=place.subject, detail=mount.target.value)
    if shared:
        return Finding(0.0, observed(shared[0].location, f"propagation {shared[0].propagation}"), key)
    return Finding(1.0, place.silent("mounts stay private to the container by default"), key)


def _runtime(place: Place, service: Service) -> Finding:
    runtime = service.runtime
    if runtime is None:
        return Finding(0.0, place.silent("no runtime is named; runc shares the kernel of the host"))
    sandboxed = runtime.value.startswith(_SANDBOXES)
    return Finding(1.0 if sandboxed else 0.0, observed(runtime.location, f"runtime: {runtime.value}"))


def _user(place: Place, service: Service, built: BuiltImage | None, image: str) -> Finding:
    builder, user = place.builder, service.user
    if user is not None and user.known:
        name = user.value.partition(":")[0].strip()
        evidence = observed(user.location, f"user: {user.value}")
        if name == "root" or (name.isdecimal() and int(name[:20]) == 0):
            weak(builder, "runs-as-root-explicit", place.asset, evidence, subject=place.subject)
            return Finding(0.0, evidence, ("runs-as-root-explicit",))
        return Finding(1.0, evidence, ("runs-as-root-explicit", "may-run-as-root"))
    key = ("may-run-as-root",)
    if user is not None:
        finding = place.unknown(user.location, f"user: {user.value}", key)
    elif built is not None:
        finding = built.user._replace(keys=(*key, *built.user.keys))
    else:
        finding = published_user_finding(builder, image, place.location, key)
    root = finding.probability == 0.0 or (user is None and built is None and starts_as_root(finding))
    if root:
        silent = place.silent("user is not set; the image runs as root", "the image's own configuration")
        weak(builder, key[0], place.asset, (*silent, *finding.evidence), subject=place.subject)
    elif finding.probability < 1.0:
        doubtful(builder, key[0], place.asset, finding.evidence, subject=place.subject)
    return finding
