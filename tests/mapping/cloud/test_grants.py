"""What policies allow, where several statements and conditions meet."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.mapping.cloud.models import model_of, right_of, state_of

if TYPE_CHECKING:
    from pathlib import Path

POLICY = """
resource "aws_s3_bucket" "open" {{ bucket = "open" }}
resource "aws_s3_bucket" "vpc" {{ bucket = "vpc" }}
resource "aws_iam_user" "u" {{ name = "u" }}
resource "aws_iam_user_policy" "p" {{
  name   = "p"
  user   = aws_iam_user.u.name
  policy = jsonencode({{ Statement = [{statements}] }})
}}
"""
GRANT = "aws:PolicyGrant:user/u/p"
OPEN = '{ Effect = "Allow", Action = "s3:Get*", Resource = "arn:aws:s3:::open/*" }'
VPC = (
    '{ Effect = "Allow", Action = "s3:GetObject", Resource = "arn:aws:s3:::vpc/*", '
    'Condition = { StringEquals = { "aws:SourceVpc" = "vpc-1" } } }'
)


def grants(folder: Path, *statements: str) -> dict[str, tuple[float, frozenset[str]]]:
    """By grant: how likely reading is kept from it, and which stores it is joined with."""
    model = model_of(folder, main_tf=POLICY.format(statements=", ".join(statements)))
    return {
        asset.id: (
            state_of(model, asset.id, "noStoreReading").probability,
            frozenset(store.rpartition("/")[2] for store in right_of(model, "ReadsStore", asset.id)),
        )
        for asset in model.assets
        if asset.kind == "PolicyGrant"
    }


def test_a_condition_on_one_bucket_casts_no_doubt_on_another(tmp_path: Path) -> None:
    assert grants(tmp_path, OPEN, VPC) == {
        GRANT: (0.0, frozenset({"open"})),
        f"{GRANT}, under conditions": (0.5, frozenset({"vpc"})),
    }


def test_a_condition_alone(tmp_path: Path) -> None:
    assert grants(tmp_path, VPC) == {GRANT: (0.5, frozenset({"vpc"}))}


def test_a_denial_wins(tmp_path: Path) -> None:
    denied = '{ Effect = "Deny", NotAction = "s3:ListBucket", Resource = "*" }'
    assert grants(tmp_path, OPEN, denied) == {GRANT: (1.0, frozenset())}


def test_everything_but(tmp_path: Path) -> None:
    but = '{ Effect = "Allow", Action = "s3:*", NotResource = ["arn:aws:s3:::vpc", "arn:aws:s3:::vpc/*"] }'
    assert grants(tmp_path, but) == {GRANT: (0.0, frozenset({"open"}))}


POD = """
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop}
spec:
  containers: [{name: app, image: "registry.example.com/web:1"}]
