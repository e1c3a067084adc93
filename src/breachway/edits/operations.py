"""Changes of YAML and JSON texts that leave everything else as it stands: comments, order, quotes, blank lines, line ends.

Each change is checked: the new text is read again, and its data must be the old data with the change made, else it is refused.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, NamedTuple, TypeAlias, assert_never

import yaml

from breachway.edits.data import Data, held, plain_data, with_item, with_value, without
from breachway.edits.refusing import EditRefusedError
from breachway.edits.spans import Array, Leaf, Table, follow, read_spans

if TYPE_CHECKING:
    from breachway.edits.data import Held
    from breachway.edits.spans import SpanNode

Pointer: TypeAlias = tuple[str, ...]
"""The unescaped tokens of a JSON pointer."""


class Put(NamedTuple):
    """Give what ``pointer`` names a value, whether it is there or not; mappings on the way are made where they are missing."""

    pointer: Pointer
    value: Data


class Remove(NamedTuple):
    """Take away a key or an item; a collection that is left with nothing goes too, up to the first that keeps something."""

    pointer: Pointer


class Append(NamedTuple):
    """Put an item at the end of a sequence, which is made where it is missing."""

    pointer: Pointer
    value: Data


Operation: TypeAlias = Put | Remove | Append


class _Cut(NamedTuple):
    """Replace the characters from ``start`` to ``end`` by ``text``."""

    start: int
    end: int
    text: str


def edit(text: str, document: int, operation: Operation) -> str:
    """Make a change in one document of a text (counted from 0).

    :class:`EditRefusedError` says why a change cannot be made: an alias or anchor on the way, a text that is no YAML, nothing to
    remove.
    """
    roots = read_spans(text)
    if document >= len(roots):
        raise EditRefusedError("the document is not there")
    root = roots[document]
    if root is None or isinstance(root, Leaf):
        raise EditRefusedError("the document is empty, or one single value")
    cut = _cut(text, root, operation)
    after = text[: cut.start] + cut.text + text[cut.end :]
    _check(text, after, document, operation)
    return after


def _check(before: str, after: str, document: int, operation: Operation) -> None:
    old, new = [plain_data(one) for one in read_spans(before)], [plain_data(one) for one in read_spans(after)]
    wanted = [_changed(one, operation) if at == document else one for at, one in enumerate(old)]
    if new != wanted:
        raise EditRefusedError("the change would touch more than it should")


def _changed(data: Held, operation: Operation) -> Held:
    match operation:
        case Put(pointer, value):
            return with_value(data, pointer, held(value))
        case Append(pointer, value):
            return with_item(data, pointer, held(value))
        case Remove(pointer):
            return without(data, pointer)
        case _:
            assert_never(operation)


def _cut(text: str, root: SpanNode, operation: Operation) -> _Cut:
    match operation:
        case Put():
            return _put(text, root, operation.pointer, operation.value)
        case Append():
            return _append(text, root, operation)
        case Remove():
            return _remove(text, root, operation.pointer)
        case _:
            assert_never(operation)


def _put(text: str, root: SpanNode, pointer: Pointer, value: Data) -> _Cut:
    way = list(follow(root, pointer))
    missing = pointer[len(way) :]
    node = way[-1][1] if way else root
    if not missing:
        parent = way[-2][1] if len(way) > 1 else root
        return _replace(text, parent, node, value)
    for token in reversed(missing[1:]):
        value = {token: value}
    if isinstance(node, Leaf):
        if not _is_null(node):
            raise EditRefusedError("a single value stands where a mapping is needed")
        parent = way[-2][1] if len(way) > 1 else root
        return _replace(text, parent, node, {missing[0]: value})
    if isinstance(node, Array):
        raise EditRefusedError("a list stands where a mapping is needed")
    return _insert_member(text, node, missing[0], value)


def _is_null(leaf: Leaf) -> bool:
    return leaf.plain and leaf.text in {"", "~", "null", "Null", "NULL"}


def _replace(text: str, parent: SpanNode, node: SpanNode, value: Data) -> _Cut:
    """Put another value in the place of a node."""
    if isinstance(node, Leaf) and node.alias:
        raise EditRefusedError("the value is an alias of another one")
    if node.anchored:
        raise EditRefusedError("other places repeat this value by its anchor")
    if _in_flow(parent) or not isinstance(value, dict | list) or not value:
        flow = _in_flow(parent)
        rendered = _flow(value) if flow or isinstance(value, dict | list) else _scalar(value)
        start = node.start if isinstance(node, Leaf) or node.flow else _behind_colon(text, node.start)
        gap = "" if start and text[start - 1] in " \t([{,\n" else " "
        return _Cut(start, node.end, gap + rendered)
    indent = _indent_of(text, parent) + 2
    block = _block(value, indent, _newline(text))
    start = node.start if isinstance(node, Leaf) or node.flow else _behind_colon(text, node.start)
    while start and text[start - 1] in " \t":
        start -= 1
    return _Cut(start, node.end, _newline(text) + block.rstrip("\r\n"))


def _behind_colon(text: str, start: int) -> int:
    """Back from the first line of a block collection to the end of the key, or of the dash, that it belongs to."""
    at = len(text[:start].rstrip())
    if at and text[at - 1] in ":-":
        return at
    raise EditRefusedError("a comment stands between the key and its value")


def _in_flow(node: SpanNode) -> bool:
    return not isinstance(node, Leaf) and node.flow


def _append(text: str, root: SpanNode, operation: Append) -> _Cut:
    way = list(follow(root, operation.pointer))
    node = way[-1][1] if way else root
    if len(way) < len(operation.pointer) or (isinstance(node, Leaf) and _is_null(node)):
        return _put(text, root, operation.pointer, [operation.value])
    if not isinstance(node, Array):
        raise EditRefusedError("what stands there is no list")
    if node.anchored:
        raise EditRefusedError("other places repeat this value by its anchor")
    if node.flow:
        return _insert_in_flow(
            text, node.end, [(item.start, item.end) for item in node.items], _flow(operation.value), node.start
        )
    at, newline = _end_of_line(text, node.end), _newline(text)
    column = _column(text, node.start)
    lines = _block([operation.value], column, newline)
    return _after_line(text, at, lines, newline)


def _insert_member(text: str, table: Table, key: str, value: Data) -> _Cut:
    if table.anchored:
        raise EditRefusedError("other places repeat this value by its anchor")
    if table.flow:
        rendered = f"{_flow(key)}: {_flow(value)}"
        return _insert_in_flow(text, table.end, [(one.key.start, one.node.end) for one in table.members], rendered, table.start)
    newline = _newline(text)
    column = _column(text, table.members[0].key.start)
    return _after_line(text, _end_of_line(text, table.end), _block({key: value}, column, newline), newline)


def _insert_in_flow(text: str, end: int, members: list[tuple[int, int]], rendered: str, start: int) -> _Cut:
    """Behind the last member of braces or brackets, set off as the others are."""
    if not members:
        return _Cut(start + 1, end - 1, rendered)
    last = members[-1][1]
    gap = text[members[-2][1] : members[-1][0]] if len(members) > 1 else ""
    lead = re.sub(r"[^\s].*?(?=\s|$)", "", gap.partition(",")[2]) if "," in gap and "#" not in gap else ""
    if not lead:
        before = text[start + 1 : members[0][0]]
        lead = before if "\n" in before and "#" not in before else " "
    return _Cut(last, last, f",{lead}{rendered}")


def _remove(text: str, root: SpanNode, pointer: Pointer) -> _Cut:
    way = list(follow(root, pointer))
    if len(way) < len(pointer) or not pointer:
        raise EditRefusedError("there is nothing to remove")
    nodes: list[SpanNode] = [root, *(node for _, node in way)]
    depth = len(pointer)
    # A collection that would be left empty goes as a whole, but never the document itself.
    while depth > 1 and _size(nodes[depth - 1]) == 1:
        depth -= 1
    parent, node = nodes[depth - 1], nodes[depth]
    if node.anchored:
        raise EditRefusedError("other places repeat this value by its anchor")
    if isinstance(parent, Table):
        members = parent.members
        at = max(position for position, member in enumerate(members) if member.key.text == pointer[depth - 1])
        spans = [(member.key.start, member.node.end) for member in members]
        return _drop(text, parent, spans, at)
    if isinstance(parent, Array):
        return _drop(text, parent, [(item.start, item.end) for item in parent.items], int(pointer[depth - 1]))
    raise EditRefusedError("there is nothing to remove")


def _size(node: SpanNode) -> int:
    if isinstance(node, Table):
        return len(node.members)
    return len(node.items) if isinstance(node, Array) else 0


def _drop(text: str, parent: Table | Array, spans: list[tuple[int, int]], at: int) -> _Cut:
    begin, end = spans[at]
    if len(spans) == 1:
        return (
            _Cut(parent.start, parent.end, "{}" if isinstance(parent, Table) else "[]") if parent.flow else _Cut(begin, end, "{}")
        )
    if parent.flow:
        return _Cut(begin, spans[at + 1][0], "") if at + 1 < len(spans) else _Cut(spans[at - 1][1], end, "")
    if isinstance(parent, Table) and text[_line_start(text, begin) : begin].strip():
        # The first key stands behind a dash: the next one takes its place there.
        return _Cut(begin, spans[at + 1][0], "")
    if isinstance(parent, Array) and text[_line_start(text, parent.start) : parent.start].strip() and at == 0:
        # The first item stands behind the dash of a list around it: the next one takes its place there.
        return _Cut(parent.start, text.rindex("-", 0, spans[1][0]), "")
    start = _line_start(text, begin)
    if isinstance(parent, Array) and text[start:begin].strip() not in {"-", ""}:
        raise EditRefusedError("the item shares its line with another one")
    if isinstance(parent, Array):
        start = _line_start(text, text.rindex("-", 0, begin + 1)) if text[start:begin].strip() == "" else start
    stop = _end_of_line(text, end)
    return _Cut(start, _past_newline(text, stop), "")


# ------------------------------------------------------------------------------------------------------------- places and lines


def _line_start(text: str, at: int) -> int:
    return text.rfind("\n", 0, at) + 1


def _end_of_line(text: str, at: int) -> int:
    """Where the line of ``at`` ends, its line end not included."""
    found = text.find("\n", at)
    end = len(text) if found < 0 else found
    return end - 1 if end and text[end - 1] == "\r" and end > at else end


def _past_newline(text: str, at: int) -> int:
    if text.startswith("\r\n", at):
        return at + 2
    return min(at + 1, len(text))


def _column(text: str, at: int) -> int:
    return at - _line_start(text, at)


def _indent_of(text: str, node: SpanNode) -> int:
    """The column at which the members of a block collection stand."""
    return _column(text, node.start)


def _newline(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"


def _after_line(text: str, at: int, lines: str, newline: str) -> _Cut:
    """Insert whole lines after the line that ends at ``at``."""
    behind = _past_newline(text, at)
    if behind == at or (behind == len(text) and not text.endswith("\n")):
        return _Cut(at, at, newline + lines.rstrip("\r\n"))
    return _Cut(behind, behind, lines)


# ------------------------------------------------------------------------------------------------------------------------ writing


def _block(value: Data, indent: int, newline: str) -> str:
    """Lines of block YAML, indented."""
    written = yaml.dump(value, Dumper=_Dumper, default_flow_style=False, sort_keys=False, allow_unicode=True, width=1_000_000)
    return "".join(f"{' ' * indent}{line}{newline}" for line in written.splitlines())


def _flow(value: Data) -> str:
    """One line that is both JSON and YAML."""
    return json.dumps(value, ensure_ascii=False)


def _scalar(value: Data) -> str:
    written: str = yaml.dump(value, Dumper=_Dumper, allow_unicode=True, width=1_000_000)
    return written.removesuffix("...\n").rstrip("\n")


class _Dumper(yaml.SafeDumper):
    """Indents the items of a list under their key, as most manifests do."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002, FBT001, FBT002 - yaml's signature
        """Never leave a list at the column of its key."""
        super().increase_indent(flow, indentless=False)
