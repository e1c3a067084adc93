"""The syntax of the Common Expression Language, as far as admission policies use it: text to a tree.

Follows the grammar of the language definition (cel-spec), with the optional accesses ``.?`` and ``[?]``.  What is beyond it
raises :class:`Unsupported`: hostile and exotic expressions have an unknown answer, never a crash.
"""

from __future__ import annotations

import re
from typing import NamedTuple, TypeAlias

from breachway.mapping.kubernetes.admission.policies.rulings import Unsupported

LONGEST = 20_000
"""Characters of an expression that is looked at."""
_DEEPEST = 60

_TOKEN = re.compile(
    r"(?P<space>[ \t\r\n]+|//[^\n]*)"
    r"|(?P<number>[0-9]+\.[0-9]+(?:[eE][-+]?[0-9]+)?|0[xX][0-9a-fA-F]+[uU]?|[0-9]+[uU]?)"
    r"|(?P<string>[rR]?(?:\"\"\"(?:[^\\]|\\.)*?\"\"\"|'''(?:[^\\]|\\.)*?'''|\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*'))"
    r"|(?P<name>[A-Za-z_][A-Za-z0-9_]*)"
    r"|(?P<mark>&&|\|\||==|!=|<=|>=|\.\?|\[\?|[-+*/%!<>?:.,()\[\]{}])",
    re.DOTALL,
)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}
_CONSTANTS: dict[str, bool | None] = {"true": True, "false": False, "null": None}


class Literal(NamedTuple):
    """A constant."""

    value: bool | int | float | str | None


class Name(NamedTuple):
    """A variable."""

    name: str


class Select(NamedTuple):
    """A field of a value; ``optional`` for ``.?``."""

    value: Expression
    field: str
    optional: bool


class Index(NamedTuple):
    """An item of a list or a map; ``optional`` for ``[?]``."""

    value: Expression
    key: Expression
    optional: bool


class Call(NamedTuple):
    """A function, a method when ``target`` is there, or an operator by its sign."""

    target: Expression | None
    name: str
    arguments: tuple[Expression, ...]


class ListOf(NamedTuple):
    """A list."""

    items: tuple[Expression, ...]


class MapOf(NamedTuple):
    """A map, as pairs."""

    pairs: tuple[tuple[Expression, Expression], ...]


Expression: TypeAlias = Literal | Name | Select | Index | Call | ListOf | MapOf

_LEVELS = (("||",), ("&&",), ("==", "!=", "<", "<=", ">", ">=", "in"), ("+", "-"), ("*", "/", "%"))


def parse(text: str) -> Expression:
    """The tree of an expression; Unsupported for what is none."""
    if len(text) > LONGEST:
        message = "the expression is too long"
        raise Unsupported(message)
    parser = _Parser(_tokens(text))
    found = parser.expression()
    parser.end()
    return found


class _Token(NamedTuple):
    kind: str
    text: str


def _tokens(text: str) -> list[_Token]:
    found: list[_Token] = []
    place = 0
    while place < len(text):
        match = _TOKEN.match(text, place)
        if match is None:
            message = f"unknown character at {place}"
            raise Unsupported(message)
        place = match.end()
        if match.lastgroup != "space":
            found.append(_Token(match.lastgroup or "", match[0]))
    return found


