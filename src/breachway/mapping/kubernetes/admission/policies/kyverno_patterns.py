"""Kyverno's patterns: a picture that a pod must look like, with anchors that say what to do where a part is missing.

Semantics of ``pkg/engine/validate`` and ``pkg/engine/pattern`` of Kyverno 1.10 and later.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from breachway.mapping.kubernetes.admission.policies.rulings import Unsupported
from breachway.mapping.kubernetes.admission.policies.trees import glob

if TYPE_CHECKING:
    from breachway.mapping.kubernetes.admission.policies.trees import Json

_ANCHOR = re.compile(r"(?P<sign>[=X^<+]?)\((?P<key>.*)\)\Z")
_VARIABLE = "{{"
_OPERATOR = re.compile(r"(?P<sign>>=|<=|>|<|!)?\s*(?P<operand>.*)\Z", re.DOTALL)
_RANGE = re.compile(r"-?[0-9.]+[A-Za-z]*!?-[0-9.]+[A-Za-z]*\Z")


class _Skipped(Exception):  # noqa: N818 - it is no error: a condition does not hold, so the part is not asked
    """A conditional anchor does not hold."""


class _Key(NamedTuple):
    sign: str
    name: str
    pattern: Json


def looks_like(value: Json, pattern: Json) -> bool:
    """Whether a resource passes a pattern; one that is skipped passes.  Unsupported for what is not worked out."""
    try:
        return _fits(value, pattern)
    except _Skipped:
        return True


def _fits(value: Json, pattern: Json) -> bool:
    match pattern:
        case dict():
            return isinstance(value, dict) and _mapping_fits(value, pattern)
        case list():
            return isinstance(value, list) and _list_fits(value, pattern)
        case _ if isinstance(value, list):
            return all(_scalar_fits(item, pattern) for item in value)
        case _:
            return _scalar_fits(value, pattern)


def _keys(pattern: dict[str, Json]) -> list[_Key]:
    """The keys of a pattern, those with anchors first: they decide whether the others are asked."""
    found: list[_Key] = []
    for name, inner in pattern.items():
        match = _ANCHOR.match(name)
        sign = "" if match is None else match["sign"] or "()"
        found.append(_Key(sign, name if match is None else match["key"], inner))
    return sorted(found, key=lambda key: (key.sign == "", key.sign not in {"()", "<"}))


def _mapping_fits(value: dict[str, Json], pattern: dict[str, Json]) -> bool:
    return all(_key_fits(value, key) for key in _keys(pattern))


def _key_fits(value: dict[str, Json], key: _Key) -> bool:
    if "*" in key.name or "?" in key.name:
        message = "a wildcard in a key is not worked out"
        raise Unsupported(message)
    there = key.name in value
    inner = value.get(key.name)
    match key.sign:
        case "()" | "<":
            if not there or not _fits(inner, key.pattern):
                raise _Skipped
            return True
        case "=":
            return not there or _fits(inner, key.pattern)
        case "X":
            return not there
        case "^":
            patterns = key.pattern if isinstance(key.pattern, list) else [key.pattern]
            return isinstance(inner, list) and all(any(looks_like(item, wanted) for item in inner) for wanted in patterns)
        case "":
            return inner is not None if key.pattern == "*" else _fits(inner, key.pattern)
        case _:
            message = f"the anchor {key.sign} is not worked out"
            raise Unsupported(message)


def _list_fits(value: list[Json], pattern: list[Json]) -> bool:
    """Every item must look like the pattern's first; items that a condition skips are passed over."""
    first = pattern[0] if pattern else None
    if not isinstance(first, dict):
        message = "a list of values in a pattern is not worked out"
        raise Unsupported(message)
    skipped = 0
    for item in value:
        try:
            if not _fits(item, first):
                return False
        except _Skipped:
            skipped += 1
    if value and skipped == len(value):
        raise _Skipped
    return True


def _scalar_fits(value: Json, pattern: Json) -> bool:
    match pattern:
        case bool():
            return value is pattern
        case int() | float():
            return not isinstance(value, bool) and (value == pattern or value == str(pattern))
        case str():
            return any(all(_term_fits(value, term.strip()) for term in part.split("&")) for part in pattern.split("|"))
        case None:
            return value is None or value in (0, "", False)
        case _:
            message = "this value in a pattern is not worked out"
            raise Unsupported(message)


def _term_fits(value: Json, term: str) -> bool:
    if _VARIABLE in term:
        message = "a variable in a pattern is not worked out"
        raise Unsupported(message)
    if _RANGE.match(term):
        message = "a range in a pattern is not worked out"
        raise Unsupported(message)
    found = _OPERATOR.match(term)
    sign, operand = (found["sign"] or "", found["operand"]) if found is not None else ("", term)
    if sign == "!":
        return not _matches(value, operand)
    if not sign:
        return _matches(value, operand)
    if isinstance(value, int | float) and not isinstance(value, bool) and operand.lstrip("-").isdecimal():
        limit = int(operand[:30])
        return {">": value > limit, ">=": value >= limit, "<": value < limit, "<=": value <= limit}[sign]
    message = "a comparison of quantities is not worked out"
    raise Unsupported(message)


def _matches(value: Json, operand: str) -> bool:
    match value:
        case bool():
            return glob(operand, "true" if value else "false")
        case int() | float() | str():
            return glob(operand, str(value))
        case _:
            return False
