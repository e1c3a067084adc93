"""Who may connect to whom, exactly: on classes of workloads and of addresses that no policy tells apart.

For each endpoint as a target the rules are evaluated once for each stretch of ports that they treat alike, for all sources at
once, as operations on bit sets.  No pair of pods is ever looked at.
"""

from __future__ import annotations

from collections import defaultdict
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from breachway.mapping.kubernetes.network.connections.addresses import AddressClass, AddressRange, ranges_of, split
from breachway.mapping.kubernetes.network.connections.ports import FIRST, LAST, PROTOCOLS, PortSet, port_set
from breachway.mapping.kubernetes.network.connections.rules import Rule, side_of
from breachway.mapping.kubernetes.network.policies import Action

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from breachway.mapping.kubernetes.network.connections.ports import NamedPort, Span
    from breachway.mapping.kubernetes.network.connections.rules import Policies
    from breachway.mapping.kubernetes.network.connections.units import Unit
    from breachway.mapping.kubernetes.network.policies import Direction


_DENSE = 64
"""A set that holds more than one in so many is walked byte by byte, else from bit to bit."""


class Stretch(NamedTuple):
    """Ports ``first`` to ``last`` of a protocol on a target, and the endpoints (a bit set) that may connect to them."""

    protocol: str
    first: int
    last: int
    sources: int


