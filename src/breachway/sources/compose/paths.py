"""Paths that a Compose file names, in the shape of document labels."""

from __future__ import annotations

import posixpath
import re

from breachway.sources.compose.objects import HostPath, Text

_DRIVE = re.compile(r"[A-Za-z]:[\\/]")


def folder_of(document: str) -> str:
    """The label of the folder that holds a document; empty for the folder where labels start."""
    return posixpath.dirname(document)


def resolve(folder: str, written: str) -> str:
    """``written`` as seen from ``folder``: normalised, absolute and home paths as they are."""
    if _DRIVE.match(written):
        return written.replace("\\", "/").rstrip("/")
    if written.startswith("${"):
        return written  # what an unset variable begins may be absolute
    if written.startswith("~"):
        return posixpath.normpath(written)
    joined = posixpath.normpath(posixpath.join(folder, written.replace("\\", "/") if "/" not in written else written))
    return joined[1:] if joined.startswith("//") else joined


def host_path(written: Text) -> HostPath:
    """The path that a value names, relative to the folder of the file that says it.

    A path that is written relative never comes out absolute, even where the user gave the Compose file by an absolute path:
    where a checkout stands on this machine says nothing about the deployment.
    """
    path = resolve(folder_of(written.location.document), written.value)
    return HostPath(path if written.value.startswith("/") else path.lstrip("/"), written)


def looks_like_path(source: str) -> bool:
    """Whether the source of a short volume is a path (else it is the name of a volume)."""
    return source.startswith((".", "/", "~", "\\", "${")) or _DRIVE.match(source) is not None


def split_mount(text: str) -> tuple[str, ...]:
    """Split ``source:target:mode`` at its colons, leaving a drive letter with its path."""
    parts: list[str] = []
    for part in text.split(":"):
        if parts and len(parts[-1]) == 1 and parts[-1].isalpha() and part.startswith(("\\", "/")):
            parts[-1] = f"{parts[-1]}:{part}"
        else:
            parts.append(part)
    return tuple(parts)
