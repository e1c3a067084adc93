"""The tree that every reader of a structured text format gives: scalars, mappings and sequences with line and column.

Scalars keep their raw text.  What ``010`` or ``yes`` means is decided by the field that reads it and by the dialect of the
platform (``breachway.sources.decoding``), never here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from breachway.evidence import Unread


class Scalar(NamedTuple):
    """A leaf.

    ``plain`` tells an unquoted YAML scalar, or a JSON number, boolean or null, from a string; ``tag`` is an explicit YAML tag.
    """

    text: str
    plain: bool
    line: int
    column: int
    tag: str = ""


class Entry(NamedTuple):
    """One key of a mapping with the place of the key."""

    key: str
    node: Node
    line: int
    column: int


class Mapping(NamedTuple):
    """A mapping in document order.  A duplicate key keeps its last value here; the reader reports the duplicate."""

    entries: dict[str, Entry]
    line: int
    column: int
    tag: str = ""


class Sequence(NamedTuple):
    """A sequence in document order."""

    items: tuple[Node, ...]
    line: int
    column: int
    tag: str = ""


Node: TypeAlias = Scalar | Mapping | Sequence


class TextTree(NamedTuple):
    """What a reader made of one text: the root of each document in it (None for an empty one), and what it could not read."""

    documents: tuple[Node | None, ...]
    problems: tuple[Unread, ...]
