"""Values of evaluated Terraform: the tree of ``breachway.sources.nodes``, with a mark for what no file says.

A value that is not known keeps the expression in its text, as ``${var.name}``, so that it can be shown, and compared with itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from breachway.sources.nodes import Entry, Mapping, Scalar, Sequence

if TYPE_CHECKING:
    from collections.abc import Iterable

    from breachway.sources.nodes import Node
    from breachway.sources.terraform.expressions import Place

UNKNOWN = "!unknown"
"""The tag of a scalar whose value, or a part of it, no file says."""

LONGEST_TEXT = 100_000
"""Characters of one evaluated text."""
LARGEST_VALUE = 20_000
"""Parts of one value that is looked at as a whole."""


def unknown(text: str, place: Place) -> Scalar:
    """A value that is not known, by the expression that stands for it."""
    return Scalar(f"${{{text}}}", plain=False, line=place.line, column=place.column, tag=UNKNOWN)


def is_unknown(node: Node) -> bool:
    """Whether the value, or a part of the text, is not known."""
    return isinstance(node, Scalar) and node.tag == UNKNOWN


def is_null(node: Node) -> bool:
    """Whether the value is null."""
    return isinstance(node, Scalar) and node.plain and node.text == "null"


def text_at(text: str, place: Place) -> Scalar:
    """A text that is known."""
    return Scalar(text, plain=False, line=place.line, column=place.column)


def plain_at(text: str, place: Place) -> Scalar:
    """A number, a truth value or null."""
    return Scalar(text, plain=True, line=place.line, column=place.column)


def list_at(items: Iterable[Node], place: Place) -> Sequence:
    """A list."""
    return Sequence(tuple(items), place.line, place.column)


def mapping_at(pairs: Iterable[tuple[str, Node]], place: Place) -> Mapping:
    """A mapping whose keys stand where their values stand."""
    return Mapping({key: Entry(key, node, node.line, node.column) for key, node in pairs}, place.line, place.column)


def moved(node: Node, place: Place) -> Node | None:
    """The same value, as said at another place: a value of another file must not claim lines of this one.

    None for a value of more than ``LARGEST_VALUE`` parts (shared parts count each time, as a hostile text may share them often).
    """
    room = [LARGEST_VALUE]
    found = _moved(node, place, room)
    return found if room[0] >= 0 else None


def _moved(node: Node, place: Place, room: list[int]) -> Node:
    room[0] -= 1
    if room[0] < 0:
        return node
    match node:
        case Scalar():
            return node._replace(line=place.line, column=place.column)
        case Sequence():
            return list_at((_moved(item, place, room) for item in node.items), place)
        case Mapping():
            return mapping_at(((key, _moved(entry.node, place, room)) for key, entry in node.entries.items()), place)


def truth(node: Node) -> bool | None:
    """True, False, or None for what is neither or not known."""
    if isinstance(node, Scalar) and node.tag != UNKNOWN and node.text in {"true", "false"}:
        return node.text == "true"
    return None


def member(node: Node, key: str) -> Node | None:
    """The value under a key of a mapping, or at a position of a list; None where there is none."""
    match node:
        case Mapping():
            entry = node.entries.get(key)
            return None if entry is None else entry.node
        case Sequence():
            return node.items[int(key)] if key.isascii() and key.isdigit() and int(key[:9]) < len(node.items) else None
        case Scalar():
            return None


def items_of(node: Node) -> tuple[tuple[str, Node], ...] | None:
    """Keys and values of a collection in order; None for what is no collection or not known."""
    match node:
        case Mapping():
            return tuple((key, entry.node) for key, entry in node.entries.items())
        case Sequence():
            return tuple((str(index), item) for index, item in enumerate(node.items))
        case Scalar():
            return None
