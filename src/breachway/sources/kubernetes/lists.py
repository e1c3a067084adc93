"""Reads lists of objects, of which most in a live cluster are replicas: only what says something new is decoded with its places.

A made object (a Pod, ReplicaSet or Job with a controller) is understood from its values alone first.  Where decoding would have
anything to say of it, it is decoded like any other.  Where it says what the template of its maker says, or an earlier object of
that maker, a :class:`~breachway.sources.kubernetes.replicas.Replica` stands for it.  The first with each template is put off to
the end, because its maker may stand in a later file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

from breachway.evidence import Location
from breachway.sources.contents import NotPlainError, json_content
from breachway.sources.dialects import KUBERNETES
from breachway.sources.kubernetes.likeness import POD_LABELS, likeness, template_mark
from breachway.sources.kubernetes.objects import Workload
from breachway.sources.kubernetes.recognition import read_item
from breachway.sources.kubernetes.replicas import Replica, maker_behind
from breachway.sources.kubernetes.workloads import ControllerShape, PodShape

if TYPE_CHECKING:
    from collections.abc import Iterable

    from breachway.evidence import Unread
    from breachway.sources.contents import Content
    from breachway.sources.json_lists import JsonList, JsonValue
    from breachway.sources.kubernetes.objects import KubernetesObject
    from breachway.sources.nodes import Node

_MADE = frozenset({"Job", "Pod", "ReplicaSet"})
_PLAIN_KINDS = frozenset({"DaemonSet", "Deployment", "Job", "ReplicaSet", "StatefulSet"})
_DEFAULT_NAMESPACE = "default"
_Key = tuple[str, str, str]
"""Namespace, kind and name."""


class _Made(NamedTuple):
    """A made object, understood from its values: the record of it, the mark of its template, and whether it runs anything.

    ``own`` are the labels that tell it from the other pods of its maker.
    """

    replica: Replica
    mark: bytes
    idle: bool
    own: tuple[Content, ...] = ()


class _First(NamedTuple):
    """What is decoded once: an object of this kind and maker, with this template and these labels of its own."""

    maker: _Key
    kind: str
    mark: bytes
    idle: bool
    own: tuple[Content, ...]


class _PutOff(NamedTuple):
    """The first object that says something."""

    made: _Made
    item: ListItem
    item_kind: str


class ListItem(Protocol):
    """An object before it is decoded: its plain values, all of it as nodes, and what to keep of it until the end."""

    @property
    def value(self) -> JsonValue:
        """The values, a number as a :class:`~breachway.sources.json_lists.Number`."""

    def node(self) -> Node:
        """The object as nodes."""

    def kept(self) -> ListItem:
        """The item without what it need not hold on to."""


class ListReader:
    """Reads the lists of one run; :meth:`finish` gives what was put off."""

    def __init__(self) -> None:
        self.replicas: list[Replica] = []
        self._marks: dict[_Key, set[bytes]] = {}
        self._makers: dict[_Key, _Key] = {}
        self._put_off: dict[_First, _PutOff] = {}

    @property
    def count(self) -> int:
        """How many objects stand aside: replicas, and what was put off."""
        return len(self.replicas) + len(self._put_off)

    def read(self, listed: JsonList, document: str, problems: list[Unread]) -> tuple[list[KubernetesObject], list[str]]:
        """Read one list: the objects that were decoded, and the kinds of those that stand aside."""
        found: list[KubernetesObject] = []
        aside: list[str] = []
        items = listed.items
        items.reverse()
        for index in range(len(items)):
            item = items.pop().opened()  # and its values can go
            location = Location(document, f"/items/{index}", item.line, item.column)
            kind = self.take(item, listed.item_kind, location, problems, found)
            if kind:
                aside.append(kind)
        return found, aside

    def take(
        self, item: ListItem, item_kind: str, location: Location, problems: list[Unread], found: list[KubernetesObject]
    ) -> str:
        """Read one object: decoded it is added to ``found`` ("" then), else the kind of what stands aside is given."""
        made = _made(item.value, item_kind, location)
        if made is None:
            self._read(item, item_kind, location, problems, found)
            return ""
        self._keep(made, item, item_kind)
        return made.replica.kind

    def _read(
        self, item: ListItem, item_kind: str, location: Location, problems: list[Unread], found: list[KubernetesObject]
    ) -> None:
        before = len(found)
        read_item(item.node(), item_kind, location, problems, found)
        for thing in found[before:]:
            if isinstance(thing, Workload) and thing.kind != "Pod":
                self._marks.setdefault(_key(thing), set()).add(_controller_mark(item.value, thing))

    def _keep(self, made: _Made, item: ListItem, item_kind: str) -> None:
        replica = made.replica
        first = _First((replica.namespace, *replica.maker), replica.kind, made.mark, made.idle, made.own)
        if self._is_known(made) or first in self._put_off:
            self._take(made)
        else:
            self._put_off[first] = _PutOff(made, item.kept(), item_kind)

    def _take(self, made: _Made) -> None:
        """Let a record stand for the object; one that runs nothing vouches for no pod."""
        replica = made.replica
        self.replicas.append(replica)
        if replica.kind != "Pod":
            key = (replica.namespace, replica.kind, replica.name)
            self._marks.setdefault(key, set()).update(() if made.idle else (made.mark,))
            self._makers[key] = (replica.namespace, *replica.maker)

    def _is_known(self, made: _Made) -> bool:
        """Whether its maker is there and says the same, or says what is true while this one runs nothing."""
        replica = made.replica
        direct = [(replica.namespace, kind, name) for kind, name in {replica.maker, replica.owner}]
        for key in (*direct, *(self._makers[key] for key in direct if key in self._makers)):
            marks = self._marks.get(key)
            if marks is not None and (made.idle or made.mark in marks):
                return True
        return False

    def finish(self, read: Iterable[KubernetesObject], problems: list[Unread]) -> list[KubernetesObject]:
        """Decide about what was put off, in the order in which it was read; ``read`` is everything that was decoded."""
        for thing in read if self._put_off else ():
            if isinstance(thing, Workload) and thing.kind != "Pod" and _key(thing) not in self._marks:
                self._marks[_key(thing)] = {template_mark(thing.pod_template, thing.kind)}
        found: list[KubernetesObject] = []
        waiting = sorted(self._put_off.values(), key=lambda one: one.made.replica.kind == "Pod")
        self._put_off.clear()
        for made, item, item_kind in waiting:
            if self._is_known(made):
                self._take(made)
            else:
                read_item(item.node(), item_kind, made.replica.location, problems, found)
                self._marks.setdefault((made.replica.namespace, made.replica.kind, made.replica.name), set()).add(made.mark)
        return found


def _key(thing: Workload) -> _Key:
    metadata = thing.metadata
    namespace = metadata.namespace.value if metadata.namespace is not None else _DEFAULT_NAMESPACE
    return namespace, thing.kind, metadata.name.value if metadata.name is not None else ""


def _made(value: JsonValue, item_kind: str, location: Location) -> _Made | None:
    """What a made object says; None for anything else, and where decoding would have something to say."""
    if not isinstance(value, dict):
        return None
    kind = value.get("kind", item_kind)
    kind, metadata = value.get("kind", item_kind), value.get("metadata")
    if not isinstance(kind, str) or kind not in _MADE or not isinstance(metadata, dict) or not metadata.get("ownerReferences"):
        return None
    try:
        if kind == "Pod":
            return _made_pod(json_content(PodShape, value, KUBERNETES), location)
        return _made_controller(json_content(ControllerShape, value, KUBERNETES), kind, location)
    except NotPlainError:
        return None


def _made_pod(content: dict[str, Content], location: Location) -> _Made | None:
    metadata, spec, status = content.get("metadata"), content.get("spec"), content.get("status", {})
    if not isinstance(metadata, dict) or not isinstance(spec, dict) or not isinstance(status, dict):
        return None
    phase = status.get("phase")
    replica = _replica("Pod", metadata, str(spec.get("node_name", "")), location)
    if replica is None or content.get("api_version", "v1") != "v1":
        return None
    own = tuple(pair for pair in _pairs(metadata) if pair[0] in POD_LABELS)
    return _Made(replica, likeness(metadata, spec, replica.owner[0]), phase in {"Failed", "Succeeded"}, own)


def _made_controller(content: dict[str, Content], kind: str, location: Location) -> _Made | None:
    metadata, spec = content.get("metadata"), content.get("spec")
    template = spec.get("template") if isinstance(spec, dict) else None
    if not isinstance(metadata, dict) or not isinstance(spec, dict) or not isinstance(template, dict):
        return None
    replica = _replica(kind, metadata, "", location)
    if replica is None or content.get("api_version", "apps/v1") not in {"apps/v1", "batch/v1"}:
        return None
    mark = _template_mark(template, kind)
    return None if mark is None else _Made(replica, mark, kind == "Job" or spec.get("replicas") == 0)


def _template_mark(template: dict[str, Content], kind: str) -> bytes | None:
    metadata, spec = template.get("metadata", {}), template.get("spec", {})
    return likeness(metadata, spec, kind) if isinstance(metadata, dict) and isinstance(spec, dict) else None


def _replica(kind: str, metadata: dict[str, Content], node: str, location: Location) -> Replica | None:
    name, namespace, owner = metadata.get("name"), metadata.get("namespace"), _owner(metadata)
    if not isinstance(name, str) or not isinstance(namespace, str) or not name or not namespace or owner is None:
        return None
    revision = next((str(value) for key, value in _pairs(metadata) if key == "pod-template-hash"), "")
    return Replica(kind, namespace, name, node, owner, maker_behind(owner, revision), location)


def _pairs(metadata: dict[str, Content]) -> list[tuple[Content, ...]]:
    """The labels as pairs."""
    labels = metadata.get("labels", ())
    return [pair for pair in labels if isinstance(pair, tuple)] if isinstance(labels, tuple) else []


def _owner(metadata: dict[str, Content]) -> tuple[str, str] | None:
    """The one object that made it; None for several, and for a node, whose mirror pods are objects of their own."""
    references = metadata.get("owner_references", ())
    if not isinstance(references, tuple) or len(references) != 1 or not isinstance(references[0], dict):
        return None
    kind, name = references[0].get("kind"), references[0].get("name")
    return (str(kind), str(name)) if kind and name and kind != "Node" else None


def _controller_mark(value: JsonValue, thing: Workload) -> bytes:
    """The mark of the template of an object that was decoded; from its values where they are plain, which is quicker."""
    if thing.kind in _PLAIN_KINDS:
        try:
            spec = json_content(ControllerShape, value, KUBERNETES).get("spec")
        except NotPlainError:
            spec = None
        template = spec.get("template") if isinstance(spec, dict) else None
        mark = _template_mark(template, thing.kind) if isinstance(template, dict) else None
        if mark is not None:
            return mark
    return template_mark(thing.pod_template, thing.kind)
