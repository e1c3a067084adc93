"""Writing reports: whole or not at all."""

from __future__ import annotations

import errno
import os
import stat
import tempfile
from contextlib import suppress
from pathlib import Path

from breachway.errors import OutputError

_HINTS = {
    errno.ENOSPC: "free some space, or choose another --output",
    errno.EDQUOT: "free some of your quota, or choose another --output",
    errno.EACCES: "check the permissions of the folder, or choose another --output",
    errno.EPERM: "check the permissions of the folder, or choose another --output",
    errno.EROFS: "the file system is read-only: choose another --output",
    errno.ENOTDIR: "a part of the path is a file: choose another --output",
    errno.EISDIR: "it is a folder: name a file in it",
}


def write_whole(path: Path, text: str) -> None:
    """Write ``text`` as UTF-8 to a temporary file in the same folder and rename it; OutputError leaves nothing behind.

    A path that is not a regular file (``/dev/stdout``, a pipe) is written to directly: there is nothing to rename onto.  A link
    stays a link: what it leads to is replaced.
    """
    try:
        if path.exists() and not path.is_file():
            with path.open("w", encoding="utf-8") as stream:
                stream.write(text)
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        _replace(Path(os.path.realpath(path)), text)
    except (OSError, ValueError) as error:
        reason = (error.strerror if isinstance(error, OSError) else "") or str(error)
        hint = _HINTS.get(error.errno or 0, "") if isinstance(error, OSError) else ""
        raise OutputError(f"cannot write {path}: {reason}", hint=hint or "choose another --output") from error


def _replace(path: Path, text: str) -> None:
    handle, name = tempfile.mkstemp(prefix=".breachway-", dir=path.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        Path(name).chmod(_mode(path))
        Path(name).replace(path)
    except BaseException:
        with suppress(OSError):
            Path(name).unlink()
        raise


def _mode(path: Path) -> int:
    """The permissions that the file has, or those that a new file gets here: a report tells how to attack the deployment."""
    try:
        return stat.S_IMODE(path.stat().st_mode)
    except FileNotFoundError:
        mask = os.umask(0o077)
        os.umask(mask)
        return 0o666 & ~mask
