"""The containers of an ECS task definition."""

from dataclasses import dataclass

from breachway.sources.decoding import StringMap, Struct, Value


@dataclass(frozen=True, slots=True, kw_only=True)
class NameValue(Struct):
    """A name and a value: an environment variable, a setting."""

    name: Value[str] | None = None
    value: Value[str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretReference(Struct):
    """A variable whose value the agent fetches: ``value_from`` is the ARN of a secret, or a parameter's ARN or name."""

    name: Value[str] | None = None
    value_from: Value[str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvironmentFile(Struct):
    """A file of variables; ``value`` is the ARN of an S3 object."""

    value: Value[str] | None = None
    type: Value[str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PortMapping(Struct):
    """A port.  ``host_port`` 0 or absent is a random one in bridge mode, and the same one otherwise."""

    name: Value[str] | None = None
    container_port: Value[int] | None = None
    host_port: Value[int] | None = None
    container_port_range: Value[str] | None = None
    protocol: Value[str] | None = None
    app_protocol: Value[str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MountPoint(Struct):
    """Where a volume of the task appears."""

    source_volume: Value[str] | None = None
    container_path: Value[str] | None = None
    read_only: Value[bool] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VolumesFrom(Struct):
    """The mounts of another container."""

    source_container: Value[str] | None = None
    read_only: Value[bool] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KernelCapabilities(Struct):
    """Capabilities added to and dropped from Docker's default set."""

    add: tuple[Value[str], ...] = ()
    drop: tuple[Value[str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class HostDevice(Struct):
    """A device of the container instance."""

    host_path: Value[str] | None = None
    container_path: Value[str] | None = None
    permissions: tuple[Value[str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TmpfsMount(Struct):
    """A file system in memory; ``size`` in MiB."""

    container_path: Value[str] | None = None
    size: Value[int] | None = None
    mount_options: tuple[Value[str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LinuxParameters(Struct):
    """Linux-only settings; ``shared_memory_size`` in MiB."""

    capabilities: KernelCapabilities | None = None
    devices: tuple[HostDevice, ...] = ()
    init_process_enabled: Value[bool] | None = None
    shared_memory_size: Value[int] | None = None
    max_swap: Value[int] | None = None
    tmpfs: tuple[TmpfsMount, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthCheck(Struct):
    """A command that tells whether the container is well; times in seconds."""

    command: tuple[Value[str], ...] = ()
    interval: Value[int] | None = None
    timeout: Value[int] | None = None
    retries: Value[int] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LogConfiguration(Struct):
    """Where the output of the container goes."""

    log_driver: Value[str] | None = None
    options: StringMap | None = None
    secret_options: tuple[SecretReference, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RepositoryCredentials(Struct):
    """The secret with which a private registry is entered."""

    credentials_parameter: Value[str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ulimit(Struct):
    """A resource limit of the process."""

    name: Value[str] | None = None
    soft_limit: Value[int] | None = None
    hard_limit: Value[int] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HostEntry(Struct):
    """An entry of /etc/hosts."""

    hostname: Value[str] | None = None
    ip_address: Value[str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerDependency(Struct):
    """A container that must reach a condition first."""

    container_name: Value[str] | None = None
    condition: Value[str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerDefinition(Struct):
    """One container of a task.  ``memory`` (a hard limit) and ``memory_reservation`` in MiB, ``cpu`` in units of 1/1024."""

    name: Value[str] | None = None
    image: Value[str] | None = None
    essential: Value[bool] | None = None
    privileged: Value[bool] | None = None
    user: Value[str] | None = None
    readonly_root_filesystem: Value[bool] | None = None
    linux_parameters: LinuxParameters | None = None
    docker_security_options: tuple[Value[str], ...] = ()
    environment: tuple[NameValue, ...] = ()
    environment_files: tuple[EnvironmentFile, ...] = ()
    secrets: tuple[SecretReference, ...] = ()
    command: tuple[Value[str], ...] = ()
    entry_point: tuple[Value[str], ...] = ()
    working_directory: Value[str] | None = None
    port_mappings: tuple[PortMapping, ...] = ()
    mount_points: tuple[MountPoint, ...] = ()
    volumes_from: tuple[VolumesFrom, ...] = ()
    links: tuple[Value[str], ...] = ()
    depends_on: tuple[ContainerDependency, ...] = ()
    health_check: HealthCheck | None = None
    log_configuration: LogConfiguration | None = None
    memory: Value[int] | None = None
    memory_reservation: Value[int] | None = None
    cpu: Value[int] | None = None
    repository_credentials: RepositoryCredentials | None = None
    docker_labels: StringMap | None = None
    extra_hosts: tuple[HostEntry, ...] = ()
    system_controls: tuple[NameValue, ...] = ()
    ulimits: tuple[Ulimit, ...] = ()
    hostname: Value[str] | None = None
    disable_networking: Value[bool] | None = None
    interactive: Value[bool] | None = None
    pseudo_terminal: Value[bool] | None = None
    version_consistency: Value[str] | None = None
