"""Reads the list that an API server or ``kubectl get -o json`` prints: item by item, with places only for what is asked for.

The scanner of the standard library is ten times as fast as a reader that knows where it is, but forgives duplicate keys and knows
no places.  So it takes texts in which nothing is unusual; whatever is gives None, and the careful reader
(:mod:`breachway.sources.json_positions`) says what.  Where an item is needed as nodes, its values are joined with the places of
its tokens, which stand in the same order.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, NamedTuple, NoReturn, TypeAlias

from breachway.sources.nodes import Entry, Mapping, Scalar, Sequence
from breachway.sources.tree_building import DEEPEST, MOST_NODES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from breachway.sources.nodes import Node

JsonValue: TypeAlias = "str | bool | dict[str, JsonValue] | list[JsonValue] | None"
"""What the scanner gives; a number is a :class:`Number`, which is a ``str``."""

_BLANK = re.compile(r"[ \t\r\n]*")
_KEY = re.compile(r'[ \t\r\n]*"([A-Za-z]*)"[ \t\r\n]*:[ \t\r\n]*')
_STRING = r'"(?:[^"\\]++|\\.)*+"'
_ENTRY = re.compile(rf"[\s,\]}}]*+(?:({_STRING})\s*+:\s*+)?({_STRING}|[\[{{]|[-0-9tfn][^,\]}}\s]*+)")
"""A key with the start of its value, or the start of a value alone, in a text that is known to be JSON."""

_HALF_PAIR = re.compile(r"\\u[dD][89a-fA-F]")
_KEYS = frozenset({"apiVersion", "items", "kind", "metadata"})
_KEPT = 16 * 1024 * 1024
"""The longest text, in characters, of which the values of all items are held at once."""

_FAR = 1 << 62
"""What a place that is not there (-1) stands behind, whatever the text."""

_new = tuple.__new__  # a named tuple's own constructor takes twice as long, and there is one for each key and value
_WORDS = {None: "null", True: "true", False: "false"}


class Number(str):
    """A number as it is written."""

    __slots__ = ()


class Item(NamedTuple):
    """One item of a list: what it holds, and where it begins and ends in ``text``; ``line`` and ``column`` count from 1.

    ``value`` is None until the item is opened where the values of all items at once would take much memory.
    """

    value: JsonValue
    text: str
    start: int
    end: int
    line: int
    column: int

    def opened(self) -> Item:
        """The item with its value."""
        return self if self.value is not None else self._replace(value=_SCANNER.raw_decode(self.text, self.start)[0])

    def kept(self) -> Item:
        """The item with its own text alone, so that the text of the whole file can go."""
        return self._replace(value=None, text=self.text[self.start : self.end], start=0, end=self.end - self.start)

    def node(self) -> Node:
        """The item as nodes with places."""
        following = _places(self).__next__
        return _node(self.opened().value, following(), following)


class JsonList(NamedTuple):
    """A list: the kind of its items where the list says it ("" for a plain List), where it begins, and its items."""

    item_kind: str
    line: int
    column: int
    items: list[Item]


class _UnusualError(Exception):
    """Something that the careful reader must look at."""


def plain_list(text: str) -> JsonList | None:
    """The list that a whole text holds; None where it holds anything else, or anything that something must be said of."""
    text = text.removeprefix("\ufeff")
    if "\\" in text and _HALF_PAIR.search(text):
        return None
    try:
        return _list(text)
    except (_UnusualError, ValueError, RecursionError):
        return None


def _list(text: str) -> JsonList:
    start = _skip(text, 0)
    if not text.startswith("{", start):
        raise _UnusualError
    found: dict[str, JsonValue] = {}
    items: list[Item] | None = None
    position = start + 1
    while True:
        key = _KEY.match(text, position)
        if key is None or key[1] not in _KEYS or key[1] in found or (key[1] == "items" and items is not None):
            raise _UnusualError
        if key[1] == "items":
            items, position = _items(text, key.end())
        else:
            found[key[1]], position = _SCANNER.raw_decode(text, key.end())
        position = _skip(text, position) + 1
        if text[position - 1 : position] == "}":
            break
        if text[position - 1 : position] != ",":
            raise _UnusualError
    if _skip(text, position) != len(text) or not items:
        raise _UnusualError
    kind, version, metadata = (found.get(key) for key in ("kind", "apiVersion", "metadata"))
    if type(kind) is not str or not kind.endswith("List") or type(version) is not str or not version:
        raise _UnusualError
    if metadata is not None and not isinstance(metadata, dict):
        raise _UnusualError
    column = start - text.rfind("\n", 0, start)
    return JsonList(kind.removesuffix("List"), text.count("\n", 0, start) + 1, column, items)


def _items(text: str, position: int) -> tuple[list[Item], int]:
    """The items of the list that begins at ``position``, and the position after it."""
    if not text.startswith("[", position):
        raise _UnusualError
    found: list[Item] = []
    keep = len(text) <= _KEPT
    line, line_start = text.count("\n", 0, position) + 1, text.rfind("\n", 0, position) + 1
    counted, after = position, position + 1
    while True:
        start = _skip(text, after)
        value, end = _SCANNER.raw_decode(text, start)
        newest = text.rfind("\n", counted, start)
        if newest >= 0:
            line, line_start = line + text.count("\n", counted, start), newest + 1
        counted = start
        _check_limits(value, text, start, end)
        found.append(Item(value if keep else None, text, start, end, line, start - line_start + 1))
        if len(found) > MOST_NODES:
            raise _UnusualError
        after = _skip(text, end) + 1
        match text[after - 1 : after]:
            case ",":
                continue
            case "]":
                return found, after
            case _:
                raise _UnusualError


def _skip(text: str, position: int) -> int:
    blank = _BLANK.match(text, position)
    return blank.end() if blank is not None else position


def _check_limits(value: JsonValue, text: str, start: int, end: int) -> None:
    """No text nests deeper than it has brackets, nor holds more values than commas and brackets; levels are seldom counted."""
    most = DEEPEST - 2
    brackets = text.count("{", start, end) + text.count("[", start, end)
    if brackets > most and (brackets + text.count(",", start, end) > MOST_NODES or _depth(value, most) > most):
        raise _UnusualError


def _depth(value: JsonValue, most: int) -> int:
    """How deep a value nests; counting ends one beyond ``most``."""
    level, depth = [value], 0
    while depth <= most:
        below: list[JsonValue] = []
        nested = False
        for one in level:
            if isinstance(one, dict):
                below.extend(one.values())
                nested = True
            elif isinstance(one, list):
                below.extend(one)
                nested = True
        if not nested:
            break
        level, depth = below, depth + 1
    return depth


def _mapping(pairs: list[tuple[str, JsonValue]]) -> dict[str, JsonValue]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _UnusualError
    return found


def _constant(_word: str) -> NoReturn:
    """``NaN`` and ``Infinity``, which the scanner knows and JSON does not."""
    raise _UnusualError


_SCANNER = json.JSONDecoder(object_pairs_hook=_mapping, parse_int=Number, parse_float=Number, parse_constant=_constant)


class _Place(NamedTuple):
    """Line and column of a value and of its key; nothing true of the key where the value has none."""

    key_line: int
    key_column: int
    line: int
    column: int


def _places(item: Item) -> Iterator[_Place]:
    """The place of each value, in the order of the text."""
    text, line = item.text, item.line
    line_start = item.start - item.column + 1
    line_end = text.find("\n", item.start, item.end) % _FAR
    for entry in _ENTRY.finditer(text, item.start, item.end):
        key, start = entry.start(1), entry.start(2)
        while key > line_end:
            line, line_start = line + 1, line_end + 1
            line_end = text.find("\n", line_start, item.end) % _FAR
        key_line, key_column = line, key - line_start + 1
        while start > line_end:
            line, line_start = line + 1, line_end + 1
            line_end = text.find("\n", line_start, item.end) % _FAR
        yield _new(_Place, (key_line, key_column, line, start - line_start + 1))


def _node(value: JsonValue, place: _Place, following: Callable[[], _Place]) -> Node:
    _, _, line, column = place
    if type(value) is str:
        return _new(Scalar, (value, False, line, column, ""))
    if isinstance(value, dict):
        entries: dict[str, Entry] = {}
        for key, inner in value.items():
            at = following()
            entries[key] = _new(Entry, (key, _node(inner, at, following), at[0], at[1]))
        return Mapping(entries, line, column)
    if isinstance(value, list):
        return Sequence(tuple([_node(inner, following(), following) for inner in value]), line, column)
    return Scalar(str(value) if isinstance(value, str) else _WORDS[value], plain=True, line=line, column=column)
