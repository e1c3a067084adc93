"""The shape of ``breachway.yaml`` as its classes say it: what the reader and the schema are both derived from."""

from __future__ import annotations

import types
from dataclasses import MISSING, dataclass, fields
from functools import cache
from typing import TYPE_CHECKING, Annotated, Union, get_args, get_origin, get_type_hints

from breachway.evidence import Location
from breachway.sources.configuration.objects import Key

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """One key: ``kind`` is the type of its value, or of each item where ``many``."""

    name: str
    kind: type
    many: bool
    about: Key
    default: object


@cache
def shapes(cls: type) -> tuple[Shape, ...]:
    """The keys that a class takes, in the order of its fields.  Fields without a :class:`Key` are not keys."""
    hints = get_type_hints(cls, localns={"Location": Location}, include_extras=True)
    found: list[Shape] = []
    for field in fields(cls):
        hint = hints[field.name]
        if get_origin(hint) is not Annotated:
            continue
        kind, *marks = get_args(hint)
        about = next(mark for mark in marks if isinstance(mark, Key))
        if get_origin(kind) in {Union, types.UnionType}:
            kind = next(option for option in get_args(kind) if option is not types.NoneType)
        many = get_origin(kind) is tuple
        if many:
            kind = get_args(kind)[0]
        default = None if field.default is MISSING else field.default
        found.append(Shape(name=field.name, kind=kind, many=many, about=about, default=default))
    return tuple(found)


def short_form(cls: type) -> Callable[[str], object] | None:
    """What reads the class from a string, if it has a short form."""
    reader = getattr(cls, "from_text", None)
    return reader if callable(reader) else None


def has_place(cls: type) -> bool:
    """Whether objects of the class carry the place they were read from."""
    return any(field.name == "location" for field in fields(cls))
