"""Addresses outside the cluster, split so finely that every block of every policy holds all of a class or none of it."""

from __future__ import annotations

import ipaddress
from collections import defaultdict
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from breachway.sources.decoding import value_or

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from breachway.sources.kubernetes.policies import IpBlock

_BITS = {4: 32, 6: 128}
_ADDRESS: dict[int, type[ipaddress.IPv4Address | ipaddress.IPv6Address]] = {4: ipaddress.IPv4Address, 6: ipaddress.IPv6Address}


class AddressRange(NamedTuple):
    """Addresses from ``first`` to ``last`` of IP version 4 or 6."""

    version: int
    first: int
    last: int

    @property
    def everything(self) -> bool:
        """Whether these are all addresses of the version."""
        return self.first == 0 and self.last == (1 << _BITS[self.version]) - 1

    def __str__(self) -> str:
        """The range as a CIDR where it is one, else as its two ends."""
        make = _ADDRESS[self.version]
        size = self.last - self.first + 1
        if size & (size - 1) == 0 and self.first % size == 0:
            return f"{make(self.first)}/{_BITS[self.version] - size.bit_length() + 1}"
        return f"{make(self.first)}-{make(self.last)}"


_EVERYTHING = {AddressRange(6, 0, (1 << _BITS[6]) - 1): "any IPv6 address"}


class AddressClass(NamedTuple):
    """Addresses that no block tells apart; ``blocks`` are the positions of the blocks that hold them."""

    ranges: tuple[AddressRange, ...]
    blocks: frozenset[int]

    def holds(self, address: str) -> bool:
        """Whether an address is one of these."""
        where = ipaddress.ip_address(address)
        return any(item.version == where.version and item.first <= int(where) <= item.last for item in self.ranges)

    def __str__(self) -> str:
        """The ranges, "any address" for all of both versions."""
        if sum(item.everything for item in self.ranges) == len(_BITS):
            return "any address"
        return ", ".join(_EVERYTHING.get(item, str(item)) for item in self.ranges)


def split(blocks: Sequence[tuple[AddressRange, ...]]) -> tuple[AddressClass, ...]:
    """The classes into which the blocks divide the addresses of both versions, by their first address."""
    found: defaultdict[frozenset[int], list[AddressRange]] = defaultdict(list)
    for version, bits in _BITS.items():
        events: defaultdict[int, list[tuple[int, bool]]] = defaultdict(list)
        for position, ranges in enumerate(blocks):
            for item in ranges:
                if item.version == version:
                    events[item.first].append((position, True))
                    events[item.last + 1].append((position, False))
        cuts = sorted({0, 1 << bits, *events})
        active: set[int] = set()
        for first, after in pairwise(cuts):
            for position, enters in events.get(first, ()):
                (active.add if enters else active.discard)(position)
            found[frozenset(active)].append(AddressRange(version, first, after - 1))
    return tuple(AddressClass(_merged(ranges), key) for key, ranges in sorted(found.items(), key=lambda item: item[1]))


def united(classes: Iterable[AddressClass]) -> AddressClass:
    """All addresses of some classes as one."""
    return AddressClass(_merged(item for addresses in classes for item in addresses.ranges), frozenset())


def ranges_of(block: IpBlock) -> tuple[AddressRange, ...]:
    """The addresses of a block without its exceptions; none for a block that is no CIDR, which the API server refuses."""
    whole = cidr_range(value_or(block.cidr, ""))
    if whole is None:
        return ()
    left = [whole]
    for item in block.except_:
        hole = cidr_range(item.value)
        if hole is not None:
            left = [part for piece in left for part in _without(piece, hole)]
    return tuple(left)


def cidr_range(text: str) -> AddressRange | None:
    """The range that a CIDR names, or None for what is none."""
    try:
        network = ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None
    return AddressRange(network.version, int(network.network_address), int(network.broadcast_address))


def _without(piece: AddressRange, hole: AddressRange) -> Iterable[AddressRange]:
    if piece.version != hole.version or hole.last < piece.first or piece.last < hole.first:
        return (piece,)
    parts = (AddressRange(piece.version, piece.first, hole.first - 1), AddressRange(piece.version, hole.last + 1, piece.last))
    return tuple(part for part in parts if part.first <= part.last)


def _merged(ranges: Iterable[AddressRange]) -> tuple[AddressRange, ...]:
    found: list[AddressRange] = []
    for item in sorted(ranges):
        if found and found[-1].version == item.version and found[-1].last + 1 == item.first:
            found[-1] = found[-1]._replace(last=item.last)
        else:
            found.append(item)
    return tuple(found)
