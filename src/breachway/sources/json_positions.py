"""Reads JSON into nodes with line and column.

A text may hold several values one after the other, as ``kubectl`` and ``jq`` print them.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from breachway.sources.nodes import Scalar
from breachway.sources.tree_building import StopReadingError, TreeBuilder

if TYPE_CHECKING:
    from collections.abc import Callable

    from breachway.sources.nodes import TextTree

_TOKEN = re.compile(
    r"""[ \t\r\n]*(?:
        (?P<text>"[^"\\\x00-\x1f]*")
      | (?P<mark>[{}\[\],:])
      | (?P<atom>true|false|null|-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?)(?![\w.+-])
      | (?P<escaped>"[^"\\\x00-\x1f]*(?:\\[^\x00-\x1f][^"\\\x00-\x1f]*)+")
    )""",
    re.VERBOSE,
)
_KEY = re.compile(r'[ \t\r\n]*"([^"\\\x00-\x1f]*)"[ \t]*:')
"""The usual key with its colon, in one step; any other goes the long way."""

_LOOK = "look before this place for a comma, bracket or quote that is missing"
_BLANK = re.compile(r"[ \t\r\n]*")
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


def read_json(text: str, document: str) -> TextTree:
    """Read every value of a JSON text.  ``document`` is the label that locations carry.

    Whatever breaks the text is one problem of severity "file", with line and column; the values before it are kept.  Duplicate
    keys are problems of severity "field".  Nothing is raised.
    """
    builder = TreeBuilder(document)
    try:
        _Reader(text.removeprefix("\ufeff"), builder).read()
    except StopReadingError as stopped:
        builder.problems.append(stopped.problem)
    return builder.tree()


class _Reader:
    """The state between two tokens: what may come next, and which brackets are open."""

    def __init__(self, text: str, builder: TreeBuilder) -> None:
        self.text = text
        self.builder = builder
        self.position = 0
        self.line = 1
        self.line_start = 0
        self.open: list[str] = []
        self.key_next = False
        self.expect: Callable[[str, str, int], None] = self._value

    def read(self) -> None:
        """Read to the end of the text or of what is JSON in it."""
        text, length, scalar = self.text, len(self.text), self.builder.scalar
        while self.position < length:
            if self.key_next and (match := _KEY.match(text, self.position)):
                start = match.start(1) - 1
                if start > self.position:
                    self._count_lines(self.position, start)
                scalar(Scalar(match[1], plain=False, line=self.line, column=start - self.line_start + 1))
                self.position, self.key_next, self.expect = match.end(), False, self._value
                continue
            match = _TOKEN.match(text, self.position)
            if match is None:
                self._not_json()
                return
            kind = match.lastgroup or ""
            start, end = match.span(kind)
            if start > self.position:
                self._count_lines(self.position, start)
            self.position, self.key_next = end, False
            self.expect(kind, text[start:end], start - self.line_start + 1)
        if self.open:
            self._stop(f'the text ends before "{self.open[-1]}"')

    def _count_lines(self, start: int, end: int) -> None:
        if (last := self.text.rfind("\n", start, end)) >= 0:
            self.line += self.text.count("\n", start, end)
            self.line_start = last + 1

    def _not_json(self) -> None:
        """Stop at a text that is no token; blanks at the end are no fault."""
        blank = _BLANK.match(self.text, self.position)
        end = blank.end() if blank else self.position
        self._count_lines(self.position, end)
        self.position = end
        if end == len(self.text):
            if self.open:
                self._stop(f'the text ends before "{self.open[-1]}"')
            return
        found = self.text[end]
        if found == '"':
            self._stop("a string that has no end, or holds a control character or a wrong escape")
        elif self.text.startswith(("//", "/*", "#"), end):
            self._stop("JSON has no comments", "remove the comment")
        elif found == "'":
            self._stop("JSON has no single quotes", "use double quotes")
        else:
            shown = found if found.isprintable() else f"U+{ord(found):04X}"
            self._stop(f'"{shown}" begins no value of JSON')

    def _stop(self, reason: str, hint: str = _LOOK, column: int = 0) -> None:
        self.builder.stop(self.line, column or self.position - self.line_start + 1, reason, hint)

    # What may come next: each of these takes a token and says what follows.

    def _value(self, kind: str, token: str, column: int) -> None:
        if kind == "mark":
            if token == "{":
                self.open.append("}")
                self.builder.open_mapping(self.line, column)
                self.expect, self.key_next = self._first_key, True
            elif token == "[":
                self.open.append("]")
                self.builder.open_sequence(self.line, column)
                self.expect = self._first_item
            else:
                self._stop(
                    f'a value belongs here, not "{token}"', "is there a comma too many?" if token in "]}," else _LOOK, column
                )
        else:
            self._scalar(kind, token, column)
            self._after_value()

    def _after_value(self) -> None:
        self.expect = (self._after_entry if self.open[-1] == "}" else self._after_item) if self.open else self._value

    def _first_item(self, kind: str, token: str, column: int) -> None:
        if token == "]" and kind == "mark":
            self._close()
        else:
            self._value(kind, token, column)

    def _first_key(self, kind: str, token: str, column: int) -> None:
        if token == "}" and kind == "mark":
            self._close()
        else:
            self._key(kind, token, column)

    def _key(self, kind: str, token: str, column: int) -> None:
        if kind not in {"text", "escaped"}:
            hint = "remove the comma before it" if token == "}" else "put the key in double quotes"
            self._stop(f'a key belongs here, not "{token[:40]}"', hint, column)
        self._scalar(kind, token, column)
        self.expect = self._colon

    def _colon(self, kind: str, token: str, column: int) -> None:
        if kind != "mark" or token != ":":
            self._stop('":" belongs after a key', _LOOK, column)
        self.expect = self._value

    def _after_item(self, kind: str, token: str, column: int) -> None:
        self._after(kind, token, column, self._value)

    def _after_entry(self, kind: str, token: str, column: int) -> None:
        self.key_next = True
        self._after(kind, token, column, self._key)

    def _after(self, kind: str, token: str, column: int, follows: Callable[[str, str, int], None]) -> None:
        if kind == "mark" and token == ",":
            self.expect = follows
        elif kind == "mark" and token == self.open[-1]:
            self._close()
        else:
            self._stop(f'"," or "{self.open[-1]}" belongs here', _LOOK, column)

    def _close(self) -> None:
        self.key_next = False
        self.open.pop()
        self.builder.close()
        self._after_value()

    def _scalar(self, kind: str, token: str, column: int) -> None:
        if kind == "text":
            self.builder.scalar(Scalar(token[1:-1], plain=False, line=self.line, column=column))
        elif kind == "atom":
            self.builder.scalar(Scalar(token, plain=True, line=self.line, column=column))
        else:
            self.builder.scalar(Scalar(self._unescaped(token, column), plain=False, line=self.line, column=column))

    def _unescaped(self, token: str, column: int) -> str:
        try:
            decoded = json.loads(token)
        except json.JSONDecodeError as error:
            self._stop("a wrong escape in a string", "a backslash is written twice", column + error.pos)
            return ""
        return _LONE_SURROGATE.sub("\ufffd", decoded) if isinstance(decoded, str) else ""
