from __future__ import annotations

from dataclasses import replace

import pytest

from breachway.analyses.assess import assess
from breachway.analyses.decisions import decision_about
from breachway.analyses.fingerprints import evidence_fingerprint, fingerprint
from breachway.evidence import Basis, Evidence, Location
from breachway.model import DecisionRecord
from tests.analyses.shop import link, seen, shop, shop_language

PLAIN = DecisionRecord(
    kind="accept",
    fingerprint="",
    key="psa-not-enforced",
    assets=(),
    owner="the platform team",
    reason="until spring",
    expires="",
    evidence_fingerprint="",
    location=Location("breachway.yaml", "", 3, 1),
)


@pytest.mark.parametrize(
    "decision,words",
    [
        (PLAIN, "accepted by the platform team: until spring"),
        (replace(PLAIN, kind="mitigate"), "to be mitigated by the platform team: until spring"),
        (replace(PLAIN, assets=("k:Namespace:shop",)), "accepted by the platform team: until spring"),
        (replace(PLAIN, assets=("k:Namespace:other",)), ""),
        (replace(PLAIN, key="other"), ""),
        (replace(PLAIN, fingerprint="abc", key=""), "accepted by the platform team: until spring"),
        (replace(PLAIN, fingerprint="abd"), ""),
        (replace(PLAIN, expires="2030-01-01"), "accepted by the platform team: until spring"),
        (replace(PLAIN, expires="2029-12-31"), ""),
        (replace(PLAIN, evidence_fingerprint="seen"), "accepted by the platform team: until spring"),
        (replace(PLAIN, evidence_fingerprint="else"), ""),
    ],
)
def test_a_decision_holds_for_what_it_names_while_it_lasts(decision: DecisionRecord, words: str) -> None:
    found = decision_about(
        (decision,), fingerprint="abc", key="psa-not-enforced", asset="k:Namespace:shop", evidence="seen", today="2030-01-01"
    )
    assert found == words


def test_decisions_reach_the_assessment() -> None:
    model = shop()
    first = assess(model, shop_language()).paths[0]
    decided = replace(model, decisions=(PLAIN, replace(PLAIN, fingerprint=first.fingerprint, key="")))
    done = assess(decided, shop_language(), today="2030-01-01")
    assert done.paths[0].decision == "accepted by the platform team: until spring"
    assert [weak.key for weak in done.weaknesses if weak.decision] == ["psa-not-enforced"]


def test_evidence_fingerprints_know_values_and_not_lines() -> None:
    one, moved, other = seen("privileged: true", 3), seen("privileged: true", 9), seen("privileged: false", 3)
    assert evidence_fingerprint(one) == evidence_fingerprint(moved)
    assert evidence_fingerprint(one) != evidence_fingerprint(other)
    assumed = (Evidence(one[0].location, Basis.ASSUMED, one[0].note),)
    assert evidence_fingerprint(one) != evidence_fingerprint(assumed)
    assert fingerprint("ab", "c") != fingerprint("a", "bc")
    assert len(fingerprint("x")) == 16


def test_a_flow_of_several_openings_keeps_only_the_protection_of_all() -> None:
    model = shop()
    second = replace(next(one for one in model.assets if one.kind == "Exposure"), id="k:Exposure:again")
    links = (
        *model.links,
        replace(link("Publishes", "Exposure:again", "Application:web")),
        replace(link("Exposes", "x", "Exposure:again"), left="internet"),
    )
    done = assess(replace(model, assets=(*model.assets, second), links=links), shop_language())
    (row,) = [row for row in done.flows if row.source == "internet"]
    assert row.protection == ""
    closed = tuple(replace(one, probability=1.0) if one.defence == "notPublic" else one for one in model.defences)
    assert not [row for row in assess(replace(model, defences=closed), shop_language()).flows if row.source == "internet"]
