"""The risk section of the page: a matrix, each threat with its curve, and what the figures stand on; and the patterns."""

from __future__ import annotations

from math import log
from typing import TYPE_CHECKING, NamedTuple

from breachway.analyses.risk import IMPACTS, LIKELIHOOD_FROM, LIKELIHOODS, level_of
from breachway.reports.html.shapes import number
from breachway.reports.risks import PATTERN_TITLES, ground_words, within_words
from breachway.reports.simulation import CAUTION, percent
from breachway.reports.wording import duration

if TYPE_CHECKING:
    from breachway.analyses.assessment import Severity
    from breachway.analyses.grounds import TimeSource
    from breachway.analyses.patterns import PatternComponent, PatternControl
    from breachway.analyses.risk import Risk, Risks

THREATS_SHOWN, THREATS_LISTED = 12, 200
COMPONENTS_SHOWN = 25
IDS_SHOWN = 3
WIDTH, HEIGHT, MARGIN = 168, 40, 2
_TOLD = (1.0, 7.0)


class CellView(NamedTuple):
    """One cell of the matrix: its level, and the threats in it."""

    level: Severity
    ids: tuple[str, ...]
    hidden: int
    threats: int


class RowView(NamedTuple):
    """One likelihood of the matrix, with its bounds in words."""

    name: str
    bounds: str
    cells: tuple[CellView, ...]


class ThreatView(NamedTuple):
    """A threat with its curve: ``line`` and ``area`` are SVG path data, ``told`` the curve in words."""

    risk: Risk
    probability: str
    line: str
    area: str
    told: str


class RiskView(NamedTuple):
    """The whole section; ``times`` pairs each source with its share of the quickest ways, in per cent."""

    risks: Risks
    lead: str
    within: str
    caution: str
    rows: tuple[RowView, ...]
    impacts: tuple[tuple[str, str], ...]
    threats: tuple[ThreatView, ...]
    more: tuple[ThreatView, ...]
    hidden: int
    times: tuple[tuple[int, TimeSource], ...]


class ControlView(NamedTuple):
    """A control with the components shown; ``hidden`` counts those left out."""

    control: PatternControl
    components: tuple[PatternComponent, ...]
    hidden: int
    assumed: int


class PatternView(NamedTuple):
    """One security pattern: its controls, and on how many components they are missing, assumed and in place."""

    title: str
    controls: tuple[ControlView, ...]
    missing: int
    assumed: int
    in_place: int


def risk_view(risks: Risks | None) -> RiskView | None:
    """The risk section; None where nothing was simulated."""
    if risks is None:
        return None
    views = tuple(_threat(risk, risks.horizon) for risk in risks.threats[:THREATS_LISTED])
    total = sum(source.passes for source in risks.grounds.times) or 1
    return RiskView(
        risks=risks,
        lead=ground_words(risks),
        within=within_words(risks),
        caution=CAUTION,
        rows=tuple(_row(risks, band) for band in range(len(LIKELIHOODS), 0, -1)),
        impacts=tuple((name, f"value {2 * band - 1} to {2 * band}") for band, name in enumerate(IMPACTS, start=1)),
        threats=views[:THREATS_SHOWN],
        more=views[THREATS_SHOWN:],
        hidden=len(risks.threats) - len(views),
        times=tuple((round(100 * source.passes / total), source) for source in risks.grounds.times),
    )


def _row(risks: Risks, band: int) -> RowView:
    least = LIKELIHOOD_FROM[band - 1]
    most = LIKELIHOOD_FROM[band] if band < len(LIKELIHOOD_FROM) else 1.0
    cells = []
    for impact in range(1, len(IMPACTS) + 1):
        ids = tuple(risk.id for risk in risks.threats if (risk.likelihood, risk.impact) == (band, impact))
        cells.append(CellView(level_of(band * impact), ids[:IDS_SHOWN], max(len(ids) - IDS_SHOWN, 0), len(ids)))
    bounds = f"under {100 * most:g} %" if band == 1 else f"{100 * least:g} to {100 * most:g} %"
    return RowView(LIKELIHOODS[band - 1], bounds, tuple(cells))


def _threat(risk: Risk, horizon: float) -> ThreatView:
    """The curve by the logarithm of time, so that the first hours show as well as the last weeks."""
    first, last = risk.curve[0][0], risk.curve[-1][0]
    points = [
        (
            MARGIN + (WIDTH - 2 * MARGIN) * log(days / first) / log(last / first),
            HEIGHT - MARGIN - (HEIGHT - 2 * MARGIN) * share,
        )
        for days, share in risk.curve
    ]
    line = "M" + "L".join(f"{number(x)} {number(y)}" for x, y in points)
    floor = HEIGHT - MARGIN
    area = f"{line}L{number(points[-1][0])} {floor}L{number(points[0][0])} {floor}Z"
    told = [f"{_by(risk, days)} within {duration(days).removeprefix('about ')}" for days in _TOLD if days < horizon]
    return ThreatView(
        risk, percent(risk.within), line, area, ", ".join((*told, f"{percent(risk.within)} within {horizon:g} days"))
    )


def _by(risk: Risk, days: float) -> str:
    share = max((share for when, share in risk.curve if when <= days), default=0.0)
    return f"{100 * share:.0f} %"


def pattern_views(controls: tuple[PatternControl, ...]) -> tuple[PatternView, ...]:
    """The patterns that concern a component of the model, each with its controls."""
    found = []
    for pattern, title in PATTERN_TITLES.items():
        views = tuple(
            ControlView(
                control,
                control.components[:COMPONENTS_SHOWN],
                max(len(control.components) - COMPONENTS_SHOWN, 0),
                len(control.components) - control.missing,
            )
            for control in controls
            if control.pattern == pattern
        )
        if views:
            found.append(
                PatternView(
                    title,
                    views,
                    sum(view.control.missing for view in views),
                    sum(view.assumed for view in views),
                    sum(view.control.in_place for view in views),
                )
            )
    return tuple(found)
