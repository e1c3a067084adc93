"""Builds a tree of nodes from the events of a reader, without recursion and within limits.

A reader of YAML or JSON calls :meth:`TreeBuilder.scalar`, :meth:`~TreeBuilder.open_mapping`, :meth:`~TreeBuilder.open_sequence`,
:meth:`~TreeBuilder.close` and :meth:`~TreeBuilder.alias` in document order; keys of a mapping come as scalars, as in the text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from breachway.evidence import Location, Unread
from breachway.sources.nodes import Entry, Mapping, Scalar, Sequence, TextTree

if TYPE_CHECKING:
    from breachway.sources.nodes import Node

DEEPEST = 200
"""How deep mappings and sequences may nest, aliases expanded.  The deepest schemas of real clusters stay below 80."""

MOST_EXPANDED = 1_000_000
"""How many nodes the aliases of one text may stand for, beyond those that are written out."""

MOST_NODES = 5_000_000
"""How many keys and values one text may hold, which takes about 1 GB of memory; a mapping takes as much as four and counts so."""

MOST_REPORTED = 1_000
"""How many problems of single fields are kept for one text; the others are counted."""

_MERGE = "<<"


class StopReadingError(Exception):
    """The text breaks a limit or the rules of its format; ``problem`` says where and why.  It never leaves the readers."""

    def __init__(self, problem: Unread) -> None:
        super().__init__(problem.reason)
        self.problem = problem


class _Frame:
    """A mapping or a sequence that is still open.

    ``size`` counts its nodes with aliases expanded; ``height`` is the depth of the tree from here.
    """

    __slots__ = (
        "anchor",
        "column",
        "entries",
        "has_key",
        "height",
        "items",
        "key",
        "key_column",
        "key_line",
        "line",
        "merges",
        "merging",
        "size",
        "tag",
    )

    def __init__(self, line: int, column: int, tag: str, anchor: str | None, *, mapping: bool) -> None:
        self.line = line
        self.column = column
        self.tag = tag
        self.anchor = anchor
        self.entries: dict[str, Entry] | None = {} if mapping else None
        self.items: list[Node] = []
        self.has_key = False
        self.key: str | None = None
        self.key_line = 0
        self.key_column = 0
        self.merging = False
        self.merges: list[Node] = []
        self.size = 1
        self.height = 1


class _Anchored:
    """What an alias stands for."""

    __slots__ = ("height", "node", "size")

    def __init__(self, node: Node, size: int, height: int) -> None:
        self.node = node
        self.size = size
        self.height = height


class TreeBuilder:
    """Collects documents and problems for one text."""

    def __init__(self, document: str) -> None:
        self.document = document
        self.documents: list[Node | None] = []
        self.problems: list[Unread] = []
        self._frames: list[_Frame] = []
        self._anchors: dict[str, _Anchored] = {}
        self._expanded = 0
        self._room = MOST_NODES
        self._reported = 0

    def tree(self) -> TextTree:
        """Return what was read so far; an unfinished document is left out."""
        problems = tuple(self.problems)
        more = self._reported - MOST_REPORTED
        if more > 0:
            reason = f"{more:,} more keys of this file stand twice or are no scalars"
            problems = (*problems, Unread(Location(self.document, "", 0, 0), "field", reason, "mend those that are listed first"))
        return TextTree(tuple(self.documents), problems)

    def start_document(self) -> None:
        """Begin a document: anchors start anew, the limit on aliases does not."""
        self._anchors.clear()

    def stop(self, line: int, column: int, reason: str, hint: str = "") -> NoReturn:
        """Give up on the rest of the text."""
        before = len(self.documents)
        if before:
            kept = "the document before it was read" if before == 1 else f"the {before:,} documents before it were read"
            reason = f"{reason}; {kept}, the rest of the file was not"
        raise StopReadingError(Unread(Location(self.document, "", line, column), "file", reason, hint))

    def scalar(self, scalar: Scalar, anchor: str | None = None) -> None:
        """Take a scalar: a key where the open mapping waits for one, a value otherwise."""
        if anchor is not None:
            self._anchors[anchor] = _Anchored(scalar, 1, 0)
            self._room -= 2  # what is remembered for the anchor takes as much memory
        frames = self._frames
        if frames:
            frame = frames[-1]
            if frame.entries is not None and not frame.has_key:
                self._room -= 1
                frame.has_key = True
                frame.key, _, frame.key_line, frame.key_column, _ = scalar
                frame.merging = frame.key == _MERGE and scalar.plain
                return
        self._attach(scalar, 1, 0)

    def open_mapping(self, line: int, column: int, tag: str = "", anchor: str | None = None) -> None:
        """Begin a mapping."""
        self._room -= 3
        self._open(_Frame(line, column, tag, anchor, mapping=True))

    def open_sequence(self, line: int, column: int, tag: str = "", anchor: str | None = None) -> None:
        """Begin a sequence."""
        self._open(_Frame(line, column, tag, anchor, mapping=False))

    def close(self) -> None:
        """End the innermost open mapping or sequence."""
        frame = self._frames.pop()
        node: Node
        if frame.entries is None:
            node = Sequence(tuple(frame.items), frame.line, frame.column, frame.tag)
        else:
            entries = self._merged(frame.entries, frame.merges) if frame.merges else frame.entries
            node = Mapping(entries, frame.line, frame.column, frame.tag)
        if frame.anchor is not None:
            self._anchors[frame.anchor] = _Anchored(node, frame.size, frame.height)
        self._attach(node, frame.size, frame.height)

    def alias(self, name: str, line: int, column: int) -> None:
        """Take an alias: the node itself stands there again, and counts again."""
        target = self._anchors.get(name)
        if target is None:
            inside = any(frame.anchor == name for frame in self._frames)
            reason = (
                f"the alias *{_shown(name)} lies inside its own anchor" if inside else f"no anchor &{_shown(name)} for this alias"
            )
            self.stop(line, column, reason, "anchors hold within one document, after the place that sets them")
        self._expanded += target.size
        if self._expanded > MOST_EXPANDED:
            self.stop(line, column, f"its aliases stand for more than {MOST_EXPANDED:,} nodes", "write out what is really meant")
        if len(self._frames) + target.height > DEEPEST:
            self._too_deep(line, column)
        if isinstance(target.node, Scalar):
            self.scalar(target.node)
        else:
            self._attach(target.node, target.size, target.height)

    def _open(self, frame: _Frame) -> None:
        self._frames.append(frame)
        if len(self._frames) > DEEPEST:
            self._too_deep(frame.line, frame.column)

    def _too_deep(self, line: int, column: int) -> NoReturn:
        self.stop(
            line, column, f"nested more than {DEEPEST} levels deep", "no platform nests so deep; is this the file you meant?"
        )

    def _attach(self, node: Node, size: int, height: int) -> None:
        """Put a finished node into the open mapping or sequence, or make it a document."""
        self._room -= 1
        if self._room < 0:
            reason = f"it holds more than {MOST_NODES:,} keys and values"
            self.stop(node.line, node.column, reason, "split it into several files, or leave out what is no deployment")
        if not self._frames:
            empty = isinstance(node, Scalar) and node.plain and not node.text
            self.documents.append(None if empty else node)
            return
        frame = self._frames[-1]
        frame.size += size
        if height >= frame.height:
            frame.height = height + 1
        if frame.entries is None:
            frame.items.append(node)
        elif not frame.has_key:
            frame.has_key, frame.key = True, None
            self._problem(
                node.line, node.column, "a key that is no scalar; its value was left out", "a template? render it first"
            )
        else:
            frame.has_key = False
            self._set(frame, node)

    def _set(self, frame: _Frame, node: Node) -> None:
        key, entries = frame.key, frame.entries
        if key is None or entries is None:
            return
        if frame.merging:
            frame.merges.append(node)
            return
        earlier = entries.get(key)
        if earlier is not None:
            reason = f'the key "{_shown(key)}" stands here again, first on line {earlier.line}; the last one counts'
            self._problem(frame.key_line, frame.key_column, reason, "keep one of them")
        entries[key] = Entry(key, node, frame.key_line, frame.key_column)

    def _merged(self, own: dict[str, Entry], merges: list[Node]) -> dict[str, Entry]:
        """Resolve merge keys: own entries win over merged ones, earlier merged ones over later ones."""
        sources = [inner for node in merges for inner in (node.items if isinstance(node, Sequence) else (node,))]
        entries: dict[str, Entry] = {}
        for source in reversed(sources):
            if isinstance(source, Mapping):
                entries.update(source.entries)
            else:
                self._problem(source.line, source.column, "a merge key (<<) takes a mapping or a list of mappings")
        entries.update(own)
        return entries

    def _problem(self, line: int, column: int, reason: str, hint: str = "") -> None:
        self._reported += 1
        if self._reported > MOST_REPORTED:
            return
        self.problems.append(Unread(Location(self.document, self._pointer(), line, column), "field", reason, hint))

    def _pointer(self) -> str:
        """Return the JSON pointer of what is being read."""
        steps: list[str] = []
        for frame in self._frames:
            if frame.entries is None:
                steps.append(str(len(frame.items)))
            elif frame.key is not None:
                steps.append(frame.key.replace("~", "~0").replace("/", "~1"))
        return "".join(f"/{step}" for step in steps)


def _shown(key: str) -> str:
    """Return a key for a message: printable and short."""
    return "".join(mark if mark.isprintable() else "\ufffd" for mark in key[:60])
