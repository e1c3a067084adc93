"""The threat language that ships with the package, ready to use."""

from __future__ import annotations

from functools import cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

from breachway.threats.language_json import language_from_json

if TYPE_CHECKING:
    from breachway.threats.language import Language

COMPILED_NAME = "language.json"
"""The file of this package that holds the compiled language."""


@cache
def load_language() -> Language:
    """Give the compiled language of this package; read once a process."""
    return language_from_json(resources.files(__package__).joinpath(COMPILED_NAME).read_text(encoding="utf-8"))


def language_folder() -> Path:
    """Give the folder of this package that holds the ``.mal`` files; ``breachway.mal`` in it includes the others."""
    return Path(__file__).parent / "lang"


def language_files(folder: Path) -> tuple[Path, ...]:
    """Give the ``.mal`` files of ``folder``, sorted by name."""
    return tuple(sorted(folder.glob("*.mal")))
