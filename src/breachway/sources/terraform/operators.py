"""What operators make of values that are known; anything else is not known."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING

from breachway.sources.nodes import Scalar
from breachway.sources.terraform.values import is_unknown, plain_at, truth

if TYPE_CHECKING:
    from breachway.sources.nodes import Node
    from breachway.sources.terraform.expressions import Place

_LONGEST_NUMBER = 30


def combine(operator: str, left: Node, right: Node, place: Place) -> Node | None:
    """The value of ``left operator right`` (of ``operator right`` for a prefix); None where it is not known."""
    if operator in {"&&", "||", "!"}:
        return _logic(operator, (truth(left), truth(right)), place)
    if operator in {"==", "!="}:
        return _equality(operator, left, right, place)
    numbers = (_number(left) if not (isinstance(left, Scalar) and not left.text) else 0.0, _number(right))
    first, second = numbers
    if first is None or second is None:
        return None
    if operator in {"<", "<=", ">", ">="}:
        return _boolean(_order(operator, first, second), place)
    return _arithmetic(operator, first, second, place)


def _boolean(value: bool, place: Place) -> Scalar:  # noqa: FBT001 - the value itself
    return plain_at("true" if value else "false", place)


def _logic(operator: str, sides: tuple[bool | None, bool | None], place: Place) -> Node | None:
    left, right = sides
    match operator:
        case "!":
            return None if right is None else _boolean(not right, place)
        case "&&" if left is False or right is False:
            return plain_at("false", place)
        case "||" if left is True or right is True:
            return plain_at("true", place)
    return None if left is None or right is None else _boolean(left if operator == "&&" else right, place)


def _equality(operator: str, left: Node, right: Node, place: Place) -> Node | None:
    if not isinstance(left, Scalar) or not isinstance(right, Scalar) or is_unknown(left) or is_unknown(right):
        return None
    same = left.text == right.text and (left.plain or not right.plain or right.text != "null")
    return _boolean(same == (operator == "=="), place)


def _number(node: Node) -> float | None:
    if not isinstance(node, Scalar) or is_unknown(node) or len(node.text) > _LONGEST_NUMBER:
        return None
    try:
        found = float(node.text)
    except ValueError:
        return None
    return found if isfinite(found) else None


def _order(operator: str, left: float, right: float) -> bool:
    match operator:
        case "<":
            return left < right
        case "<=":
            return left <= right
        case ">":
            return left > right
        case _:
            return left >= right


def _arithmetic(operator: str, left: float, right: float, place: Place) -> Node | None:
    match operator:
        case "+":
            found = left + right
        case "-":
            found = left - right
        case "*":
            found = left * right
        case "/" if right:
            found = left / right
        case "%" if right:
            found = left % right
        case _:
            return None
    return plain_at(f"{found:.15g}", place) if isfinite(found) else None
