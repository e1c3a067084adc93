"""Which files make one language: the main one and what it includes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from breachway.errors import LanguageError
from breachway.threats.mal_syntax import parse_mal

if TYPE_CHECKING:
    from collections.abc import Iterable

    from breachway.evidence import Location


def read_mal(file: Path, where: Location | None = None) -> str:
    """Give the text of ``file``; :class:`LanguageError` when it cannot be read.  ``where`` is the place that names it."""
    try:
        return file.read_text(encoding="utf-8")
    except OSError as problem:
        message = f"cannot read {file}: {problem.strerror}"
        raise LanguageError(message, hint="name .mal files that exist and may be read", where=where) from problem
    except UnicodeDecodeError as problem:
        message = f"cannot read {file}: it is not UTF-8"
        raise LanguageError(message, hint="save it as UTF-8", where=where) from problem


def with_includes(files: Path | Iterable[Path]) -> tuple[Path, ...]:
    """Give ``files`` (or the one file) with everything that they include, each once, in the order in which they are met."""
    named = (files,) if isinstance(files, Path) else tuple(files)
    pending: list[tuple[Path, Location | None]] = [(file, None) for file in reversed(named)]
    found: dict[Path, Path] = {}
    while pending:
        file, where = pending.pop()
        text = read_mal(file, where)
        key = file.resolve()
        if key in found:
            continue
        found[key] = file
        includes = parse_mal(text, str(file)).includes
        pending.extend((file.parent / include.text, include.place) for include in reversed(includes))
    return tuple(found.values())
