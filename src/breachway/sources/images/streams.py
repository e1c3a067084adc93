"""Bytes of an archive, read forward within a budget, and decompressed on the way."""

from __future__ import annotations

import gzip
import io
import zlib
from typing import TYPE_CHECKING, BinaryIO, Protocol

from breachway.sources.images.limits import ArchiveError
from breachway.sources.images.recognition import GZIP, UNREAD_COMPRESSIONS

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

    from breachway.sources.images.limits import Budget

_CHUNK = 1 << 16
_SNIFFED = 512


class Stream(Protocol):
    """Bytes that are read once, from front to back."""

    def read(self, size: int) -> bytes:
        """Give the next ``size`` bytes; fewer only at the end."""

    def skip(self, size: int) -> None:
        """Pass over bytes; raises ArchiveError where there are fewer."""


class FileStream:
    """An open file; what is passed over is not read."""

    def __init__(self, file: BinaryIO, budget: Budget, start: int = 0, size: int | None = None) -> None:
        file.seek(0, io.SEEK_END)
        length = file.tell()
        self._end = length if size is None else min(length, start + size)
        self._file, self._budget, self.position = file, budget, start

    def read(self, size: int) -> bytes:
        """Give the next bytes."""
        wanted = max(0, min(size, self._end - self.position))
        self._budget.read(wanted)
        self._file.seek(self.position)
        data = self._file.read(wanted)
        self.position += len(data)
        return data

    def skip(self, size: int) -> None:
        """Move on."""
        if size > self._end - self.position:
            raise ArchiveError("it is cut off: its last file is not complete", "save the image again")
        self.position += size


class _Counted(io.RawIOBase):
    """What :class:`gzip.GzipFile` reads from; ``taken`` counts the compressed bytes."""

    def __init__(self, head: bytes, stream: Stream) -> None:
        self._head, self._stream, self.taken = head, stream, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        view = memoryview(buffer).cast("B")
        data, self._head = self._head[: len(view)], self._head[len(view) :]
        data = data or self._stream.read(len(view))
        view[: len(data)] = data
        self.taken += len(data)
        return len(data)


class Inflated:
    """A gzip stream, decompressed; it stops where little goes on becoming very much."""

    def __init__(self, head: bytes, stream: Stream, budget: Budget) -> None:
        self._source = _Counted(head, stream)
        self._file = gzip.GzipFile(fileobj=io.BufferedReader(self._source, _CHUNK), mode="rb")
        self._budget, self._given = budget, 0

    def read(self, size: int) -> bytes:
        """Give the next decompressed bytes."""
        data = b""
        while len(data) < size:
            part = self._inflate(min(size - len(data), _CHUNK))
            if not part:
                break
            data += part
        return data

    def _inflate(self, size: int) -> bytes:
        try:
            data = self._file.read(size)
        except EOFError as error:
            raise ArchiveError("its gzip data is cut off", "save the image again") from error
        except (gzip.BadGzipFile, zlib.error) as error:
            raise ArchiveError("its gzip data is damaged", "save the image again") from error
        self._budget.read(len(data))
        self._given += len(data)
        limits = self._budget.limits
        if self._given > limits.free and self._given > limits.ratio * max(1, self._source.taken):
            raise ArchiveError(f"it unpacks to more than {limits.ratio} times its size; the rest was not read")
        return data

    def skip(self, size: int) -> None:
        """Decompress and drop bytes."""
        while size > 0:
            data = self._inflate(min(size, _CHUNK))
            if not data:
                raise ArchiveError("it is cut off: its last file is not complete", "save the image again")
            size -= len(data)


class _Peeked:
    """A stream of which the first bytes were looked at."""

    def __init__(self, head: bytes, stream: Stream) -> None:
        self._head, self._stream = head, stream

    def read(self, size: int) -> bytes:
        head, self._head = self._head[:size], self._head[size:]
        return head if len(head) == size else head + self._stream.read(size - len(head))

    def skip(self, size: int) -> None:
        dropped = min(size, len(self._head))
        self._head = self._head[dropped:]
        if size > dropped:
            self._stream.skip(size - dropped)


def opened(stream: Stream, budget: Budget) -> Stream:
    """The uncompressed content of a stream, by its first bytes.  Raises ArchiveError for a compression that is not read."""
    head = stream.read(_SNIFFED)
    for magic, name in UNREAD_COMPRESSIONS.items():
        if head.startswith(magic):
            raise ArchiveError(f"it is compressed by {name}, which is not read", "save the image with gzip, or uncompressed")
    return Inflated(head, stream, budget) if head.startswith(GZIP) else _Peeked(head, stream)
