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
_BRACE = re.compile(r"\$\{|\}")
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
    """Works on one text by offsets, so that nested words cost no copies."""

    def __init__(self, text: str, variables: Mapping[str, str]) -> None:
        self.text = text
        self.ends = _closing_braces(text)
        self.variables = variables
        self.unset: dict[str, None] = {}
        self.malformed = False
        self.filled = False
        self.room = _LONGEST

    def scan(self, position: int, stop: int, depth: int) -> str:
        out: list[str] = []
        while self.room > 0:
            dollar = self.text.find("$", position, stop)
            if dollar < 0:
                break
            out.append(self.text[position:dollar])
            piece, position = self._at_dollar(dollar, depth)
            self.room -= len(piece)
            out.append(piece)
        out.append(self.text[position:stop])
        return "".join(out)

    def _at_dollar(self, dollar: int, depth: int) -> tuple[str, int]:
        if self.text.startswith("$$", dollar):
            return "$", dollar + 2
        if self.text.startswith("${", dollar):
            return self._braced(dollar, depth)
        match = _NAME.match(self.text, dollar + 1)
        if match is None:
            self.malformed = True
            return "$", dollar + 1
        return self._look_up(match.group()), match.end()

    def _braced(self, dollar: int, depth: int) -> tuple[str, int]:
        end = self.ends.get(dollar, -1)
        match = _NAME.match(self.text, dollar + 2)
        if end < 0 or match is None or depth > _DEEPEST:
            self.malformed = True
            return "${", dollar + 2
        if match.end() == end:
            return self._look_up(match.group()), end + 1
        operator = _OPERATOR.match(self.text, match.end(), end)
        if operator is None:
            self.malformed = True
            return self.text[dollar : end + 1], end + 1
        return self._operate(match.group(), operator.group(), (operator.end(), end), depth), end + 1

    def _operate(self, name: str, operator: str, word: tuple[int, int], depth: int) -> str:
        value = self.variables.get(name)
        given = value is not None and not (operator.startswith(":") and not value)
        self.filled = self.filled or (given and operator[-1] != "+")
        match operator[-1]:
            case "-":
                return value if given and value is not None else self.scan(*word, depth + 1)
            case "+":
                return self.scan(*word, depth + 1) if given else ""
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
    scanner = _Scanner(text, variables)
    result = scanner.scan(0, len(text), 0)
    return Interpolated(result, tuple(scanner.unset), malformed=scanner.malformed, filled=scanner.filled)


def unset_in(text: str, unset: tuple[str, ...]) -> tuple[str, ...]:
    """Those of the names in ``unset`` that stand in ``text``, a part of the text they were found in."""
    return tuple(name for name in unset if f"${{{name}}}" in text)


def _closing_braces(text: str) -> dict[int, int]:
    """Where each ``${`` ends, in one pass: looking for each end on its own costs the square of a hostile text's length."""
    ends: dict[int, int] = {}
    begun: list[int] = []
    for brace in _BRACE.finditer(text):
        if brace.group() == "${":
            begun.append(brace.start())
        elif begun:
            ends[begun.pop()] = brace.start()
    return ends
