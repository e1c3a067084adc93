"""The words that every report shares: durations, counts, kinds, places, and the one sentence that says it all."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, assert_never

from breachway.analyses.assessment import Severity
from breachway.evidence import Basis

if TYPE_CHECKING:
    from breachway.analyses.assessment import ActorReach, Assessment, AttackPath, GoalReach, PathStep
    from breachway.evidence import Evidence, Location

SEVERITIES = (Severity.CRITICAL, Severity.HIGH, Severity.MEDIUM, Severity.LOW)
_MARKS = {Severity.CRITICAL: "◆", Severity.HIGH: "▲", Severity.MEDIUM: "●", Severity.LOW: "○"}
_STRIDE = {
    "S": "spoofing",
    "T": "tampering",
    "R": "repudiation",
    "I": "information disclosure",
    "D": "denial of service",
    "E": "elevation of privilege",
}
_UNITS = (("year", 365.0), ("month", 30.0), ("week", 7.0), ("day", 1.0), ("hour", 1 / 24), ("minute", 1 / 1440))
_PROPER = {
    "Api": "API",
    "Aws": "AWS",
    "Ci": "CI",
    "Docker": "Docker",
    "Ecs": "ECS",
    "Etcd": "etcd",
    "Iam": "IAM",
    "Internet": "Internet",
    "Kubernetes": "Kubernetes",
    "Vpc": "VPC",
}
_IRREGULAR = {
    "policy": "policies",
    "process": "processes",
    "registry": "registries",
    "repository": "repositories",
    "entry": "entries",
    "boundary": "boundaries",
}


def duration(days: float) -> str:
    """An expected time in words: "at once", "about 40 minutes", "about 2 days"."""
    if days < 0.5 / 1440:
        return "at once"
    for unit, length in _UNITS:
        amount = round(days / length)
        # "about 10 days" says more than "about 1 week", so a unit is used from two of it on.
        if amount > 1 or (amount == 1 and unit in {"minute", "hour", "day"} and days >= 0.9 * length):
            return f"about {count(amount, unit)}"
    return "about 1 minute"


def indefinite(title: str) -> str:
    """A title with its indefinite article and a small initial: "an external attacker"."""
    return f"{'an' if title[:1].lower() in 'aeiou' else 'a'} {title[:1].lower()}{title[1:]}"


def plural(noun: str) -> str:
    """The plural of an English noun, or of the last word of a phrase."""
    head, space, last = noun.rpartition(" ")
    if last in _IRREGULAR:
        return f"{head}{space}{_IRREGULAR[last]}"
    lowered = last.lower()
    if lowered.endswith("y") and len(last) > 1 and lowered[-2] not in "aeiou":
        return f"{head}{space}{last[:-1]}ies"
    return f"{head}{space}{last}es" if lowered.endswith(("s", "x", "ch", "sh")) else f"{head}{space}{last}s"


def count(number: int, noun: str) -> str:
    """A number and its noun: "1 file", "2 files", "1,200 files"."""
    return f"{number:,} {noun if number == 1 else plural(noun)}"


def listed(items: tuple[str, ...], last: str = "and") -> str:
    """Items as a phrase: "a", "a and b", "a, b and c"."""
    if len(items) < 2:  # noqa: PLR2004 - one item needs no conjunction
        return "".join(items)
    return f"{', '.join(items[:-1])} {last} {items[-1]}"


def kind_words(kind: str) -> str:
    """An asset class in words: "ServiceAccount" becomes "service account"."""
    parts = re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[^A-Z]+", kind)
    return " ".join(_PROPER.get(part, part if part.isupper() else part.lower()) for part in parts)


def named(kind: str, name: str) -> str:
    """A thing by its kind and name, the kind only where the name does not say it ("namespace shop", "the cluster")."""
    words = kind_words(kind)
    return name if words.lower() in name.lower() else f"{words} {name}"


def stride_words(letter: str) -> str:
    """What a STRIDE letter stands for."""
    return _STRIDE.get(letter, letter)


def severity_mark(severity: Severity) -> str:
    """A shape for a severity, so that colour is never needed to tell it."""
    return _MARKS[severity]


def place(location: Location) -> str:
    """A location as "file:line", or the file alone where no line is known."""
    return f"{location.document}:{location.line}" if location.line > 0 else location.document


def basis_words(evidence: Evidence) -> str:
    """How a fact is known, in words; nothing where the artefact says it."""
    match evidence.basis:
        case Basis.OBSERVED:
            return ""
        case Basis.DEFAULTED:
            return "by default"
        case Basis.ASSUMED:
            return "nothing says so"
    assert_never(evidence.basis)


def worst_goal(actor: ActorReach, assessment: Assessment) -> GoalReach | None:
    """The crown jewel that matters most of those that ``actor`` reaches; none when it reaches none.

    It is the one of the actor's highest-ranked path that nobody has decided about, so that a table names the paths that a
    report shows; without such a path, the first by value, then time.
    """
    values = {(jewel.asset, jewel.title): jewel.value for jewel in assessment.model.crown_jewels}
    ranked = sorted(
        actor.goals,
        key=lambda goal: (-values.get((goal.goal_asset, goal.goal_title), 0), goal.expected_days, goal.steps, goal.goal_title),
    )
    by_path = {goal.path: goal for goal in ranked if goal.path}
    best = next((path.id for path in assessment.paths if path.id in by_path and not path.decision), "")
    return by_path.get(best, ranked[0] if ranked else None)


def worst_path(assessment: Assessment) -> AttackPath | None:
    """The highest-ranked path that nobody has decided about yet; the first of all where all are decided; none without paths.

    Paths that never leave the place where they start are no news.
    """
    paths = tuple(path for path in assessment.paths if not path.own_ground)
    return next((path for path in paths if not path.decision), paths[0] if paths else None)


def headline(assessment: Assessment) -> str:
    """The answer in one sentence."""
    worst = worst_path(assessment)
    if worst is None:
        if not assessment.actors:
            return "No attacker was modelled, so no path was looked for."
        if assessment.paths:
            return "Nobody reaches a crown jewel, short of a foothold in the very place that holds it."
        return "No attacker reaches a crown jewel by a path that Breachway knows."
    title = next((actor.title for actor in assessment.actors if actor.actor == worst.actor), worst.actor)
    subject = indefinite(title)
    steps = count(len(worst.steps), "step")
    when = duration(worst.expected_days)
    when = when if when == "at once" else f"in {when}"
    return f"{subject[:1].upper()}{subject[1:]} reaches {worst.goal_title} in {steps}, {when}."


def remedy(assessment: Assessment) -> str:
    """What making the proposed fixes would do, in one sentence; empty when there is nothing to fix."""
    if not assessment.fixes:
        return ""
    total = sum(not path.own_ground for path in assessment.paths)
    chosen = tuple(fix for fix in assessment.fixes if fix.id in assessment.fix_set)
    if chosen and assessment.fix_set_verified:
        these = "This one fix cuts" if len(chosen) == 1 else f"These {len(chosen)} fixes together cut"
        every = "the one ranked path" if total == 1 else f"all {total} ranked paths"
        return f"{these} {every}; the model was run again to make sure."
    cut = len({path for fix in chosen or assessment.fixes for path in fix.cuts})
    proposed = len(chosen or assessment.fixes)
    return f"{count(proposed, 'fix')} {'cuts' if proposed == 1 else 'cut'} {cut} of {count(total, 'ranked path')}."


def needs_words(step: PathStep) -> str:
    """What a step waits for, as "needs 2 and 3 together", for a step that joins several; empty for the others."""
    if len(step.needs) < 2:  # noqa: PLR2004 - one need is the step before
        return ""
    return f"needs {listed(tuple(str(number + 1) for number in step.needs))} together"
