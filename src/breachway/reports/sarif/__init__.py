"""The report as SARIF 2.1.0, for code scanning: weaknesses as results, and ranked paths as results with code flows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from breachway.reports.json_text import Json, document
from breachway.reports.sarif.places import SOURCE_ROOT, location
from breachway.reports.sarif.results import path_result, weakness_result
from breachway.reports.sarif.rules import path_rule, path_rule_id, weakness_rule
from breachway.reports.wording import place

if TYPE_CHECKING:
    from breachway.analyses.assessment import Assessment
    from breachway.evidence import Unread

_LOST = {"file": "error", "object": "warning", "field": "warning", "note": "note"}


def render(assessment: Assessment) -> str:
    """One run with a rule for each weakness key and each kind of loss, and the results in the order of the assessment."""
    rules: dict[str, Json] = {}
    for path in assessment.paths:
        rules.setdefault(path_rule_id(path), path_rule(path))
    for finding in sorted(assessment.weaknesses, key=lambda item: (item.key, item.fingerprint)):
        rules.setdefault(finding.key, weakness_rule(finding))
    index = {name: position for position, name in enumerate(rules)}
    results: list[Json] = [path_result(path, assessment, index[path_rule_id(path)]) for path in assessment.paths]
    results.extend(weakness_result(finding, index[finding.key]) for finding in assessment.weaknesses)
    run: dict[str, Json] = {
        "tool": {
            "driver": {
                "name": "Breachway",
                "version": assessment.version,
                "semanticVersion": assessment.version,
                "shortDescription": {"text": "Threat models of container deployments."},
                "rules": list(rules.values()),
            }
        },
        "invocations": [
            {"executionSuccessful": True, "toolExecutionNotifications": [_notification(item) for item in assessment.model.unread]}
        ],
        "originalUriBaseIds": {SOURCE_ROOT: {"description": {"text": "The folder in which breachway was run."}}},
        "columnKind": "unicodeCodePoints",
        "results": results,
    }
    return document(
        {
            "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
            "version": "2.1.0",
            "runs": [run],
        },
        depth=5,
    )


def _notification(item: Unread) -> Json:
    hint = f" Hint: {item.hint}." if item.hint else ""
    return {
        "level": _LOST.get(item.severity, "warning"),
        "message": {"text": f"{place(item.location)}: {item.reason}.{hint}"},
        "locations": [location(item.location)],
    }
