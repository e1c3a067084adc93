"""One AWS account, from the documents of ECS and IAM and from Terraform."""

from __future__ import annotations

from typing import TYPE_CHECKING

from breachway.mapping.cloud.aws_parts import of_type
from breachway.mapping.cloud.stores import map_state
from breachway.mapping.containers.grounds import observed
from breachway.mapping.ecs.account import map_ecs
from breachway.mapping.kubernetes.index import CLUSTER_ID
from breachway.sources.terraform.resources import EksCluster, EksNodeGroup

if TYPE_CHECKING:
    from breachway.mapping.building import ModelBuilder
    from breachway.mapping.cloud.aws_parts import AwsParts
    from breachway.mapping.containers.images import ImageMapper
    from breachway.sources.ecs.objects import EcsDocument
    from breachway.sources.terraform.objects import TerraformRoot


def map_aws(
    builder: ModelBuilder,
    documents: tuple[EcsDocument, ...],
    roots: tuple[TerraformRoot, ...],
    parts: AwsParts | None,
    images: ImageMapper,
) -> None:
    """Map the account, if anything speaks of one; ``parts`` is what the root modules say of it, None if nothing."""
    account = map_ecs(builder, documents, images, parts)
    if parts is not None and account:
        map_state(builder, roots, parts, account)
        _own(builder, roots, account)


def _own(builder: ModelBuilder, roots: tuple[TerraformRoot, ...], account: str) -> None:
    """Tie the account to the cluster and the machines that it runs: whoever administers it may let itself into both."""
    makers: tuple[EksCluster | EksNodeGroup, ...] = (*of_type(roots, EksCluster), *of_type(roots, EksNodeGroup))
    if not makers or not builder.has(CLUSTER_ID):
        return
    found = observed(makers[0].location, "the cluster runs in this account")
    builder.link("OwnsCluster", account, CLUSTER_ID, found)
    for pool, role in builder.pairs("RunsAs"):
        if builder.kind_of(pool) == "NodePool" and role.startswith("aws:"):
            builder.link("OwnsCapacity", account, pool, found)
