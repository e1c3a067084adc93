"""What limits traffic between pods: network policies and the mutual TLS of a mesh."""

from dataclasses import dataclass
from typing import Annotated

from breachway.sources.decoding import Key, Struct, Value
from breachway.sources.kubernetes.metadata import LabelSelector, Resource


@dataclass(frozen=True, slots=True, kw_only=True)
class IpBlock(Struct):
    """A range of addresses without some."""

    cidr: Value[str] | None = None
    except_: Annotated[tuple[Value[str], ...], Key("except")] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkPolicyPeer(Struct):
    """Pods and namespaces by label, or an address range.

    An empty selector is every pod or every namespace; an absent one says nothing.
    """

    pod_selector: LabelSelector | None = None
    namespace_selector: LabelSelector | None = None
    ip_block: IpBlock | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkPolicyPort(Struct):
    """A port (number or name; absent is every port) up to ``end_port``."""

    protocol: Value[str] | None = None
    port: Value[int | str] | None = None
    end_port: Value[int] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IngressPolicyRule(Struct):
    """Who may come in, on which ports.  The API treats an absent list and an empty one alike: everyone, every port."""

    from_: Annotated[tuple[NetworkPolicyPeer, ...] | None, Key("from")] = None
    ports: tuple[NetworkPolicyPort, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EgressPolicyRule(Struct):
    """Where pods may go, on which ports.  The API treats an absent list and an empty one alike: everywhere, every port."""

    to: tuple[NetworkPolicyPeer, ...] | None = None
    ports: tuple[NetworkPolicyPort, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkPolicySpec(Struct):
    """An absent ``pod_selector`` counts as an empty one: every pod of the namespace.

    An absent ``policy_types`` means Ingress, and Egress too when ``egress`` has a rule.
    """

    pod_selector: LabelSelector | None = None
    policy_types: tuple[Value[str], ...] | None = None
    ingress: tuple[IngressPolicyRule, ...] | None = None
    egress: tuple[EgressPolicyRule, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkPolicy(Resource):
    """A policy of networking.k8s.io.  Policies of Cilium, Calico and the admin kinds are an ``OtherObject``."""

    spec: NetworkPolicySpec


@dataclass(frozen=True, slots=True, kw_only=True)
class MutualTls(Struct):
    """``mode`` is STRICT, PERMISSIVE, DISABLE or UNSET."""

    mode: Value[str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerAuthenticationSpec(Struct):
    """Which workloads must speak mutual TLS."""

    selector: LabelSelector | None = None
    mtls: MutualTls | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerAuthentication(Resource):
    """Istio's demand for mutual TLS."""

    spec: PeerAuthenticationSpec