class Plane:
    """Every endpoint of a cluster and around it.

    Endpoints are numbered: classes of units first (``members`` holds the positions of the units of each), then classes of
    addresses (``outside``).  A set of endpoints is an integer whose bit ``n`` is endpoint ``n``.
    """

    def __init__(self, units: Sequence[Unit], policies: Policies, marks: Iterable[tuple[AddressRange, ...]] = ()) -> None:
        """``marks`` are further ranges of addresses to tell apart, those that the caller wants to ask about."""
        self.units = tuple(units)
        self.policies = policies
        self.members, self.class_of = _classes(self.units, policies)
        blocks, self._block_of = _blocks(policies)
        self.outside = split((*blocks, *marks))
        self.inside_count = len(self.members)
        self.count = self.inside_count + len(self.outside)
        self.everyone = (1 << self.count) - 1
        self._holding = self._endpoints_by_block(len(blocks))
        self.on_host = self.endpoints(position for position, unit in enumerate(self.units) if unit.host_network)
        self._peers: dict[object, int] = {}
        self._stretches: dict[int, tuple[Stretch, ...]] = {}
        self.ingress = side_of(policies, ingress=True, subjects=self.endpoints, peers=self._peer_bits)
        self.egress = side_of(policies, ingress=False, subjects=self.endpoints, peers=self._peer_bits)
        self._ingress_rules = _by_endpoint(self.ingress.network, by_peer=False)
        self._leaving_rules = _by_endpoint(self.egress.network, by_peer=False)
        self._egress_rules = _by_endpoint(_merged(self.egress.network), by_peer=True)

    def endpoints(self, positions: Iterable[int]) -> int:
        """The classes of the units at these positions."""
        found = 0
        for number in {self.class_of[position] for position in positions}:
            found |= 1 << number
        return found

    def positions(self, endpoints: int) -> tuple[int, ...]:
        """The positions of the units of a set of endpoints, sorted; addresses have none."""
        inside = endpoints & ((1 << self.inside_count) - 1)
        return tuple(sorted(position for number in numbers(inside) for position in self.members[number]))

    def outside_class(self, endpoint: int) -> AddressClass | None:
        """The addresses of an endpoint, None for a class of units."""
        return None if endpoint < self.inside_count else self.outside[endpoint - self.inside_count]

    def named_ports(self, endpoint: int) -> tuple[NamedPort, ...]:
        """The named ports of an endpoint that a policy may mean; addresses have none."""
        return self.units[self.members[endpoint][0]].named_ports if endpoint < self.inside_count else ()

    def stretches(self, target: int) -> tuple[Stretch, ...]:
        """All ports of a target with who may connect to them.  An address does not count as a source of another."""
        if target not in self._stretches:
            self._stretches[target] = self._evaluated(target)
        return self._stretches[target]

    def _evaluated(self, target: int) -> tuple[Stretch, ...]:
        outside = target >= self.inside_count
        rules = self._rules_for(target)
        named = self.named_ports(target)
        known: dict[tuple[bool, ...], int] = {}
        found: list[Stretch] = []
        for protocol in PROTOCOLS:
            spans = [None if rule.ports is None else _spans(rule, protocol, named) for rule in rules]
            for first, last in _stretches(spans):
                key = tuple(item is None or any(low <= first <= high for low, high in item) for item in spans)
                if key not in known:
                    sources = self._sources(target, [rule for rule, covers in zip(rules, key, strict=True) if covers])
                    known[key] = sources & ((1 << self.inside_count) - 1) if outside else sources
                found.append(Stretch(protocol, first, last, known[key]))
        return tuple(found)

    def rules_of(self, subject: int, *, ingress: bool) -> tuple[Rule, ...]:
        """The rules of NetworkPolicies for what comes into an endpoint, or for what leaves it."""
        return tuple((self._ingress_rules if ingress else self._leaving_rules).get(subject, ()))

    def ports_between(self, source: int, target: int) -> PortSet:
        """The ports of a target that one endpoint may connect to."""
        return port_set((item.protocol, item.first, item.last) for item in self.stretches(target) if item.sources >> source & 1)

    # ------------------------------------------------------------------------------------------------------------ evaluation

    def _rules_for(self, target: int) -> list[Rule]:
        """The rules that say anything about connections to a target, of either side."""
        bit = 1 << target
        found = [rule for rule in (*self.ingress.admin, *self.ingress.baseline) if rule.subjects & bit]
        found += [rule for rule in (*self.egress.admin, *self.egress.baseline) if rule.peers & bit]
        return [*found, *self._ingress_rules.get(target, ()), *self._egress_rules.get(target, ())]

    def _sources(self, target: int, covering: list[Rule]) -> int:
        chosen = {id(rule) for rule in covering}
        bit = 1 << target
        undecided, allowed = _decide(((r, r.peers) for r in self.ingress.admin if id(r) in chosen), self.everyone)
        if self.ingress.isolated & bit:
            for rule in self._ingress_rules.get(target, ()):
                if id(rule) in chosen:
                    allowed |= rule.peers & undecided
        else:
            left, more = _decide(((r, r.peers) for r in self.ingress.baseline if id(r) in chosen), undecided)
            allowed |= left | more
        undecided, out = _decide(((r, r.subjects) for r in self.egress.admin if id(r) in chosen), self.everyone)
        for rule in self._egress_rules.get(target, ()):
            if id(rule) in chosen:
                out |= rule.subjects & undecided
        left, more = _decide(
            ((r, r.subjects) for r in self.egress.baseline if id(r) in chosen), undecided & ~self.egress.isolated
        )
        return allowed & (out | left | more)

    # ----------------------------------------------------------------------------------------------------------------- peers

    def _peer_bits(self, rule: Direction) -> int:
        if rule.peers is None:
            return self.everyone
        found = self.on_host if means_every_node(rule) else 0
        for key in rule.peers:
            if key not in self._peers:
                self._peers[key] = self.endpoints(self.policies.selection.of(key))
            found |= self._peers[key]
        for block in rule.blocks:
            found |= self._holding[self._block_of[ranges_of(block)]]
        return found

    def _endpoints_by_block(self, count: int) -> list[int]:
        found = [0] * count
        for number, item in enumerate(self.outside, self.inside_count):
            for block in item.blocks:
                if block < count:
                    found[block] |= 1 << number
        return found


def means_every_node(rule: Direction) -> bool:
    """Whether a rule holds for the address of any node: every node, or all addresses of a version, since a node has one."""
    return rule.nodes or any(item.everything for block in rule.blocks for item in ranges_of(block))


