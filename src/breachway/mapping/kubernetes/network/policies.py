"""NetworkPolicy evaluated as the API defines it, on workloads by label and never on pairs of pods.

Selectors are answered from an index of labels, each distinct selector once, so that the cost follows the size of the answers.
Facts: Kubernetes documentation, Network Policies, and ``k8s.io/api/networking/v1``: without ``policyTypes`` a policy is for
ingress, and for egress when it has an egress rule; an empty or absent ``from`` or ``to`` means everyone; policies only add
permissions.
"""

from __future__ import annotations

import ipaddress
from collections import defaultdict
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, TypeAlias

from breachway.mapping.kubernetes.network.connections.ports import PortRange
from breachway.mapping.kubernetes.selectors import is_empty, matches
from breachway.sources.decoding import value_or

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from breachway.evidence import Location
    from breachway.mapping.kubernetes.index import Labels
    from breachway.mapping.kubernetes.network.connections.ports import Ports
    from breachway.mapping.kubernetes.network.connections.units import Unit
    from breachway.sources.kubernetes.metadata import LabelSelector
    from breachway.sources.kubernetes.policies import IpBlock, NetworkPolicy, NetworkPolicyPeer, NetworkPolicyPort

_Requirement: TypeAlias = tuple[str, str, tuple[str, ...]]
_SelectorKey: TypeAlias = tuple[tuple[tuple[str, str], ...], tuple[_Requirement, ...]]
PeerKey: TypeAlias = tuple[str, _SelectorKey | None, _SelectorKey | None]
"""The policy's namespace where it matters ("" where it does not), the peer's namespace selector, its pod selector."""


class Action(Enum):
    """What a rule does with the connections that it matches.  The rules of a NetworkPolicy only allow."""

    ALLOW = "Allow"
    DENY = "Deny"
    PASS = "Pass"


@dataclass(frozen=True, slots=True, kw_only=True)
class Direction:
    """One rule, of ingress or egress: its peers (None is everyone), its address blocks and its ports.

    ``nodes`` tells a rule that means every node of the cluster, and with them the pods that have a node's address.
    """

    peers: tuple[PeerKey, ...] | None
    blocks: tuple[IpBlock, ...]
    ports: Ports
    location: Location
    policy: str
    position: int
    action: Action = Action.ALLOW
    nodes: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """A NetworkPolicy with its defaults filled in; ``ingress`` or ``egress`` is None where it does not isolate in that direction.

    ``selected`` are the workloads it isolates; ``selects_nothing`` is true where it asks for labels and no pod has them, on the
    host's network or not.  Without a selector it is for every pod, those to come included.
    """

    namespace: str
    name: str
    selected: tuple[int, ...]
    selects_nothing: bool
    ingress: tuple[Direction, ...] | None
    egress: tuple[Direction, ...] | None
    location: Location

    @property
    def subject(self) -> str:
        """The policy as a person names it."""
        return f"NetworkPolicy {self.namespace}/{self.name}"


def selector_key(selector: LabelSelector) -> _SelectorKey:
    """A value that is equal for selectors that select alike by their parts."""
    labels = tuple(sorted((key, value.value) for key, value in selector.match_labels.entries)) if selector.match_labels else ()
    requirements = tuple(
        sorted(
            (value_or(item.key, ""), value_or(item.operator, ""), tuple(sorted(value.value for value in item.values)))
            for item in selector.match_expressions
        )
    )
    return labels, requirements


