"""What ``breachway.yaml`` has decided about a finding, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from breachway.model import DecisionRecord

_WORDS = {
    "accept": "accepted by {}: {}",
    "mitigate": "to be mitigated by {}: {}",
    "transfer": "transferred by {}: {}",
    "false-positive": "a false positive, says {}: {}",
}


def decision_about(
    decisions: Iterable[DecisionRecord], *, fingerprint: str, key: str = "", asset: str = "", evidence: str, today: str
) -> str:
    """Give the words of the first decision in force about a finding; empty while it is open.

    A decision names a fingerprint, or a weakness key and perhaps assets.  It ends after its day (``today`` is an ISO date;
    empty: no day has passed) and when it was made on other evidence than ``evidence``, a fingerprint.
    """
    for decision in decisions:
        named = decision.fingerprint == fingerprint if decision.fingerprint else bool(key) and decision.key == key
        placed = not decision.assets or asset in decision.assets
        valid = not (decision.expires and today and decision.expires < today)
        same = decision.evidence_fingerprint in ("", evidence)
        if named and placed and valid and same:
            return _WORDS.get(decision.kind, "decided by {}: {}").format(decision.owner, decision.reason)
    return ""
