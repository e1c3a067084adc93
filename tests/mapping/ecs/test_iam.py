from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from breachway.evidence import Location
from breachway.mapping.ecs.iam import Answer, Rule, arn_matches, decide, decide_any, glob_matches, is_admin
from breachway.sources.decoding import Value
from breachway.sources.ecs.iam import IamCondition

PLACE = Location("iam/role.json", "/Statement/0", 5, 5)
ROLE = "arn:aws:iam::111122223333:role/shop-task"


def rule(
    *actions: str,
    on: tuple[str, ...] = ("*",),
    allow: bool = True,
    but: tuple[str, ...] = (),
    not_on: tuple[str, ...] = (),
    conditions: tuple[IamCondition, ...] = (),
) -> Rule:
    return Rule(allow, tuple(item.lower() for item in actions), but, () if not_on else on, not_on, conditions, PLACE)


def condition(operator: str, key: str, *values: str) -> IamCondition:
    return IamCondition(operator, key, tuple(Value(value, PLACE) for value in values))


def answer(*rules: Rule, action: str = "iam:PassRole", resource: str = ROLE, passed_to: str = "") -> Answer:
    denials = tuple(item for item in rules if not item.allow)
    return decide(rules, denials, action, resource, passed_to=passed_to).answer


@pytest.mark.parametrize(
    "given_rule, expected",
    [
        (rule("*"), Answer.ALLOWED),
        (rule("iam:*"), Answer.ALLOWED),
        (rule("IAM:pass*"), Answer.ALLOWED),
        (rule("iam:Pass?ole"), Answer.ALLOWED),
        (rule("ecs:*"), Answer.REFUSED),
        (rule("iam:PassRole", on=("arn:aws:iam::111122223333:role/shop-*",)), Answer.ALLOWED),
        (rule("iam:PassRole", on=("arn:aws:iam::*:role/*",)), Answer.ALLOWED),
        (rule("iam:PassRole", on=("arn:aws:iam::111122223333:role/web-*",)), Answer.REFUSED),
        (rule("iam:PassRole", on=("arn:aws:iam::111122223333:role/SHOP-TASK",)), Answer.REFUSED),
        (rule(but=("ecs:*",)), Answer.ALLOWED),
        (rule(but=("iam:*",)), Answer.REFUSED),
        (rule("iam:PassRole", not_on=(ROLE,)), Answer.REFUSED),
        (rule("iam:PassRole", not_on=("arn:aws:iam::111122223333:role/other",)), Answer.ALLOWED),
    ],
)
def test_statements(given_rule: Rule, expected: Answer) -> None:
    assert answer(given_rule) is expected


def test_a_denial_wins() -> None:
    assert answer(rule("*"), rule("iam:*", allow=False)) is Answer.REFUSED
    assert answer(rule("*"), rule("iam:*", on=("arn:aws:iam::111122223333:role/other",), allow=False)) is Answer.ALLOWED


def test_a_denial_under_a_condition_leaves_doubt() -> None:
    unless = rule("iam:*", allow=False, conditions=(condition("Bool", "aws:MultiFactorAuthPresent", "false"),))
    assert answer(rule("*"), unless) is Answer.CONDITIONAL


def test_the_service_that_a_role_is_passed_to() -> None:
    tasks = rule("iam:PassRole", conditions=(condition("StringEquals", "iam:PassedToService", "ecs-tasks.amazonaws.com"),))
    functions = rule("iam:PassRole", conditions=(condition("StringLike", "iam:PassedToService", "lambda.*"),))
    others = rule("iam:PassRole", conditions=(condition("StringNotEquals", "iam:PassedToService", "ecs-tasks.amazonaws.com"),))
    assert answer(tasks, passed_to="ecs-tasks.amazonaws.com") is Answer.ALLOWED
    assert answer(functions, passed_to="ecs-tasks.amazonaws.com") is Answer.REFUSED
    assert answer(others, passed_to="ecs-tasks.amazonaws.com") is Answer.REFUSED


def test_an_unknown_condition_leaves_doubt() -> None:
    assert answer(rule("*", conditions=(condition("IpAddress", "aws:SourceIp", "10.0.0.0/8"),))) is Answer.CONDITIONAL


def test_some_resource_is_enough_where_any_will_do() -> None:
    narrow = rule("ecs:RunTask", on=("arn:aws:ecs:eu-west-1:111122223333:task-definition/shop:*",))
    assert decide_any((narrow,), (), "ecs:RunTask").answer is Answer.ALLOWED
    assert decide_any((narrow,), (), "ecs:StartTask").answer is Answer.REFUSED


def test_administration_is_everything_on_everything() -> None:
    assert is_admin((rule("*"),), ()).answer is Answer.ALLOWED
    assert is_admin((rule("*", on=(ROLE,)),), ()).answer is Answer.REFUSED
    assert is_admin((rule("iam:*"),), ()).answer is Answer.REFUSED
    assert is_admin((rule("*"),), (rule("*", allow=False),)).answer is Answer.REFUSED


@pytest.mark.parametrize(
    "pattern, arn, part, matches",
    [
        ("arn:aws:s3:::shop/incoming/*", "arn:aws:s3:::shop/*", True, True),
        ("arn:aws:s3:::shop/incoming/*", "arn:aws:s3:::shop/*", False, False),
        ("arn:aws:s3:::shop", "arn:aws:s3:::shop/*", True, False),
        ("arn:aws:s3:::shop*", "arn:aws:s3:::shop/*", True, True),
        ("arn:aws:s3:::other/*", "arn:aws:s3:::shop/*", True, False),
        ("arn:aws:ecs:eu-west-1:111122223333:cluster/main", "arn:aws:ecs:*:111122223333:cluster/main", True, True),
        ("arn:aws:ecs:eu-west-1:999999999999:cluster/main", "arn:aws:ecs:*:111122223333:cluster/main", True, False),
    ],
)
def test_resources_with_unknown_parts(pattern: str, arn: str, part: bool, matches: bool) -> None:
    assert arn_matches(pattern, arn, part=part) is matches


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet="ab*?", max_size=8), st.text(alphabet="ab", max_size=8))
def test_the_matcher_agrees_with_regular_expressions(pattern: str, text: str) -> None:
    expression = "".join(".*" if mark == "*" else "." if mark == "?" else re.escape(mark) for mark in pattern)
    assert glob_matches(pattern, text) == bool(re.fullmatch(expression, text))


def test_a_hostile_pattern_is_decided() -> None:
    assert not glob_matches("*a" * 300 + "b", "a" * 1000)
