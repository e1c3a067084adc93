"""The linted profile of the threat language: rules that keep ``.mal`` files within what the tool chain reads correctly.

Every violation names its rule and its place.  The rules are grouped by what they look at: form, names and metadata.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from breachway.threats.linting.form import check_form
from breachway.threats.linting.metadata import check_metadata
from breachway.threats.linting.names import check_names
from breachway.threats.linting.violations import RULES, Violation
from breachway.threats.mal_files import read_mal, with_includes
from breachway.threats.mal_syntax import parse_mal

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

__all__ = ["RULES", "Violation", "lint_language", "lint_texts"]


def lint_language(files: Path | Iterable[Path]) -> tuple[Violation, ...]:
    """Lint ``files`` (or one main file), with what they include, as one language; violations are sorted by place.

    :class:`~breachway.errors.LanguageError` when a file cannot be read or the grammar is not installed.
    """
    return lint_texts((str(file), read_mal(file)) for file in with_includes(files))


def lint_texts(texts: Iterable[tuple[str, str]]) -> tuple[Violation, ...]:
    """Lint files given as pairs of label and text."""
    parsed = tuple(parse_mal(text, label) for label, text in texts)
    faults = [fault for file in parsed for fault in file.faults]
    if faults:
        found = tuple(Violation("syntax-error", _fault(fault.text), fault.place) for fault in faults)
    else:
        found = (*check_form(parsed), *check_names(parsed), *check_metadata(parsed))
    return tuple(sorted(set(found), key=Violation.order))


def _fault(text: str) -> str:
    shown = text.strip().splitlines()[0][:40] if text.strip() else ""
    return f"this is not MAL: {shown}" if shown else "something is missing here"
