"""Finds the files to read: folders in full depth, files, in a fixed order, by labels as the user would type them.

Inside a folder only names that can be artefacts count; a file that the user names is always taken.  Links to folders are not
followed: what they lead to inside the folder is read where it stands, and what lies outside is said.
"""

from __future__ import annotations

import errno
import os
import posixpath
import re
import stat
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from breachway.errors import UnreadableInputError
from breachway.evidence import Location, Unread
from breachway.sources.ignoring import ALWAYS_SKIPPED, IgnoreRules, inherited_rules
from breachway.sources.images.recognition import is_archive_name
from breachway.sources.text import error_words, kind_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

STDIN = "-"
MOST_FILES = 200_000
"""Files taken from one run; the rest is refused and said."""

_DOCKERFILE_NAME = re.compile(r"(?:Dockerfile|Containerfile)(?:[._-].+)?\Z|.+\.(?:dockerfile|containerfile)\Z", re.IGNORECASE)
_NO_DOCKERFILE = re.compile(r"\.(?:dockerignore|md|txt|sh|py|json|ya?ml|orig|bak|swp|j2|tmpl|tpl|gotmpl)\Z", re.IGNORECASE)
_STRUCTURED_NAME = re.compile(r".+\.(?:ya?ml|json)\Z", re.IGNORECASE)
_UNMODELLED_NAME = re.compile(r".+\.(?:bicep|nomad)\Z", re.IGNORECASE)
_TERRAFORM_NAME = re.compile(r".+\.(?:tf|tfvars)\Z")


class Found(NamedTuple):
    """A file to read: its label, where it is, and whether the user named it (rather than a folder around it)."""

    label: str
    path: Path
    named: bool


class Root(NamedTuple):
    """A folder that the user gave, or that holds a file the user gave: documents may be read below it.

    ``label`` is empty for the current folder.
    """

    label: str
    path: Path


class Discovery(NamedTuple):
    """What was found; ``stdin`` tells that ``-`` was among the paths."""

    files: tuple[Found, ...]
    roots: tuple[Root, ...]
    unread: tuple[Unread, ...]
    stdin: bool


def is_dockerfile_name(label: str) -> bool:
    """Whether a file name is one that Dockerfiles have."""
    name = posixpath.basename(label)
    return _DOCKERFILE_NAME.match(name) is not None and _NO_DOCKERFILE.search(name) is None


def is_unmodelled_name(label: str) -> bool:
    """Whether the name is that of a deployment described in a language that Breachway does not read: to be said, not skipped."""
    return _UNMODELLED_NAME.match(posixpath.basename(label)) is not None


def is_structured_name(label: str) -> bool:
    """Whether a file name promises YAML or JSON."""
    return _STRUCTURED_NAME.match(posixpath.basename(label)) is not None


def is_terraform_name(label: str) -> bool:
    """Whether a file name is that of Terraform, or of values for its variables."""
    return _TERRAFORM_NAME.match(posixpath.basename(label)) is not None


_CANDIDATES = (is_structured_name, is_dockerfile_name, is_archive_name, is_unmodelled_name, is_terraform_name)


def discover(paths: Sequence[str]) -> Discovery:
    """Find every file below ``paths``; each real file once, under the first label.

    Raises UnreadableInputError for a path that does not exist, with the nearest name that does.
    """
    walk = _Walk()
    modes = _modes([written for written in paths if written != STDIN])
    walk.stdin = STDIN in paths
    for written, mode in modes:
        path = Path(written)
        if stat.S_ISDIR(mode):
            walk.folder(Root(_label_of_folder(written), path))
        else:
            walk.file(path)
    return walk.discovery()


def _modes(paths: Sequence[str]) -> list[tuple[str, int]]:
    """Each path with its mode; one error for all that lead to nothing."""
    modes: list[tuple[str, int]] = []
    errors: dict[str, UnreadableInputError] = {}
    for written in paths:
        try:
            modes.append((written, Path(written).stat().st_mode if written else 0))
        except (OSError, ValueError) as error:
            errors[written] = _unreadable(written, error)
        if not written:
            errors[written] = UnreadableInputError(
                "an empty path", hint="is a variable of your shell not set? The current folder is ."
            )
    if errors:
        first, *others = errors.values()
        likewise = f"; and {len(others)} more of the paths cannot be read" if others else ""
        raise UnreadableInputError(first.message + likewise, hint=first.hint)
    return modes


def no_such_path(written: str) -> UnreadableInputError:
    """The error of a path that leads to nothing, with the nearest names that exist."""
    path, shown = Path(written), printable(written)
    parent = path.parent
    try:
        names = sorted(entry.name for entry in parent.iterdir())
    except OSError:
        return UnreadableInputError(f"{shown}: no such file or folder", hint=f"nor is there a folder {printable(str(parent))}")
    near = [printable(str(parent / name)) for name in get_close_matches(path.name, names, n=3)]
    folder = "the current folder" if parent == Path() else printable(str(parent))
    hint = f"did you mean {' or '.join(near)}?" if near else f"{folder} holds no name like it"
    return UnreadableInputError(f"{shown}: no such file or folder", hint=hint)


