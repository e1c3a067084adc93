"""A dump on disk: pages of objects, and one document that says what was listed and what was not.

Every file is written beside itself and renamed, so that a run which is killed leaves whole files only; the document is renewed
after each page.  A page that it does not count is written again by the next run.  Only the user may read the files.
"""

from __future__ import annotations

import json
import os
import tempfile
from contextlib import suppress
from dataclasses import dataclass, field, replace
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING

from breachway.errors import OutputError, UsageError
from breachway.sources.text import LARGEST_FILE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from breachway.cli.collecting.answers import JsonObject, JsonValue

DOCUMENT = "collection.json"
API_VERSION = "breachway/v1"
KIND = "BreachwayCollection"
_BEGUN = ".breachway-"


class ListState(Enum):
    """How far a resource was listed."""

    PENDING = "pending"
    PARTIAL = "partial"
    COMPLETE = "complete"
    REFUSED = "refused"
    ABSENT = "absent"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """What is known of one resource.

    ``token`` continues after the last page that was written; ``inconsistent`` tells that the pages are not of one moment.
    """

    group: str
    resource: str
    version: str = ""
    kind: str = ""
    state: ListState = ListState.PENDING
    reason: str = ""
    objects: int = 0
    pages: int = 0
    token: str = ""
    inconsistent: bool = False

    @property
    def title(self) -> str:
        """The name as kubectl takes it."""
        return f"{self.resource}.{self.group}" if self.group else self.resource

    def page(self, number: int) -> str:
        """The name of the file of a page, the first being 1."""
        return f"{self.title}.{number:05d}.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Which cluster a dump is of.  ``cluster`` is the uid of its namespace kube-system, empty if it was refused."""

    context: str
    server: str
    version: str
    cluster: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Dump:
    """A folder and what its document says."""

    folder: Path
    identity: Identity
    listings: dict[str, Listing] = field(default_factory=dict)

    @property
    def complete(self) -> bool:
        """Whether nothing is left that another run could list."""
        return all(item.state not in {ListState.PENDING, ListState.PARTIAL, ListState.FAILED} for item in self.listings.values())

    @property
    def objects(self) -> int:
        """How many objects the pages hold."""
        return sum(item.objects for item in self.listings.values())

    def note(self, listing: Listing) -> None:
        """Say where a resource stands; write the document."""
        self.listings[listing.title] = listing
        self.save()

    def add_page(self, listing: Listing, items: list[JsonValue]) -> Listing:
        """Write one more page of a resource; give the listing that counts it, which the caller notes."""
        number = listing.pages + 1
        page: JsonObject = {"apiVersion": "v1", "kind": "List", "items": items}
        write_private(self.folder / listing.page(number), page)
        return replace(listing, pages=number, objects=listing.objects + len(items))

    def restart(self, listing: Listing) -> Listing:
        """Forget the pages of a resource."""
        fresh = replace(listing, pages=0, objects=0, token="", inconsistent=False, state=ListState.PENDING, reason="")
        self.note(fresh)
        for number in range(1, listing.pages + 1):
            with suppress(OSError):
                (self.folder / listing.page(number)).unlink()
        return fresh

    def save(self) -> None:
        """Write the document."""
        body: JsonObject = {
            "apiVersion": API_VERSION,
            "kind": KIND,
            "metadata": {"name": self.identity.context},
            "server": self.identity.server,
            "serverVersion": self.identity.version,
            "cluster": self.identity.cluster,
            "complete": self.complete,
            "resources": [_written(self.listings[title]) for title in sorted(self.listings)],
        }
        write_private(self.folder / DOCUMENT, body)


