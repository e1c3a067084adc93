"""The report as JSON, version 1: flat lists with stable ids, for whoever scripts it.

``schema.json`` beside this module is its published JSON Schema.  A member is never null: what is unknown is an empty string or
list.  Within version 1, members are only ever added.
"""

from __future__ import annotations

import json
from collections import Counter
from importlib import resources
from typing import TYPE_CHECKING, cast

from breachway.reports.boundaries import boundaries
from breachway.reports.json_text import Json, document
from breachway.reports.json_v1.risk import patterns_as_json, risk_as_json
from breachway.reports.json_v1.tenancy import tenancy_as_json
from breachway.reports.wording import SEVERITIES, headline

if TYPE_CHECKING:
    from breachway.analyses.assessment import ActorReach, Assessment, AttackPath, Fix, WeaknessFinding
    from breachway.evidence import Evidence, Location
    from breachway.model import Model

SCHEMA = "breachway.report/1"


def render(assessment: Assessment) -> str:
    """The whole assessment as one JSON document."""
    model = assessment.model
    value: dict[str, Json] = {
        "schema": SCHEMA,
        "tool": {
            "name": "breachway",
            "version": assessment.version,
            "language": assessment.language.id,
            "language_version": assessment.language.version,
        },
        "summary": _summary(assessment),
        "size": {"assets": assessment.size.assets, "steps": assessment.size.steps, "edges": assessment.size.edges},
        "actors": [_actor(actor) for actor in assessment.actors],
        "paths": [path_as_json(path) for path in assessment.paths],
        "fixes": [_fix(fix) for fix in assessment.fixes],
        "fix_set": {"fixes": assessment.fix_set, "verified": assessment.fix_set_verified},
        "choke_points": [
            {"asset": point.asset, "asset_name": point.asset_name, "step": point.step, "title": point.title, "paths": point.paths}
            for point in assessment.choke_points
        ],
        "weaknesses": [_weakness(item) for item in assessment.weaknesses],
        "flows": [
            {
                "source": flow.source,
                "target": flow.target,
                "ports": flow.ports,
                "protection": flow.protection,
                "boundaries": flow.boundaries,
                "evidence": evidence_as_json(flow.evidence),
            }
            for flow in assessment.flows
        ],
        "assumptions": [
            {
                "id": item.id,
                "statement": item.statement,
                "probability": item.probability,
                "rationale": item.rationale,
                "subject": item.subject,
                "defence_on": item.defence_on,
                "paths": [path.id for path in assessment.paths if item.id in path.assumptions],
                "evidence": evidence_as_json(item.evidence),
            }
            for item in model.assumptions
        ],
        "boundaries": _boundaries(assessment),
        "tenancy": tenancy_as_json(assessment.tenancy, path_as_json, evidence_as_json),
        "risk": risk_as_json(assessment.risks),
        "patterns": patterns_as_json(assessment.patterns, evidence_as_json),
        **_model(model),
    }
    return document(value)


def report_schema() -> dict[str, object]:
    """The published JSON Schema (draft 2020-12) of what :func:`render` writes."""
    text = resources.files(__name__).joinpath("schema.json").read_text("utf-8")
    return cast("dict[str, object]", json.loads(text))


def _summary(assessment: Assessment) -> Json:
    counts = Counter(item.severity for item in assessment.weaknesses if not item.unknown)
    paths = Counter(path.severity for path in assessment.paths)
    return {
        "headline": headline(assessment),
        "documents": len(assessment.model.documents),
        "unread": len(assessment.model.unread),
        "paths": {severity.value: paths[severity] for severity in SEVERITIES},
        "weaknesses": {severity.value: counts[severity] for severity in SEVERITIES},
        "undecided": sum(1 for item in assessment.weaknesses if item.unknown),
        "actors_with_goals": [actor.actor for actor in assessment.actors if actor.goals],
    }


def _place(location: Location) -> dict[str, Json]:
    return {"document": location.document, "pointer": location.pointer, "line": location.line, "column": location.column}


def evidence_as_json(items: tuple[Evidence, ...]) -> Json:
    """Reasons, in their order."""
    return [{**_place(item.location), "basis": item.basis.value, "note": item.note, "source": item.source} for item in items]


