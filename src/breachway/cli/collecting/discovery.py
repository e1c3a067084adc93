"""What an API server serves: which of the wanted resources, in which version, under which path."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from breachway.cli.collecting.answers import NOT_FOUND, OK, Answer, JsonObject, Unanswered
from breachway.cli.collecting.wanted import EVERY

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from breachway.cli.collecting.pace import PatientServer
    from breachway.cli.collecting.wanted import Wanted

_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\Z")
_GROUP = re.compile(r"([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.|\Z)){1,20}\Z")
_KIND = re.compile(r"[A-Za-z][A-Za-z0-9]{0,62}\Z")
_MOST_OF_A_GROUP = 1_000
"""Resources taken from a group of which everything is wanted: a cluster with more constraint templates is not real."""


class Served(NamedTuple):
    """A resource that can be listed.  ``version`` is that of its group alone (``v1``)."""

    group: str
    version: str
    resource: str
    kind: str

    @property
    def title(self) -> str:
        """The name as kubectl takes it."""
        return f"{self.resource}.{self.group}" if self.group else self.resource

    @property
    def api_version(self) -> str:
        """What stands in ``apiVersion`` of its objects."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def path(self) -> str:
        """Where all of its objects are listed, in every namespace."""
        return f"/apis/{self.group}/{self.version}/{self.resource}" if self.group else f"/api/{self.version}/{self.resource}"


class Unlisted(NamedTuple):
    """A wanted resource that cannot be listed.  ``absent`` tells that the server has no such resource; else its group failed."""

    wanted: Wanted
    absent: bool
    reason: str


def discover(server: PatientServer, wanted: Iterable[Wanted]) -> tuple[Served | Unlisted, ...]:
    """Find each wanted resource in the first version of its group, the preferred one first, that has it.

    Raises Unanswered when the server does not say which groups it has: nothing can be listed then.
    """
    groups = _groups(server)
    known: dict[tuple[str, str], _Version] = {}
    found: list[Served | Unlisted] = []
    for item in wanted:
        versions = groups.get(item.group, ())
        if not versions:
            found.append(Unlisted(item, absent=True, reason="the server does not serve its group"))
            continue
        for version in versions:
            if (item.group, version) not in known:
                known[item.group, version] = _version(server, item.group, version)
        tables = [known[item.group, version] for version in versions]
        listed = tuple(_matching(tables, item))
        failure = next((table.failure for table in tables if table.failure), "")
        if listed:
            found.extend(listed)
        elif failure:
            found.append(Unlisted(item, absent=False, reason=failure))
        elif item.resource != EVERY:
            found.append(Unlisted(item, absent=True, reason="the server does not serve it"))
    return tuple(found)


class _Version(NamedTuple):
    """The listable resources of one version of a group, or why it could not be asked."""

    resources: tuple[Served, ...]
    failure: str = ""


def _groups(server: PatientServer) -> dict[str, tuple[str, ...]]:
    """The versions of each group, the preferred one first; the core group is ""."""
    answer = server.get("/apis")
    if answer.status != OK:
        words = answer.message or "no reason is given"
        raise Unanswered(f"the server does not say what it serves ({answer.status}: {words})", again=False)
    found: dict[str, tuple[str, ...]] = {"": ("v1",)}
    for group in _objects(answer.body, "groups"):
        name = group.get("name")
        if not isinstance(name, str) or not _GROUP.match(name):
            continue
        preferred = group.get("preferredVersion")
        first = preferred.get("version") if isinstance(preferred, dict) else None
        stated = (item.get("version") for item in _objects(group, "versions"))
        versions = [version for version in stated if isinstance(version, str) and _NAME.match(version)]
        found[name] = tuple(sorted(versions, key=lambda version: version != first))
    return found


def _version(server: PatientServer, group: str, version: str) -> _Version:
    path = f"/apis/{group}/{version}" if group else f"/api/{version}"
    try:
        answer = server.get(path)
    except Unanswered as failure:
        return _Version((), f"its group was not answered for: {failure}")
    if answer.status == NOT_FOUND:
        return _Version(())
    if answer.status != OK:
        return _Version((), f"its group was not answered for: {_words(answer)}")
    return _Version(tuple(_listable(group, version, answer.body)))


def _words(answer: Answer) -> str:
    return f"{answer.status}{': ' + answer.message if answer.message else ''}"


def _listable(group: str, version: str, body: JsonObject) -> Iterator[Served]:
    for item in _objects(body, "resources"):
        name, kind, verbs = item.get("name"), item.get("kind"), item.get("verbs")
        if not isinstance(name, str) or not isinstance(kind, str) or not isinstance(verbs, list):
            continue
        # A name with a slash is a part of another resource.
        if _NAME.match(name) and _KIND.match(kind) and "list" in verbs:
            yield Served(group, version, name, kind)


def _matching(tables: list[_Version], item: Wanted) -> Iterator[Served]:
    seen: set[str] = set()
    for table in tables:
        for served in table.resources:
            if served.resource not in seen and item.resource in {EVERY, served.resource} and len(seen) < _MOST_OF_A_GROUP:
                seen.add(served.resource)
                yield served


def _objects(body: JsonObject, key: str) -> Iterator[JsonObject]:
    items = body.get(key)
    for item in items if isinstance(items, list) else ():
        if isinstance(item, dict):
            yield item
