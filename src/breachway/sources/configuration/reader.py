"""Reads ``breachway.yaml``; the first thing wrong with it is an error with line, column and what would be right."""

from __future__ import annotations

import datetime
import re
from dataclasses import is_dataclass
from difflib import get_close_matches
from enum import Enum
from typing import TYPE_CHECKING, TypeVar

from breachway.errors import UsageError
from breachway.evidence import Location
from breachway.sources.configuration.objects import (
    AssetSelector,
    Configuration,
    Decision,
    HostStatement,
    Key,
    KubernetesSection,
    Tenant,
)
from breachway.sources.configuration.shapes import Shape, has_place, shapes, short_form
from breachway.sources.decoding import describe, pointer_token
from breachway.sources.nodes import Mapping, Node, Scalar, Sequence
from breachway.sources.yaml_positions import read_yaml

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

_SHOWN = 60
_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_NUMBER = re.compile(r"[-+]?(?:[0-9]{1,9}(?:\.[0-9]{0,9})?|\.[0-9]{1,9})\Z")
_WHOLE = re.compile(r"[-+]?[0-9]{1,9}\Z")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")
_RUNTIME = re.compile(r"[a-z-]{1,20}://v?[0-9]\S{0,60}\Z")
_VERSION = re.compile(r"v?1\.[0-9]{1,2}(?:\.[0-9]+)?\Z")


def read_configuration(text: str, document: str) -> Configuration:
    """Read the text of the file ``document``.

    Raises UsageError for anything that cannot be obeyed: broken YAML, an unknown key (naming the nearest known one), a value
    out of bounds.
    """
    tree = read_yaml(text, document)
    if tree.problems:
        problem = tree.problems[0]
        raise UsageError(problem.reason, hint=problem.hint, where=problem.location)
    nodes = [node for node in tree.documents if node is not None]
    if not nodes or _is_null(nodes[0]):
        return Configuration(document=document)
    if len(nodes) > 1:
        raise UsageError("the file holds more than one YAML document", hint="keep one", where=_at(document, "", nodes[1]))
    place = _at(document, "", nodes[0])
    return _object(Configuration, {**_values(Configuration, nodes[0], place), "document": document}, place)


def _at(document: str, pointer: str, node: Node) -> Location:
    return Location(document, pointer, node.line, node.column)


def _is_null(node: Node) -> bool:
    return isinstance(node, Scalar) and node.plain and node.text in _NULLS


def _values(cls: type, node: Node, location: Location, given: str = "") -> dict[str, object]:
    """The fields that a mapping gives, each under its name; ``given`` is one that stands elsewhere."""
    if not isinstance(node, Mapping):
        raise _wrong("a mapping", node, location, ", ".join(shape.name for shape in shapes(cls)))
    known = {shape.name: shape for shape in shapes(cls) if shape.name != given}
    values: dict[str, object] = {}
    for key, entry in node.entries.items():
        place = Location(location.document, f"{location.pointer}/{pointer_token(key)}", entry.line, entry.column)
        shape = known.get(key)
        if shape is None:
            raise _unknown(key, sorted(known), place)
        if not _is_null(entry.node):
            values[key] = _value(shape, entry.node, place)
    missing = [shape for shape in known.values() if shape.about.required and shape.name not in values]
    if missing:
        example = f"{missing[0].name}: {missing[0].about.example}" if missing[0].about.example else missing[0].about.description
        raise UsageError(f"{missing[0].name} is missing here", hint=example, where=location)
    return values


def _unknown(key: str, known: list[str], place: Location) -> UsageError:
    near = get_close_matches(key[:_SHOWN], known, n=1)
    hint = f"did you mean {near[0]}?" if near else f"the keys here are {', '.join(known)}"
    return UsageError(f"unknown key {_shown(key)}", hint=hint, where=place)


def _shown(text: str) -> str:
    short = text if len(text) <= _SHOWN else text[:_SHOWN] + "…"
    return '"' + "".join(mark if mark.isprintable() else "\N{REPLACEMENT CHARACTER}" for mark in short) + '"'


def _wrong(expected: str, node: Node, location: Location, example: str = "") -> UsageError:
    return UsageError(
        f"expected {expected}, found {describe(node)}", hint=f"for example {example}" if example else "", where=location
    )


def _value(shape: Shape, node: Node, place: Location) -> object:
    if not shape.many:
        return _one(shape.kind, shape.about, node, place)
    if shape.about.keyed_by:
        return _keyed(shape, node, place)
    if isinstance(node, Scalar) and (shape.kind is str or short_form(shape.kind) is not None):
        return (_one(shape.kind, shape.about, node, place),)
    if not isinstance(node, Sequence):
        raise _wrong("a list", node, place, f"- {shape.about.example}" if shape.about.example else "")
    return tuple(
        _one(shape.kind, shape.about, item, _at(place.document, f"{place.pointer}/{index}", item))
        for index, item in enumerate(node.items)
    )


