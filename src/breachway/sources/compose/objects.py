"""A Compose project as typed values, after interpolation, include, extends and merging of override files.

Every value carries the place that says it, which may be another file (an override, a base that is extended, an env_file).  A
value that hangs on a variable which neither the text nor the project's ``.env`` sets is unknown: a :class:`Text` then names the
variables in ``unset`` and keeps ``${NAME}`` as written; a number or a flag becomes :class:`Unknown`.

Paths on the host are :class:`HostPath`: relative ones are resolved against the file that says them, into the same shape as
document labels (as the user would type them), so that no absolute path of this machine enters the model.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

from breachway.sources.compose.resources import DataFile, NamedVolume, Network
from breachway.sources.compose.values import Command, EnvironmentVariable, Flag, HostPath, Pair, Text, Unknown, Whole

if TYPE_CHECKING:
    from breachway.evidence import Location

__all__ = [
    "Build",
    "Command",
    "ComposeProject",
    "DataFile",
    "Dependency",
    "Deploy",
    "Device",
    "DeviceReservation",
    "EnvironmentVariable",
    "ExposedPort",
    "Flag",
    "Grant",
    "Healthcheck",
    "Hook",
    "HostPath",
    "Link",
    "Logging",
    "Mount",
    "MountKind",
    "NamedVolume",
    "Network",
    "NetworkAttachment",
    "Pair",
    "Port",
    "Service",
    "Text",
    "Unknown",
    "Whole",
]


class Port(NamedTuple):
    """A published port or range.

    ``published_first`` and ``published_last`` are 0 where the engine picks a free port.  ``host_ip`` is empty for all
    interfaces.  ``target_*`` and ``published_*`` are None where an unset variable decides.  ``mode`` is "ingress" or "host".
    """

    target_first: int | None
    target_last: int | None
    published_first: int | None
    published_last: int | None
    host_ip: str
    protocol: str
    mode: str
    location: Location
    written: str
    unset: tuple[str, ...] = ()
    name: str = ""


class ExposedPort(NamedTuple):
    """A port or range that ``expose`` names: documented, open to the service's networks, not published."""

    first: int
    last: int
    protocol: str
    location: Location


class MountKind(Enum):
    """What stands behind a mount point."""

    BIND = "bind"
    VOLUME = "volume"
    ANONYMOUS = "anonymous"
    TMPFS = "tmpfs"
    IMAGE = "image"
    CLUSTER = "cluster"
    PIPE = "npipe"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mount:
    """One entry of ``volumes`` or ``tmpfs``.

    ``source`` is the name of the volume (a key of the project's volumes) or of the image; ``host`` the path of a bind mount or
    pipe. ``read_only`` None means not said: writable.  ``propagation`` is empty for the default (rprivate).  ``relabel`` is
    ``z`` (shared) or ``Z`` (private SELinux label) or empty.  ``recursive_read_only`` is bind.recursive as written.
    """

    kind: MountKind
    target: Text
    location: Location
    source: Text | None = None
    host: HostPath | None = None
    read_only: Flag | None = None
    propagation: str = ""
    relabel: str = ""
    subpath: str = ""
    recursive: str = ""
    create_host_path: Flag | None = None
    size: Text | None = None

    @property
    def writable(self) -> bool | None:
        """Whether the container may write there; None where an unset variable decides."""
        match self.read_only:
            case None:
                return True
            case Unknown():
                return None
            case value:
                return not value.value


class Device(NamedTuple):
    """A host device given to the container; ``permissions`` of r, w, m (default rwm).  A CDI name has no container path."""

    host: str
    container: str
    permissions: str
    location: Location
    unset: tuple[str, ...] = ()


class Grant(NamedTuple):
    """A secret or config given to a service (or to a build): ``source`` is the key in the project's declarations.

    ``target`` is the file name or path in the container, empty for the default (``/run/secrets/<source>``, ``/<source>``).
    """

    source: str
    target: str
    location: Location
    uid: str = ""
    gid: str = ""
    mode: str = ""


class NetworkAttachment(NamedTuple):
    """A network that a service joins.

    ``implicit`` marks the project's default network, joined because the service names none.
    """

    network: str
    aliases: tuple[str, ...]
    location: Location
    implicit: bool = False


class Dependency(NamedTuple):
    """One ``depends_on`` entry; ``condition`` defaults to service_started."""

    service: str
    condition: str
    location: Location
    required: bool = True


class Link(NamedTuple):
    """One ``links`` or ``external_links`` entry."""

    service: str
    alias: str
    location: Location


