"""The allowed connections as people ask for them: by name, from one end to the other."""

from __future__ import annotations

import ipaddress
from collections import defaultdict
from dataclasses import dataclass
from difflib import get_close_matches
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

from breachway.errors import UsageError
from breachway.evidence import Location
from breachway.mapping.kubernetes.network.connections.addresses import cidr_range, united
from breachway.mapping.kubernetes.network.connections.plane import numbers

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from breachway.mapping.kubernetes.network.connections.ports import PortSet
    from breachway.mapping.kubernetes.network.connections.reasons import Reason
    from breachway.mapping.kubernetes.network.connections.table import ConnectionTable
    from breachway.mapping.kubernetes.network.connections.units import Unit

OUTSIDE = "outside"
INGRESS = "ingress"
_NOWHERE = Location("", "", 0, 0)


class EndKind(Enum):
    """What stands at one end of a connection."""

    WORKLOADS = "workloads"
    ADDRESSES = "addresses"
    INGRESS_CONTROLLER = "ingress controller"


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """One end of a connection: ``names`` are workloads ("Deployment shop/web") or ranges of addresses, sorted.

    ``title`` is a shorter way to say all of them, where there is one.
    """

    kind: EndKind
    names: tuple[str, ...]
    title: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionRow:
    """What each of ``source`` may reach of each of ``target``; ``out`` and ``into`` say why, for all the ports alike."""

    source: End
    target: End
    ports: PortSet
    out: tuple[Reason, ...]
    into: tuple[Reason, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Which ends are asked for: positions of units, endpoints of addresses, and the ingress controller."""

    units: frozenset[int]
    addresses: frozenset[int]
    controller: bool


def choose(table: ConnectionTable, text: str) -> Choice:
    """What a person means by ``text``: a workload, "namespace/", an address or CIDR, "outside" or "ingress"; "" is everything.

    Raises UsageError with near names when there is no such thing in the table.
    """
    plane = table.plane
    outside = range(plane.inside_count, plane.count)
    everyone = frozenset(range(len(table.units)))
    if not text:
        return Choice(units=everyone, addresses=frozenset(outside), controller=True)
    if text == OUTSIDE:
        return Choice(units=frozenset(), addresses=frozenset(outside), controller=False)
    if text == INGRESS:
        return Choice(units=frozenset(), addresses=frozenset(), controller=True)
    found = frozenset(position for position, unit in enumerate(table.units) if text in _spellings(unit))
    if found:
        return Choice(units=found, addresses=frozenset(), controller=False)
    wanted = cidr_range(text)
    if wanted is not None:
        held = frozenset(
            number
            for number in outside
            for addresses in (plane.outside_class(number),)
            if addresses is not None
            and any(
                item.version == wanted.version and item.first <= wanted.last and wanted.first <= item.last
                for item in addresses.ranges
            )
        )
        return Choice(units=frozenset(), addresses=held, controller=False)
    raise UsageError(f"there is no workload {text}", hint=_hint(table, text))


def _spellings(unit: Unit) -> frozenset[str]:
    return frozenset(
        {
            unit.name,
            f"{unit.namespace}/{unit.name}",
            f"{unit.namespace}/",
            unit.subject,
            f"{unit.namespace}/{unit.kind}/{unit.name}",
        }
    )


def _hint(table: ConnectionTable, text: str) -> str:
    if "/" in text and _is_address(text.split("/", maxsplit=1)[0]):
        return "an address or a CIDR is meant to be like 8.8.8.8 or 10.0.0.0/8"
    names = sorted({f"{unit.namespace}/{unit.name}" for unit in table.units})
    by_last = {name.rpartition("/")[2]: name for name in reversed(names)}
    near = get_close_matches(text, names, n=3) or [by_last[name] for name in get_close_matches(text, sorted(by_last), n=3)]
    if near:
        return f"did you mean {' or '.join(near)}?"
    some = ", ".join(names[:3]) or "none is in the input"
    return f"a workload ({some}), namespace/, an address, {OUTSIDE} or {INGRESS}"


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def connection_rows(table: ConnectionTable, source: Choice, target: Choice) -> tuple[ConnectionRow, ...]:
    """The rows between the chosen ends, by the names of the ends."""
    found = [*_entrances(table, source, target), *_between(table, source, target)]
    return tuple(
        sorted(
            found, key=lambda row: (row.source.kind.value, row.source.names, row.target.kind.value, row.target.names, row.ports)
        )
    )


class _Why(NamedTuple):
    """What connections must share to be said in one line."""

    ports: PortSet
    out: tuple[Reason, ...]
    into: tuple[Reason, ...]
    from_outside: bool
    to_outside: bool


def _between(table: ConnectionTable, source: Choice, target: Choice) -> Iterator[ConnectionRow]:
    """The rows between workloads and addresses.

    Sources that reach the same targets for the same reasons share a row; where they reach each other too, all of them stand on
    both sides: what a workload may do to itself does not count.
    """
    plane = table.plane
    by_source: defaultdict[tuple[_Why, int], set[int]] = defaultdict(set)
    for row in table.rows:
        if _chosen(table, row.source, source) and _chosen(table, row.target, target):
            outside = (endpoint >= plane.inside_count for endpoint in (row.source, row.target))
            by_source[_Why(row.ports, _placeless(row.out), _placeless(row.into), *outside), row.source].add(row.target)
    mutual: defaultdict[tuple[_Why, frozenset[int]], set[int]] = defaultdict(set)
    for (why, one), reached in by_source.items():
        alone = not why.from_outside and not why.to_outside and len(plane.members[one]) == 1
        mutual[why, frozenset(reached | {one} if alone and _chosen(table, one, target) else reached)].add(one)
    grouped: defaultdict[tuple[_Why, frozenset[int]], set[int]] = defaultdict(set)
    for (why, targets), sources in mutual.items():
        key = targets if len(sources) > 1 else frozenset(by_source[why, next(iter(sources))])
        grouped[why, key] |= sources
    for (why, targets), sources in grouped.items():
        left, right = _end(table, sources, source), _end(table, targets, target)
        if left.names != right.names or len(left.names) > 1:
            yield ConnectionRow(source=left, target=right, ports=why.ports, out=why.out, into=why.into)


def _placeless(reasons: tuple[Reason, ...]) -> tuple[Reason, ...]:
    """Reasons without the workload where no policy has a say: they are alike then."""
    return tuple(reason if reason.policy else reason._replace(location=_NOWHERE) for reason in reasons)


def _chosen(table: ConnectionTable, endpoint: int, choice: Choice) -> bool:
    if endpoint >= table.plane.inside_count:
        return endpoint in choice.addresses
    return any(position in choice.units for position in table.plane.members[endpoint])


def _end(table: ConnectionTable, endpoints: Iterable[int], choice: Choice) -> End:
    """Endpoints of one kind, as far as they are chosen."""
    plane = table.plane
    outside = [
        addresses for endpoint in sorted(endpoints) for addresses in (plane.outside_class(endpoint),) if addresses is not None
    ]
    if outside:
        addresses = united(outside)
        return End(kind=EndKind.ADDRESSES, names=tuple(str(item) for item in addresses.ranges), title=str(addresses))
    positions = (position for endpoint in endpoints for position in plane.members[endpoint])
    names = {table.units[position].subject for position in positions if position in choice.units}
    return End(kind=EndKind.WORKLOADS, names=tuple(sorted(names)))


def _entrances(table: ConnectionTable, source: Choice, target: Choice) -> Iterator[ConnectionRow]:
    if not source.controller:
        return
    groups: defaultdict[tuple[PortSet, tuple[Reason, ...], tuple[Reason, ...]], set[str]] = defaultdict(set)
    for entrance in table.entrances:
        if entrance.unit in target.units:
            groups[entrance.ports, (entrance.sent_by,), _placeless(entrance.into)].add(table.units[entrance.unit].subject)
    controller = End(kind=EndKind.INGRESS_CONTROLLER, names=(EndKind.INGRESS_CONTROLLER.value,))
    for (ports, sent_by, into), names in groups.items():
        end = End(kind=EndKind.WORKLOADS, names=tuple(sorted(names)))
        yield ConnectionRow(source=controller, target=end, ports=ports, out=sent_by, into=into)


def policy_count(table: ConnectionTable) -> int:
    """How many policies of all kinds were evaluated."""
    return len(table.plane.policies.network) + len(table.plane.policies.admin)


def idle_policy_count(table: ConnectionTable) -> int:
    """How many policies select no workload that was read."""
    policies = table.plane.policies
    return sum(not policy.selected for policy in policies.network) + sum(not policy.selected for policy in policies.admin)


def open_workloads(table: ConnectionTable) -> tuple[str, ...]:
    """The workloads that no policy holds back in either direction."""
    free = ~(table.plane.ingress.restrained | table.plane.egress.restrained) & ((1 << table.plane.inside_count) - 1)
    positions = (position for number in numbers(free) for position in table.plane.members[number])
    return tuple(sorted({table.units[position].subject for position in positions if position < len(table.units)}))
