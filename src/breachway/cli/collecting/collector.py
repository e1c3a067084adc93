"""Collects a cluster: which one it is, what it serves, then every wanted resource in turn."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from breachway.cli.collecting.answers import FORBIDDEN, NOT_FOUND, OK, UNAUTHORIZED, Unanswered
from breachway.cli.collecting.discovery import Served, discover
from breachway.cli.collecting.dump import Identity, Listing, ListState, open_dump
from breachway.cli.collecting.listing import Credentials, Lister
from breachway.errors import UnreadableInputError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from breachway.cli.collecting.discovery import Unlisted
    from breachway.cli.collecting.dump import Dump
    from breachway.cli.collecting.pace import PatientServer
    from breachway.cli.collecting.wanted import Wanted

KUBE_SYSTEM = "kube-system"
_GIVEN_UP = 2
"""After this many resources in a row without any answer the others are left for another run."""


class Order(NamedTuple):
    """What the user asked for.  ``context`` and ``server`` name the cluster; ``page_size`` is in objects."""

    folder: Path
    context: str
    server: str
    wanted: tuple[Wanted, ...]
    left_out: tuple[str, ...]
    page_size: int
    fresh: bool


class Outcome(NamedTuple):
    """The dump, and why it was broken off ("" when it was not)."""

    dump: Dump
    broken_off: str
    hint: str = ""


def collect(server: PatientServer, order: Order, progress: Callable[[str, int, int], None]) -> Outcome:
    """Collect into the folder; continue there what an earlier run left.

    Raises UnreadableInputError when the server cannot be asked anything: nothing is written then.  UsageError and OutputError
    come from the folder.
    """
    identity = _identify(server, order)
    try:
        found = discover(server, order.wanted)
    except Unanswered as failure:
        raise UnreadableInputError(failure.reason, hint=failure.hint or "see whether kubectl api-resources works") from failure
    dump = open_dump(order.folder, identity, fresh=order.fresh)
    served = _enter(dump, found, order.left_out)
    lister = Lister(server, dump, page_size=order.page_size, progress=progress)
    silent = 0
    for item in served:
        if dump.listings[item.title].state is ListState.COMPLETE:
            continue
        try:
            lister.list(item)
            silent = 0
        except Credentials as refusal:
            return Outcome(dump, f"the credentials were refused midway: {refusal}", "log in again, then run the same command")
        except Unanswered as failure:
            silent += 1
            if silent >= _GIVEN_UP or not failure.again:
                return Outcome(dump, failure.reason, failure.hint)
    return Outcome(dump, "")


def _identify(server: PatientServer, order: Order) -> Identity:
    """The version, which every caller may ask for, and the uid of kube-system, which tells two clusters apart."""
    hint = f"see whether kubectl --context {order.context} version works"
    try:
        answer = server.get("/version")
        place = server.get(f"/api/v1/namespaces/{KUBE_SYSTEM}")
    except Unanswered as failure:
        raise UnreadableInputError(failure.reason, hint=failure.hint or hint) from failure
    for found in (answer, place):
        if found.status == UNAUTHORIZED:
            raise UnreadableInputError(
                f"the server refuses the credentials of the context {order.context} (401)",
                hint="they may have expired: log in again, as for kubectl",
            )
    if answer.status not in {OK, FORBIDDEN}:
        what = f"{order.server}/version answered {answer.status}"
        raise UnreadableInputError(what, hint="is server in the kubeconfig the address of an API server?")
    if place.status not in {OK, FORBIDDEN, NOT_FOUND}:
        raise UnreadableInputError(f"the server answered {place.status}: {place.message or 'no reason is given'}", hint=hint)
    version, metadata = answer.body.get("gitVersion"), place.body.get("metadata")
    uid = metadata.get("uid") if isinstance(metadata, dict) and place.status == OK else None
    return Identity(
        context=order.context,
        server=order.server,
        version=version if isinstance(version, str) else "",
        cluster=uid if isinstance(uid, str) else "",
    )


def _enter(dump: Dump, found: tuple[Served | Unlisted, ...], left_out: tuple[str, ...]) -> tuple[Served, ...]:
    """Enter every resource into the dump's document before the first is listed: what is not reached is then known as such."""
    served: list[Served] = []
    for item in found:
        if isinstance(item, Served):
            served.append(item)
            known = dump.listings.get(item.title, Listing(group=item.group, resource=item.resource))
            state = known.state if known.state in {ListState.COMPLETE, ListState.PARTIAL} else ListState.PENDING
            fresh = replace(known, version=item.version, kind=item.kind, state=state, reason="")
        else:
            group, resource = item.wanted
            ended = ListState.ABSENT if item.absent else ListState.FAILED
            fresh = Listing(group=group, resource=resource, state=ended, reason=item.reason)
            # Pages of an earlier run stay counted while the group does not answer.
            fresh = fresh if item.absent else dump.listings.get(fresh.title, fresh)
        dump.listings[fresh.title] = fresh
    for title in left_out:
        resource, _, group = title.partition(".")
        listing = Listing(group=group, resource=resource, state=ListState.REFUSED, reason="left out by --skip")
        dump.listings.setdefault(title, listing)
    dump.save()
    return tuple(served)
