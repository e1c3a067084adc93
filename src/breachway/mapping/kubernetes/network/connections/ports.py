"""Ports of a rule, and sets of ports of the three protocols that policies know."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable

PROTOCOLS = ("TCP", "UDP", "SCTP")
FIRST, LAST = 1, 65535

Span: TypeAlias = tuple[int, int]
"""The first and the last port of a range."""
NamedPort: TypeAlias = tuple[str, str, int]
"""The name, the protocol and the number of a container's port."""


class PortRange(NamedTuple):
    """The ports of one entry of a rule: ``first`` to ``last``, or a named port; 0 to 65535 for all.

    ``protocol`` is empty for a named port of whatever protocol its container declares.
    """

    protocol: str
    first: int
    last: int
    name: str = ""

    def spans(self, protocol: str, named: Iterable[NamedPort]) -> tuple[Span, ...]:
        """The ports of one protocol that are meant at an endpoint whose named ports are given."""
        if self.protocol not in {protocol, ""}:
            return ()
        if self.name:
            return tuple((number, number) for name, over, number in named if name == self.name and over == protocol)
        first, last = max(self.first, FIRST), min(self.last, LAST)
        return ((first, last),) if first <= last else ()


Ports: TypeAlias = tuple[PortRange, ...] | None
"""The ports of a rule; None is every port of every protocol."""


class PortSet(NamedTuple):
    """Disjoint ranges of ports of each protocol, in order."""

    tcp: tuple[Span, ...] = ()
    udp: tuple[Span, ...] = ()
    sctp: tuple[Span, ...] = ()

    def of(self, protocol: str) -> tuple[Span, ...]:
        """The ranges of one protocol."""
        return self[PROTOCOLS.index(protocol)]

    def has(self, protocol: str, port: int) -> bool:
        """Whether a port is in the set."""
        return any(first <= port <= last for first, last in self.of(protocol))

    def both(self, other: PortSet) -> PortSet:
        """The ports that are in both sets."""
        return PortSet(*(_common(mine, theirs) for mine, theirs in zip(self, other, strict=True)))

    def __str__(self) -> str:
        """The set as a person writes it: "all ports", "TCP 80, 8000-8080; UDP 53"."""
        if self == EVERY_PORT:
            return "all ports"
        return "; ".join(_text(protocol, spans) for protocol, spans in zip(PROTOCOLS, self, strict=True) if spans)


EVERY_PORT = PortSet(((FIRST, LAST),), ((FIRST, LAST),), ((FIRST, LAST),))


def port_set(spans: Iterable[tuple[str, int, int]]) -> PortSet:
    """The set of the ranges given as protocol, first and last port, in any order; overlapping ones are joined."""
    found: dict[str, list[Span]] = {protocol: [] for protocol in PROTOCOLS}
    for protocol, first, last in spans:
        found[protocol].append((first, last))
    return PortSet(*(joined(sorted(found[protocol])) for protocol in PROTOCOLS))


def joined(spans: Iterable[Span]) -> tuple[Span, ...]:
    """Sorted ranges with those that touch or overlap made one."""
    found: list[Span] = []
    for first, last in spans:
        if found and first <= found[-1][1] + 1:
            found[-1] = (found[-1][0], max(last, found[-1][1]))
        else:
            found.append((first, last))
    return tuple(found)


def _common(mine: tuple[Span, ...], theirs: tuple[Span, ...]) -> tuple[Span, ...]:
    pairs = ((max(a, c), min(b, d)) for a, b in mine for c, d in theirs)
    return joined(sorted((first, last) for first, last in pairs if first <= last))


def _text(protocol: str, spans: tuple[Span, ...]) -> str:
    if spans == ((FIRST, LAST),):
        return f"{protocol} all ports"
    return f"{protocol} " + ", ".join(str(first) if first == last else f"{first}-{last}" for first, last in spans)
