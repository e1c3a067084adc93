"""Which resources are listed: a table that ships beside this module, less what the user leaves out."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, NamedTuple

from breachway.errors import UsageError
from breachway.threats.tables import read_table

if TYPE_CHECKING:
    from collections.abc import Iterable

EVERY = "*"


class Wanted(NamedTuple):
    """A resource of an API group ("" is the core group); ``resource`` is ``*`` for all that the group serves."""

    group: str
    resource: str

    @property
    def title(self) -> str:
        """The name as kubectl takes it: ``deployments.apps``."""
        return f"{self.resource}.{self.group}" if self.group else self.resource


def wanted_resources(left_out: Iterable[str] = ()) -> tuple[Wanted, ...]:
    """The resources to list, in the order of the table; ``left_out`` names some as kubectl would.

    Raises UsageError for a name that the table does not hold, with the nearest one.
    """
    table = tuple(Wanted(row["group"], row["resource"]) for row in read_table("resources.tsv", __package__))
    titles = {item.title for item in table}
    skipped = set(left_out)
    for name in sorted(skipped - titles):
        near = get_close_matches(name, sorted(titles), n=1)
        hint = f"did you mean {near[0]}?" if near else "breachway collect --print-rbac shows all that is listed"
        raise UsageError(f"nothing named {name} is listed", hint=hint)
    return tuple(item for item in table if item.title not in skipped)
