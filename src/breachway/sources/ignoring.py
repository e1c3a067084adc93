"""Which files a folder tells to leave out: ``.gitignore`` as git reads it, and ``.breachwayignore`` in the same form."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING, NamedTuple

from pathspec import GitIgnoreSpec

from breachway.sources.text import Refusal, kind_of, read_text

if TYPE_CHECKING:
    from pathlib import Path

ALWAYS_SKIPPED = frozenset({".git", "node_modules", "__pycache__", ".venv", ".hg", ".svn", ".tox", ".terraform"})
"""Folders that hold no artefact of the project itself; a path named by the user is read all the same."""

IGNORE_FILES = (".gitignore", ".breachwayignore")
_HIGHEST_PARENT = 40
_MOST_WILDCARDS = 8


class _Level(NamedTuple):
    """One ignore file.

    ``above`` is the way from its folder down to the root of the walk, ``below`` the way from the root down to its folder.
    """

    above: str
    below: str
    spec: GitIgnoreSpec


class IgnoreRules(NamedTuple):
    """The ignore files in force in one folder, the outermost first; the last that says anything about a path decides."""

    levels: tuple[_Level, ...] = ()

    def entering(self, folder: Path, below: str, above: str = "") -> IgnoreRules:
        """The rules in force inside a folder, which may hold ignore files of its own."""
        found: list[_Level] = []
        for name in IGNORE_FILES:
            spec = _read(folder / name)
            if spec is not None:
                found.append(_Level(above, below, spec))
        return IgnoreRules((*self.levels, *found)) if found else self

    def ignores(self, path: str, *, folder: bool) -> bool:
        """Whether ``path`` (from the root of the walk) is left out."""
        ignored = False
        for level in self.levels:
            inner = path.removeprefix(f"{level.below}/") if level.below else posixpath.join(level.above, path)
            decision = level.spec.check_file(f"{inner}/" if folder else inner).include
            if decision is not None:
                ignored = decision
        return ignored


def inherited_rules(root: Path) -> IgnoreRules:
    """The rules that the git repository around ``root`` sets above it, its ``.git/info/exclude`` included."""
    chain: list[Path] = []
    current = root
    for _ in range(_HIGHEST_PARENT):
        chain.append(current)
        if kind_of(current / ".git"):
            break
        if current.parent == current:
            return IgnoreRules()
        current = current.parent
    else:
        return IgnoreRules()
    top = chain[-1]
    exclude = _read(top / ".git" / "info" / "exclude")
    rules = IgnoreRules((_Level(_way(top, root), "", exclude),) if exclude is not None else ())
    for folder in reversed(chain[1:]):
        rules = rules.entering(folder, "", _way(folder, root))
    named = any(level.above and level.spec.check_file(f"{level.above}/").include for level in rules.levels)
    return IgnoreRules() if named else rules  # what the user names is read even where git leaves it out


def _way(folder: Path, root: Path) -> str:
    way = root.relative_to(folder).as_posix()
    return "" if way == "." else way


def _read(path: Path) -> GitIgnoreSpec | None:
    if kind_of(path) != "file":
        return None
    text = read_text(path)
    if isinstance(text, Refusal):
        return None
    return GitIgnoreSpec.from_lines([line for line in text.split("\n") if _usable(line)])


def _usable(line: str) -> bool:
    """Whether a line is a pattern that can be matched in little time; git passes over those that are invalid."""
    if line.count("*") > _MOST_WILDCARDS:
        return False
    try:
        GitIgnoreSpec.from_lines([line])
    except ValueError:
        return False
    return True
