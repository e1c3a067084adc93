"""Which Compose files of a run make up which project.

Compose merges ``compose.override.yaml`` over ``compose.yaml`` by itself, and other files only when asked (``-f``).  Here the
user asks by naming the files.  A file that another one includes or extends is part of that one's project.
"""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING, NamedTuple

from breachway.evidence import Location, Unread
from breachway.sources.compose.paths import folder_of
from breachway.sources.compose.reader import is_fragment, referenced_documents

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from breachway.sources.nodes import Node

_BASES = ("compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml")
_OVERRIDES = ("compose.override.yml", "compose.override.yaml", "docker-compose.override.yml", "docker-compose.override.yaml")


class Grouping(NamedTuple):
    """The files of each project, the lowest first, and the files that belong to none."""

    projects: tuple[tuple[str, ...], ...]
    unread: tuple[Unread, ...]


def group(candidates: Mapping[str, tuple[Node | None, ...]], named: Sequence[str]) -> Grouping:
    """Group the Compose files by label; ``named`` are those that the user named, in the order of naming."""
    taken = _referenced(candidates)
    folders: dict[str, list[str]] = {}
    for label in sorted(candidates):
        if label not in taken or label in named:
            folders.setdefault(folder_of(label), []).append(label)
    projects: list[tuple[str, ...]] = []
    unread: list[Unread] = []
    for folder in sorted(folders):
        projects.extend(_in_folder(folders[folder], candidates, named, unread))
    return Grouping(tuple(projects), tuple(unread))


def _referenced(candidates: Mapping[str, tuple[Node | None, ...]]) -> frozenset[str]:
    taken: set[str] = set()
    for label, nodes in candidates.items():
        references = referenced_documents(label, nodes)
        taken.update(name for name in references.included if name != label)
        taken.update(name for name in references.extended if name != label and posixpath.basename(name) not in _BASES)
    return frozenset(taken)


def _in_folder(
    labels: list[str], candidates: Mapping[str, tuple[Node | None, ...]], named: Sequence[str], unread: list[Unread]
) -> Iterator[tuple[str, ...]]:
    names = {posixpath.basename(label): label for label in labels}
    bases = [names[name] for name in _BASES if name in names]
    override = next((names[name] for name in _OVERRIDES if name in names), None)
    base = bases[0] if bases else None
    lower = base or next((label for label in labels if not _fragment(candidates[label])), None)
    above = [override] if override is not None and base is not None else []
    above += [label for label in named if label in labels and label not in {lower, override} and _fragment(candidates[label])]
    if base is not None:
        yield (base, *above)
    elif lower is not None:
        yield (lower, *above)
    for label in labels:
        if label == lower or label in above:
            continue
        if label in bases and label not in named:
            reason = f"Compose reads {posixpath.basename(bases[0])} where both are there"
            unread.append(Unread(Location(label, "", 0, 0), "note", reason, "name the file to model it"))
        elif lower is not None and label not in named and _fragment(candidates[label]):
            reason = f"it only adds to {posixpath.basename(lower)}, and Compose merges it only when asked"
            hint = f"model both: breachway model {lower} {label}"
            unread.append(Unread(Location(label, "", 0, 0), "file", reason, hint))
        else:
            yield (label,)


def _fragment(nodes: tuple[Node | None, ...]) -> bool:
    return any(node is not None and is_fragment(node) for node in nodes)
