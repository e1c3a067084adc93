"""The JSON Schema of ``breachway.yaml``, derived from its classes."""

from __future__ import annotations

import datetime
from dataclasses import is_dataclass
from enum import Enum
from typing import TypeAlias

from breachway.sources.configuration.objects import Configuration
from breachway.sources.configuration.shapes import Shape, shapes, short_form

Json: TypeAlias = "dict[str, Json] | list[Json] | str | int | float | bool | None"

DIALECT = "https://json-schema.org/draft/2020-12/schema"
IDENTIFIER = "urn:breachway:configuration:1"


def configuration_schema() -> dict[str, Json]:
    """The schema: every key with its description, no key beyond them."""
    schema: dict[str, Json] = {
        "$schema": DIALECT,
        "$id": IDENTIFIER,
        "title": "breachway.yaml",
        "description": "What the artefacts of a deployment cannot say, for Breachway.",
    }
    return {**schema, **_object(Configuration)}


def _object(cls: type, leave_out: str = "") -> dict[str, Json]:
    keys = [shape for shape in shapes(cls) if shape.name != leave_out]
    properties: dict[str, Json] = {shape.name: _described(shape) for shape in keys}
    required: list[Json] = [shape.name for shape in keys if shape.about.required]
    schema: dict[str, Json] = {"type": "object", "additionalProperties": False, "properties": properties}
    return {**schema, "required": required} if required else schema


def _described(shape: Shape) -> Json:
    body = _many(shape) if shape.many else _one(shape.kind, shape)
    examples: dict[str, Json] = (
        {"examples": [shape.about.example]} if shape.about.example and shape.kind is str and not shape.many else {}
    )
    return {"description": shape.about.description, **body, **examples}


def _many(shape: Shape) -> dict[str, Json]:
    if shape.about.keyed_by:
        short = next(inner for inner in shapes(shape.kind) if inner.name == shape.about.short)
        values: list[Json] = [_one(short.kind, short), _object(shape.kind, shape.about.keyed_by)]
        return {"type": "object", "additionalProperties": {"anyOf": values}}
    items = _one(shape.kind, shape)
    if shape.kind is str or short_form(shape.kind) is not None:
        return {"anyOf": [{"type": "string"}, {"type": "array", "items": items}]}
    return {"type": "array", "items": items}


def _one(kind: type, shape: Shape) -> dict[str, Json]:
    if is_dataclass(kind):
        full = _object(kind)
        return {"anyOf": [{"type": "string", "minLength": 1}, full]} if short_form(kind) is not None else full
    if kind is datetime.date:
        return {"type": "string", "format": "date"}
    if issubclass(kind, Enum):
        return {"enum": [str(member.value) for member in kind]}
    if kind is bool:
        return {"type": "boolean"}
    if kind is str:
        return {"type": ["string", "number"]}  # YAML reads an unquoted 1.33 as a number; its text is what counts
    return _number(kind, shape)


def _number(kind: type, shape: Shape) -> dict[str, Json]:
    number: dict[str, Json] = {"type": "integer" if kind is int else "number"}
    if shape.about.minimum is not None:
        number["minimum"] = shape.about.minimum
    if shape.about.maximum is not None:
        number["maximum"] = shape.about.maximum
    return {"anyOf": [number, {"enum": [word for word, _ in shape.about.words]}]} if shape.about.words else number
