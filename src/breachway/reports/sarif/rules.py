"""SARIF rules: one for each weakness key, one for each kind of loss that a path ends in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from breachway.analyses.assessment import Severity
from breachway.reports.escaping import markdown

if TYPE_CHECKING:
    from breachway.analyses.assessment import AttackPath, WeaknessFinding
    from breachway.reports.json_text import Json

LEVELS = {Severity.CRITICAL: "error", Severity.HIGH: "error", Severity.MEDIUM: "warning", Severity.LOW: "note"}
# The figures by which code scanning sorts: within the bands that it prints as critical, high, medium and low.
_SCORES = {Severity.CRITICAL: "9.5", Severity.HIGH: "8.0", Severity.MEDIUM: "5.5", Severity.LOW: "2.5"}


def weakness_rule(finding: WeaknessFinding) -> Json:
    """The rule of a weakness key, in the catalogue's words."""
    return {
        "id": finding.key,
        "name": "".join(part.capitalize() for part in finding.key.split("-")),
        "shortDescription": {"text": finding.title},
        "fullDescription": {"text": finding.sentence},
        "help": {
            "text": f"{finding.sentence}\n\nChange: {finding.fix}",
            "markdown": f"{markdown(finding.sentence)}\n\n**Change:** {markdown(finding.fix)}",
        },
        "defaultConfiguration": {"level": LEVELS[finding.severity]},
        "properties": {"tags": ["security", finding.stage], "precision": "high", "security-severity": _SCORES[finding.severity]},
    }


def path_rule_id(path: AttackPath) -> str:
    """The text "attack-path/" and the technique in which the path ends."""
    return f"attack-path/{path.steps[-1].technique if path.steps else 'unknown'}"


def path_rule(path: AttackPath) -> Json:
    """The rule of all paths that end in one technique, in the language's words."""
    goal = path.steps[-1] if path.steps else None
    title = f"An attacker can {goal.title}" if goal else "An attacker reaches a crown jewel"
    sentence = goal.sentence if goal else title
    advice = "Make one of the fixes that the result names; each was found to cut the path by running the model again."
    return {
        "id": path_rule_id(path),
        "name": "AttackPath",
        "shortDescription": {"text": title},
        "fullDescription": {"text": sentence},
        "help": {"text": f"{sentence}\n\n{advice}", "markdown": f"{markdown(sentence)}\n\n{advice}"},
        "defaultConfiguration": {"level": LEVELS[path.severity]},
        "properties": {
            "tags": ["security", "attack-path", *(f"external/attack/{item.lower()}" for item in (goal.attack if goal else ()))],
            "precision": "medium",
            "security-severity": _SCORES[path.severity],
        },
    }
