"""The weaknesses of the model in the catalogue's words, with the ranked paths that use them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from breachway.analyses.assessment import Severity, WeaknessFinding
from breachway.analyses.decisions import decision_about
from breachway.analyses.fingerprints import evidence_fingerprint, fingerprint
from breachway.model import Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping

    from breachway.model import Model
    from breachway.threats.catalogue import WeaknessInfo

_ORDER = tuple(Severity)


def weakness_findings(
    model: Model, catalogue: Mapping[str, WeaknessInfo], used: Mapping[tuple[str, str], tuple[str, ...]], *, today: str
) -> tuple[WeaknessFinding, ...]:
    """Give the findings, those on ranked paths first, then by severity, key and asset.

    ``used`` gives the ids of the paths by (weakness key, asset id).  The fingerprint is that of key, asset and detail.
    """
    found = []
    for weakness in model.weaknesses:
        if weakness.verdict is Verdict.SAFE:
            continue
        info = catalogue.get(weakness.key)
        mark = fingerprint("weakness", weakness.key, weakness.asset, weakness.detail)
        seen = evidence_fingerprint(weakness.evidence)
        found.append(
            WeaknessFinding(
                key=weakness.key,
                title=info.title if info else weakness.key,
                sentence=info.sentence if info else "",
                fix=info.fix if info else "",
                stage=info.stage if info else "",
                severity=Severity(info.severity) if info else Severity.LOW,
                asset=weakness.asset,
                subject=weakness.subject,
                detail=weakness.detail,
                fingerprint=mark,
                unknown=weakness.verdict is Verdict.UNKNOWN,
                evidence=weakness.evidence,
                paths=used.get((weakness.key, weakness.asset), ()),
                decision=decision_about(
                    model.decisions, fingerprint=mark, key=weakness.key, asset=weakness.asset, evidence=seen, today=today
                ),
                evidence_fingerprint=seen,
            )
        )
    return tuple(
        sorted(found, key=lambda one: (not one.paths, one.unknown, _ORDER.index(one.severity), one.key, one.asset, one.detail))
    )