def open_dump(folder: Path, identity: Identity, *, fresh: bool) -> Dump:
    """The dump in a folder: a new one, or what an earlier run of the same cluster left.

    Raises UsageError for a folder that holds something else, OutputError where it cannot be made.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        names = sorted(entry.name for entry in folder.iterdir())
    except OSError as error:
        raise OutputError(f"cannot write into {folder}: {error.strerror or error}", hint="choose another folder") from error
    if DOCUMENT not in names:
        if names:
            raise UsageError(f"{folder} is not empty and holds no collection", hint="name a folder of its own")
        return Dump(folder=folder, identity=identity)
    known = _read(folder / DOCUMENT)
    if fresh:
        _sweep(known)
        for listing in known.listings.values():
            known.restart(listing)
        return Dump(folder=folder, identity=identity)
    for word, old, new in (
        ("server", known.identity.server, identity.server),
        ("cluster", known.identity.cluster, identity.cluster),
    ):
        if old and new and old != new:
            raise UsageError(
                f"{folder} holds a collection of another {word}: {old}, not {new}",
                hint="name another folder, or start it anew with --fresh",
            )
    if known.complete:
        raise UsageError(f"{folder} holds a finished collection", hint="breachway model reads it; --fresh collects it anew")
    _sweep(known)
    return Dump(folder=folder, identity=identity, listings=known.listings)


def _sweep(known: Dump) -> None:
    """Remove what a killed run had begun: files that were not renamed yet, and a page that was not counted yet."""
    begun = [*known.folder.glob(f"{_BEGUN}*"), *(known.folder / item.page(item.pages + 1) for item in known.listings.values())]
    for path in begun:
        with suppress(OSError):
            path.unlink()


def _read(path: Path) -> Dump:
    try:
        body = json.loads(path.read_text(encoding="utf-8"))
        listings = [_listing(item) for item in body["resources"]]
        identity = Identity(
            context=str(body["metadata"]["name"]),
            server=str(body["server"]),
            version=str(body["serverVersion"]),
            cluster=str(body["cluster"]),
        )
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise UsageError(f"{path} cannot be continued: it is damaged", hint="name another folder") from error
    return Dump(folder=path.parent, identity=identity, listings={item.title: item for item in listings})


def _written(item: Listing) -> JsonObject:
    found: JsonObject = {"group": item.group, "resource": item.resource, "state": item.state.value}
    if item.version:
        found |= {"version": item.version, "kind": item.kind}
    if item.pages or item.state is ListState.COMPLETE:
        found |= {"objects": item.objects, "pages": item.pages}
    if item.reason and item.state is not ListState.ABSENT:
        found["reason"] = item.reason
    if item.inconsistent:
        found["inconsistent"] = True
    if item.token:
        found["continue"] = item.token
    return found


def _listing(item: dict[str, object]) -> Listing:
    """Read back what was written; the names become names of files, so they are held to be such names."""
    group, resource = str(item["group"]), str(item["resource"])
    if {"/", "\0"} & set(group + resource) or ".." in group + resource:
        raise ValueError("a resource is no name")
    objects, pages = item.get("objects", 0), item.get("pages", 0)
    if not isinstance(objects, int) or not isinstance(pages, int):
        raise TypeError("a count is no number")
    return Listing(
        group=group,
        resource=resource,
        version=str(item.get("version", "")),
        kind=str(item.get("kind", "")),
        state=ListState(item["state"]),
        reason=str(item.get("reason", "")),
        objects=objects,
        pages=pages,
        token=str(item.get("continue", "")),
        inconsistent=item.get("inconsistent") is True,
    )


def page_files(dump: Dump) -> Iterator[tuple[Listing, Path]]:
    """The files of all pages that count, by resource, in order."""
    for title in sorted(dump.listings):
        listing = dump.listings[title]
        for number in range(1, listing.pages + 1):
            yield listing, dump.folder / listing.page(number)


def write_private(path: Path, body: JsonObject) -> None:
    """Write JSON, one field a line so that evidence has lines, whole or not at all, readable by the user alone."""
    text = json.dumps(body, indent=1) + "\n"
    if len(text) > LARGEST_FILE:
        text = json.dumps(body) + "\n"
    name = ""
    try:
        handle, name = tempfile.mkstemp(prefix=_BEGUN, dir=path.parent)
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(text)
        Path(name).replace(path)
    except BaseException as error:
        if name:
            with suppress(OSError):
                Path(name).unlink()
        if not isinstance(error, OSError):
            raise
        message = f"cannot write {path}: {error.strerror or error}"
        raise OutputError(message, hint="free some space, or choose another folder") from error
