"""The resources of Google Cloud and of Azure that have a meaning for the model, with the fields that decide something."""

from dataclasses import dataclass

from breachway.sources.decoding import StringMap, Struct
from breachway.sources.terraform.resource_base import Resource, Text

# --------------------------------------------------------------------------------------------------------------------- Google


@dataclass(frozen=True, slots=True, kw_only=True)
class GkeMetadata(Struct):
    """What the metadata server shows to pods: ``node_metadata`` is the older name of ``mode``."""

    mode: Text | None = None
    node_metadata: Text | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GkeNodeConfig(Struct):
    """The machines of a node pool."""

    service_account: Text | None = None
    metadata: StringMap | None = None
    workload_metadata_config: tuple[GkeMetadata, ...] = ()
    oauth_scopes: tuple[Text, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class GkeNodePool(Resource):
    """``google_container_node_pool``."""

    name: Text | None = None
    cluster: Text | None = None
    node_config: tuple[GkeNodeConfig, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class GkeWorkloadIdentity(Struct):
    """The workload pool of a cluster."""

    workload_pool: Text | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GkePrivate(Struct):
    """A private API server."""

    enable_private_endpoint: Text | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GkeAllowed(Struct):
    """A network that may reach the API server."""

    cidr_block: Text | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GkeAuthorizedNetworks(Struct):
    """The networks that may reach the API server."""

    cidr_blocks: tuple[GkeAllowed, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class GkeEncryption(Struct):
    """Encryption of Secrets by a key of one's own: ``state`` is ENCRYPTED or DECRYPTED."""

    state: Text | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GkeCluster(Resource):
    """``google_container_cluster``."""

    name: Text | None = None
    project: Text | None = None
    min_master_version: Text | None = None
    enable_autopilot: Text | None = None
    enable_legacy_abac: Text | None = None
    enable_shielded_nodes: Text | None = None
    workload_identity_config: tuple[GkeWorkloadIdentity, ...] = ()
    private_cluster_config: tuple[GkePrivate, ...] = ()
    master_authorized_networks_config: tuple[GkeAuthorizedNetworks, ...] = ()
    database_encryption: tuple[GkeEncryption, ...] = ()
    node_config: tuple[GkeNodeConfig, ...] = ()
    remove_default_node_pool: Text | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GoogleServiceAccount(Resource):
    """``google_service_account``."""

    account_id: Text | None = None
    project: Text | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantCondition(Struct):
    """A condition in the common expression language, which is not evaluated."""

    expression: Text | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GoogleStore(Resource):
    """``google_storage_bucket`` or ``google_secret_manager_secret``."""

    name: Text | None = None
    secret_id: Text | None = None
    project: Text | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GoogleGrant(Resource):
    """A binding of a role to members, on a project, a service account or a bucket, told by ``type``."""

    project: Text | None = None
    service_account_id: Text | None = None
    bucket: Text | None = None
    role: Text | None = None
    member: Text | None = None
    members: tuple[Text, ...] = ()
    condition: tuple[GrantCondition, ...] = ()


# ---------------------------------------------------------------------------------------------------------------------- Azure


@dataclass(frozen=True, slots=True, kw_only=True)
class AksAccess(Struct):
    """Who may reach the API server."""

    authorized_ip_ranges: tuple[Text, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AksCluster(Resource):
    """``azurerm_kubernetes_cluster``."""

    name: Text | None = None
    private_cluster_enabled: Text | None = None
    api_server_authorized_ip_ranges: tuple[Text, ...] = ()
    api_server_access_profile: tuple[AksAccess, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AzureFederation(Resource):
    """``azurerm_federated_identity_credential``: a ServiceAccount that an identity trusts."""

    subject: Text | None = None
    issuer: Text | None = None
    parent_id: Text | None = None
    user_assigned_identity_id: Text | None = None
