"""How wide text is when a browser draws it, without a browser.

The report names no font of its own, so widths are those of DejaVu Sans, the widest face that ``system-ui`` commonly stands for:
a label that fits by these figures fits in the others too.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_GROUPS = (
    ("iljI'|", 0.30),
    (".,:;! []", 0.36),
    ("ft/\\()-r`", 0.41),
    ("Jsz_", 0.53),
    ('ckvxyFL*?"', 0.60),
    ("abdeghnopquEPTY0123456789$", 0.64),
    ("ABCKRSVXZ", 0.70),
    ("DGHNOQU&", 0.79),
    ("w+<>=~#", 0.84),
    ("Mm%@W", 1.0),
)
_WIDTHS = {character: width for characters, width in _GROUPS for character in characters}
_BOLD = 1.1
_JOINT = re.compile(r"[^-_/.:@]+[-_/.:@]*|[-_/.:@]+")


def text_width(text: str, size: float, *, bold: bool = False) -> float:
    """The width of ``text`` in pixels at a font size of ``size`` pixels; generous rather than exact."""
    return _ems(text) * size * (_BOLD if bold else 1.0)


@lru_cache(maxsize=8192)
def _ems(text: str) -> float:
    return sum(_em(character) for character in text)


def _em(character: str) -> float:
    known = _WIDTHS.get(character)
    if known is not None:
        return known
    if character.isascii():
        return 0.7
    return 1.4 if unicodedata.east_asian_width(character) in {"W", "F"} else 0.85


def fit(text: str, width: float, size: float, *, bold: bool = False) -> str:
    """``text``, or as much of its start as fits with an ellipsis."""
    if text_width(text, size, bold=bold) <= width:
        return text
    room = width - text_width("…", size, bold=bold)
    kept = 0
    for kept, character in enumerate(text):  # noqa: B007 - the position where it stops fitting is what is wanted
        room -= text_width(character, size, bold=bold)
        if room < 0:
            break
    return text[:kept].rstrip() + "…"


def wrap(text: str, width: float, size: float, lines: int, *, bold: bool = False) -> tuple[str, ...]:
    """``text`` in at most ``lines`` lines of ``width`` pixels; the last ends with an ellipsis where text is left over.

    Lines break between words; only where that is not enough, after the signs that join the parts of a name too.
    """
    words = [piece for word in text.split() for piece in (word, " ")][:-1]
    done, left = _filled(words, width, size, lines, bold=bold)
    if left or any(text_width(word, size, bold=bold) > width for word in words):
        done, left = _filled([piece for word in words for piece in _parts(word)], width, size, lines, bold=bold)
    if left and done:
        done[-1] = f"{done[-1]}{left}"
        if text_width(done[-1], size, bold=bold) <= width:
            done[-1] += "…"
    return tuple(fit(line, width, size, bold=bold) for line in done)


def _parts(word: str) -> list[str]:
    return _JOINT.findall(word) or [word]


def _filled(pieces: list[str], width: float, size: float, lines: int, *, bold: bool) -> tuple[list[str], str]:
    """The pieces in lines, each as full as it gets, and what is left over; a piece wider than a line is cut into it."""
    done: list[str] = []
    waiting = list(reversed(pieces))
    while waiting and len(done) < lines:
        line = ""
        if waiting[-1] == " ":
            waiting.pop()
        while waiting and text_width((line + waiting[-1]).rstrip(), size, bold=bold) <= width:
            line += waiting.pop()
        if not line.strip() and waiting:
            piece = waiting.pop()
            kept = max(len(fit(piece, width, size, bold=bold)) - 1, 1) if len(done) < lines - 1 else len(piece)
            line = piece[:kept]
            if piece[kept:]:
                waiting.append(piece[kept:])
        if line.endswith(" "):
            waiting.append(" ")
        done.append(line.rstrip())
    return done, "".join(reversed(waiting)).rstrip()
