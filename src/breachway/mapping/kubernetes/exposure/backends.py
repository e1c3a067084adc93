"""Services and the workloads behind them."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from breachway.mapping.containers.grounds import observed
from breachway.mapping.kubernetes.declared import labels_of, name_of, namespace_of
from breachway.sources.decoding import value_or
from breachway.sources.kubernetes.objects import Service

if TYPE_CHECKING:
    from collections.abc import Mapping

    from breachway.evidence import Evidence
    from breachway.mapping.kubernetes.declared import Declared
    from breachway.mapping.kubernetes.index import ListenerEntry, WorkloadEntry
    from breachway.mapping.kubernetes.replicas import Template
    from breachway.sources.kubernetes.networking import ServicePort

_WorkloadKey = tuple[str, str, str]


class Services:
    """The Services of the input, joined with workloads by label."""

    def __init__(self, declared: Declared, found: tuple[Template, ...]) -> None:
        self._declared = declared
        self._by_label: dict[tuple[str, str, str], list[Template]] = defaultdict(list)
        self._labels: dict[_WorkloadKey, Mapping[str, str]] = {}
        for template in found:
            labels = labels_of(template.workload.pod_template.metadata)
            self._labels[_key(template)] = labels
            for name, value in labels.items():
                self._by_label[template.namespace, name, value].append(template)
        self._entries: dict[_WorkloadKey, list[WorkloadEntry]] = defaultdict(list)

    def find(self, namespace: str, name: str) -> Service | None:
        """The Service by its names."""
        return self._declared.find(Service, namespace, name)

    def selected(self, service: Service) -> tuple[Template, ...]:
        """The workloads whose pods the Service selects; none for a Service without a selector."""
        selector = service.spec.selector
        if selector is None or not selector.entries:
            return ()
        namespace = namespace_of(service.metadata)
        candidates = min(
            (self._by_label.get((namespace, name, value.value), []) for name, value in selector.entries), key=len, default=[]
        )
        wanted = selector.as_dict().items()
        return tuple(template for template in candidates if wanted <= self._labels[_key(template)].items())

    def target_ports(self) -> Mapping[_WorkloadKey, Mapping[int, tuple[Evidence, ...]]]:
        """The port numbers that Services send to, for each workload: what listens there need not be declared by the container."""
        found: dict[_WorkloadKey, dict[int, tuple[Evidence, ...]]] = defaultdict(dict)
        for service in self._declared.of(Service):
            numbers = [(number, port) for port in service.spec.ports for number in (target_of(port),) if isinstance(number, int)]
            for template in self.selected(service):
                for number, port in numbers:
                    note = observed(port.location, f"Service {name_of(service.metadata)} sends to port {number}")
                    found[_key(template)].setdefault(number, note)
        return found

    def keep(self, entry: WorkloadEntry) -> None:
        """Remember what was mapped for a workload."""
        self._entries[entry.namespace, entry.kind, entry.name].append(entry)

    def workloads(self, service: Service) -> tuple[WorkloadEntry, ...]:
        """The mapped workloads behind a Service."""
        keys = dict.fromkeys(_key(template) for template in self.selected(service))
        return tuple(entry for key in keys for entry in self._entries.get(key, ()))

    def listeners(self, service: Service, wanted: int | str | None = None) -> tuple[tuple[WorkloadEntry, ListenerEntry], ...]:
        """What a Service leads to; ``wanted`` is one of its ports by number or name, None for all."""
        ports = [
            port for port in service.spec.ports if wanted is None or wanted in {value_or(port.port, 0), value_or(port.name, "")}
        ]
        if not ports and wanted is not None and len(service.spec.ports) == 1:
            ports = list(service.spec.ports)
        found: dict[str, tuple[WorkloadEntry, ListenerEntry]] = {}
        for entry in self.workloads(service):
            for listener in entry.listeners:
                if any(target_of(port) in {listener.port, listener.name or None} for port in ports):
                    found[listener.asset_id] = (entry, listener)
        return tuple(found.values())


def target_of(port: ServicePort) -> int | str:
    """The port of the pods that a Service port sends to: its own number where none is given."""
    return value_or(port.target_port, value_or(port.port, 0))


def _key(template: Template) -> _WorkloadKey:
    return template.namespace, template.kind, template.name
