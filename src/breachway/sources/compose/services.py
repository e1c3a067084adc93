"""One service: every field that bears on security, from the merged tree."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

from breachway.evidence import Unread
from breachway.sources.compose.builds import read_build, read_grants
from breachway.sources.compose.fields import Fields, as_text, shown
from breachway.sources.compose.mounts import read_devices, read_mounts
from breachway.sources.compose.objects import (
    Command,
    Dependency,
    Deploy,
    DeviceReservation,
    Healthcheck,
    Hook,
    Link,
    Logging,
    NetworkAttachment,
    Service,
    Text,
)
from breachway.sources.compose.ports import read_exposed, read_ports
from breachway.sources.compose.tree import Branch, Items, Leaf, Table
from breachway.sources.decoding import Value

if TYPE_CHECKING:
    from breachway.sources.compose.objects import EnvironmentVariable

KNOWN_KEYS = frozenset(
    {
        "annotations",
        "attach",
        "blkio_config",
        "build",
        "cap_add",
        "cap_drop",
        "cgroup",
        "cgroup_parent",
        "command",
        "configs",
        "container_name",
        "cpu_count",
        "cpu_percent",
        "cpu_period",
        "cpu_quota",
        "cpu_rt_period",
        "cpu_rt_runtime",
        "cpu_shares",
        "cpus",
        "cpuset",
        "credential_spec",
        "depends_on",
        "deploy",
        "develop",
        "device_cgroup_rules",
        "devices",
        "dns",
        "dns_opt",
        "dns_search",
        "domainname",
        "driver_opts",
        "entrypoint",
        "env_file",
        "environment",
        "expose",
        "extends",
        "external_links",
        "extra_hosts",
        "gpus",
        "group_add",
        "healthcheck",
        "hostname",
        "image",
        "init",
        "ipc",
        "isolation",
        "label_file",
        "labels",
        "links",
        "logging",
        "mac_address",
        "mem_limit",
        "mem_reservation",
        "mem_swappiness",
        "memswap_limit",
        "models",
        "network_mode",
        "networks",
        "oom_kill_disable",
        "oom_score_adj",
        "pid",
        "pids_limit",
        "platform",
        "ports",
        "post_start",
        "pre_stop",
        "privileged",
        "profiles",
        "provider",
        "pull_policy",
        "pull_refresh_after",
        "read_only",
        "restart",
        "runtime",
        "scale",
        "secrets",
        "security_opt",
        "shm_size",
        "stdin_open",
        "stop_grace_period",
        "stop_signal",
        "storage_opt",
        "sysctls",
        "tmpfs",
        "tty",
        "ulimits",
        "use_api_socket",
        "user",
        "userns_mode",
        "uts",
        "volumes",
        "volumes_from",
        "working_dir",
    }
)
"""The keys of a service in the Compose specification."""


def read_service(
    name: str, table: Table, environment: tuple[EnvironmentVariable, ...], problems: list[Unread], *, extended: bool
) -> Service:
    """Read the merged tree of a service; ``environment`` is already gathered from ``environment`` and ``env_file``."""
    fields = Fields(table, problems)
    _unknown_keys(name, table, problems)
    return Service(
        name=name,
        location=table.location,
        extended=extended,
        environment=environment,
        image=fields.text("image"),
        build=read_build(fields.branch("build"), problems),
        user=fields.text("user"),
        group_add=fields.texts("group_add"),
        privileged=fields.flag("privileged"),
        cap_add=fields.texts("cap_add"),
        cap_drop=fields.texts("cap_drop"),
        security_opt=fields.texts("security_opt"),
        devices=read_devices(fields),
        device_cgroup_rules=fields.texts("device_cgroup_rules"),
        gpus=fields.branch("gpus") is not None,
        pid=fields.text("pid"),
        ipc=fields.text("ipc"),
        uts=fields.text("uts"),
        userns_mode=fields.text("userns_mode"),
        cgroup=fields.text("cgroup"),
        cgroup_parent=fields.text("cgroup_parent"),
        isolation=fields.text("isolation"),
        runtime=fields.text("runtime"),
        network_mode=fields.text("network_mode"),
        networks=_networks(fields),
        ports=read_ports(fields),
        expose=read_exposed(fields),
        mounts=read_mounts(fields),
        volumes_from=fields.texts("volumes_from"),
        read_only=fields.flag("read_only"),
        command=fields.command("command"),
        entrypoint=fields.command("entrypoint"),
        secrets=read_grants(fields, "secrets"),
        configs=read_grants(fields, "configs"),
        healthcheck=_healthcheck(fields),
        restart=fields.text("restart"),
        mem_limit=fields.text("mem_limit"),
        memswap_limit=fields.text("memswap_limit"),
        cpus=fields.text("cpus"),
        cpu_quota=fields.text("cpu_quota"),
        cpuset=fields.text("cpuset"),
        pids_limit=fields.whole("pids_limit"),
        oom_kill_disable=fields.flag("oom_kill_disable"),
        ulimits=fields.pairs("ulimits", _hard_limit),
        deploy=_deploy(fields.below("deploy")),
        scale=fields.whole("scale"),
        logging=_logging(fields.below("logging")),
        sysctls=fields.pairs("sysctls"),
        extra_hosts=fields.pairs("extra_hosts"),
        dns=fields.texts("dns"),
        hostname=fields.text("hostname"),
        container_name=fields.text("container_name"),
        working_dir=fields.text("working_dir"),
        depends_on=_depends_on(fields),
        links=_links(fields, "links"),
        external_links=_links(fields, "external_links"),
        labels=fields.pairs("labels"),
        profiles=fields.texts("profiles"),
        init=fields.flag("init"),
        stdin_open=fields.flag("stdin_open"),
        tty=fields.flag("tty"),
        platform=fields.text("platform"),
        pull_policy=fields.text("pull_policy"),
        use_api_socket=fields.flag("use_api_socket"),
        provider=_provider(fields.below("provider")),
        hooks=(*_hooks(fields, "post_start"), *_hooks(fields, "pre_stop")),
    )


def _unknown_keys(name: str, table: Table, problems: list[Unread]) -> None:
    for key, branch in table.entries.items():
        if key not in KNOWN_KEYS and not key.startswith("x-"):
            near = get_close_matches(key[:40], sorted(KNOWN_KEYS), n=1)
            hint = f"did you mean {near[0]}?" if near else ""
            problems.append(
                Unread(branch.location, "field", f"{shown(key)} is no key of a Compose service ({shown(name)})", hint)
            )


def _networks(fields: Fields) -> tuple[NetworkAttachment, ...]:
    attachments: list[NetworkAttachment] = []
    for name, branch in fields.named("networks"):
        aliases: tuple[str, ...] = ()
        if isinstance(branch, Table):
            aliases = Fields(branch, fields.problems).words("aliases")
        elif not (isinstance(branch, Leaf) and branch.null):
            fields.wrong(branch, "a mapping")
        attachments.append(NetworkAttachment(name, aliases, branch.location))
    return tuple(attachments)


def _depends_on(fields: Fields) -> tuple[Dependency, ...]:
    dependencies: list[Dependency] = []
    for name, branch in fields.named("depends_on"):
        condition, required = "service_started", True
        if isinstance(branch, Table):
            inner = Fields(branch, fields.problems)
            condition = inner.word("condition") or condition
            flag = inner.flag("required")
            required = not (isinstance(flag, Value) and not flag.value)
        dependencies.append(Dependency(name, condition, branch.location, required))
    return tuple(dependencies)


def _links(fields: Fields, key: str) -> tuple[Link, ...]:
    parts = ((leaf, leaf.text.partition(":")) for leaf in fields.leaves(key))
    return tuple(Link(service, alias or service, leaf.location) for leaf, (service, _, alias) in parts)


def _healthcheck(fields: Fields) -> Healthcheck | None:
    below = fields.below("healthcheck")
    if below is None:
        return None
    test, disabled = below.branch("test"), below.flag("disable")
    command: Command | None = None
    match test:
        case Leaf():
            command = Command((test.text,), test.location, shell=isinstance(test, Leaf), unset=test.unset)
        case Items():
            words = below.command("test") or Command((), test.location)
            kind = words.words[:1]
            if kind == ("NONE",):
                disabled = Value(value=True, location=test.location)
            elif kind in {("CMD",), ("CMD-SHELL",)}:
                command = words._replace(words=words.words[1:], shell=kind == ("CMD-SHELL",))
            else:
                below.wrong(test, "a list that begins with CMD, CMD-SHELL or NONE")
        case Table():
            below.wrong(test, "a string or a list")
        case None:
            pass
    return Healthcheck(location=below.location, test=command, disabled=disabled)


def _logging(fields: Fields | None) -> Logging | None:
    if fields is None:
        return None
    return Logging(location=fields.location, driver=fields.text("driver"), options=fields.pairs("options"))


def _deploy(fields: Fields | None) -> Deploy | None:
    if fields is None:
        return None
    empty = Fields(Table({}, fields.location), fields.problems)
    resources = fields.below("resources") or empty
    limits, reservations = resources.below("limits") or empty, resources.below("reservations") or empty
    restart = fields.below("restart_policy") or empty
    return Deploy(
        location=fields.location,
        mode=fields.text("mode"),
        replicas=fields.whole("replicas"),
        limit_cpus=limits.text("cpus"),
        limit_memory=limits.text("memory"),
        limit_pids=limits.whole("pids"),
        reserved_cpus=reservations.text("cpus"),
        reserved_memory=reservations.text("memory"),
        devices=tuple(
            _reservation(Fields(item, fields.problems)) for item in reservations.each("devices") if isinstance(item, Table)
        ),
        restart_condition=restart.text("condition"),
    )


def _reservation(fields: Fields) -> DeviceReservation:
    return DeviceReservation(fields.word("driver"), fields.words("capabilities"), fields.location)


def _hooks(fields: Fields, phase: str) -> tuple[Hook, ...]:
    inner = tuple(Fields(item, fields.problems) for item in fields.each(phase) if isinstance(item, Table))
    return tuple(
        Hook(
            location=hook.location,
            phase=phase,
            command=hook.command("command"),
            user=hook.text("user"),
            privileged=hook.flag("privileged"),
        )
        for hook in inner
    )


def _provider(fields: Fields | None) -> Text | None:
    return None if fields is None else fields.text("type")


def _hard_limit(branch: Branch) -> Text | None:
    """The hard limit of a ulimit in its long form."""
    hard = branch.get("hard") if isinstance(branch, Table) else None
    return as_text(hard) if isinstance(hard, Leaf) else None
