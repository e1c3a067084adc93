"""The data source ``aws_iam_policy_document``, turned into the policy that it renders (provider documentation of that source)."""

from __future__ import annotations

from breachway.sources.nodes import Entry, Mapping, Node, Scalar, Sequence

_PLAIN = (
    ("sid", "Sid"),
    ("effect", "Effect"),
    ("actions", "Action"),
    ("not_actions", "NotAction"),
    ("resources", "Resource"),
    ("not_resources", "NotResource"),
)
_PRINCIPALS = (("principals", "Principal"), ("not_principals", "NotPrincipal"))
_INHERITED = ("source_policy_documents", "override_policy_documents")


def policy_of(body: Mapping) -> Mapping:
    """The policy document of an evaluated body; statements keep their places."""
    statements: list[Node] = []
    for key in _INHERITED:
        for policy in _items(body, key):
            inner = policy.entries.get("Statement") if isinstance(policy, Mapping) else None
            if inner is not None:
                statements.extend(inner.node.items if isinstance(inner.node, Sequence) else (inner.node,))
    statements.extend(_statement(item) for item in _items(body, "statement") if isinstance(item, Mapping))
    entry = Entry("Statement", Sequence(tuple(statements), body.line, body.column), body.line, body.column)
    return Mapping({"Statement": entry}, body.line, body.column)


def _items(body: Mapping, key: str) -> tuple[Node, ...]:
    entry = body.entries.get(key)
    return entry.node.items if entry is not None and isinstance(entry.node, Sequence) else ()


def _statement(body: Mapping) -> Mapping:
    entries: dict[str, Entry] = {}
    for key, name in _PLAIN:
        found = body.entries.get(key)
        if found is not None:
            entries[name] = found._replace(key=name)
    for key, name in _PRINCIPALS:
        blocks = tuple(item for item in _items(body, key) if isinstance(item, Mapping))
        if blocks:
            entries[name] = Entry(name, _principals(blocks), blocks[0].line, blocks[0].column)
    conditions = tuple(item for item in _items(body, "condition") if isinstance(item, Mapping))
    if conditions:
        entries["Condition"] = Entry("Condition", _conditions(conditions), conditions[0].line, conditions[0].column)
    return Mapping(entries, body.line, body.column)


def _text(body: Mapping, key: str) -> str:
    entry = body.entries.get(key)
    return entry.node.text if entry is not None and isinstance(entry.node, Scalar) else ""


def _principals(blocks: tuple[Mapping, ...]) -> Node:
    """Each type with its names; the type ``*`` is everyone."""
    found: dict[str, list[Node]] = {}
    for block in blocks:
        found.setdefault(_text(block, "type"), []).extend(_items(block, "identifiers"))
    first = blocks[0]
    if "*" in found:
        return Scalar("*", plain=False, line=first.line, column=first.column)
    entries = {
        kind: Entry(kind, Sequence(tuple(names), first.line, first.column), first.line, first.column)
        for kind, names in found.items()
    }
    return Mapping(entries, first.line, first.column)


def _conditions(blocks: tuple[Mapping, ...]) -> Mapping:
    found: dict[str, dict[str, Entry]] = {}
    for block in blocks:
        key = _text(block, "variable")
        values = Sequence(_items(block, "values"), block.line, block.column)
        found.setdefault(_text(block, "test"), {})[key] = Entry(key, values, block.line, block.column)
    first = blocks[0]
    entries = {
        test: Entry(test, Mapping(keys, first.line, first.column), first.line, first.column) for test, keys in found.items()
    }
    return Mapping(entries, first.line, first.column)
