"""What a collection of a live cluster could not list is unknown, not absent.

A rule that finds no NetworkPolicy says that nothing isolates a workload; where policies were refused to whoever collected, that
silence says nothing.  This runs when all rules of the platform have spoken: it takes back what rests on such silence, and adds
what may be there unseen, each as an assumption.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from breachway.evidence import Unread
from breachway.mapping.kubernetes.unlisted.hubs import add_unseen_openings, add_unseen_rights
from breachway.mapping.kubernetes.unlisted.silence import SILENCES, doubt_repository, soften
from breachway.sources.decoding import value_or
from breachway.sources.kubernetes.objects import Collection

if TYPE_CHECKING:
    from collections.abc import Iterable

    from breachway.evidence import Location
    from breachway.mapping.building import ModelBuilder
    from breachway.mapping.kubernetes.index import KubernetesIndex
    from breachway.mapping.kubernetes.unlisted.silence import Silence
    from breachway.sources.kubernetes.collection import CollectedResource
    from breachway.sources.kubernetes.objects import KubernetesObject

_LISTED = frozenset({"complete", "absent"})
_WORDS = {
    "refused": "was refused",
    "failed": "failed",
    "partial": "was broken off",
    "pending": "was not reached",
}
_HINTS = {
    "refused": "breachway collect --print-rbac prints the rights that are needed",
    "failed": "collect again: the same command continues",
    "partial": "collect again: the same command continues",
    "pending": "collect again: the same command continues",
}


class UnlistedResource(NamedTuple):
    """A resource that was not listed in full, by its name as kubectl takes it, and where the collection says so."""

    title: str
    state: str
    reason: str
    objects: int
    location: Location


def unlisted_resources(objects: Iterable[KubernetesObject]) -> tuple[UnlistedResource, ...]:
    """The resources that the collections of the input could not list in full.

    A resource that the server does not serve is absent for good: no object of it can exist.  A state that is not known counts
    as not listed.
    """
    return tuple(
        UnlistedResource(
            title=_title(item),
            state=value_or(item.state, ""),
            reason=value_or(item.reason, ""),
            objects=value_or(item.objects, 0),
            location=item.location,
        )
        for collection in objects
        if isinstance(collection, Collection)
        for item in collection.resources
        if value_or(item.state, "") not in _LISTED
    )


def map_unlisted(builder: ModelBuilder, objects: Iterable[KubernetesObject], index: KubernetesIndex) -> None:
    """Say what was not listed, and turn into assumptions what its absence would have decided."""
    things = tuple(objects)
    _say_inconsistent(builder, things)
    collections = tuple(item.location.document for item in things if isinstance(item, Collection))
    if collections:
        doubt_repository(builder, collections)
    missing = {item.title: item for item in unlisted_resources(things)}
    for item in missing.values():
        builder.unread(Unread(item.location, "object", _sentence(item), _HINTS.get(item.state, "")))
    if not missing:
        return
    on_host = frozenset(entry.asset_id for entry in index.workloads if entry.host_network)
    for silence in SILENCES:
        places = tuple(item.location for item in missing.values() if _speaks_of(silence, item.title))
        if places:
            soften(builder, silence, places, on_host)
    where = {title: item.location for title, item in missing.items()}
    add_unseen_rights(builder, index, where)
    add_unseen_openings(builder, index, where)


def _speaks_of(silence: Silence, title: str) -> bool:
    """Whether the silence is about a resource, by its name or as one of a group of which all count."""
    return title in silence.resources or f"*.{title.partition('.')[2]}" in silence.resources


def _title(item: CollectedResource) -> str:
    resource, group = value_or(item.resource, ""), value_or(item.group, "")
    return f"{resource}.{group}" if group else resource


def _sentence(item: UnlistedResource) -> str:
    ended = f"listing {item.title} {_WORDS.get(item.state, 'did not end')}"
    reason = f": {item.reason}" if item.reason else ""
    part = f"; {item.objects} were listed before" if item.objects else ""
    return f"{ended}{reason}; what else there is of them is unknown, not absent{part}"


def _say_inconsistent(builder: ModelBuilder, things: tuple[KubernetesObject, ...]) -> None:
    for collection in things:
        for item in collection.resources if isinstance(collection, Collection) else ():
            if value_or(item.inconsistent, default=False):
                place = item.inconsistent.location if item.inconsistent else item.location
                reason = f"{_title(item)} were listed in parts of different moments: what changed between them may be missing"
                builder.unread(Unread(place, "note", reason, "collect anew with --fresh for one moment"))