class _Parser:
    def __init__(self, tokens: list[_Token]) -> None:
        self._tokens = tokens
        self._next = 0
        self._depth = 0

    def end(self) -> None:
        if self._next < len(self._tokens):
            message = f"unexpected {self._tokens[self._next].text[:20]}"
            raise Unsupported(message)

    def _peek(self) -> str:
        """The next sign or word; a string literal is none."""
        token = self._tokens[self._next] if self._next < len(self._tokens) else None
        return token.text if token is not None and token.kind in {"mark", "name"} else ""

    def _take(self) -> _Token:
        if self._next >= len(self._tokens):
            message = "the expression ends early"
            raise Unsupported(message)
        self._next += 1
        return self._tokens[self._next - 1]

    def _accept(self, text: str) -> bool:
        if self._peek() != text:
            return False
        self._next += 1
        return True

    def _expect(self, text: str) -> None:
        if not self._accept(text):
            message = f"{text} is missing"
            raise Unsupported(message)

    def expression(self) -> Expression:
        self._depth += 1
        if self._depth > _DEEPEST:
            message = "the expression is nested too deeply"
            raise Unsupported(message)
        condition = self._binary(0)
        if self._accept("?"):
            first = self.expression()
            self._expect(":")
            condition = Call(None, "?:", (condition, first, self.expression()))
        self._depth -= 1
        return condition

    def _binary(self, level: int) -> Expression:
        if level == len(_LEVELS):
            return self._unary()
        left = self._binary(level + 1)
        while (sign := self._peek()) in _LEVELS[level]:
            self._next += 1
            left = Call(None, sign, (left, self._binary(level + 1)))
        return left

    def _unary(self) -> Expression:
        signs: list[str] = []
        while (sign := self._peek()) in {"!", "-"}:
            self._next += 1
            signs.append(sign)
        value = self._member()
        for sign in reversed(signs):
            value = Call(None, "not" if sign == "!" else "negative", (value,))
        return value

    def _member(self) -> Expression:
        value = self._primary()
        while True:
            sign = self._peek()
            if sign in {".", ".?"}:
                self._next += 1
                value = self._after_dot(value, optional=sign == ".?")
            elif sign in {"[", "[?"}:
                self._next += 1
                index = self.expression()
                self._expect("]")
                value = Index(value, index, sign == "[?")
            else:
                return value

    def _after_dot(self, value: Expression, *, optional: bool) -> Expression:
        token = self._take()
        if token.kind != "name":
            message = "a name is missing after the dot"
            raise Unsupported(message)
        if not optional and self._accept("("):
            return Call(value, token.text, self._arguments(")"))
        return Select(value, token.text, optional)

    def _arguments(self, closing: str) -> tuple[Expression, ...]:
        found: list[Expression] = []
        while not self._accept(closing):
            found.append(self.expression())
            if not self._accept(","):
                self._expect(closing)
                break
        return tuple(found)

    def _primary(self) -> Expression:
        token = self._take()
        match token.kind, token.text:
            case "number", digits:
                return Literal(_number(digits))
            case "string", quoted:
                return Literal(_string(quoted))
            case "name", name if name in _CONSTANTS:
                return Literal(_CONSTANTS[name])
            case "name", name:
                return Call(None, name, self._arguments(")")) if self._accept("(") else Name(name)
            case "mark", "(":
                inner = self.expression()
                self._expect(")")
                return inner
            case "mark", "[":
                return ListOf(self._arguments("]"))
            case "mark", "{":
                return self._map()
            case _:
                message = f"unexpected {token.text[:20]}"
                raise Unsupported(message)

    def _map(self) -> Expression:
        pairs: list[tuple[Expression, Expression]] = []
        while not self._accept("}"):
            key = self.expression()
            self._expect(":")
            pairs.append((key, self.expression()))
            if not self._accept(","):
                self._expect("}")
                break
        return MapOf(tuple(pairs))


def _number(digits: str) -> int | float:
    plain = digits.rstrip("uU")
    if plain[:2] in {"0x", "0X"}:
        return int(plain[2:40], 16)
    return float(plain[:40]) if "." in plain else int(plain[:40])


def _string(quoted: str) -> str:
    raw = quoted[0] in "rR"
    body = quoted[1:] if raw else quoted
    width = 3 if body[:3] in {'"""', "'''"} else 1
    body = body[width:-width]
    return body if raw else re.sub(r"\\(.)", lambda found: _ESCAPES.get(found[1], found[1]), body, flags=re.DOTALL)
