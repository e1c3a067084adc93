"""Where the parts of an image lie: an archive, or the folder of an OCI layout.  Nothing is unpacked to disk."""

from __future__ import annotations

import os
import posixpath
import re
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Protocol

from breachway.sources.images.limits import ArchiveError
from breachway.sources.images.streams import FileStream, Stream, opened
from breachway.sources.images.tar_entries import Entry, entries, rooted
from breachway.sources.text import error_words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from breachway.sources.images.limits import Budget

_NAMED = re.compile(r"/(?:manifest\.json|index\.json|oci-layout|repositories)\Z")
_CONFIG = re.compile(r"/(?:(?:sha256:)?[0-9a-f]{64}(?:\.json)?|blobs/[a-z0-9+._-]{1,32}/[0-9a-f]{32,128})\Z")
"""The members that may be JSON: the index files, and what is named by its digest."""
_OF_IMAGES = re.compile(
    r"/(?:blobs(?:/.*)?|(?:sha256:)?[0-9a-f]{64}(?:/.*|\.json|\.tar|\.tar\.gz)?|manifest\.json|index\.json|oci-layout|repositories)?\Z"
)
"""What the members of an archive of images are called by the tools that write one."""
_MOST_LINKS = 8


class Store(Protocol):
    """The parts of an image by their path in the archive, which begins with ``/``."""

    def document(self, path: str) -> str | None:
        """The text of a JSON part; None where there is none, or it is too large."""

    def layers(self, wanted: frozenset[str], take: Callable[[str, Stream], None]) -> None:
        """Call ``take`` with each of the wanted parts that exists and its uncompressed content, in any order."""


class _Member(NamedTuple):
    text: str | None
    link: str


class ArchiveStore:
    """A tar file, also compressed by gzip: read twice from front to back, for its documents and for its layers.

    A ``strict`` one is given up at the first member that no archive of images has.
    """

    def __init__(self, path: Path, budget: Budget, *, strict: bool = False) -> None:
        self._path, self._budget, self._strict = path, budget, strict
        self._members: dict[str, _Member] = {}
        self.damage: ArchiveError | None = None
        """What ended the archive too early; what stands before it can be read."""
        self._scan()

    def _scan(self) -> None:
        room = self._budget.limits.documents
        with _file(self._path, self._budget) as stream:
            try:
                for entry in entries(opened(stream, self._budget)):
                    self._check(entry)
                    text = _document(entry, min(room, self._budget.limits.document))
                    room -= len(text or "")
                    target = posixpath.join(posixpath.dirname(entry.path), entry.link) if not entry.hard else entry.link
                    self._members[entry.path] = _Member(text, rooted(target) if entry.link else "")
            except ArchiveError as error:
                self.damage = error

    def _check(self, entry: Entry) -> None:
        if len(self._members) >= self._budget.limits.members:
            raise ArchiveError(f"more than {self._budget.limits.members:,} members; it is no archive of images")
        if self._strict and not _OF_IMAGES.match(entry.path):
            raise ArchiveError("it is no archive of images")

    def document(self, path: str) -> str | None:
        """The text of a member."""
        member = self._members.get(self._resolved(path))
        return None if member is None else member.text

    def layers(self, wanted: frozenset[str], take: Callable[[str, Stream], None]) -> None:
        """Read the archive once more and hand out the layers as they come."""
        by_place: dict[str, list[str]] = {}
        for path in sorted(wanted):
            by_place.setdefault(self._resolved(path), []).append(path)
        with _file(self._path, self._budget) as stream:
            try:
                for entry in entries(opened(stream, self._budget)):
                    names = by_place.pop(entry.path, ()) if entry.regular else ()
                    if names:
                        take(names[0], entry)
                    if not by_place:
                        return
            except ArchiveError as error:
                self.damage = self.damage or error

    def same(self, path: str) -> str:
        """The member that a layer's path leads to: old archives save a repeated layer as a link."""
        return self._resolved(path)

    def _resolved(self, path: str) -> str:
        for _ in range(_MOST_LINKS):
            member = self._members.get(path)
            if member is None or not member.link:
                return path
            path = member.link
        return path


class FolderStore:
    """The folder of an OCI layout.  A link that leads out of it is not followed."""

    def __init__(self, folder: Path, budget: Budget) -> None:
        self._folder, self._budget = Path(os.path.realpath(folder)), budget
        self.damage: ArchiveError | None = None

    def document(self, path: str) -> str | None:
        """The text of a file."""
        try:
            with _file(self._inside(path), self._budget) as stream:
                data = stream.read(self._budget.limits.document + 1)
        except ArchiveError:
            return None
        return None if len(data) > self._budget.limits.document else _text(data)

    def layers(self, wanted: frozenset[str], take: Callable[[str, Stream], None]) -> None:
        """Open the files one after the other."""
        for path in sorted(wanted):
            try:
                with _file(self._inside(path), self._budget) as stream:
                    take(path, stream)
            except ArchiveError as error:
                self.damage = self.damage or error

    def same(self, path: str) -> str:
        """The path itself: a layout repeats no layer."""
        return path

    def _inside(self, path: str) -> Path:
        found = Path(os.path.realpath(self._folder / path.lstrip("/")))
        if not found.is_relative_to(self._folder) or not found.is_file():
            raise ArchiveError(f"{path} is not in it")
        return found


@contextmanager
def _file(path: Path, budget: Budget) -> Iterator[Stream]:
    try:
        with path.open("rb") as file:
            yield FileStream(file, budget)
    except OSError as error:
        raise ArchiveError(error_words(error), "check its permissions" if isinstance(error, PermissionError) else "") from error


def _document(entry: Entry, largest: int) -> str | None:
    if not entry.regular or entry.size > largest or not (_NAMED.match(entry.path) or _CONFIG.match(entry.path)):
        return None
    head = entry.read(1)
    if head not in {b"{", b"["}:
        return None
    return _text(head + entry.read(largest))


def _text(data: bytes) -> str | None:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return None
