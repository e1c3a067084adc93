"""Decodes IAM policy documents and roles: the places where IAM takes a string or a list, and a statement or a list of them."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from breachway.evidence import Location, Unread
from breachway.sources.decoding import Value, child, decode, describe_kind, pointer_token, wrong_type
from breachway.sources.dialects import AWS, null_of_yaml
from breachway.sources.ecs.iam import IamCondition, IamPolicy, IamPrincipal, IamRole, IamRoleHeader, IamStatement
from breachway.sources.nodes import Mapping, Scalar, Sequence

if TYPE_CHECKING:
    from breachway.sources.nodes import Node

_ROLE_FOLDERS = frozenset({"iam", "roles"})
_DOCUMENT_KEYS = ("PolicyDocument", "Document")


def policy_document(node: Mapping, location: Location, problems: list[Unread], *, name: str = "", role: str = "") -> IamPolicy:
    """Read a policy document; a name or a role that nobody gives comes from the path of the file."""
    return IamPolicy(
        location=location,
        name=name or stem(location.document),
        role=role or role_of_path(location.document),
        statements=_statements(node, location, problems),
    )


def named_policy(node: Mapping, location: Location, problems: list[Unread], *, role: str = "") -> IamPolicy | None:
    """Read a policy that is wrapped with its name, as ``get-role-policy`` and CloudFormation write it."""
    for key in _DOCUMENT_KEYS:
        inner = child(location, node, key)
        if inner is None:
            continue
        if isinstance(inner[0], Mapping):
            stated_role = _text(node, "RoleName") or role
            return policy_document(inner[0], inner[1], problems, name=_text(node, "PolicyName"), role=stated_role)
        problems.append(wrong_type("a policy document", inner[0], inner[1]))
    return None


def role(node: Mapping, location: Location, problems: list[Unread]) -> IamRole | None:
    """Read a role, with the policies that stand inside it."""
    header = decode(IamRoleHeader, node, location, AWS, problems)
    if header is None:
        return None
    name = header.role_name.value if header.role_name is not None else stem(location.document)
    trust = child(location, node, "AssumeRolePolicyDocument")
    trusted: tuple[IamStatement, ...] = ()
    if trust is not None and isinstance(trust[0], Mapping):
        trusted = _statements(trust[0], trust[1], problems)
    elif trust is not None:
        problems.append(wrong_type("a policy document", trust[0], trust[1]))
    inline: list[IamPolicy] = []
    for key in ("RolePolicyList", "Policies"):
        listed = child(location, node, key)
        if listed is not None and isinstance(listed[0], Sequence):
            found = (named_policy(item, at, problems, role=name) for item, at in each_mapping(listed[0], listed[1], problems))
            inline.extend(policy for policy in found if policy is not None)
    attached = (*header.attached_managed_policies, *header.attached_policies)
    return IamRole(
        location=location,
        name=name,
        arn=header.arn,
        trust=trusted,
        policies=tuple(inline),
        managed_policy_arns=(
            *header.managed_policy_arns,
            *(policy.policy_arn for policy in attached if policy.policy_arn is not None),
        ),
        permissions_boundary=_boundary(node, location, problems),
    )


def _boundary(node: Mapping, location: Location, problems: list[Unread]) -> Value[str] | None:
    """Return the ARN of the permissions boundary: CloudFormation writes it alone, the API wraps it."""
    stated = child(location, node, "PermissionsBoundary")
    if stated is not None and isinstance(stated[0], Mapping):
        return _single(stated[0], "PermissionsBoundaryArn", stated[1], problems)
    return _single(node, "PermissionsBoundary", location, problems)


def each_mapping(node: Sequence, location: Location, problems: list[Unread]) -> tuple[tuple[Mapping, Location], ...]:
    """Return the mappings in a list with their places; anything else in it is a problem."""
    found: list[tuple[Mapping, Location]] = []
    for item, place in items(node, location):
        if isinstance(item, Mapping):
            found.append((item, place))
        else:
            problems.append(Unread(place, "object", f"expected a mapping, found {describe_kind(item)}"))
    return tuple(found)


def items(node: Sequence, location: Location) -> tuple[tuple[Node, Location], ...]:
    """Return the items of a list with their places."""
    return tuple(
        (item, Location(location.document, f"{location.pointer}/{index}", item.line, item.column))
        for index, item in enumerate(node.items)
    )


def stem(document: str) -> str:
    """Return the name of a file without folders and suffix."""
    return PurePosixPath(document).stem


def role_of_path(document: str) -> str:
    """Return the role that a path such as ``iam/checkout-task.json`` names, or ""."""
    path = PurePosixPath(document)
    return path.stem if path.parent.name.lower() in _ROLE_FOLDERS else ""


def _text(node: Mapping, key: str) -> str:
    entry = node.entries.get(key)
    return entry.node.text if entry is not None and isinstance(entry.node, Scalar) else ""


def _statements(node: Mapping, location: Location, problems: list[Unread]) -> tuple[IamStatement, ...]:
    inner = child(location, node, "Statement")
    if inner is None:
        problems.append(Unread(location, "field", "a policy document without Statement"))
        return ()
    statement, place = inner
    found = items(statement, place) if isinstance(statement, Sequence) else ((statement, place),)
    statements: list[IamStatement] = []
    for item, at in found:
        if isinstance(item, Mapping):
            statements.append(_statement(item, at, problems))
        else:
            problems.append(wrong_type("a statement", item, at))
    return tuple(statements)


def _statement(node: Mapping, location: Location, problems: list[Unread]) -> IamStatement:
    return IamStatement(
        location=location,
        sid=_single(node, "Sid", location, problems),
        effect=_single(node, "Effect", location, problems),
        actions=_many(node, "Action", location, problems),
        not_actions=_many(node, "NotAction", location, problems),
        resources=_many(node, "Resource", location, problems),
        not_resources=_many(node, "NotResource", location, problems),
        principals=_principals(node, "Principal", location, problems),
        not_principals=_principals(node, "NotPrincipal", location, problems),
        conditions=_conditions(node, location, problems),
    )


def _single(node: Mapping, key: str, location: Location, problems: list[Unread]) -> Value[str] | None:
    inner = child(location, node, key)
    if inner is None:
        return None
    if isinstance(inner[0], Scalar):
        return Value(inner[0].text, inner[1])
    problems.append(wrong_type("a string", inner[0], inner[1]))
    return None


def _many(node: Mapping, key: str, location: Location, problems: list[Unread]) -> tuple[Value[str], ...]:
    inner = child(location, node, key)
    return () if inner is None else _strings(inner[0], inner[1], problems)


def _strings(node: Node, location: Location, problems: list[Unread]) -> tuple[Value[str], ...]:
    """Read a string or a list of strings."""
    if isinstance(node, Scalar):
        return () if null_of_yaml(node) else (Value(node.text, location),)
    if isinstance(node, Mapping):
        problems.append(wrong_type("a string or a list of strings", node, location))
        return ()
    found: list[Value[str]] = []
    for item, place in items(node, location):
        if isinstance(item, Scalar):
            found.append(Value(item.text, place))
        else:
            problems.append(wrong_type("a string", item, place))
    return tuple(found)


def _principals(node: Mapping, key: str, location: Location, problems: list[Unread]) -> tuple[IamPrincipal, ...]:
    inner = child(location, node, key)
    if inner is None:
        return ()
    stated, place = inner
    if isinstance(stated, Mapping):
        return tuple(
            IamPrincipal(kind, name) for kind in stated.entries for name in _strings(*_below(stated, kind, place), problems)
        )
    return tuple(IamPrincipal("*", name) for name in _strings(stated, place, problems))


def _below(node: Mapping, key: str, location: Location) -> tuple[Node, Location]:
    entry = node.entries[key]
    return entry.node, Location(location.document, f"{location.pointer}/{pointer_token(key)}", entry.line, entry.column)


def _conditions(node: Mapping, location: Location, problems: list[Unread]) -> tuple[IamCondition, ...]:
    inner = child(location, node, "Condition")
    if inner is None:
        return ()
    operators, place = inner
    if not isinstance(operators, Mapping):
        problems.append(wrong_type("a mapping", operators, place))
        return ()
    found: list[IamCondition] = []
    for operator in operators.entries:
        tests, at = _below(operators, operator, place)
        if not isinstance(tests, Mapping):
            problems.append(wrong_type("a mapping", tests, at))
            continue
        found.extend(IamCondition(operator, key, _strings(*_below(tests, key, at), problems)) for key in tests.entries)
    return tuple(found)
