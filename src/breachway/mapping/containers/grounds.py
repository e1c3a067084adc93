"""Why a defence stands or falls: small makers of evidence, and the finding that a rule hands to the builder."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from breachway.evidence import Assumption, Basis, Evidence
from breachway.model import Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping

    from breachway.evidence import Location
    from breachway.mapping.building import ModelBuilder


def observed(location: Location, note: str) -> tuple[Evidence, ...]:
    """The artefact says so, at ``location``."""
    return (Evidence(location, Basis.OBSERVED, note),)


def defaulted(location: Location, note: str, source: str) -> tuple[Evidence, ...]:
    """The artefact is silent; ``source`` names the documentation of what silence means."""
    return (Evidence(location, Basis.DEFAULTED, note, source),)


def assumed(location: Location, note: str, assumption: str) -> tuple[Evidence, ...]:
    """Nothing says so; ``assumption`` is the id of what is taken to be so."""
    return (Evidence(location, Basis.ASSUMED, note, assumption),)


class Finding(NamedTuple):
    """The state of one defence: ``probability`` that it is in force (0 or 1 where known), and why.

    ``keys`` are the weaknesses whose absence the defence stands for.  ``assumption`` is the id of what an unknown state rests on.
    """

    probability: float
    evidence: tuple[Evidence, ...]
    keys: tuple[str, ...] = ()
    assumption: str = ""


def settle(builder: ModelBuilder, asset: str, findings: Mapping[str, Finding]) -> None:
    """Set the defences of one asset, each by its finding."""
    for name, finding in findings.items():
        builder.defence(
            asset, name, finding.probability, finding.evidence, weaknesses=finding.keys, assumption=finding.assumption
        )


def weak(builder: ModelBuilder, key: str, asset: str, evidence: tuple[Evidence, ...], *, subject: str, detail: str = "") -> None:
    """Record a weakness that was found; the rule sets by itself the defences that it takes away, by :func:`settle`."""
    builder.judge(key, asset, Verdict.WEAK, evidence, subject=subject, detail=detail, defences=())


def doubtful(
    builder: ModelBuilder, key: str, asset: str, evidence: tuple[Evidence, ...], *, subject: str, detail: str = ""
) -> None:
    """Record a weakness that cannot be decided; as with :func:`weak`, the rule sets the defences."""
    builder.judge(key, asset, Verdict.UNKNOWN, evidence, subject=subject, detail=detail, defences=())


class Belief(NamedTuple):
    """An assumption before it is tied to a place: see :class:`breachway.evidence.Assumption` for the fields."""

    id: str
    statement: str
    probability: float
    rationale: str
    subject: str
    defence_on: bool = True

    @property
    def in_force(self) -> float:
        """The probability that the defence which hangs on this is in force."""
        return self.probability if self.defence_on else 1.0 - self.probability


UNSET_VARIABLE = Belief(
    "unset-variable",
    "a setting that hangs on a variable without a value turns out safe",
    0.5,
    "nothing in the files gives these variables a value: even odds",
    "variables that the files leave unset",
)
"""Shared by every platform whose files are filled in when they are used."""


def believe(builder: ModelBuilder, belief: Belief, location: Location, note: str = "", keys: tuple[str, ...] = ()) -> Finding:
    """State the assumption in the model and give the finding that rests on it."""
    evidence = assumed(location, note or f"not known: {belief.statement} (taken as {belief.probability:g})", belief.id)
    if not builder.assumes(belief.id):
        builder.assume(
            Assumption(
                id=belief.id,
                statement=belief.statement,
                probability=belief.probability,
                rationale=belief.rationale,
                subject=belief.subject,
                defence_on=belief.defence_on,
                evidence=evidence,
            )
        )
    return Finding(belief.in_force, evidence, keys, belief.id)


def sibling_id(asset_id: str, kind: str, *suffix: str) -> str:
    """The id of an asset that belongs to ``asset_id``: same platform and names, class ``kind``, further names after a colon."""
    platform, _, names = asset_id.split(":", 2)
    return ":".join((platform, kind, names, *suffix))
