"""Who gets answers from the metadata service of a group of nodes, by the settings of the group.

Sources: Amazon EC2 user guide (use IMDSv2; the limit of hops is that of the answer to the request for a token, so that version 1
does not know it), Google Kubernetes Engine documentation (protecting cluster metadata; workload identity).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from breachway.mapping.cloud.beliefs import (
    BOOTSTRAP_NOT_IN_METADATA,
    HOP_LIMIT_ONE,
    METADATA_NEEDS_HEADER,
    SHIELDED_NODES,
    TOKENS_REQUIRED,
)
from breachway.mapping.containers.grounds import Belief, defaulted, observed
from breachway.mapping.kubernetes.versions import KubernetesVersion
from breachway.sources.decoding import Value, value_or

if TYPE_CHECKING:
    from breachway.evidence import Evidence, Location
    from breachway.sources.kubernetes.cloud_objects import NodeClassSpec
    from breachway.sources.terraform.resources import GkeCluster, GkeNodeConfig, MetadataOptions

_GKE = "Google Kubernetes Engine documentation, Protecting cluster metadata"
_GKE_IDENTITY = "Google Kubernetes Engine documentation, Workload Identity Federation for GKE"
_SHIELDED = "Google Kubernetes Engine documentation, Shielded GKE Nodes"
_EKS = "Amazon EKS user guide, Amazon EKS node IAM role"
_KARPENTER = "Karpenter documentation, NodeClasses, spec.metadataOptions"
_AZURE = "Azure documentation, Instance Metadata Service"
HEADER_BY_DEFAULT = KubernetesVersion(1, 12)
"""GKE turns the endpoints without a header off in node pools of this version and later."""
SHIELDED_BY_DEFAULT = KubernetesVersion(1, 18)
SHIELDED_SINCE = KubernetesVersion(1, 13)
"""Earlier nodes of GKE carry the kubelet's credentials in kube-env, whatever is set."""
_HIDDEN = frozenset({"GKE_METADATA", "GKE_METADATA_SERVER"})
_CONCEALED = frozenset({"SECURE"})


class State(NamedTuple):
    """A defence: on, off, or resting on a belief (``on`` None)."""

    on: bool | None
    evidence: tuple[Evidence, ...] = ()
    belief: Belief | None = None
    location: Location | None = None


class MetadataAccess(NamedTuple):
    """Who gets answers; ``pods`` None where nothing but the general assumption is known.

    ``pods`` and ``host`` are states of the defence that keeps containers out, on the pod network and on the host's; ``header``
    and ``bootstrap`` those of the pool.
    """

    header: State
    bootstrap: State
    pods: State | None = None
    host: State | None = None


def _on(location: Location, note: str) -> State:
    return State(on=True, evidence=observed(location, note))


def _off(location: Location, note: str) -> State:
    return State(on=False, evidence=observed(location, note))


def _believed(belief: Belief, location: Location) -> State:
    return State(on=None, belief=belief, location=location)


# ------------------------------------------------------------------------------------------------------------------------ AWS


def aws_access(options: MetadataOptions | None, location: Location) -> MetadataAccess:
    """The metadata service of EC2; ``options`` None where no launch template is in the input."""
    bootstrap = State(
        on=True, evidence=defaulted(location, "nodes of EKS join by their role, not by a key in their start-up data", _EKS)
    )
    if options is None:
        return MetadataAccess(_believed(METADATA_NEEDS_HEADER, location), bootstrap)
    endpoint, tokens, hops = options.http_endpoint, options.http_tokens, options.http_put_response_hop_limit
    if endpoint is not None and endpoint.value == "disabled":
        closed = _on(endpoint.location, "http_endpoint: disabled")
        return MetadataAccess(closed, bootstrap, closed, closed)
    host = State(on=False, evidence=observed(options.location, "a pod on the host's network asks as the machine itself"))
    if tokens is not None and tokens.value == "optional":
        opened = _off(tokens.location, "http_tokens: optional; version 1 answers at any distance, without a token")
        return MetadataAccess(opened, bootstrap, opened, host)
    limit = _number(hops)
    if tokens is not None and tokens.value == "required":
        return MetadataAccess(_on(tokens.location, "http_tokens: required"), bootstrap, _by_hops(hops, limit, options), host)
    header = _believed(TOKENS_REQUIRED, options.location)
    if limit is not None and limit > 1 and hops is not None:
        return MetadataAccess(header, bootstrap, _off(hops.location, f"http_put_response_hop_limit: {limit}"), host)
    return MetadataAccess(header, bootstrap, None, host)


