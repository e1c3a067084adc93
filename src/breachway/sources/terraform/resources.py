"""The resources that have a meaning for the model, with the fields that decide something.

Every leaf is text: a number or a switch may hang on a variable without a value, and then reads ``${...}``.  Names of classes and
fields are those of the providers' documentation (hashicorp/aws, hashicorp/google, hashicorp/azurerm).
"""

from __future__ import annotations

from typing import TypeAlias

from breachway.sources.terraform.aws_resources import (
    AccessKey,
    Bucket,
    BucketAcl,
    CloudSecret,
    EksAccessEntry,
    EksAccessPolicy,
    EksAddon,
    EksCluster,
    EksNodeGroup,
    EksPodIdentity,
    LambdaFunction,
    LaunchTemplate,
    MetadataOptions,
    PublicAccessBlock,
    SecretVersion,
)
from breachway.sources.terraform.google_resources import (
    AksCluster,
    AzureFederation,
    GkeCluster,
    GkeNodeConfig,
    GkeNodePool,
    GoogleGrant,
    GoogleServiceAccount,
    GoogleStore,
)
from breachway.sources.terraform.resource_base import TERRAFORM, Resource

TerraformObject: TypeAlias = (
    LaunchTemplate
    | EksNodeGroup
    | EksCluster
    | EksAccessEntry
    | EksAccessPolicy
    | EksPodIdentity
    | EksAddon
    | AccessKey
    | Bucket
    | BucketAcl
    | PublicAccessBlock
    | SecretVersion
    | LambdaFunction
    | CloudSecret
    | GkeNodePool
    | GkeCluster
    | GoogleServiceAccount
    | GoogleGrant
    | GoogleStore
    | AksCluster
    | AzureFederation
)

TYPES: dict[str, type[TerraformObject]] = {
    "aws_eks_access_entry": EksAccessEntry,
    "aws_eks_access_policy_association": EksAccessPolicy,
    "aws_eks_addon": EksAddon,
    "aws_eks_cluster": EksCluster,
    "aws_eks_node_group": EksNodeGroup,
    "aws_eks_pod_identity_association": EksPodIdentity,
    "aws_iam_access_key": AccessKey,
    "aws_lambda_function": LambdaFunction,
    "aws_launch_template": LaunchTemplate,
    "aws_s3_bucket": Bucket,
    "aws_s3_bucket_acl": BucketAcl,
    "aws_s3_bucket_public_access_block": PublicAccessBlock,
    "aws_secretsmanager_secret": CloudSecret,
    "aws_secretsmanager_secret_version": SecretVersion,
    "aws_ssm_parameter": CloudSecret,
    "azurerm_federated_identity_credential": AzureFederation,
    "azurerm_kubernetes_cluster": AksCluster,
    "google_container_cluster": GkeCluster,
    "google_container_node_pool": GkeNodePool,
    "google_project_iam_binding": GoogleGrant,
    "google_project_iam_member": GoogleGrant,
    "google_secret_manager_secret": GoogleStore,
    "google_service_account": GoogleServiceAccount,
    "google_service_account_iam_binding": GoogleGrant,
    "google_service_account_iam_member": GoogleGrant,
    "google_storage_bucket": GoogleStore,
    "google_storage_bucket_iam_binding": GoogleGrant,
    "google_storage_bucket_iam_member": GoogleGrant,
}
"""Types that are modelled, beside those of IAM (``breachway.sources.terraform.iam``)."""

LISTS = frozenset(
    {
        "api_server_authorized_ip_ranges",
        "authorized_ip_ranges",
        "enabled_cluster_log_types",
        "kubernetes_groups",
        "members",
        "namespaces",
        "oauth_scopes",
        "public_access_cidrs",
        "resources",
    }
)
"""Attributes above that hold lists: one that is not known is a list of one item that is not known."""
MAPS = frozenset({"metadata", "variables"})
"""Attributes above that hold maps: one that is not known is a map with one entry that is not known."""

__all__ = [
    "LISTS",
    "MAPS",
    "TERRAFORM",
    "TYPES",
    "AccessKey",
    "AksCluster",
    "AzureFederation",
    "Bucket",
    "BucketAcl",
    "CloudSecret",
    "EksAccessEntry",
    "EksAccessPolicy",
    "EksAddon",
    "EksCluster",
    "EksNodeGroup",
    "EksPodIdentity",
    "GkeCluster",
    "GkeNodeConfig",
    "GkeNodePool",
    "GoogleGrant",
    "GoogleServiceAccount",
    "GoogleStore",
    "LambdaFunction",
    "LaunchTemplate",
    "MetadataOptions",
    "PublicAccessBlock",
    "Resource",
    "SecretVersion",
    "TerraformObject",
]
