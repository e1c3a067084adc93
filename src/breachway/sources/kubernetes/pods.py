"""Pods and everything that carries the template of one."""

from dataclasses import dataclass
from typing import Annotated

from breachway.evidence import Location
from breachway.sources.decoding import Key, StringMap, Struct, Value
from breachway.sources.kubernetes.containers import ConfinementProfile, Container, SeLinuxOptions, WindowsOptions
from breachway.sources.kubernetes.metadata import LabelSelector, LocalReference, Metadata, Resource, ResourceAmounts
from breachway.sources.kubernetes.volumes import ClaimTemplate, Volume


@dataclass(frozen=True, slots=True, kw_only=True)
class Sysctl(Struct):
    """A kernel parameter of the pod's namespaces."""

    name: Value[str] | None = None
    value: Value[str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PodSecurityContext(Struct):
    """Confinement for all containers of the pod, unless one says otherwise."""

    run_as_user: Value[int] | None = None
    run_as_group: Value[int] | None = None
    run_as_non_root: Value[bool] | None = None
    fs_group: Value[int] | None = None
    fs_group_change_policy: Value[str] | None = None
    supplemental_groups: tuple[Value[int], ...] = ()
    supplemental_groups_policy: Value[str] | None = None
    sysctls: tuple[Sysctl, ...] = ()
    se_linux_options: SeLinuxOptions | None = None
    seccomp_profile: ConfinementProfile | None = None
    app_armor_profile: ConfinementProfile | None = None
    windows_options: WindowsOptions | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Toleration(Struct):
    """A taint that the pod puts up with; no key and operator Exists is every taint."""

    key: Value[str] | None = None
    operator: Value[str] | None = None
    value: Value[str] | None = None
    effect: Value[str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HostAlias(Struct):
    """An entry of /etc/hosts."""

    ip: Value[str] | None = None
    hostnames: tuple[Value[str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PodOs(Struct):
    """The operating system of the pod: linux or windows."""

    name: Value[str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeSelectorRequirement(Struct):
    """One condition on a node's label or field."""

    key: Value[str] | None = None
    operator: Value[str] | None = None
    values: tuple[Value[str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeSelectorTerm(Struct):
    """Conditions that must hold together."""

    match_expressions: tuple[NodeSelectorRequirement, ...] = ()
    match_fields: tuple[NodeSelectorRequirement, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RequiredNodes(Struct):
    """Terms of which one must hold."""

    node_selector_terms: tuple[NodeSelectorTerm, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeAffinity(Struct):
    """Which nodes a pod requires; those that it prefers bind nobody."""

    required_during_scheduling_ignored_during_execution: RequiredNodes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Affinity(Struct):
    """Where a pod may run, as far as nodes decide it; rules about other pods place it beside them or apart."""

    node_affinity: NodeAffinity | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PodSpec(Struct):
    """What runs together in one pod."""

    containers: tuple[Container, ...] = ()
    init_containers: tuple[Container, ...] = ()
    ephemeral_containers: tuple[Container, ...] = ()
    volumes: tuple[Volume, ...] = ()
    security_context: PodSecurityContext | None = None
    host_pid: Annotated[Value[bool] | None, Key("hostPID")] = None
    host_ipc: Annotated[Value[bool] | None, Key("hostIPC")] = None
    host_network: Value[bool] | None = None
    host_users: Value[bool] | None = None
    share_process_namespace: Value[bool] | None = None
    service_account_name: Value[str] | None = None
    service_account: Value[str] | None = None
    automount_service_account_token: Value[bool] | None = None
    enable_service_links: Value[bool] | None = None
    node_name: Value[str] | None = None
    node_selector: StringMap | None = None
    affinity: Affinity | None = None
    tolerations: tuple[Toleration, ...] = ()
    topology_spread_constraints: Location | None = None
    runtime_class_name: Value[str] | None = None
    priority_class_name: Value[str] | None = None
    host_aliases: tuple[HostAlias, ...] = ()
    hostname: Value[str] | None = None
    subdomain: Value[str] | None = None
    dns_policy: Value[str] | None = None
    image_pull_secrets: tuple[LocalReference, ...] = ()
    os: PodOs | None = None
    resources: ResourceAmounts | None = None
    restart_policy: Value[str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PodTemplate(Struct):
    """The metadata and the spec from which pods are made."""

    metadata: Metadata
    spec: PodSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class PodIp(Struct):
    """One address of a pod or of its host."""

    ip: Value[str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerStatus(Struct):
    """What a live cluster says of a container."""

    name: Value[str] | None = None
    image: Value[str] | None = None
    image_id: Annotated[Value[str] | None, Key("imageID")] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PodStatus(Struct):
    """What a live cluster says of a pod."""

    phase: Value[str] | None = None
    pod_ip: Annotated[Value[str] | None, Key("podIP")] = None
    pod_ips: Annotated[tuple[PodIp, ...], Key("podIPs")] = ()
    host_ip: Annotated[Value[str] | None, Key("hostIP")] = None
    container_statuses: tuple[ContainerStatus, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateStrategy(Struct):
    """How replicas are replaced."""

    type: Value[str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload(Resource):
    """Any object that carries a pod template, and a bare Pod.

    ``replicas`` is spec.replicas, or spec.parallelism of a Job and of the jobs of a CronJob; None where the object does not say
    (a DaemonSet runs one pod a node).  ``selector`` is None where the platform makes it.  ``pod_template`` of a Pod has the
    Pod's own metadata.
    """

    pod_template: PodTemplate
    replicas: Value[int] | None = None
    selector: LabelSelector | None = None
    strategy: UpdateStrategy | None = None
    volume_claim_templates: tuple[ClaimTemplate, ...] = ()
    service_name: Value[str] | None = None
    schedule: Value[str] | None = None
    suspend: Value[bool] | None = None
    status: PodStatus | None = None
