"""Attributes that a cloud computes, where the name of the resource decides them: ARNs, e-mail addresses, identifiers.

Formats: AWS service authorization reference (resource types), Google Cloud IAM (service account names).  A region that no file
says is ``*``, as is an account.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_NAMES = {
    "aws_eks_cluster": ("name",),
    "aws_iam_group": ("name",),
    "aws_iam_instance_profile": ("name", "name_prefix"),
    "aws_iam_policy": ("name", "name_prefix"),
    "aws_iam_role": ("name", "name_prefix"),
    "aws_iam_user": ("name",),
    "aws_lambda_function": ("function_name",),
    "aws_s3_bucket": ("bucket", "bucket_prefix"),
    "aws_secretsmanager_secret": ("name", "name_prefix"),
    "aws_ssm_parameter": ("name",),
    "google_secret_manager_secret": ("secret_id",),
    "google_service_account": ("account_id",),
    "google_storage_bucket": ("name",),
}
_ARNS = {
    "aws_eks_cluster": "arn:aws:eks:*:{account}:cluster/{name}",
    "aws_iam_group": "arn:aws:iam::{account}:group{path}{name}",
    "aws_iam_instance_profile": "arn:aws:iam::{account}:instance-profile{path}{name}",
    "aws_iam_policy": "arn:aws:iam::{account}:policy{path}{name}",
    "aws_iam_role": "arn:aws:iam::{account}:role{path}{name}",
    "aws_iam_user": "arn:aws:iam::{account}:user{path}{name}",
    "aws_lambda_function": "arn:aws:lambda:*:{account}:function:{name}",
    "aws_s3_bucket": "arn:aws:s3:::{name}",
    "aws_secretsmanager_secret": "arn:aws:secretsmanager:*:{account}:secret:{name}-??????",
    "aws_ssm_parameter": "arn:aws:ssm:*:{account}:parameter/{name}",
}
_IDENTIFIERS = {
    "aws_eks_cluster": "name",
    "aws_iam_group": "name",
    "aws_iam_instance_profile": "name",
    "aws_iam_policy": "arn",
    "aws_iam_role": "name",
    "aws_iam_user": "name",
    "aws_lambda_function": "name",
    "aws_s3_bucket": "name",
    "aws_secretsmanager_secret": "arn",
    "aws_ssm_parameter": "name",
}


def name_of(kind: str, stated: Callable[[str], str | None], label: str) -> str:
    """The name in the cloud; the label in the configuration stands for a name that the provider makes up."""
    return next((found for key in _NAMES.get(kind, ("name",)) if (found := stated(key))), label)


def computed(kind: str, attribute: str, stated: Callable[[str], str | None], *, account: str, label: str) -> str | None:
    """An attribute that the resource's body does not state; None where its value cannot be told.

    ``stated`` gives the text of an attribute of the body, None for one that is absent.  ``account`` is ``*`` if not known.
    """
    if kind not in _NAMES:
        return None
    name = name_of(kind, stated, label)
    if kind == "google_service_account":
        return _google_account(attribute, name, stated("project"))
    if attribute == "id":
        attribute = _IDENTIFIERS.get(kind, "")
    if attribute in {"name", "bucket"}:
        return name
    if kind.startswith("google_"):
        return name if attribute == "id" else None
    if attribute == "arn" and kind in _ARNS:
        path = stated("path") or "/"
        return _ARNS[kind].format(account=account, name=name.lstrip("/") if "ssm" in kind else name, path=path)
    return None


def _google_account(attribute: str, name: str, project: str | None) -> str | None:
    """The names of a service account; without a project none of them is known."""
    if project is None:
        return None
    email = f"{name}@{project}.iam.gserviceaccount.com"
    match attribute:
        case "email":
            return email
        case "member":
            return f"serviceAccount:{email}"
        case "name" | "id":
            return f"projects/{project}/serviceAccounts/{email}"
        case _:
            return None
