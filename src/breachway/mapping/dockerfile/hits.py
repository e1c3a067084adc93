"""What a rule finds in a Dockerfile: the key of the weakness, the place, and what stands there."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from breachway.evidence import Location


class Hit(NamedTuple):
    """One finding; ``detail`` tells it from others of its key in one Dockerfile."""

    key: str
    location: Location
    note: str
    detail: str = ""


_SHOWN = 60


def shown(words: tuple[str, ...] | str) -> str:
    """A command as a note shows it: one line, cut."""
    text = words if isinstance(words, str) else " ".join(words)
    text = " ".join(text.split())
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
