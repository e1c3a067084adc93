"""What limits traffic between pods, and the levels of Pod Security: network policies, mutual TLS of a mesh, admission."""

from dataclasses import dataclass
from typing import Annotated

from breachway.sources.decoding import Key, Struct, Value
from breachway.sources.kubernetes.control_plane import PodSecurityDefaults, PodSecurityExemptions
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
    """A policy of networking.k8s.io.  Policies of Cilium and Calico are an ``OtherObject``."""

    spec: NetworkPolicySpec


@dataclass(frozen=True, slots=True, kw_only=True)
class AdminPods(Struct):
    """Pods by the labels of their namespace and by their own; an empty selector is every namespace or every pod."""

    namespace_selector: LabelSelector | None = None
    pod_selector: LabelSelector | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AdminPeer(Struct):
    """One peer of an admin policy, or its subject: exactly one of the fields is set.

    ``nodes``, ``networks`` and ``domain_names`` stand in egress rules only.
    """

    namespaces: LabelSelector | None = None
    pods: AdminPods | None = None
    nodes: LabelSelector | None = None
    networks: tuple[Value[str], ...] = ()
    domain_names: tuple[Value[str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AdminPortNumber(Struct):
    """A port of one protocol (TCP when it is left out)."""

    protocol: Value[str] | None = None
    port: Value[int] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AdminPortRange(Struct):
    """Ports ``start`` to ``end`` of one protocol (TCP when it is left out)."""

    protocol: Value[str] | None = None
    start: Value[int] | None = None
    end: Value[int] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AdminPort(Struct):
    """One of three ways to name ports; a named port has the protocol that the container declares for it."""

    port_number: AdminPortNumber | None = None
    port_range: AdminPortRange | None = None
    named_port: Value[str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AdminIngressRule(Struct):
    """``action`` is Allow, Deny or Pass (a baseline policy knows no Pass).  Absent ports are every port."""

    name: Value[str] | None = None
    action: Value[str] | None = None
    from_: Annotated[tuple[AdminPeer, ...], Key("from")] = ()
    ports: tuple[AdminPort, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AdminEgressRule(Struct):
    """As the ingress rule, for where the subject may go."""

    name: Value[str] | None = None
    action: Value[str] | None = None
    to: tuple[AdminPeer, ...] = ()
    ports: tuple[AdminPort, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AdminPolicySpec(Struct):
    """Rules in their order; ``priority`` (0 is first) belongs to an AdminNetworkPolicy alone."""

    priority: Value[int] | None = None
    subject: AdminPeer | None = None
    ingress: tuple[AdminIngressRule, ...] = ()
    egress: tuple[AdminEgressRule, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AdminNetworkPolicy(Resource):
    """An AdminNetworkPolicy or a BaselineAdminNetworkPolicy (see ``kind``) of policy.networking.k8s.io."""

    spec: AdminPolicySpec


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


@dataclass(frozen=True, slots=True, kw_only=True)
class PodSecurityConfiguration(Resource):
    """The configuration of the plugin PodSecurity in a file of its own, as an AdmissionConfiguration names it by path."""

    defaults: PodSecurityDefaults | None = None
    exemptions: PodSecurityExemptions | None = None
