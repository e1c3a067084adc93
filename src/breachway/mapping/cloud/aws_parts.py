"""What Terraform says of an AWS account, gathered from all root modules, before it is mapped."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from breachway.sources.terraform.resources import (
    AccessKey,
    Bucket,
    BucketAcl,
    CloudSecret,
    LambdaFunction,
    PublicAccessBlock,
    SecretVersion,
)

if TYPE_CHECKING:
    from breachway.evidence import Location
    from breachway.sources.ecs.iam import IamPolicy, IamRole, IamUser
    from breachway.sources.terraform.objects import TerraformRoot
    from breachway.sources.terraform.resources import TerraformObject

T = TypeVar("T")
_AWS = "aws_"


@dataclass(frozen=True, slots=True, kw_only=True)
class AwsParts:
    """The parts of one account that stand beside the documents of ECS; ``number`` is empty if no ARN names the account."""

    location: Location
    number: str = ""
    roles: tuple[IamRole, ...] = ()
    users: tuple[IamUser, ...] = ()
    policies: tuple[IamPolicy, ...] = ()
    bucket_policies: tuple[tuple[str, IamPolicy], ...] = ()
    buckets: tuple[Bucket, ...] = ()
    acls: tuple[BucketAcl, ...] = ()
    blocks: tuple[PublicAccessBlock, ...] = ()
    keys: tuple[AccessKey, ...] = ()
    functions: tuple[LambdaFunction, ...] = ()
    secrets: tuple[CloudSecret, ...] = ()
    secret_versions: tuple[SecretVersion, ...] = ()


def of_type(roots: tuple[TerraformRoot, ...], cls: type[T]) -> tuple[T, ...]:
    """The objects of one class in all root modules."""
    return tuple(item for root in roots for item in root.objects if isinstance(item, cls))


def aws_parts(roots: tuple[TerraformRoot, ...]) -> AwsParts | None:
    """Gather the account's parts; None where no root module has any resource of AWS."""
    speaking = tuple(root for root in roots if root.roles or root.users or root.policies or any(map(_is_aws, root.objects)))
    if not speaking:
        return None
    return AwsParts(
        location=speaking[0].location,
        number=next((root.account for root in speaking if root.account), ""),
        roles=tuple(item for root in speaking for item in root.roles),
        users=tuple(item for root in speaking for item in root.users),
        policies=tuple(item for root in speaking for item in root.policies),
        bucket_policies=tuple(item for root in speaking for item in root.bucket_policies),
        buckets=of_type(speaking, Bucket),
        acls=of_type(speaking, BucketAcl),
        blocks=of_type(speaking, PublicAccessBlock),
        keys=of_type(speaking, AccessKey),
        functions=of_type(speaking, LambdaFunction),
        secrets=of_type(speaking, CloudSecret),
        secret_versions=of_type(speaking, SecretVersion),
    )


def _is_aws(item: TerraformObject) -> bool:
    return item.resource_type.startswith(_AWS)
