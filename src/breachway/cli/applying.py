"""Writing changed files: a copy of each first, then each whole or not at all, and all as they were when one of them fails."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from breachway.cli.writing import write_whole
from breachway.errors import BreachwayError, OutputError
from breachway.sources.originals import is_below, original_text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_MOST_COPIES = 10_000


class FileChange(NamedTuple):
    """A file, and its text before and after."""

    path: Path
    before: str
    after: str


def apply_changes(changes: Sequence[FileChange], roots: Sequence[str]) -> tuple[Path, ...]:
    """Write every change and give the copies of the files as they were, in the same order.

    All files are looked at before any is written: one that changed since it was read, that may not be written, that is a link, or
    that lies outside the paths that were given is an :class:`OutputError`, and nothing is written.  When a write fails, the
    files written before are put back.
    """
    for change in changes:
        _check(change, roots)
    copies = tuple(_copy(change) for change in changes)
    written: list[FileChange] = []
    try:
        for change in changes:
            write_whole(change.path, change.after)
            written.append(change)
    except (BreachwayError, KeyboardInterrupt):
        for change in written:
            write_whole(change.path, change.before)
        raise
    return copies


def _check(change: FileChange, roots: Sequence[str]) -> None:
    path = change.path
    nothing = "nothing was written"
    if path.is_symlink() or not is_below(path, roots):
        raise OutputError(f"{path} leads out of the paths that were given; {nothing}", hint="name the file itself")
    try:
        mode = path.stat().st_mode
    except OSError as error:
        raise OutputError(f"cannot look at {path}: {error.strerror or error}; {nothing}") from error
    if not mode & (stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH) or not os.access(path, os.W_OK):
        raise OutputError(f"{path} is read-only; {nothing}", hint=f"chmod u+w {path}, or take the change from --format diff")
    if original_text(path) != change.before:
        raise OutputError(f"{path} was changed since it was read; {nothing}", hint="run it again")


def _copy(change: FileChange) -> Path:
    """A copy beside the file that no reader takes for an artefact, under the first number that is free."""
    for number in range(1, _MOST_COPIES):
        copy = change.path.with_name(f"{change.path.name}.breachway-{number}.orig")
        try:
            handle = os.open(copy, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            continue
        except OSError as error:
            raise _no_copy(copy, error) from error
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(change.before.encode("utf-8"))
                file.flush()
                os.fsync(file.fileno())
            copy.chmod(stat.S_IMODE(change.path.stat().st_mode))
        except OSError as error:
            with suppress(OSError):
                copy.unlink()
            raise _no_copy(copy, error) from error
        return copy
    raise OutputError(f"there are {_MOST_COPIES - 1:,} copies of {change.path}; nothing was written", hint="remove the old ones")


def _no_copy(copy: Path, error: OSError) -> OutputError:
    return OutputError(
        f"cannot keep a copy as {copy}: {error.strerror or error}; no file was changed",
        hint="check the permissions of the folder",
    )
