"""The table of allowed connections of a set of Kubernetes objects."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from breachway.evidence import Location
from breachway.mapping.kubernetes.declared import Declared
from breachway.mapping.kubernetes.network.connections.entries import controller_unit, ways
from breachway.mapping.kubernetes.network.connections.plane import Plane
from breachway.mapping.kubernetes.network.connections.reasons import Reason, connections, reasons
from breachway.mapping.kubernetes.network.connections.rules import read_policies
from breachway.mapping.kubernetes.network.connections.units import namespaces_of, units_of
from breachway.mapping.kubernetes.network.plugins import plugin_of
from breachway.mapping.kubernetes.replicas import templates

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from breachway.mapping.kubernetes.network.connections.ports import PortSet
    from breachway.mapping.kubernetes.network.connections.reasons import Connection
    from breachway.mapping.kubernetes.network.connections.units import Unit
    from breachway.mapping.kubernetes.network.plugins import Plugin
    from breachway.sources.kubernetes.objects import KubernetesObject


class Entrance(NamedTuple):
    """What an ingress controller may connect to: a unit (by position), the object that sends it there, and what lets it in."""

    unit: int
    ports: PortSet
    sent_by: Reason
    into: tuple[Reason, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionTable:
    """``units`` are the workloads by position; ``rows`` speak of endpoints of ``plane``.

    ``plane`` knows one unit more than ``units``: the ingress controller, of which ``entrances`` speak.  ``plugin`` is the network
    plugin that was found, ``unread`` what of the policies could not be evaluated.
    """

    units: tuple[Unit, ...]
    plane: Plane
    rows: tuple[Connection, ...]
    entrances: tuple[Entrance, ...]
    plugin: Plugin | None
    unread: tuple[tuple[Location, str], ...]


def connection_table(objects: Iterable[KubernetesObject], *, host_pods_like_others: bool = False) -> ConnectionTable:
    """Evaluate every policy.

    With ``host_pods_like_others`` policies hold for pods on the network of their host as for others: the rarer of the two ways
    that the Kubernetes documentation leaves to a network plugin.
    """
    things = tuple(objects)
    units = units_of(things)
    if host_pods_like_others:
        units = tuple(replace(unit, host_network=False) for unit in units)
    controller = controller_unit(Location("", "", 0, 0))
    everyone = (*units, controller)
    policies = read_policies(things, everyone, namespaces_of(things, everyone))
    plane = Plane(everyone, policies)
    outsider = plane.class_of[len(units)]
    rows = tuple(item for item in connections(plane) if outsider not in {item.source, item.target})
    return ConnectionTable(
        units=units,
        plane=plane,
        rows=rows,
        entrances=tuple(_entrances(things, units, plane, outsider)),
        plugin=plugin_of((item.kind, item.workload) for item in templates(Declared(things))),
        unread=tuple(item for policy in policies.admin for item in policy.unread),
    )


def _entrances(things: tuple[KubernetesObject, ...], units: tuple[Unit, ...], plane: Plane, outsider: int) -> Iterator[Entrance]:
    from_outside: dict[int, PortSet] = {}
    for way in ways(things, units):
        target = plane.class_of[way.unit]
        if target not in from_outside:
            from_outside[target] = plane.ports_between(outsider, target)
        ports = way.ports.both(from_outside[target])
        first = next(((over, spans[0][0]) for over, spans in zip(("TCP", "UDP", "SCTP"), ports, strict=True) if spans), None)
        if first is not None:
            _, into = reasons(plane, outsider, target, *first)
            sent_by = Reason(way.subject, way.location, f"{way.subject} sends it there")
            yield Entrance(way.unit, ports, sent_by, into)
