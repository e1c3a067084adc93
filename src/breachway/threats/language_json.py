r"""The compiled language as JSON: compact, one asset class or association a line, the same bytes for the same language.

An expression is a field name, or a list whose first item is an operator: ``.``, ``\/``, ``/\``, ``-``, ``*`` or ``[]``.
Defaults are left out.
"""

from __future__ import annotations

import json
from typing import Any, assert_never

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

FORMAT = 1
"""The version of the JSON layout; another number is refused."""

_LISTS = ("stride", "attack", "microsoft", "owasp", "mission")
_BINARY: dict[str, type[Collect | SetUnion | SetIntersection | SetDifference]] = {
    ".": Collect,
    "\\/": SetUnion,
    "/\\": SetIntersection,
    "-": SetDifference,
}


def language_to_json(language: Language) -> str:
    """Write ``language`` as JSON text with a final newline."""
    head = {"format": FORMAT, "id": language.id, "version": language.version}
    assets = ",\n".join(_dump(_asset_out(asset)) for asset in language.assets)
    associations = ",\n".join(_dump(_association_out(association)) for association in language.associations)
    return f'{_dump(head)[:-1]},"assets":[\n{assets}\n],"associations":[\n{associations}\n]}}\n'


def language_from_json(text: str) -> Language:
    """Read what :func:`language_to_json` wrote; :class:`LanguageError` when the layout is another."""
    data = json.loads(text)
    if data.get("format") != FORMAT:
        message = f"the compiled threat language has layout {data.get('format')!r}, and this version reads layout {FORMAT}"
        raise LanguageError(message, hint="compile it again: breachway lang compile")
    return Language(
        id=data["id"],
        version=data["version"],
        assets=tuple(_asset_in(asset) for asset in data["assets"]),
        associations=tuple(_association_in(association) for association in data["associations"]),
    )


def _dump(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _asset_out(asset: AssetClass) -> dict[str, object]:
    return {
        "name": asset.name,
        "category": asset.category,
        "abstract": asset.abstract,
        "lineage": asset.lineage,
        "sentence": asset.sentence,
        "steps": [_step_out(step) for step in asset.steps],
    }


def _step_out(step: Step) -> dict[str, object]:
    out: dict[str, object] = {"name": step.name, "kind": step.kind.value, "in": step.declared_in}
    if step.targets:
        out["targets"] = [[None if target.via is None else _expression_out(target.via), target.step] for target in step.targets]
    if step.requires:
        out["requires"] = [_expression_out(expression) for expression in step.requires]
    if step.tags:
        out["tags"] = step.tags
    if step.ttc is not None:
        out["ttc"] = [step.ttc.name, list(step.ttc.arguments), step.ttc.bernoulli]
    if step.default_on:
        out["on"] = step.default_on
    info: dict[str, object] = {"title": step.info.title, "sentence": step.info.sentence, "ttc": step.info.ttc}
    info.update({name: getattr(step.info, name) for name in _LISTS})
    info = {name: value for name, value in info.items() if value}
    if info:
        out["info"] = info
    return out


def _expression_out(expression: Expression) -> object:
    match expression:
        case FieldStep(name):
            return name
        case Collect(left, right):
            return [".", _expression_out(left), _expression_out(right)]
        case SetUnion(left, right):
            return ["\\/", _expression_out(left), _expression_out(right)]
        case SetIntersection(left, right):
            return ["/\\", _expression_out(left), _expression_out(right)]
        case SetDifference(left, right):
            return ["-", _expression_out(left), _expression_out(right)]
        case Transitive(inner):
            return ["*", _expression_out(inner)]
        case Subtype(inner, asset):
            return ["[]", _expression_out(inner), asset]
        case _:
            assert_never(expression)


def _association_out(association: Association) -> list[object]:
    return [
        association.name,
        [association.left_asset, association.left_field, association.left_min, association.left_max],
        [association.right_asset, association.right_field, association.right_min, association.right_max],
    ]


def _asset_in(data: dict[str, Any]) -> AssetClass:
    return AssetClass(
        name=data["name"],
        category=data["category"],
        abstract=data["abstract"],
        lineage=tuple(data["lineage"]),
        sentence=data["sentence"],
        steps=tuple(_step_in(step) for step in data["steps"]),
    )


def _step_in(data: dict[str, Any]) -> Step:
    ttc = data.get("ttc")
    info = data.get("info", {})
    return Step(
        name=data["name"],
        kind=StepKind(data["kind"]),
        declared_in=data["in"],
        targets=tuple(Target(None if via is None else _expression_in(via), step) for via, step in data.get("targets", ())),
        requires=tuple(_expression_in(expression) for expression in data.get("requires", ())),
        tags=tuple(data.get("tags", ())),
        ttc=None if ttc is None else Distribution(ttc[0], tuple(ttc[1]), ttc[2]),
        default_on=data.get("on", 0.0),
        info=StepInfo(
            title=info.get("title", ""),
            sentence=info.get("sentence", ""),
            stride=tuple(info.get("stride", ())),
            attack=tuple(info.get("attack", ())),
            microsoft=tuple(info.get("microsoft", ())),
            owasp=tuple(info.get("owasp", ())),
            mission=tuple(info.get("mission", ())),
            ttc=info.get("ttc", ""),
        ),
    )


def _expression_in(data: str | list[Any]) -> Expression:
    if isinstance(data, str):
        return FieldStep(data)
    operator = data[0]
    if operator == "*":
        return Transitive(_expression_in(data[1]))
    if operator == "[]":
        return Subtype(_expression_in(data[1]), data[2])
    return _BINARY[operator](_expression_in(data[1]), _expression_in(data[2]))


def _association_in(data: list[Any]) -> Association:
    name, left, right = data
    return Association(
        name=name,
        left_asset=left[0],
        left_field=left[1],
        left_min=left[2],
        left_max=left[3],
        right_asset=right[0],
        right_field=right[1],
        right_min=right[2],
        right_max=right[3],
    )
