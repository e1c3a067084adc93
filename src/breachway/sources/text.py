"""Bytes to text: the limits, the encodings and the kinds of file that Breachway reads.

Every refusal is a value, so that one bad file never stops the rest.
"""

from __future__ import annotations

import codecs
import os
import stat
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from pathlib import Path

LARGEST_FILE = 64 * 1024 * 1024
"""Bytes; a larger file is refused before it is opened."""

LARGEST_JSON = 1024 * 1024 * 1024
"""Bytes of a file named ``.json``, and of a pipe that begins like JSON: ``kubectl get -A -o json`` writes one list of everything,
which is read item by item."""

_MEBIBYTE = 1024 * 1024
_SNIFFED = 8192
_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_COPY = "copy what it holds into a file, or pipe it into -"
_KINDS = (
    (stat.S_ISDIR, "a folder", "name a file in it"),
    (stat.S_ISFIFO, "a named pipe", _COPY),
    (stat.S_ISSOCK, "a socket", "name a file"),
    (stat.S_ISBLK, "a block device", _COPY),
    (stat.S_ISCHR, "a character device", _COPY),
)


class Refusal(NamedTuple):
    """Why a document was not read, in words for the report, and what to do about it."""

    reason: str
    hint: str = ""


def read_text(path: Path) -> str | Refusal:
    """The text of a regular file.  Nothing but a regular file is ever opened."""
    try:
        status = path.stat()
        for test, kind, hint in _KINDS:
            if test(status.st_mode):
                return Refusal(f"it is {kind}, not a file; it was not opened", hint)
        most = LARGEST_JSON if path.suffix.lower() == ".json" else LARGEST_FILE
        if status.st_size > most:
            return too_large(status.st_size, most)
        with os.fdopen(_open_without_waiting(path), "rb") as file:
            data = file.read(most + 1)
    except OSError as error:
        return Refusal(error_words(error), "check its permissions" if isinstance(error, PermissionError) else "")
    return decode(data, most)


def kind_of(path: Path) -> str:
    """What a path leads to: a "file", a "folder", or "" for what is absent, out of reach or neither."""
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError):
        return ""
    if stat.S_ISREG(mode):
        return "file"
    return "folder" if stat.S_ISDIR(mode) else ""


def error_words(error: OSError) -> str:
    """The reason an operating system gives, without the path."""
    if isinstance(error, PermissionError):
        return "no permission to read it"
    if isinstance(error, FileNotFoundError):
        return "no such file"
    return (error.strerror or "it could not be read").lower()


def _open_without_waiting(path: Path) -> int:
    """Open for reading without waiting for a writer, should the file have become a pipe since it was looked at."""
    return os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0))


def too_large(size: int, most: int | None = None) -> Refusal:
    """The refusal of a file of ``size`` bytes; ``most`` is the limit, :data:`LARGEST_FILE` by default."""
    return Refusal(
        f"it has {size / _MEBIBYTE:.0f} MiB; the limit is {(most or LARGEST_FILE) // _MEBIBYTE} MiB a file",
        "split it, or leave it out with a .breachwayignore",
    )


def decode(data: bytes, most: int | None = None) -> str | Refusal:
    r"""Text from UTF-8, or from UTF-16 or UTF-32 with a byte order mark; line ends become ``\n``.

    ``most`` is how many bytes are taken: by default those of a file that says it is JSON, or :data:`LARGEST_FILE`.
    """
    most = most or (LARGEST_JSON if data[:_SNIFFED].lstrip()[:1] in {b"{", b"["} else LARGEST_FILE)
    if len(data) > most:
        return too_large(len(data), most)
    encoding, body = "utf-8", data
    for mark, name in _BYTE_ORDER_MARKS:
        if data.startswith(mark):
            encoding, body = name, data[len(mark) :]
            break
    if encoding == "utf-8" and b"\0" in body[:_SNIFFED]:
        return Refusal("it is a binary file", "name text: manifests, Compose files, Dockerfiles, task definitions")
    try:
        text = body.decode(encoding)
    except UnicodeDecodeError as error:
        line = body.count(b"\n", 0, error.start) + 1
        return Refusal(f"it is not {encoding.upper()} text (byte {error.start + 1}, line {line})", "save it as UTF-8")
    return text.replace("\r\n", "\n") if "\r" in text else text
