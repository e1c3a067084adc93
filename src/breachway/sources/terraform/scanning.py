"""Cuts a text in the HashiCorp configuration language into words, numbers and signs, on demand.

Templates nest expressions in strings, so the parser asks for the next token only where it expects one, and reads the inside of
strings by :meth:`Scanner.template_piece`.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import NamedTuple

from breachway.sources.terraform.expressions import Place

_BLANK = re.compile(r"(?:[ \t\r\ufeff]+|#[^\n]*|//[^\n]*|/\*.*?\*/)+", re.DOTALL)
_TOKEN = re.compile(
    r"(?P<newline>\n)"
    r"|(?P<heredoc><<-?[^\W\d][\w-]*[ \t\r]*\n)"
    r"|(?P<name>[^\W\d][\w-]*)"
    r"|(?P<number>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)"
    r"|(?P<sign>\.\.\.|==|!=|<=|>=|&&|\|\||=>|[{}()\[\]=:?,.+\-*/%<>!~\"])"
)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", '"': '"', "\\": "\\"}
_UNICODE = {"u": 4, "U": 8}
_LAST_CODE_POINT = 0x10FFFF


class HclError(Exception):
    """The text is not of the language; stays inside this package, as an ``Unread`` with the place."""

    def __init__(self, reason: str, place: Place) -> None:
        super().__init__(reason)
        self.reason = reason
        self.place = place


class Token(NamedTuple):
    """A token; ``kind`` is newline, heredoc, name, number, sign or end."""

    kind: str
    text: str
    start: int
    end: int


class Scanner:
    """A position in a text, one token ahead."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.position = 0
        self._lines = [0, *(match.end() for match in re.finditer(r"\n", text))]
        self._ahead: Token | None = None

    def place(self, position: int) -> Place:
        """Line and column of a position."""
        line = bisect_right(self._lines, position)
        return Place(line, position - self._lines[line - 1] + 1)

    @property
    def here(self) -> Place:
        """The place of the token ahead."""
        return self.place(self.peek().start)

    def peek(self) -> Token:
        """The token ahead."""
        if self._ahead is None:
            self._ahead = self._read()
        return self._ahead

    def take(self) -> Token:
        """Return the token ahead and go on."""
        token = self.peek()
        self.position = token.end
        self._ahead = None
        return token

    def back_to(self, position: int) -> None:
        """Go on from a position that was passed before."""
        self.position = position
        self._ahead = None

    def _read(self) -> Token:
        blank = _BLANK.match(self.text, self.position)
        start = blank.end() if blank else self.position
        if start >= len(self.text):
            return Token("end", "", start, start)
        found = _TOKEN.match(self.text, start)
        if found is None or found.lastgroup is None:
            raise HclError("a character that no Terraform text has here", self.place(start))
        return Token(found.lastgroup, found.group(), start, found.end())

    def is_sign(self, *signs: str) -> bool:
        """Whether the token ahead is one of these signs."""
        token = self.peek()
        return token.kind == "sign" and token.text in signs

    def expect(self, sign: str) -> Token:
        """Take a sign that must stand here."""
        if not self.is_sign(sign):
            raise HclError(f'expected "{sign}"', self.here)
        return self.take()

    def skip_newlines(self) -> None:
        """Go past newlines."""
        while self.peek().kind == "newline":
            self.take()

    # ---------------------------------------------------------------------------------------------------- inside of templates

    def literal(self, end: int, *, quoted: bool) -> str:
        """Read text up to ``${``, ``%{``, or ``end``; of a quoted string, up to its closing quote too."""
        pieces: list[str] = []
        text, position = self.text, self.position
        while position < end:
            character = text[position]
            two = text[position : position + 2]
            if quoted and character == '"':
                break
            if two in {"${", "%{"}:
                break
            if text[position : position + 3] in {"$${", "%%{"}:
                pieces.append(text[position + 1 : position + 3])
                position += 3
            elif quoted and character == "\\":
                position = self._escape(position, pieces)
            elif quoted and character == "\n":
                raise HclError("a line ends inside a string", self.place(position))
            else:
                pieces.append(character)
                position += 1
        self.back_to(position)
        return "".join(pieces)

    def _escape(self, position: int, pieces: list[str]) -> int:
        mark = self.text[position + 1 : position + 2]
        if mark in _ESCAPES:
            pieces.append(_ESCAPES[mark])
            return position + 2
        digits = self.text[position + 2 : position + 2 + _UNICODE.get(mark, 0)]
        if mark in _UNICODE and re.fullmatch(r"[0-9A-Fa-f]+", digits) and int(digits, 16) <= _LAST_CODE_POINT:
            pieces.append(chr(int(digits, 16)))
            return position + 2 + len(digits)
        raise HclError("an escape that strings do not know", self.place(position))
