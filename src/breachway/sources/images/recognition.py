"""Which files are saved images, by name where a folder is read, by content before anything is unpacked."""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING

from breachway.sources.text import kind_of

if TYPE_CHECKING:
    from pathlib import Path

_ARCHIVE_NAME = re.compile(r".+\.tar(?:\.gz)?\Z", re.IGNORECASE)
_SNIFFED = 512
_TAR_MARK = slice(257, 262)
GZIP = b"\x1f\x8b"
"""The first bytes of a gzip stream (RFC 1952)."""
UNREAD_COMPRESSIONS = {b"\x28\xb5\x2f\xfd": "zstd", b"BZh": "bzip2", b"\xfd7zXZ\x00": "xz"}
"""The first bytes of compressions that are recognised and not read, by their names."""
_LAYOUT_FILES = frozenset({"index.json", "manifest.json"})


def is_archive_name(name: str) -> bool:
    """Whether a file of this name in a folder may be a saved image."""
    return _ARCHIVE_NAME.match(name) is not None


def in_layout(path: Path) -> bool:
    """Whether a file is the index of an OCI layout in a folder, or the list that Docker puts beside it."""
    return path.name in _LAYOUT_FILES and kind_of(path.parent / "oci-layout") == "file"


def image_place(path: Path, label: str, *, named: bool) -> tuple[Path, str] | None:
    """What to read as saved images for a file that was found, and its label.

    The file itself, or the folder of the layout whose index it is; None where it is neither.
    """
    if in_layout(path):
        return path.parent, posixpath.dirname(label) or "."
    if not (named or is_archive_name(label)) or kind_of(path) != "file":
        return None
    try:
        with path.open("rb") as file:
            head = file.read(_SNIFFED)
    except OSError:
        return None
    return (path, label) if looks_like_archive(head) else None


def looks_like_archive(head: bytes) -> bool:
    """Whether a file that begins with these 512 bytes is a tar archive, or compressed."""
    return head[_TAR_MARK] == b"ustar" or head.startswith((GZIP, *UNREAD_COMPRESSIONS))
