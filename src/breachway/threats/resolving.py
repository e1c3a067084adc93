"""From mal-toolbox's language specification (declarations as written) to the resolved language.

Inheritance follows MAL: ``->`` replaces what the ancestor's step leads to, ``+>`` and a declaration without an arrow add to it.
A step that is declared again keeps its ancestor's metadata where it gives none of its own.  Variables are put in place of their
names.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from breachway.errors import LanguageError
from breachway.threats.language import (
    AssetClass,
    Association,
    Collect,
    Distribution,
    Expression,
    FieldStep,
    Language,
    SetDifference,
    SetIntersection,
    SetUnion,
    Step,
    StepInfo,
    StepKind,
    Subtype,
    Target,
    Transitive,
)

NAMED_DISTRIBUTIONS = {
    "EasyAndCertain": Distribution("Exponential", (1.0,)),
    "EasyAndUncertain": Distribution("Zero", (), 0.5),
    "HardAndCertain": Distribution("Exponential", (0.1,)),
    "HardAndUncertain": Distribution("Exponential", (0.1,), 0.5),
    "VeryHardAndCertain": Distribution("Exponential", (0.01,)),
    "VeryHardAndUncertain": Distribution("Exponential", (0.01,), 0.5),
    "Infinity": Distribution("Infinity", ()),
    "Zero": Distribution("Zero", ()),
}
"""The distributions that MAL names, in days."""

_KINDS = {
    "or": StepKind.OR,
    "and": StepKind.AND,
    "defense": StepKind.DEFENCE,
    "exist": StepKind.EXISTS,
    "notExist": StepKind.NOT_EXISTS,
}
_SETS: dict[str, type[SetUnion | SetIntersection | SetDifference]] = {
    "union": SetUnion,
    "intersection": SetIntersection,
    "difference": SetDifference,
}
_VARIABLE_DEPTH = 20


@dataclass(frozen=True, slots=True)
class _Classes:
    """The declared asset classes by name, and the fields that associations give them."""

    declared: dict[str, dict[str, Any]]
    fields: dict[str, dict[str, str]]

    def lineage(self, name: str) -> tuple[str, ...]:
        """Give the class and its ancestors, nearest first."""
        found: list[str] = []
        current: str | None = name
        while current is not None and current not in found:
            found.append(current)
            current = self.declared[current]["superAsset"]
        return tuple(found)

    def field(self, asset: str, name: str) -> str:
        """Give the class at the other end of the field."""
        for ancestor in self.lineage(asset):
            if name in self.fields[ancestor]:
                return self.fields[ancestor][name]
        message = f"asset {asset} has no field {name}"
        raise LanguageError(message, hint="breachway lang lint names the nearest field")

    def variable(self, asset: str, name: str) -> dict[str, Any]:
        """Give the expression of the variable, of the nearest class that declares it."""
        for ancestor in self.lineage(asset):
            for variable in self.declared[ancestor]["variables"]:
                if variable["name"] == name:
                    expression: dict[str, Any] = variable["stepExpression"]
                    return expression
        message = f"asset {asset} has no variable {name}"
        raise LanguageError(message, hint="declare it with let in the asset or in one it extends")

    def common(self, left: str, right: str) -> str:
        """Give the nearest class that both extend; the left one where there is none (the linter objects)."""
        ancestors = self.lineage(right)
        return next((name for name in self.lineage(left) if name in ancestors), left)


def resolve_language(spec: dict[str, Any]) -> Language:
    """Resolve the specification that mal-toolbox's compiler gives."""
    declared = {asset["name"]: asset for asset in spec["assets"]}
    fields: dict[str, dict[str, str]] = {name: {} for name in declared}
    for association in spec["associations"]:
        fields[association["leftAsset"]][association["rightField"]] = association["rightAsset"]
        fields[association["rightAsset"]][association["leftField"]] = association["leftAsset"]
    classes = _Classes(declared, fields)
    return Language(
        id=spec["defines"].get("id", ""),
        version=spec["defines"].get("version", ""),
        assets=tuple(_asset(classes, name) for name in sorted(declared)),
        associations=tuple(
            sorted((_association(association) for association in spec["associations"]), key=lambda each: each.name)
        ),
    )


def _asset(classes: _Classes, name: str) -> AssetClass:
    declaration = classes.declared[name]
    lineage = classes.lineage(name)
    steps: dict[str, Step] = {}
    for ancestor in reversed(lineage):
        for step in classes.declared[ancestor]["attackSteps"]:
            steps[step["name"]] = _merge(steps.get(step["name"]), _step(classes, ancestor, step), step["reaches"])
    return AssetClass(
        name=name,
        category=declaration["category"],
        abstract=declaration["isAbstract"],
        lineage=lineage,
        sentence=declaration["meta"].get("user", ""),
        steps=tuple(steps[key] for key in sorted(steps)),
    )


def _merge(inherited: Step | None, own: Step, reaches: dict[str, Any] | None) -> Step:
    if inherited is None:
        return own
    info = StepInfo(
        title=own.info.title or inherited.info.title,
        sentence=own.info.sentence or inherited.info.sentence,
        stride=own.info.stride or inherited.info.stride,
        attack=own.info.attack or inherited.info.attack,
        microsoft=own.info.microsoft or inherited.info.microsoft,
        owasp=own.info.owasp or inherited.info.owasp,
        mission=own.info.mission or inherited.info.mission,
        ttc=own.info.ttc or inherited.info.ttc,
    )
    merged = replace(own, declared_in=inherited.declared_in, info=info)
    if reaches and reaches["overrides"]:
        return merged
    return replace(
        merged,
        targets=tuple(dict.fromkeys((*inherited.targets, *own.targets))),
        requires=tuple(dict.fromkeys((*inherited.requires, *own.requires))),
        tags=tuple(sorted({*inherited.tags, *own.tags})),
    )


