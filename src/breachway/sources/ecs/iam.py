"""IAM documents: policies with their statements, and roles."""

from dataclasses import dataclass
from typing import NamedTuple

from breachway.sources.decoding import Struct, Value


class IamPrincipal(NamedTuple):
    """Whom a statement speaks of: ``kind`` is AWS, Service, Federated or CanonicalUser, or ``*`` for everyone."""

    kind: str
    name: Value[str]


class IamCondition(NamedTuple):
    """A condition: the operator (StringEquals, …), the context key and the values, any of which will do."""

    operator: str
    key: str
    values: tuple[Value[str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class IamStatement(Struct):
    """One statement.  ``effect`` is Allow or Deny.

    Absent and empty are alike, as IAM refuses a statement that has neither ``actions`` nor ``not_actions``; ``principals`` are
    set in trust and resource policies only.
    """

    sid: Value[str] | None = None
    effect: Value[str] | None = None
    actions: tuple[Value[str], ...] = ()
    not_actions: tuple[Value[str], ...] = ()
    resources: tuple[Value[str], ...] = ()
    not_resources: tuple[Value[str], ...] = ()
    principals: tuple[IamPrincipal, ...] = ()
    not_principals: tuple[IamPrincipal, ...] = ()
    conditions: tuple[IamCondition, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class IamPolicy(Struct):
    """A policy document.

    ``name`` is the policy's own name, or the stem of the file.  ``role`` is the name of the role that it belongs to: as the
    document says, or the stem of a file in a folder named ``iam`` or ``roles``; "" when nothing says.  ``known`` is false for a
    policy whose content the files do not show.
    """

    name: str = ""
    role: str = ""
    statements: tuple[IamStatement, ...] = ()
    known: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class IamRole(Struct):
    """A role: who may take it (``trust``), and what it is given."""

    name: str = ""
    arn: Value[str] | None = None
    trust: tuple[IamStatement, ...] = ()
    policies: tuple[IamPolicy, ...] = ()
    managed_policy_arns: tuple[Value[str], ...] = ()
    permissions_boundary: Value[str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IamUser(Struct):
    """A user, with what it is given (the policies of its groups included)."""

    name: str = ""
    arn: Value[str] | None = None
    policies: tuple[IamPolicy, ...] = ()
    managed_policy_arns: tuple[Value[str], ...] = ()
    permissions_boundary: Value[str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AttachedPolicy(Struct):
    """A managed policy of a role."""

    policy_name: Value[str] | None = None
    policy_arn: Value[str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IamRoleHeader(Struct):
    """The fields of a role that decode by rule; the policy documents in it are read apart."""

    role_name: Value[str] | None = None
    arn: Value[str] | None = None
    managed_policy_arns: tuple[Value[str], ...] = ()
    attached_managed_policies: tuple[AttachedPolicy, ...] = ()
    attached_policies: tuple[AttachedPolicy, ...] = ()
