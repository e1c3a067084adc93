"""The resources of Amazon Web Services that have a meaning for the model, with the fields that decide something."""

from dataclasses import dataclass
from typing import Annotated

from breachway.sources.decoding import Key, StringMap, Struct
from breachway.sources.terraform.resource_base import Resource, Text

# -------------------------------------------------------------------------------------------------------------- AWS, machines


@dataclass(frozen=True, slots=True, kw_only=True)
class MetadataOptions(Struct):
    """How instances answer at 169.254.169.254."""

    http_endpoint: Text | None = None
    http_tokens: Text | None = None
    http_put_response_hop_limit: Text | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LaunchTemplate(Resource):
    """``aws_launch_template``."""

    name: Text | None = None
    metadata_options: tuple[MetadataOptions, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LaunchTemplateUse(Struct):
    """Which template a node group uses."""

    id: Text | None = None
    name: Text | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EksNodeGroup(Resource):
    """``aws_eks_node_group``."""

    cluster_name: Text | None = None
    node_group_name: Text | None = None
    node_group_name_prefix: Text | None = None
    node_role_arn: Text | None = None
    launch_template: tuple[LaunchTemplateUse, ...] = ()


# -------------------------------------------------------------------------------------------------------------- AWS, the rest


@dataclass(frozen=True, slots=True, kw_only=True)
class EksNetwork(Struct):
    """Where the API server of a cluster answers."""

    endpoint_public_access: Text | None = None
    public_access_cidrs: tuple[Text, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class EksEncryption(Struct):
    """Envelope encryption of Secrets."""

    resources: tuple[Text, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class EksAccess(Struct):
    """How identities of AWS become users of a cluster: ``CONFIG_MAP`` (the default), ``API`` or ``API_AND_CONFIG_MAP``."""

    authentication_mode: Text | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EksCluster(Resource):
    """``aws_eks_cluster``."""

    name: Text | None = None
    version: Text | None = None
    enabled_cluster_log_types: tuple[Text, ...] = ()
    vpc_config: tuple[EksNetwork, ...] = ()
    encryption_config: tuple[EksEncryption, ...] = ()
    access_config: tuple[EksAccess, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class EksAccessEntry(Resource):
    """``aws_eks_access_entry``: an identity of AWS as user and groups of the cluster."""

    cluster_name: Text | None = None
    principal_arn: Text | None = None
    user_name: Text | None = None
    kubernetes_groups: tuple[Text, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessScope(Struct):
    """Where an access policy holds: ``type`` is cluster or namespace."""

    kind: Annotated[Text | None, Key("type")] = None
    namespaces: tuple[Text, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class EksAccessPolicy(Resource):
    """``aws_eks_access_policy_association``."""

    cluster_name: Text | None = None
    principal_arn: Text | None = None
    policy_arn: Text | None = None
    access_scope: tuple[AccessScope, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class EksPodIdentity(Resource):
    """``aws_eks_pod_identity_association``."""

    cluster_name: Text | None = None
    namespace: Text | None = None
    service_account: Text | None = None
    role_arn: Text | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EksAddon(Resource):
    """``aws_eks_addon``."""

    cluster_name: Text | None = None
    addon_name: Text | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessKey(Resource):
    """``aws_iam_access_key``; with ``pgp_key`` the state holds the secret encrypted."""

    user: Text | None = None
    pgp_key: Text | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Bucket(Resource):
    """``aws_s3_bucket``."""

    bucket: Text | None = None
    acl: Text | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BucketAcl(Resource):
    """``aws_s3_bucket_acl``."""

    bucket: Text | None = None
    acl: Text | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicAccessBlock(Resource):
    """``aws_s3_bucket_public_access_block``."""

    bucket: Text | None = None
    block_public_acls: Text | None = None
    block_public_policy: Text | None = None
    ignore_public_acls: Text | None = None
    restrict_public_buckets: Text | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionEnvironment(Struct):
    """The variables of a function."""

    variables: StringMap | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LambdaFunction(Resource):
    """``aws_lambda_function``."""

    function_name: Text | None = None
    environment: tuple[FunctionEnvironment, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretVersion(Resource):
    """``aws_secretsmanager_secret_version``: the state holds ``secret_string`` in clear text."""

    secret_id: Text | None = None
    secret_string: Text | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CloudSecret(Resource):
    """``aws_secretsmanager_secret`` or ``aws_ssm_parameter``."""

    name: Text | None = None
