"""Which tenant a namespace or a workload belongs to, as ``breachway.yaml`` divides them.

A tenant is named by namespaces (of Compose: projects, of ECS: task families) or by a label.  Labels are those of namespaces and
of pod templates, and those of Compose services.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, NamedTuple

from breachway.evidence import Unread

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from breachway.mapping.building import ModelBuilder
    from breachway.mapping.kubernetes.index import KubernetesIndex, Labels
    from breachway.sources.compose.objects import ComposeProject
    from breachway.sources.configuration.objects import Tenant

FACT = "tenant"


class Divided(NamedTuple):
    """Something that may belong to a tenant; ``space`` is empty where a tenant cannot name it by one."""

    asset_id: str
    space: str
    labels: Labels


def map_tenants(
    builder: ModelBuilder, index: KubernetesIndex | None, projects: Iterable[ComposeProject], tenants: Iterable[Tenant]
) -> None:
    """Write the tenant's name among the facts of what belongs to it; a tenant that has nothing is said."""
    if not tenants:
        return
    things = (*_of_kubernetes(index), *_of_compose(builder, projects), *_of_ecs(builder))
    for tenant in tenants:
        found = False
        for thing in things:
            by_name = bool(thing.space) and any(fnmatchcase(thing.space, pattern) for pattern in tenant.namespaces)
            title = (tenant.name or thing.space) if by_name else _by_label(tenant, thing.labels)
            if title:
                builder.add_fact(thing.asset_id, FACT, title)
                found = True
        if not found:
            what = tenant.name or tenant.label
            builder.unread(Unread(tenant.location, "field", f"tenant {what} has no namespace and no workload in the input"))


def _of_kubernetes(index: KubernetesIndex | None) -> Iterator[Divided]:
    if index is not None:
        for name, namespace in sorted(index.namespaces.items()):
            yield Divided(namespace.asset_id, name, namespace.labels)
        for workload in index.workloads:
            yield Divided(workload.asset_id, "", workload.labels)


def _of_compose(builder: ModelBuilder, projects: Iterable[ComposeProject]) -> Iterator[Divided]:
    for project in projects:
        for service in project.services:
            asset = f"compose:ComposeService:{project.name}/{service.name}"
            if builder.has(asset):
                labels = tuple(sorted((pair.key, pair.value.value) for pair in service.labels if pair.value is not None))
                yield Divided(asset, project.name, labels)


def _of_ecs(builder: ModelBuilder) -> Iterator[Divided]:
    for asset in builder.ids_of_kind("EcsTask"):
        yield Divided(asset, asset.rpartition(":")[2], ())


def _by_label(tenant: Tenant, labels: Labels) -> str:
    """The tenant's name for an object with these labels, or ""; a label without a value names a tenant by each value."""
    if not tenant.label:
        return ""
    key, equals, value = tenant.label.partition("=")
    for name, found in labels:
        if name == key and (not equals or found == value):
            return tenant.name or found
    return ""