def _actor(actor: ActorReach) -> Json:
    return {
        "actor": actor.actor,
        "title": actor.title,
        "start": actor.start,
        "entries": actor.entries,
        "reached_assets": actor.reached_assets,
        "reached_by_kind": [{"kind": kind, "count": count} for kind, count in actor.reached_by_kind],
        "goals": [
            {
                "asset": goal.goal_asset,
                "title": goal.goal_title,
                "steps": goal.steps,
                "expected_days": goal.expected_days,
                "path": goal.path,
            }
            for goal in actor.goals
        ],
        "safe_goals": actor.safe_goals,
    }


def path_as_json(path: AttackPath) -> Json:
    """One path."""
    return {
        "id": path.id,
        "fingerprint": path.fingerprint,
        "actor": path.actor,
        "severity": path.severity.value,
        "entry_title": path.entry_title,
        "goal_asset": path.goal_asset,
        "goal_title": path.goal_title,
        "expected_days": path.expected_days,
        "variants": path.variants,
        "decision": path.decision,
        "own_ground": path.own_ground,
        "cut_by": path.cut_by,
        "assumptions": path.assumptions,
        "steps": [
            {
                "number": number,
                "asset": step.asset,
                "asset_name": step.asset_name,
                "step": step.step,
                "technique": step.technique,
                "title": step.title,
                "sentence": step.sentence,
                "days": step.days,
                "needs": [need + 1 for need in step.needs],
                "attack": step.attack,
                "stride": step.stride,
                "evidence": evidence_as_json(step.evidence),
            }
            for number, step in enumerate(path.steps, start=1)
        ],
    }


def _fix(fix: Fix) -> Json:
    return {
        "id": fix.id,
        "fingerprint": fix.fingerprint,
        "title": fix.title,
        "weakness": fix.weakness,
        "change": fix.change,
        "caution": fix.caution,
        "locations": [_place(location) for location in fix.locations],
        "defences": [{"asset": asset, "defence": defence} for asset, defence in fix.defences],
        "cuts": fix.cuts,
        "closes": fix.closes,
    }


def _weakness(item: WeaknessFinding) -> Json:
    return {
        "key": item.key,
        "verdict": "unknown" if item.unknown else "weak",
        "severity": item.severity.value,
        "title": item.title,
        "asset": item.asset,
        "subject": item.subject,
        "detail": item.detail,
        "fingerprint": item.fingerprint,
        "evidence_fingerprint": item.evidence_fingerprint,
        "decision": item.decision,
        "stage": item.stage,
        "sentence": item.sentence,
        "fix": item.fix,
        "paths": item.paths,
        "evidence": evidence_as_json(item.evidence),
    }


def _boundaries(assessment: Assessment) -> Json:
    places = boundaries(assessment)
    return [
        {
            "id": asset.id,
            "kind": asset.kind,
            "name": asset.name,
            "boundary": asset.boundary,
            "assets": len(places.children[asset.id]),
        }
        for asset in assessment.model.assets
        if asset.id in places.children
    ]


def _model(model: Model) -> dict[str, Json]:
    return {
        "assets": [
            {
                "id": asset.id,
                "kind": asset.kind,
                "name": asset.name,
                "platform": asset.platform,
                "boundary": asset.boundary,
                "replicas": asset.replicas,
                "facts": [{"name": name, "value": value} for name, value in asset.facts],
                "evidence": evidence_as_json(asset.evidence),
            }
            for asset in model.assets
        ],
        "links": [
            {"association": link.association, "left": link.left, "right": link.right, "evidence": evidence_as_json(link.evidence)}
            for link in model.links
        ],
        "defences": [
            {
                "asset": state.asset,
                "defence": state.defence,
                "probability": state.probability,
                "weaknesses": state.weaknesses,
                "assumption": state.assumption,
                "evidence": evidence_as_json(state.evidence),
            }
            for state in model.defences
            if state.probability < 1.0
        ],
        "crown_jewels": [
            {
                "asset": jewel.asset,
                "step": jewel.step,
                "title": jewel.title,
                "value": jewel.value,
                "evidence": evidence_as_json(jewel.evidence),
            }
            for jewel in model.crown_jewels
        ],
        "entry_points": [
            {
                "actor": entry.actor,
                "asset": entry.asset,
                "step": entry.step,
                "title": entry.title,
                "evidence": evidence_as_json(entry.evidence),
            }
            for entry in model.entry_points
        ],
        "documents": [
            {
                "document": item.document,
                "format": item.format,
                "kinds": [{"kind": kind, "count": count} for kind, count in item.kinds],
            }
            for item in model.documents
        ],
        "unread": [
            {**_place(item.location), "severity": item.severity, "reason": item.reason, "hint": item.hint}
            for item in model.unread
        ],
        "notes": model.notes,
    }
