"""Lines of a fixed width: spans with a style, wrapping that knows wide characters, and tables."""

from __future__ import annotations

import re
import unicodedata
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

from breachway.reports.escaping import terminal

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from breachway.reports.terminal.places import Places

_ELLIPSIS = "…"


class Style(Enum):
    """What a span means; the value is its ANSI code (16 colours, so every palette shows it)."""

    PLAIN = ""
    STRONG = "1"
    FAINT = "2"
    DANGER = "1;31"
    CAUTION = "33"
    GOOD = "32"
    PLACE = "36"


class Span(NamedTuple):
    """Text of one style, escaped already."""

    text: str
    style: Style = Style.PLAIN


def span(text: str, style: Style = Style.PLAIN) -> Span:
    """A span of hostile or own text; what the terminal would obey is made visible."""
    return Span(terminal(text), style)


def display_width(text: str) -> int:
    """How many columns a terminal gives to ``text``: two to a wide character, none to a combining one."""
    if text.isascii():
        return len(text)
    return sum(_columns(character) for character in text)


def _columns(character: str) -> int:
    if unicodedata.category(character) in {"Mn", "Me"}:
        return 0
    return 2 if unicodedata.east_asian_width(character) in {"W", "F"} else 1


def cut(text: str, width: int) -> tuple[str, str]:
    """``text`` split where its first part is at most ``width`` columns wide (and never empty)."""
    used = 0
    for position, character in enumerate(text):
        used += _columns(character)
        if used > width and position > 0:
            return text[:position], text[position:]
    return text, ""


def shorten(text: str, width: int) -> str:
    """``text``, or as much of its start as fits with an ellipsis."""
    if display_width(text) <= width:
        return text
    return cut(text, max(width - 1, 1))[0].rstrip() + _ELLIPSIS


def wrap(text: str, width: int) -> tuple[str, ...]:
    """``text`` in lines of at most ``width`` columns; a word that is longer is split."""
    lines: list[str] = []
    current = ""
    for word in re.split(r" +", text.strip()):
        rest = word
        candidate = f"{current} {rest}" if current else rest
        if display_width(candidate) <= width:
            current = candidate
            continue
        if current:
            lines.append(current)
        while display_width(rest) > width:
            first, rest = cut(rest, width)
            lines.append(first)
        current = rest
    return (*lines, current) if current or not lines else tuple(lines)


