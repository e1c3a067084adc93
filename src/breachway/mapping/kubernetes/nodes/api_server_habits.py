"""What the API server and the parts around it obey, by their settings, their version and the cloud they run in.

Each decides whether a right that some role gives leads anywhere: bootstrap tokens, mutating policies, log files, addresses of
services, the ConfigMap of EKS, and provisioners that take paths of a node from a storage class.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from breachway.mapping.containers.grounds import Belief, defaulted, observed
from breachway.mapping.kubernetes.versions import KubernetesVersion
from breachway.sources.decoding import value_or
from breachway.sources.image_reference import parse_image_reference
from breachway.sources.kubernetes.objects import RoleBinding, Workload

if TYPE_CHECKING:
    from collections.abc import Iterator

    from breachway.evidence import Location
    from breachway.mapping.kubernetes.declared import Declared
    from breachway.mapping.kubernetes.judging import Judge
    from breachway.mapping.kubernetes.nodes.flags import Program
    from breachway.mapping.kubernetes.settings import ClusterSettings

_CLUSTER = "the cluster"
_API_SERVER = "kube-apiserver reference"
_APPROVING = "system:certificates.k8s.io:certificatesigningrequests:nodeclient"
_BOOTSTRAPPERS = "system:bootstrappers"
_POLICIES_KNOWN, _POLICIES_ON = KubernetesVersion(1, 32), KubernetesVersion(1, 36)
"""MutatingAdmissionPolicy: alpha in 1.32, beta and off in 1.34, on by default in 1.36 (KEP-3962)."""

_LOGS_OFF = KubernetesVersion(1, 31)
_LOGS_CHANGE = "Kubernetes changelog 1.31: --enable-logs-handler is off by default"
_PROVISIONER = "local-path-provisioner"
_PROVISIONER_CHECKS = (0, 0, 34)
"""CVE-2025-62878: before 0.0.34 the parameter pathPattern leads out of the provisioner's directory unchecked.

