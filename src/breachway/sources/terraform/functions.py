"""The functions of Terraform that decide names, policies and switches; any other gives a value that is not known."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from breachway.sources.nodes import Mapping, Scalar, Sequence
from breachway.sources.terraform.values import (
    LARGEST_VALUE,
    LONGEST_TEXT,
    is_null,
    is_unknown,
    items_of,
    list_at,
    mapping_at,
    member,
    plain_at,
    text_at,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from breachway.sources.nodes import Node
    from breachway.sources.terraform.expressions import Place

    Function = Callable[[tuple[Node, ...], Place], Node | None]

_VERB = re.compile(r"%[sdv%]")


def call(name: str, arguments: tuple[Node, ...], place: Place) -> Node | None:
    """The value of a call; None where it cannot be known, or the arguments do not fit."""
    known = _FUNCTIONS.get(name)
    return None if known is None else known(arguments, place)


def _same(arguments: tuple[Node, ...], _place: Place) -> Node | None:
    return arguments[0] if len(arguments) == 1 else None


def _texts(arguments: tuple[Node, ...]) -> tuple[str, ...] | None:
    found = tuple(node.text for node in arguments if isinstance(node, Scalar) and not is_unknown(node) and not is_null(node))
    return found if len(found) == len(arguments) else None


def _by_text(change: Callable[[str], str]) -> Function:
    def apply(arguments: tuple[Node, ...], place: Place) -> Node | None:
        found = _texts(arguments)
        return text_at(change(found[0]), place) if found is not None and len(found) == 1 else None

    return apply


def _flat(node: Node) -> tuple[Node, ...] | None:
    return node.items if isinstance(node, Sequence) else None


def _concat(arguments: tuple[Node, ...], place: Place) -> Node | None:
    parts = [_flat(node) for node in arguments]
    return list_at((item for part in parts for item in part or ()), place) if None not in parts else None


def _flatten(arguments: tuple[Node, ...], place: Place) -> Node | None:
    if len(arguments) != 1 or not isinstance(arguments[0], Sequence):
        return None
    found: list[Node] = []
    pending: list[Node] = list(reversed(arguments[0].items))
    seen = 0
    while pending:
        node = pending.pop()
        seen += 1
        if seen > LARGEST_VALUE:
            return None
        if isinstance(node, Sequence):
            pending.extend(reversed(node.items))
        else:
            found.append(node)
    return list_at(found, place)


def _merge(arguments: tuple[Node, ...], place: Place) -> Node | None:
    pairs: dict[str, Node] = {}
    for node in arguments:
        if is_null(node):
            continue
        if not isinstance(node, Mapping):
            return None
        pairs.update((key, entry.node) for key, entry in node.entries.items())
    return mapping_at(pairs.items(), place)


def _lookup(arguments: tuple[Node, ...], _place: Place) -> Node | None:
    if len(arguments) < 2 or not isinstance(arguments[0], Mapping) or not isinstance(arguments[1], Scalar):  # noqa: PLR2004 - map, key
        return None
    found = member(arguments[0], arguments[1].text)
    return found if found is not None else arguments[2] if len(arguments) > 2 else None  # noqa: PLR2004 - the default


def _element(arguments: tuple[Node, ...], _place: Place) -> Node | None:
    match arguments:
        case (Sequence() as items, Scalar() as index) if items.items and index.text.isascii() and index.text.isdigit():
            return items.items[int(index.text[:9]) % len(items.items)]
    return None


def _join(arguments: tuple[Node, ...], place: Place) -> Node | None:
    match arguments:
        case (Scalar() as glue, Sequence() as items):
            found = _texts((glue, *items.items))
            return None if found is None else text_at(found[0].join(found[1:])[:LONGEST_TEXT], place)
    return None


def _split(arguments: tuple[Node, ...], place: Place) -> Node | None:
    found = _texts(arguments)
    if found is None or len(found) != 2 or not found[0]:  # noqa: PLR2004 - separator and text
        return None
    return list_at((text_at(part, place) for part in found[1].split(found[0])), place)


def _replace(arguments: tuple[Node, ...], place: Place) -> Node | None:
    """Replace plain text; a search in slashes is a regular expression, which is left alone."""
    found = _texts(arguments)
    if found is None or len(found) != 3 or not found[1] or found[1].startswith("/"):  # noqa: PLR2004 - text, search, new text
        return None
    return text_at(found[0].replace(found[1], found[2])[:LONGEST_TEXT], place)


def _format(arguments: tuple[Node, ...], place: Place) -> Node | None:
    found = _texts(arguments)
    if not found or len(re.sub(_VERB, "", found[0]).split("%")) > 1:
        return None
    rest = iter(found[1:])
    wanted = sum(verb != "%%" for verb in _VERB.findall(found[0]))
    if wanted != len(found) - 1:
        return None
    return text_at(_VERB.sub(lambda verb: "%" if verb.group() == "%%" else next(rest), found[0])[:LONGEST_TEXT], place)


def _first(arguments: tuple[Node, ...], _place: Place) -> Node | None:
    """The first argument that is neither null nor empty; nothing is known once one before it is not."""
    for node in arguments:
        if is_unknown(node):
            return None
        if not is_null(node) and not (isinstance(node, Scalar) and not node.text):
            return node
    return None


def _try(arguments: tuple[Node, ...], _place: Place) -> Node | None:
    return next((node for node in arguments if not is_unknown(node)), None)


def _compact(arguments: tuple[Node, ...], place: Place) -> Node | None:
    items = _flat(arguments[0]) if len(arguments) == 1 else None
    if items is None:
        return None
    return list_at((item for item in items if not is_null(item) and not (isinstance(item, Scalar) and not item.text)), place)


def _distinct(arguments: tuple[Node, ...], place: Place) -> Node | None:
    items = _flat(arguments[0]) if len(arguments) == 1 else None
    if items is None:
        return None
    kept = {item.text if isinstance(item, Scalar) else index: item for index, item in reversed(tuple(enumerate(items)))}
    return list_at(reversed(kept.values()), place)


def _keys(arguments: tuple[Node, ...], place: Place) -> Node | None:
    if len(arguments) != 1 or not isinstance(arguments[0], Mapping):
        return None
    return list_at((text_at(key, place) for key in sorted(arguments[0].entries)), place)


def _values(arguments: tuple[Node, ...], place: Place) -> Node | None:
    if len(arguments) != 1 or not isinstance(arguments[0], Mapping):
        return None
    return list_at((arguments[0].entries[key].node for key in sorted(arguments[0].entries)), place)


def _length(arguments: tuple[Node, ...], place: Place) -> Node | None:
    items = items_of(arguments[0]) if len(arguments) == 1 else None
    return None if items is None else plain_at(str(len(items)), place)


def _contains(arguments: tuple[Node, ...], place: Place) -> Node | None:
    match arguments:
        case (Sequence() as items, Scalar() as wanted):
            found = _texts((wanted, *items.items))
            return None if found is None else plain_at(str(found[0] in found[1:]).lower(), place)
    return None


_FUNCTIONS: dict[str, Function] = {
    "coalesce": _first,
    "compact": _compact,
    "concat": _concat,
    "contains": _contains,
    "distinct": _distinct,
    "element": _element,
    "flatten": _flatten,
    "format": _format,
    "join": _join,
    "jsonencode": _same,
    "keys": _keys,
    "length": _length,
    "lookup": _lookup,
    "lower": _by_text(str.lower),
    "merge": _merge,
    "nonsensitive": _same,
    "replace": _replace,
    "sensitive": _same,
    "split": _split,
    "title": _by_text(str.title),
    "tobool": _same,
    "tolist": _same,
    "tomap": _same,
    "tonumber": _same,
    "toset": _distinct,
    "tostring": _same,
    "trimspace": _by_text(str.strip),
    "try": _try,
    "upper": _by_text(str.upper),
    "values": _values,
}
