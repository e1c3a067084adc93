"""The report as one HTML file: it works from disk, loads nothing, runs only our own script, and needs none to be read."""

from __future__ import annotations

import base64
import hashlib
from importlib import resources
from typing import TYPE_CHECKING

from jinja2 import DictLoader, Environment, StrictUndefined
from markupsafe import Markup

from breachway.reports import wording
from breachway.reports.escaping import visible
from breachway.reports.html import views
from breachway.reports.html.glossary import GLOSSARY
from breachway.reports.html.risk import pattern_views, risk_view
from breachway.reports.html.shapes import number
from breachway.reports.html.tenancy import tenancy_view
from breachway.reports.risks import risk_of, risk_words

if TYPE_CHECKING:
    from breachway.analyses.assessment import Assessment

_FILES = ("report.html.j2", "drawing.html.j2", "sections.html.j2", "tenancy.html.j2", "risk.html.j2")


def render(assessment: Assessment) -> str:
    """The whole page.  Everything that comes from an artefact is escaped by the template engine, and shown on one line."""
    room = resources.files(__name__)
    read = {name: room.joinpath(name).read_text("utf-8") for name in (*_FILES, "style.css", "script.js")}
    environment = _environment({name: read[name] for name in _FILES})
    places = views.places_of(assessment)
    wide, narrow = views.maps(assessment, places)
    page = environment.get_template("report.html.j2").render(
        assessment=assessment,
        model=assessment.model,
        places=places,
        map_wide=wide,
        map_narrow=narrow,
        paths=views.path_views(assessment),
        groups=views.component_groups(assessment, places),
        weaknesses=views.weakness_bands(views.weakness_groups(assessment)),
        exposed=any(route.role == "exposure" for route in wide.routes),
        assumptions=views.assumption_views(assessment),
        techniques=views.technique_views(assessment),
        tenancy=tenancy_view(assessment.tenancy),
        risk=risk_view(assessment.risks),
        patterns=pattern_views(assessment.patterns),
        glossary=GLOSSARY,
        style=_raw(read["style.css"]),
        script=_raw(read["script.js"]),
        style_hash=_csp_hash(read["style.css"]),
        script_hash=_csp_hash(read["script.js"]),
    )
    return page if page.endswith("\n") else page + "\n"


def _environment(templates: dict[str, str]) -> Environment:
    environment = Environment(
        loader=DictLoader(templates),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
        finalize=_finalized,
    )
    environment.filters.update(
        article=wording.indefinite,
        basis=wording.basis_words,
        breakable=_breakable,
        duration=wording.duration,
        kind=wording.kind_words,
        merged=views.merged,
        places=views.places_in,
        listed=lambda items, last="and": wording.listed(tuple(items), last),
        mark=wording.severity_mark,
        n=number,
        place=wording.place,
        stride=wording.stride_words,
    )
    environment.globals.update(
        count=wording.count,
        headline=wording.headline,
        needs=wording.needs_words,
        remedy=wording.remedy,
        risk_of=risk_of,
        risk_words=risk_words,
        severities=wording.SEVERITIES,
        worst_goal=wording.worst_goal,
        worst_path=wording.worst_path,
    )
    return environment


def _finalized(value: object) -> object:
    """What an expression of the template gives: our own markup as it is, any other text with its control characters visible."""
    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _breakable(text: str) -> Markup:
    """A path that a narrow column may break after each slash."""
    return Markup("/<wbr>").join(visible(part) for part in text.split("/"))


def _raw(text: str) -> Markup:
    """Our own style sheet or script, which holds nothing from outside."""
    return Markup(text)  # noqa: S704 - a file of this package


def _csp_hash(text: str) -> str:
    """The source expression by which a Content-Security-Policy allows exactly this inline text."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode('ascii')}"
