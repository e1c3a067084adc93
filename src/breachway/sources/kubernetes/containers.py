"""Containers of a pod: what they run, what they are given and how they are confined."""

from dataclasses import dataclass
from typing import Annotated

from breachway.sources.decoding import Key, Struct, Value
from breachway.sources.kubernetes.metadata import FieldReference, KeyReference, LocalReference, ResourceAmounts


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvVarSource(Struct):
    """Where the value of a variable comes from."""

    secret_key_ref: KeyReference | None = None
    config_map_key_ref: KeyReference | None = None
    field_ref: FieldReference | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvVar(Struct):
    """One environment variable, with its value or its source."""

    name: Value[str] | None = None
    value: Value[str] | None = None
    value_from: EnvVarSource | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvFromSource(Struct):
    """All keys of a Secret or a ConfigMap as variables."""

    prefix: Value[str] | None = None
    secret_ref: LocalReference | None = None
    config_map_ref: LocalReference | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerPort(Struct):
    """A port that the container says it listens on; ``host_port`` opens it on the node."""

    name: Value[str] | None = None
    container_port: Value[int] | None = None
    host_port: Value[int] | None = None
    host_ip: Annotated[Value[str] | None, Key("hostIP")] = None
    protocol: Value[str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VolumeMount(Struct):
    """Where a volume of the pod appears in the container."""

    name: Value[str] | None = None
    mount_path: Value[str] | None = None
    read_only: Value[bool] | None = None
    recursive_read_only: Value[str] | None = None
    sub_path: Value[str] | None = None
    sub_path_expr: Value[str] | None = None
    mount_propagation: Value[str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VolumeDevice(Struct):
    """A raw block device from a claim."""

    name: Value[str] | None = None
    device_path: Value[str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities(Struct):
    """Linux capabilities added to and dropped from the runtime's default set."""

    add: tuple[Value[str], ...] = ()
    drop: tuple[Value[str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SeLinuxOptions(Struct):
    """The SELinux label of the process."""

    user: Value[str] | None = None
    role: Value[str] | None = None
    type: Value[str] | None = None
    level: Value[str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfinementProfile(Struct):
    """A seccomp or AppArmor profile: ``type`` is RuntimeDefault, Localhost or Unconfined."""

    type: Value[str] | None = None
    localhost_profile: Value[str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowsOptions(Struct):
    """How a Windows container runs; ``host_process`` puts it on the host."""

    host_process: Value[bool] | None = None
    run_as_user_name: Value[str] | None = None
    gmsa_credential_spec_name: Value[str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SecurityContext(Struct):
    """The container's own confinement; what it sets wins over the pod's."""

    privileged: Value[bool] | None = None
    allow_privilege_escalation: Value[bool] | None = None
    read_only_root_filesystem: Value[bool] | None = None
    run_as_user: Value[int] | None = None
    run_as_group: Value[int] | None = None
    run_as_non_root: Value[bool] | None = None
    capabilities: Capabilities | None = None
    proc_mount: Value[str] | None = None
    se_linux_options: SeLinuxOptions | None = None
    seccomp_profile: ConfinementProfile | None = None
    app_armor_profile: ConfinementProfile | None = None
    windows_options: WindowsOptions | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpHeader(Struct):
    """A header that a probe sends."""

    name: Value[str] | None = None
    value: Value[str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpGetAction(Struct):
    """An HTTP request by the kubelet; ``host`` other than the pod makes the kubelet a proxy."""

    host: Value[str] | None = None
    path: Value[str] | None = None
    port: Value[int | str] | None = None
    scheme: Value[str] | None = None
    http_headers: tuple[HttpHeader, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TcpSocketAction(Struct):
    """A TCP connection by the kubelet."""

    host: Value[str] | None = None
    port: Value[int | str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GrpcAction(Struct):
    """A gRPC health check by the kubelet."""

    port: Value[int] | None = None
    service: Value[str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecAction(Struct):
    """A command run inside the container."""

    command: tuple[Value[str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe(Struct):
    """A health probe, or a lifecycle hook: one of its actions is set."""

    exec: ExecAction | None = None
    http_get: HttpGetAction | None = None
    tcp_socket: TcpSocketAction | None = None
    grpc: GrpcAction | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Lifecycle(Struct):
    """Hooks after the start and before the end of a container."""

    post_start: Probe | None = None
    pre_stop: Probe | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Container(Struct):
    """A container, an init container or an ephemeral one (``restart_policy`` Always on an init container makes it a sidecar)."""

    name: Value[str] | None = None
    image: Value[str] | None = None
    image_pull_policy: Value[str] | None = None
    command: tuple[Value[str], ...] = ()
    args: tuple[Value[str], ...] = ()
    working_dir: Value[str] | None = None
    env: tuple[EnvVar, ...] = ()
    env_from: tuple[EnvFromSource, ...] = ()
    ports: tuple[ContainerPort, ...] = ()
    volume_mounts: tuple[VolumeMount, ...] = ()
    volume_devices: tuple[VolumeDevice, ...] = ()
    resources: ResourceAmounts | None = None
    security_context: SecurityContext | None = None
    liveness_probe: Probe | None = None
    readiness_probe: Probe | None = None
    startup_probe: Probe | None = None
    lifecycle: Lifecycle | None = None
    restart_policy: Value[str] | None = None
    stdin: Value[bool] | None = None
    tty: Value[bool] | None = None
    target_container_name: Value[str] | None = None
