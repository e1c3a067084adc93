"""One module of Terraform with its names: variables, locals, resources, data, the modules that it calls."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from breachway.sources.nodes import Mapping, Scalar
from breachway.sources.terraform.attributes import computed
from breachway.sources.terraform.evaluation import Evaluator
from breachway.sources.terraform.expressions import Body, Place
from breachway.sources.terraform.policy_data import policy_of
from breachway.sources.terraform.values import (
    is_null,
    is_unknown,
    items_of,
    mapping_at,
    member,
    moved,
    plain_at,
    text_at,
    unknown,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from breachway.sources.nodes import Node
    from breachway.sources.terraform.evaluation import Bindings, Effort
    from breachway.sources.terraform.expressions import Attribute, Block

MOST_INSTANCES = 200
"""Instances of one resource by ``count`` or ``for_each``."""

_META = frozenset({"count", "for_each", "provider", "depends_on"})


class InDocument(NamedTuple):
    """A block and the document that holds it."""

    document: str
    block: Block


class Instance(NamedTuple):
    """One instance of a resource: what stands in the brackets after its name ("" for none), and what ``each`` is."""

    key: str
    bindings: Bindings


class Module:
    """A module's blocks, evaluated when they are asked for.

    ``inputs`` are the values of its variables, placed in the calling document.
    """

    def __init__(self, blocks: tuple[InDocument, ...], inputs: dict[str, Node], effort: Effort, account: str) -> None:
        self.account = account
        self.children: dict[str, Module] = {}
        self.of_kind: dict[str, dict[tuple[str, ...], InDocument]] = {}
        self._locals: dict[str, tuple[str, Attribute]] = {}
        self._inputs = inputs
        self._known: dict[tuple[str, ...], tuple[str, Node]] = {}
        self._asked: set[tuple[str, ...]] = set()
        self._instances: dict[tuple[str, ...], tuple[Instance, ...]] = {}
        self.evaluator = Evaluator(self._lookup, effort)
        self.documents = frozenset(item.document for item in blocks)
        for item in blocks:
            if item.block.kind == "locals":
                self._locals.update((found.name, (item.document, found)) for found in item.block.body.attributes)
            else:
                self.of_kind.setdefault(item.block.kind, {}).setdefault(item.block.labels, item)

    def blocks(self, kind: str, labels: int) -> Iterator[tuple[tuple[str, ...], InDocument]]:
        """The blocks of a kind that have this many labels."""
        for found, item in self.of_kind.get(kind, {}).items():
            if len(found) == labels:
                yield found, item

    # -------------------------------------------------------------------------------------------------------------- instances

    def instances(self, item: InDocument) -> tuple[Instance, ...]:
        """What ``count`` and ``for_each`` make of a block; one where they are not known, none where they say none.

        A block whose own instances hang on one of its attributes has none while that is worked out.
        """
        key = (item.block.kind, *item.block.labels)
        if key not in self._instances:
            self._instances[key] = ()
            self._instances[key] = self._count(item)
        return self._instances[key]

    def _count(self, item: InDocument) -> tuple[Instance, ...]:
        attributes = {found.name: found.value for found in item.block.body.attributes}
        place = item.block.place
        if "for_each" in attributes:
            return self._each(self.evaluator.value(attributes["for_each"], {}, item.document), place)
        if "count" in attributes:
            count = self.evaluator.value(attributes["count"], {}, item.document)
            number = count.text if isinstance(count, Scalar) and not is_unknown(count) else ""
            if number.isascii() and number.isdigit():
                found = range(min(int(number[:9]), MOST_INSTANCES))
                return tuple(Instance(f"[{index}]", {"count": _one("index", plain_at(str(index), place))}) for index in found)
            return (Instance("", {"count": _one("index", unknown("count.index", place))}),)
        return (Instance("", {}),)

    def _each(self, collection: Node, place: Place) -> tuple[Instance, ...]:
        items = items_of(collection)
        if items is None:
            unnamed = (("key", unknown("each.key", place)), ("value", unknown("each.value", place)))
            return (Instance("", {"each": mapping_at(unnamed, place)}),)
        found: list[Instance] = []
        for key, value in items[:MOST_INSTANCES]:
            name = key if isinstance(collection, Mapping) else value.text if isinstance(value, Scalar) else key
            each: tuple[tuple[str, Node], ...] = (("key", text_at(name, place)), ("value", value))
            found.append(Instance(f'["{name}"]', {"each": mapping_at(each, place)}))
        return tuple(found)

    def body(self, item: InDocument, instance: Instance) -> Mapping:
        """The evaluated body of one instance of a block."""
        body = item.block.body
        kept = Body(tuple(found for found in body.attributes if found.name not in _META), body.blocks)
        return self.evaluator.body(kept, instance.bindings, item.document, item.block.place)

    # ---------------------------------------------------------------------------------------------------------------- lookups

    def _lookup(self, root: str, steps: tuple[str, ...], document: str, place: Place) -> tuple[Node, int] | None:
        if not steps:
            return None
        match root:
            case "var" | "local":
                found, used = self._found((root, steps[0]), document, place), 1
            case "module":
                found, used = self._output(steps, place)
            case "data":
                found, used = self._attribute("data", steps, document, place)
            case _:
                found, used = self._attribute("resource", (root, *steps), document, place)
                used -= 1
        return None if found is None else (found, used)

    def _found(self, key: tuple[str, ...], document: str, place: Place) -> Node | None:
        """A value that is worked out once; a value of another document stands where it is asked for."""
        if key not in self._known:
            if key in self._asked:
                return None
            self._asked.add(key)
            worked = self._work(key)
            if worked is None:
                return None
            self._known[key] = worked
        home, node = self._known[key]
        return node if home == document else moved(node, place)

    def _work(self, key: tuple[str, ...]) -> tuple[str, Node] | None:
        if key[0] == "local":
            if key[1] not in self._locals:
                return None
            document, attribute = self._locals[key[1]]
            return document, self.evaluator.value(attribute.value, {}, document)
        if key[1] in self._inputs:
            return "", self._inputs[key[1]]
        item = self.of_kind.get("variable", {}).get((key[1],))
        default = None
        if item is not None:
            default = next((found.value for found in item.block.body.attributes if found.name == "default"), None)
        if item is None or default is None:
            return None
        node = self.evaluator.value(default, {}, item.document)
        return None if is_null(node) else (item.document, node)

    def _output(self, steps: tuple[str, ...], place: Place) -> tuple[Node | None, int]:
        child = self.children.get(steps[0])
        rest = [step for step in steps[1:] if not step.startswith("[")]
        if child is None or not rest:
            return None, 0
        item = child.of_kind.get("output", {}).get((rest[0],))
        value = next((found.value for found in item.block.body.attributes if found.name == "value"), None) if item else None
        if item is None or value is None:
            return None, 0
        return moved(child.evaluator.value(value, {}, item.document), place), steps.index(rest[0]) + 1

    # ------------------------------------------------------------------------------------------------ attributes of resources

    def _attribute(self, kind: str, steps: tuple[str, ...], document: str, place: Place) -> tuple[Node | None, int]:
        """An attribute of a resource or of data, by type, name, perhaps a key, and attribute."""
        if len(steps) < 3:  # noqa: PLR2004 - type, name, attribute
            return None, 0
        item = self.of_kind.get(kind, {}).get(steps[:2])
        keyed = steps[2].startswith("[")
        if item is None or len(steps) < 3 + keyed:
            return None, 0
        instances = self.instances(item)
        wanted = steps[2].strip("[]") if keyed else ""
        instance = next((found for found in instances if found.key.strip('[]"') == wanted), instances[0] if instances else None)
        if instance is None:
            return None, 0
        used = 3 + keyed
        key = (kind, *steps[:2], instance.key, steps[used - 1])
        found = self._resource_value(key, item, instance)
        if found is None:
            return None, 0
        home, node = found
        return (node if home == document else moved(node, place)), used

    def _resource_value(self, key: tuple[str, ...], item: InDocument, instance: Instance) -> tuple[str, Node] | None:
        if key not in self._known:
            if key in self._asked:
                return None
            self._asked.add(key)
            value = self._stated(item, instance, key[-1]) or self._computed(item, instance, key[0], key[1], key[-1])
            if value is None:
                return None
            self._known[key] = (item.document, value)
        return self._known[key]

    def _stated(self, item: InDocument, instance: Instance, name: str) -> Node | None:
        """What the body says: the value of an attribute, or the list of the blocks of a kind."""
        for attribute in item.block.body.attributes:
            if attribute.name == name and name not in _META:
                value = self.evaluator.value(attribute.value, instance.bindings, item.document)
                return None if is_null(value) else value
        if any(name in {block.kind, *block.labels[:1]} for block in item.block.body.blocks):
            return member(self.body(item, instance), name)
        return None

    def _computed(self, item: InDocument, instance: Instance, kind: str, resource: str, name: str) -> Node | None:
        place = item.block.place
        if kind == "data":
            if resource == "aws_iam_policy_document" and name == "json":
                return policy_of(self.body(item, instance))
            text = self.account if (resource, name) == ("aws_caller_identity", "account_id") else ""
            text = "aws" if (resource, name) == ("aws_partition", "partition") else text
            return text_at(text, place) if text else None

        def stated(attribute: str) -> str | None:
            value = self._stated(item, instance, attribute)
            return value.text if isinstance(value, Scalar) else None

        text = computed(resource, name, stated, account=self.account, label=item.block.labels[-1]) or ""
        if not text:
            return None
        return unknown_text(text, place) if "${" in text else text_at(text, place)


def unknown_text(text: str, place: Place) -> Scalar:
    """A text of which a part is not known."""
    return unknown("", place)._replace(text=text)


def _one(name: str, node: Node) -> Mapping:
    return Mapping({name: mapping_at(((name, node),), Place(node.line, node.column)).entries[name]}, node.line, node.column)
