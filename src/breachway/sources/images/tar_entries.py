"""The entries of a tar stream, read forward with bounded memory and never written anywhere.

Formats: POSIX.1-1988 (ustar), the pax extension (path, linkpath, size) and GNU's long names and large numbers; a single header is
decoded by :mod:`tarfile`.
"""

from __future__ import annotations

import posixpath
import tarfile
from typing import TYPE_CHECKING, NamedTuple

from breachway.sources.images.limits import ArchiveError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from breachway.sources.images.streams import Stream

_BLOCK = 512
_LONGEST_NAME = 16 * 1024
_LARGEST_PAX = 1024 * 1024
_CUT = "it is cut off: its last file is not complete"
_REGULAR = frozenset({tarfile.REGTYPE, tarfile.AREGTYPE, tarfile.CONTTYPE})


class Entry:
    """One entry; its content can be read until the next one is asked for.

    ``path`` begins with ``/`` and has no ``.`` or ``..`` in it; ``outside`` tells a name that would lead out of the root.
    ``link`` is the target of a link as written, empty for anything else.
    """

    __slots__ = ("_left", "_stream", "group", "hard", "link", "mode", "outside", "owner", "path", "regular", "size")

    def __init__(self, header: tarfile.TarInfo, names: _Names, stream: Stream) -> None:
        written = names.path or header.name
        self.path = rooted(written)
        self.outside = leads_out(written)
        self.regular = header.type in _REGULAR
        self.hard = header.type == tarfile.LNKTYPE
        self.link = (names.link or header.linkname) if header.type in {tarfile.LNKTYPE, tarfile.SYMTYPE} else ""
        self.mode, self.owner, self.group = header.mode & 0o7777, header.uid, header.gid
        self.size = header.size if names.size is None or not self.regular else names.size
        self._left, self._stream = self.size, stream

    def read(self, limit: int) -> bytes:
        """Give at most ``limit`` of the bytes that are left."""
        wanted = min(limit, self._left)
        data = self._stream.read(wanted)
        if len(data) < wanted:
            raise ArchiveError(_CUT, "save the image again")
        self._left -= wanted
        return data

    def skip(self, size: int) -> None:
        """Pass over bytes of the content."""
        self._stream.skip(size)
        self._left -= size

    def finish(self) -> None:
        """Pass over what is left and the padding after it."""
        self._stream.skip(self._left + -self.size % _BLOCK)


class _Names(NamedTuple):
    """What extension headers say of the entry after them."""

    path: str = ""
    link: str = ""
    size: int | None = None


def leads_out(name: str) -> bool:
    """Whether a name climbs above the root; an absolute one is below the root of the image to every engine."""
    climbed = posixpath.normpath(name.lstrip("/"))
    return climbed == ".." or climbed.startswith("../")


def rooted(name: str) -> str:
    """A name in a tar file as an absolute path inside the root that it unpacks to."""
    return posixpath.normpath("/" + name.lstrip("/"))


def entries(stream: Stream) -> Iterator[Entry]:
    """Give each entry of a tar stream.

    Raises ArchiveError where the stream is no tar file, is damaged or ends too early; the entries before it were given.
    """
    names, first = _Names(), True
    while True:
        block = stream.read(_BLOCK)
        if not block and not first:
            return  # no end mark; several writers leave it out
        if len(block) < _BLOCK:
            raise ArchiveError("it is empty" if not block else _CUT, "save the image again")
        if not any(block):
            return
        header = _header(block, first=first)
        first = False
        if header.type in {tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK}:
            text = _extension(stream, header.size, _LONGEST_NAME).split(b"\0", 1)[0].decode("utf-8", "replace")
            names = names._replace(path=text) if header.type == tarfile.GNUTYPE_LONGNAME else names._replace(link=text)
        elif header.type in {tarfile.XHDTYPE, tarfile.SOLARIS_XHDTYPE}:
            names = _pax(_extension(stream, header.size, _LARGEST_PAX), names)
        elif header.type == tarfile.XGLTYPE:
            _extension(stream, header.size, _LARGEST_PAX)
        elif header.type == tarfile.GNUTYPE_SPARSE:
            raise ArchiveError("it holds a sparse file in GNU's old format, which is not read")
        else:
            entry = Entry(header, names, stream)
            names = _Names()
            yield entry
            entry.finish()


def _header(block: bytes, *, first: bool) -> tarfile.TarInfo:
    try:
        header = tarfile.TarInfo.frombuf(block, "utf-8", "replace")
    except (tarfile.HeaderError, ValueError) as error:
        raise ArchiveError("it is no tar archive" if first else "it is damaged: a header is not one of tar") from error
    if header.size < 0:
        raise ArchiveError("it is damaged: a file has a negative size")
    if header.type in {tarfile.LNKTYPE, tarfile.SYMTYPE, tarfile.DIRTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE}:
        header.size = 0
    return header


def _extension(stream: Stream, size: int, largest: int) -> bytes:
    if size > largest:
        raise ArchiveError(f"a name or a header in it has {size:,} bytes")
    data = stream.read(size)
    if len(data) < size:
        raise ArchiveError(_CUT, "save the image again")
    stream.skip(-size % _BLOCK)
    return data


def _pax(data: bytes, names: _Names) -> _Names:
    """Read the records ``length key=value`` of a pax header; what is malformed ends it."""
    position = 0
    while position < len(data):
        space = data.find(b" ", position, position + 20)
        digits = data[position:space] if space > 0 else b""
        if not digits.isdigit() or not 0 < int(digits) <= len(data) - position:
            return names
        key, _, value = data[space + 1 : position + int(digits) - 1].partition(b"=")
        position += int(digits)
        text = value.decode("utf-8", "replace")
        if key == b"path":
            names = names._replace(path=text[:_LONGEST_NAME])
        elif key == b"linkpath":
            names = names._replace(link=text[:_LONGEST_NAME])
        elif key == b"size" and value.isdigit() and len(value) < 20:  # noqa: PLR2004 - no size in bytes has more digits
            names = names._replace(size=int(value))
    return names
