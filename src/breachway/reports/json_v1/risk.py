"""Risk and security patterns as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

from breachway.analyses.risk import IMPACTS, LEVEL_FROM, LIKELIHOOD_FROM, LIKELIHOODS
from breachway.reports.simulation import CAUTION

if TYPE_CHECKING:
    from collections.abc import Callable

    from breachway.analyses.estimates import Estimate
    from breachway.analyses.patterns import PatternComponent, PatternControl
    from breachway.analyses.risk import Risk, Risks
    from breachway.evidence import Evidence
    from breachway.reports.json_text import Json


def risk_as_json(risks: Risks | None) -> dict[str, Json]:
    """The risk of every threat, the scale, and what the figures stand on; no samples and empty lists where none was drawn."""
    grounds = risks.grounds if risks is not None else None
    return {
        "samples": risks.samples if risks is not None else 0,
        "seed": risks.seed if risks is not None else 0,
        "horizon_days": risks.horizon if risks is not None else 0,
        "calibrated": False,
        "caution": CAUTION,
        "scale": {
            "likelihoods": [
                {"band": band, "name": name, "from": least}
                for band, (name, least) in enumerate(zip(LIKELIHOODS, LIKELIHOOD_FROM, strict=True), start=1)
            ],
            "impacts": [{"band": band, "name": name, "from": 2 * band - 1} for band, name in enumerate(IMPACTS, start=1)],
            "levels": [{"level": level.value, "from": least} for least, level in LEVEL_FROM],
        },
        "threats": [_threat(risk) for risk in risks.threats] if risks is not None else [],
        "times": [
            {"source": one.source, "distribution": one.distribution, "steps": one.steps, "passes": one.passes}
            for one in (grounds.times if grounds is not None else ())
        ],
        "assumptions": [one.id for one in (grounds.assumptions if grounds is not None else ())],
    }


def _threat(risk: Risk) -> Json:
    return {
        "id": risk.id,
        "actor": risk.actor,
        "asset": risk.asset,
        "step": risk.step,
        "title": risk.title,
        "value": risk.value,
        "impact": risk.impact,
        "likelihood": risk.likelihood,
        "likelihood_low": risk.likelihood_low,
        "likelihood_high": risk.likelihood_high,
        "score": risk.score,
        "level": risk.level.value,
        "within": _estimate(risk.within),
        "ever": _estimate(risk.ever),
        "curve": [{"days": round(days, 6), "probability": round(share, 6)} for days, share in risk.curve],
        "paths": risk.paths,
    }


def _estimate(estimate: Estimate) -> Json:
    return {"value": round(estimate.value, 6), "low": round(estimate.low, 6), "high": round(estimate.high, 6)}


def patterns_as_json(controls: tuple[PatternControl, ...], evidence: Callable[[tuple[Evidence, ...]], Json]) -> Json:
    """The controls of the four patterns with the components on which they are not sure to be in force."""
    return [
        {
            "pattern": control.pattern,
            "control": control.key,
            "threat": control.threat,
            "mitigation": control.mitigation,
            "in_place": control.in_place,
            "missing": control.missing,
            "components": [_component(one, evidence) for one in control.components],
        }
        for control in controls
    ]


def _component(one: PatternComponent, evidence: Callable[[tuple[Evidence, ...]], Json]) -> Json:
    return {
        "asset": one.asset,
        "name": one.name,
        "state": one.state,
        "probability": one.probability,
        "lacking": one.lacking,
        "unsure": one.unsure,
        "assumptions": one.assumptions,
        "paths": one.paths,
        "risks": one.risks,
        "level": one.level.value if one.level is not None else "",
        "evidence": evidence(one.evidence),
    }
