"""The model: assets of the deployment, how they hang together, and which defences stand, each with its evidence.

The asset kinds, association names and defence names are those of the threat language (``breachway.threats``); this module
knows none of them.  Every collection is sorted when the model is built, so that equal input gives equal bytes.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from breachway.evidence import Assumption, Evidence, Location, Unread


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset:
    """One thing that can be attacked, at template level: a workload is one asset however many replicas it has.

    ``id`` is stable and readable: the platform, the kind and the object's own names
    (``kubernetes:Container:shop/Deployment/web/app``); no counter, no line.  ``kind`` is an asset class of the threat language.
    ``boundary`` is the id of the asset that encloses this one (a container's workload, a workload's namespace, a namespace's
    cluster), empty at the outermost. ``facts`` are name and value pairs for display, such as ``("image", "nginx:1.25")``.
    ``seen_on`` are the names of the machines that a workload was seen running on, where the input shows it running.
    """

    id: str
    kind: str
    name: str
    platform: str
    evidence: tuple[Evidence, ...]
    boundary: str = ""
    replicas: int = 1
    facts: tuple[tuple[str, str], ...] = ()
    seen_on: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """An instance of an association of the threat language: ``left`` plays its left role, ``right`` its right role."""

    association: str
    left: str
    right: str
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DefenceState:
    """Whether a defence is in force on an asset: 1.0 yes, 0.0 no, between them where it rests on an assumption.

    ``weaknesses`` are the keys of the weaknesses whose absence this defence stands for.
    """

    asset: str
    defence: str
    probability: float
    evidence: tuple[Evidence, ...]
    weaknesses: tuple[str, ...] = ()
    assumption: str = ""


class Verdict(Enum):
    """What a weakness rule found on one asset."""

    WEAK = "weak"
    SAFE = "safe"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Weakness:
    """A weakness found (or not to be decided) on an asset; ``key`` is a key of the weakness catalogue.

    ``subject`` names the artefact's own object, as its platform would ("Deployment shop/web", "service web", "Dockerfile api").
    ``detail`` tells two weaknesses of one key on one asset apart (a variable name, a mount) and is part of the fingerprint.
    """

    key: str
    asset: str
    verdict: Verdict
    subject: str
    evidence: tuple[Evidence, ...]
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CrownJewel:
    """An asset worth protecting, the attack step that means its loss, and why it was chosen.  ``value`` is 1 (low) to 10."""

    asset: str
    step: str
    title: str
    value: int
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryPoint:
    """A place where an attacker of class ``actor`` (A1 to A5, mission.md) stands at the start, and the words for it."""

    actor: str
    asset: str
    step: str
    title: str
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentSummary:
    """What was read from one document: its label, its format and how many objects of which kind it gave."""

    document: str
    format: str
    kinds: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionRecord:
    """What the user decided about findings: those with ``fingerprint``, or those of weakness ``key`` on ``assets``.

    ``kind`` is accept, mitigate, transfer or false-positive; ``expires`` is an ISO date, empty for never.
    """

    kind: str
    fingerprint: str
    key: str
    assets: tuple[str, ...]
    owner: str
    reason: str
    expires: str
    evidence_fingerprint: str
    location: Location


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """Everything that is known about the deployment."""

    assets: tuple[Asset, ...] = ()
    links: tuple[Link, ...] = ()
    defences: tuple[DefenceState, ...] = ()
    weaknesses: tuple[Weakness, ...] = ()
    assumptions: tuple[Assumption, ...] = ()
    crown_jewels: tuple[CrownJewel, ...] = ()
    entry_points: tuple[EntryPoint, ...] = ()
    documents: tuple[DocumentSummary, ...] = ()
    unread: tuple[Unread, ...] = ()
    notes: tuple[str, ...] = ()
    decisions: tuple[DecisionRecord, ...] = ()
