"""Reading single fields of a JSON tree whose shape is known and small: absent and of the wrong type are alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

from breachway.evidence import Location
from breachway.sources.images.objects import Setting
from breachway.sources.nodes import Mapping, Scalar, Sequence

if TYPE_CHECKING:
    from breachway.sources.nodes import Node


def child_of(node: Node | None, *keys: str) -> Node | None:
    """The node under a key, or under a key below a key."""
    for key in keys:
        entry = node.entries.get(key) if isinstance(node, Mapping) else None
        if entry is None:
            return None
        node = entry.node
    return node


def items_of(node: Node | None) -> tuple[Node, ...]:
    """The items of a sequence; none of anything else."""
    return node.items if isinstance(node, Sequence) else ()


def text_of(node: Node | None, *keys: str) -> str:
    """The string under a key; empty where there is none."""
    found = child_of(node, *keys)
    return found.text if isinstance(found, Scalar) and not found.plain else ""


def setting_of(node: Node | None, key: str, document: str, pointer: str = "") -> Setting | None:
    """The string under a key with the place of the key; None where there is none."""
    entry = node.entries.get(key) if isinstance(node, Mapping) else None
    if entry is None or not isinstance(entry.node, Scalar) or entry.node.plain:
        return None
    return Setting(entry.node.text, Location(document, f"{pointer}/{key}", entry.line, entry.column))


def texts_of(node: Node | None, key: str, document: str, pointer: str = "") -> tuple[Setting, ...]:
    """The strings of the sequence under a key, each with its place."""
    return tuple(
        Setting(item.text, Location(document, f"{pointer}/{key}/{index}", item.line, item.column))
        for index, item in enumerate(items_of(child_of(node, key)))
        if isinstance(item, Scalar) and not item.plain
    )


def keys_of(node: Node | None, key: str, document: str, pointer: str = "") -> tuple[Setting, ...]:
    """The keys of the mapping under a key, each with its place."""
    found = child_of(node, key)
    if not isinstance(found, Mapping):
        return ()
    return tuple(
        Setting(
            name, Location(document, f"{pointer}/{key}/{name.replace('~', '~0').replace('/', '~1')}", entry.line, entry.column)
        )
        for name, entry in found.entries.items()
    )
