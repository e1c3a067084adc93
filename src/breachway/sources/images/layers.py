"""One layer read from front to back, and what several layers make together.

A layer deletes a file of those below it by an empty one beside it (``.wh.name``), and everything in a folder by
``.wh..wh..opq`` (OCI image specification, layer.md).  What is deleted so still lies in the layer below.
"""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING, NamedTuple

from breachway.sources.images.interest import KEPT, has_secret_name, is_looked_at, look_through
from breachway.sources.images.limits import ArchiveError
from breachway.sources.images.objects import LayerFile, SetuidFile
from breachway.sources.images.streams import opened
from breachway.sources.images.tar_entries import entries

if TYPE_CHECKING:
    from collections.abc import Iterator

    from breachway.sources.images.limits import Budget
    from breachway.sources.images.streams import Stream
    from breachway.sources.images.tar_entries import Entry

_WHITEOUT = ".wh."
_OPAQUE = ".wh..wh..opq"
_SPECIAL_BITS = 0o6000


class Contents(NamedTuple):
    """What a layer holds.

    ``paths`` are all its entries, ``removed`` what it deletes below it, ``opaque`` the folders that it empties.  ``kept`` are the
    texts of system files by path.  ``outside`` counts names that lead out of the image, ``left_out`` files of interest beyond the
    limit.  ``stopped`` says why it was not read to its end, None where it was.
    """

    entries: int
    paths: frozenset[str]
    removed: frozenset[str]
    opaque: frozenset[str]
    files: tuple[LayerFile, ...]
    setuid: tuple[SetuidFile, ...]
    kept: tuple[tuple[str, str], ...]
    outside: int
    left_out: int
    stopped: ArchiveError | None

    def hides(self, path: str) -> bool:
        """Whether the layer deletes a file of the layers below it."""
        if path in self.removed:
            return True
        folder = posixpath.dirname(path)
        while folder != "/":
            if folder in self.removed or folder in self.opaque:
                return True
            folder = posixpath.dirname(folder)
        return "/" in self.opaque


class _Reading:
    """A layer that is being read."""

    def __init__(self, document: str, budget: Budget) -> None:
        self.document, self.budget = document, budget
        self.entries = self.outside = self.left_out = 0
        self.paths: set[str] = set()
        self.removed: set[str] = set()
        self.opaque: set[str] = set()
        self.files: dict[str, LayerFile] = {}
        self.setuid: dict[str, SetuidFile] = {}
        self.kept: dict[str, str] = {}

    def take(self, entry: Entry) -> None:
        self.budget.entry()
        self.entries += 1
        self.outside += entry.outside
        folder, _, base = entry.path.rpartition("/")
        if base == _OPAQUE:
            self.opaque.add(folder or "/")
        elif base.startswith(_WHITEOUT):
            self.removed.add(f"{folder}/{base.removeprefix(_WHITEOUT)}")
        else:
            self.paths.add(entry.path)
            if entry.regular:
                self._file(entry)

    def _file(self, entry: Entry) -> None:
        path, largest = entry.path, self.budget.limits.file
        if entry.mode & _SPECIAL_BITS and entry.mode & 0o111 and self._room(path, self.setuid):
            self.setuid[path] = SetuidFile(
                document=f"{self.document}{path}", path=path, mode=entry.mode, owner=entry.owner, group=entry.group
            )
        if path in KEPT and entry.size <= largest:
            self.kept[path] = entry.read(largest).decode("utf-8", "replace")
        elif entry.size and is_looked_at(path):
            named = has_secret_name(path)
            looked = look_through(path, entry.read(largest)) if entry.size <= largest else None
            lines = looked.lines if looked is not None else ()
            if (lines or named) and self._room(path, self.files):
                self.files[path] = LayerFile(
                    document=f"{self.document}{path}",
                    path=path,
                    size=entry.size,
                    text=looked is not None and looked.text,
                    lines=lines,
                )

    def _room(self, path: str, kept: dict[str, LayerFile] | dict[str, SetuidFile]) -> bool:
        if path in kept or self.budget.found():
            return True
        self.left_out += 1
        return False


def read_layer(stream: Stream, document: str, budget: Budget) -> Contents:
    """Read one layer, whose files have labels below ``document``; what stops it is in the answer."""
    reading, stopped = _Reading(document, budget), None
    try:
        for entry in entries(opened(stream, budget)):
            reading.take(entry)
    except ArchiveError as error:
        stopped = error
    return Contents(
        entries=reading.entries,
        paths=frozenset(reading.paths),
        removed=frozenset(reading.removed),
        opaque=frozenset(reading.opaque),
        files=tuple(reading.files[path] for path in sorted(reading.files)),
        setuid=tuple(reading.setuid[path] for path in sorted(reading.setuid)),
        kept=tuple(sorted(reading.kept.items())),
        outside=reading.outside,
        left_out=reading.left_out,
        stopped=stopped,
    )


def remover(layers: tuple[Contents | None, ...], index: int, path: str) -> int | None:
    """The first layer above ``index`` that deletes a file; None where none does."""
    return next((above for above, layer in _above(layers, index) if layer.hides(path)), None)


def final_setuid(layers: tuple[Contents | None, ...]) -> tuple[SetuidFile, ...]:
    """The setuid and setgid programs that a container of the image sees, by path."""
    found = {
        file.path: file
        for index, layer in enumerate(layers)
        if layer is not None
        for file in layer.setuid
        if not any(above.hides(file.path) or file.path in above.paths for _, above in _above(layers, index))
    }
    return tuple(found[path] for path in sorted(found))


def final_text(layers: tuple[Contents | None, ...], path: str) -> tuple[int, str] | None:
    """The text of a system file that a container of the image sees, and the layer it is in."""
    for index in range(len(layers) - 1, -1, -1):
        layer = layers[index]
        if layer is None:
            continue
        for kept, text in layer.kept:
            if kept == path:
                return index, text
        if path in layer.paths or layer.hides(path):
            return None
    return None


def _above(layers: tuple[Contents | None, ...], index: int) -> Iterator[tuple[int, Contents]]:
    for above in range(index + 1, len(layers)):
        layer = layers[above]
        if layer is not None:
            yield above, layer