Since then it is checked, but for a class with the parameter allowUnsafePathPattern, which its author may set as well.
"""

BOOTSTRAP_REFUSED = Belief(
    "bootstrap-tokens-refused",
    "the API server takes no bootstrap tokens, or signs nothing for who has one",
    0.6,
    "judgement: kubeadm turns both on and managed offerings do not; the input shows neither flag nor binding",
    _CLUSTER,
)
MUTATING_POLICIES_OFF = Belief(
    "mutating-admission-policies-off",
    "the API server does not serve mutating admission policies",
    0.8,
    "judgement: on by default since 1.36, off unless asked for in 1.32 to 1.35, unknown before; nobody stated the version",
    _CLUSTER,
)
SERVER_LOGS_OFF = Belief(
    "server-logs-off",
    "the API server does not serve its log files",
    0.8,
    "judgement: off by default since 1.31, on before; nobody stated the version, and GKE turns it on",
    _CLUSTER,
)
NODES_RESTRICTED = Belief(
    "nodes-restricted",
    "the API server runs NodeRestriction",
    0.95,
    "judgement: kubeadm, k3s and the managed offerings turn it on, although the program's own default is off",
    _CLUSTER,
)
NO_PATH_PROVISIONER = Belief(
    "no-host-path-provisioner",
    "no provisioner runs that a storage class can lead to any path of a node",
    0.9,
    "judgement: the one that could is a default of k3s and of small clusters, and is not in the input",
    _CLUSTER,
)


def map_habits(
    judge: Judge, declared: Declared, programs: tuple[Program, ...], settings: ClusterSettings, place: Location
) -> None:
    """Set the defences of the cluster against rights that only lead somewhere by what it obeys."""
    servers = tuple(program for program in programs if program.name == "kube-apiserver")
    _bootstrap_tokens(judge, declared, servers, place)
    _mutating_policies(judge, settings, servers, place)
    _server_logs(judge, settings, servers, place)
    _addresses(judge, servers, place)
    _node_restriction(judge, servers, place)
    _provisioners(judge, declared, place)


def _bootstrap_tokens(judge: Judge, declared: Declared, servers: tuple[Program, ...], place: Location) -> None:
    flags = [(server, server.get("enable-bootstrap-token-auth")) for server in servers]
    for server, flag in flags:
        if flag is None or flag.value == "false":
            note = "--enable-bootstrap-token-auth is not set; bootstrap tokens are refused"
            judge.on(defaulted(server.location, note, _API_SERVER), "bootstrapTokensRefused")
            return
    approving = _approves_bootstrappers(declared)
    if approving is not None:
        note = "certificates of nodes are approved for every holder of a bootstrap token"
        judge.off(observed(approving, note), "bootstrapTokensRefused")
    else:
        judge.assume(place, BOOTSTRAP_REFUSED, "bootstrapTokensRefused")


def _approves_bootstrappers(declared: Declared) -> Location | None:
    """Where the group of bootstrap tokens is given the right to have certificates of nodes approved."""
    for binding in declared.of(RoleBinding):
        if binding.role_ref is None or value_or(binding.role_ref.name, "") != _APPROVING:
            continue
        for subject in binding.subjects:
            name = value_or(subject.name, "")
            if value_or(subject.kind, "") == "Group" and (name == _BOOTSTRAPPERS or name.startswith(f"{_BOOTSTRAPPERS}:")):
                return subject.location
    return None


def _mutating_policies(judge: Judge, settings: ClusterSettings, servers: tuple[Program, ...], place: Location) -> None:
    defence = "mutatingPoliciesOff"
    for server in servers:
        gates, served = server.get("feature-gates"), server.get("runtime-config")
        if gates is not None and "MutatingAdmissionPolicy=true" in gates.items and served is not None:
            judge.off(observed(gates.location, f"--{gates.name}={gates.value}"), defence)
            return
        if gates is not None and "MutatingAdmissionPolicy=false" in gates.items:
            judge.on(observed(gates.location, f"--{gates.name}={gates.value}"), defence)
            return
    if not settings.known_version:
        judge.assume(place, MUTATING_POLICIES_OFF, defence)
    elif settings.version >= _POLICIES_ON:
        judge.off(defaulted(place, f"Kubernetes {settings.version.text} serves them by default", "KEP-3962"), defence)
    else:
        known = "does not serve them by default" if settings.version >= _POLICIES_KNOWN else "does not know them"
        judge.on(defaulted(place, f"Kubernetes {settings.version.text} {known}", "KEP-3962"), defence)


def _server_logs(judge: Judge, settings: ClusterSettings, servers: tuple[Program, ...], place: Location) -> None:
    defence = "serverLogsOff"
    for server in servers:
        flag = server.get("enable-logs-handler")
        if flag is not None:
            seen = observed(flag.location, f"--{flag.name}={flag.value}")
            if flag.value == "false":
                judge.on(seen, defence)
            else:
                judge.off(seen, defence)
            return
    if not settings.known_version:
        judge.assume(place, SERVER_LOGS_OFF, defence)
    elif settings.version >= _LOGS_OFF:
        judge.on(defaulted(place, f"off by default in Kubernetes {settings.version.text}", _LOGS_CHANGE), defence)
    else:
        judge.off(defaulted(place, f"on by default in Kubernetes {settings.version.text}", _LOGS_CHANGE), defence)


def _addresses(judge: Judge, servers: tuple[Program, ...], place: Location) -> None:
    defence = "externalAddressesRefused"
    for server in servers:
        plugins = server.get("enable-admission-plugins")
        if plugins is not None and "DenyServiceExternalIPs" in plugins.items:
            judge.on(observed(plugins.location, f"--{plugins.name}={plugins.value}"), defence)
        else:
            note = "DenyServiceExternalIPs is not among the admission plugins, and is off by default"
            judge.off(defaulted(plugins.location if plugins else server.location, note, _API_SERVER), defence)
    if not servers:
        note = "the command line of the API server is not in the input; DenyServiceExternalIPs is off by default"
        judge.off(defaulted(place, note, _API_SERVER), defence)


def _node_restriction(judge: Judge, servers: tuple[Program, ...], place: Location) -> None:
    defence = "nodesRestricted"
    for server in servers:
        plugins = server.get("enable-admission-plugins") or server.get("admission-control")
        if plugins is not None and "NodeRestriction" in plugins.items:
            judge.on(observed(plugins.location, f"--{plugins.name}={plugins.value}"), defence)
        else:
            note = "NodeRestriction is not among the admission plugins, and is off by default"
            judge.off(defaulted(plugins.location if plugins else server.location, note, _API_SERVER), defence)
    if not servers:
        judge.assume(place, NODES_RESTRICTED, defence)


def _provisioners(judge: Judge, declared: Declared, place: Location) -> None:
    defence = "noHostPathProvisioner"
    seen = tuple(_provisioner_images(declared))
    for version, text, location in seen:
        how = "lets a storage class name any path"
        if version >= _PROVISIONER_CHECKS:
            how = "checks paths, unless the class says allowUnsafePathPattern"
        judge.off(observed(location, f"{_PROVISIONER} {text} {how} (CVE-2025-62878)"), defence)
    if not seen:
        judge.assume(place, NO_PATH_PROVISIONER, defence)


def _provisioner_images(declared: Declared) -> Iterator[tuple[tuple[int, ...], str, Location]]:
    for workload in declared.of(Workload):
        for container in workload.pod_template.spec.containers:
            reference = parse_image_reference(container.image.value) if container.image else None
            if container.image is None or reference is None or reference.name != _PROVISIONER:
                continue
            numbers = re.match(r"v?(\d{1,3})\.(\d{1,3})\.(\d{1,3})", reference.tag)
            yield tuple(int(part) for part in numbers.groups()) if numbers else (), reference.tag, container.image.location
