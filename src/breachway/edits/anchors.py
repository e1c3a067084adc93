"""From a place of evidence to the place of a change: the container, the pod, the object around it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from breachway.edits.refusing import EditRefusedError
from breachway.edits.spans import Array, Leaf, Table

if TYPE_CHECKING:
    from breachway.edits.operations import Pointer
    from breachway.edits.spans import SpanNode

_CONTAINERS = {"containers", "initContainers", "ephemeralContainers", "containerDefinitions"}
_POD = {"Pod": ("spec",), "CronJob": ("spec", "jobTemplate", "spec", "template", "spec"), "PodTemplate": ("template", "spec")}
_TEMPLATE = ("spec", "template", "spec")
_WRAPPERS = {"taskDefinition", "service", "cluster"}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Site:
    """Evidence of a weakness in one document: ``pointer`` leads to it, ``container`` is the container's name where it is of one.

    ``detail`` and ``note`` are what the model says of the weakness and of the evidence.
    """

    platform: str
    root: SpanNode
    pointer: Pointer
    container: str = ""
    detail: str = ""
    note: str = ""

    @property
    def object(self) -> Pointer:
        """The object that holds the evidence: an item of a List, or of an array of ECS documents, else the document."""
        if self.platform == "kubernetes":
            listed = self.pointer[:1] == ("items",) and len(self.pointer) > 1
            return self.pointer[:2] if listed else ()
        if self.platform == "ecs":
            start = 1 if isinstance(self.root, Array) or self.pointer[:1] == ("taskDefinitions",) else 0
            return (
                self.pointer[: start + 1]
                if self.pointer[start : start + 1] and self.pointer[start] in _WRAPPERS
                else self.pointer[:start]
            )
        return ()

    @property
    def kind(self) -> str:
        """The kind of a Kubernetes object."""
        return text_at(self.root, (*self.object, "kind"))

    def at(self, path: str) -> Pointer:
        """Resolve a path of the recipes."""
        anchor, _, rest = path.partition("/")
        tokens = tuple(token.replace("~1", "/").replace("~0", "~") for token in rest.split("/")) if rest else ()
        match anchor:
            case "@e":
                base = self.pointer
            case "@i":
                base = self.item
            case "@c":
                base = self._container()
            case "@p":
                base = self.pod
            case _:
                base = self.object
        return (*base, *tokens)

    @property
    def item(self) -> Pointer:
        """The nearest list item that holds the evidence, or is it."""
        for end in range(len(self.pointer), 0, -1):
            if self.pointer[end - 1].isdecimal() and isinstance(node_at(self.root, self.pointer[: end - 1]), Array):
                return self.pointer[:end]
        raise EditRefusedError("the evidence is in no list")

    @property
    def pod(self) -> Pointer:
        """The specification of the pod, or the object of a task definition."""
        for at, token in enumerate(self.pointer):
            if token in _CONTAINERS:
                return self.pointer[:at]
        if self.platform != "kubernetes":
            return self.object
        found = (*self.object, *_POD.get(self.kind, _TEMPLATE))
        if not isinstance(node_at(self.root, found), Table):
            raise EditRefusedError("the evidence belongs to no pod")
        return found

    def _container(self) -> Pointer:
        if self.platform == "compose":
            if self.pointer[:1] != ("services",) or len(self.pointer) < 2:  # noqa: PLR2004 - services and a name
                raise EditRefusedError("the evidence belongs to no service")
            return self.pointer[:2]
        for at in range(len(self.pointer) - 1, 0, -1):
            if self.pointer[at - 1] in _CONTAINERS and self.pointer[at].isdecimal():
                return self.pointer[: at + 1]
        for name in sorted(_CONTAINERS):
            listed = node_at(self.root, (*self.pod, name))
            for at in range(len(listed.items) if isinstance(listed, Array) else 0):
                found = (*self.pod, name, str(at))
                if self.container and text_at(self.root, (*found, "name")) == self.container:
                    return found
        raise EditRefusedError("the evidence belongs to no container")


def node_at(root: SpanNode, pointer: Pointer) -> SpanNode | None:
    """The node that a pointer leads to; None where there is none."""
    node: SpanNode | None = root
    for token in pointer:
        if isinstance(node, Table):
            node = next((member.node for member in reversed(node.members) if member.key.text == token), None)
        elif isinstance(node, Array) and token.isdecimal() and int(token) < len(node.items):
            node = node.items[int(token)]
        else:
            return None
    return node


def text_at(root: SpanNode, pointer: Pointer) -> str:
    """The text of the scalar that a pointer leads to; empty where there is none."""
    node = node_at(root, pointer)
    return node.text if isinstance(node, Leaf) else ""


def texts_at(root: SpanNode, pointer: Pointer) -> tuple[str, ...]:
    """The texts of the scalars in the list that a pointer leads to."""
    node = node_at(root, pointer)
    return tuple(item.text if isinstance(item, Leaf) else "" for item in node.items) if isinstance(node, Array) else ()


def length_at(root: SpanNode, pointer: Pointer) -> int:
    """How many items the list has that a pointer leads to; 0 where there is none."""
    node = node_at(root, pointer)
    return len(node.items) if isinstance(node, Array) else 0
