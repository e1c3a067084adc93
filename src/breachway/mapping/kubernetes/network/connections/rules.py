"""The rules of all policies over bit sets of endpoints: who is the subject, who is the peer, what happens."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from breachway.mapping.kubernetes.network.admin_policies import AdminPolicy, read_admin_policies
from breachway.mapping.kubernetes.network.policies import Action, PodSelection, Policy, read_policy
from breachway.sources.kubernetes.policies import NetworkPolicy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from breachway.evidence import Location
    from breachway.mapping.kubernetes.index import Labels
    from breachway.mapping.kubernetes.network.connections.ports import Ports
    from breachway.mapping.kubernetes.network.connections.units import Unit
    from breachway.mapping.kubernetes.network.policies import Direction
    from breachway.sources.kubernetes.objects import KubernetesObject


@dataclass(frozen=True, slots=True, kw_only=True)
class Policies:
    """All policies of the input with their selectors answered, sorted; ``admin`` are in their order, baseline ones last."""

    network: tuple[Policy, ...]
    admin: tuple[AdminPolicy, ...]
    selection: PodSelection

    def rules(self) -> Iterator[Direction]:
        """Every rule of every policy."""
        for policy in self.network:
            yield from policy.ingress or ()
            yield from policy.egress or ()
        for admin in self.admin:
            yield from admin.ingress
            yield from admin.egress


def read_policies(objects: Iterable[KubernetesObject], units: Sequence[Unit], namespaces: Mapping[str, Labels]) -> Policies:
    """Answer the selectors of every policy on the units."""
    selection = PodSelection(units, namespaces)
    things = tuple(objects)
    network = sorted(
        (read_policy(item, selection) for item in things if isinstance(item, NetworkPolicy)),
        key=lambda item: (item.namespace, item.name),
    )
    return Policies(network=tuple(network), admin=read_admin_policies(things, selection), selection=selection)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule of one policy in one direction; ``subjects`` and ``peers`` are bit sets of endpoints."""

    action: Action
    subjects: int
    peers: int
    ports: Ports
    policy: str
    position: int
    location: Location


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """The rules of one direction: admin rules in order, those of NetworkPolicy with whom they isolate, baseline rules in order.

    ``isolating`` are the policies themselves, each with those it isolates: they are the reason where no rule matches.
    """

    admin: tuple[Rule, ...]
    network: tuple[Rule, ...]
    baseline: tuple[Rule, ...]
    isolated: int
    isolating: tuple[tuple[int, Policy], ...]

    @property
    def governed(self) -> int:
        """Everyone for whom some policy says something in this direction."""
        found = self.isolated
        for rule in (*self.admin, *self.baseline):
            found |= rule.subjects
        return found

    @property
    def restrained(self) -> int:
        """Those for whom some connection is denied unless a rule allows it."""
        found = self.isolated
        for rule in (*self.admin, *self.baseline):
            if rule.action is Action.DENY:
                found |= rule.subjects
        return found


def side_of(
    policies: Policies,
    *,
    ingress: bool,
    subjects: Callable[[tuple[int, ...]], int],
    peers: Callable[[Direction], int],
) -> Side:
    """Put the rules of one direction over bit sets; ``subjects`` and ``peers`` turn positions and rules into them."""
    network: list[Rule] = []
    isolating: list[tuple[int, Policy]] = []
    isolated = 0
    for policy in policies.network:
        rules = policy.ingress if ingress else policy.egress
        if rules is None:
            continue
        chosen = subjects(policy.selected)
        isolated |= chosen
        isolating.append((chosen, policy))
        network += [_rule(rule, policy.subject, chosen, peers(rule)) for rule in rules]
    first: list[Rule] = []
    last: list[Rule] = []
    for admin in policies.admin:
        chosen = subjects(admin.selected)
        made = [_rule(rule, admin.subject, chosen, peers(rule)) for rule in (admin.ingress if ingress else admin.egress)]
        (last if admin.baseline else first).extend(made)
    return Side(admin=tuple(first), network=tuple(network), baseline=tuple(last), isolated=isolated, isolating=tuple(isolating))


def _rule(rule: Direction, policy: str, subjects: int, peers: int) -> Rule:
    return Rule(
        action=rule.action,
        subjects=subjects,
        peers=peers,
        ports=rule.ports,
        policy=policy,
        position=rule.position,
        location=rule.location,
    )
