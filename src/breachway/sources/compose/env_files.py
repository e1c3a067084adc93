"""Files of NAME=VALUE lines: a project's ``.env`` and the files of ``env_file``.

The format of Compose's own reader: blank lines and ``#`` comments, an optional ``export``, ``NAME=VALUE`` or ``NAME: VALUE``; a
value is bare (a ``#`` after a blank starts a comment), in single quotes (as it is) or in double quotes (escapes; both may span
lines).  Variables are put in except in single quotes.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from breachway.evidence import Location, Unread
from breachway.sources.compose.interpolation import interpolate

if TYPE_CHECKING:
    from collections.abc import Mapping

_LINE = re.compile(r"[ \t]*(?:export[ \t]+)?([^\s=:#'\"]+)[ \t]*(?:([=:])[ \t]*|\Z|(?=[ \t]*#|[ \t]*$))")
_COMMENT = re.compile(r"(?:^|\s)#.*\Z", re.DOTALL)
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\", "$": "$$"}


class Assignment(NamedTuple):
    """One line.

    ``value`` None is a bare NAME, which takes its value from the shell; ``unset`` names variables without a value in it.
    """

    name: str
    value: str | None
    location: Location
    unset: tuple[str, ...]


def read_env_file(
    text: str, document: str, variables: Mapping[str, str], problems: list[Unread], *, raw: bool = False
) -> tuple[Assignment, ...]:
    """Read the assignments in order; ``variables`` are known before the first line, and each line adds to them.

    ``raw`` keeps values as they are (``format: raw``).  A line that is no assignment becomes a problem of severity "field".
    """
    known = dict(variables)
    found: list[Assignment] = []
    lines = text.replace("\r\n", "\n").split("\n")
    index = 0
    while index < len(lines):
        line, number = lines[index], index + 1
        index += 1
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        match = _LINE.match(line)
        location = Location(document, "", number, 1)
        if match is None:
            problems.append(Unread(location, "field", "not a NAME=VALUE line"))
            continue
        if not match.group(2):
            found.append(Assignment(match.group(1), None, location, ()))
            continue
        rest = line[match.end() :]
        unset: tuple[str, ...] = ()
        if raw:
            value = rest
        else:
            value, unset, index = _value(rest, lines, index, known)
        known[match.group(1)] = value
        found.append(Assignment(match.group(1), value, location, unset))
    return tuple(found)


def _value(rest: str, lines: list[str], index: int, known: Mapping[str, str]) -> tuple[str, tuple[str, ...], int]:
    quote = rest[:1]
    if quote in {"'", '"'}:
        quoted = _quoted(rest, quote, lines, index)
        if quoted is not None:
            content, index = quoted
            if quote == "'":
                return content, (), index
            done = interpolate(_unescape(content), known)
            return done.text, done.unset, index
    done = interpolate(_COMMENT.sub("", rest).strip(), known)
    return done.text, done.unset, index


def _quoted(rest: str, quote: str, lines: list[str], index: int) -> tuple[str, int] | None:
    """The text up to the closing quote, over as many lines as it takes; None where there is no closing quote."""
    parts: list[str] = []
    current = rest[1:]
    while True:
        end = _closing_quote(current, quote)
        if end >= 0:
            parts.append(current[:end])
            return "\n".join(parts), index
        parts.append(current)
        if index >= len(lines):
            return None
        current = lines[index]
        index += 1


def _closing_quote(text: str, quote: str) -> int:
    position = text.find(quote)
    while position > 0 and quote == '"':
        backslashes = len(text[:position]) - len(text[:position].rstrip("\\"))
        if backslashes % 2 == 0:
            break
        position = text.find(quote, position + 1)
    return position


def _unescape(text: str) -> str:
    return (
        re.sub(r"\\(.)", lambda match: _ESCAPES.get(match.group(1), match.group(0)), text, flags=re.DOTALL)
        if "\\" in text
        else text
    )
