"""How wide text is when a browser draws it, without a browser.

The report names no font of its own, so widths are those of DejaVu Sans, the widest face that ``system-ui`` commonly stands for:
a label that fits by these figures fits in the others too.
"""

from __future__ import annotations

import unicodedata

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


def text_width(text: str, size: float, *, bold: bool = False) -> float:
    """The width of ``text`` in pixels at a font size of ``size`` pixels; generous rather than exact."""
    return sum(_em(character) for character in text) * size * (_BOLD if bold else 1.0)


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
    """``text`` in at most ``lines`` lines of ``width`` pixels; the last ends with an ellipsis where text is left over."""
    done: list[str] = []
    words = text.split()
    while words and len(done) < lines:
        current = words.pop(0)
        while words and text_width(f"{current} {words[0]}", size, bold=bold) <= width:
            current = f"{current} {words.pop(0)}"
        if text_width(current, size, bold=bold) > width:
            head = fit(current, width, size, bold=bold)
            if len(done) < lines - 1 and len(head) > 1:
                head = head[:-1]
                words.insert(0, current[len(head) :])
                current = head
            else:
                current = head
        done.append(current)
    if words and done:
        done[-1] = fit(f"{done[-1]} {' '.join(words)}", width, size, bold=bold)
        if not done[-1].endswith("…"):
            done[-1] += "…"
    return tuple(done)
