"""Objects of a live cluster that were never text: trees without lines, and an inventory whose evidence names the objects."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from breachway.evidence import Location, Unread
from breachway.model import DocumentSummary
from breachway.sources.inventory import Inventory
from breachway.sources.json_lists import Number
from breachway.sources.nodes import Entry, Mapping, Scalar, Sequence
from breachway.sources.platform_readers import list_reader
from breachway.sources.problems import ProblemList
from breachway.sources.reading import MOST_OBJECTS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from breachway.sources.json_lists import JsonValue
    from breachway.sources.kubernetes.objects import KubernetesObject
    from breachway.sources.nodes import Node

_DEEPEST = 200
"""Levels of nesting; no object of the API comes near, and deeper ones are refused rather than followed."""

_TOO_DEEP = Scalar("something nested too deeply", plain=False, line=0, column=0)


def values_of(text: str) -> JsonValue:
    """The values of a JSON text as :class:`LiveItem` takes them, numbers as they are written; ValueError for no JSON."""
    found: JsonValue = json.loads(text, parse_int=Number, parse_float=Number)
    return found


class LiveItem(NamedTuple):
    """One object.  Every place in it is line 0: no text says it."""

    value: JsonValue

    def node(self) -> Node:
        """The object as nodes; a scalar that is no object where it is nested deeper than any real one."""
        try:
            return _node(self.value, 0)
        except RecursionError:
            return _TOO_DEEP

    def kept(self) -> LiveItem:
        """The object itself."""
        return self


def _node(value: JsonValue, depth: int) -> Node:
    if depth > _DEEPEST:
        raise RecursionError("nested too deeply")
    match value:
        case dict():
            return Mapping({key: Entry(key, _node(inner, depth + 1), 0, 0) for key, inner in value.items()}, 0, 0)
        case list():
            return Sequence(tuple(_node(inner, depth + 1) for inner in value), 0, 0)
        case str():
            return Scalar(str(value), plain=isinstance(value, Number), line=0, column=0)
        case None:
            return Scalar("null", plain=True, line=0, column=0)
        case bool():
            return Scalar("true" if value else "false", plain=True, line=0, column=0)


class LiveObject(NamedTuple):
    """An object with the group of documents it counts to and the label of its evidence.

    For a Pod these are ``live:pods`` and ``live:pods/shop/web``.
    """

    group: str
    label: str
    value: JsonValue


def live_inventory(objects: Iterable[LiveObject]) -> Inventory:
    """The inventory of objects.  Those after the most that are taken in one run are left out, and said."""
    problems = ProblemList()
    reader = list_reader()
    found: list[KubernetesObject] = []
    kinds: dict[str, Counter[str]] = {}
    for one in objects:
        place = Location(one.label, "", 0, 0)
        if len(found) + reader.count >= MOST_OBJECTS:
            reason = f"more than {MOST_OBJECTS:,} objects in all; those from here on were left out"
            problems.append(Unread(place, "file", reason))
            break
        before = len(found)
        aside = reader.take(LiveItem(one.value), "", place, problems, found)
        kinds.setdefault(one.group, Counter()).update([aside] if aside else [item.kind for item in found[before:]])
    found.extend(reader.finish(found, problems))
    return Inventory(
        documents=tuple(
            DocumentSummary(document=name, format="Kubernetes", kinds=tuple(sorted(counts.items())))
            for name, counts in sorted(kinds.items())
        ),
        unread=tuple(sorted(problems.listed())),
        kubernetes=tuple(sorted(found, key=lambda item: item.location)),
        replicas=tuple(sorted(reader.replicas, key=lambda item: item.location)),
    )


def joined(live: Inventory, files: Inventory) -> Inventory:
    """Both inventories as one; ``live`` holds nothing but documents, problems and objects of Kubernetes."""
    return replace(
        files,
        documents=tuple(sorted((*live.documents, *files.documents), key=lambda item: item.document)),
        unread=(*files.unread, *live.unread),
        kubernetes=tuple(sorted((*files.kubernetes, *live.kubernetes), key=lambda item: item.location)),
        replicas=tuple(sorted((*files.replicas, *live.replicas), key=lambda item: item.location)),
    )
