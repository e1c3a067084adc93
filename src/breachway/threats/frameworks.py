"""Public frameworks that steps refer to.

ATT&CK, Microsoft's matrix for Kubernetes, OWASP's Docker threats, STRIDE, TTC sources.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from breachway.threats.tables import read_table

STRIDE = {
    "S": "Spoofing",
    "T": "Tampering",
    "R": "Repudiation",
    "I": "Information disclosure",
    "D": "Denial of service",
    "E": "Elevation of privilege",
}
"""The letters of STRIDE."""

OWASP_DOCKER = {
    "T1": "Container escape",
    "T2": "Other containers over the network",
    "T3": "The orchestrator over the network",
    "T4": "The host over the network",
    "T5": "Other resources over the network",
    "T6": "Starvation of resources",
    "T7": "Compromise of the host",
    "T8": "Integrity of images",
    "D01": "Secure user mapping",
    "D02": "Patch management strategy",
    "D03": "Network segmentation and firewalling",
    "D04": "Secure defaults and hardening",
    "D05": "Maintain security contexts",
    "D06": "Protect secrets",
    "D07": "Resource protection",
    "D08": "Container image integrity and origin",
    "D09": "Follow immutable paradigm",
    "D10": "Logging",
}
"""The threats (T) and controls (D) of the OWASP Docker Security project."""

_MISSION_ROWS = {"A": 5, "B": 3, "C": 10, "E": 12, "F": 4, "G": 5, "H": 6, "I": 6, "J": 4}
MISSION_ROWS = frozenset(f"{letter}{number}" for letter, last in _MISSION_ROWS.items() for number in range(1, last + 1))
"""The rows of the list of what Breachway covers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameworkTechnique:
    """A technique of a public matrix.  ``in_matrix`` is false for ATT&CK techniques outside the Containers matrix."""

    id: str
    name: str
    tactics: tuple[str, ...]
    in_matrix: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TtcSource:
    """Where a time to compromise comes from; ``checked`` is "read", "secondary" or "recalled"."""

    id: str
    figure: str
    quantity: str
    year: int
    publisher: str
    checked: str


def _tactics(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(";"))


@cache
def attack_techniques() -> tuple[FrameworkTechnique, ...]:
    """Give the ATT&CK techniques that steps may name, sorted by id."""
    return tuple(
        FrameworkTechnique(id=row["id"], name=row["name"], tactics=_tactics(row["tactics"]), in_matrix=row["containers"] == "yes")
        for row in read_table("attack_techniques.tsv")
    )


@cache
def microsoft_techniques() -> tuple[FrameworkTechnique, ...]:
    """Give the techniques of Microsoft's threat matrix for Kubernetes, sorted by id."""
    return tuple(
        FrameworkTechnique(id=row["id"], name=row["name"], tactics=_tactics(row["tactics"]), in_matrix=True)
        for row in read_table("microsoft_matrix.tsv")
    )


@cache
def ttc_sources() -> tuple[TtcSource, ...]:
    """Give the sources of times to compromise, in the order of the table."""
    return tuple(
        TtcSource(
            id=row["id"],
            figure=row["figure"],
            quantity=row["quantity"],
            year=int(row["year"]),
            publisher=row["publisher"],
            checked=row["checked"],
        )
        for row in read_table("ttc_sources.tsv")
    )


@cache
def unmodelled_techniques() -> dict[str, str]:
    """Give why a technique of a matrix has no step, by its id; treat the mapping as read-only."""
    return {row["id"]: row["reason"] for row in read_table("unmodelled_techniques.tsv")}
