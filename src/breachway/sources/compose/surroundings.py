"""What the Compose reader needs of the world: other documents, by label.

``breachway.sources.documents`` answers from disk and keeps to the folders that the user named; tests answer from memory.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from breachway.sources.nodes import Node
    from breachway.sources.text import Refusal


class Surroundings(Protocol):
    """Other documents of the input."""

    def text(self, label: str) -> str | Refusal:
        """The text of a document."""

    def nodes(self, label: str) -> tuple[Node | None, ...] | Refusal:
        """The YAML documents of a document; what is wrong in it is reported once, by whoever read it first."""