class Page:
    """Lines as they are written.  No line is wider than ``width`` columns; words stand without their colour."""

    def __init__(self, *, width: int, colour: bool, places: Places) -> None:
        self.width = width
        self.places = places
        self._colour = colour
        self._lines: list[str] = []

    @property
    def height(self) -> int:
        """How many lines there are."""
        return len(self._lines)

    def text(self) -> str:
        """Everything written, with a line feed at the end of each line."""
        return "".join(f"{line}\n" for line in self._lines)

    def blank(self) -> None:
        """An empty line, unless the page is empty or has just had one."""
        if self._lines and self._lines[-1]:
            self._lines.append("")

    def line(self, *spans: Span) -> None:
        """One line; what is too wide is cut with an ellipsis."""
        room = self.width
        parts: list[str] = []
        for item in spans:
            text = shorten(item.text, room) if room > 0 else ""
            room -= display_width(text)
            parts.append(self._styled(text, item.style))
        self._lines.append("".join(parts) if spans and spans[-1].text.strip() else "".join(parts).rstrip())

    def heading(self, text: str) -> None:
        """A section's heading with a blank line before it."""
        self.blank()
        self.paragraph(span(text, Style.STRONG))

    def paragraph(self, item: Span, *, indent: int = 0, lead: Span | None = None) -> None:
        """Wrapped text.  ``lead`` stands before the first line; the others are indented as far as it reaches."""
        head = lead if lead is not None else Span("")
        inner = indent + display_width(head.text)
        for number, line in enumerate(wrap(item.text, max(self.width - inner, 8))):
            start = (Span(" " * indent), head) if number == 0 else (Span(" " * inner),)
            self.line(*start, Span(line, item.style))

    def flush(self, left: Sequence[Span], right: Span) -> None:
        """One line with ``right`` at its right edge; what stands left of it is cut where both do not fit."""
        if not right.text:
            self.line(*_without_trailing_space(list(left)))
            return
        edge = shorten(right.text, self.width)
        room = self.width - display_width(edge)
        parts: list[Span] = []
        for item in left:
            text = shorten(item.text, room - 1) if room > 1 else ""
            room -= display_width(text)
            parts.append(Span(text, item.style))
        self.line(*parts, Span(" " * room), Span(edge, right.style))

    def ended(self, item: Span, right: Span, *, lead: Span) -> None:
        """A paragraph with ``right`` at the right edge of its last line, or on a line of its own where that is full."""
        inner = display_width(lead.text)
        lines = wrap(item.text, max(self.width - inner, 8))
        last = len(lines) - 1
        fits = inner + display_width(lines[last]) + 2 + display_width(right.text) <= self.width
        if not fits and not item.text:
            lines = ()
        for number, line in enumerate(lines):
            start = lead if number == 0 else Span(" " * inner)
            self.flush((start, Span(line, item.style)), right if fits and number == last else Span(""))
        if right.text and not fits:
            self._far_right(right, inner)

    def placed(
        self, item: Span, right: str, *, indent: int = 0, lead: Span | None = None, edge_style: Style = Style.PLACE
    ) -> None:
        """A paragraph with ``right`` at the right edge of its first line, or on a line of its own where it is long."""
        head = lead if lead is not None else Span("")
        inner = indent + display_width(head.text)
        edge = terminal(right)
        beside = display_width(edge)
        if not edge:
            self.paragraph(item, indent=indent, lead=lead)
            return
        if beside > self.width // 2 and display_width(item.text) + beside + 2 > self.width - inner:
            self.paragraph(item, indent=indent, lead=lead)
            self._far_right(Span(edge, edge_style), inner)
            return
        for number, line in enumerate(wrap(item.text, max(self.width - inner - beside - 2, 8))):
            if number:
                self.line(Span(" " * inner), Span(line, item.style))
            else:
                self.flush((Span(" " * indent), head, Span(line, item.style)), Span(edge, edge_style))

    def table(self, rows: Sequence[Sequence[Span]], *, below: Sequence[Span] = (), indent: int = 2, gap: int = 2) -> None:
        """Rows of cells in columns as narrow as they may be; cells wrap where the page is too narrow for all.

        ``below`` has a text for each row that stands under it, across all columns.
        """
        if not rows:
            return
        widths = _column_widths(rows, self.width - indent, gap)
        for index, row in enumerate(rows):
            cells = [wrap(cell.text, width) for cell, width in zip(row, widths, strict=True)]
            for number in range(max(map(len, cells))):
                spans: list[Span] = [Span(" " * indent)]
                for cell, lines, width in zip(row, cells, widths, strict=True):
                    text = lines[number] if number < len(lines) else ""
                    spans.append(Span(text, cell.style if text else Style.PLAIN))
                    spans.append(Span(" " * (width - display_width(text) + gap)))
                self.line(*_without_trailing_space(spans))
            if index < len(below):
                self.paragraph(below[index], indent=indent + 4)

    def _far_right(self, edge: Span, inner: int) -> None:
        room = self.width - inner
        rest = edge.text
        while rest:
            first, rest = cut(rest, room)
            self.line(Span(" " * (self.width - display_width(first))), Span(first, edge.style))

    def _styled(self, text: str, style: Style) -> str:
        if not self._colour or style is Style.PLAIN or not text:
            return text
        return f"\x1b[{style.value}m{text}\x1b[0m"


def _without_trailing_space(spans: list[Span]) -> Iterable[Span]:
    while spans and not spans[-1].text.strip():
        spans.pop()
    return spans


def _column_widths(rows: Sequence[Sequence[Span]], room: int, gap: int) -> list[int]:
    widths = [max(display_width(cell.text) for cell in column) for column in zip(*rows, strict=True)]
    # A column never gets narrower than its longest word, so that words stay whole while there is any other way.
    floors = [
        min(max(max((display_width(word) for word in cell.text.split(" ")), default=1) for cell in column), 24)
        for column in zip(*rows, strict=True)
    ]
    excess = sum(widths) + gap * (len(widths) - 1) - room
    while excess > 0:
        slack = [width - floor for width, floor in zip(widths, floors, strict=True)]
        widest = max(range(len(widths)), key=lambda index: (slack[index] > 0, widths[index]))
        if widths[widest] <= 1:
            break
        widths[widest] -= 1
        excess -= 1
    return widths