class PodSelection:
    """Which workloads a selector selects; those on the host's network never are: their address is the node's."""

    def __init__(self, units: Sequence[Unit], namespaces: Mapping[str, Labels]) -> None:
        self._labels = [dict(unit.labels) for unit in units]
        self._namespace_labels = {
            name: {"kubernetes.io/metadata.name": name} | dict(labels) for name, labels in namespaces.items()
        }
        self._in_namespace: defaultdict[str, set[int]] = defaultdict(set)
        self._with_label: defaultdict[tuple[str, str], set[int]] = defaultdict(set)
        self._on_host: defaultdict[str, list[dict[str, str]]] = defaultdict(list)
        for position, unit in enumerate(units):
            if unit.host_network:
                self._on_host[unit.namespace].append(self._labels[position])
                continue
            self._in_namespace[unit.namespace].add(position)
            for pair in unit.labels:
                self._with_label[pair].add(position)
        self._cache: dict[PeerKey, tuple[int, ...]] = {}

    @property
    def answers(self) -> Mapping[PeerKey, tuple[int, ...]]:
        """Every peer that was asked for, and the positions that it selects."""
        return self._cache

    def peer(self, peer: NetworkPolicyPeer, namespace: str) -> PeerKey:
        """The key of a peer of a policy in ``namespace``; its answer is computed and kept."""
        pods = peer.pod_selector
        spaces = peer.namespace_selector
        key: PeerKey = (
            "" if spaces is not None else namespace,
            None if spaces is None else selector_key(spaces),
            None if pods is None else selector_key(pods),
        )
        if key not in self._cache:
            if spaces is None:
                names = [namespace]
            else:
                names = [name for name, labels in self._namespace_labels.items() if matches(spaces, labels)]
            self._cache[key] = self._select(names, pods)
        return key

    def of(self, key: PeerKey) -> tuple[int, ...]:
        """The positions of the workloads that a peer's key selects, sorted."""
        return self._cache[key]

    def in_namespace(self, selector: LabelSelector | None, namespace: str) -> tuple[int, ...]:
        """The positions of the workloads of one namespace that a policy's own selector selects; None selects all."""
        return self._select([namespace], selector)

    def any_labelled(self, selector: LabelSelector, namespace: str) -> bool:
        """Whether any workload of the namespace has the labels, those on the host's network included."""
        if self._select([namespace], selector):
            return True
        return any(matches(selector, labels) for labels in self._on_host[namespace])

    def _select(self, namespaces: Iterable[str], selector: LabelSelector | None) -> tuple[int, ...]:
        names = list(namespaces)
        if selector is None or is_empty(selector):
            return tuple(sorted(position for name in names for position in self._in_namespace.get(name, ())))
        candidates = self._narrowed(names, selector)
        return tuple(sorted(position for position in candidates if matches(selector, self._labels[position])))

    def _narrowed(self, names: list[str], selector: LabelSelector) -> set[int]:
        """A small set that holds every match: by the rarest required label if there is one, else by namespace."""
        pairs = [(key, value.value) for key, value in selector.match_labels.entries] if selector.match_labels else []
        sets = [self._with_label.get(pair, set()) for pair in pairs]
        rarest = min(sets, key=len) if sets else None
        if rarest is not None and len(rarest) <= sum(len(self._in_namespace.get(name, ())) for name in names):
            wanted: set[int] = set()
            allowed = [self._in_namespace.get(name, set()) for name in names]
            for members in allowed:
                wanted |= rarest & members if len(rarest) < len(members) else members & rarest
            return wanted
        return {position for name in names for position in self._in_namespace.get(name, ())}


def read_policy(policy: NetworkPolicy, selection: PodSelection) -> Policy:
    """Fill in the defaults of a policy and answer its selectors."""
    namespace = value_or(policy.metadata.namespace, "default")
    name = value_or(policy.metadata.name, "")
    spec = policy.spec
    types = {item.value for item in spec.policy_types or ()}
    if not types:
        types = {"Ingress", "Egress"} if spec.egress else {"Ingress"}
    ingress = tuple(
        _direction(rule.from_, rule.ports, rule.location, name, position, namespace, selection)
        for position, rule in enumerate(spec.ingress or ())
    )
    egress = tuple(
        _direction(rule.to, rule.ports, rule.location, name, position, namespace, selection)
        for position, rule in enumerate(spec.egress or ())
    )
    return Policy(
        namespace=namespace,
        name=name,
        selected=selection.in_namespace(spec.pod_selector, namespace),
        selects_nothing=spec.pod_selector is not None
        and not is_empty(spec.pod_selector)
        and not selection.any_labelled(spec.pod_selector, namespace),
        ingress=ingress if "Ingress" in types else None,
        egress=egress if "Egress" in types else None,
        location=policy.location,
    )


def _direction(
    peers: tuple[NetworkPolicyPeer, ...] | None,
    ports: tuple[NetworkPolicyPort, ...] | None,
    location: Location,
    policy: str,
    position: int,
    namespace: str,
    selection: PodSelection,
) -> Direction:
    everyone = not peers
    return Direction(
        peers=None if everyone else tuple(selection.peer(peer, namespace) for peer in peers or () if peer.ip_block is None),
        blocks=tuple(peer.ip_block for peer in peers or () if peer.ip_block is not None),
        ports=tuple(_port(port) for port in ports) if ports else None,
        location=location,
        policy=policy,
        position=position,
    )


def _port(port: NetworkPolicyPort) -> PortRange:
    protocol = value_or(port.protocol, "TCP")
    if port.port is None:
        return PortRange(protocol, 0, 65535)
    number = port.port.value
    if isinstance(number, str):
        return PortRange(protocol, 0, 0, number)
    return PortRange(protocol, number, value_or(port.end_port, number))


def block_covers(block: IpBlock, address: str) -> bool:
    """Whether an address lies in a block and in none of its exceptions; a block that is no CIDR covers nothing."""
    where = ipaddress.ip_address(address)
    return _inside(value_or(block.cidr, ""), where) and not any(_inside(item.value, where) for item in block.except_)


def _inside(cidr: str, address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    try:
        return address in ipaddress.ip_network(cidr, strict=False)
    except ValueError:
        return False
