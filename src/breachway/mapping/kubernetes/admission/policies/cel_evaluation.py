"""Evaluates expressions of the Common Expression Language on a specimen.

A field that is absent ends in an error, as in the API server; ``&&``, ``||``, ``all`` and ``exists`` absorb errors as the
language definition has it.
Functions that are not worked out (regular expressions among them: a hostile one could take for ever) raise
:class:`Unsupported`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from breachway.mapping.kubernetes.admission.policies.cel_syntax import Call, Index, ListOf, Literal, MapOf, Name, Select, parse
from breachway.mapping.kubernetes.admission.policies.rulings import EvaluationError, Unsupported

if TYPE_CHECKING:
    from breachway.mapping.kubernetes.admission.policies.cel_syntax import Expression
    from breachway.mapping.kubernetes.admission.policies.trees import Json

_MOST_STEPS = 20_000
_LONGEST = 20_000
"""Items of a list, or characters of a text, that an expression may make."""
_LARGEST = 2**63


class Optional(NamedTuple):
    """An optional value: of one value, or of none."""

    values: tuple[Json, ...]


Value: TypeAlias = "Json | Optional"


class Evaluation:
    """Evaluates expressions; the named ones are worked out on first use, all of them on one budget of steps."""

    def __init__(self, variables: dict[str, Json], expressions: tuple[tuple[str, str], ...] = ()) -> None:
        self._variables: dict[str, Value] = dict(variables)
        self._lazy = dict(expressions)
        self._steps = 0

    def holds(self, text: str) -> bool:
        """The truth of an expression; EvaluationError when it is no boolean."""
        return _boolean(self.value(text))

    def value(self, text: str) -> Value:
        """The value of an expression."""
        try:
            return self._value(parse(text), {})
        except RecursionError:
            # A chain of thousands of operators is a tree as deep; nobody writes one to be understood.
            message = "the expression is nested too deeply"
            raise Unsupported(message) from None

    # --- one node

    def _value(self, node: Expression, scope: dict[str, Value]) -> Value:
        self._steps += 1
        if self._steps > _MOST_STEPS:
            message = "the expression takes too many steps"
            raise Unsupported(message)
        match node:
            case Literal(value):
                return value
            case Name(name):
                return self._name(name, scope)
            case Select():
                return self._select(node, scope)
            case Index():
                return self._index(node, scope)
            case ListOf(items):
                return [_plain(self._value(item, scope)) for item in items]
            case MapOf(pairs):
                return {_text(self._value(key, scope)): _plain(self._value(value, scope)) for key, value in pairs}
            case Call():
                return self._call(node, scope)

    def _name(self, name: str, scope: dict[str, Value]) -> Value:
        if name in scope:
            return scope[name]
        if name in self._variables:
            return self._variables[name]
        message = f"{name} is not known here"
        raise Unsupported(message)

    def _select(self, node: Select, scope: dict[str, Value]) -> Value:
        if isinstance(node.value, Name) and node.value.name == "variables" and "variables" not in scope and not node.optional:
            return self._variable(node.field)
        value = self._value(node.value, scope)
        if node.optional or isinstance(value, Optional):
            inner = value.values if isinstance(value, Optional) else (value,)
            return Optional(tuple(item[node.field] for item in inner if isinstance(item, dict) and node.field in item))
        if isinstance(value, dict) and node.field in value:
            return value[node.field]
        message = f"no such key: {node.field}"
        raise EvaluationError(message)

    def _variable(self, name: str) -> Value:
        if name not in self._lazy:
            message = f"variables.{name} is not known here"
            raise Unsupported(message)
        key = f"variables.{name}"
        if key not in self._variables:
            work = self._lazy.pop(name)
            try:
                self._variables[key] = self._value(parse(work), {})
            finally:
                self._lazy[name] = work
        return self._variables[key]

    def _index(self, node: Index, scope: dict[str, Value]) -> Value:
        value, index = self._value(node.value, scope), _plain(self._value(node.key, scope))
        inner = value.values if isinstance(value, Optional) else (value,)
        found: list[Json] = []
        for item in inner:
            if isinstance(item, dict):
                found += [item[index]] if isinstance(index, str) and index in item else []
            elif isinstance(item, list) and isinstance(index, int) and 0 <= index < len(item):
                found.append(item[index])
        if node.optional or isinstance(value, Optional):
            return Optional(tuple(found))
        if not found:
            message = "no such item"
            raise EvaluationError(message)
        return found[0]

    # --- calls

    def _call(self, node: Call, scope: dict[str, Value]) -> Value:
        if node.target is None:
            return self._operator(node, scope)
        if node.name in {"all", "exists", "exists_one", "filter", "map"}:
            return self._comprehension(node, node.target, scope)
        if node.name in {"optMap", "optFlatMap"}:
            return self._optional_map(node, node.target, scope)
        if isinstance(node.target, Name) and node.target.name == "optional":
            return Optional(()) if node.name == "none" else Optional((_plain(self._value(node.arguments[0], scope)),))
        if isinstance(node.target, Name) and node.target.name == "cel" and node.name == "bind" and len(node.arguments) == 3:  # noqa: PLR2004 - name, value, body
            name, value, body = node.arguments
            return self._value(body, {**scope, _bound(name): self._value(value, scope)})
        target = self._value(node.target, scope)
        if isinstance(target, Optional):
            return self._of_optional(target, node, scope)
        return _method(target, node.name, [_plain(self._value(item, scope)) for item in node.arguments])

    def _of_optional(self, target: Optional, node: Call, scope: dict[str, Value]) -> Value:
        match node.name, node.arguments:
            case "orValue", (other,):
                return target.values[0] if target.values else self._value(other, scope)
            case "or", (other,):
                return target if target.values else self._value(other, scope)
            case "hasValue", ():
                return bool(target.values)
            case "value", ():
                if target.values:
                    return target.values[0]
                message = "the optional holds no value"
                raise EvaluationError(message)
            case _:
                message = f"{node.name} of an optional is not worked out"
                raise Unsupported(message)

    def _optional_map(self, node: Call, target: Expression, scope: dict[str, Value]) -> Value:
        value = self._value(target, scope)
        if not isinstance(value, Optional) or len(node.arguments) != 2:  # noqa: PLR2004 - name and body
            message = f"{node.name} wants an optional"
            raise EvaluationError(message)
        if not value.values:
            return value
        found = self._value(node.arguments[1], {**scope, _bound(node.arguments[0]): value.values[0]})
        return found if isinstance(found, Optional) else Optional((found,))

    def _operator(self, node: Call, scope: dict[str, Value]) -> Value:
        match node.name, node.arguments:
            case (("&&" | "||"), (left, right)):
                return self._logic(left, right, scope, decisive=node.name == "||")
            case "?:", (condition, first, second):
                return self._value(first if _boolean(self._value(condition, scope)) else second, scope)
            case "not", (inner,):
                return not _boolean(self._value(inner, scope))
            case "has", (Select(value, field, _),):
                holder = self._value(value, scope)
                if isinstance(holder, Optional):
                    return any(isinstance(item, dict) and field in item for item in holder.values)
                if not isinstance(holder, dict):
                    message = f"has() of {field} on no object"
                    raise EvaluationError(message)
                return field in holder
            case name, arguments:
                return _function(name, [self._value(item, scope) for item in arguments])

    def _logic(self, left: Expression, right: Expression, scope: dict[str, Value], *, decisive: bool) -> bool:
        """``||`` (decisive is true) and ``&&``: a decisive side decides, whatever becomes of the other."""
        trouble: EvaluationError | Unsupported | None = None
        for side in (left, right):
            try:
                if _boolean(self._value(side, scope)) is decisive:
                    return decisive
            except (EvaluationError, Unsupported) as error:
                trouble = error if trouble is None or isinstance(error, Unsupported) else trouble
        if trouble is not None:
            raise trouble
        return not decisive

    def _comprehension(self, node: Call, target: Expression, scope: dict[str, Value]) -> Value:
        holder = self._value(target, scope)
        if not isinstance(holder, list | dict) or len(node.arguments) < 2:  # noqa: PLR2004 - name and body
            message = f"{node.name} wants a list or a map"
            raise EvaluationError(message)
        name, body = _bound(node.arguments[0]), node.arguments[-1]
        elements: list[Json] = list(holder)
        match node.name:
            case "all" | "exists":
                return self._quantified(elements, name, body, scope, decisive=node.name == "exists")
            case "exists_one":
                return sum(_boolean(self._value(body, {**scope, name: item})) for item in elements) == 1
            case "filter":
                return [item for item in elements if _boolean(self._value(body, {**scope, name: item}))]
            case _:
                if len(node.arguments) > 2:  # noqa: PLR2004 - with a condition between
                    condition = node.arguments[1]
                    elements = [item for item in elements if _boolean(self._value(condition, {**scope, name: item}))]
                return [_plain(self._value(body, {**scope, name: item})) for item in elements]

    def _quantified(self, elements: list[Json], name: str, body: Expression, scope: dict[str, Value], *, decisive: bool) -> bool:
        trouble: EvaluationError | Unsupported | None = None
        for item in elements:
            try:
                if _boolean(self._value(body, {**scope, name: item})) is decisive:
                    return decisive
            except (EvaluationError, Unsupported) as error:
                trouble = error if trouble is None or isinstance(error, Unsupported) else trouble
        if trouble is not None:
            raise trouble
        return not decisive


def _bound(node: Expression) -> str:
    if isinstance(node, Name):
        return node.name
    message = "a bound variable has no name"
    raise Unsupported(message)


def _plain(value: Value) -> Json:
    if isinstance(value, Optional):
        message = "an optional where a value is wanted"
        raise EvaluationError(message)
    return value


def _boolean(value: Value) -> bool:
    if isinstance(value, bool):
        return value
    message = "no boolean"
    raise EvaluationError(message)


def _text(value: Value) -> str:
    if isinstance(value, str):
        return value
    message = "no string"
    raise EvaluationError(message)


def _number(value: Value) -> int | float:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    message = "no number"
    raise EvaluationError(message)


def _in_range(value: float) -> int | float:
    """A number of 64 bits, as the language has them; what does not fit is an error there as well."""
    if isinstance(value, int) and not -_LARGEST <= value < _LARGEST:
        message = "the number is too large"
        raise EvaluationError(message)
    return value


def _equal(left: Value, right: Value) -> bool:
    return isinstance(left, bool) == isinstance(right, bool) and left == right


def _function(name: str, arguments: list[Value]) -> Value:  # noqa: PLR0911 - one return for each function
    match name, arguments:
        case (("==" | "!="), [left, right]):
            return _equal(left, right) is (name == "==")
        case "in", [value, holder] if isinstance(holder, list | dict):
            return any(_equal(value, item) for item in holder)
        case "+", [str() as left, str() as right] if len(left) + len(right) < _LONGEST:
            return left + right
        case "+", [list() as first, list() as second] if len(first) + len(second) < _LONGEST:
            return first + second
        case (("<" | "<=" | ">" | ">="), [left, right]):
            return _compared(name, left, right)
        case (("+" | "-" | "*"), [left, right]):
            a, b = _number(left), _number(right)
            return _in_range(a + b if name == "+" else a - b if name == "-" else a * b)
        case "negative", [value]:
            return -_number(value)
        case "size", [value]:
            return _method(value, "size", [])
        case "string", [str() | int() as value] if not isinstance(value, bool):
            return str(value)
        case "int", [value]:
            return int(_number(value))
        case "dyn", [value]:
            return value
        case _:
            message = f"{name} is not worked out"
            raise Unsupported(message)


def _compared(sign: str, left: Value, right: Value) -> bool:
    if isinstance(left, str) and isinstance(right, str):
        order = (left > right) - (left < right)
    else:
        a, b = _number(left), _number(right)
        order = (a > b) - (a < b)
    return {"<": order < 0, "<=": order <= 0, ">": order > 0, ">=": order >= 0}[sign]


def _method(target: Value, name: str, arguments: list[Json]) -> Value:
    match target, name, arguments:
        case (str() | list() | dict()) as holder, "size", []:
            return len(holder)
        case str() as value, "startsWith", [str() as part]:
            return value.startswith(part)
        case str() as value, "endsWith", [str() as part]:
            return value.endswith(part)
        case str() as value, "contains", [str() as part]:
            return part in value
        case str() as value, "lowerAscii", []:
            return value.lower()
        case str() as value, "upperAscii", []:
            return value.upper()
        case str() as value, "trim", []:
            return value.strip()
        case str() as value, "split", [str() as mark] if mark:
            return list(value.split(mark))
        case ((bool() | int() | float() | None), ("startsWith" | "endsWith" | "contains" | "size"), _):
            message = f"no such overload: {name}"
            raise EvaluationError(message)
        case _:
            message = f"{name} is not worked out"
            raise Unsupported(message)
