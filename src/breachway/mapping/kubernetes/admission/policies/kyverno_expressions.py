"""Kyverno's conditions, and as much of JMESPath as its published policies use.

A variable that leads nowhere ends a rule in an error, so it is unknown here; so is any function that is not worked out.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, NamedTuple

from breachway.mapping.kubernetes.admission.policies.rulings import Unsupported
from breachway.mapping.kubernetes.admission.policies.trees import glob, mappings, text

if TYPE_CHECKING:
    from breachway.mapping.kubernetes.admission.policies.trees import Json

_LONGEST = 2_000
_WHOLE = re.compile(r"\s*\{\{(?P<path>(?:(?!\{\{|\}\}).)*)\}\}\s*\Z", re.DOTALL)
_TOKEN = re.compile(
    r"\s*(?:(?P<or>\|\|)|(?P<flatten>\[\])|(?P<star>\[\*\])|(?P<index>\[-?[0-9]{1,6}\])|(?P<many>\.\[)"
    r"|(?P<name>\.?(?:[A-Za-z_][A-Za-z0-9_]*|\"[^\"\\]*\"))|(?P<json>`[^`]*`)|(?P<raw>'[^'\\]*')|(?P<mark>[,\]()@]))"
)


class _Token(NamedTuple):
    kind: str
    text: str


def resolve(value: Json, variables: dict[str, Json]) -> Json:
    """A value of a condition with its variable, if it is one, replaced by what it stands for."""
    if isinstance(value, list):
        return [resolve(item, variables) for item in value]
    if not isinstance(value, str) or "{{" not in value:
        return value
    whole = _WHOLE.match(value)
    if whole is None:
        message = "a variable within a text is not worked out"
        raise Unsupported(message)
    return search(whole["path"], variables)


def search(path: str, variables: dict[str, Json]) -> Json:
    """What a path leads to; Unsupported where it leads nowhere or has parts that are not worked out."""
    if len(path) > _LONGEST:
        message = "the path is too long"
        raise Unsupported(message)
    reader = _Path(_tokens(path), variables)
    found = reader.alternatives()
    if reader.rest or found is None:
        message = "the path is not worked out" if reader.rest else "the path leads nowhere"
        raise Unsupported(message)
    return found


def _tokens(path: str) -> list[_Token]:
    found: list[_Token] = []
    place, end = 0, len(path.rstrip())
    while place < end:
        match = _TOKEN.match(path, place)
        if match is None:
            message = "the path is not worked out"
            raise Unsupported(message)
        found.append(_Token(match.lastgroup or "", match[match.lastgroup or 0]))
        place = match.end()
    return found


class _Path:
    """Evaluates while it reads: names, lists of names, projections, literals and ``||``."""

    def __init__(self, tokens: list[_Token], root: Json) -> None:
        self.rest = tokens[::-1]
        self._root = root

    def alternatives(self) -> Json:
        found = self._chain(self._root)
        while self.rest and self.rest[-1].kind == "or":
            self.rest.pop()
            other = self._chain(self._root)
            if found is None or found is False or found in ("", [], {}):
                found = other
        return found

    def _chain(self, root: Json) -> Json:
        if not self.rest:
            message = "the path ends early"
            raise Unsupported(message)
        first = self.rest.pop()
        match first.kind:
            case "json":
                return _literal(first.text[1:-1])
            case "raw":
                return first.text[1:-1]
            case "name" if not first.text.startswith("."):
                if self.rest and self.rest[-1] == _Token("mark", "("):
                    return self._function(first.text, root)
                return self._steps(_field(root, first.text))
            case "mark" if first.text == "@":
                return self._steps(root)
            case _:
                message = "the path is not worked out"
                raise Unsupported(message)

    def _function(self, name: str, root: Json) -> Json:
        self.rest.pop()
        argument = self._chain(root)
        if not self.rest or self.rest.pop() != _Token("mark", ")"):
            message = "a function of several arguments is not worked out"
            raise Unsupported(message)
        match name, argument:
            case "length", (list() | dict() | str()):
                return len(argument)
            case "keys", dict():
                return list(argument)
            case _:
                message = f"{name} is not worked out"
                raise Unsupported(message)

    def _steps(self, value: Json) -> Json:
        """Follow the path; after ``[]`` and ``[*]`` every item is followed, and those that lead nowhere are dropped."""
        projecting = False
        while self.rest and self.rest[-1].kind in {"flatten", "star", "index", "many", "name"}:
            step = self.rest.pop()
            match step.kind:
                case "flatten" if isinstance(value, list):
                    value, projecting = _flattened(value), True
                case "star" if isinstance(value, list) and not projecting:
                    projecting = True
                case "flatten" | "star":
                    value, projecting = None, False
                case "index":
                    value = _at_index(value, int(step.text[1:-1]), projecting=projecting)
                case "many":
                    names = self._names()
                    several: Json = (
                        [[_field(item, name) for name in names] for item in value if item is not None]
                        if (projecting and isinstance(value, list))
                        else None
                        if value is None
                        else [_field(value, name) for name in names]
                    )
                    value = several
                case _:
                    value = _each(value, step.text.removeprefix("."), projecting=projecting)
        return value

    def _names(self) -> list[str]:
        names: list[str] = []
        while self.rest:
            token = self.rest.pop()
            if token == _Token("mark", "]"):
                return names
            if token.kind == "name" and not token.text.startswith("."):
                names.append(token.text)
            elif token != _Token("mark", ","):
                break
        message = "a list of names is not worked out"
        raise Unsupported(message)


def _literal(body: str) -> Json:
    try:
        found: Json = json.loads(body)
    except ValueError:
        message = "a literal is no JSON"
        raise Unsupported(message) from None
    return found


def _field(value: Json, name: str) -> Json:
    return value.get(name.strip('"')) if isinstance(value, dict) else None


def _each(value: Json, name: str, *, projecting: bool) -> Json:
    if not projecting or not isinstance(value, list):
        return _field(value, name)
    return [found for item in value if (found := _field(item, name)) is not None]


def _at_index(value: Json, index: int, *, projecting: bool) -> Json:
    if projecting or not isinstance(value, list):
        message = "an index into a projection is not worked out"
        raise Unsupported(message)
    return value[index] if -len(value) <= index < len(value) else None


def _flattened(value: list[Json]) -> list[Json]:
    found: list[Json] = []
    for item in value:
        if isinstance(item, list):
            found.extend(item)
        else:
            found.append(item)
    return found


def conditions_hold(conditions: Json, variables: dict[str, Json]) -> bool:
    """Whether conditions hold: ``any`` of some and ``all`` of others, or a list of which all must."""
    if isinstance(conditions, list):
        blocks = mappings(conditions)
        if any("any" in block or "all" in block for block in blocks):
            return all(conditions_hold(block, variables) for block in blocks)
        return all(_holds(item, variables) for item in blocks)
    if not isinstance(conditions, dict):
        return True
    some, every = conditions.get("any"), conditions.get("all")
    if isinstance(some, list) and some and not any(_holds(item, variables) for item in mappings(some)):
        return False
    return all(_holds(item, variables) for item in mappings(every))


def _holds(condition: dict[str, Json], variables: dict[str, Json]) -> bool:
    key, wanted = resolve(condition.get("key"), variables), resolve(condition.get("value"), variables)
    keys: list[Json] = key if isinstance(key, list) else [key]
    values: list[Json] = wanted if isinstance(wanted, list) else [wanted]
    match text(condition.get("operator")).lower():
        case "equal" | "equals":
            return _same(key, wanted)
        case "notequal" | "notequals":
            return not _same(key, wanted)
        case "anyin":
            return any(_among(item, values) for item in keys)
        case "allin" | "in":
            return all(_among(item, values) for item in keys)
        case "anynotin":
            return any(not _among(item, values) for item in keys)
        case "allnotin" | "notin":
            return not any(_among(item, values) for item in keys)
        case "greaterthan":
            return _number(key) > _number(wanted)
        case "greaterthanorequals":
            return _number(key) >= _number(wanted)
        case "lessthan":
            return _number(key) < _number(wanted)
        case "lessthanorequals":
            return _number(key) <= _number(wanted)
        case operator:
            message = f"the operator {operator} is not worked out"
            raise Unsupported(message)


def _same(key: Json, wanted: Json) -> bool:
    if isinstance(key, str) and isinstance(wanted, str):
        return glob(wanted, key)
    return isinstance(key, bool) == isinstance(wanted, bool) and key == wanted


def _among(item: Json, values: list[Json]) -> bool:
    return any(_same(item, value) for value in values)


def _number(value: Json) -> int | float:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    message = "a comparison of quantities is not worked out"
    raise Unsupported(message)
