"""Rules over the report of a scanner: which vulnerabilities count, and what they mean for what listens."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from breachway.evidence import Basis, Evidence
from breachway.mapping.containers.grounds import Finding, observed
from breachway.mapping.containers.image_contents import BakedSecret, Judged
from breachway.sources.scans.objects import Severity

if TYPE_CHECKING:
    from breachway.sources.scans.objects import ImageScan, Vulnerability

KEY = "image-known-vulnerabilities"
_SHOWN = 5
_MOST_SECRETS = 200
_NOT_RUN = ("kernel-headers", "linux-headers", "linux-image", "linux-libc-dev", "linux-modules")
"""Packages of a kernel: a container runs on the kernel of its host, never on these."""


class JudgedScan(NamedTuple):
    """What the rules say of one report; see :class:`ImageContent` for the fields."""

    patched: Finding | None
    weaknesses: tuple[Judged, ...]
    secrets: tuple[BakedSecret, ...]


def judge_scan(scan: ImageScan) -> JudgedScan:
    """Judge what a scanner found.

    A vulnerability rated high or critical counts as exploitable: whether the flawed code is reached is not in the report.  Those
    rated lower seldom give an attacker the process, and do not.  Unrated ones leave the question open.
    """
    counted = sorted(
        (item for item in scan.vulnerabilities if not item.package.startswith(_NOT_RUN)),
        key=lambda item: (-item.severity, -item.score, item.id, item.package),
    )
    grave = [item for item in counted if item.severity >= Severity.HIGH]
    weaknesses: list[Judged] = []
    patched: Finding | None = None
    if grave:
        evidence = (*(_evidence(item) for item in grave[:_SHOWN]), *_others(scan, len(grave)))
        weaknesses.append(Judged(KEY, evidence))
        patched = Finding(0.0, evidence, (KEY,))
    elif scan.packages and all(item.severity is not Severity.UNRATED for item in counted):
        note = f"{scan.scanner} knows of no vulnerability rated high or critical in the image"
        lower = f" ({len(counted)} rated lower)" if counted else ""
        patched = Finding(1.0, observed(scan.location, note + lower), (KEY,))
    if scan.ended and scan.ended_location is not None:
        note = f"{scan.scanner}: {scan.ended} gets no more fixes"
        weaknesses.append(Judged("image-base-eol", observed(scan.ended_location, note)))
    return JudgedScan(patched, tuple(weaknesses), _secrets(scan))


def _evidence(item: Vulnerability) -> Evidence:
    fix = f"fixed in {item.fixed}" if item.fixed else "no fix is out"
    package = f"{item.package} {item.installed}".strip()
    note = f"{item.id}, {item.severity.name.lower()}, in {package}: {fix}; whether it is reached is not known"
    return Evidence(item.location, Basis.OBSERVED, note)


def _others(scan: ImageScan, number: int) -> tuple[Evidence, ...]:
    more = number - _SHOWN
    return observed(scan.location, f"and {more} more rated high or critical") if more > 0 else ()


def _secrets(scan: ImageScan) -> tuple[BakedSecret, ...]:
    found: dict[str, BakedSecret] = {}
    for item in scan.secrets[:_MOST_SECRETS]:
        path = "/" + item.path.lstrip("/")
        line = f", line {item.line}" if item.line else ""
        evidence = observed(item.location, f"{scan.scanner} finds in {path}{line}: {item.title}")
        found.setdefault(path, BakedSecret("secret-in-image-layer", path, evidence, visible=True))
    return tuple(found.values())
