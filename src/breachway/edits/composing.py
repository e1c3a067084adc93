"""Many operations on one text at once: each was worked out from the text as it was, and none may move another's place."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from breachway.edits.anchors import node_at
from breachway.edits.operations import Append, Put, Remove, edit
from breachway.edits.refusing import EditRefusedError
from breachway.edits.spans import Array, Leaf, Table, read_spans

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from breachway.edits.operations import Operation, Pointer
    from breachway.edits.spans import SpanNode


class Placed(NamedTuple):
    """An operation and the document of the text (from 0) that it is for."""

    document: int
    operation: Operation


def compose(text: str, wanted: Iterable[Placed]) -> str:
    """Make all the changes.

    What is put comes first, the wide before the narrow; then what is appended; then what is removed, from the end, so that no
    item has moved when its turn comes.  A change below something that goes, and a repeated one, falls away.
    """
    roots = read_spans(text)
    by_document: dict[int, dict[tuple[str, Pointer, str], Operation]] = {}
    for document, operation in wanted:
        # Values may be lists and mappings, which cannot be keys themselves.
        key = (type(operation).__name__, operation.pointer, repr(operation[1:]))
        by_document.setdefault(document, {}).setdefault(key, operation)
    for document, operations in sorted(by_document.items()):
        root = roots[document] if document < len(roots) else None
        if root is None:
            raise EditRefusedError("the document is empty")
        for operation in _ordered(root, tuple(operations.values())):
            text = edit(text, document, operation)
    return text


def _ordered(root: SpanNode, operations: Sequence[Operation]) -> list[Operation]:
    removed = {one.pointer for one in operations if isinstance(one, Remove)}
    kept = [one for one in operations if not isinstance(one, Remove) and not _below(one.pointer, removed)]
    held = {one.pointer[:end] for one in kept for end in range(len(one.pointer) + 1)}
    gone = _emptied(root, removed, held)
    top = [pointer for pointer in gone if not _below(pointer[:-1], gone)]
    puts = sorted((one for one in kept if isinstance(one, Put)), key=lambda one: len(one.pointer))
    settled = {one.pointer for one in puts}
    appends = [one for one in kept if isinstance(one, Append) and one.pointer not in settled]
    return [*puts, *appends, *(Remove(pointer) for pointer in sorted(top, key=_place, reverse=True))]


def _emptied(root: SpanNode, removed: Iterable[Pointer], held: Iterable[Pointer]) -> set[Pointer]:
    """What is removed, with the collections of which everything is; ``held`` are those in which something is put."""
    gone = set(removed)
    keep = set(held)
    todo = sorted(gone, key=len, reverse=True)
    while todo:
        parent = todo.pop(0)[:-1]
        node = node_at(root, parent)
        if not parent or parent in gone or parent in keep or node is None or isinstance(node, Leaf):
            continue
        names = [member.key.text for member in node.members] if isinstance(node, Table) else _places(node)
        if all((*parent, name) in gone for name in names):
            gone.add(parent)
            todo.append(parent)
    return gone


def _places(node: Array) -> list[str]:
    return [str(at) for at in range(len(node.items))]


def _below(pointer: Pointer, gone: Iterable[Pointer]) -> bool:
    """Whether a pointer is one of ``gone`` or lies below one."""
    found = set(gone)
    return any(pointer[:end] in found for end in range(1, len(pointer) + 1))


def _place(pointer: Pointer) -> tuple[tuple[int, str], ...]:
    return tuple((int(token), "") if token.isdecimal() else (-1, token) for token in pointer)
