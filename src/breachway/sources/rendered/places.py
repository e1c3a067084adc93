"""Moves what was read from rendered text to the places in the files that it was rendered from."""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from typing import TYPE_CHECKING, NamedTuple, TypeVar, cast

from breachway.evidence import Location, Unread
from breachway.sources.decoding import Value
from breachway.sources.nodes import Entry, Mapping, Scalar, Sequence

if TYPE_CHECKING:
    from collections.abc import Mapping as Lines

T = TypeVar("T")


class Place(NamedTuple):
    """Where a rendered line comes from."""

    document: str
    line: int
    column: int


class Places:
    """The places of the lines of one rendered document; ``first`` stands for lines that no file holds."""

    def __init__(self, lines: Lines[int, Place], first: Place) -> None:
        self._lines = lines
        self.first = first

    def of(self, line: int) -> Place:
        """The place of a rendered line."""
        return self._lines.get(line, self.first)

    def moved(self, value: T) -> T:
        """A decoded object with every location moved; trees inside it keep to the document of the object."""
        return cast("T", self._moved(value))

    def problem(self, problem: Unread) -> Unread:
        """A problem with its location moved."""
        return problem._replace(location=self._location(problem.location))

    def _location(self, location: Location) -> Location:
        place = self.of(location.line)
        return Location(place.document, location.pointer, place.line, place.column)

    def _moved(self, value: object) -> object:
        match value:
            case Location():
                return self._location(value)
            case Scalar() | Entry() | Mapping() | Sequence():
                return self._tree(value)
            case Value():
                return Value(value.value, self._location(value.location))
            case tuple():
                return tuple(self._moved(item) for item in value)
            case dict():
                return {key: self._moved(item) for key, item in value.items()}
            case _ if is_dataclass(value) and not isinstance(value, type):
                changed = {field.name: self._moved(getattr(value, field.name)) for field in fields(value)}
                return replace(value, **changed)
            case _:
                return value

    def _tree(self, node: Scalar | Entry | Mapping | Sequence) -> Scalar | Entry | Mapping | Sequence:
        place = self.of(node.line)
        line, column = (place.line, place.column) if place.document == self.first.document else self.first[1:]
        match node:
            case Scalar():
                return node._replace(line=line, column=column)
            case Entry():
                return Entry(node.key, self._node(node.node), line, column)
            case Mapping():
                entries = {key: self._entry(entry) for key, entry in node.entries.items()}
                return node._replace(entries=entries, line=line, column=column)
            case Sequence():
                return node._replace(items=tuple(self._node(item) for item in node.items), line=line, column=column)

    def _entry(self, entry: Entry) -> Entry:
        found = self._tree(entry)
        return found if isinstance(found, Entry) else entry

    def _node(self, node: Scalar | Mapping | Sequence) -> Scalar | Mapping | Sequence:
        found = self._tree(node)
        return node if isinstance(found, Entry) else found
