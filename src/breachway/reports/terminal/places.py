"""Places in documents, named below the folder that all documents share."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from breachway.evidence import Basis
from breachway.reports.wording import place

if TYPE_CHECKING:
    from breachway.analyses.assessment import Assessment
    from breachway.evidence import Evidence, Location
    from breachway.model import DocumentSummary

_CERTAINTY = {Basis.OBSERVED: 0, Basis.DEFAULTED: 1, Basis.ASSUMED: 2}


class Places(NamedTuple):
    """How documents are named: without ``folder``, which ends with a slash; empty where they share none."""

    folder: str = ""

    def document(self, location: Location) -> str:
        """The document, with the line where one is known."""
        return place(location).removeprefix(self.folder)

    def line(self, location: Location) -> str:
        """The document and line, or the live object; empty where that is not known."""
        return self.document(location) if location.exact else ""

    def beside(self, location: Location, own: Location) -> str:
        """A second place, in short next to ``own``; empty where it says nothing new."""
        if not location.exact or place(location) == place(own):
            return ""
        return f"line {location.line}" if location.document == own.document else self.line(location)


def places_of(assessment: Assessment) -> Places:
    """The longest folder that holds every document that was read."""
    return places_in(assessment.model.documents)


def places_in(documents: tuple[DocumentSummary, ...]) -> Places:
    """The longest folder that holds all these documents."""
    folders = [summary.document.rpartition("/")[0].split("/") for summary in documents]
    if not folders:
        return Places()
    shared: list[str] = []
    for names in zip(*folders, strict=False):
        if len(set(names)) > 1:
            break
        shared.append(names[0])
    folder = "/".join(shared)
    return Places(f"{folder}/" if folder else "")


def most_telling(evidence: tuple[Evidence, ...]) -> Evidence | None:
    """The reason that a reader looks up first: one with a place, and rather observed than defaulted than assumed."""
    return min(
        evidence,
        key=lambda item: (not item.location.exact, _CERTAINTY[item.basis]),
        default=None,
    )
