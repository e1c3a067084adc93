"""Evaluates expressions of one module: names are looked up, what no file says stays not known.

No function that reads a file, a clock or a network is run.  Work and depth are limited, so that a hostile text ends in values
that are not known.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from breachway.sources.nodes import Entry, Mapping, Scalar, Sequence
from breachway.sources.terraform.expressions import (
    Body,
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
from breachway.sources.terraform.functions import call
from breachway.sources.terraform.operators import combine
from breachway.sources.terraform.values import (
    LONGEST_TEXT,
    UNKNOWN,
    is_null,
    is_unknown,
    items_of,
    list_at,
    mapping_at,
    member,
    moved,
    plain_at,
    text_at,
    truth,
    unknown,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Mapping as MappingOf

    from breachway.sources.nodes import Node

    Bindings = MappingOf[str, Node]
    Lookup = Callable[[str, tuple[str, ...], str, Place], tuple[Node, int] | None]
    """Finds what a reference names (its root, the names and keys after it, where it stands) and how many names were used."""

MOST_WORK = 1_000_000
"""Expressions evaluated in one run; what comes after stays not known."""
DEEPEST = 120
"""Expressions inside one another, references followed."""


class Effort:
    """What is left of the work that one run may cost."""

    def __init__(self) -> None:
        self.left = MOST_WORK
        self.depth = 0


class Evaluator:
    """Evaluates the expressions of one module; ``lookup`` knows its names."""

    def __init__(self, lookup: Lookup, effort: Effort) -> None:
        self._lookup = lookup
        self._effort = effort

    def value(self, expression: Expression, bindings: Bindings, document: str) -> Node:
        """The value of an expression that stands in ``document``."""
        effort = self._effort
        effort.left -= 1
        if effort.left < 0 or effort.depth >= DEEPEST:
            return unknown(shown(expression), expression.place)
        effort.depth += 1
        found = self._value(expression, bindings, document)
        effort.depth -= 1
        if isinstance(found, Sequence):
            effort.left -= len(found.items)
        return unknown(shown(expression), expression.place) if found is None else found

    def _value(self, expression: Expression, bindings: Bindings, document: str) -> Node | None:
        place = expression.place
        match expression:
            case Constant(text, plain, _):
                return Scalar(text, plain, place.line, place.column)
            case Template():
                return self._template(expression, bindings, document)
            case Name() | Member() | Item() | Splat():
                return self._reference(expression, bindings, document)
            case Call(name, arguments, _):
                return call(name, tuple(self.value(item, bindings, document) for item in arguments), place)
            case ListOf(items, _):
                return list_at((self.value(item, bindings, document) for item in items), place)
            case ObjectOf(pairs, _):
                return self._object(pairs, bindings, document, place)
            case Operation(operator, left, right, _):
                return combine(operator, self.value(left, bindings, document), self.value(right, bindings, document), place)
            case Choice(condition, yes, no, _):
                chosen = truth(self.value(condition, bindings, document))
                return None if chosen is None else self.value(yes if chosen else no, bindings, document)
            case For():
                return self._for(expression, bindings, document)
            case Opaque():
                return None
            case _:
                assert_never(expression)

    # ---------------------------------------------------------------------------------------------------------- text, objects

    def _template(self, template: Template, bindings: Bindings, document: str) -> Node | None:
        parts = tuple(self.value(part, bindings, document) for part in template.parts)
        place = template.place
        if len(parts) == 1 and not template.multiline and not isinstance(template.parts[0], Constant):
            return parts[0]._replace(line=place.line, column=place.column) if isinstance(parts[0], Scalar) else parts[0]
        if not all(isinstance(part, Scalar) for part in parts):
            return None
        texts = tuple(part.text for part in parts if isinstance(part, Scalar))
        tag = UNKNOWN if any(is_unknown(part) for part in parts) else ""
        if len(parts) > 1 and sum(map(len, texts)) > LONGEST_TEXT:
            return None
        return Scalar("".join(texts), plain=False, line=place.line, column=place.column, tag=tag)

    def _object(self, pairs: tuple[Pair, ...], bindings: Bindings, document: str, place: Place) -> Node:
        entries: dict[str, Entry] = {}
        for pair in pairs:
            key = pair.key.name if isinstance(pair.key, Name) else self._key(pair.key, bindings, document)
            if key is not None:
                entries[key] = Entry(key, self.value(pair.value, bindings, document), pair.place.line, pair.place.column)
        return Mapping(entries, place.line, place.column)

    def _key(self, expression: Expression, bindings: Bindings, document: str) -> str | None:
        key = self.value(expression, bindings, document)
        return key.text if isinstance(key, Scalar) else None

    def _for(self, loop: For, bindings: Bindings, document: str) -> Node | None:
        collection = self.value(loop.collection, bindings, document)
        items = items_of(collection)
        if items is None or loop.grouping:
            return None
        found: list[tuple[str, Node]] = []
        for key, item in items:
            bound: dict[str, Node] = {**bindings, loop.names[-1]: item}
            if len(loop.names) > 1:
                number = isinstance(collection, Sequence)
                bound[loop.names[0]] = plain_at(key, loop.place) if number else text_at(key, loop.place)
            kept = loop.condition is None or truth(self.value(loop.condition, bound, document))
            if kept is None:
                return None
            if kept:
                name = self._key(loop.key, bound, document) if loop.key is not None else key
                found.append((name or "", self.value(loop.value, bound, document)))
        return mapping_at(found, loop.place) if loop.key is not None else list_at((node for _, node in found), loop.place)

    # ------------------------------------------------------------------------------------------------------------- references

    def _reference(self, expression: Name | Member | Item | Splat, bindings: Bindings, document: str) -> Node | None:
        if isinstance(expression, Splat):
            return self._splat(expression, bindings, document)
        chain = self._chain(expression, bindings, document)
        if chain is not None:
            root, steps = chain
            if root in bindings:
                return _follow(bindings[root], steps, expression.place)
            found = self._lookup(root, steps, document, expression.place)
            if found is None:
                return None
            node, used = found
            return _follow(node, steps[used:], expression.place)
        if isinstance(expression, Name):
            return None
        key = expression.name if isinstance(expression, Member) else self._key(expression.key, bindings, document)
        target = self.value(expression.target, bindings, document)
        return None if key is None else member(target, key)

    def _splat(self, splat: Splat, bindings: Bindings, document: str) -> Node | None:
        """The members of each item; of a single value, or of a resource without count, the list of one."""
        whole: Expression = splat.target
        target = self.value(whole, bindings, document)
        if isinstance(target, Sequence):
            found = [_follow(item, splat.names, splat.place) for item in target.items]
            return None if None in found else list_at((item for item in found if item is not None), splat.place)
        for name in splat.names:
            whole = Member(whole, name, splat.place)
        only = self.value(whole, bindings, document)
        return None if is_null(only) else list_at((only,), splat.place)

    def _chain(self, expression: Name | Member | Item, bindings: Bindings, document: str) -> tuple[str, tuple[str, ...]] | None:
        """The root of a reference and the names and keys after it; None where it does not start with a name."""
        steps: list[str] = []
        here: Expression = expression
        while isinstance(here, Member | Item):
            key = here.name if isinstance(here, Member) else self._key(here.key, bindings, document)
            if key is None:
                return None
            steps.append(key if isinstance(here, Member) else f"[{key}]")
            here = here.target
        return (here.name, tuple(reversed(steps))) if isinstance(here, Name) else None

    # ----------------------------------------------------------------------------------------------------------------- bodies

    def body(self, body: Body, bindings: Bindings, document: str, place: Place) -> Mapping:
        """Attributes by name, and blocks as lists by their kind (``dynamic`` blocks made out)."""
        entries: dict[str, Entry] = {}
        for attribute in body.attributes:
            value = self.value(attribute.value, bindings, document)
            entries[attribute.name] = Entry(attribute.name, value, attribute.place.line, attribute.place.column)
        blocks: dict[str, list[Mapping]] = {}
        for block in body.blocks:
            if block.kind == "dynamic" and block.labels:
                blocks.setdefault(block.labels[0], []).extend(
                    self._dynamic(block.labels[0], block.body, bindings, document, block.place)
                )
            else:
                blocks.setdefault(block.kind, []).append(self.body(block.body, bindings, document, block.place))
        for kind, found in blocks.items():
            if found:
                first = found[0]
                entries[kind] = Entry(kind, Sequence(tuple(found), first.line, first.column), first.line, first.column)
        return Mapping(entries, place.line, place.column)

    def _dynamic(self, kind: str, body: Body, bindings: Bindings, document: str, place: Place) -> list[Mapping]:
        wanted = {attribute.name: attribute.value for attribute in body.attributes}
        content = next((block for block in body.blocks if block.kind == "content"), None)
        if "for_each" not in wanted or content is None:
            return []
        iterator = wanted.get("iterator")
        name = iterator.name if isinstance(iterator, Name) else kind
        items = items_of(self.value(wanted["for_each"], bindings, document))
        if items is None:
            items = (("", unknown(f"{name}.value", place)),)
        found = []
        for key, item in items:
            bound = {**bindings, name: mapping_at((("key", text_at(key, place)), ("value", item)), place)}
            found.append(self.body(content.body, bound, document, place))
        return found


def _follow(node: Node, steps: tuple[str, ...], place: Place) -> Node | None:
    for step in steps:
        found = member(node, step.strip("[]"))
        if found is None:
            return None
        node = found
    return moved(node, place) if isinstance(node, Scalar) else node


def shown(expression: Expression) -> str:
    """A reference as it is written, for a value that is not known; anything else is a question mark."""
    match expression:
        case Name(name, _):
            return name
        case Member(target, name, _):
            return f"{shown(target)}.{name}"
        case Item(target, Constant(text, _, _), _):
            return f"{shown(target)}[{text}]"
        case Item(target, _, _) | Splat(target, _, _):
            return f"{shown(target)}[*]"
        case _:
            return "?"
