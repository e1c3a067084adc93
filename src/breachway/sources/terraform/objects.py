"""What one root module of Terraform says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from breachway.sources.decoding import Struct, Value

if TYPE_CHECKING:
    from breachway.sources.ecs.iam import IamPolicy, IamRole, IamUser
    from breachway.sources.terraform.resources import TerraformObject


class StateBucket(NamedTuple):
    """Where the state of the root module lies: a bucket of S3 or Google Cloud Storage (``kind`` is ``s3`` or ``gcs``)."""

    kind: str
    bucket: Value[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class TerraformRoot(Struct):
    """One root module with the modules below it.

    ``folder`` is its label, ``account`` the number of the AWS account that most ARNs name, or "".  ``unmodelled`` counts the
    resources by type that no rule asks about; ``counts`` has every document that was read, with its resources by type.
    """

    folder: str = ""
    account: str = ""
    state: StateBucket | None = None
    objects: tuple[TerraformObject, ...] = ()
    roles: tuple[IamRole, ...] = ()
    users: tuple[IamUser, ...] = ()
    policies: tuple[IamPolicy, ...] = ()
    bucket_policies: tuple[tuple[str, IamPolicy], ...] = ()
    unmodelled: tuple[tuple[str, int], ...] = ()
    counts: tuple[tuple[str, str, int], ...] = ()
