"""Why a connection is allowed: the rule of a policy on each side, or that no policy has a say."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from breachway.evidence import Location
from breachway.mapping.kubernetes.network.connections.plane import numbers
from breachway.mapping.kubernetes.network.connections.ports import PortSet, port_set
from breachway.mapping.kubernetes.network.policies import Action

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from breachway.mapping.kubernetes.network.connections.plane import Plane
    from breachway.mapping.kubernetes.network.connections.rules import Rule, Side


class Reason(NamedTuple):
    """One reason: ``policy`` is the policy as a person names it, "" where none has a say; ``note`` says it in words.

    ``location`` is the rule, or the workload that no policy selects.
    """

    policy: str
    location: Location
    note: str


class Connection(NamedTuple):
    """What ``source`` may reach of ``target`` (endpoints of a plane) for the same reasons on all of its ``ports``."""

    source: int
    target: int
    ports: PortSet
    out: tuple[Reason, ...]
    into: tuple[Reason, ...]


_NOWHERE = Location("", "", 0, 0)


def connections(plane: Plane) -> Iterator[Connection]:
    """Every allowed connection between two endpoints, by source and target.

    Between the members of one class only where it has more than one; what a workload may do to itself is left out.
    """
    found: dict[tuple[int, int], list[Connection]] = {}
    for target in range(plane.count):
        for source, group in _by_source(plane, target).items():
            if source != target or (source < plane.inside_count and len(plane.members[source]) > 1):
                found[source, target] = group
    for key in sorted(found):
        yield from found[key]


def _by_source(plane: Plane, target: int) -> dict[int, list[Connection]]:
    spans: dict[int, dict[tuple[tuple[Reason, ...], tuple[Reason, ...]], list[tuple[str, int, int]]]] = {}
    for item in plane.stretches(target):
        for source in numbers(item.sources):
            why = reasons(plane, source, target, item.protocol, item.first)
            spans.setdefault(source, {}).setdefault(why, []).append((item.protocol, item.first, item.last))
    return {
        source: [Connection(source, target, port_set(group), *why) for why, group in by_reason.items()]
        for source, by_reason in spans.items()
    }


def reasons(plane: Plane, source: int, target: int, protocol: str, port: int) -> tuple[tuple[Reason, ...], tuple[Reason, ...]]:
    """Why an allowed connection is allowed: on its way out of the source, and on its way into the target."""
    named = plane.named_ports(target)

    def covers(rule: Rule) -> bool:
        spans = (span for entry in rule.ports or () for span in entry.spans(protocol, named))
        return rule.ports is None or any(first <= port <= last for first, last in spans)

    def about(rules: Iterable[Rule], subject: int, peer: int) -> list[Rule]:
        return [rule for rule in rules if rule.subjects >> subject & 1 and rule.peers >> peer & 1 and covers(rule)]

    sides = []
    for side, subject, peer in ((plane.egress, source, target), (plane.ingress, target, source)):
        network = plane.rules_of(subject, ingress=side is plane.ingress)
        stages = tuple(about(rules, subject, peer) for rules in (side.admin, network, side.baseline))
        sides.append(_reasons(plane, side, subject, *stages))
    return sides[0], sides[1]


def _reasons(
    plane: Plane, side: Side, subject: int, admin: list[Rule], network: list[Rule], baseline: list[Rule]
) -> tuple[Reason, ...]:
    """The reasons of one side, of the rules that match in each stage; the first of an ordered stage decides."""
    if admin and admin[0].action is not Action.PASS:
        return (_reason(admin[0]),)
    passed = tuple(_reason(rule) for rule in admin[:1])
    if side.isolated >> subject & 1:
        return (*passed, *(_reason(rule) for rule in network))
    if baseline:
        return (*passed, _reason(baseline[0]))
    return (*passed, _nobody(plane, subject, governed=bool(side.governed >> subject & 1)))


def _reason(rule: Rule) -> Reason:
    word = {Action.ALLOW: "allows", Action.PASS: "passes on", Action.DENY: "denies"}[rule.action]
    return Reason(rule.policy, rule.location, f"{rule.policy}, rule {rule.position + 1}, {word} it")


def _nobody(plane: Plane, subject: int, *, governed: bool) -> Reason:
    if subject >= plane.inside_count:
        return Reason("", _NOWHERE, "outside the cluster, where no policy holds")
    unit = plane.units[plane.members[subject][0]]
    if unit.host_network:
        return Reason("", unit.location, "on the host's network, which policies do not cover")
    return Reason("", unit.location, "no rule of its policies is about it" if governed else "no policy selects it")
