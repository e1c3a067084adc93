"""Places of evidence as SARIF locations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from breachway.evidence import LIVE
from breachway.reports.escaping import uri_path

if TYPE_CHECKING:
    from breachway.evidence import Location
    from breachway.reports.json_text import Json

SOURCE_ROOT = "%SRCROOT%"


def location(where: Location, *, message: str = "", asset: str = "") -> dict[str, Json]:
    """A SARIF location: the document, its line where one is known, and the asset as logical location.

    What rests on no document at all ("every deployment has an outside") has a logical location alone.
    """
    if not where.document:
        return {**({"logicalLocations": logical(asset)} if asset else {}), **({"message": {"text": message}} if message else {})}
    artefact = _artefact(where.document)
    physical: dict[str, Json] = {"artifactLocation": artefact}
    if where.line > 0:
        column: dict[str, Json] = {"startColumn": where.column} if where.column > 0 else {}
        physical["region"] = {"startLine": where.line, **column}
    found: dict[str, Json] = {"physicalLocation": physical}
    if asset:
        found["logicalLocations"] = logical(asset)
    if message:
        found["message"] = {"text": message}
    return found


def _artefact(document: str) -> dict[str, Json]:
    """A file below the root of the sources, or what has a place of its own: a file elsewhere, an object of a live cluster."""
    if document.startswith(LIVE):
        return {"uri": LIVE + uri_path(document.removeprefix(LIVE))}
    uri = uri_path(document)
    return {"uri": uri} if uri.startswith("file:") else {"uri": uri, "uriBaseId": SOURCE_ROOT}


def logical(asset: str) -> list[Json]:
    """An asset as SARIF's logical location."""
    return [{"fullyQualifiedName": asset, "kind": "resource"}]
