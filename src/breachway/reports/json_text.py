"""JSON text with one line to each item of a list: small to store, quick to write, and good to read, grep and diff."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

Json: TypeAlias = "str | int | float | bool | Mapping[str, Json] | Sequence[Json] | None"


def document(value: Mapping[str, Json], *, depth: int = 1) -> str:
    """The text of ``value``: its members on lines of their own down to ``depth`` levels of objects and the lists in them.

    Only ASCII is written, so that no name in it can upset a terminal or an encoder.
    """
    return "".join(_object(value, "", depth)) + "\n"


def _object(value: Mapping[str, Json], indent: str, depth: int) -> Iterator[str]:
    inner = indent + "  "
    separator = "{\n"
    for name, member in value.items():
        yield f"{separator}{inner}{json.dumps(name)}: "
        yield from _member(member, inner, depth)
        separator = ",\n"
    yield f"\n{indent}}}" if value else "{}"


def _member(value: Json, indent: str, depth: int) -> Iterator[str]:
    match value:
        case dict() if depth > 0 and value:
            yield from _object(value, indent, depth - 1)
        case list() | tuple() if depth > 0 and value:
            inner = indent + "  "
            separator = "[\n"
            for item in value:
                yield f"{separator}{inner}"
                yield from _member(item, inner, depth - 1)
                separator = ",\n"
            yield f"\n{indent}]"
        case _:
            yield json.dumps(value)
