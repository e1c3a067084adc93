"""What a ``.mal`` file declares, with the place of every name.

The grammar is tree-sitter's; it comes with the extra ``breachway[mal]`` and is imported only when a file is parsed.
Expressions keep the form in which they are written: names are resolved by the linter.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from breachway.errors import LanguageError
from breachway.evidence import Location

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tree_sitter import Node


@dataclass(frozen=True, slots=True, kw_only=True)
class Name:
    """A name or number as written, and where."""

    text: str
    place: Location


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    r"""An expression: ``operator`` is "name", "call", ".", "\\/", "/\\", "-", "*" or "[]".

    ``name`` is the name, variable or class.

    ``lines`` counts the lines over which it is written.
    """

    operator: str
    name: Name
    parts: tuple[Term, ...]
    lines: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeTerm:
    """A time to compromise: ``operator`` is "name", "call" (with ``numbers``), "number", or one of + - * / ^ (with ``parts``)."""

    operator: str
    name: Name
    numbers: tuple[float, ...]
    parts: tuple[TimeTerm, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MetaEntry:
    """One ``key info: "text"``."""

    key: Name
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StepDeclaration:
    """One step as declared.  ``plumbing`` tells whether a comment ``// plumbing`` stands before it.

    ``arrow`` is "->", "+>" or empty.
    """

    kind: str
    name: Name
    plumbing: bool
    tags: tuple[Name, ...]
    time: TimeTerm | None
    meta: tuple[MetaEntry, ...]
    requires: tuple[Term, ...]
    arrow: str
    targets: tuple[Term, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class VariableDeclaration:
    """``let name = expression``."""

    name: Name
    expression: Term


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetDeclaration:
    """One asset class as declared; ``parent`` is None when it extends nothing."""

    name: Name
    abstract: bool
    parent: Name | None
    meta: tuple[MetaEntry, ...]
    variables: tuple[VariableDeclaration, ...]
    steps: tuple[StepDeclaration, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AssociationEnd:
    """One end: the class, the field by which the other end is seen from here, and how many there may be (None is ``*``)."""

    asset: Name
    field: Name
    minimum: int
    maximum: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AssociationDeclaration:
    """One association as declared."""

    name: Name
    left: AssociationEnd
    right: AssociationEnd


@dataclass(frozen=True, slots=True, kw_only=True)
class Declarations:
    """Everything that one file declares.  ``faults`` are places where the text is not MAL.

    ``features`` are uses of parts outside the profile.
    """

    assets: tuple[AssetDeclaration, ...]
    associations: tuple[AssociationDeclaration, ...]
    includes: tuple[Name, ...]
    faults: tuple[Name, ...]
    features: tuple[Name, ...]


_FEATURES = {
    "step_causal_mode": "effect or action",
    "append_reaching": "A> (a step that adds associations)",
    "remove_reaching": "R> (a step that removes associations)",
    "detector": "a detector",
}


def parse_mal(text: str, document: str) -> Declarations:
    """Parse one file; :class:`LanguageError` when the grammar is not installed."""
    try:
        import tree_sitter  # noqa: PLC0415 - an optional dependency
        import tree_sitter_mal  # noqa: PLC0415 - an optional dependency
    except ImportError as problem:
        message = "linting a threat language needs its grammar, which is not installed"
        raise LanguageError(message, hint="install it: pip install 'breachway[mal]'") from problem
    grammar = tree_sitter.Language(tree_sitter_mal.language())
    root = tree_sitter.Parser(grammar).parse(text.encode("utf-8")).root_node
    return _File(document, text.splitlines()).declarations(root)


def _walk(node: Node) -> Iterator[Node]:
    pending = [node]
    while pending:
        current = pending.pop()
        yield current
        pending.extend(reversed(current.children))


def _text(node: Node) -> str:
    return (node.text or b"").decode("utf-8", "replace")


def _named(node: Node, field: str) -> tuple[Node, ...]:
    """Give the children in ``field`` that carry meaning: no punctuation, no comments."""
    return tuple(child for child in node.children_by_field_name(field) if child.is_named and child.type != "comment")


class _File:
    """Turns the syntax tree of one file into declarations."""

    def __init__(self, document: str, lines: list[str]) -> None:
        self._document = document
        self._lines = lines

    def declarations(self, root: Node) -> Declarations:
        nodes = tuple(_walk(root))
        faults = tuple(self._name(node) for node in nodes if node.is_error or node.is_missing)
        if root.has_error and not faults:
            faults = (self._name(root),)
        return Declarations(
            assets=tuple(self._asset(node) for node in nodes if node.type == "asset_declaration"),
            associations=tuple(self._association(node) for node in nodes if node.type == "association" and not node.has_error),
            includes=tuple(self._include(node) for node in nodes if node.type == "include_declaration"),
            faults=faults,
            features=tuple(
                Name(text=_FEATURES[node.type], place=self._place(node))
                for node in nodes
                if node.is_named and node.type in _FEATURES
            ),
        )

    def _place(self, node: Node) -> Location:
        return Location(self._document, "", node.start_point.row + 1, node.start_point.column + 1)

    def _name(self, node: Node) -> Name:
        return Name(text=_text(node), place=self._place(node))

    def _include(self, node: Node) -> Name:
        return Name(text=_text(_named(node, "file")[0]).strip('"'), place=self._place(node))

    def _id(self, node: Node, field: str = "id") -> Name:
        found = _named(node, field)
        return self._name(found[0]) if found else Name(text="", place=self._place(node))

    def _asset(self, node: Node) -> AssetDeclaration:
        parents = _named(node, "extends")
        body = [child for holder in _named(node, "body") for child in holder.children]
        return AssetDeclaration(
            name=self._id(node),
            abstract=any(child.type == "abstract" for child in node.children),
            parent=self._name(parents[0]) if parents else None,
            meta=self._meta(node),
            variables=tuple(
                VariableDeclaration(name=self._id(child), expression=self._term(_named(child, "value")[0]))
                for child in body
                if child.type == "asset_variable" and not child.has_error
            ),
            steps=tuple(self._step(child) for child in body if child.type == "attack_step" and not child.has_error),
        )

    def _meta(self, node: Node) -> tuple[MetaEntry, ...]:
        return tuple(
            MetaEntry(key=self._id(entry), text=_text(_named(entry, "info")[0]).strip('"')) for entry in _named(node, "meta")
        )

    def _step(self, node: Node) -> StepDeclaration:
        reaching = node.child_by_field_name("reaches")
        preconditions = node.child_by_field_name("preconditions")
        time = node.child_by_field_name("ttc")
        kind = node.child_by_field_name("step_type")
        return StepDeclaration(
            kind="" if kind is None else _text(kind),
            name=self._id(node),
            plumbing=self._is_plumbing(node.start_point.row),
            tags=tuple(self._name(tag) for tag in _named(node, "tag")),
            time=None if time is None else self._time(next(child for child in time.children if child.is_named)),
            meta=self._meta(node),
            requires=() if preconditions is None else tuple(self._term(each) for each in _named(preconditions, "condition")),
            arrow="" if reaching is None else _text(reaching.children[0]),
            targets=() if reaching is None else tuple(self._term(each) for each in _named(reaching, "reaches")),
        )

    def _is_plumbing(self, row: int) -> bool:
        above = row - 1
        while above >= 0 and self._lines[above].strip().startswith("//"):
            if self._lines[above].strip().startswith("// plumbing"):
                return True
            above -= 1
        return False

    def _term(self, node: Node) -> Term:
        lines = node.end_point.row - node.start_point.row + 1
        inner = tuple(child for child in node.children if child.is_named and child.type != "comment")
        if node.type in {"asset_expr", "_inline_asset_expr"} and len(inner) == 1:
            term = self._term(inner[0])
            return Term(operator=term.operator, name=term.name, parts=term.parts, lines=max(lines, term.lines))
        if node.type == "asset_expr_binop":
            operator = node.child_by_field_name("operator")
            name = self._name(node if operator is None else operator)
            parts = tuple(self._term(part) for field in ("left", "right") for part in _named(node, field))
            return Term(operator=name.text, name=name, parts=parts, lines=lines)
        if node.type == "asset_expr_unop":
            return Term(operator="*", name=self._name(node), parts=self._parts(node), lines=lines)
        if node.type == "asset_expr_type":
            return Term(operator="[]", name=self._id(node, "type_id"), parts=self._parts(node), lines=lines)
        if node.type == "asset_variable_substitution":
            return Term(operator="call", name=self._id(node), parts=(), lines=lines)
        return Term(operator="name", name=self._name(node), parts=(), lines=lines)

    def _parts(self, node: Node) -> tuple[Term, ...]:
        return tuple(self._term(part) for part in _named(node, "expression"))

    def _time(self, node: Node) -> TimeTerm:
        name = self._name(node)
        if node.type == "ttc_distribution":
            numbers = tuple(float(_text(number)) for number in _named(node, "values"))
            return TimeTerm(operator="call", name=self._id(node), numbers=numbers, parts=())
        if node.type == "ttc_binop":
            operator = node.child_by_field_name("operator")
            parts = tuple(self._time(part) for field in ("left", "right") for part in _named(node, field))
            return TimeTerm(operator="" if operator is None else _text(operator), name=name, numbers=(), parts=parts)
        return TimeTerm(operator="name" if node.type == "identifier" else "number", name=name, numbers=(), parts=())

    def _association(self, node: Node) -> AssociationDeclaration:
        ends = []
        for side in ("left", "right"):
            low, high = self._multiplicity(_named(node, f"{side}_mult")[0])
            ends.append(
                AssociationEnd(
                    asset=self._id(node, f"{side}_id"), field=self._id(node, f"{side}_field_id"), minimum=low, maximum=high
                )
            )
        return AssociationDeclaration(name=self._id(node), left=ends[0], right=ends[1])

    def _multiplicity(self, node: Node) -> tuple[int, int | None]:
        text = _text(node).replace(" ", "")
        low, dots, high = text.partition("..")
        if not dots:
            return (0, None) if text == "*" else (int(text), int(text))
        return (0 if low == "*" else int(low)), (None if high == "*" else int(high))