def _step(classes: _Classes, asset: str, step: dict[str, Any]) -> Step:
    kind = _KINDS[step["type"]]
    ttc = step["ttc"]
    is_defence = kind is StepKind.DEFENCE
    targets = (_target(classes, asset, expression) for expression in (step["reaches"] or {}).get("stepExpressions", ()))
    requires = (_expression(classes, asset, expression)[0] for expression in (step["requires"] or {}).get("stepExpressions", ()))
    return Step(
        name=step["name"],
        kind=kind,
        declared_in=asset,
        targets=tuple(dict.fromkeys(targets)),
        requires=tuple(dict.fromkeys(requires)),
        tags=tuple(sorted(set(step["tags"]))),
        ttc=None if ttc is None or is_defence else _distribution(ttc),
        default_on=_default_on(ttc) if is_defence else 0.0,
        info=_info(step["meta"]),
    )


def _info(meta: dict[str, str]) -> StepInfo:
    def several(key: str) -> tuple[str, ...]:
        return tuple(part.strip() for part in meta.get(key, "").split(",") if part.strip())

    return StepInfo(
        title=meta.get("title", ""),
        sentence=meta.get("user", ""),
        stride=several("stride"),
        attack=several("attack"),
        microsoft=several("microsoft"),
        owasp=several("owasp"),
        mission=several("mission"),
        ttc=meta.get("ttc", ""),
    )


def _default_on(ttc: dict[str, Any] | None) -> float:
    match ttc:
        case {"name": "Enabled"}:
            return 1.0
        case {"name": "Bernoulli", "arguments": [probability]}:
            return float(probability)
        case _:
            return 0.0


def _distribution(ttc: dict[str, Any]) -> Distribution:
    match ttc:
        case {"type": "multiplication", "lhs": left, "rhs": right}:
            first, second = _distribution(left), _distribution(right)
            continuous = second if first.name == "Zero" and first.bernoulli < 1.0 else first
            return Distribution(continuous.name, continuous.arguments, first.bernoulli * second.bernoulli)
        case {"name": "Bernoulli", "arguments": [probability]}:
            return Distribution("Zero", (), float(probability))
        case {"name": name} if name in NAMED_DISTRIBUTIONS:
            return NAMED_DISTRIBUTIONS[name]
        case {"name": name, "arguments": arguments}:
            return Distribution(name, tuple(float(argument) for argument in arguments))
        case _:
            message = f"a time to compromise is not one distribution: {ttc}"
            raise LanguageError(message, hint="write one continuous distribution, times Bernoulli(p) if need be")


def _target(classes: _Classes, asset: str, expression: dict[str, Any]) -> Target:
    via, step = _split(expression)
    return Target(None if via is None else _expression(classes, asset, via)[0], step)


def _split(expression: dict[str, Any]) -> tuple[dict[str, Any] | None, str]:
    """Part ``a.b.step`` into ``a.b`` and ``step``."""
    if expression["type"] == "attackStep":
        return None, str(expression["name"])
    if expression["type"] == "collect":
        via, step = _split(expression["rhs"])
        left: dict[str, Any] = expression["lhs"]
        return (left if via is None else {"type": "collect", "lhs": left, "rhs": via}), step
    message = f"an expression does not end in a step: {expression}"
    raise LanguageError(message, hint="write assets.step")


def _expression(classes: _Classes, asset: str, expression: dict[str, Any], depth: int = 0) -> tuple[Expression, str]:
    """Resolve an expression as seen from ``asset``; give it with the class of the assets it leads to."""
    if depth > _VARIABLE_DEPTH:
        message = f"variables of asset {asset} call each other without end"
        raise LanguageError(message, hint="break the circle of let declarations")
    kind = expression["type"]
    if kind == "field":
        return FieldStep(expression["name"]), classes.field(asset, expression["name"])
    if kind == "variable":
        return _expression(classes, asset, classes.variable(asset, expression["name"]), depth + 1)
    if kind == "transitive":
        inner, reached = _expression(classes, asset, expression["stepExpression"], depth)
        return Transitive(inner), classes.common(asset, reached)
    if kind == "subType":
        inner, _ = _expression(classes, asset, expression["stepExpression"], depth)
        return Subtype(inner, expression["subType"]), str(expression["subType"])
    left, left_class = _expression(classes, asset, expression["lhs"], depth)
    if kind == "collect":
        right, right_class = _expression(classes, left_class, expression["rhs"], depth)
        return Collect(left, right), right_class
    right, right_class = _expression(classes, asset, expression["rhs"], depth)
    return _SETS[kind](left, right), classes.common(left_class, right_class)


def _association(spec: dict[str, Any]) -> Association:
    left, right = spec["leftMultiplicity"], spec["rightMultiplicity"]
    return Association(
        name=spec["name"],
        left_asset=spec["leftAsset"],
        left_field=spec["leftField"],
        left_min=int(left["min"]),
        left_max=None if left["max"] is None else int(left["max"]),
        right_asset=spec["rightAsset"],
        right_field=spec["rightField"],
        right_min=int(right["min"]),
        right_max=None if right["max"] is None else int(right["max"]),
    )
