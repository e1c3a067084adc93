"""What a typed object says, without the places: to tell two objects that say the same from two that do not.

The content of a :class:`~breachway.sources.decoding.Struct` is a dict by field name of what its fields hold; fields that hold
nothing are left out, and the order of a map does not count.  It is made from the decoded object, or straight from JSON, where
nothing but the content is wanted: that of a text equals that of what it decodes to.
"""

from __future__ import annotations

import marshal
from collections.abc import Callable
from dataclasses import MISSING, fields
from hashlib import blake2b
from types import NoneType, UnionType
from typing import Annotated, NamedTuple, TypeAlias, Union, get_args, get_origin, get_type_hints

from breachway.evidence import Location
from breachway.sources.decoding import Dialect, Key, OtherKeys, StringMap, Struct, Value
from breachway.sources.json_lists import JsonValue, Number
from breachway.sources.nodes import Scalar

Content: TypeAlias = "bool | int | float | str | tuple[Content, ...] | dict[str, Content]"
_Reader: TypeAlias = Callable[[JsonValue], "Content | None"]


_REMEMBERED = 1_000
"""How many numbers each kind of field remembers: the ports and users of a cluster are few."""


class NotPlainError(Exception):
    """The decoder would have something to say of this text, or keeps something of it that is no content."""


def mark_of(content: Content) -> bytes:
    """A short mark, equal for equal contents."""
    return blake2b(marshal.dumps(content, 2), digest_size=16).digest()


_names: dict[type[Struct], tuple[str, ...]] = {}


def content_of(struct: Struct) -> dict[str, Content]:
    """The content of a decoded object."""
    found: dict[str, Content] = {}
    names = _names.get(type(struct))
    if names is None:
        names = _names[type(struct)] = tuple(declared.name for declared in fields(struct) if declared.name != "location")
    for name in names:
        held = getattr(struct, name)
        if held is not None and held not in ((), ""):
            value = _decoded(held)
            if value is not None and value != ():
                found[name] = value
    return found


def _decoded(value: object) -> Content | None:
    if isinstance(value, Value):
        leaf: Content = value.value
        return leaf
    match value:
        case Location():
            return True
        case bool() | int() | float() | str():
            return value
        case StringMap():
            return tuple(sorted([(name, one.value) for name, one in value.entries]))
        case Struct():
            return content_of(value)
        case tuple():
            return tuple([inner for one in value if (inner := _decoded(one)) is not None])
        case _:
            return None


def json_content(cls: type[Struct], value: JsonValue, dialect: Dialect) -> dict[str, Content]:
    """The content that ``value`` has once it is decoded as ``cls``; :class:`NotPlainError` where decoding tells a problem."""
    found = _struct(cls, dialect)(value)
    if not isinstance(found, dict):
        raise NotPlainError
    return found


_compiled: dict[tuple[type[Struct], Dialect], _Reader] = {}


class _Plan(NamedTuple):
    """Name, key and reader of each field; those that count as an empty mapping when absent; the field for other keys, or ""."""

    fields: tuple[tuple[str, str, _Reader], ...]
    required: tuple[tuple[str, _Reader], ...]
    others: str


def _struct(cls: type[Struct], dialect: Dialect) -> _Reader:
    """The reader of a class, compiled once; its plan is made when it is first used, so that classes may nest freely."""
    known = _compiled.get((cls, dialect))
    if known is not None:
        return known
    plan: list[_Plan] = []

    def read(value: JsonValue) -> Content | None:
        if value is None:
            return None
        if not isinstance(value, dict):
            raise NotPlainError
        if not plan:
            plan.append(_plan(cls, dialect))
        listed, required, others = plan[0]
        found: dict[str, Content] = {}
        for name, key, reader in listed:
            inner = value.get(key)
            if inner is not None:
                content = reader(inner)
                if content is not None:
                    found[name] = content
        for name, reader in required:
            if name not in found:
                found[name] = reader({}) or {}
        if others:
            more = tuple(key for key in value if all(key != known for _, known, _ in listed))
            found.update({others: more} if more else {})
        return found

    _compiled[cls, dialect] = read
    return read


def _plan(cls: type[Struct], dialect: Dialect) -> _Plan:
    found: list[tuple[str, str, _Reader]] = []
    required: list[tuple[str, _Reader]] = []
    others = ""
    hints = get_type_hints(cls, include_extras=True)
    for declared in fields(cls):
        if declared.name == "location":
            continue
        hint: object = hints[declared.name]
        (key,) = dialect.keys(declared.name)
        if get_origin(hint) is Annotated:
            hint, *marks = get_args(hint)
            if any(isinstance(mark, OtherKeys) for mark in marks):
                others = declared.name
                continue
            key = next((mark.name for mark in marks if isinstance(mark, Key)), key)
        reader = _reader(hint, dialect)
        found.append((declared.name, key, reader))
        if declared.default is MISSING and declared.default_factory is MISSING:
            required.append((declared.name, reader))
    return _Plan(tuple(found), tuple(required), others)


def _reader(hint: object, dialect: Dialect) -> _Reader:
    """The reader of one annotation; what :mod:`breachway.sources.decoding` keeps as nodes has no content."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in {Union, UnionType}:
        options = tuple(option for option in arguments if option is not NoneType)
        return _reader(options[0], dialect) if len(options) == 1 else _no_content
    if origin is tuple:
        return _sequence(_reader(arguments[0], dialect))
    if origin is Value:
        return _leaf(arguments[0], dialect)
    if hint is str:
        return _named
    if hint is Location:
        return _anything
    if hint is StringMap:
        return _string_map
    if isinstance(hint, type) and issubclass(hint, Struct):
        return _struct(hint, dialect)
    return _no_content


def _no_content(_value: JsonValue) -> Content | None:
    raise NotPlainError


def _anything(_value: JsonValue) -> Content | None:
    return True


def _sequence(item: _Reader) -> _Reader:
    def read(value: JsonValue) -> Content | None:
        if not isinstance(value, list):
            raise NotPlainError
        found: list[Content] = []
        for one in value:
            content = item(one)
            if content is None:
                raise NotPlainError
            found.append(content)
        return tuple(found) or None

    return read


def _text(value: JsonValue) -> str:
    if type(value) is str:
        return value
    if isinstance(value, str):
        return str(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    raise NotPlainError


def _named(value: JsonValue) -> Content | None:
    """A text without a place, of which an empty one is none."""
    return _text(value) or None


def _string_map(value: JsonValue) -> Content | None:
    if not isinstance(value, dict):
        raise NotPlainError
    return tuple(sorted([(key, "" if inner is None else _text(inner)) for key, inner in value.items()])) or None


def _leaf(kind: object, dialect: Dialect) -> _Reader:
    if kind is str:
        return _text
    if kind is bool:
        return _boolean
    number = dialect.number if kind is float else dialect.integer
    either = kind == int | str

    read_before: dict[str, Content] = {}

    def read(value: JsonValue) -> Content | None:
        if not isinstance(value, Number):
            if either:
                return _text(value)
            raise NotPlainError
        known = read_before.get(value)
        if known is not None:
            return known
        found = number(Scalar(value, plain=True, line=0, column=0))
        if found is None and not either:
            raise NotPlainError
        content = _text(value) if found is None else found
        if len(read_before) < _REMEMBERED:
            read_before[value] = content
        return content

    return read


def _boolean(value: JsonValue) -> Content | None:
    if not isinstance(value, bool):
        raise NotPlainError
    return value
