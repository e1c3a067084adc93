"""Which file a field of a customised object comes from: the manifest, or the patch that sets it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from breachway.sources.nodes import Entry, Mapping, Scalar, Sequence
from breachway.sources.rendered.places import Place

if TYPE_CHECKING:
    from breachway.sources.nodes import Node

_NAMES = ("name", "mountPath", "containerPort", "key", "port", "ip")
"""Fields by which items of a list are the same item in two files."""


class Candidate(NamedTuple):
    """A part of a file that may be where a part of the object comes from."""

    document: str
    node: Node


def trace(rendered: Node, candidates: list[Candidate], places: dict[int, Place]) -> None:
    """Note the place of every line of ``rendered`` that a candidate has; the manifest stands first, then the patches."""
    match rendered:
        case Mapping():
            for key, entry in rendered.entries.items():
                below = [
                    (one.document, one.node.entries[key])
                    for one in candidates
                    if isinstance(one.node, Mapping) and key in one.node.entries
                ]
                _trace_entry(entry, below, places)
        case Sequence():
            for position, item in enumerate(rendered.items):
                inner = [Candidate(one.document, found) for one in candidates if (found := _item(one.node, item, position))]
                trace(item, inner, places)
                # After its first field, which stands on the same line.
                if inner:
                    places.setdefault(item.line, Place(inner[0].document, inner[0].node.line, inner[0].node.column))
        case Scalar():
            return


def _trace_entry(entry: Entry, found: list[tuple[str, Entry]], places: dict[int, Place]) -> None:
    if not found:
        return
    value = entry.node
    same = [
        one for one in found if isinstance(value, Scalar) and isinstance(one[1].node, Scalar) and one[1].node.text == value.text
    ]
    document, chosen = (same or found)[0]
    places.setdefault(entry.line, Place(document, chosen.line, chosen.column))
    trace(value, [Candidate(name, one.node) for name, one in found], places)


def _item(node: Node, wanted: Node, position: int) -> Node | None:
    """The item of a list that is the wanted one: by what names it, else by its value, else by its place."""
    if isinstance(node, Mapping):
        # A JSON patch names items by their number.
        entry = node.entries.get(str(position)) or node.entries.get("-")
        return entry.node if entry is not None else None
    if not isinstance(node, Sequence):
        return None
    if isinstance(wanted, Scalar):
        return next((item for item in node.items if isinstance(item, Scalar) and item.text == wanted.text), None)
    name = _name(wanted)
    if name:
        return next((item for item in node.items if _name(item) == name), None)
    return node.items[position] if position < len(node.items) else None


def _name(node: Node) -> tuple[str, str] | None:
    if isinstance(node, Mapping):
        for key in _NAMES:
            entry = node.entries.get(key)
            if entry is not None and isinstance(entry.node, Scalar):
                return key, entry.node.text
    return None
