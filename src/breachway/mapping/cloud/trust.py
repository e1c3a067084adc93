"""What the trust policy of an AWS role says to a ServiceAccount's token, or to a service."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from breachway.mapping.ecs.iam import glob_matches

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from breachway.evidence import Location
    from breachway.sources.ecs.iam import IamCondition, IamStatement

POD_IDENTITY = "pods.eks.amazonaws.com"
_WEB_IDENTITY = "sts:assumerolewithwebidentity"
_ASSUME = "sts:assumerole"
_PROVIDER = ":oidc-provider/"


class Told(NamedTuple):
    """Whether a trust policy agrees (None where a condition decides that is not evaluated), and the statement that says so."""

    agrees: bool | None
    location: Location | None = None


def trusts_account(trust: Iterable[IamStatement], namespace: str, name: str, audience: str) -> Told:
    """Whether a token of the account for this audience is taken: by the provider, the subject and the audience."""
    subject = f"system:serviceaccount:{namespace}:{name}"
    claims = {"sub": subject, "aud": audience}
    return _decide(trust, _WEB_IDENTITY, _federated, lambda condition: _claim_holds(condition, claims))


def trusts_service(trust: Iterable[IamStatement], service: str) -> Told:
    """Whether a service may take the role."""
    return _decide(
        trust,
        _ASSUME,
        lambda kind, value: kind == "*" or (kind == "Service" and value in {service, "*"}),
        lambda _condition: None,
    )


def _decide(
    trust: Iterable[IamStatement],
    action: str,
    principal: Callable[[str, str], bool],
    holds: Callable[[IamCondition], bool | None],
) -> Told:
    """IAM's rule: a Deny that applies refuses, else an Allow that applies is needed.

    ``principal`` asks about the kind and the name of a principal, ``holds`` about a condition.
    """
    statements = tuple(item for item in trust if _covers(item, action) and _names(item, principal))
    denied = [item for item in statements if item.effect is not None and item.effect.value.lower() == "deny"]
    doubt = False
    for item in denied:
        state = _all(holds(condition) for condition in item.conditions)
        if state is True:
            return Told(agrees=False, location=item.location)
        doubt = doubt or state is None
    best = Told(agrees=False)
    for item in statements:
        if item in denied:
            continue
        state = _all(holds(condition) for condition in item.conditions)
        if state is True and not doubt:
            return Told(agrees=True, location=item.location)
        if state is not False:
            best = Told(agrees=None, location=item.location)
    return best


def _covers(statement: IamStatement, action: str) -> bool:
    if statement.actions:
        return any(glob_matches(item.value.lower(), action) for item in statement.actions)
    return bool(statement.not_actions) and not any(glob_matches(item.value.lower(), action) for item in statement.not_actions)


def _names(statement: IamStatement, principal: Callable[[str, str], bool]) -> bool:
    return any(principal(item.kind, item.name.value) for item in statement.principals)


def _federated(kind: str, value: str) -> bool:
    """A provider of tokens; one that is not known from the files may be the cluster's."""
    return kind == "*" or (kind == "Federated" and (_PROVIDER in value or "${" in value or value == "*"))


def _all(states: Iterable[bool | None]) -> bool | None:
    found = tuple(states)
    if False in found:
        return False
    return None if None in found else True


def _claim_holds(condition: IamCondition, claims: dict[str, str]) -> bool | None:
    """Whether a condition on a claim of the token holds; None for any other."""
    wanted = claims.get(condition.key.lower().rpartition(":")[2])
    operator = condition.operator.lower().removeprefix("foranyvalue:").removesuffix("ifexists")
    values = tuple(item.value for item in condition.values)
    if wanted is None or any("${" in value for value in values):
        return None
    match operator:
        case "stringequals":
            return wanted in values
        case "stringequalsignorecase":
            return wanted.lower() in {value.lower() for value in values}
        case "stringlike":
            return any(glob_matches(value, wanted) for value in values)
        case "stringnotequals":
            return wanted not in values
        case "stringnotlike":
            return not any(glob_matches(value, wanted) for value in values)
        case _:
            return None
