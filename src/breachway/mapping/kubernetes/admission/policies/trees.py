"""Policy objects as plain values with the places of their keys.

Policies hold patterns, expressions and selectors of any shape, so they are judged as values and not decoded into types.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from breachway.evidence import Location
from breachway.mapping.kubernetes.declared import labels_of, name_of
from breachway.sources.dialects import KUBERNETES
from breachway.sources.nodes import Mapping as MappingNode
from breachway.sources.nodes import Scalar, Sequence

if TYPE_CHECKING:
    from collections.abc import Mapping

    from breachway.sources.kubernetes.objects import OtherObject
    from breachway.sources.nodes import Node

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"
"""A value as the API server sees it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyObject:
    """One object of a policy engine; ``namespace`` is "" for one that stands in none."""

    kind: str
    group: str
    version: str
    name: str
    namespace: str
    labels: Mapping[str, str]
    location: Location
    body: dict[str, Json]
    node: MappingNode

    @property
    def title(self) -> str:
        """How a person names it."""
        return f"{self.kind} {self.namespace}/{self.name}" if self.namespace else f"{self.kind} {self.name}"

    def at(self, *keys: str) -> Json:
        """The value under these keys, None where one of them is missing."""
        return at(self.body, *keys)

    def place(self, *keys: str) -> Location:
        """Where the last of these keys stands that is there."""
        node: Node = self.node
        found = self.location
        for key in keys:
            entry = node.entries.get(key) if isinstance(node, MappingNode) else None
            if entry is None:
                break
            found = Location(self.location.document, f"{found.pointer}/{key}", entry.line, entry.column)
            node = entry.node
        return found


def policy_object(item: OtherObject) -> PolicyObject:
    """The policy object of an object that is not typed."""
    group, _, version = item.api_version.rpartition("/")
    body = to_json(item.node)
    namespace = item.metadata.namespace
    return PolicyObject(
        kind=item.kind,
        group=group,
        version=version,
        name=name_of(item.metadata),
        namespace=namespace.value if namespace is not None else "",
        labels=labels_of(item.metadata),
        location=item.location,
        body=body if isinstance(body, dict) else {},
        node=item.node,
    )


def to_json(node: Node) -> Json:
    """The value of a tree, with scalars read as Kubernetes reads them."""
    match node:
        case MappingNode():
            return {key: to_json(entry.node) for key, entry in node.entries.items()}
        case Sequence():
            return [to_json(item) for item in node.items]
        case Scalar():
            return _scalar(node)


def _scalar(scalar: Scalar) -> Json:
    if KUBERNETES.is_null(scalar):
        return None
    for read in (KUBERNETES.boolean, KUBERNETES.integer, KUBERNETES.number):
        value = read(scalar)
        if value is not None:
            return value
    return scalar.text


def at(value: Json, *keys: str) -> Json:
    """The value under nested keys, None where one of them is missing."""
    for key in keys:
        if not isinstance(value, dict):
            return None
        value = value.get(key)
    return value


def items(value: Json) -> list[Json]:
    """The items of a list; none for anything else."""
    return value if isinstance(value, list) else []


def mappings(value: Json) -> list[dict[str, Json]]:
    """The mappings among the items of a list."""
    return [item for item in items(value) if isinstance(item, dict)]


def texts(value: Json) -> list[str]:
    """The strings among the items of a list."""
    return [item for item in items(value) if isinstance(item, str)]


def text(value: Json, default: str = "") -> str:
    """A string, or ``default`` for anything else."""
    return value if isinstance(value, str) else default


def words(value: Json) -> set[str]:
    """Every key and every string of a value."""
    found: set[str] = set()
    stack = [value]
    while stack:
        part = stack.pop()
        if isinstance(part, dict):
            found.update(part)
            stack.extend(part.values())
        elif isinstance(part, list):
            stack.extend(part)
        elif isinstance(part, str):
            found.add(part)
    return found


def glob(pattern: str, value: str) -> bool:
    """Whether a pattern of ``*`` (any characters) and ``?`` (one character) fits a whole string; linear but for restarts."""
    p = v = 0
    star, mark = -1, 0
    while v < len(value):
        if p < len(pattern) and pattern[p] == "*":
            star, mark = p, v
            p += 1
        elif p < len(pattern) and pattern[p] in {"?", value[v]}:
            p += 1
            v += 1
        elif star >= 0:
            mark += 1
            p, v = star + 1, mark
        else:
            return False
    return all(character == "*" for character in pattern[p:])


def selects(selector: Json, labels: Mapping[str, str]) -> bool:
    """Whether a label selector fits; absent and empty ones fit everything."""
    wanted = at(selector, "matchLabels")
    if isinstance(wanted, dict) and any(labels.get(key) != value for key, value in wanted.items()):
        return False
    return all(_expression(item, labels) for item in mappings(at(selector, "matchExpressions")))


def _expression(expression: dict[str, Json], labels: Mapping[str, str]) -> bool:
    key, values = text(expression.get("key")), texts(expression.get("values"))
    match text(expression.get("operator")):
        case "In":
            return labels.get(key) in values
        case "NotIn":
            return key not in labels or labels[key] not in values
        case "Exists":
            return key in labels
        case "DoesNotExist":
            return key not in labels
        case _:
            return False


def is_empty_selector(selector: Json) -> bool:
    """Whether a label selector says nothing."""
    return not at(selector, "matchLabels") and not at(selector, "matchExpressions")
