"""The same change as a command for a live object, where no file is the user's own to change."""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING, assert_never

from breachway.edits.anchors import node_at, text_at
from breachway.edits.data import plain_data
from breachway.edits.operations import Append, Put, Remove
from breachway.edits.spans import Leaf, Table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from breachway.edits.anchors import Site
    from breachway.edits.data import Data
    from breachway.edits.operations import Operation, Pointer
    from breachway.edits.spans import SpanNode

_IN_PLACE = {"Pod", "Job"}
"""Kinds whose pods no patch changes: they are made anew."""


def patch_command(site: Site, operations: Sequence[Operation]) -> str:
    """``kubectl patch`` with a JSON Patch that does the operations; empty where that cannot be.

    Removals stand last and from the end of each list, so that no item moves before its turn.
    """
    name = text_at(site.root, (*site.object, "metadata", "name"))
    if site.platform != "kubernetes" or not name or not site.kind or site.kind in _IN_PLACE:
        return ""
    ordered = sorted(
        _distinct(operations),
        key=lambda one: (
            isinstance(one, Remove),
            tuple((-int(token), "") if token.isdecimal() else (0, token) for token in one.pointer),
        ),
    )
    steps = [step for operation in ordered for step in _steps(site, operation)]
    namespace = text_at(site.root, (*site.object, "metadata", "namespace"))
    where = ["--namespace", namespace] if namespace else []
    words = ["kubectl", "patch", site.kind.lower(), name, *where, "--type=json", "-p", json.dumps(steps)]
    return shlex.join(words)


def _distinct(operations: Sequence[Operation]) -> list[Operation]:
    found: list[Operation] = []
    for operation in operations:
        if operation not in found:
            found.append(operation)
    return found


def _steps(site: Site, operation: Operation) -> list[dict[str, Data]]:
    start = len(site.object)
    match operation:
        case Remove(pointer):
            path = _written(pointer[start:])
            return [*_tested(node_at(site.root, pointer), path), {"op": "remove", "path": path}]
        case Put(pointer, value):
            return [_add(site, pointer, value)]
        case Append(pointer, value):
            if node_at(site.root, pointer) is None:
                return [_add(site, pointer, [value])]
            return [{"op": "add", "path": _written((*pointer[start:], "-")), "value": value}]
        case _:
            assert_never(operation)


def _tested(node: SpanNode | None, path: str) -> list[dict[str, Data]]:
    """A test before the removal of a word, or of something with a name.

    A list that moved since makes the patch fail then, and it hits no other item.  Nothing else is repeated: it may be a secret.
    """
    if isinstance(node, Table):
        name = next((member.node for member in node.members if member.key.text == "name"), None)
        return _tested(name, f"{path}/name") if isinstance(name, Leaf) else []
    last = path.rpartition("/")[2]
    if not isinstance(node, Leaf) or not (last.isdecimal() or last == "name"):
        return []
    held_text = plain_data(node)
    return [{"op": "test", "path": path, "value": held_text[0]}] if isinstance(held_text, tuple) and not held_text[1] else []


def _add(site: Site, pointer: Pointer, value: Data) -> dict[str, Data]:
    """Add at the first place on the way that is missing: a JSON Patch makes no mappings by itself."""
    present = len(site.object)
    while present < len(pointer) - 1 and isinstance(node_at(site.root, pointer[: present + 1]), Table):
        present += 1
    for token in reversed(pointer[present + 1 :]):
        value = {token: value}
    there = node_at(site.root, pointer) is not None
    return {"op": "replace" if there else "add", "path": _written(pointer[len(site.object) : present + 1]), "value": value}


def _written(pointer: Pointer) -> str:
    return "".join("/" + token.replace("~", "~0").replace("/", "~1") for token in pointer)
