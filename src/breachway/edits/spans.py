"""Where everything stands in a YAML (or JSON) text: the same tree as the data, each node with the characters it takes.

A block mapping or sequence has no end of its own in the text; its span ends with its last scalar, so that comments and blank
lines after it belong to nobody.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

import yaml
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from breachway.edits.refusing import EditRefusedError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Protocol

    class _Mark(Protocol):
        @property
        def line(self) -> int: ...
        @property
        def column(self) -> int: ...


DEEPEST = 200
"""How deep a text may nest; what nests deeper is not edited."""

_MERGE = "<<"


@dataclass(slots=True, kw_only=True, eq=False)
class Leaf:
    """A scalar, or an alias (``alias`` true), whose text is not its own."""

    text: str
    plain: bool
    start: int
    end: int
    alias: bool = False
    anchored: bool = False


@dataclass(slots=True, kw_only=True, eq=False)
class Member:
    """A key and its value."""

    key: Leaf
    node: SpanNode


@dataclass(slots=True, kw_only=True, eq=False)
class Table:
    """A mapping; ``flow`` tells one in braces."""

    flow: bool
    start: int
    end: int
    members: list[Member] = field(default_factory=list)
    anchored: bool = False


@dataclass(slots=True, kw_only=True, eq=False)
class Array:
    """A sequence; ``flow`` tells one in brackets."""

    flow: bool
    start: int
    end: int
    items: list[SpanNode] = field(default_factory=list)
    anchored: bool = False


SpanNode: TypeAlias = Leaf | Table | Array


def read_spans(text: str) -> list[SpanNode | None]:
    """Give the root of each document, None for an empty one; :class:`EditRefusedError` where the text is no YAML or too deep."""
    lines = _line_starts(text)
    stack: list[_Open] = []
    roots: list[SpanNode | None] = []
    try:
        for event in yaml.parse(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
            if isinstance(event, DocumentStartEvent):
                roots.append(None)
            elif isinstance(event, MappingStartEvent | SequenceStartEvent):
                stack.append(_opened(event, lines))
                if len(stack) > DEEPEST:
                    raise EditRefusedError("the text nests too deep to be edited")
            elif isinstance(event, MappingEndEvent | SequenceEndEvent):
                _give(_closed(stack.pop(), event, lines), stack, roots)
            elif isinstance(event, ScalarEvent | AliasEvent):
                _give(_leaf(event, lines, text), stack, roots)
    except yaml.YAMLError as error:
        raise EditRefusedError("the text is no YAML as it stands") from error
    return roots


@dataclass(slots=True, eq=False)
class _Open:
    node: Table | Array
    key: Leaf | None = None


def _opened(event: MappingStartEvent | SequenceStartEvent, lines: list[int]) -> _Open:
    start = _offset(event.start_mark, lines)
    kind = Table if isinstance(event, MappingStartEvent) else Array
    return _Open(kind(flow=bool(event.flow_style), start=start, end=start, anchored=event.anchor is not None))


def _closed(opened: _Open, event: MappingEndEvent | SequenceEndEvent, lines: list[int]) -> SpanNode:
    node = opened.node
    if node.flow:
        node.end = _offset(event.end_mark, lines)
    elif isinstance(node, Table) and node.members:
        node.start, node.end = node.members[0].key.start, node.members[-1].node.end
    elif isinstance(node, Array) and node.items:
        node.end = node.items[-1].end
    return node


def _give(node: SpanNode, stack: list[_Open], roots: list[SpanNode | None]) -> None:
    if not stack:
        roots[-1] = node
        return
    opened = stack[-1]
    if isinstance(opened.node, Array):
        opened.node.items.append(node)
    elif opened.key is None:
        if not isinstance(node, Leaf) or node.alias:
            raise EditRefusedError("a mapping has a key that is no plain word")
        opened.key = node
    else:
        opened.node.members.append(Member(key=opened.key, node=node))
        opened.key = None


def _leaf(event: ScalarEvent | AliasEvent, lines: list[int], text: str) -> Leaf:
    start, end = _offset(event.start_mark, lines), _offset(event.end_mark, lines)
    if isinstance(event, AliasEvent):
        return Leaf(text="", plain=False, start=start, end=end, alias=True)
    if event.style in {"|", ">"}:
        # A block scalar ends with its last line that holds something.
        end = start + len(text[start:end].rstrip())
    return Leaf(text=event.value, plain=event.implicit[0], start=start, end=end, anchored=event.anchor is not None)


def _line_starts(text: str) -> list[int]:
    """Offsets at which lines begin, as the parser counts lines: LF, CR, CRLF, NEL, and the Unicode separators end one."""
    starts = [0]
    at, length = 0, len(text)
    while at < length:
        character = text[at]
        at += 1
        if character == "\r" and at < length and text[at] == "\n":
            at += 1
        elif character not in "\n\r\x85\u2028\u2029":
            continue
        starts.append(at)
    return starts


def _offset(mark: _Mark | None, lines: list[int]) -> int:
    if mark is None:
        raise EditRefusedError("the parser does not say where a value stands")
    return lines[mark.line] + mark.column if mark.line < len(lines) else lines[-1]


def follow(root: SpanNode | None, tokens: tuple[str, ...]) -> Iterator[tuple[str, SpanNode]]:
    """Walk down by the tokens of a JSON pointer as far as the text goes; yields each token with the node that it leads to.

    :class:`EditRefusedError` where the way goes through an alias, an anchor or a merged mapping: a change there would be one
    elsewhere too.
    """
    node = root
    for token in tokens:
        if node is None or (isinstance(node, Leaf) and not node.alias):
            return
        _refuse_shared(node)
        found: SpanNode | None = None
        if isinstance(node, Table):
            found = next((member.node for member in reversed(node.members) if member.key.text == token), None)
            if found is None and any(member.key.text == _MERGE for member in node.members):
                raise EditRefusedError(f"{token} may come from a mapping that is merged in")
        elif isinstance(node, Array) and token.isdecimal() and int(token) < len(node.items):
            found = node.items[int(token)]
        if found is None:
            return
        yield token, found
        node = found


def _refuse_shared(node: SpanNode) -> None:
    if isinstance(node, Leaf) and node.alias:
        raise EditRefusedError("the value is an alias of another one")
    if node.anchored:
        raise EditRefusedError("other places repeat this value by its anchor")
