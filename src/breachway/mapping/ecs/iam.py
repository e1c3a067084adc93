"""What a set of IAM statements allows: wildcards, NotAction, NotResource, Deny and conditions.

A condition that is not understood leaves the answer open.  A request is allowed when a statement allows it and none denies it
(IAM user guide, policy evaluation logic); permission boundaries and service control policies are not in the input.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

    from breachway.evidence import Location
    from breachway.sources.ecs.iam import IamCondition, IamStatement

_ARN_PARTS = 6
_PASSED_TO = "iam:passedtoservice"
_BY_TLS = "aws:securetransport"
ECS_TASKS = "ecs-tasks.amazonaws.com"


class Answer(Enum):
    """What the statements say to one request."""

    ALLOWED = "allowed"
    CONDITIONAL = "conditional"
    REFUSED = "refused"


class Decision(NamedTuple):
    """An answer and the statement that it rests on (None for a refusal that nothing allows)."""

    answer: Answer
    location: Location | None = None

    @property
    def possible(self) -> bool:
        """Whether the request goes through, for all that is known."""
        return self.answer is not Answer.REFUSED


REFUSED = Decision(Answer.REFUSED)


class Rule(NamedTuple):
    """One statement, with its wildcards and its actions in lower case.

    Empty ``actions`` means that ``not_actions`` speaks, likewise resources.
    """

    allow: bool
    actions: tuple[str, ...]
    not_actions: tuple[str, ...]
    resources: tuple[str, ...]
    not_resources: tuple[str, ...]
    conditions: tuple[IamCondition, ...]
    location: Location


def glob_matches(pattern: str, text: str) -> bool:
    """Match ``*`` and ``?`` as IAM does; at most the product of the lengths in steps, whatever the pattern."""
    position = start = 0
    star = -1
    mark = 0
    while position < len(text):
        if start < len(pattern) and (pattern[start] in {"?", text[position]}) and pattern[start] != "*":
            position += 1
            start += 1
        elif start < len(pattern) and pattern[start] == "*":
            star, mark = start, position
            start += 1
        elif star >= 0:
            start = star + 1
            mark += 1
            position = mark
        else:
            return False
    return all(character == "*" for character in pattern[start:])


def rule_of(statement: IamStatement) -> Rule:
    """Read a statement of an identity policy."""
    return Rule(
        allow=statement.effect is None or statement.effect.value.lower() != "deny",
        actions=tuple(item.value.lower() for item in statement.actions),
        not_actions=tuple(item.value.lower() for item in statement.not_actions),
        resources=tuple(item.value for item in statement.resources),
        not_resources=tuple(item.value for item in statement.not_resources),
        conditions=statement.conditions,
        location=statement.location,
    )


def covers_action(rule: Rule, action: str) -> bool:
    """Whether the rule speaks of the action."""
    plain = action.lower()
    if rule.actions:
        return any(glob_matches(pattern, plain) for pattern in rule.actions)
    return not any(glob_matches(pattern, plain) for pattern in rule.not_actions)


def _covers_resource(rule: Rule, resource: str) -> bool:
    """Whether the rule speaks of the resource; ``*`` asks for every resource."""
    if rule.resources:
        return any(
            pattern == "*" or (resource != "*" and arn_matches(pattern, resource, part=rule.allow)) for pattern in rule.resources
        )
    if rule.not_resources:
        return resource != "*" and not any(arn_matches(pattern, resource, part=not rule.allow) for pattern in rule.not_resources)
    return True


def arn_matches(pattern: str, arn: str, *, part: bool) -> bool:
    """Match a resource of a policy against an ARN.

    In the ARN ``*`` stands for what is not known (a region) or for many (``bucket/*``).  With ``part`` a pattern for some of
    what the ARN means counts, as ``bucket/incoming/*`` does for ``bucket/*``.
    """
    wanted, known = pattern.split(":", _ARN_PARTS - 1), arn.split(":", _ARN_PARTS - 1)
    if len(wanted) < _ARN_PARTS or len(known) < _ARN_PARTS:
        return glob_matches(pattern, arn)
    if not all(glob_matches(mine, yours) or yours == "*" for mine, yours in zip(wanted[:-1], known[:-1], strict=True)):
        return False
    tail, name = wanted[-1], known[-1]
    return glob_matches(tail, name) or (part and "*" in name and glob_matches(name, tail))


def _condition_state(rule: Rule, *, passed_to: str) -> bool | None:
    """Whether the conditions hold: True, False, or None where that is not known.  An attacker uses TLS where it is asked."""
    state: bool | None = True
    for condition in rule.conditions:
        if condition.key.lower() == _PASSED_TO and passed_to:
            equal = any(glob_matches(value.value, passed_to) for value in condition.values)
            if condition.operator.lower().removesuffix("ifexists").startswith(("stringnot",)):
                equal = not equal
            if not equal:
                return False
        elif condition.key.lower() == _BY_TLS:
            if any(value.value.lower() == "false" for value in condition.values):
                return False
        else:
            state = None
    return state


def decide(rules: Iterable[Rule], denials: Iterable[Rule], action: str, resource: str, *, passed_to: str = "") -> Decision:
    """Decide one request.

    ``rules`` are the statements of one policy, ``denials`` the Deny statements of all policies that apply.
    """
    doubt = False
    for rule in denials:
        if covers_action(rule, action) and _covers_resource(rule, resource):
            state = _condition_state(rule, passed_to=passed_to)
            if state is True:
                return Decision(Answer.REFUSED, rule.location)
            doubt = doubt or state is None
    conditional: Decision | None = None
    for rule in rules:
        if not rule.allow or not covers_action(rule, action) or not _covers_resource(rule, resource):
            continue
        state = _condition_state(rule, passed_to=passed_to)
        if state is True and not doubt:
            return Decision(Answer.ALLOWED, rule.location)
        if state is not False and conditional is None:
            conditional = Decision(Answer.CONDITIONAL, rule.location)
    return conditional or REFUSED


def decide_any(rules: tuple[Rule, ...], denials: tuple[Rule, ...], action: str, *, passed_to: str = "") -> Decision:
    """Decide whether the action is allowed on some resource that a statement names."""
    best = REFUSED
    for rule in rules:
        if not rule.allow or not covers_action(rule, action):
            continue
        for resource in rule.resources or ("*",):
            decision = decide((rule,), denials, action, resource, passed_to=passed_to)
            if decision.answer is Answer.ALLOWED:
                return decision
            if decision.possible and not best.possible:
                best = decision
    return best


def is_admin(rules: tuple[Rule, ...], denials: tuple[Rule, ...]) -> Decision:
    """Decide whether a policy allows everything on everything."""
    whole = tuple(rule for rule in rules if rule.allow and "*" in rule.actions and ("*" in rule.resources or not rule.resources))
    if not whole:
        return REFUSED
    blanket = tuple(rule for rule in denials if "*" in rule.actions)
    return decide(whole, blanket, "iam:CreateUser", "*")


def wide_service(rules: tuple[Rule, ...]) -> Rule | None:
    """The first statement that allows a whole service on every resource (``ecs:*`` on ``*``)."""
    for rule in rules:
        whole = any(action.endswith(":*") or action in {"*", "*:*"} for action in rule.actions)
        if rule.allow and not rule.conditions and "*" in rule.resources and (whole or (rule.not_actions and not rule.actions)):
            return rule
    return None


def principals_allowed(trust: Iterable[IamStatement], service: str) -> bool | None:
    """Whether a trust policy lets a service take the role; None where there is no trust policy to read."""
    seen = False
    for statement in trust:
        seen = True
        if statement.effect is not None and statement.effect.value.lower() == "deny":
            continue
        if any(item.kind == "*" or (item.kind == "Service" and item.name.value == service) for item in statement.principals):
            return True
    return False if seen else None


def role_trusted(trust: Iterable[IamStatement], account: str, role_arn: str) -> bool | None:
    """Whether a trust policy lets another role of the account take the role; None where there is none to read."""
    seen = False
    for statement in trust:
        seen = True
        if statement.effect is not None and statement.effect.value.lower() == "deny":
            continue
        for item in statement.principals:
            if item.kind == "*" or (
                item.kind == "AWS" and item.name.value in {"*", account, f"arn:aws:iam::{account}:root", role_arn}
            ):
                return True
    return False if seen else None
