"""The API server, etcd and their companions: what their command lines and configuration files say, else what installers do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from breachway.mapping.containers.grounds import Finding, believe, defaulted, observed
from breachway.mapping.kubernetes import assumptions
from breachway.mapping.kubernetes.cloud.clusters import UNMANAGED
from breachway.mapping.kubernetes.declared import name_of
from breachway.mapping.kubernetes.exposure.mapping import is_public
from breachway.mapping.kubernetes.index import CLUSTER_ID
from breachway.mapping.kubernetes.judging import PLATFORM, Judge
from breachway.mapping.kubernetes.nodes.flags import is_false, is_true
from breachway.mapping.places import INTERNET_ID
from breachway.model import CrownJewel
from breachway.sources.decoding import value_or
from breachway.sources.kubernetes.objects import EncryptionConfiguration, WebhookConfiguration

if TYPE_CHECKING:
    from collections.abc import Callable

    from breachway.evidence import Evidence, Location
    from breachway.mapping.building import ModelBuilder
    from breachway.mapping.kubernetes.cloud.clusters import ManagedCluster
    from breachway.mapping.kubernetes.declared import Declared
    from breachway.mapping.kubernetes.nodes.flags import Flag, Program
    from breachway.mapping.kubernetes.settings import ClusterSettings
    from breachway.sources.kubernetes.control_plane import Webhook

API_SERVER = "kube-apiserver reference"
ETCD = "etcd configuration reference"
_ADMIN_VALUE = 9
_NEEDED_PLUGINS = ("PodSecurity", "ServiceAccount", "NamespaceLifecycle")
_AUDIT_DAYS = 30
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
_POLICY_RESOURCES = frozenset(
    {"*", "pods", "pods/*", "*/*", "deployments", "daemonsets", "statefulsets", "jobs", "cronjobs", "replicasets"}
)


def map_cluster(
    builder: ModelBuilder,
    declared: Declared,
    programs: tuple[Program, ...],
    settings: ClusterSettings,
    location: Location,
    managed: ManagedCluster = UNMANAGED,
) -> None:
    """Add the cluster with every defence set, and judge the programs of its control plane.

    ``managed`` is what files of the cloud say of it.
    """
    found = observed(location, "Kubernetes objects were read")
    version = (("version", settings.version.text),) if settings.known_version else ()
    builder.asset("Cluster", CLUSTER_ID, "the cluster", platform=PLATFORM, evidence=found, facts=version)
    builder.link("FacesCluster", INTERNET_ID, CLUSTER_ID, found)
    builder.crown_jewel(
        CrownJewel(asset=CLUSTER_ID, step="admin", title="control of the whole cluster", value=_ADMIN_VALUE, evidence=found)
    )
    judge = Judge(builder, CLUSTER_ID, "the cluster")
    servers = tuple(program for program in programs if program.name == "kube-apiserver")
    outside = _public_address(servers)
    if outside:
        judge.off(outside, "apiNotPublic")
    elif managed.not_public is not None:
        judge.state(managed.not_public.evidence, "apiNotPublic", on=managed.not_public.on is True)
    else:
        judge.assume(location, assumptions.API_NOT_PUBLIC, "apiNotPublic")
    stores = tuple(program for program in programs if program.name == "etcd")
    for program in servers:
        _api_server(Judge(builder, CLUSTER_ID, program.subject), program)
    if not servers:
        _unseen_api_server(judge, location, managed)
    for program in stores:
        _etcd(Judge(builder, CLUSTER_ID, program.subject), program)
    if not stores:
        judge.assume(location, assumptions.ETCD_CERTIFICATES, "etcdClientCertificates")
    for program in programs:
        if program.name in {"kube-controller-manager", "kube-scheduler"}:
            _companion(Judge(builder, CLUSTER_ID, program.subject), program)
    _encryption(builder, declared, servers)
    for configuration in declared.of(WebhookConfiguration):
        subject = f"{configuration.kind} {name_of(configuration.metadata)}"
        for webhook in configuration.webhooks:
            _webhook(Judge(builder, CLUSTER_ID, subject), webhook)


def _public_address(servers: tuple[Program, ...]) -> tuple[Evidence, ...]:
    """The evidence that an API server listens on an address of the internet; empty if nothing says so."""
    for server in servers:
        bound = server.get("bind-address")
        for flag in (server.get("advertise-address"), bound):
            if flag is not None and is_public(flag.value) and (bound is None or bound.value not in _LOOPBACK):
                return _seen(flag)
    return ()


def _unseen_api_server(judge: Judge, location: Location, managed: ManagedCluster) -> None:
    note = "the command line of the API server is not in the input; anonymous requests are let in and then authorized like others"
    judge.off(defaulted(location, note, API_SERVER), "anonymousRefused")
    note = "the insecure port serves loopback only, and is gone since Kubernetes 1.24"
    judge.on(defaulted(location, note, API_SERVER), "insecurePortClosed")
    judge.assume(location, assumptions.AUTHORIZES, "authorizationEnforced")
    judge.assume(location, assumptions.NO_STATIC_CREDENTIALS, "noStaticCredentials")
    judge.assume(location, assumptions.ADMISSION_COMPLETE, "admissionComplete")
    if managed.audited is not None:
        judge.state(managed.audited.evidence, "audited", on=managed.audited.on is True)
    else:
        judge.assume(location, assumptions.AUDITED, "audited")


# ------------------------------------------------------------------------------------------------------------------- API server


def _seen(flag: Flag) -> tuple[Evidence, ...]:
    return observed(flag.location, f"--{flag.name}={flag.value}")


def _unset(program: Program, name: str, meaning: str) -> tuple[Evidence, ...]:
    return defaulted(
        program.location, f"--{name} is not set; {meaning}", API_SERVER if program.name == "kube-apiserver" else ETCD
    )


def _api_server(judge: Judge, program: Program) -> None:
    _anonymous(judge, program)
    _authorization(judge, program)
    _static_credentials(judge, program)
    _insecure_port(judge, program)
    _plugins(judge, program)
    _audit(judge, program)
    _kubelet_connection(judge, program)
    flag = program.get("service-account-extend-token-expiration")
    if not is_false(flag):
        found = _seen(flag) if flag else _unset(program, "service-account-extend-token-expiration", "tokens live up to a year")
        judge.weak("sa-token-long-expiry", found)


def _anonymous(judge: Judge, program: Program) -> None:
    flag = program.get("anonymous-auth")
    configured = program.get("authentication-config")
    key, defence = "apiserver-anonymous-auth", "anonymousRefused"
    if is_false(flag) and flag is not None:
        judge.safe(key, _seen(flag), defence)
    elif flag is None and configured is not None:
        judge.on(_seen(configured), defence)
    else:
        judge.weak(key, _seen(flag) if flag else _unset(program, "anonymous-auth", "anonymous requests are let in"), defence)


def _authorization(judge: Judge, program: Program) -> None:
    key, defence = "apiserver-authorization-mode", "authorizationEnforced"
    flag, configured = program.get("authorization-mode"), program.get("authorization-config")
    if flag is None and configured is not None:
        judge.safe(key, _seen(configured), defence)
    elif flag is None:
        judge.weak(key, _unset(program, "authorization-mode", "everything is allowed"), defence)
    elif "AlwaysAllow" in flag.items:
        judge.weak(key, _seen(flag), defence)
    elif "RBAC" not in flag.items or "Node" not in flag.items:
        judge.weak(key, _seen(flag))
        judge.on(_seen(flag), defence)
    else:
        judge.safe(key, _seen(flag), defence)


def _static_credentials(judge: Judge, program: Program) -> None:
    key, defence = "apiserver-static-credentials", "noStaticCredentials"
    flag = program.get("token-auth-file") or program.get("basic-auth-file")
    if flag is not None:
        judge.weak(key, _seen(flag), defence)
    else:
        judge.safe(key, _unset(program, "token-auth-file", "no credentials are read from files"), defence)


def _insecure_port(judge: Judge, program: Program) -> None:
    key, defence = "apiserver-insecure-port", "insecurePortClosed"
    port, address, secure = program.get("insecure-port"), program.get("insecure-bind-address"), program.get("secure-port")
    if port is not None and port.value != "0":
        judge.weak(key, _seen(port), defence)
    elif address is not None and (port is None or port.value != "0"):
        judge.weak(key, _seen(address), defence)
    elif secure is not None and secure.value == "0":
        judge.weak(key, _seen(secure), defence)
    else:
        found = _seen(port) if port else _unset(program, "insecure-port", "it serves loopback only, and is gone since 1.24")
        judge.safe(key, found, defence)


def _plugins(judge: Judge, program: Program) -> None:
    key, defence = "apiserver-admission-plugins", "admissionComplete"
    enabled = program.get("enable-admission-plugins") or program.get("admission-control")
    disabled = program.get("disable-admission-plugins")
    names = enabled.items if enabled else ()
    silent = _unset(program, "enable-admission-plugins", "NodeRestriction is not among the defaults")
    complete = True
    if enabled is not None and "AlwaysAdmit" in names:
        complete = False
        judge.weak(key, _seen(enabled), defence, detail="AlwaysAdmit")
    if "NodeRestriction" not in names:
        complete = False
        judge.weak(key, _seen(enabled) if enabled else silent, detail="NodeRestriction")
        judge.on(_seen(enabled) if enabled else silent, defence)
    for name in _NEEDED_PLUGINS:
        if disabled is not None and name in disabled.items:
            complete = False
            judge.weak(key, _seen(disabled), defence, detail=name)
    if complete and enabled is not None:
        judge.safe(key, _seen(enabled), defence)
    if "AlwaysPullImages" not in names:
        judge.weak("always-pull-images-off", _seen(enabled) if enabled else silent)


def _audit(judge: Judge, program: Program) -> None:
    key, defence = "apiserver-audit-off", "audited"
    backend = program.get("audit-log-path") or program.get("audit-webhook-config-file")
    policy, age = program.get("audit-policy-file"), program.get("audit-log-maxage")
    if backend is None:
        judge.weak(key, _unset(program, "audit-log-path", "nothing is logged"), defence)
    elif policy is None:
        judge.weak(key, _unset(program, "audit-policy-file", "nothing is logged without a policy"), defence)
    else:
        judge.safe(key, _seen(backend), defence)
        if age is not None and age.value.isdecimal() and int(age.value[:9]) < _AUDIT_DAYS:
            judge.weak(key, _seen(age), detail="audit-log-maxage")


def _kubelet_connection(judge: Judge, program: Program) -> None:
    for name in ("kubelet-certificate-authority", "kubelet-client-certificate", "kubelet-client-key"):
        if program.get(name) is None:
            judge.weak(
                "apiserver-kubelet-tls", _unset(program, name, "the connection to the kubelets is not verified"), detail=name
            )


# ------------------------------------------------------------------------------------------------------------ etcd and the rest


def _etcd(judge: Judge, program: Program) -> None:
    key, defence = "etcd-no-client-cert-auth", "etcdClientCertificates"
    weak = False
    clients, auto = program.get("client-cert-auth"), program.get("auto-tls")
    if not is_true(clients):
        weak = True
        judge.weak(key, _seen(clients) if clients else _unset(program, "client-cert-auth", "any client is served"), defence)
    if auto is not None and is_true(auto):
        weak = True
        judge.weak(key, _seen(auto), defence, detail="auto-tls")
    for name in ("cert-file", "key-file"):
        if program.get(name) is None:
            weak = True
            judge.weak(key, _unset(program, name, "clients are served without TLS"), defence, detail=name)
    peers, peer_auto = program.get("peer-client-cert-auth"), program.get("peer-auto-tls")
    if not is_true(peers):
        judge.weak(key, _seen(peers) if peers else _unset(program, "peer-client-cert-auth", "any peer is let in"), detail="peers")
    if peer_auto is not None and is_true(peer_auto):
        judge.weak(key, _seen(peer_auto), detail="peer-auto-tls")
    if not weak and clients is not None:
        judge.safe(key, _seen(clients), defence)


def _companion(judge: Judge, program: Program) -> None:
    key = "controlplane-bind-and-profiling"
    address, profiling = program.get("bind-address"), program.get("profiling")
    if address is None or address.value not in _LOOPBACK:
        judge.weak(
            key, _seen(address) if address else _unset(program, "bind-address", "it serves every address"), detail="bind-address"
        )
    if not is_false(profiling):
        judge.weak(
            key, _seen(profiling) if profiling else _unset(program, "profiling", "profiles are served"), detail="profiling"
        )
    own = program.get("use-service-account-credentials")
    if program.name == "kube-controller-manager" and not is_true(own):
        found = _seen(own) if own else _unset(program, "use-service-account-credentials", "all controllers share one identity")
        judge.weak(key, found, detail="use-service-account-credentials")


def _encryption(builder: ModelBuilder, declared: Declared, servers: tuple[Program, ...]) -> None:
    key = "etcd-encryption-missing"
    for server in servers:
        if server.get("encryption-provider-config") is None:
            found = _unset(server, "encryption-provider-config", "Secrets are stored as they are")
            Judge(builder, CLUSTER_ID, server.subject).weak(key, found)
    for configuration in declared.of(EncryptionConfiguration):
        plain = _plain_provider(configuration)
        if plain:
            Judge(builder, CLUSTER_ID, "EncryptionConfiguration").weak(key, plain)


def _plain_provider(configuration: EncryptionConfiguration) -> tuple[Evidence, ...]:
    """The evidence that Secrets are written as they are; empty if they are encrypted."""
    for rule in configuration.resources:
        names = {item.value for item in rule.resources}
        if not names & {"secrets", "*.", "*.*"}:
            continue
        first = rule.providers[0].provider if rule.providers else ()
        if first and first[0].value == "identity":
            return observed(first[0].location, "the first provider for Secrets is identity: no encryption")
        return ()
    return observed(configuration.location, "no rule encrypts Secrets")


def encryption_at_rest(
    builder: ModelBuilder, declared: Declared, servers: tuple[Program, ...], managed: ManagedCluster = UNMANAGED
) -> Callable[[Location], Finding]:
    """Whether what the API server stores is encrypted, as a finding for an object at a place."""
    key = ("etcd-encryption-missing",)
    if managed.encrypted is not None:
        known = Finding(1.0 if managed.encrypted.on else 0.0, managed.encrypted.evidence, key)
        return lambda _location: known
    for configuration in declared.of(EncryptionConfiguration):
        plain = _plain_provider(configuration)
        fixed = (
            Finding(0.0, plain, key) if plain else Finding(1.0, observed(configuration.location, "Secrets are encrypted"), key)
        )
        return lambda _location: fixed
    for server in servers:
        flag = server.get("encryption-provider-config")
        found = _seen(flag) if flag else _unset(server, "encryption-provider-config", "Secrets are stored as they are")
        told = Finding(1.0 if flag else 0.0, found, key)
        return lambda _location: told
    return lambda location: believe(builder, assumptions.ENCRYPTED_AT_REST, location, keys=key)


def _webhook(judge: Judge, webhook: Webhook) -> None:
    """A webhook that guards workloads and lets them pass when it does not answer."""
    guards = any(_POLICY_RESOURCES & {item.value for item in rule.resources} for rule in webhook.rules)
    policy = webhook.failure_policy
    if guards and policy is not None and policy.value == "Ignore":
        found = observed(policy.location, f"webhook {value_or(webhook.name, '?')}: failurePolicy: Ignore")
        judge.weak("admission-webhook-fail-open", found, detail=value_or(webhook.name, ""))
