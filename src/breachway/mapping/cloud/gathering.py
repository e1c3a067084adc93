"""Gathers the facts about the cloud of a cluster from what was read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from breachway.mapping.cloud.aws_parts import of_type
from breachway.mapping.cloud.facts import CloudFacts
from breachway.sources.ecs.iam import IamRole
from breachway.sources.terraform.resources import (
    AksCluster,
    AzureFederation,
    EksAccessEntry,
    EksAccessPolicy,
    EksAddon,
    EksCluster,
    EksNodeGroup,
    EksPodIdentity,
    GkeCluster,
    GkeNodePool,
    GoogleGrant,
    LaunchTemplate,
)

if TYPE_CHECKING:
    from breachway.sources.ecs.objects import EcsDocument
    from breachway.sources.terraform.objects import TerraformRoot


def gather(documents: tuple[EcsDocument, ...], roots: tuple[TerraformRoot, ...]) -> CloudFacts:
    """The roles of all documents, and the objects of Terraform that bear on clusters."""
    declared = (item for item in documents if isinstance(item, IamRole))
    return CloudFacts(
        roles=(*declared, *(role for root in roots for role in root.roles)),
        eks_clusters=of_type(roots, EksCluster),
        node_groups=of_type(roots, EksNodeGroup),
        launch_templates=of_type(roots, LaunchTemplate),
        access_entries=of_type(roots, EksAccessEntry),
        access_policies=of_type(roots, EksAccessPolicy),
        pod_identities=of_type(roots, EksPodIdentity),
        addons=of_type(roots, EksAddon),
        gke_clusters=of_type(roots, GkeCluster),
        gke_pools=of_type(roots, GkeNodePool),
        google_grants=of_type(roots, GoogleGrant),
        aks_clusters=of_type(roots, AksCluster),
        azure_federations=of_type(roots, AzureFederation),
    )