def _unreadable(written: str, error: OSError | ValueError) -> UnreadableInputError:
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return no_such_path(written)
    shown = printable(written)
    if isinstance(error, ValueError):
        return UnreadableInputError(f"{shown}: not a path", hint="it holds a NUL character")
    if error.errno == errno.ELOOP:
        return UnreadableInputError(f"{shown}: a symbolic link that leads back to itself", hint="name what it should lead to")
    return UnreadableInputError(f"{shown}: {error_words(error)}", hint="check its permissions and those of its folders")


def printable(text: str) -> str:
    """A path as text that can be written anywhere: bytes that are no UTF-8 become the replacement character."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _label_of_folder(written: str) -> str:
    label = posixpath.normpath(Path(written).as_posix())
    return "" if label == "." else printable(label)


class _Walk:
    def __init__(self) -> None:
        self.files: dict[str, Found] = {}
        self.roots: dict[str, Root] = {}
        self.unread: list[Unread] = []
        self.links: list[tuple[Found, Path]] = []
        self.stdin = False
        self._full = False

    def file(self, path: Path) -> None:
        label = printable(posixpath.normpath(path.as_posix()))
        self.roots.setdefault(posixpath.dirname(label), Root(posixpath.dirname(label), path.parent))
        self._take(Found(label, path, named=True), os.path.realpath(path))

    def folder(self, root: Root) -> None:
        self.roots[root.label] = root
        real = Path(os.path.realpath(root.path))
        pending = [("", inherited_rules(real))]
        while pending:
            below, rules = pending.pop()
            folder = root.path / below if below else root.path
            inner = rules.entering(folder, below)
            try:
                with os.scandir(folder) as entries:
                    listed = sorted(entries, key=lambda entry: entry.name)
            except OSError as error:
                self._note(root, below or ".", "file", f"the folder was not read: {error_words(error)}", "check its permissions")
                continue
            for entry in listed:
                child = posixpath.join(below, entry.name)
                if self._entry(root, real, entry, child, inner):
                    pending.append((child, inner))

    def _entry(self, root: Root, real: Path, entry: os.DirEntry[str], child: str, rules: IgnoreRules) -> bool:
        """Take one entry of a folder; True for a folder to go into."""
        candidate = any(fits(entry.name) for fits in _CANDIDATES)
        is_folder = entry.is_dir(follow_symlinks=False)
        if (is_folder and entry.name in ALWAYS_SKIPPED) or not (is_folder or candidate or entry.is_symlink()):
            return False
        if rules.ignores(printable(child), folder=is_folder):
            return False
        if entry.is_symlink():
            self._link(root, real, entry, child, candidate=candidate)
        elif not is_folder:
            found = Found(_join(root, child), Path(entry.path), named=False)
            self._take(found, os.path.realpath(entry.path))
        return is_folder

    def _link(self, root: Root, real: Path, entry: os.DirEntry[str], child: str, *, candidate: bool) -> None:
        target = Path(os.path.realpath(entry.path))
        kind = kind_of(target)
        if not kind:
            if candidate:
                self._note(root, child, "file", "it is a link to nothing that can be read", "remove the link, or mend it")
        elif not target.is_relative_to(real):
            if candidate or kind == "folder":
                self._note(
                    root,
                    child,
                    "note",
                    "it is a link out of the folder; it was not followed",
                    "name its target as a path of its own",
                )
        elif candidate and kind == "file":
            self.links.append((Found(_join(root, child), Path(entry.path), named=False), target))

    def _take(self, found: Found, real: str) -> None:
        if len(self.files) >= MOST_FILES:
            if not self._full:
                self.unread.append(
                    Unread(
                        Location(found.label, "", 0, 0),
                        "file",
                        f"more than {MOST_FILES:,} files; the rest was not read",
                        "model fewer folders",
                    )
                )
            self._full = True
            return
        known = self.files.setdefault(real, found)
        if found.named and not known.named:
            self.files[real] = found

    def _note(self, root: Root, child: str, severity: str, reason: str, hint: str = "") -> None:
        self.unread.append(Unread(Location(_join(root, child), "", 0, 0), severity, reason, hint))

    def discovery(self) -> Discovery:
        for found, target in self.links:
            self._take(found, str(target))
        roots = tuple(self.roots[label] for label in sorted(self.roots))
        return Discovery(tuple(sorted(self._unique(), key=lambda found: found.label)), roots, tuple(self.unread), self.stdin)

    def _unique(self) -> Iterator[Found]:
        seen: set[str] = set()
        for found in self.files.values():
            if found.label not in seen:
                seen.add(found.label)
                yield found


def _join(root: Root, child: str) -> str:
    return printable(posixpath.normpath(posixpath.join(root.label, child)))
