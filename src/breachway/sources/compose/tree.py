"""The tree of a Compose file after interpolation: like ``breachway.sources.nodes``, but each part knows its document.

Merging puts parts of several files into one tree, so the place must travel with every part.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from breachway.evidence import Location, Unread
from breachway.sources.compose.interpolation import interpolate, unset_in
from breachway.sources.decoding import pointer_token
from breachway.sources.nodes import Mapping, Node, Scalar, Sequence

if TYPE_CHECKING:
    import collections.abc

_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
NODE_BUDGET = 500_000
"""How many parts one file may have once its aliases are written out."""


class Leaf(NamedTuple):
    """A scalar; ``location`` is that of its key, or of itself in a sequence."""

    text: str
    plain: bool
    location: Location
    unset: tuple[str, ...] = ()
    tag: str = ""
    filled: bool = False

    @property
    def null(self) -> bool:
        """Whether it stands for nothing."""
        return self.plain and self.text in _NULLS

    def part(self, text: str) -> Leaf:
        """A leaf of a part of this text, at the same place."""
        unset = unset_in(text, self.unset) if self.unset else ()
        return Leaf(text, plain=False, location=self.location, unset=unset, filled=self.filled)


class Table(NamedTuple):
    """A mapping."""

    entries: dict[str, Branch]
    location: Location
    tag: str = ""

    def get(self, key: str) -> Branch | None:
        """What stands under ``key``, or None if it is absent or null."""
        branch = self.entries.get(key)
        return None if branch is None or is_null(branch) else branch


class Items(NamedTuple):
    """A sequence."""

    items: tuple[Branch, ...]
    location: Location
    tag: str = ""


Branch: TypeAlias = Leaf | Table | Items


def is_null(branch: Branch) -> bool:
    """Whether the branch is a null scalar."""
    return isinstance(branch, Leaf) and branch.null


def pointer(location: Location, key: str | int) -> str:
    """The JSON pointer of ``key`` below ``location``."""
    return f"{location.pointer}/{pointer_token(str(key))}"


class _Planter:
    def __init__(self, variables: collections.abc.Mapping[str, str], problems: list[Unread]) -> None:
        self.variables = variables
        self.problems = problems
        self.budget = NODE_BUDGET

    def plant(self, node: Node, location: Location) -> Branch:
        self.budget -= 1
        if self.budget < 0:
            return Leaf("", plain=True, location=location)
        match node:
            case Scalar():
                return self._leaf(node, location)
            case Sequence():
                items = tuple(
                    self.plant(item, Location(location.document, f"{location.pointer}/{index}", item.line, item.column))
                    for index, item in enumerate(node.items)
                    if self.budget >= 0
                )
                return Items(items, location, node.tag)
            case Mapping():
                return Table(
                    {
                        key: self.plant(entry.node, Location(location.document, pointer(location, key), entry.line, entry.column))
                        for key, entry in node.entries.items()
                        if self.budget >= 0
                    },
                    location,
                    node.tag,
                )

    def _leaf(self, node: Scalar, location: Location) -> Leaf:
        if "$" not in node.text:
            return Leaf(node.text, node.plain, location, (), node.tag)
        done = interpolate(node.text, self.variables)
        if done.malformed:
            self.problems.append(
                Unread(location, "field", "a $ that starts no variable; Compose refuses the file", "write $$ for a dollar sign")
            )
        return Leaf(done.text, plain=False, location=location, unset=done.unset, tag=node.tag, filled=done.filled)


def plant(node: Node, document: str, variables: collections.abc.Mapping[str, str], problems: list[Unread]) -> Branch:
    """Turn the node of one document into a tree with the values of ``variables`` put in."""
    planter = _Planter(variables, problems)
    root = Location(document, "", node.line, node.column)
    branch = planter.plant(node, root)
    if planter.budget < 0:
        problems.append(
            Unread(
                root,
                "file",
                f"more than {NODE_BUDGET:,} values once its aliases are written out",
                "write the fragments out, or use extends",
            )
        )
        return Table({}, root)
    return branch
