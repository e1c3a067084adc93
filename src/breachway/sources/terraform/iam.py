"""IAM in Terraform: roles, users and policies put together from the many resources that make them up."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from breachway.evidence import Location, Unread
from breachway.sources.decoding import Value, child
from breachway.sources.ecs.iam import IamCondition, IamPolicy, IamRole, IamUser
from breachway.sources.ecs.policies import policy_document
from breachway.sources.json_positions import read_json
from breachway.sources.nodes import Mapping, Scalar, Sequence
from breachway.sources.terraform.values import is_null, is_unknown

if TYPE_CHECKING:
    from collections.abc import Iterable

    from breachway.sources.ecs.iam import IamStatement
    from breachway.sources.nodes import Node
    from breachway.sources.terraform.raw import RawResource

TYPES = frozenset(
    {
        "aws_iam_group_membership",
        "aws_iam_group_policy",
        "aws_iam_group_policy_attachment",
        "aws_iam_policy",
        "aws_iam_policy_attachment",
        "aws_iam_role",
        "aws_iam_role_policy",
        "aws_iam_role_policy_attachment",
        "aws_iam_user",
        "aws_iam_user_group_membership",
        "aws_iam_user_policy",
        "aws_iam_user_policy_attachment",
        "aws_s3_bucket_policy",
    }
)
_HOLDERS = ("role", "user", "group")
_UNKNOWN = re.compile(r"\$\{(?!aws:|saml:|cognito-identity)[^{}]{0,300}\}")
_UNKNOWN_NAME = re.compile(r"(?:\A|:)[^:]*\$\{(?!aws:|saml:|cognito-identity)[^{}]{0,300}\}[^:]*\Z")


class Identities(NamedTuple):
    """What the IAM resources of one root say; ``bucket_policies`` by bucket."""

    roles: tuple[IamRole, ...]
    users: tuple[IamUser, ...]
    policies: tuple[IamPolicy, ...]
    bucket_policies: tuple[tuple[str, IamPolicy], ...]


class _Given(NamedTuple):
    """What one holder (a role, a user, a group) is given."""

    inline: list[IamPolicy]
    managed: list[Value[str]]


def identities(resources: tuple[RawResource, ...], problems: list[Unread]) -> Identities:
    """Join the IAM resources of one root module."""
    return _Joining(tuple(item for item in resources if item.type in TYPES), problems).result()


class _Joining:
    def __init__(self, resources: tuple[RawResource, ...], problems: list[Unread]) -> None:
        self.resources = resources
        self.problems = problems
        self.given: dict[tuple[str, str], _Given] = defaultdict(lambda: _Given([], []))
        self.own = {self.arn_of(item): item for item in resources if item.type == "aws_iam_policy"}

    def of(self, *types: str) -> Iterable[RawResource]:
        return (item for item in self.resources if item.type in types)

    def arn_of(self, item: RawResource) -> str:
        return item.computed("arn")

    def result(self) -> Identities:
        for kind in _HOLDERS:
            for item in self.of(f"aws_iam_{kind}_policy"):
                self.inline(kind, item)
            for item in self.of(f"aws_iam_{kind}_policy_attachment"):
                self.attach(kind, item, _texts(item, kind))
        for item in self.of("aws_iam_policy_attachment"):
            for kind in _HOLDERS:
                self.attach(kind, item, _texts(item, f"{kind}s"))
        self.join_groups()
        roles = tuple(self.role(item) for item in self.of("aws_iam_role"))
        users = tuple(self.user(item) for item in self.of("aws_iam_user"))
        return Identities(roles, users, tuple(self.left_over()), tuple(self.on_buckets()))

    # --------------------------------------------------------------------------------------------------------------- policies

    def inline(self, kind: str, item: RawResource) -> None:
        holder = next(iter(_texts(item, kind)), None)
        policy = self.policy(item, item.body, item.computed("name"))
        if holder is not None and policy is not None:
            self.given[kind, holder.value].inline.append(policy)

    def attach(self, kind: str, item: RawResource, holders: tuple[Value[str], ...]) -> None:
        arn = next(iter(_texts(item, "policy_arn")), None)
        if arn is None:
            return
        own = self.own.get(arn.value)
        for holder in holders:
            given = self.given[kind, holder.value]
            policy = self.policy(own, own.body, own.computed("name")) if own is not None else None
            if policy is not None:
                given.inline.append(policy)
            else:
                given.managed.append(arn)

    def join_groups(self) -> None:
        """Give the policies of a group to its members."""
        members: list[tuple[str, str]] = []
        for item in self.of("aws_iam_user_group_membership"):
            members += [(user.value, group.value) for user in _texts(item, "user") for group in _texts(item, "groups")]
        for item in self.of("aws_iam_group_membership"):
            members += [(user.value, group.value) for group in _texts(item, "group") for user in _texts(item, "users")]
        for user, group in dict.fromkeys(members):
            given = self.given["group", group]
            self.given["user", user].inline.extend(given.inline)
            self.given["user", user].managed.extend(given.managed)

    def policy(self, item: RawResource, body: Mapping, name: str) -> IamPolicy | None:
        """The policy document of a body; None where there is none.  One that is not known is said, and marked."""
        found = child(item.location, body, "policy")
        if found is None:
            return None
        node, place = self.document(*found)
        if node is None:
            return IamPolicy(location=place, name=name, known=False)
        statements = policy_document(node, place, self.problems, name=name).statements
        told = all(
            "${" not in action.value for statement in statements for action in (*statement.actions, *statement.not_actions)
        )
        return IamPolicy(location=place, name=name, statements=tuple(map(_resolved, statements)), known=told)

    def document(self, node: Node, place: Location) -> tuple[Mapping | None, Location]:
        """A policy as a mapping: written out by jsonencode or a data source, or as JSON in a text."""
        place = place._replace(line=node.line, column=node.column)
        if isinstance(node, Mapping):
            return node, place
        if isinstance(node, Scalar) and not is_null(node) and node.text.lstrip().startswith("{"):
            start = node.line if "\n" not in node.text else node.line + 1
            tree = read_json("\n" * (start - 1) + node.text, place.document)
            inner = next((found for found in tree.documents if isinstance(found, Mapping)), None)
            if inner is not None and not tree.problems:
                return inner, place
        reason = "the policy is not known from these files" if not isinstance(node, Sequence) else "expected a policy document"
        self.problems.append(Unread(place, "object", reason, "give the file or the variable that holds it"))
        return None, place

    # ---------------------------------------------------------------------------------------------------------- whole objects

    def role(self, item: RawResource) -> IamRole:
        name = item.computed("name")
        given = self.given.pop(("role", name), _Given([], []))
        trust = child(item.location, item.body, "assume_role_policy")
        node, place = self.document(*trust) if trust is not None else (None, item.location)
        inner = policy_document(node, place, self.problems, name=name, role=name).statements if node is not None else ()
        inline = [
            found
            for block in _blocks(item.body, "inline_policy")
            if (found := self.policy(item, block, _plain(block, "name") or name)) is not None
        ]
        return IamRole(
            location=item.location,
            name=name,
            arn=Value(item.computed("arn"), item.location),
            trust=inner,
            policies=tuple(_of(policy, name) for policy in (*inline, *given.inline)),
            managed_policy_arns=(*_texts(item, "managed_policy_arns"), *given.managed),
            permissions_boundary=next(iter(_texts(item, "permissions_boundary")), None),
        )

    def user(self, item: RawResource) -> IamUser:
        name = item.computed("name")
        given = self.given.pop(("user", name), _Given([], []))
        return IamUser(
            location=item.location,
            name=name,
            arn=Value(item.computed("arn"), item.location),
            policies=tuple(given.inline),
            managed_policy_arns=tuple(given.managed),
            permissions_boundary=next(iter(_texts(item, "permissions_boundary")), None),
        )

    def left_over(self) -> Iterable[IamPolicy]:
        """Policies of roles that this configuration does not declare."""
        for (kind, holder), given in sorted(self.given.items()):
            if kind == "role":
                yield from (_of(policy, holder) for policy in given.inline)

    def on_buckets(self) -> Iterable[tuple[str, IamPolicy]]:
        for item in self.of("aws_s3_bucket_policy"):
            policy = self.policy(item, item.body, "bucket policy")
            for bucket in _texts(item, "bucket"):
                if policy is not None:
                    yield bucket.value, policy


def _resolved(statement: IamStatement) -> IamStatement:
    """A statement told by the line of its actions, as one block of Terraform may hold many.

    A part of a resource that is not known matches anything, and if it is the resource's own name, under a condition that is not
    known.
    """
    doubtful = any(_UNKNOWN_NAME.search(item.value) for item in (*statement.resources, *statement.not_resources))
    condition = (IamCondition("Unresolved", "terraform:resource", ()),) if doubtful else ()
    return replace(
        statement,
        location=statement.actions[0].location if statement.actions else statement.location,
        resources=tuple(Value(_UNKNOWN.sub("*", item.value), item.location) for item in statement.resources),
        not_resources=tuple(Value(_UNKNOWN.sub("*", item.value), item.location) for item in statement.not_resources),
        conditions=(*statement.conditions, *condition),
    )


def _of(policy: IamPolicy, role: str) -> IamPolicy:
    return replace(policy, role=role)


def _blocks(body: Mapping, key: str) -> tuple[Mapping, ...]:
    entry = body.entries.get(key)
    if entry is None or not isinstance(entry.node, Sequence):
        return ()
    return tuple(item for item in entry.node.items if isinstance(item, Mapping))


def _plain(body: Mapping, key: str) -> str:
    entry = body.entries.get(key)
    return entry.node.text if entry is not None and isinstance(entry.node, Scalar) and not is_unknown(entry.node) else ""


def _texts(item: RawResource, key: str) -> tuple[Value[str], ...]:
    """A text, or the texts of a list; unknown ones keep the reference as their text."""
    found = child(item.location, item.body, key)
    if found is None:
        return ()
    node, place = found
    if isinstance(node, Scalar):
        return () if is_null(node) else (Value(node.text, place),)
    if isinstance(node, Sequence):
        return tuple(
            Value(part.text, place._replace(line=part.line, column=part.column))
            for part in node.items
            if isinstance(part, Scalar) and not is_null(part)
        )
    return ()