def _by_hops(hops: Value[str] | None, limit: int | None, options: MetadataOptions) -> State:
    if hops is None or limit is None:
        return _believed(HOP_LIMIT_ONE, options.location)
    if limit > 1:
        return _off(hops.location, f"http_put_response_hop_limit: {limit}; a token reaches pods behind the node")
    return _on(hops.location, f"tokens are required, and http_put_response_hop_limit: {limit} ends them at the node")


def karpenter_access(spec: NodeClassSpec, version: str, location: Location) -> MetadataAccess:
    """The metadata service of instances that Karpenter starts; ``version`` is that of the API, which decides the defaults.

    Tokens are required by default; the limit of hops is 1 by default in version v1, and was 2 before.
    """
    options = spec.metadata_options
    closed = "1" if version == "v1" else "2"
    silent = defaulted(location, f"the metadataOptions of {version} default to required tokens and {closed} hops", _KARPENTER)
    joins = defaulted(location, "nodes of EKS join by their role, not by a key in their start-up data", _EKS)
    bootstrap = State(on=True, evidence=joins)
    endpoint = options.http_endpoint if options else None
    tokens = options.http_tokens if options else None
    hops = options.http_put_response_hop_limit if options else None
    if endpoint is not None and endpoint.value == "disabled":
        shut = _on(endpoint.location, "httpEndpoint: disabled")
        return MetadataAccess(shut, bootstrap, shut, shut)
    host = State(on=False, evidence=defaulted(location, "a pod on the host's network asks as the machine itself", _KARPENTER))
    if tokens is not None and tokens.value == "optional":
        opened = _off(tokens.location, "httpTokens: optional; version 1 answers at any distance, without a token")
        return MetadataAccess(opened, bootstrap, opened, host)
    header = _on(tokens.location, "httpTokens: required") if tokens else State(on=True, evidence=silent)
    seen = observed(hops.location, f"httpPutResponseHopLimit: {hops.value}") if hops else silent
    return MetadataAccess(header, bootstrap, State(on=value_or(hops, closed) == "1", evidence=seen), host)


