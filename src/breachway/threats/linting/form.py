"""Rules on the form of declarations: expressions, times to compromise, kinds, multiplicities."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from breachway.threats.linting.violations import Violation
from breachway.threats.resolving import NAMED_DISTRIBUTIONS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from breachway.threats.mal_syntax import (
        AssociationDeclaration,
        AssociationEnd,
        Declarations,
        Name,
        StepDeclaration,
        Term,
        TimeTerm,
    )

TAGS = frozenset({"abuse", "api", "escape", "exploit", "network", "read"})
"""The tags that the actors' definitions know."""

_SET_OPERATORS = frozenset({"\\/", "/\\", "-"})
_ARGUMENTS = {"Exponential": 1, "Gamma": 2, "LogNormal": 2, "Pareto": 2, "TruncatedNormal": 2, "Uniform": 2}
_DEFENCE_NAMES = frozenset({"Enabled", "Disabled"})
_EXISTENCE = frozenset({"E", "!E"})
_UPPER = re.compile(r"[A-Z][A-Za-z0-9]*")
_LOWER = re.compile(r"[a-z][A-Za-z0-9]*")


def check_form(files: tuple[Declarations, ...]) -> Iterator[Violation]:
    """Check each declaration by itself."""
    for file in files:
        for feature in file.features:
            yield Violation("outside-profile", f"{feature.text} is outside the profile", feature.place)
        for association in file.associations:
            yield from _association(association)
        for asset in file.assets:
            yield from _form(asset.name, _UPPER, "an asset")
            for variable in asset.variables:
                yield from _form(variable.name, _LOWER, "a variable")
                yield from _expression(variable.expression)
            for step in asset.steps:
                yield from _step(step)


def _form(name: Name, pattern: re.Pattern[str], what: str) -> Iterator[Violation]:
    if not pattern.fullmatch(name.text):
        shape = "LikeThis" if pattern is _UPPER else "likeThis"
        yield Violation("name-form", f'the name of {what} is written {shape}, not "{name.text}"', name.place)


def _association(association: AssociationDeclaration) -> Iterator[Violation]:
    yield from _form(association.name, _UPPER, "an association")
    for end in (association.left, association.right):
        yield from _form(end.field, _LOWER, "a field")
        yield from _multiplicity(end)


def _multiplicity(end: AssociationEnd) -> Iterator[Violation]:
    if end.maximum is not None and (end.maximum < 1 or end.minimum > end.maximum):
        yield Violation("multiplicity", f"{end.minimum}..{end.maximum} lets no asset be there", end.field.place)


def _step(step: StepDeclaration) -> Iterator[Violation]:
    yield from _form(step.name, _LOWER, "a step")
    for tag in step.tags:
        if tag.text not in TAGS:
            yield Violation("unknown-tag", f"@{tag.text} is none of @{', @'.join(sorted(TAGS))}", tag.place)
    for expression in (*step.requires, *step.targets):
        yield from _expression(expression)
    if step.kind == "!E" and len(step.requires) > 1:
        yield Violation(
            "one-requirement", f"{step.name.text} has {len(step.requires)} requirements; split it", step.requires[1].name.place
        )
    if (step.kind in _EXISTENCE) != bool(step.requires):
        what = "says nothing that must exist" if step.kind in _EXISTENCE else "is no existence step, yet requires something"
        yield Violation("existence-requirement", f"{step.name.text} {what}", step.name.place)
    if step.time is not None:
        yield from _time(step, step.time)


def _expression(term: Term) -> Iterator[Violation]:
    if term.lines > 1:
        yield Violation("expression-on-one-line", "the expression runs over several lines", _first(term).place)
    for each in _terms((term,)):
        if each.operator in _SET_OPERATORS and any(inner.operator == "*" for inner in _terms(each.parts[:1])):
            yield Violation("transitive-left-of-set", f"a transitive step stands to the left of {each.operator}", each.name.place)


def _first(term: Term) -> Name:
    while term.parts:
        term = term.parts[0]
    return term.name


def _terms(terms: Iterable[Term]) -> Iterator[Term]:
    pending = list(terms)
    while pending:
        term = pending.pop()
        yield term
        pending.extend(term.parts)


def _time(step: StepDeclaration, time: TimeTerm) -> Iterator[Violation]:
    problem = _defence_time_problem(time) if step.kind == "#" else _time_problem(time)
    if step.kind in _EXISTENCE:
        problem = "an existence step has no time to compromise"
    if problem:
        yield Violation("time-to-compromise", problem, time.name.place)


def _defence_time_problem(time: TimeTerm) -> str:
    if time.operator == "name" and time.name.text in _DEFENCE_NAMES:
        return ""
    if time.operator == "call" and time.name.text == "Bernoulli":
        return _bernoulli_problem(time)
    return "a defence has [Enabled], [Disabled] or [Bernoulli(p)]"


def _bernoulli_problem(time: TimeTerm) -> str:
    if len(time.numbers) == 1 and 0.0 <= time.numbers[0] <= 1.0:
        return ""
    return "Bernoulli has one probability, from 0 to 1"


def _time_problem(time: TimeTerm) -> str:
    match time.operator:
        case "name":
            return "" if time.name.text in NAMED_DISTRIBUTIONS else f"no distribution is named {time.name.text}"
        case "call":
            return _distribution_problem(time)
        case "*":
            left, right = time.parts
            if right.operator != "call" or right.name.text != "Bernoulli":
                return "the only product is that of a continuous distribution and Bernoulli(p), in this order"
            return _bernoulli_problem(right) or _distribution_problem(left)
        case _:
            return "times are not added, divided or given as bare numbers"


def _distribution_problem(time: TimeTerm) -> str:
    if time.operator != "call" or time.name.text not in _ARGUMENTS:
        return f"{time.name.text} is not a continuous distribution ({', '.join(_ARGUMENTS)})"
    wanted = _ARGUMENTS[time.name.text]
    if len(time.numbers) != wanted:
        return f"{time.name.text} has {wanted} argument{'s' if wanted > 1 else ''}, not {len(time.numbers)}"
    if time.name.text == "Exponential" and time.numbers[0] <= 0:
        return "the rate of Exponential is above 0"
    return ""