@dataclass(frozen=True, slots=True, kw_only=True)
class Build:
    """How the image of a service is built.

    ``context`` is a folder, or ``remote`` is set (a git or http URL).  ``dockerfile`` is the resolved label of the Dockerfile
    (``api/Dockerfile``) as discovery would name it, empty for a remote context.  ``inline`` is the text of ``dockerfile_inline``;
    ``dockerfile`` is then ``<compose file>#<service>``, the label under which the inventory holds it.
    """

    location: Location
    context: HostPath | None = None
    remote: Text | None = None
    dockerfile: str = ""
    inline: Text | None = None
    args: tuple[Pair, ...] = ()
    target: Text | None = None
    secrets: tuple[Grant, ...] = ()
    ssh: tuple[Pair, ...] = ()
    privileged: Flag | None = None
    entitlements: tuple[Text, ...] = ()
    network: Text | None = None
    additional_contexts: tuple[Pair, ...] = ()
    extra_hosts: tuple[Pair, ...] = ()
    pull: Flag | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Healthcheck:
    """``test`` is None when the image's own check (if any) stays; ``disabled`` for ``disable: true`` or the test NONE."""

    location: Location
    test: Command | None = None
    disabled: Flag | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Logging:
    """``driver`` None means the engine's default."""

    location: Location
    driver: Text | None = None
    options: tuple[Pair, ...] = ()


class DeviceReservation(NamedTuple):
    """A device asked for by capability (a GPU)."""

    driver: str
    capabilities: tuple[str, ...]
    location: Location


@dataclass(frozen=True, slots=True, kw_only=True)
class Deploy:
    """The parts of ``deploy`` that matter; memory as written (``512M``)."""

    location: Location
    mode: Text | None = None
    replicas: Whole | None = None
    limit_cpus: Text | None = None
    limit_memory: Text | None = None
    limit_pids: Whole | None = None
    reserved_cpus: Text | None = None
    reserved_memory: Text | None = None
    devices: tuple[DeviceReservation, ...] = ()
    restart_condition: Text | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Hook:
    """A command that Compose runs in the container after start or before stop, possibly as another user."""

    location: Location
    phase: str
    command: Command | None = None
    user: Text | None = None
    privileged: Flag | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """One service.

    A field is None (or empty) where no file says it.  ``active`` is false where the service starts only when one of its
    ``profiles`` is asked for, and the project's .env file (COMPOSE_PROFILES) does not. ``networks`` holds the implicit default
    network where it applies; it is empty under ``network_mode``.  ``extended`` marks a service that takes fields from another
    by ``extends``.
    """

    name: str
    location: Location
    image: Text | None = None
    build: Build | None = None
    user: Text | None = None
    group_add: tuple[Text, ...] = ()
    privileged: Flag | None = None
    cap_add: tuple[Text, ...] = ()
    cap_drop: tuple[Text, ...] = ()
    security_opt: tuple[Text, ...] = ()
    devices: tuple[Device, ...] = ()
    device_cgroup_rules: tuple[Text, ...] = ()
    gpus: bool = False
    pid: Text | None = None
    ipc: Text | None = None
    uts: Text | None = None
    userns_mode: Text | None = None
    cgroup: Text | None = None
    cgroup_parent: Text | None = None
    isolation: Text | None = None
    runtime: Text | None = None
    network_mode: Text | None = None
    networks: tuple[NetworkAttachment, ...] = ()
    ports: tuple[Port, ...] = ()
    expose: tuple[ExposedPort, ...] = ()
    mounts: tuple[Mount, ...] = ()
    volumes_from: tuple[Text, ...] = ()
    read_only: Flag | None = None
    environment: tuple[EnvironmentVariable, ...] = ()
    command: Command | None = None
    entrypoint: Command | None = None
    secrets: tuple[Grant, ...] = ()
    configs: tuple[Grant, ...] = ()
    healthcheck: Healthcheck | None = None
    restart: Text | None = None
    mem_limit: Text | None = None
    memswap_limit: Text | None = None
    cpus: Text | None = None
    cpu_quota: Text | None = None
    cpuset: Text | None = None
    pids_limit: Whole | None = None
    oom_kill_disable: Flag | None = None
    ulimits: tuple[Pair, ...] = ()
    deploy: Deploy | None = None
    scale: Whole | None = None
    logging: Logging | None = None
    sysctls: tuple[Pair, ...] = ()
    extra_hosts: tuple[Pair, ...] = ()
    dns: tuple[Text, ...] = ()
    hostname: Text | None = None
    container_name: Text | None = None
    working_dir: Text | None = None
    depends_on: tuple[Dependency, ...] = ()
    links: tuple[Link, ...] = ()
    external_links: tuple[Link, ...] = ()
    labels: tuple[Pair, ...] = ()
    profiles: tuple[Text, ...] = ()
    init: Flag | None = None
    stdin_open: Flag | None = None
    tty: Flag | None = None
    platform: Text | None = None
    pull_policy: Text | None = None
    use_api_socket: Flag | None = None
    provider: Text | None = None
    hooks: tuple[Hook, ...] = ()
    extended: bool = False
    active: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ComposeProject:
    """One project.

    ``document`` is its first file, ``documents`` all that took part (overrides, includes, bases, env files), in order.
    ``name`` is the project's name by Compose's rules: ``name:``, else the folder's name in lower case; a second project of one
    name in one run has what its file's name adds.
    """

    document: str
    documents: tuple[str, ...]
    name: str
    location: Location
    services: tuple[Service, ...] = ()
    networks: tuple[Network, ...] = ()
    volumes: tuple[NamedVolume, ...] = ()
    secrets: tuple[DataFile, ...] = ()
    configs: tuple[DataFile, ...] = ()

    def service(self, name: str) -> Service | None:
        """The service of that name."""
        return next((service for service in self.services if service.name == name), None)
