"""Where tasks run: which services start a task definition, in which cluster, on Fargate or on instances."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from breachway.sources.decoding import value_or
from breachway.sources.ecs.objects import EcsCluster, EcsService, TaskDefinition

if TYPE_CHECKING:
    from breachway.evidence import Location
    from breachway.sources.ecs.objects import EcsDocument

DEFAULT_CLUSTER = "default"
_FARGATE = "FARGATE"
_NO_FAMILY = "task"


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """One task definition with the services that start it.

    ``clusters`` names where it runs, with the place that says so; ``fargate`` whether on Fargate.
    """

    family: str
    task: TaskDefinition
    services: tuple[EcsService, ...]
    clusters: tuple[tuple[str, Location], ...]
    fargate: bool
    network_mode: str

    @property
    def replicas(self) -> int:
        """How many tasks are wanted, at least one."""
        return max(1, min(sum(value_or(service.desired_count, 1) for service in self.services), 1_000_000))


def short_name(text: str) -> str:
    """The last part of an ARN, or the name as it is."""
    return text.rpartition("/")[2] if text.startswith("arn:") else text


def family_of(text: str) -> str:
    """The family of a reference to a task definition: ``family``, ``family:revision`` or an ARN."""
    return short_name(text).partition(":")[0]


def clusters_named(documents: tuple[EcsDocument, ...]) -> dict[str, EcsCluster]:
    """The declared clusters by name."""
    found: dict[str, EcsCluster] = {}
    for document in documents:
        if isinstance(document, EcsCluster):
            name = value_or(document.cluster_name, "") or short_name(value_or(document.cluster_arn, "")) or DEFAULT_CLUSTER
            found.setdefault(name, document)
    return found


def cluster_of(service: EcsService) -> tuple[str, Location]:
    """The cluster of a service; the API's default is the cluster named default."""
    named = service.cluster or service.cluster_arn
    return (short_name(named.value), named.location) if named is not None else (DEFAULT_CLUSTER, service.location)


def placements(documents: tuple[EcsDocument, ...]) -> tuple[Placement, ...]:
    """Join task definitions and services.

    Of several revisions of one family the last given stands, a numbered one by its number.
    """
    services: dict[str, list[EcsService]] = {}
    tasks: dict[str, TaskDefinition] = {}
    for document in documents:
        if isinstance(document, EcsService) and document.task_definition is not None:
            services.setdefault(family_of(document.task_definition.value), []).append(document)
        elif isinstance(document, TaskDefinition):
            family = _family(document)
            known = tasks.get(family)
            if known is None or value_or(document.revision, 0) >= value_or(known.revision, 0):
                tasks[family] = document
    only_cluster = tuple(clusters_named(documents))
    return tuple(_placement(family, tasks[family], tuple(services.get(family, ())), only_cluster) for family in sorted(tasks))


def _family(task: TaskDefinition) -> str:
    if task.family is not None and task.family.value:
        return task.family.value
    if task.task_definition_arn is not None:
        return family_of(task.task_definition_arn.value)
    names = [item.name.value for item in task.container_definitions if item.name is not None]
    return names[0] if names else task.location.document.rpartition("/")[2].partition(".")[0] or _NO_FAMILY


def _placement(family: str, task: TaskDefinition, services: tuple[EcsService, ...], declared: tuple[str, ...]) -> Placement:
    clusters = dict(cluster_of(service) for service in services)
    if not clusters:
        clusters = {declared[0] if len(declared) == 1 else DEFAULT_CLUSTER: task.location}
    fargate = _on_fargate(task, services)
    mode = value_or(task.network_mode, "").lower() or ("awsvpc" if fargate else "bridge")
    return Placement(
        family=family,
        task=task,
        services=services,
        clusters=tuple(sorted(clusters.items())),
        fargate=fargate,
        network_mode=mode,
    )


def _on_fargate(task: TaskDefinition, services: tuple[EcsService, ...]) -> bool:
    launch = {service.launch_type.value.upper() for service in services if service.launch_type is not None}
    providers = {
        item.capacity_provider.value.upper()
        for service in services
        for item in service.capacity_provider_strategy
        if item.capacity_provider is not None
    }
    if launch or providers:
        return launch <= {_FARGATE} and all(name.startswith(_FARGATE) for name in providers)
    return any(item.value.upper() == _FARGATE for item in task.requires_compatibilities)
