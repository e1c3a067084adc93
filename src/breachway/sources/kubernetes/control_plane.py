"""How the API server and the kubelet guard themselves: admission, encryption at rest, kubelet configuration."""

from dataclasses import dataclass
from typing import Annotated

from breachway.sources.decoding import Key, OtherKeys, StringMap, Struct, Value
from breachway.sources.kubernetes.metadata import LabelSelector, NamespacedReference, Resource


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookRule(Struct):
    """The requests that a webhook sees."""

    operations: tuple[Value[str], ...] = ()
    api_groups: tuple[Value[str], ...] = ()
    api_versions: tuple[Value[str], ...] = ()
    resources: tuple[Value[str], ...] = ()
    scope: Value[str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookClient(Struct):
    """Whom the API server asks."""

    url: Value[str] | None = None
    service: NamespacedReference | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchCondition(Struct):
    """An expression that a request must meet for the webhook to be asked."""

    name: Value[str] | None = None
    expression: Value[str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook(Struct):
    """One webhook.  ``failure_policy`` Ignore lets requests pass when it does not answer."""

    name: Value[str] | None = None
    failure_policy: Value[str] | None = None
    client_config: WebhookClient | None = None
    rules: tuple[WebhookRule, ...] = ()
    namespace_selector: LabelSelector | None = None
    object_selector: LabelSelector | None = None
    match_conditions: tuple[MatchCondition, ...] = ()
    side_effects: Value[str] | None = None
    timeout_seconds: Value[int] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookConfiguration(Resource):
    """A ValidatingWebhookConfiguration or a MutatingWebhookConfiguration (see ``kind``)."""

    webhooks: tuple[Webhook, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Toggle(Struct):
    """A switch with a name of its own: ``anonymous``, ``webhook``."""

    enabled: Value[bool] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class X509Authentication(Struct):
    """The authority whose client certificates the kubelet trusts."""

    client_ca_file: Annotated[Value[str] | None, Key("clientCAFile")] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KubeletAuthentication(Struct):
    """Who may speak to the kubelet.  In the file (unlike the flag) anonymous is off by default."""

    anonymous: Toggle | None = None
    webhook: Toggle | None = None
    x509: X509Authentication | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KubeletAuthorization(Struct):
    """What callers of the kubelet may do: ``mode`` is Webhook (the default of the file) or AlwaysAllow."""

    mode: Value[str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KubeletConfiguration(Resource):
    """The configuration file of a kubelet."""

    address: Value[str] | None = None
    port: Value[int] | None = None
    authentication: KubeletAuthentication | None = None
    authorization: KubeletAuthorization | None = None
    read_only_port: Value[int] | None = None
    protect_kernel_defaults: Value[bool] | None = None
    streaming_connection_idle_timeout: Value[str] | None = None
    make_iptables_util_chains: Annotated[Value[bool] | None, Key("makeIPTablesUtilChains")] = None
    rotate_certificates: Value[bool] | None = None
    server_tls_bootstrap: Annotated[Value[bool] | None, Key("serverTLSBootstrap")] = None
    tls_cert_file: Value[str] | None = None
    tls_private_key_file: Value[str] | None = None
    tls_cipher_suites: tuple[Value[str], ...] = ()
    tls_min_version: Value[str] | None = None
    allowed_unsafe_sysctls: tuple[Value[str], ...] = ()
    seccomp_default: Value[bool] | None = None
    event_record_qps: Annotated[Value[int] | None, Key("eventRecordQPS")] = None
    pod_pids_limit: Value[int] | None = None
    static_pod_path: Value[str] | None = None
    enable_debugging_handlers: Value[bool] | None = None
    feature_gates: StringMap | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EncryptionProvider(Struct):
    """One way to encrypt, named by its only key: identity (none at all), aescbc, aesgcm, secretbox or kms."""

    provider: Annotated[tuple[Value[str], ...], OtherKeys()] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class EncryptionRule(Struct):
    """Resources and the providers tried in order; the first one writes."""

    resources: tuple[Value[str], ...] = ()
    providers: tuple[EncryptionProvider, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class EncryptionConfiguration(Resource):
    """Encryption at rest of what etcd stores."""

    resources: tuple[EncryptionRule, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PodSecurityDefaults(Struct):
    """Pod Security levels for namespaces without labels."""

    enforce: Value[str] | None = None
    enforce_version: Annotated[Value[str] | None, Key("enforce-version")] = None
    audit: Value[str] | None = None
    warn: Value[str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PodSecurityExemptions(Struct):
    """Who and what Pod Security passes over."""

    usernames: tuple[Value[str], ...] = ()
    runtime_classes: tuple[Value[str], ...] = ()
    namespaces: tuple[Value[str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PluginConfiguration(Struct):
    """The configuration of one plugin; the fields are those of PodSecurityConfiguration."""

    kind: Value[str] | None = None
    defaults: PodSecurityDefaults | None = None
    exemptions: PodSecurityExemptions | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AdmissionPlugin(Struct):
    """An admission plugin with its configuration, in place or in a file beside it."""

    name: Value[str] | None = None
    path: Value[str] | None = None
    configuration: PluginConfiguration | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AdmissionConfiguration(Resource):
    """The configuration file of admission plugins (apiserver.config.k8s.io)."""

    plugins: tuple[AdmissionPlugin, ...] = ()
