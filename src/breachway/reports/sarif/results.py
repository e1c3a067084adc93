"""SARIF results: one for each weakness finding, one with a code flow for each ranked path."""

from __future__ import annotations

from typing import TYPE_CHECKING

from breachway.reports.sarif.places import location, logical
from breachway.reports.sarif.rules import LEVELS, path_rule_id
from breachway.reports.wording import count, duration, listed

if TYPE_CHECKING:
    from breachway.analyses.assessment import Assessment, AttackPath, Fix, PathStep, WeaknessFinding
    from breachway.evidence import Location
    from breachway.reports.json_text import Json

FINGERPRINT = "breachway/v1"


def weakness_result(finding: WeaknessFinding, rule: int) -> Json:
    """A weakness.  One that cannot be decided is an open question: SARIF then asks for the level "none"."""
    detail = f" ({finding.detail})" if finding.detail else ""
    notes = "; ".join(dict.fromkeys(item.note for item in finding.evidence if item.note))
    undecided = "cannot be decided: " if finding.unknown else ""
    places: list[Json] = [location(item.location, asset=finding.asset) for item in finding.evidence[:1]]
    related: list[Json] = [location(item.location, message=item.note or finding.title) for item in finding.evidence[1:]]
    result: dict[str, Json] = {
        "ruleId": finding.key,
        "ruleIndex": rule,
        "kind": "open" if finding.unknown else "fail",
        "level": "none" if finding.unknown else LEVELS[finding.severity],
        "message": {
            "text": f"{finding.subject}{detail}: {undecided}{finding.title}{f': {notes}' if notes else ''}. {finding.fix}"
        },
        "locations": places or [{"logicalLocations": logical(finding.asset)}],
        "partialFingerprints": {FINGERPRINT: finding.fingerprint},
        "properties": {"paths": finding.paths},
    }
    if finding.decision:
        result["suppressions"] = _suppressions(finding.decision)
    if related:
        result["relatedLocations"] = related
    return result


def path_result(path: AttackPath, assessment: Assessment, rule: int) -> Json:
    """A ranked path: its steps as a code flow, the places to mend it as related locations."""
    actor = next((item.title for item in assessment.actors if item.actor == path.actor), path.actor)
    fixes = tuple(fix for fix in assessment.fixes if fix.id in path.cut_by)
    cures = listed(tuple(fix.title for fix in fixes), "or")
    first = _place_to_open(path, fixes)
    result: dict[str, Json] = {
        "ruleId": path_rule_id(path),
        "ruleIndex": rule,
        "kind": "fail",
        "level": LEVELS[path.severity],
        "message": {
            "text": f"{actor}, {path.entry_title}, reaches {path.goal_title} in {count(len(path.steps), 'step')} "
            f"({duration(path.expected_days)}). {f'Cut by: {cures}.' if cures else 'No single known change cuts this path.'}"
        },
        "locations": [location(first, asset=path.goal_asset)]
        if first is not None
        else [{"logicalLocations": logical(path.goal_asset)}],
        "codeFlows": [
            {
                "message": {"text": f"{path.entry_title} to {path.goal_title}"},
                "threadFlows": [
                    {"locations": [entry for number, step in enumerate(path.steps, start=1) for entry in _flow(step, number)]}
                ],
            }
        ],
        "partialFingerprints": {FINGERPRINT: path.fingerprint},
        "properties": {
            "actor": path.actor,
            "expectedDays": path.expected_days,
            "assumptions": path.assumptions,
            "fixes": path.cut_by,
        },
    }
    if path.decision:
        result["suppressions"] = _suppressions(path.decision)
    if not path.steps:
        del result["codeFlows"]
    mended: list[Json] = [location(where, message=f"{fix.id}: {fix.change}") for fix in fixes for where in fix.locations]
    if mended:
        result["relatedLocations"] = mended
    return result


def _place_to_open(path: AttackPath, fixes: tuple[Fix, ...]) -> Location | None:
    """Where a reader of the alert should land: where the path is mended first, else the first file that makes it possible."""
    mended = (where for fix in fixes for where in fix.locations)
    steps = (item.location for step in path.steps for item in step.evidence)
    return next((where for where in (*mended, *steps) if where.document), None)


def _suppressions(decision: str) -> list[Json]:
    """What the user decided, as SARIF says that a result need not be looked at again."""
    return [{"kind": "external", "status": "accepted", "justification": decision}]


def _flow(step: PathStep, number: int) -> list[Json]:
    """The thread-flow locations of a step: one for each piece of evidence, or the asset alone where there is none."""
    needs = f" (needs steps {listed(tuple(str(need + 1) for need in step.needs))} together)" if len(step.needs) > 1 else ""
    what = f"{number}. {step.title}: {step.asset_name}{needs}"
    if not step.evidence:
        return [
            {
                "location": {"logicalLocations": logical(step.asset), "message": {"text": what}},
                "executionOrder": number,
                "importance": "essential",
            }
        ]
    return [
        {
            "location": location(item.location, message=f"{what}. {item.note}" if item.note else what, asset=step.asset),
            "executionOrder": number,
            "importance": "essential" if position == 0 else "important",
        }
        for position, item in enumerate(step.evidence)
    ]
