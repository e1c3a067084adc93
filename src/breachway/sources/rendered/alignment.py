"""Which line of a template a rendered line comes from, where that can be known.

A line that stands once in the template as it is rendered is sure.  Between two such lines, a rendered line belongs to the one
there that reads the same, else to the one that has its key and a value to be worked out, else to the one expression that writes
several lines.  Where there are two of a kind, nothing is claimed.
"""

from __future__ import annotations

import re
from collections import Counter

_KEY = re.compile(r"(?:- +)*(\"[^\"]+\"|'[^']+'|[^\s:#{}\[\],&*!|>'\"%@`]+): *(?:\S|$)")
_COMPUTED = "{{"
_WRITER = re.compile(
    r"\{\{-?\s*(?:toYaml|include|template|tpl|range|with|\$?\.)?.*(?:toYaml|include|template|tpl|nindent|indent)\b"
)
_MARKS = frozenset({"", "---", "..."})


def align(rendered: list[str], template: list[str]) -> list[int | None]:
    """For each rendered line the index of its line in the template, None where it cannot be known."""
    wanted, given = [line.strip() for line in rendered], [line.strip() for line in template]
    counts = Counter(given)
    where = {text: index for index, text in enumerate(given)}
    sure = [where[text] if text not in _MARKS and counts[text] == 1 else None for text in wanted]
    after = _next_sure(sure, len(given))
    found: list[int | None] = []
    before = -1
    for text, known, limit in zip(wanted, sure, after, strict=True):
        if known is not None:
            before = known
            found.append(known)
        elif text in _MARKS or text.startswith("#"):
            found.append(None)
        else:
            window = range(before + 1, limit) if before < limit else range(len(given))
            found.append(_between(text, window, given))
    return found


def _next_sure(sure: list[int | None], end: int) -> list[int]:
    """For each line the place of the next sure one."""
    limits: list[int] = []
    limit = end
    for known in reversed(sure):
        limits.append(limit)
        limit = known if known is not None else limit
    return limits[::-1]


def _between(text: str, window: range, given: list[str]) -> int | None:
    key = _key(text)
    choices = (
        [index for index in window if given[index] == text],
        [index for index in window if key and _COMPUTED in given[index] and _key(given[index]) == key],
        [index for index in window if _WRITER.search(given[index])],
    )
    for found in choices:
        if found:
            return found[0] if len(found) == 1 else None
    return None


def _key(text: str) -> str:
    match = _KEY.match(text)
    return match[1] if match is not None else ""
