"""Folders of Terraform: modules, values, instances, IAM put together, what is said and not read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from breachway.sources.reading import read
from breachway.sources.terraform.resources import AccessKey, Bucket, EksCluster, EksNodeGroup, LaunchTemplate
from tests.sources.terraform_input import root_of, roots_of

if TYPE_CHECKING:
    from pathlib import Path

MODULE = """
module "store" {
  source = "./modules/store"
  name   = var.name
}
variable "name" { default = "orders" }
resource "aws_iam_role_policy" "reader" {
  name   = "read"
  role   = "reader"
  policy = jsonencode({ Statement = [{ Effect = "Allow", Action = "s3:GetObject", Resource = "${module.store.arn}/*" }] })
}
"""
STORE = """
variable "name" {}
resource "aws_s3_bucket" "this" { bucket = "${var.name}-files" }
output "arn" { value = aws_s3_bucket.this.arn }
"""


def test_a_module_of_the_folder_is_followed_and_is_no_root_of_its_own() -> None:
    roots, problems = roots_of(main=MODULE, modules__store__main=STORE)
    assert not problems
    assert [root.folder for root in roots] == [""]
    bucket = next(item for item in roots[0].objects if isinstance(item, Bucket))
    assert (bucket.cloud_name, bucket.terraform_address) == ("orders-files", "module.store.aws_s3_bucket.this")
    assert (bucket.location.document, bucket.location.line) == ("modules/store/main.tf", 3)
    statement = roots[0].policies[0].statements[0]
    assert statement.resources[0].value == "arn:aws:s3:::orders-files/*"
    assert (statement.resources[0].location.document, statement.resources[0].location.line) == ("main.tf", 10)


def test_a_value_of_another_file_stands_where_it_is_used() -> None:
    policy = 'locals {\n  rights = { Statement = [{ Effect = "Allow", Action = "*", Resource = "*" }] }\n}\n'
    use = '\n\n\nresource "aws_iam_user_policy" "all" {\n  name = "all"\n  user = "ada"\n  policy = jsonencode(local.rights)\n}\n'
    user = 'resource "aws_iam_user" "ada" {\n  name = "ada"\n}\n'
    roots, _ = roots_of(locals=policy, main=use, users=user)
    statement = roots[0].users[0].policies[0].statements[0]
    assert (statement.location.document, statement.location.line) == ("main.tf", 7)


def test_values_by_name_alone_are_applied_and_others_are_said() -> None:
    text = 'variable "name" {}\nresource "aws_s3_bucket" "b" {\n  bucket = var.name\n}\n'
    roots, problems = roots_of(main=text, terraform_tfvars='name = "live"\n', staging_tfvars='name = "staging"\n')
    assert [item.cloud_name for item in roots[0].objects] == ["live"]
    assert [(item.location.document, item.severity) for item in problems] == [("staging.tfvars", "note")]


def test_modules_from_elsewhere_are_listed() -> None:
    text = 'module "vpc" {\n  source = "registry.example.com/net/vpc/aws"\n}\nmodule "up" {\n  source = "../outside"\n}\n'
    _, problems = roots_of(main=text)
    assert [(item.location.line, item.severity) for item in problems] == [(1, "object"), (4, "object")]


def test_a_module_that_calls_itself_ends() -> None:
    roots, problems = roots_of(a__main='module "b" {\n  source = "../b"\n}\n', b__main='module "a" {\n  source = "../a"\n}\n')
    assert len(roots) == 2
    assert any("calls itself" in item.reason for item in problems)


def test_instances_by_for_each_and_none_by_a_count_of_zero() -> None:
    text = """
resource "aws_iam_user" "staff" {
  for_each = toset(["ada", "bob"])
  name     = each.key
}
resource "aws_iam_access_key" "staff" {
  for_each = aws_iam_user.staff
  user     = each.value.name
}
resource "aws_s3_bucket" "off" { count = 0 }
resource "aws_s3_bucket" "perhaps" { count = var.wanted ? 1 : 0 }
"""
    root = root_of(text)
    assert [user.name for user in root.users] == ["ada", "bob"]
    assert [item.terraform_address for item in root.objects if isinstance(item, Bucket)] == ["aws_s3_bucket.perhaps"]
    assert [item.user.value for item in root.objects if isinstance(item, AccessKey) and item.user] == ["${each.value.name}"]


def test_a_list_or_map_that_is_not_known_is_no_complaint() -> None:
    text = """