"""
NODES = """
resource "aws_eks_node_group" "n" {
  cluster_name  = "c"
  node_role_arn = aws_iam_role.n.arn
}
resource "aws_iam_role" "n" { name = "n" }
resource "aws_iam_role_policy_attachment" "n" {
  role       = aws_iam_role.n.name
  policy_arn = "arn:aws:iam::aws:policy/%s"
}
resource "aws_iam_user" "u" { name = "u" }
resource "aws_iam_user_policy" "p" {
  name   = "p"
  user   = aws_iam_user.u.name
  policy = jsonencode({ Statement = [{ Effect = "Allow", Action = "ssm:SendCommand", Resource = "*" }] })
}
"""


def test_the_account_owns_the_cluster_and_its_machines(tmp_path: Path) -> None:
    model = model_of(tmp_path, main_tf=NODES % "AmazonEKSWorkerNodePolicy", pod_yaml=POD)
    account = "aws:CloudAccount:account"
    assert set(right_of(model, "OwnsCluster", account)) == {"kubernetes:Cluster:cluster"}
    assert set(right_of(model, "OwnsCapacity", account)) == {"kubernetes:NodePool:default"}


def test_commands_reach_machines_whose_role_takes_them(tmp_path: Path) -> None:
    without = model_of(tmp_path, main_tf=NODES % "AmazonEKSWorkerNodePolicy", pod_yaml=POD)
    assert not right_of(without, "Commands", GRANT)
    taking = model_of(tmp_path, main_tf=NODES % "AmazonSSMManagedInstanceCore", pod_yaml=POD)
    assert set(right_of(taking, "Commands", GRANT)) == {"kubernetes:NodePool:default"}


STATE = """
terraform {
  backend "%s" { bucket = "state" }
}
resource "aws_secretsmanager_secret" "db" { name = "db" }
resource "aws_secretsmanager_secret_version" "db" {
  secret_id     = aws_secretsmanager_secret.db.id
  secret_string = var.password
}
resource "aws_iam_user" "u" { name = "u" }
resource "aws_iam_access_key" "u" { user = aws_iam_user.u.name }
resource "aws_iam_access_key" "sealed" {
  user    = "sealed"
  pgp_key = "keybase:ops"
}
"""


def test_the_state_holds_what_terraform_writes(tmp_path: Path) -> None:
    model = model_of(tmp_path, main_tf=STATE % "s3")
    assert set(right_of(model, "HoldsSecret", "aws:DataStore:s3/state")) == {"aws:Secret:access-key/u", "aws:Secret:db"}


def test_a_state_in_google_cloud(tmp_path: Path) -> None:
    model = model_of(tmp_path, main_tf=STATE % "gcs")
    assert set(right_of(model, "HoldsSecret", "gcp:DataStore:gcs/state")) == {"aws:Secret:access-key/u", "aws:Secret:db"}


BUCKET = """
resource "aws_s3_bucket" "b" {{ bucket = "b" }}
resource "aws_s3_bucket_policy" "b" {{
  bucket = aws_s3_bucket.b.id
  policy = jsonencode({{ Statement = [{statements}] }})
}}
resource "aws_iam_user" "u" {{ name = "u" }}
resource "aws_iam_user_policy" "p" {{
  name   = "p"
  user   = aws_iam_user.u.name
  policy = jsonencode({{ Statement = [{{ Effect = "Allow", Action = "s3:*", Resource = "arn:aws:s3:::b/*" }}] }})
}}
{more}
"""
ALL = '{ Effect = "Allow", Principal = "*", Action = "s3:GetObject", Resource = "${aws_s3_bucket.b.arn}/*"%s }'
ONE = '{ Effect = "Allow", Principal = { AWS = aws_iam_user.u.arn }, Action = "s3:PutObject", Resource = "arn:aws:s3:::b/*" }'
NO = '{ Effect = "Deny", Principal = "*", Action = "s3:GetObject", Resource = "${aws_s3_bucket.b.arn}/*"%s }'
TLS = ', Condition = { Bool = { "aws:SecureTransport" = "false" } }'
BLOCK = 'resource "aws_s3_bucket_public_access_block" "b" {\n  bucket = "b"\n  %s = %s\n}\n'
EVERYONE = "aws:PolicyGrant:bucket/b/everyone"


@pytest.mark.parametrize(
    "statement, more, expected",
    [
        (ALL % "", "", (0.4, "bucket-public-access-blocked")),
        (ALL % "", BLOCK % ("restrict_public_buckets", "false"), (0.0, "")),
        (ALL % "", BLOCK % ("restrict_public_buckets", "true"), None),
        (ALL % "", BLOCK % ("block_public_policy", "true"), None),
        (ALL % "", BLOCK % ("restrict_public_buckets", "var.closed"), (0.4, "bucket-public-access-blocked")),
        (
            ALL % ', Condition = { StringEquals = { "aws:PrincipalOrgID" = "o-1" } }',
            BLOCK % ("restrict_public_buckets", "false"),
            (0.5, "policy-conditions-hold-back"),
        ),
        (ONE, "", None),
    ],
)
def test_buckets_for_everyone(tmp_path: Path, statement: str, more: str, expected: tuple[float, str] | None) -> None:
    model = model_of(tmp_path, main_tf=BUCKET.format(statements=statement, more=more))
    states = [item for item in model.defences if (item.asset, item.defence) == (EVERYONE, "noStoreReading")]
    assert [(item.probability, item.assumption) for item in states] == ([] if expected is None else [expected])


@pytest.mark.parametrize("public, expected", [("public-read", 1.0), ("public-read-write", 0.4), ("private", None)])
def test_access_lists(tmp_path: Path, public: str, expected: float | None) -> None:
    more = f'resource "aws_s3_bucket_acl" "b" {{\n  bucket = "b"\n  acl = "{public}"\n}}\n'
    model = model_of(tmp_path, main_tf=BUCKET.format(statements=ONE, more=more))
    states = [item.probability for item in model.defences if (item.asset, item.defence) == (EVERYONE, "noStoreDeletion")]
    assert states == ([] if expected is None else [expected])


def test_a_bucket_may_name_a_user(tmp_path: Path) -> None:
    model = model_of(tmp_path, main_tf=BUCKET.format(statements=ONE, more=""))
    held = set(right_of(model, "Holds", "aws:CloudUser:u"))
    assert state_of(model, next(iter(held - {GRANT})), "noStoreDeletion").probability == 0.0


@pytest.mark.parametrize("statement, kept", [(NO % "", 1.0), (NO % TLS, 0.0), (ONE, 0.0)])
def test_a_bucket_refuses_what_an_identity_is_allowed(tmp_path: Path, statement: str, kept: float) -> None:
    model = model_of(tmp_path, main_tf=BUCKET.format(statements=statement, more=""))
    assert state_of(model, GRANT, "noStoreReading").probability == kept
