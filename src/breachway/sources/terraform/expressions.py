"""What a text in the HashiCorp configuration language says, before any name in it is looked up.

Every part knows the line and column (both from 1) where it starts.
"""

from __future__ import annotations

from typing import NamedTuple, TypeAlias


class Place(NamedTuple):
    """Line and column, both from 1."""

    line: int
    column: int


class Constant(NamedTuple):
    """A number, ``true``, ``false`` or ``null`` (``plain``), or a piece of text without a template in it."""

    text: str
    plain: bool
    place: Place


class Template(NamedTuple):
    """A text with expressions in it; ``multiline`` tells a heredoc, whose text starts on the line after ``place``."""

    parts: tuple[Expression, ...]
    multiline: bool
    place: Place


class Name(NamedTuple):
    """A name on its own: the start of a reference, a variable of a ``for``, or a bare key of an object."""

    name: str
    place: Place


class Member(NamedTuple):
    """``target.name``; a number after the dot is kept as its digits."""

    target: Expression
    name: str
    place: Place


class Item(NamedTuple):
    """``target[key]``."""

    target: Expression
    key: Expression
    place: Place


class Splat(NamedTuple):
    """``target[*].a.b`` or ``target.*.a.b``: the members ``names`` of each item."""

    target: Expression
    names: tuple[str, ...]
    place: Place


class Call(NamedTuple):
    """``name(arguments)``."""

    name: str
    arguments: tuple[Expression, ...]
    place: Place


class ListOf(NamedTuple):
    """``[a, b]``."""

    items: tuple[Expression, ...]
    place: Place


class Pair(NamedTuple):
    """One entry of an object."""

    key: Expression
    value: Expression
    place: Place


class ObjectOf(NamedTuple):
    """``{ a = b }``."""

    pairs: tuple[Pair, ...]
    place: Place


class Operation(NamedTuple):
    """``left operator right``; a prefix operator has an empty constant on its left."""

    operator: str
    left: Expression
    right: Expression
    place: Place


class Choice(NamedTuple):
    """``condition ? yes : no``."""

    condition: Expression
    yes: Expression
    no: Expression
    place: Place


class For(NamedTuple):
    """``[for k, v in collection : value if condition]``; ``key`` is set for the form that makes an object."""

    names: tuple[str, ...]
    collection: Expression
    key: Expression | None
    value: Expression
    condition: Expression | None
    grouping: bool
    place: Place


class Opaque(NamedTuple):
    """Something that is valid and not evaluated here (a template directive)."""

    place: Place


Expression: TypeAlias = (
    Constant | Template | Name | Member | Item | Splat | Call | ListOf | ObjectOf | Operation | Choice | For | Opaque
)


class Attribute(NamedTuple):
    """``name = value``."""

    name: str
    value: Expression
    place: Place


class Block(NamedTuple):
    """``kind "label" { ... }``."""

    kind: str
    labels: tuple[str, ...]
    body: Body
    place: Place


class Body(NamedTuple):
    """Attributes and blocks in the order of the text."""

    attributes: tuple[Attribute, ...]
    blocks: tuple[Block, ...]
