"""Which tenant a namespace or a workload belongs to, as ``breachway.yaml`` divides them."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from breachway.evidence import Unread

if TYPE_CHECKING:
    from collections.abc import Iterable

    from breachway.mapping.building import ModelBuilder
    from breachway.mapping.kubernetes.index import KubernetesIndex, Labels
    from breachway.sources.configuration.objects import Tenant

FACT = "tenant"


def map_tenants(builder: ModelBuilder, index: KubernetesIndex, tenants: Iterable[Tenant]) -> None:
    """Write the tenant's name among the facts of its namespaces and workloads; a tenant without either is said."""
    for tenant in tenants:
        found = False
        for name, namespace in sorted(index.namespaces.items()):
            named = any(fnmatchcase(name, pattern) for pattern in tenant.namespaces)
            title = tenant.name or name if named else _by_label(tenant, namespace.labels)
            if title:
                builder.add_fact(namespace.asset_id, FACT, title)
                found = True
        for workload in index.workloads:
            title = _by_label(tenant, workload.labels)
            if title:
                builder.add_fact(workload.asset_id, FACT, title)
                found = True
        if not found:
            what = tenant.name or tenant.label
            builder.unread(Unread(tenant.location, "field", f"tenant {what} has no namespace and no workload in the input"))


def _by_label(tenant: Tenant, labels: Labels) -> str:
    """The tenant's name for an object with these labels, or ""; a label without a value names a tenant by each value."""
    if not tenant.label:
        return ""
    key, equals, value = tenant.label.partition("=")
    for name, found in labels:
        if name == key and (not equals or found == value):
            return tenant.name or found
    return ""