def _keyed(shape: Shape, node: Node, place: Location) -> object:
    """A list of objects that is written as a mapping from one of their fields to the rest."""
    if not isinstance(node, Mapping):
        raise _wrong("a mapping", node, place)
    items: list[object] = []
    for key, entry in node.entries.items():
        at = Location(place.document, f"{place.pointer}/{pointer_token(key)}", entry.line, entry.column)
        if isinstance(entry.node, Mapping):
            values = _values(shape.kind, entry.node, at, given=shape.about.keyed_by)
        else:
            short = next(inner for inner in shapes(shape.kind) if inner.name == shape.about.short)
            values = {short.name: _value(short, entry.node, at)}
        items.append(_object(shape.kind, {**values, shape.about.keyed_by: key}, at))
    return tuple(items)


def _object(cls: type[T], values: dict[str, object], place: Location) -> T:
    make: Callable[..., T] = cls
    made = make(**values, location=place) if has_place(cls) else make(**values)
    _check(made, place)
    return made


def _one(kind: type, about: Key, node: Node, place: Location) -> object:
    if is_dataclass(kind):
        short = short_form(kind)
        if isinstance(node, Scalar) and short is not None:
            made = short(node.text)
            _check(made, place)
            return made
        return _object(kind, _values(kind, node, place), place)
    if not isinstance(node, Scalar):
        raise _wrong(_EXPECTED.get(kind, "a single value"), node, place, about.example)
    if kind is str:
        return node.text
    if kind is bool:
        return _boolean(node, place)
    if kind is datetime.date:
        return _date(node, place)
    if issubclass(kind, Enum):
        return _choice(kind, node, place)
    return _number(kind, about, node, place)


_EXPECTED: dict[type, str] = {
    str: "a string",
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    datetime.date: "a date",
}


def _boolean(node: Scalar, place: Location) -> bool:
    if node.text.lower() not in {"true", "false"}:
        raise _wrong("true or false", node, place)
    return node.text.lower() == "true"


def _date(node: Scalar, place: Location) -> datetime.date:
    try:
        if _DATE.match(node.text):
            return datetime.date.fromisoformat(node.text)
    except ValueError:
        pass
    raise _wrong("a date", node, place, "2027-01-31")


def _choice(kind: type[Enum], node: Scalar, place: Location) -> Enum:
    choices: list[str] = [str(member.value) for member in kind]
    if node.text not in choices:
        near = get_close_matches(node.text[:_SHOWN], choices, n=1)
        hint = f"did you mean {near[0]}?" if near else ""
        raise UsageError(f"expected one of {', '.join(choices)}, found {describe(node)}", hint=hint, where=place)
    return kind(node.text)


def _number(kind: type, about: Key, node: Scalar, place: Location) -> int | float:
    words = dict(about.words)
    if node.text in words:
        return words[node.text]
    pattern, what = (_WHOLE, "a whole number") if kind is int else (_NUMBER, "a number")
    bounds = f" from {about.minimum:g} to {about.maximum:g}" if about.minimum is not None and about.maximum is not None else ""
    alternatives = "".join(f" or {word}" for word in words)
    if not pattern.match(node.text):
        raise _wrong(f"{what}{bounds}{alternatives}", node, place, about.example)
    value = int(node.text) if kind is int else float(node.text)
    low, high = about.minimum, about.maximum
    if (low is not None and value < low) or (high is not None and value > high):
        raise _wrong(f"{what}{bounds}{alternatives}", node, place, about.example)
    return value


def _check(made: object, place: Location) -> None:
    """What the types cannot say."""
    match made:
        case AssetSelector() if not (made.id or made.kind or made.name):
            raise UsageError("a selector that selects nothing", hint="for example Secret shop/payments", where=place)
        case Tenant() if not (made.namespaces or made.label):
            raise UsageError("a tenant needs namespaces or a label", hint="namespaces: [shop]", where=place)
        case Tenant() if not made.name and (made.namespaces or "=" in made.label):
            raise UsageError("a tenant needs a name", hint="name: shop", where=place)
        case Decision() if not (made.fingerprint or made.weakness):
            raise UsageError("a decision needs a fingerprint or a weakness", hint="weakness: privileged-container", where=place)
        case Decision() if made.fingerprint and (made.weakness or made.asset):
            raise UsageError("a decision has a fingerprint or a weakness, not both", hint="remove one", where=place)
        case HostStatement() if not (made.kernel or made.runtime or made.runc or made.kubelet):
            raise UsageError("a host without a version", hint="kernel: 5.15.0-1050-aws", where=place)
        case HostStatement() if made.runtime and not _RUNTIME.match(made.runtime):
            raise UsageError(
                f"expected a runtime and its version, found {_shown(made.runtime)}",
                hint="runtime: containerd://1.7.27",
                where=place,
            )
        case KubernetesSection() if made.version and not _VERSION.match(made.version):
            raise UsageError(f"expected a Kubernetes version, found {_shown(made.version)}", hint='version: "1.33"', where=place)
        case _:
            pass
