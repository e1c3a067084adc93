"""Fingerprints: short, stable names of findings.  They hold ids and names, never a line: reformatting a file changes none."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from breachway.evidence import Evidence

_LENGTH = 16


def fingerprint(*parts: str) -> str:
    """Give 16 hexadecimal digits for a sequence of parts; how the parts are divided counts."""
    return sha256("".join(f"{len(part)}:{part}" for part in parts).encode("utf-8", "surrogatepass")).hexdigest()[:_LENGTH]


def evidence_fingerprint(evidence: Iterable[Evidence]) -> str:
    """Give the fingerprint of what evidence says and in which document; it changes when a value does, not when lines move."""
    parts = sorted({(item.location.document, item.location.pointer, item.basis.value, item.note) for item in evidence})
    return fingerprint(*(word for part in parts for word in part))
