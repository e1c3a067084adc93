"""What files beside the manifests say about the cloud that a cluster runs in: its groups of nodes, and who acts as what.

Kubernetes is mapped before the cloud account, so that these are looked up in what was read and not in the model.
``breachway.mapping.cloud.gathering`` makes them, and is loaded only where there are any.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
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


@dataclass(frozen=True, slots=True, kw_only=True)
class CloudFacts:
    """Objects of Terraform, and roles of IAM wherever they come from."""

    roles: tuple[IamRole, ...] = ()
    eks_clusters: tuple[EksCluster, ...] = ()
    node_groups: tuple[EksNodeGroup, ...] = ()
    launch_templates: tuple[LaunchTemplate, ...] = ()
    access_entries: tuple[EksAccessEntry, ...] = ()
    access_policies: tuple[EksAccessPolicy, ...] = ()
    pod_identities: tuple[EksPodIdentity, ...] = ()
    addons: tuple[EksAddon, ...] = ()
    gke_clusters: tuple[GkeCluster, ...] = ()
    gke_pools: tuple[GkeNodePool, ...] = ()
    google_grants: tuple[GoogleGrant, ...] = ()
    aks_clusters: tuple[AksCluster, ...] = ()
    azure_federations: tuple[AzureFederation, ...] = ()

    def role(self, name: str) -> IamRole | None:
        """The role of this name, if the files declare it."""
        return next((role for role in self.roles if role.name == name), None)

    def template(self, address: str, name: str) -> LaunchTemplate | None:
        """The launch template that a group names by its identifier (a reference in Terraform) or by its name."""
        for template in self.launch_templates:
            bare = template.terraform_address.rpartition("module.")[2].partition("aws_launch_template.")[2].replace('"', "")
            if (address and address in {f"${{aws_launch_template.{bare}.id}}", template.terraform_address}) or (
                name and name in {template.cloud_name, f"${{aws_launch_template.{bare}.name}}"}
            ):
                return template
        return None


NO_CLOUD = CloudFacts()
