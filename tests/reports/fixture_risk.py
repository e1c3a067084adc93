"""Risks and patterns of the shop: every level, a curve that is flat, one threat without a ranked path, and hostile names."""

from __future__ import annotations

from breachway.analyses.assessment import Severity
from breachway.analyses.estimates import proportion
from breachway.analyses.grounds import AssumptionInPlay, Grounds, TimeSource
from breachway.analyses.patterns import PatternComponent, PatternControl
from breachway.analyses.risk import Risk, Risks, impact_band, level_of, likelihood_band

from .fixture_assets import ACCOUNT, CHECKOUT, CLUSTER, HOSTILE, HOSTILE_WORKLOAD, ORDERS_DATA, PAYMENTS, seen

SAMPLES = 2048


def _risk(number: int, actor: tuple[str, str], asset: str, title: str, value: int, hits: int, paths: tuple[str, ...]) -> Risk:
    within = proportion(hits, SAMPLES)
    likelihood, impact = likelihood_band(within.value), impact_band(value)
    return Risk(
        id=f"R{number}",
        actor=actor[0],
        actor_title=actor[1],
        asset=asset,
        step="read",
        title=title,
        value=value,
        impact=impact,
        likelihood=likelihood,
        likelihood_low=likelihood_band(within.low),
        likelihood_high=likelihood_band(within.high),
        level=level_of(likelihood * impact),
        within=within,
        ever=proportion(min(hits + 100, SAMPLES), SAMPLES),
        curve=tuple((1 / 24 * 720 ** (at / 5), within.value * at / 5) for at in range(6)),
        paths=paths,
    )


_EXTERNAL, _INTERNAL = ("A1", "External attacker"), ("A2", "Internal attacker")

RISKS = Risks(
    threats=(
        _risk(1, _EXTERNAL, CLUSTER.id, "cluster admin", 10, 1400, ("P1",)),
        _risk(2, _INTERNAL, CLUSTER.id, "cluster admin", 10, 1340, ("P3",)),
        _risk(3, _EXTERNAL, PAYMENTS.id, "Secret shop/payments", 7, 700, ("P2",)),
        _risk(4, _INTERNAL, ORDERS_DATA.id, "volume shop/orders-data", 5, 300, ("P4",)),
        _risk(5, ("A3", "Malicious insider"), ACCOUNT.id, "cloud account 111122223333", 3, 30, ("P5",)),
        _risk(6, ("A5", "Application process"), HOSTILE, HOSTILE, 1, 0, ()),
    ),
    samples=SAMPLES,
    seed=0,
    horizon=30.0,
    grounds=Grounds(
        (
            TimeSource("TFA-23: an attacker in the cloud acts within ten minutes", "Exponential(144)", 9, 6300),
            TimeSource("Judgement: a merge is built within the day", "Exponential(1)", 2, 700),
        ),
        (AssumptionInPlay("control-plane-shared", "pods of shop run on pool default", "pool default", 0.9, "a cluster has one"),),
    ),
)

PATTERNS = (
    PatternControl(
        pattern="authorization",
        key="stolen-root-stays-inside",
        threat="Stolen privileged credentials in a container are root on the host",
        mitigation="map root to nobody by a user namespace",
        in_place=3,
        components=(
            PatternComponent(
                asset=CHECKOUT.id,
                name="checkout",
                kind="Container",
                state="missing",
                probability=0.0,
                lacking=("root inside is nobody outside",),
                unsure=("the process is not root",),
                assumptions=("control-plane-shared",),
                paths=("P1",),
                risks=("R1",),
                level=Severity.CRITICAL,
                evidence=(seen("k8s/checkout.yaml", 31, "hostUsers is not set"),),
            ),
            PatternComponent(
                asset=HOSTILE_WORKLOAD.id,
                name=HOSTILE,
                kind="Container",
                state="assumed",
                probability=0.5,
                lacking=(),
                unsure=(HOSTILE,),
                assumptions=("control-plane-shared",),
                paths=(),
                risks=(),
                level=None,
                evidence=(),
            ),
        ),
    ),
    PatternControl(
        pattern="secure-storage",
        key="secrets-are-encrypted",
        threat="A disk, snapshot or backup of the store gives up its secrets",
        mitigation="encrypt at rest by a key that is kept elsewhere",
        in_place=2,
        components=(),
    ),
)
