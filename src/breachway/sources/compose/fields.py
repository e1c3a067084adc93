"""Reading one field of a Compose tree: the leaf types, each reporting what does not fit and going on."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

from breachway.evidence import Location, Unread
from breachway.sources.compose.merging import as_items, as_keys, as_pairs
from breachway.sources.compose.objects import Command, Flag, HostPath, Pair, Text, Unknown, Whole
from breachway.sources.compose.paths import host_path
from breachway.sources.compose.tree import Branch, Items, Leaf, Table
from breachway.sources.decoding import Value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_TRUE = frozenset({"true", "yes", "y", "on", "1", "t"})
_FALSE = frozenset({"false", "no", "n", "off", "0", "f"})
_WHOLE = re.compile(r"[-+]?[0-9]{1,18}\Z")
_SHOWN = 40


def shown(text: str) -> str:
    """A short printable form of hostile text for a reason."""
    short = text if len(text) <= _SHOWN else text[:_SHOWN] + "…"
    return '"' + "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in short) + '"'


def described(branch: Branch) -> str:
    """What stands there, in a few words."""
    match branch:
        case Table():
            return "a mapping"
        case Items():
            return "a list"
        case Leaf():
            return "nothing" if branch.null else shown(branch.text)


class Fields:
    """The fields of one mapping.

    Each reader takes a key and gives the typed value; None or () where it is absent, null or wrong.
    """

    def __init__(self, table: Table, problems: list[Unread]) -> None:
        self.table = table
        self.problems = problems

    @property
    def location(self) -> Location:
        """The place of the mapping."""
        return self.table.location

    def wrong(self, branch: Branch, expected: str, hint: str = "") -> None:
        """Report that ``branch`` is not what belongs there."""
        self.problems.append(Unread(branch.location, "field", f"expected {expected}, found {described(branch)}", hint))

    def branch(self, key: str) -> Branch | None:
        """What stands there."""
        return self.table.get(key)

    def below(self, key: str) -> Fields | None:
        """A mapping."""
        branch = self.table.get(key)
        if branch is None or isinstance(branch, Table):
            return None if branch is None else Fields(branch, self.problems)
        self.wrong(branch, "a mapping")
        return None

    def leaf(self, key: str, expected: str = "a string") -> Leaf | None:
        """A scalar."""
        branch = self.table.get(key)
        if branch is None or isinstance(branch, Leaf):
            return branch
        self.wrong(branch, expected)
        return None

    def text(self, key: str) -> Text | None:
        """A string."""
        leaf = self.leaf(key)
        return None if leaf is None else as_text(leaf)

    def word(self, key: str) -> str:
        """A string without its place, empty where absent."""
        leaf = self.leaf(key)
        return "" if leaf is None else leaf.text

    def flag(self, key: str) -> Flag | None:
        """A flag, quoted or not."""
        leaf = self.leaf(key, "true or false")
        if leaf is None:
            return None
        if leaf.unset:
            return Unknown(leaf.text, leaf.location, leaf.unset)
        lowered = leaf.text.strip().lower()
        if lowered in _TRUE or lowered in _FALSE:
            return Value(lowered in _TRUE, leaf.location)
        self.wrong(leaf, "true or false")
        return None

    def whole(self, key: str) -> Whole | None:
        """A whole number, quoted or not."""
        leaf = self.leaf(key, "a whole number")
        if leaf is None:
            return None
        if leaf.unset:
            return Unknown(leaf.text, leaf.location, leaf.unset)
        if _WHOLE.match(leaf.text.strip()):
            return Value(int(leaf.text), leaf.location)
        self.wrong(leaf, "a whole number")
        return None

    def path(self, key: str) -> HostPath | None:
        """A path on the host."""
        text = self.text(key)
        return None if text is None else host_path(text)

    def leaves(self, key: str) -> tuple[Leaf, ...]:
        """A list of scalars, or one scalar."""
        branch = self.table.get(key)
        return tuple(self._leaves(branch))

    def _leaves(self, branch: Branch | None) -> Iterator[Leaf]:
        if branch is None:
            return
        items = as_items(branch)
        if not isinstance(items, Items):
            self.wrong(branch, "a list")
            return
        for item in items.items:
            if isinstance(item, Leaf) and not item.null:
                yield item
            elif isinstance(item, Leaf):
                self.problems.append(Unread(item.location, "field", "an empty item in a list"))
            else:
                self.wrong(item, "a string")

    def texts(self, key: str) -> tuple[Text, ...]:
        """A list of strings, or one string."""
        return tuple(as_text(leaf) for leaf in self.leaves(key))

    def words(self, key: str) -> tuple[str, ...]:
        """A list of strings without their places."""
        return tuple(leaf.text for leaf in self.leaves(key))

    def each(self, key: str) -> tuple[Branch, ...]:
        """The items of a list whose items may be scalars or mappings."""
        branch = self.table.get(key)
        if branch is None:
            return ()
        if isinstance(branch, Items):
            return branch.items
        self.wrong(branch, "a list")
        return ()

    def pairs(self, key: str, read: Callable[[Branch], Text | None] | None = None) -> tuple[Pair, ...]:
        """A mapping of free keys, or a list of KEY=VALUE."""
        branch = self.table.get(key)
        if branch is None:
            return ()
        table = as_pairs(branch)
        if not isinstance(table, Table):
            self.wrong(branch, "a mapping or a list of KEY=VALUE")
            return ()
        pairs: list[Pair] = []
        for name, inner in table.entries.items():
            if isinstance(inner, Leaf):
                pairs.append(Pair(name, None if inner.null else as_text(inner), inner.location))
            elif read is not None:
                pairs.append(Pair(name, read(inner), inner.location))
            elif isinstance(inner, Items) and all(isinstance(item, Leaf) for item in inner.items):
                pairs.extend(Pair(name, as_text(item), item.location) for item in inner.items if isinstance(item, Leaf))
            else:
                self.wrong(inner, "a string")
        return tuple(pairs)

    def named(self, key: str) -> tuple[tuple[str, Branch], ...]:
        """The entries of a mapping of free keys, or of a list of its keys."""
        branch = self.table.get(key)
        if branch is None:
            return ()
        table = as_keys(branch)
        if not isinstance(table, Table):
            self.wrong(branch, "a mapping or a list of names")
            return ()
        return tuple(table.entries.items())

    def command(self, key: str) -> Command | None:
        """A command line, as a string to be split or as a list of words."""
        branch = self.table.get(key)
        match branch:
            case None:
                return None
            case Leaf():
                return Command(split_words(branch.text), branch.location, unset=branch.unset)
            case Items():
                leaves = tuple(self._leaves(branch))
                unset = tuple(dict.fromkeys(name for leaf in leaves for name in leaf.unset))
                return Command(tuple(leaf.text for leaf in leaves), branch.location, unset=unset)
            case Table():
                self.wrong(branch, "a string or a list of strings")
                return None


def as_text(leaf: Leaf) -> Text:
    """The string of a scalar."""
    return Text(leaf.text, leaf.location, leaf.unset, leaf.filled)


def split_words(text: str) -> tuple[str, ...]:
    """Split a command line at blanks, minding quotes; a line with an open quote stays one word."""
    try:
        return tuple(shlex.split(text))
    except ValueError:
        return (text,)
