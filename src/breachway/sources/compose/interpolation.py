"""Variables in Compose files.

The forms are ``$NAME``, ``${NAME}``, ``${NAME:-word}``, ``${NAME-word}``, ``${NAME:?text}``, ``${NAME?text}``, ``${NAME:+word}``,
``${NAME+word}`` and ``$$``; words nest.

A variable without a value and without a default is not the empty string that Compose would put there with a warning: whoever
starts the project may set it.  It stays in the text as ``${NAME}`` and its name is given back.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

_NAME = re.compile(r"[_a-zA-Z][_a-zA-Z0-9]*")
_OPERATOR = re.compile(r":?[-+?]")
_DEEPEST = 30
_LONGEST = 1 << 20


class Interpolated(NamedTuple):
    """The text, the names without a value, and whether some ``$`` is not of a known form (Compose refuses the file then).

    ``filled`` tells whether a variable's value stands in the text now; a default that the text itself gives does not count.
    """

    text: str
    unset: tuple[str, ...]
    malformed: bool
    filled: bool = False


class _Scanner:
    def __init__(self, variables: Mapping[str, str]) -> None:
        self.variables = variables
        self.unset: dict[str, None] = {}
        self.malformed = False
        self.filled = False
        self.room = _LONGEST

    def scan(self, text: str, depth: int) -> str:
        out: list[str] = []
        position = 0
        while self.room > 0:
            dollar = text.find("$", position)
            if dollar < 0:
                break
            out.append(text[position:dollar])
            piece, position = self._at_dollar(text, dollar, depth)
            self.room -= len(piece)
            out.append(piece)
        out.append(text[position:])
        return "".join(out)

    def _at_dollar(self, text: str, dollar: int, depth: int) -> tuple[str, int]:
        if text.startswith("$$", dollar):
            return "$", dollar + 2
        if text.startswith("${", dollar):
            return self._braced(text, dollar, depth)
        match = _NAME.match(text, dollar + 1)
        if match is None:
            self.malformed = True
            return "$", dollar + 1
        return self._look_up(match.group()), match.end()

    def _braced(self, text: str, dollar: int, depth: int) -> tuple[str, int]:
        end = _closing_brace(text, dollar + 2)
        match = _NAME.match(text, dollar + 2)
        if end < 0 or match is None or depth > _DEEPEST:
            self.malformed = True
            return "${", dollar + 2
        name, rest = match.group(), text[match.end() : end]
        if not rest:
            return self._look_up(name), end + 1
        operator = _OPERATOR.match(rest)
        if operator is None:
            self.malformed = True
            return text[dollar : end + 1], end + 1
        return self._operate(name, operator.group(), rest[operator.end() :], depth), end + 1

    def _operate(self, name: str, operator: str, word: str, depth: int) -> str:
        value = self.variables.get(name)
        given = value is not None and not (operator.startswith(":") and not value)
        self.filled = self.filled or (given and operator[-1] != "+")
        match operator[-1]:
            case "-":
                return value if given and value is not None else self.scan(word, depth + 1)
            case "+":
                return self.scan(word, depth + 1) if given else ""
            case _:
                return value if given and value is not None else self._missing(name)

    def _look_up(self, name: str) -> str:
        value = self.variables.get(name)
        if value is None:
            return self._missing(name)
        self.filled = True
        return value

    def _missing(self, name: str) -> str:
        self.unset.setdefault(name)
        return f"${{{name}}}"


def interpolate(text: str, variables: Mapping[str, str]) -> Interpolated:
    """Put the values of ``variables`` into ``text``."""
    if "$" not in text:
        return Interpolated(text, (), malformed=False)
    scanner = _Scanner(variables)
    result = scanner.scan(text, 0)
    return Interpolated(result, tuple(scanner.unset), malformed=scanner.malformed, filled=scanner.filled)


def unset_in(text: str, unset: tuple[str, ...]) -> tuple[str, ...]:
    """Those of the names in ``unset`` that stand in ``text``, a part of the text they were found in."""
    return tuple(name for name in unset if f"${{{name}}}" in text)


def _closing_brace(text: str, position: int) -> int:
    depth = 1
    while position < len(text):
        if text.startswith("${", position):
            depth += 1
            position += 2
            continue
        if text[position] == "}":
            depth -= 1
            if depth == 0:
                return position
        position += 1
    return -1
