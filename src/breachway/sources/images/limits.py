"""How much of an archive is looked at: an archive is hostile until it is read, and a small one may unpack to anything."""

from __future__ import annotations

from typing import NamedTuple

_MEBIBYTE = 1024 * 1024


class Limits(NamedTuple):
    """The limits of one archive."""

    content: int = 4096 * _MEBIBYTE
    """Bytes read from it, after decompression."""
    entries: int = 500_000
    """Files and folders in all its layers."""
    members: int = 20_000
    """Members of the archive itself."""
    document: int = 8 * _MEBIBYTE
    """Bytes of one JSON document in it."""
    documents: int = 64 * _MEBIBYTE
    """Bytes of all JSON documents that are kept."""
    file: int = _MEBIBYTE
    """Bytes of a file in a layer that is looked through."""
    found: int = 2_000
    """Files of interest that are kept."""
    layers: int = 1_000
    """Layers of all its images."""
    images: int = 16
    """Images: the platforms of a list count each."""
    ratio: int = 100
    """How many bytes may come out of one compressed byte, once ``free`` bytes came out."""
    free: int = 64 * _MEBIBYTE
    """Bytes that may come out of a layer whatever its ratio."""


class ArchiveError(Exception):
    """The archive or a layer cannot be read further.  It never leaves the reader of images."""

    def __init__(self, reason: str, hint: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.hint = hint


class Budget:
    """What may still be read of one archive."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._content = limits.content
        self._entries = limits.entries
        self._found = limits.found

    def read(self, size: int) -> None:
        """Count bytes; raises ArchiveError when there were too many."""
        self._content -= size
        if self._content < 0:
            raise ArchiveError(
                f"more than {self.limits.content // _MEBIBYTE:,} MiB of content; the rest was not read",
                "model fewer images at once",
            )

    def entry(self) -> None:
        """Count one file of a layer; raises ArchiveError when there were too many."""
        self._entries -= 1
        if self._entries < 0:
            raise ArchiveError(f"more than {self.limits.entries:,} files in its layers; the rest was not read")

    def found(self) -> bool:
        """Whether one more file of interest may be kept."""
        self._found -= 1
        return self._found >= 0
