"""What a scanner found in an image, whatever scanner it was."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from breachway.evidence import Location


class Severity(IntEnum):
    """How bad the scanner rates a vulnerability; UNRATED where it does not say."""

    UNRATED = 0
    NEGLIGIBLE = 1
    LOW = 2
    MEDIUM = 3
    HIGH = 4
    CRITICAL = 5


class Vulnerability(NamedTuple):
    """A vulnerability of one package; ``fixed`` is the version without it, empty where there is none.

    ``score`` is the highest CVSS base score in the report, 0 where it has none.
    """

    id: str
    package: str
    installed: str
    fixed: str
    severity: Severity
    score: float
    location: Location


class ScannedSecret(NamedTuple):
    """A credential that the scanner found in a file of the image; its value is not kept."""

    title: str
    path: str
    line: int
    location: Location


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageScan:
    """The report of one scanner on one image.

    ``references`` are the names of the image, ``digests`` those of its manifests and configuration.  ``packages`` tells whether
    packages were looked at: only then do no vulnerabilities mean that none is known.  ``ended`` is the distribution that the
    scanner calls past its end of life, empty where it does not, at ``ended_location``.
    """

    document: str
    location: Location
    scanner: str
    references: tuple[str, ...]
    digests: tuple[str, ...]
    packages: bool
    vulnerabilities: tuple[Vulnerability, ...] = ()
    secrets: tuple[ScannedSecret, ...] = ()
    ended: str = ""
    ended_location: Location | None = None
