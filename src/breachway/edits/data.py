"""What a text holds, without places: the data before and after a change, to compare."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import yaml

from breachway.edits.refusing import EditRefusedError
from breachway.edits.spans import Leaf, Table

if TYPE_CHECKING:
    from breachway.edits.spans import SpanNode

Data: TypeAlias = "str | int | bool | dict[str, Data] | list[Data] | None"
"""What an edit may write."""

Held: TypeAlias = "tuple[str, bool] | dict[str, Held] | list[Held] | None"
"""Leaves are pairs of the text and whether YAML 1.1 reads it as something other than a string."""

_STRING = "tag:yaml.org,2002:str"
_NULL = "tag:yaml.org,2002:null"
_ALIAS: Held = ("*", True)


def plain_data(node: SpanNode | None) -> Held:
    """The data of a node; an alias is a leaf of its own kind."""
    if node is None:
        return None
    if isinstance(node, Leaf):
        return _ALIAS if node.alias else (node.text, node.plain and _resolved(node.text) != _STRING)
    if isinstance(node, Table):
        return {member.key.text: plain_data(member.node) for member in node.members}
    return [plain_data(item) for item in node.items]


def _resolved(text: str) -> str:
    node = yaml.compose(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    return _NULL if node is None else node.tag


def held(value: Data) -> Held:
    """What a value is read back as once it is written."""
    if isinstance(value, dict):
        return {key: held(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [held(inner) for inner in value]
    if isinstance(value, str):
        return (value, False)
    return ("null" if value is None else str(value).lower(), True)


def with_value(data: Held, pointer: tuple[str, ...], value: Held) -> Held:
    """The data with a value at a pointer, the mappings on the way made where they are missing."""
    if not pointer:
        return value
    token, rest = pointer[0], pointer[1:]
    if isinstance(data, list):
        at = _index(data, token)
        return [with_value(item, rest, value) if place == at else item for place, item in enumerate(data)]
    inner = data if isinstance(data, dict) else {}
    return {**inner, token: with_value(inner.get(token), rest, value)}


def with_item(data: Held, pointer: tuple[str, ...], value: Held) -> Held:
    """The data with an item more at the end of the sequence at a pointer."""
    found = data
    for token in pointer:
        found = found.get(token) if isinstance(found, dict) else found[_index(found, token)] if isinstance(found, list) else None
    return with_value(data, pointer, [*(found if isinstance(found, list) else []), value])


def without(data: Held, pointer: tuple[str, ...]) -> Held:
    """The data without what a pointer names; a collection that is left empty goes too, except the whole."""
    token, rest = pointer[0], pointer[1:]
    inner = data.get(token) if isinstance(data, dict) else data[_index(data, token)] if isinstance(data, list) else None
    left = without(inner, rest) if rest else None
    keep = bool(rest) and left not in ({}, [])
    if isinstance(data, dict):
        return {key: left if key == token else value for key, value in data.items() if keep or key != token}
    if isinstance(data, list):
        at = _index(data, token)
        return [left if place == at else item for place, item in enumerate(data) if keep or place != at]
    raise EditRefusedError("there is nothing to remove")


def _index(data: list[Held], token: str) -> int:
    if not token.isdecimal() or int(token) >= len(data):
        raise EditRefusedError("there is no such item")
    return int(token)
