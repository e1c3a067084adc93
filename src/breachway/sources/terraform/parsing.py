"""Parses files in the HashiCorp configuration language into attributes and blocks with places."""

from __future__ import annotations

from breachway.sources.terraform.expression_parsing import ExpressionParser
from breachway.sources.terraform.expressions import Attribute, Block, Body, Constant, Place
from breachway.sources.terraform.scanning import HclError


def parse_body(text: str) -> Body:
    """Parse a whole file; raises HclError."""
    return _Parser(text).file()


class _Parser(ExpressionParser):
    def file(self) -> Body:
        body = self.body("end")
        if self.scanner.peek().kind != "end":
            raise HclError("a bracket closes what was not opened", self.scanner.here)
        return body

    def body(self, until: str) -> Body:
        attributes: list[Attribute] = []
        blocks: list[Block] = []
        scanner = self.scanner
        while True:
            scanner.skip_newlines()
            token = scanner.peek()
            if token.kind == "end" or scanner.is_sign("}"):
                if until == "}" and token.kind == "end":
                    raise HclError("the file ends inside a block", scanner.here)
                return Body(tuple(attributes), tuple(blocks))
            if token.kind != "name":
                raise HclError("expected the name of an attribute or a block", scanner.here)
            place = scanner.here
            scanner.take()
            if scanner.is_sign("="):
                scanner.take()
                attributes.append(Attribute(token.text, self.expression(), place))
            else:
                blocks.append(self.block(token.text, place))
            if scanner.peek().kind not in {"newline", "end"} and not scanner.is_sign("}"):
                raise HclError("expected the end of the line", scanner.here)

    def block(self, kind: str, place: Place) -> Block:
        labels: list[str] = []
        scanner = self.scanner
        while not scanner.is_sign("{"):
            if scanner.peek().kind == "name":
                labels.append(scanner.take().text)
            elif scanner.is_sign('"'):
                labels.append(self.plain_string())
            else:
                raise HclError("expected a block or an attribute", scanner.here)
        self.enter(place)
        scanner.take()
        self.loose.append(False)
        body = self.body("}")
        self.loose.pop()
        scanner.expect("}")
        self.depth -= 1
        return Block(kind, tuple(labels), body, place)

    def plain_string(self) -> str:
        found = self.string()
        if isinstance(found, Constant):
            return found.text
        raise HclError("expected a string without a template", found.place)
