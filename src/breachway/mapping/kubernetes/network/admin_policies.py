"""AdminNetworkPolicy and BaselineAdminNetworkPolicy with their selectors answered.

Facts: the Network Policy API (network-policy-api.sigs.k8s.io): an admin policy of a lower priority number comes first, and within
a policy the first rule that matches decides; Allow and Deny are final, Pass leaves the decision to NetworkPolicy and, where none
selects the pod, to the baseline policy.  What no rule matches goes the same way.  Pods on the network of the host are no subject.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from breachway.mapping.kubernetes.network.connections.ports import FIRST, LAST, PortRange
from breachway.mapping.kubernetes.network.policies import Action, Direction
from breachway.mapping.kubernetes.selectors import is_empty
from breachway.sources.decoding import value_or
from breachway.sources.kubernetes.policies import AdminNetworkPolicy, IpBlock, NetworkPolicyPeer

if TYPE_CHECKING:
    from collections.abc import Iterable

    from breachway.evidence import Location
    from breachway.mapping.kubernetes.network.policies import PeerKey, PodSelection
    from breachway.sources.kubernetes.metadata import LabelSelector
    from breachway.sources.kubernetes.objects import KubernetesObject
    from breachway.sources.kubernetes.policies import AdminEgressRule, AdminIngressRule, AdminPeer, AdminPort

BASELINE = "BaselineAdminNetworkPolicy"
_ACTIONS = {action.value: action for action in Action}


@dataclass(frozen=True, slots=True, kw_only=True)
class AdminPolicy:
    """One admin or baseline policy.  ``selected`` are the workloads it is for; ``unread`` what of it could not be evaluated."""

    kind: str
    name: str
    priority: int
    selected: tuple[int, ...]
    ingress: tuple[Direction, ...]
    egress: tuple[Direction, ...]
    location: Location
    unread: tuple[tuple[Location, str], ...]

    @property
    def subject(self) -> str:
        """The policy as a person names it."""
        return f"{self.kind} {self.name}"

    @property
    def baseline(self) -> bool:
        """Whether it speaks last and not first."""
        return self.kind == BASELINE


def read_admin_policies(objects: Iterable[KubernetesObject], selection: PodSelection) -> tuple[AdminPolicy, ...]:
    """Every admin policy by priority and name, and then the baseline ones."""
    found = [_read(item, selection) for item in objects if isinstance(item, AdminNetworkPolicy)]
    return tuple(sorted(found, key=lambda item: (item.baseline, item.priority, item.name)))


def _read(policy: AdminNetworkPolicy, selection: PodSelection) -> AdminPolicy:
    name = value_or(policy.metadata.name, "")
    unread: list[tuple[Location, str]] = []
    subject = policy.spec.subject
    key = _key(subject, selection) if subject is not None else None
    baseline = policy.kind == BASELINE
    ingress = [
        _rule(rule, rule.from_, name, position, selection, unread, baseline=baseline)
        for position, rule in enumerate(policy.spec.ingress)
    ]
    egress = [
        _rule(rule, rule.to, name, position, selection, unread, baseline=baseline)
        for position, rule in enumerate(policy.spec.egress)
    ]
    return AdminPolicy(
        kind=policy.kind,
        name=name,
        priority=value_or(policy.spec.priority, 0),
        selected=selection.of(key) if key is not None else (),
        ingress=tuple(rule for rule in ingress if rule is not None),
        egress=tuple(rule for rule in egress if rule is not None),
        location=policy.location,
        unread=tuple(unread),
    )


def _rule(
    rule: AdminIngressRule | AdminEgressRule,
    peers: tuple[AdminPeer, ...],
    policy: str,
    position: int,
    selection: PodSelection,
    unread: list[tuple[Location, str]],
    *,
    baseline: bool,
) -> Direction | None:
    action = _ACTIONS.get(value_or(rule.action, ""))
    if action is None or (baseline and action is Action.PASS):
        unread.append((rule.location, f"a rule with the action {value_or(rule.action, 'nothing')}, which the API refuses"))
        return None
    for peer in peers:
        if peer.domain_names:
            unread.append((peer.location, "a peer by domain name"))
        if peer.nodes is not None and not is_empty(peer.nodes):
            unread.append((peer.location, "a peer by the labels of nodes"))
    keys = [_key(peer, selection) for peer in peers]
    return Direction(
        peers=tuple(key for key in keys if key is not None),
        blocks=tuple(IpBlock(location=item.location, cidr=item) for peer in peers for item in peer.networks),
        ports=tuple(_port(port) for port in rule.ports) if rule.ports else None,
        location=rule.location,
        policy=policy,
        position=position,
        action=action,
        nodes=any(peer.nodes is not None and is_empty(peer.nodes) for peer in peers),
    )


def _key(peer: AdminPeer, selection: PodSelection) -> PeerKey | None:
    """The key of a peer that means pods; None for one that means addresses or nodes."""
    if peer.namespaces is not None:
        return _of_pods(selection, peer.location, peer.namespaces, None)
    if peer.pods is not None and peer.pods.namespace_selector is not None:
        return _of_pods(selection, peer.location, peer.pods.namespace_selector, peer.pods.pod_selector)
    return None


def _of_pods(selection: PodSelection, location: Location, spaces: LabelSelector, pods: LabelSelector | None) -> PeerKey:
    return selection.peer(NetworkPolicyPeer(location=location, namespace_selector=spaces, pod_selector=pods), "")


def _port(port: AdminPort) -> PortRange:
    if port.port_number is not None:
        number = value_or(port.port_number.port, 0)
        return PortRange(value_or(port.port_number.protocol, "TCP"), number, number)
    if port.port_range is not None:
        span = port.port_range
        return PortRange(value_or(span.protocol, "TCP"), value_or(span.start, FIRST), value_or(span.end, LAST))
    return PortRange("", 0, 0, value_or(port.named_port, ""))
