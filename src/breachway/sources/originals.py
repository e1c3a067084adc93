"""The files of a run as they stand, for those who want to change them: every character, line ends included."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

from breachway.sources.discovery import discover
from breachway.sources.text import LARGEST_FILE, Refusal, error_words

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from pathlib import Path


class OriginalFile(NamedTuple):
    """Where a document lies and what it holds; a refusal is why it is left as it is."""

    path: Path
    text: str | Refusal


def originals(paths: Sequence[str], labels: Collection[str]) -> dict[str, OriginalFile]:
    """Give the files below ``paths`` that have one of ``labels``; the standard input is none."""
    return {
        found.label: OriginalFile(found.path, original_text(found.path))
        for found in discover(paths).files
        if found.label in labels
    }


def original_text(path: Path) -> str | Refusal:
    """The text of a regular file of one name in UTF-8: what is written back is then the same text, but for the change."""
    try:
        if path.is_symlink():
            return Refusal("it is a link; change the file that it leads to")
        if not path.is_file():
            return Refusal("it is no regular file")
        with path.open("rb") as file:
            data = file.read(LARGEST_FILE + 1)
    except OSError as error:
        return Refusal(error_words(error))
    if len(data) > LARGEST_FILE:
        return Refusal("it is too large")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return Refusal("it is not in UTF-8")
    if text.startswith("\ufeff"):
        return Refusal("it begins with a byte order mark")
    return text


def is_below(path: Path, roots: Sequence[str]) -> bool:
    """Whether a file, with every link on the way followed, lies below one of the paths that were given."""
    real = os.path.realpath(path)
    return any(real == one or real.startswith(one.rstrip(os.sep) + os.sep) for one in map(os.path.realpath, roots))
