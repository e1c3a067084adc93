"""Parses the expressions of the HashiCorp configuration language (HCL native syntax specification, version 2).

Hostile text ends in an :class:`HclError`: nesting is limited, and no regular expression here backtracks.
"""

from __future__ import annotations

import re

from breachway.sources.terraform.expressions import (
    Call,
    Choice,
    Constant,
    Expression,
    For,
    Item,
    ListOf,
    Member,
    Name,
    ObjectOf,
    Opaque,
    Operation,
    Pair,
    Place,
    Splat,
    Template,
)
from breachway.sources.terraform.scanning import HclError, Scanner

DEEPEST = 48
"""How deep blocks, brackets and templates may nest."""

LONGEST_CHAIN = 64
"""How many members, indices or operators may follow one another."""

_LITERALS = frozenset({"true", "false", "null"})
_PRECEDENCE = {
    "||": 1, "&&": 2, "==": 3, "!=": 3, "<": 4, ">": 4, "<=": 4, ">=": 4, "+": 5, "-": 5, "*": 6, "/": 6, "%": 6,
}  # fmt: skip


class ExpressionParser:
    """A scanner with what expressions need: how deep they nest, and whether line ends mean anything here."""

    def __init__(self, text: str) -> None:
        self.scanner = Scanner(text)
        self.depth = 0
        self.loose = [False]

    def enter(self, place: Place) -> None:
        """Go one level deeper; the caller counts back."""
        self.depth += 1
        if self.depth > DEEPEST:
            raise HclError(f"nested deeper than {DEEPEST}", place)

    def _link(self, links: int) -> int:
        """Count one more link of a chain."""
        if links >= LONGEST_CHAIN:
            raise HclError(f"a chain of more than {LONGEST_CHAIN} members or operators", self.scanner.here)
        return links + 1

    # ------------------------------------------------------------------------------------------------------------ expressions

    def expression(self) -> Expression:
        """Parse one expression."""
        place = self._peek_place()
        self.enter(place)
        condition = self._binary(1)
        if self._sign_ahead("?"):
            self.scanner.take()
            yes = self.expression()
            self._expect(":")
            condition = Choice(condition, yes, self.expression(), place)
        self.depth -= 1
        return condition

    def _peek_place(self) -> Place:
        if self.loose[-1]:
            self.scanner.skip_newlines()
        return self.scanner.here

    def _sign_ahead(self, *signs: str) -> bool:
        if self.loose[-1]:
            self.scanner.skip_newlines()
        return self.scanner.is_sign(*signs)

    def _expect(self, sign: str) -> None:
        if self.loose[-1]:
            self.scanner.skip_newlines()
        self.scanner.expect(sign)

    def _binary(self, least: int) -> Expression:
        left = self._unary()
        links = 0
        while self._sign_ahead(*_PRECEDENCE):
            operator = self.scanner.peek().text
            level = _PRECEDENCE[operator]
            if level < least:
                break
            links = self._link(links)
            self.scanner.take()
            left = Operation(operator, left, self._binary(level + 1), left.place)
        return left

    def _unary(self) -> Expression:
        place = self._peek_place()
        if self._sign_ahead("!", "-"):
            operator = self.scanner.take().text
            self.enter(place)
            operand = self._unary()
            self.depth -= 1
            return Operation(operator, Constant("", plain=True, place=place), operand, place)
        return self._postfix(self._primary())

    def _primary(self) -> Expression:
        scanner, place = self.scanner, self._peek_place()
        token = scanner.peek()
        if token.kind == "number":
            return Constant(scanner.take().text, plain=True, place=place)
        if token.kind == "heredoc":
            return self._heredoc()
        if token.kind == "name":
            scanner.take()
            if token.text in _LITERALS:
                return Constant(token.text, plain=True, place=place)
            return self._call(token.text, place) if scanner.is_sign("(") else Name(token.text, place)
        if self._sign_ahead('"'):
            return self.string()
        if self._sign_ahead("("):
            return self._bracketed(")")
        if self._sign_ahead("["):
            return self._list_or_for()
        if self._sign_ahead("{"):
            return self._object_or_for()
        raise HclError("expected a value", place)

    def _bracketed(self, closing: str) -> Expression:
        self.scanner.take()
        self.loose.append(True)
        inner = self.expression()
        self._expect(closing)
        self.loose.pop()
        return inner

    def _call(self, name: str, place: Place) -> Expression:
        self.scanner.take()
        return Call(name, self._items(")"), place)

    def _items(self, closing: str) -> tuple[Expression, ...]:
        found: list[Expression] = []
        self.loose.append(True)
        while not self._sign_ahead(closing):
            found.append(self.expression())
            if self._sign_ahead("..."):
                self.scanner.take()
            if not self._sign_ahead(","):
                break
            self.scanner.take()
        self._expect(closing)
        self.loose.pop()
        return tuple(found)

    def _postfix(self, found: Expression) -> Expression:
        scanner = self.scanner
        links = 0
        while self._sign_ahead(".", "["):
            links = self._link(links)
            place = scanner.here
            if scanner.take().text == ".":
                found = self._member(found, place)
            elif scanner.is_sign("*"):
                scanner.take()
                scanner.expect("]")
                found = Splat(found, self._names_after(), place)
            else:
                self.loose.append(True)
                key = self.expression()
                self._expect("]")
                self.loose.pop()
                found = Item(found, key, place)
        return found

    def _member(self, target: Expression, place: Place) -> Expression:
        token = self.scanner.peek()
        if self.scanner.is_sign("*"):
            self.scanner.take()
            return Splat(target, self._names_after(), place)
        if token.kind == "name":
            return Member(target, self.scanner.take().text, place)
        if token.kind == "number":
            for part in self.scanner.take().text.split("."):
                target = Item(target, Constant(part, plain=True, place=place), place)
            return target
        raise HclError("expected a name after the dot", place)

    def _names_after(self) -> tuple[str, ...]:
        names: list[str] = []
        while self.scanner.is_sign("."):
            before = self.scanner.peek().start
            self.scanner.take()
            if self.scanner.peek().kind != "name":
                self.scanner.back_to(before)
                break
            names.append(self.scanner.take().text)
        return tuple(names)

    # ------------------------------------------------------------------------------------------------------ lists and objects

    def _list_or_for(self) -> Expression:
        place = self.scanner.here
        self.scanner.take()
        if self._for_ahead():
            return self._for_expression("]", place)
        return ListOf(self._items("]"), place)

    def _object_or_for(self) -> Expression:
        place, scanner = self.scanner.here, self.scanner
        scanner.take()
        if self._for_ahead():
            return self._for_expression("}", place)
        pairs: list[Pair] = []
        self.loose.append(False)
        while True:
            scanner.skip_newlines()
            if scanner.is_sign("}"):
                break
            at = scanner.here
            key = self.expression()
            if not scanner.is_sign("=", ":"):
                raise HclError('expected "=" after the key', scanner.here)
            scanner.take()
            scanner.skip_newlines()
            pairs.append(Pair(key, self.expression(), at))
            if scanner.is_sign(","):
                scanner.take()
            elif scanner.peek().kind != "newline" and not scanner.is_sign("}"):
                raise HclError("expected a comma or a new line", scanner.here)
        self.loose.pop()
        scanner.take()
        return ObjectOf(tuple(pairs), place)

    def _for_ahead(self) -> bool:
        scanner = self.scanner
        start = scanner.position
        scanner.skip_newlines()
        token = scanner.peek()
        if token.kind == "name" and token.text == "for":
            scanner.take()
            if scanner.peek().kind == "name":
                return True
        scanner.back_to(start)
        return False

    def _for_expression(self, closing: str, place: Place) -> Expression:
        self.loose.append(True)
        names = [self.scanner.take().text]
        while self._sign_ahead(","):
            self.scanner.take()
            names.append(self._word())
        if self._word() != "in":
            raise HclError('expected "in"', self.scanner.here)
        collection = self.expression()
        self._expect(":")
        key, value = None, self.expression()
        if self._sign_ahead("=>"):
            self.scanner.take()
            key, value = value, self.expression()
        grouping = self._sign_ahead("...")
        if grouping:
            self.scanner.take()
        self.scanner.skip_newlines()
        condition = None
        if self.scanner.peek().kind == "name" and self.scanner.peek().text == "if":
            self.scanner.take()
            condition = self.expression()
        self._expect(closing)
        self.loose.pop()
        return For(tuple(names), collection, key, value, condition, grouping, place)

    def _word(self) -> str:
        self.scanner.skip_newlines()
        if self.scanner.peek().kind != "name":
            raise HclError("expected a name", self.scanner.here)
        return self.scanner.take().text

    # -------------------------------------------------------------------------------------------------------------- templates

    def string(self) -> Constant | Template:
        """Parse a string in quotes."""
        place = self.scanner.here
        self.scanner.back_to(self.scanner.take().end)
        parts = self._template(len(self.scanner.text), quoted=True)
        if self.scanner.text[self.scanner.position : self.scanner.position + 1] != '"':
            raise HclError("a string does not end", place)
        self.scanner.back_to(self.scanner.position + 1)
        return _text(parts, place, multiline=False)

    def _heredoc(self) -> Constant | Template:
        place = self.scanner.here
        token = self.scanner.take()
        marker = token.text.strip("<-").strip()
        closing = re.compile(rf"^[ \t]*{re.escape(marker)}[ \t\r]*$", re.MULTILINE).search(self.scanner.text, token.end)
        if closing is None:
            raise HclError(f"the text up to {marker} does not end", place)
        self.scanner.back_to(token.end)
        parts = self._template(closing.start(), quoted=False)
        self.scanner.back_to(closing.end())
        return _text(parts, place, multiline=True)

    def _template(self, end: int, *, quoted: bool) -> tuple[Expression, ...]:
        parts: list[Expression] = []
        scanner = self.scanner
        while True:
            place = scanner.place(scanner.position)
            text = scanner.literal(end, quoted=quoted)
            if text:
                parts.append(Constant(text, plain=False, place=place))
            at = scanner.position
            opening = scanner.text[at : at + 2]
            if at >= end or opening not in {"${", "%{"}:
                return tuple(parts)
            parts.append(self._interpolation(at, directive=opening == "%{"))

    def _interpolation(self, at: int, *, directive: bool) -> Expression:
        scanner = self.scanner
        place = scanner.place(at)
        scanner.back_to(at + 2 + scanner.text.startswith("~", at + 2))
        self.enter(place)
        if directive:
            closing = scanner.text.find("}", scanner.position)
            if closing < 0:
                raise HclError("a directive does not end", place)
            scanner.back_to(closing + 1)
            found: Expression = Opaque(place)
        else:
            self.loose.append(True)
            found = self.expression()
            if self._sign_ahead("~"):
                scanner.take()
            self._expect("}")
            self.loose.pop()
            scanner.back_to(scanner.position)
        self.depth -= 1
        return found


def _text(parts: tuple[Expression, ...], place: Place, *, multiline: bool) -> Constant | Template:
    if not parts:
        return Constant("", plain=False, place=place)
    only = parts[0]
    if len(parts) == 1 and isinstance(only, Constant) and not only.plain and not multiline:
        return Constant(only.text, plain=False, place=place)
    return Template(parts, multiline, place)
