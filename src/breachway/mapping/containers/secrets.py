"""Secrets as assets: where their values stand, and who learns them there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from breachway.mapping.containers.grounds import Belief, Finding, believe, observed, settle
from breachway.model import CrownJewel

if TYPE_CHECKING:
    from collections.abc import Mapping

    from breachway.evidence import Evidence, Location
    from breachway.mapping.building import ModelBuilder

DEFENCES = ("encryptedAtRest", "notInConfiguration", "notInImage", "notInRepository", "notInSpecification")
_SAFE = {
    "encryptedAtRest": "no store of an orchestrator keeps it unencrypted",
    "notInConfiguration": "no configuration object holds it",
    "notInImage": "no image in the input holds it",
    "notInRepository": "no file in the input holds its value",
    "notInSpecification": "no specification of a workload holds its value",
}
CHANGES_REVIEWED = Belief(
    "changes-reviewed",
    "a change to the repository is reviewed by somebody else before it is built or deployed",
    0.5,
    "the rules of the repository are not in the input: even odds",
    "repositories that hold the artefacts",
)
NOT_COMMITTED = Belief(
    "secret-file-not-committed",
    "files with credentials that builds and projects use are kept out of the repository",
    0.6,
    "they are mostly ignored by Git, and often enough not; Git's history is not in the input",
    "files with credentials beside the artefacts",
)
_JEWEL_VALUE = 7


def map_secret(
    builder: ModelBuilder,
    secret: str,
    name: str,
    *,
    platform: str,
    evidence: tuple[Evidence, ...],
    boundary: str,
    exposed: Mapping[str, Finding],
    title: str = "",
) -> str:
    """Add a secret with every defence set: those of ``exposed`` by their finding, the others on.

    A ``title`` that is not empty makes it a crown jewel.
    """
    builder.asset("Secret", secret, name, platform=platform, evidence=evidence, boundary=boundary)
    location = evidence[0].location
    settle(builder, secret, {key: exposed.get(key) or Finding(1.0, observed(location, _SAFE[key])) for key in DEFENCES})
    if title:
        builder.crown_jewel(CrownJewel(asset=secret, step="read", title=title, value=_JEWEL_VALUE, evidence=evidence))
    return secret


def folder_of(document: str) -> str:
    """The folder of a document's label, ``.`` for one without a folder."""
    return document.rpartition("/")[0] or "."


def map_repository(builder: ModelBuilder, document: str, location: Location) -> str:
    """Add the repository that a document is kept in, told by its folder, with its defence."""
    folder = folder_of(document)
    repository = f"source:SourceRepository:{folder}"
    if not builder.has(repository):
        found = observed(location, f"the artefacts in {folder}")
        name = "this repository" if folder == "." else folder
        builder.asset("SourceRepository", repository, name, platform="source", evidence=found)
        settle(builder, repository, {"changesReviewed": believe(builder, CHANGES_REVIEWED, location)})
    return repository
