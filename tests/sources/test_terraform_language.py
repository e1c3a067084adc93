"""The configuration language: what is read, where it stands, what hostile texts end in."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from breachway.sources.terraform.evaluation import Effort
from breachway.sources.terraform.modules import InDocument, Module
from breachway.sources.terraform.parsing import parse_body
from breachway.sources.terraform.scanning import HclError
from breachway.sources.terraform.values import is_unknown
from tests.sources.terraform_input import plain

SETTINGS = """
variable "name" { default = "shop" }
variable "unset" {}
locals {
  list   = ["a", "b"]
  map    = { web = "10", db = "20" }
  loop   = local.loop_back
  loop_back = local.loop
}
resource "aws_s3_bucket" "data" { bucket = "${var.name}-data" }
resource "aws_iam_role" "many" {
  count = 2
  name  = "role-${count.index}"
}
"""


def value_of(expression: str) -> object:
    """The value of an expression beside the settings above; None where it is not known."""
    body = parse_body(f"{SETTINGS}\nresource probe probe {{\n  value = {expression}\n}}\n")
    module = Module(tuple(InDocument("main.tf", block) for block in body.blocks), {}, Effort(), "111122223333")
    item = module.of_kind["resource"]["probe", "probe"]
    node = module.body(item, module.instances(item)[0]).entries["value"].node
    return None if is_unknown(node) else plain(node)


@pytest.mark.parametrize(
    "expression, value",
    [
        ("var.name", "shop"),
        ('"${var.name}-web"', "shop-web"),
        ("aws_s3_bucket.data.arn", "arn:aws:s3:::shop-data"),
        ('"${aws_s3_bucket.data.arn}/*"', "arn:aws:s3:::shop-data/*"),
        ("aws_iam_role.many[1].arn", "arn:aws:iam::111122223333:role/role-1"),
        ("local.map.web", "10"),
        ('local.map["db"]', "20"),
        ("local.list[1]", "b"),
        ("[for item in local.list : upper(item)]", ["A", "B"]),
        ('[for item in local.list : item if item != "a"]', ["b"]),
        ("{ for key, item in local.map : item => key }", {"10": "web", "20": "db"}),
        ('concat(local.list, ["c"])', ["a", "b", "c"]),
        ('merge(local.map, { web = "11" })', {"web": "11", "db": "20"}),
        ('lookup(local.map, "none", "7")', "7"),
        ('join("-", local.list)', "a-b"),
        ('format("%s-%s", "a", var.name)', "a-shop"),
        ("length(local.list) > 1 ? local.list[0] : null", "a"),
        ("!false && (1 + 2 == 3)", "true"),
        ("local.list.0", "a"),
        ("jsonencode({ Action = [var.name] })", {"Action": ["shop"]}),
        ('"$${aws:username} 100%%{x}"', "${aws:username} 100%{x}"),
        ('coalesce("", var.name)', "shop"),
        ('flatten([[local.list], ["c"]])', ["a", "b", "c"]),
        ("<<-EOT\n    one\n    ${var.name}\n  EOT", "    one\n    shop\n"),
        ("data.aws_caller_identity.me.account_id", None),
        ("var.unset", None),
        ('"${var.unset}-web"', None),
        ("local.loop", None),
        ('file("secret.json")', None),
        ("random_id.this.hex", None),
    ],
)
def test_expressions(expression: str, value: object) -> None:
    assert value_of(expression) == value


def test_what_is_not_known_keeps_its_name() -> None:
    body = parse_body('resource probe probe {\n  value = "${var.prefix}-web"\n}\n')
    module = Module(tuple(InDocument("main.tf", block) for block in body.blocks), {}, Effort(), "*")
    item = module.of_kind["resource"]["probe", "probe"]
    node = module.body(item, module.instances(item)[0]).entries["value"].node
    assert is_unknown(node)
    assert plain(node) == "${var.prefix}-web"


def test_lines_are_those_of_the_text() -> None:
    body = parse_body(
        '# comment\nresource "a" "b" {\n  /* two\n  lines */\n  options {\n    tokens = "optional" // why\n  }\n}\n'
    )
    block = body.blocks[0].body.blocks[0]
    assert (body.blocks[0].place.line, block.place.line, block.body.attributes[0].place) == (2, 5, (6, 5))


@pytest.mark.parametrize(
    "text",
    [
        "a = ",
        'a = "',
        "a {",
        "a = [",
        "a = ${",
        "}",
        "a = <<X\nno end",
        "a b",
        "a = 1 2",
        "a = {b}",
        "/* no end",
        "\x00",
        'a = "line\nbreak"',
        'a = "\\q"',
        "a = " + "(" * 1000,
        "a = " + "!" * 1000,
        "a = " + "[" * 100_000,
        'a = "' + "${" * 5000,
        "a = x" + ".y" * 5000,
        "a = 1" + "+1" * 5000,
        "a { " * 5000,
    ],
)
def test_what_is_not_terraform_is_refused_with_a_place(text: str) -> None:
    with pytest.raises(HclError) as caught:
        parse_body(text)
    assert caught.value.place.line >= 1


@given(st.text(alphabet="ab1 .\"'${}[]()=:,\n<>-EOT!?*#/\\%~", max_size=120))
@settings(deadline=None, max_examples=400)
def test_any_text_is_read_or_refused(text: str) -> None:
    assert 1 <= _line_of_refusal(text) <= text.count("\n") + 1


def _line_of_refusal(text: str) -> int:
    """The line where a text stops being Terraform; 1 for one that is."""
    try:
        parse_body(text)
    except HclError as error:
        return error.place.line
    return 1


def test_values_that_double_do_not_fill_memory() -> None:
    doubled = "\n".join(f'  l{index} = "${{local.l{index - 1}}}${{local.l{index - 1}}}"' for index in range(1, 60))
    lists = "\n".join(f"  m{index} = concat(local.m{index - 1}, local.m{index - 1})" for index in range(1, 60))
    uses = "resource p p {\n  a = local.l59\n  b = local.m59\n}\n"
    body = parse_body(f'locals {{\n  l0 = "0123456789"\n  m0 = ["x"]\n{doubled}\n{lists}\n}}\n{uses}')
    module = Module(tuple(InDocument("main.tf", block) for block in body.blocks), {}, Effort(), "*")
    item = module.of_kind["resource"]["p", "p"]
    assert all(is_unknown(entry.node) for entry in module.body(item, module.instances(item)[0]).entries.values())
