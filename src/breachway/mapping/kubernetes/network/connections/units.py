"""What policies see of a workload: its namespace, its labels, the names of its ports, and whether it has the node's address."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from breachway.mapping.kubernetes.declared import Declared, labels_of, name_of, namespace_of, pairs
from breachway.mapping.kubernetes.replicas import templates
from breachway.sources.decoding import value_or
from breachway.sources.kubernetes.objects import Namespace, Workload

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from breachway.evidence import Location
    from breachway.mapping.kubernetes.index import Labels
    from breachway.mapping.kubernetes.network.connections.ports import NamedPort
    from breachway.sources.kubernetes.objects import KubernetesObject

_HASHES = frozenset({"pod-template-hash", "controller-revision-hash"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """One workload, or those pods of one whose labels differ from the others'.

    ``host_network`` pods have the address of their node: no policy covers them and no selector finds them, as with most network
    plugins (Kubernetes documentation, Network Policies, hostNetwork pods).  ``apart`` keeps a unit out of every class of others.
    """

    namespace: str
    kind: str
    name: str
    labels: Labels
    host_network: bool
    named_ports: tuple[NamedPort, ...]
    location: Location
    apart: bool = False

    @property
    def subject(self) -> str:
        """How a person names it."""
        return f"{self.kind} {self.namespace}/{self.name}"


def unit_of(namespace: str, kind: str, name: str, workload: Workload) -> Unit:
    """What policies see of a workload that has these names."""
    spec = workload.pod_template.spec
    named = {
        (port.name.value, value_or(port.protocol, "TCP"), port.container_port.value)
        for container in (*spec.init_containers, *spec.containers)
        for port in container.ports
        if port.name is not None and port.container_port is not None
    }
    return Unit(
        namespace=namespace,
        kind=kind,
        name=name,
        labels=pairs(labels_of(workload.pod_template.metadata)),
        host_network=value_or(spec.host_network, default=False),
        named_ports=tuple(sorted(named)),
        location=workload.location,
    )


def units_of(objects: Iterable[KubernetesObject]) -> tuple[Unit, ...]:
    """The units of a set of objects, by namespace, name and kind.

    Pods whose maker is not in the input are one unit for each set of labels that they have.
    """
    declared = Declared(objects)
    found: list[Unit] = []
    known: set[tuple[object, ...]] = set()
    for item in templates(declared):
        unit = unit_of(item.namespace, item.kind, item.name, item.workload)
        mark = (unit.namespace, unit.kind, unit.name, _seen(unit))
        if mark not in known or not item.workload.metadata.owner_references:
            known.add(mark)
            found.append(unit)
    grouped = {(unit.namespace, unit.kind, unit.name) for unit in found}
    present = {(namespace_of(item.metadata), item.kind, name_of(item.metadata)) for item in declared.of(Workload)}
    for workload in declared.of(Workload):
        if not workload.metadata.owner_references:
            continue
        for alone in templates(Declared((workload,))):
            key = (alone.namespace, alone.kind, alone.name)
            unit = unit_of(*key, workload)
            if key in grouped and key not in present and (*key, _seen(unit)) not in known:
                known.add((*key, _seen(unit)))
                found.append(unit)
    return tuple(sorted(found, key=lambda unit: (unit.namespace, unit.name, unit.kind, unit.labels)))


def namespaces_of(objects: Iterable[KubernetesObject], units: Iterable[Unit]) -> Mapping[str, Labels]:
    """The labels of every namespace that is declared or used."""
    found: dict[str, Labels] = {unit.namespace: () for unit in units}
    for item in objects:
        if isinstance(item, Namespace):
            found[name_of(item.metadata)] = pairs(labels_of(item.metadata))
    return found


def _seen(unit: Unit) -> tuple[object, ...]:
    """What a policy can tell apart; the hashes that a controller adds differ with every revision and are in no policy."""
    labels = tuple(pair for pair in unit.labels if pair[0] not in _HASHES)
    return labels, unit.host_network, unit.named_ports