resource "aws_eks_cluster" "main" {
  name     = "main"
  vpc_config { public_access_cidrs = var.offices }
}
resource "aws_lambda_function" "job" {
  function_name = "job"
  environment { variables = var.settings }
}
"""
    cluster = next(item for item in root_of(text).objects if isinstance(item, EksCluster))
    assert [item.value for item in cluster.vpc_config[0].public_access_cidrs] == ["${var.offices}"]


def test_dynamic_blocks() -> None:
    text = """
resource "aws_launch_template" "nodes" {
  name = "nodes"
  dynamic "metadata_options" {
    for_each = ["required"]
    content { http_tokens = metadata_options.value }
  }
}
"""
    template = next(item for item in root_of(text).objects if isinstance(item, LaunchTemplate))
    assert [item.http_tokens.value for item in template.metadata_options if item.http_tokens] == ["required"]


def test_iam_is_put_together() -> None:
    text = """
data "aws_iam_policy_document" "base" {
  statement {
    actions   = ["s3:ListBucket"]
    resources = ["arn:aws:s3:::logs"]
  }
}
data "aws_iam_policy_document" "logs" {
  source_policy_documents = [data.aws_iam_policy_document.base.json]
  statement {
    not_actions = ["iam:*"]
    resources   = ["*"]
    condition {
      test     = "StringEquals"
      variable = "aws:SourceVpc"
      values   = ["vpc-1"]
    }
  }
}
resource "aws_iam_policy" "logs" {
  name   = "logs"
  policy = data.aws_iam_policy_document.logs.json
}
resource "aws_iam_role" "app" {
  name                = "app"
  managed_policy_arns = ["arn:aws:iam::aws:policy/ReadOnlyAccess"]
  assume_role_policy  = <<-TRUST
    {"Statement": {"Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}}
  TRUST
  inline_policy {
    name   = "own"
    policy = jsonencode({ Statement = [{ Effect = "Allow", Action = "sqs:*", Resource = "*" }] })
  }
}
resource "aws_iam_policy_attachment" "logs" {
  name       = "logs"
  roles      = [aws_iam_role.app.name]
  users      = ["ada"]
  policy_arn = aws_iam_policy.logs.arn
}
resource "aws_iam_user" "ada" { name = "ada" }
resource "aws_iam_group_policy" "staff" {
  name   = "staff"
  group  = "staff"
  policy = jsonencode({ Statement = [{ Effect = "Deny", Action = "s3:*", Resource = "*" }] })
}
resource "aws_iam_user_group_membership" "ada" {
  user   = aws_iam_user.ada.name
  groups = ["staff"]
}
"""
    root = root_of(text)
    role, user = root.roles[0], root.users[0]
    assert [policy.name for policy in role.policies] == ["own", "logs"]
    assert [arn.value for arn in role.managed_policy_arns] == ["arn:aws:iam::aws:policy/ReadOnlyAccess"]
    assert [item.principals[0].name.value for item in role.trust] == ["ec2.amazonaws.com"]
    logs = role.policies[1].statements
    assert [item.value for item in logs[0].actions] == ["s3:ListBucket"]
    assert [item.value for item in logs[1].not_actions] == ["iam:*"]
    assert (logs[1].conditions[0].key, logs[1].location.line) == ("aws:SourceVpc", 10)
    assert [policy.name for policy in user.policies] == ["logs", "staff"]


def test_a_policy_that_no_file_holds_is_marked_and_said() -> None:
    text = 'resource "aws_iam_role_policy" "p" {\n  name = "p"\n  role = "r"\n  policy = file("policy.json")\n}\n'
    roots, problems = roots_of(main=text)
    assert [policy.known for policy in roots[0].policies] == [False]
    assert [(item.severity, item.location.line) for item in problems] == [("object", 4)]


def test_a_resource_name_that_is_not_known_matches_any_under_a_condition() -> None:
    text = """
resource "aws_iam_role_policy" "p" {
  name   = "p"
  role   = "r"
  policy = jsonencode({ Statement = [
    { Effect = "Allow", Action = "s3:GetObject", Resource = "arn:aws:s3:::${var.bucket}/*" },
    { Effect = "Allow", Action = "sqs:SendMessage", Resource = "arn:aws:sqs:${var.region}:1:queue" },
    { Effect = "Allow", Action = "s3:GetObject", Resource = "arn:aws:s3:::home/$${aws:username}/*" },
  ] })
}
"""
    first, second, third = root_of(text).policies[0].statements
    assert (first.resources[0].value, len(first.conditions)) == ("arn:aws:s3:::*/*", 1)
    assert (second.resources[0].value, second.conditions) == ("arn:aws:sqs:*:1:queue", ())
    assert (third.resources[0].value, third.conditions) == ("arn:aws:s3:::home/${aws:username}/*", ())


def test_the_place_of_the_state_and_the_account() -> None:
    text = """
terraform {
  backend "s3" {
    bucket = "state"
    key    = "x"
  }
}
resource "aws_eks_node_group" "n" {
  cluster_name  = "c"
  node_role_arn = "arn:aws:iam::123456789012:role/n"
}
"""
    root = root_of(text)
    assert root.account == "123456789012"
    assert root.state is not None
    assert (root.state.kind, root.state.bucket.value, root.state.bucket.location.line) == ("s3", "state", 4)
    assert isinstance(root.objects[0], EksNodeGroup)


def test_a_broken_file_is_said_and_the_rest_is_read(tmp_path: Path) -> None:
    (tmp_path / "good.tf").write_text('resource "aws_s3_bucket" "b" {\n  bucket = "b"\n}\n')
    (tmp_path / "bad.tf").write_text('resource "aws_s3_bucket" {\n  bucket = \n}\n')
    inventory = read([str(tmp_path)])
    assert [(item.severity, item.location.line) for item in inventory.unread] == [("file", 2)]
    assert [document.kinds for document in inventory.documents] == [(("aws_s3_bucket", 1),)]


def test_a_link_out_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.tf").write_text('resource "aws_s3_bucket" "secret" {}\n')
    inside = tmp_path / "inside"
    inside.mkdir()
    (inside / "main.tf").write_text('module "m" {\n  source = "../outside"\n}\n')
    (inside / "secret.tf").symlink_to(outside / "secret.tf")
    inventory = read([str(inside)])
    assert inventory.terraform[0].objects == ()
    assert sorted(item.severity for item in inventory.unread) == ["note", "object"]


def test_loops_within_loops_end_and_are_said() -> None:
    loops = "[for a in local.l : [for b in local.l : [for c in local.l : [for d in local.l : upper(d)]]]]"
    text = f"locals {{\n  l = range\n  n = [{', '.join(['1'] * 60)}]\n  x = {loops.replace('local.l', 'local.n')}\n}}\n"
    roots, problems = roots_of(main=text + 'resource "aws_s3_bucket" "b" {\n  bucket = local.x[0]\n}\n')
    assert len(roots) == 1
    assert any("expressions of Terraform" in item.reason for item in problems)


ATOMS = st.sampled_from(
    [
        "1",
        "null",
        "true",
        '"a${b.c}"',
        "var.x",
        "local.l",
        "each.value",
        "data.d.e.f",
        "aws_s3_bucket.b.arn",
        "[]",
        "{}",
        "x[0]",
        "x[*].y",
    ]
)
EXPRESSIONS = st.recursive(
    ATOMS,
    lambda inner: st.one_of(
        st.builds("[{0}, {1}]".format, inner, inner),
        st.builds("{{ a = {0}, {1} = 2 }}".format, inner, inner),
        st.builds("{0} == {1}".format, inner, inner),
        st.builds("{0} + {1}".format, inner, inner),
        st.builds("{0} ? {1} : {0}".format, inner, inner),
        st.builds("[for v in {0} : {1}]".format, inner, inner),
        st.builds("{{ for k, v in {0} : k => {1} if v != null }}".format, inner, inner),
        st.builds(
            "{0}({1}, {2})".format,
            st.sampled_from(["merge", "concat", "lookup", "element", "join", "format", "replace", "try", "unheard_of"]),
            inner,
            inner,
        ),
    ),
    max_leaves=12,
)


@given(EXPRESSIONS, EXPRESSIONS, st.sampled_from(["bucket", "count", "for_each", "acl", "policy"]))
@settings(deadline=None, max_examples=200)
def test_any_expression_gives_a_value_or_none(first: str, second: str, name: str) -> None:
    text = (
        f'locals {{\n  l = {first}\n}}\nresource "aws_s3_bucket" "b" {{\n  {name} = {second}\n}}\n'
        f'resource "aws_s3_bucket_policy" "b" {{\n  bucket = aws_s3_bucket.b.id\n  policy = {first}\n}}\n'
        f'resource "aws_lambda_function" "f" {{\n  environment {{\n    variables = {second}\n  }}\n}}\n'
    )
    roots, _ = roots_of(main=text)
    assert [root.folder for root in roots] == [""]
