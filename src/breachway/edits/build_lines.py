"""Changes of Dockerfiles: whole lines, by the spans that BuildKit's parser gives."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from breachway.edits.refusing import EditRefusedError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from breachway.edits.recipes import Recipe

_USER = "USER 10001:10001"
_CLEANING = (
    (re.compile(r"\bapt(?:-get)?\s[^&|;]*\binstall\b"), " && rm -rf /var/lib/apt/lists/*"),
    (re.compile(r"\bmicrodnf\s[^&|;]*\binstall\b"), " && microdnf clean all"),
    (re.compile(r"\bdnf\s[^&|;]*\binstall\b"), " && dnf clean all"),
    (re.compile(r"\byum\s[^&|;]*\binstall\b"), " && yum clean all"),
)
_APK = re.compile(r"\bapk(\s+[^&|;]*?)?\s+add\b(?![^&|;]*--no-cache)")
_MOST_WORDS = {"ARG": 1, "EXPOSE": 1, "ENV": 3}


class Instruction(NamedTuple):
    """An instruction as the parser sees it: its name in capitals, first and last line (from 1), and its parts."""

    name: str
    line: int
    last_line: int
    words: tuple[str, ...]


class LineChange(NamedTuple):
    """Put ``lines`` in the place of those from ``first`` to ``last``; with ``last`` one less than ``first``, before ``first``."""

    first: int
    last: int
    lines: tuple[str, ...]


def line_changes(recipe: Recipe, lines: Sequence[str], instructions: Sequence[Instruction], line: int) -> tuple[LineChange, ...]:
    """What a recipe does to a Dockerfile whose evidence stands at ``line``; :class:`EditRefusedError` where it does not fit."""
    if recipe.operation == "drop-line":
        if not lines[line - 1].lstrip().startswith("#"):
            raise EditRefusedError("the line is no comment")
        return (LineChange(line, line, ()),)
    found = next((one for one in instructions if one.line <= line <= one.last_line), None)
    if found is None:
        raise EditRefusedError("no instruction stands at this line")
    if recipe.operation == "user":
        return _user(instructions, found)
    if recipe.operation == "drop-single":
        if found.name not in _MOST_WORDS or len(found.words) > _MOST_WORDS[found.name]:
            raise EditRefusedError("the instruction does more than this one thing")
        return (LineChange(found.line, found.last_line, ()),)
    old = tuple(lines[found.line - 1 : found.last_line])
    if any("<<" in one for one in old):
        raise EditRefusedError("the instruction holds a file of its own")
    new = _cleaned(old) if recipe.operation == "clean-up" else _replaced(old, recipe)
    return (LineChange(found.line, found.last_line, new),)


def _user(instructions: Sequence[Instruction], found: Instruction) -> tuple[LineChange, ...]:
    if found.name == "USER":
        return (LineChange(found.line, found.last_line, (_USER,)),)
    following = [one for one in instructions if one.line > found.line]
    end = next((at for at, one in enumerate(following) if one.name == "FROM"), len(following))
    last = following[end - 1].last_line if end else found.last_line
    return (LineChange(last + 1, last, (_USER,)),)


def _replaced(old: tuple[str, ...], recipe: Recipe) -> tuple[str, ...]:
    new = old
    for word, other in recipe.value.items() if isinstance(recipe.value, dict) else ():
        start = r"^(\s*)" if word == "ADD " else r"(?<![\w./-])()" if word[:1].isalpha() else "()"
        stop = r"(?=\s|$)" if word[-1:].isalnum() else ""
        pattern = re.compile(start + re.escape(word) + stop, re.IGNORECASE if word == "ADD " else 0)
        new = tuple(pattern.sub(rf"\g<1>{other}", line) for line in new)
    if new == old:
        raise EditRefusedError("it is written in a form that is not changed safely")
    return new


def _cleaned(old: tuple[str, ...]) -> tuple[str, ...]:
    text = "\n".join(old)
    if "[" in text.partition("RUN")[2].lstrip()[:1]:
        raise EditRefusedError("the command runs without a shell")
    if _APK.search(text):
        return tuple(_APK.sub(lambda match: f"{match[0]} --no-cache", text).split("\n"))
    for pattern, tail in _CLEANING:
        if pattern.search(text):
            return (*old[:-1], old[-1].rstrip() + tail)
    raise EditRefusedError("which tool left the files is not clear")


def with_changes(lines: Sequence[str], changes: Sequence[LineChange]) -> list[str]:
    """The lines with all changes made; of two that meet, the one given first."""
    new = list(lines)
    taken: set[int] = set()
    kept: list[LineChange] = []
    for change in dict.fromkeys(changes):
        span = set(range(change.first, change.last + 1))
        if not span & taken:
            taken |= span
            kept.append(change)
    for change in sorted(kept, key=lambda one: (-one.first, -one.last)):
        new[change.first - 1 : change.last] = change.lines
    return new