def numbers(endpoints: int) -> Iterator[int]:
    """The endpoints of a set, in order."""
    if endpoints.bit_count() * _DENSE > endpoints.bit_length():
        for place, byte in enumerate(endpoints.to_bytes((endpoints.bit_length() + 7) // 8, "little")):
            if byte:
                yield from (8 * place + bit for bit in range(8) if byte >> bit & 1)
        return
    while endpoints:
        lowest = endpoints & -endpoints
        yield lowest.bit_length() - 1
        endpoints ^= lowest


def _decide(rules: Iterable[tuple[Rule, int]], undecided: int) -> tuple[int, int]:
    """Go through ordered rules; ``undecided`` is left for the next stage (what is passed on included), and what is allowed."""
    allowed = passed = 0
    for rule, whom in rules:
        matched = whom & undecided
        undecided ^= matched
        if rule.action is Action.ALLOW:
            allowed |= matched
        elif rule.action is Action.PASS:
            passed |= matched
    return undecided | passed, allowed


def _classes(units: tuple[Unit, ...], policies: Policies) -> tuple[tuple[tuple[int, ...], ...], tuple[int, ...]]:
    """Group the units that every selector and every named port of every policy treats alike."""
    marks: list[list[int]] = [[] for _ in units]
    groups = [*(policy.selected for policy in policies.network), *(policy.selected for policy in policies.admin)]
    for number, group in enumerate((*groups, *policies.selection.answers.values())):
        for position in group:
            marks[position].append(number)
    names = {port.name for rule in policies.rules() for port in rule.ports or () if port.name}
    members: defaultdict[tuple[object, ...], list[int]] = defaultdict(list)
    for position, unit in enumerate(units):
        named = tuple(port for port in unit.named_ports if port[0] in names)
        members[tuple(marks[position]), named, unit.host_network, position if unit.apart else -1].append(position)
    found = tuple(tuple(group) for group in members.values())
    class_of = {position: number for number, group in enumerate(found) for position in group}
    return found, tuple(class_of[position] for position in range(len(units)))


def _blocks(policies: Policies) -> tuple[list[tuple[AddressRange, ...]], dict[tuple[AddressRange, ...], int]]:
    position: dict[tuple[AddressRange, ...], int] = {}
    for rule in policies.rules():
        for block in rule.blocks:
            position.setdefault(ranges_of(block), len(position))
    return list(position), position


def _merged(rules: tuple[Rule, ...]) -> tuple[Rule, ...]:
    """Rules of like peers and ports made one: many namespaces repeat the same rule."""
    found: dict[object, Rule] = {}
    for rule in rules:
        key = (rule.peers, rule.ports)
        known = found.get(key)
        found[key] = rule if known is None else _with_subjects(known, known.subjects | rule.subjects)
    return tuple(found.values())


def _with_subjects(rule: Rule, subjects: int) -> Rule:
    return Rule(
        action=rule.action,
        subjects=subjects,
        peers=rule.peers,
        ports=rule.ports,
        policy=rule.policy,
        position=rule.position,
        location=rule.location,
    )


def _by_endpoint(rules: Iterable[Rule], *, by_peer: bool) -> defaultdict[int, list[Rule]]:
    found: defaultdict[int, list[Rule]] = defaultdict(list)
    for rule in rules:
        for number in numbers(rule.peers if by_peer else rule.subjects):
            found[number].append(rule)
    return found


def _spans(rule: Rule, protocol: str, named: tuple[NamedPort, ...]) -> tuple[Span, ...]:
    return tuple(span for port in rule.ports or () for span in port.spans(protocol, named))


def _stretches(spans: Iterable[tuple[Span, ...] | None]) -> Iterator[Span]:
    """The ports cut wherever one of the ranges begins or ends."""
    cuts = {FIRST, LAST + 1}
    for item in spans:
        for first, last in item or ():
            cuts |= {first, last + 1}
    ordered = sorted(cuts)
    for first, after in pairwise(ordered):
        yield first, after - 1