def _number(value: Value[str] | None) -> int | None:
    text = value_or(value, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 4 else None  # noqa: PLR2004 - at most 64


# --------------------------------------------------------------------------------------------------------------------- Google


def gke_access(
    config: GkeNodeConfig | None, cluster: GkeCluster | None, version: KubernetesVersion | None, location: Location
) -> MetadataAccess:
    """The metadata server of GKE nodes; ``version`` is that of the nodes, None if not known."""
    mode = _mode(config)
    bootstrap = _bootstrap(cluster, version, location)
    header = _header(config, version, location)
    host = State(
        on=False,
        evidence=defaulted(location, "a pod on the host's network asks the machine's own server", _GKE_IDENTITY),
    )
    if mode is not None and mode.value in _HIDDEN:
        return MetadataAccess(header, bootstrap, _on(mode.location, f"mode: {mode.value}"), host)
    if mode is not None and mode.value in _CONCEALED:
        hidden = _on(mode.location, f"mode: {mode.value} hides kube-env and the machine's identity token")
        return MetadataAccess(
            _on(mode.location, f"mode: {mode.value} refuses requests without a header"),
            hidden,
            _off(mode.location, f"mode: {mode.value} still gives out the tokens of the node's service account"),
            host,
        )
    if mode is not None and "${" not in mode.value and mode.value != "MODE_UNSPECIFIED":
        return MetadataAccess(header, bootstrap, _off(mode.location, f"mode: {mode.value}"), host)
    if mode is not None and "${" in mode.value:
        return MetadataAccess(header, bootstrap, None, host)
    return MetadataAccess(header, bootstrap, _by_cluster(cluster, location), host)


def _mode(config: GkeNodeConfig | None) -> Value[str] | None:
    return next((item.mode or item.node_metadata for item in config.workload_metadata_config), None) if config else None


def _by_cluster(cluster: GkeCluster | None, location: Location) -> State | None:
    """What holds where the pool says nothing: workload identity of the cluster brings its own metadata server."""
    if cluster is None:
        return None
    autopilot = cluster.enable_autopilot
    if autopilot is not None and autopilot.value == "true":
        return State(
            on=True, evidence=defaulted(autopilot.location, "Autopilot runs the GKE metadata server on every node", _GKE_IDENTITY)
        )
    pool = next((item.workload_pool for item in cluster.workload_identity_config if item.workload_pool is not None), None)
    if pool is not None:
        note = "a node pool of a cluster with workload identity gets the GKE metadata server"
        return State(on=True, evidence=defaulted(pool.location, note, _GKE_IDENTITY))
    return State(on=False, evidence=defaulted(location, "without workload identity pods are shown the machine's metadata", _GKE))


def _header(config: GkeNodeConfig | None, version: KubernetesVersion | None, location: Location) -> State:
    stated = config.metadata.get("disable-legacy-endpoints") if config is not None and config.metadata is not None else None
    if stated is not None and stated.value in {"true", "false"}:
        note = f"disable-legacy-endpoints: {stated.value}"
        return _on(stated.location, note) if stated.value == "true" else _off(stated.location, note)
    if version is not None and version < HEADER_BY_DEFAULT:
        return State(on=False, evidence=defaulted(location, f"GKE {version.text} serves the endpoints without a header", _GKE))
    if version is not None or (config is not None and stated is None):
        return State(on=True, evidence=defaulted(location, "GKE turns the endpoints without a header off since 1.12", _GKE))
    return _believed(METADATA_NEEDS_HEADER, location)


def _bootstrap(cluster: GkeCluster | None, version: KubernetesVersion | None, location: Location) -> State:
    if version is not None and version < SHIELDED_SINCE:
        return State(
            on=False,
            evidence=defaulted(location, f"nodes of GKE {version.text} carry the kubelet's credentials in kube-env", _GKE),
        )
    stated = cluster.enable_shielded_nodes if cluster is not None else None
    if stated is not None and stated.value in {"true", "false"}:
        note = f"enable_shielded_nodes: {stated.value}"
        return _on(stated.location, note) if stated.value == "true" else _off(stated.location, note)
    if version is not None and version >= SHIELDED_BY_DEFAULT and stated is None:
        return State(on=True, evidence=defaulted(location, "nodes of GKE are shielded by default since 1.18", _SHIELDED))
    return _believed(SHIELDED_NODES, location)


# --------------------------------------------------------------------------------------------------------------------- others


def other_access(provider: str, version: KubernetesVersion | None, location: Location) -> MetadataAccess:
    """What is known by the name of the cloud alone."""
    match provider:
        case "aws":
            return aws_access(None, location)
        case "gce":
            access = gke_access(None, None, version, location)
            return access._replace(pods=None, host=None)
        case "azure":
            header = State(on=True, evidence=defaulted(location, "Azure asks for the header Metadata: true", _AZURE))
            return MetadataAccess(header, _believed(BOOTSTRAP_NOT_IN_METADATA, location))
        case _:
            return MetadataAccess(_believed(METADATA_NEEDS_HEADER, location), _believed(BOOTSTRAP_NOT_IN_METADATA, location))
