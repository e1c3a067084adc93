"""Lists one resource page by page, and says how it ended."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from breachway.cli.collecting.answers import (
    FORBIDDEN,
    GONE,
    METHOD_NOT_ALLOWED,
    NOT_FOUND,
    OK,
    UNAUTHORIZED,
    Answer,
    TooLargeAnswer,
    Unanswered,
)
from breachway.cli.collecting.dump import ListState
from breachway.cli.collecting.redaction import without_values

if TYPE_CHECKING:
    from collections.abc import Callable

    from breachway.cli.collecting.answers import JsonObject, JsonValue
    from breachway.cli.collecting.discovery import Served
    from breachway.cli.collecting.dump import Dump, Listing
    from breachway.cli.collecting.pace import PatientServer

MOST_OBJECTS = 1_000_000
"""Objects of one resource; a server that goes on after them is not a real one."""

_EMPTY_PAGES = 50
_RESTARTS = 3


class Credentials(Exception):  # noqa: N818 - says what was refused
    """The server does not take the credentials (any more)."""


class Page(NamedTuple):
    """The objects of one answer, how to go on ("" at the end), and how many the server says are left (0 if it does not)."""

    items: list[JsonValue]
    token: str
    left: int


class Lister:
    """Lists resources into a dump.  ``page_size`` is how many objects are asked for at a time."""

    def __init__(self, server: PatientServer, dump: Dump, *, page_size: int, progress: Callable[[str, int, int], None]) -> None:
        self._server = server
        self._dump = dump
        self._page_size = page_size
        self._progress = progress

    def list(self, served: Served) -> Listing:
        """List all that is left of a resource.  The dump knows the outcome after every page.

        Raises Credentials when they are refused, Unanswered when no answer came; what was listed is kept and counted as partial.
        """
        listing = self._dump.listings[served.title]
        size, restarts, empty = self._page_size, 0, 0
        while True:
            try:
                answer = self._ask(served, listing, size)
            except TooLargeAnswer as large:
                if size == 1:
                    reason = f"one object is larger than {large.limit // 1024 // 1024} MiB"
                    return self._ended(listing, ListState.FAILED, reason)
                size = max(1, size // 4)
                continue
            except Unanswered as failure:
                self._ended(listing, ListState.FAILED, failure.reason)
                raise
            if answer.status == GONE and listing.token:
                token = _token(answer.body)
                restarts += not token
                if restarts > _RESTARTS:
                    return self._ended(listing, ListState.FAILED, "the list expired again and again")
                listing = replace(listing, token=token, inconsistent=True) if token else self._dump.restart(listing)
                continue
            if answer.status != OK:
                return self._refused(listing, answer)
            page = _page(answer.body, served)
            if page is None:
                return self._ended(listing, ListState.FAILED, "what the server sent is not a list of objects")
            empty = 0 if page.items else empty + 1
            if empty > _EMPTY_PAGES or (page.token and page.token == listing.token) or listing.objects > MOST_OBJECTS:
                return self._ended(listing, ListState.FAILED, "the server's list does not come to an end")
            listing = self._dump.add_page(listing, page.items) if page.items else listing
            state = ListState.PARTIAL if page.token else ListState.COMPLETE
            listing = self._ended(replace(listing, token=page.token), state, "")
            self._progress(f"listing {served.title}", listing.objects, listing.objects + page.left)
            if state is ListState.COMPLETE:
                return listing

    def _ask(self, served: Served, listing: Listing, size: int) -> Answer:
        query = [("limit", str(size))]
        if listing.token:
            query.append(("continue", listing.token))
        return self._server.get(served.path, tuple(query))

    def _refused(self, listing: Listing, answer: Answer) -> Listing:
        words = answer.message or "no reason is given"
        if answer.status == UNAUTHORIZED:
            self._ended(listing, ListState.FAILED, "the credentials were refused")
            raise Credentials(words)
        if answer.status == FORBIDDEN:
            return self._ended(listing, ListState.REFUSED, words)
        if answer.status in {NOT_FOUND, METHOD_NOT_ALLOWED} and not listing.pages:
            return self._ended(listing, ListState.ABSENT, "the server does not serve it")
        return self._ended(listing, ListState.FAILED, f"the server answered {answer.status}: {words}")

    def _ended(self, listing: Listing, state: ListState, reason: str) -> Listing:
        found = replace(listing, state=state, reason=reason)
        self._dump.note(found)
        return found


def _token(body: JsonObject) -> str:
    metadata = body.get("metadata")
    token = metadata.get("continue") if isinstance(metadata, dict) else None
    return token if isinstance(token, str) else ""


def _page(body: JsonObject, served: Served) -> Page | None:
    """The objects of a list, each with the kind that the list leaves out; None for what is no list."""
    items = body.get("items", [])
    if items is None:
        items = []
    kind = body.get("kind")
    if not isinstance(items, list) or not isinstance(kind, str) or not kind.endswith("List"):
        return None
    secret = served.title == "secrets"
    found: list[JsonValue] = []
    for item in items:
        if not isinstance(item, dict):
            return None
        rest = {key: value for key, value in item.items() if key not in {"apiVersion", "kind"}}
        found.append(without_values({"apiVersion": served.api_version, "kind": served.kind, **rest}, secret=secret))
    metadata = body.get("metadata")
    left = metadata.get("remainingItemCount") if isinstance(metadata, dict) else None
    return Page(found, _token(body), left if isinstance(left, int) and left > 0 else 0)
