"""Evidence: where a fact stands in an artefact, and how it is known.

Nothing enters the model without evidence.  A fact is *observed* (the artefact says so), *defaulted* (the artefact is silent and
the platform documents what silence means) or *assumed* (nothing says so, and the user may confirm or refute it).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

LIVE = "live:"
"""Begins the document of an object that was read from a live cluster: ``live:pods/shop/web``.  Such a one has no lines."""


class Location(NamedTuple):
    """A place in a document: its label as the user would type it, a JSON pointer, and the line and column (both from 1).

    ``pointer`` is empty where the format has no tree (a Dockerfile); ``line`` is 0 where only the document is known, and
    ``document`` is empty where no document says it (that every deployment has an outside).
    """

    document: str
    pointer: str
    line: int
    column: int

    @property
    def exact(self) -> bool:
        """Whether the place can be looked up: a line of a document, or an object of a live cluster by its name."""
        return bool(self.document) and (self.line > 0 or self.document.startswith(LIVE))


class Basis(Enum):
    """How a fact is known."""

    OBSERVED = "observed"
    DEFAULTED = "defaulted"
    ASSUMED = "assumed"


class Evidence(NamedTuple):
    """One reason to believe one fact.

    ``note`` is a short sentence without a final stop ("privileged: true", "automountServiceAccountToken is not set; the default
    is true").  For a default, ``location`` is the nearest object that could have said otherwise.  ``source`` names the platform
    documentation and version a default rests on, or the id of the assumption; empty when observed.
    """

    location: Location
    basis: Basis
    note: str
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assumption:
    """A question that no artefact answers.

    ``probability`` is the belief (0 to 1) that ``statement`` holds; ``rationale`` says where that figure comes from.  ``id`` is
    stable and is the key by which ``breachway.yaml`` confirms (1), refutes (0) or re-weighs it.  ``defence_on`` tells what the
    statement means for the defence that hangs on it: true when the statement says that the defence is in force.
    """

    id: str
    statement: str
    probability: float
    rationale: str
    subject: str
    defence_on: bool
    evidence: tuple[Evidence, ...]


class Unread(NamedTuple):
    """Something in the input that was not understood: a whole document, or one field of it.

    ``severity`` is "file" (nothing of the file was modelled), "object" (one object was left out), "field" (one field was
    ignored) or "note" (understood, and deliberately not modelled: an unknown kind, say).
    """

    location: Location
    severity: str
    reason: str
    hint: str = ""
