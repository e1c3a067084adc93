"""The cloud account and its roles: who they are, and which policies in the input are theirs."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, assert_never

from breachway.mapping.containers.grounds import observed
from breachway.mapping.ecs.iam import Rule, rule_of
from breachway.mapping.ecs.managed_policies import managed_rules
from breachway.model import CrownJewel
from breachway.sources.ecs.objects import EcsCluster, EcsService, IamPolicy, IamRole, TaskDefinition

if TYPE_CHECKING:
    from breachway.evidence import Location
    from breachway.mapping.building import ModelBuilder
    from breachway.sources.decoding import Value
    from breachway.sources.ecs.iam import IamUser
    from breachway.sources.ecs.objects import EcsDocument, IamStatement

AWS = "aws"
_ACCOUNT_IN_ARN = re.compile(r"arn:aws[a-z-]{0,12}:[a-z0-9-]{1,40}:[a-z0-9-]{0,25}:([0-9]{12}):")
_ADMIN_VALUE = 9


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyView:
    """One policy of a role; ``rules`` None for a managed policy whose content is not known."""

    name: str
    location: Location
    rules: tuple[Rule, ...] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleView:
    """A role or a user as the documents together show it; ``declared`` is false where it is only mentioned.

    ``kind`` is the word for it; no service or role can take a user, so that a user has no ``trust``.
    """

    name: str
    arn: str
    asset: str
    location: Location
    declared: bool
    trust: tuple[IamStatement, ...]
    policies: tuple[PolicyView, ...]
    kind: str = "role"

    @property
    def path(self) -> str:
        """The name within asset ids, where a user and a role may have the same name."""
        return self.name if self.kind == "role" else f"{self.kind}/{self.name}"

    @property
    def denials(self) -> tuple[Rule, ...]:
        """The Deny statements of all policies of the role: they bear on each other's grants."""
        return tuple(rule for policy in self.policies for rule in policy.rules or () if not rule.allow)


def role_name(text: str) -> str:
    """The name of a role from an ARN (also with a path) or from the bare name."""
    return text.rpartition("/")[2] if text.startswith("arn:") else text


def account_number(documents: tuple[EcsDocument, ...]) -> str:
    """The account that the documents speak of: that of the first ARN with one, else the word ``account``."""
    for document in documents:
        for text in _arns(document):
            match = _ACCOUNT_IN_ARN.match(text)
            if match is not None:
                return match.group(1)
    return "account"


def _arns(document: EcsDocument) -> tuple[str, ...]:
    values: tuple[Value[str] | None, ...]
    match document:
        case TaskDefinition():
            values = (document.task_definition_arn, document.task_role_arn, document.execution_role_arn)
        case EcsService():
            values = (document.service_arn, document.cluster_arn, document.task_definition)
        case EcsCluster():
            values = (document.cluster_arn,)
        case IamRole():
            values = (document.arn,)
        case IamPolicy():
            values = tuple(item for statement in document.statements for item in statement.resources)
        case _:
            assert_never(document)
    return tuple(value.value for value in values if value is not None)


def map_account(builder: ModelBuilder, documents: tuple[EcsDocument, ...], location: Location, *, number: str = "") -> str:
    """Add the account, by ``number`` if it is known; whoever administers it is a crown jewel's thief."""
    number = number or account_number(documents)
    found = observed(location, "documents of one account" if number == "account" else f"account {number}")
    account = builder.asset("CloudAccount", f"{AWS}:CloudAccount:{number}", f"AWS account {number}", platform=AWS, evidence=found)
    title = "administration of the AWS account"
    builder.crown_jewel(CrownJewel(asset=account, step="admin", title=title, value=_ADMIN_VALUE, evidence=found))
    return account


def map_roles(builder: ModelBuilder, documents: tuple[EcsDocument, ...], account: str) -> dict[str, RoleView]:
    """Add every role that a document declares, mentions or holds a policy of; gives them by name, sorted."""
    number = account.rpartition(":")[2]
    roles: dict[str, list[IamRole]] = {}
    policies: dict[str, list[PolicyView]] = {}
    places: dict[str, Location] = {}
    for document in documents:
        match document:
            case IamRole():
                roles.setdefault(document.name, []).append(document)
                places.setdefault(document.name, document.location)
                _add_policies(document, policies)
            case IamPolicy() if document.role:
                places.setdefault(document.role, document.location)
                policies.setdefault(document.role, []).append(_policy(document))
            case TaskDefinition():
                for arn in (document.task_role_arn, document.execution_role_arn):
                    if arn is not None and arn.value:
                        places.setdefault(role_name(arn.value), arn.location)
            case _:
                pass
    return {
        name: _role(builder, name, number, account, roles.get(name, []), policies.get(name, []), places[name])
        for name in sorted(places)
    }


def _add_policies(role: IamRole, policies: dict[str, list[PolicyView]]) -> None:
    policies.setdefault(role.name, []).extend(policies_of(role))


def policies_of(identity: IamRole | IamUser) -> tuple[PolicyView, ...]:
    """The policies of a role or a user: those inside it, and the managed ones by what is known of them."""
    managed = (
        PolicyView(name=role_name(arn.value), location=arn.location, rules=managed_rules(arn.value, arn.location))
        for arn in identity.managed_policy_arns
    )
    return (*(_policy(policy) for policy in identity.policies), *managed)


def map_users(builder: ModelBuilder, users: tuple[IamUser, ...], account: str) -> dict[str, RoleView]:
    """Add every user; gives them by name, sorted."""
    views: dict[str, RoleView] = {}
    for user in sorted(users, key=lambda item: item.name):
        found = observed(user.location, f"user {user.name}")
        asset = builder.asset(
            "CloudUser", f"{AWS}:CloudUser:{user.name}", user.name, platform=AWS, evidence=found, boundary=account
        )
        arn = user.arn.value if user.arn is not None else f"arn:aws:iam::{account.rpartition(':')[2]}:user/{user.name}"
        views[user.name] = RoleView(
            name=user.name,
            arn=arn,
            asset=asset,
            location=user.location,
            declared=True,
            trust=(),
            policies=policies_of(user),
            kind="user",
        )
    return views


def _policy(policy: IamPolicy) -> PolicyView:
    rules = tuple(rule_of(statement) for statement in policy.statements) if policy.known else None
    return PolicyView(name=policy.name, location=policy.location, rules=rules)


def _role(
    builder: ModelBuilder,
    name: str,
    number: str,
    account: str,
    declared: list[IamRole],
    policies: list[PolicyView],
    location: Location,
) -> RoleView:
    arn = next((role.arn.value for role in declared if role.arn is not None), f"arn:aws:iam::{number}:role/{name}")
    found = observed(location, f"role {name}")
    asset = builder.asset("CloudRole", f"{AWS}:CloudRole:{name}", name, platform=AWS, evidence=found, boundary=account)
    builder.link("OwnsRole", account, asset, found)
    return RoleView(
        name=name,
        arn=arn,
        asset=asset,
        location=location,
        declared=bool(declared),
        trust=tuple(statement for role in declared for statement in role.trust),
        policies=tuple(policies),
    )
