"""Every Amazon ECS object that Breachway reads: task definitions, services and clusters; and the IAM documents beside them."""

from dataclasses import dataclass
from typing import TypeAlias

from breachway.sources.decoding import StringMap, Struct, Value
from breachway.sources.ecs.containers import ContainerDefinition, NameValue
from breachway.sources.ecs.iam import IamCondition, IamPolicy, IamPrincipal, IamRole, IamStatement


@dataclass(frozen=True, slots=True, kw_only=True)
class HostVolume(Struct):
    """A folder of the container instance; without ``source_path`` Docker makes one."""

    source_path: Value[str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EfsAuthorization(Struct):
    """How a task may enter the file system: ``iam`` is ENABLED or DISABLED (the default)."""

    access_point_id: Value[str] | None = None
    iam: Value[str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EfsVolume(Struct):
    """A network file system; ``transit_encryption`` is ENABLED or DISABLED (the default)."""

    file_system_id: Value[str] | None = None
    root_directory: Value[str] | None = None
    transit_encryption: Value[str] | None = None
    authorization_config: EfsAuthorization | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DockerVolume(Struct):
    """A volume of the Docker daemon on the container instance."""

    scope: Value[str] | None = None
    driver: Value[str] | None = None
    autoprovision: Value[bool] | None = None
    driver_opts: StringMap | None = None
    labels: StringMap | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FsxVolume(Struct):
    """A Windows file server."""

    file_system_id: Value[str] | None = None
    root_directory: Value[str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskVolume(Struct):
    """A volume that the containers of a task may mount."""

    name: Value[str] | None = None
    host: HostVolume | None = None
    efs_volume_configuration: EfsVolume | None = None
    docker_volume_configuration: DockerVolume | None = None
    fsx_windows_file_server_volume_configuration: FsxVolume | None = None
    configured_at_launch: Value[bool] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RuntimePlatform(Struct):
    """What the task runs on; the default family is LINUX."""

    operating_system_family: Value[str] | None = None
    cpu_architecture: Value[str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskDefinition(Struct):
    """What runs together in one task.  ``cpu`` and ``memory`` are text: units, or words such as ``1 vCPU``.

    ``task_role_arn`` and ``execution_role_arn`` are an ARN or the bare name of the role.
    """

    family: Value[str] | None = None
    task_definition_arn: Value[str] | None = None
    revision: Value[int] | None = None
    status: Value[str] | None = None
    task_role_arn: Value[str] | None = None
    execution_role_arn: Value[str] | None = None
    network_mode: Value[str] | None = None
    pid_mode: Value[str] | None = None
    ipc_mode: Value[str] | None = None
    requires_compatibilities: tuple[Value[str], ...] = ()
    cpu: Value[str] | None = None
    memory: Value[str] | None = None
    container_definitions: tuple[ContainerDefinition, ...] = ()
    volumes: tuple[TaskVolume, ...] = ()
    runtime_platform: RuntimePlatform | None = None
    enable_fault_injection: Value[bool] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AwsVpcConfiguration(Struct):
    """Where the network interface of a task lies; ``assign_public_ip`` is ENABLED or DISABLED (the default)."""

    subnets: tuple[Value[str], ...] = ()
    security_groups: tuple[Value[str], ...] = ()
    assign_public_ip: Value[str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkConfiguration(Struct):
    """The network of a service whose tasks use awsvpc."""

    awsvpc_configuration: AwsVpcConfiguration | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CapacityProvider(Struct):
    """Where tasks are placed: FARGATE, FARGATE_SPOT or a group of instances."""

    capacity_provider: Value[str] | None = None
    weight: Value[int] | None = None
    base: Value[int] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadBalancer(Struct):
    """A load balancer in front of one port of one container."""

    target_group_arn: Value[str] | None = None
    load_balancer_name: Value[str] | None = None
    container_name: Value[str] | None = None
    container_port: Value[int] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EcsService(Struct):
    """A number of tasks kept running.  ``task_definition`` is a family, ``family:revision`` or an ARN."""

    service_name: Value[str] | None = None
    service_arn: Value[str] | None = None
    cluster: Value[str] | None = None
    cluster_arn: Value[str] | None = None
    task_definition: Value[str] | None = None
    desired_count: Value[int] | None = None
    launch_type: Value[str] | None = None
    capacity_provider_strategy: tuple[CapacityProvider, ...] = ()
    platform_version: Value[str] | None = None
    scheduling_strategy: Value[str] | None = None
    network_configuration: NetworkConfiguration | None = None
    load_balancers: tuple[LoadBalancer, ...] = ()
    enable_execute_command: Value[bool] | None = None
    role_arn: Value[str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecuteCommandConfiguration(Struct):
    """How ``execute-command`` sessions are logged: ``logging`` is NONE, DEFAULT or OVERRIDE."""

    kms_key_id: Value[str] | None = None
    logging: Value[str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterConfiguration(Struct):
    """Settings of a cluster."""

    execute_command_configuration: ExecuteCommandConfiguration | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EcsCluster(Struct):
    """A cluster; ``settings`` holds ``containerInsights``."""

    cluster_name: Value[str] | None = None
    cluster_arn: Value[str] | None = None
    settings: tuple[NameValue, ...] = ()
    configuration: ClusterConfiguration | None = None
    capacity_providers: tuple[Value[str], ...] = ()
    default_capacity_provider_strategy: tuple[CapacityProvider, ...] = ()


EcsDocument: TypeAlias = TaskDefinition | EcsService | EcsCluster | IamPolicy | IamRole

__all__ = [
    "AwsVpcConfiguration",
    "CapacityProvider",
    "ClusterConfiguration",
    "ContainerDefinition",
    "DockerVolume",
    "EcsCluster",
    "EcsDocument",
    "EcsService",
    "EfsAuthorization",
    "EfsVolume",
    "ExecuteCommandConfiguration",
    "FsxVolume",
    "HostVolume",
    "IamCondition",
    "IamPolicy",
    "IamPrincipal",
    "IamRole",
    "IamStatement",
    "LoadBalancer",
    "NameValue",
    "NetworkConfiguration",
    "RuntimePlatform",
    "TaskDefinition",
    "TaskVolume",
]
