"""One collection from the words of a command line to what is told about it; shared by ``collect`` and ``model --live``."""

from __future__ import annotations

import os
import random
import time
import warnings
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from breachway.cli.collecting.collector import Order, collect
from breachway.cli.collecting.dump import ListState
from breachway.cli.collecting.pace import Clock, PatientServer
from breachway.cli.collecting.wanted import wanted_resources
from breachway.cli.messages import show
from breachway.cli.progress import ProgressLine
from breachway.errors import UsageError
from breachway.reports.escaping import terminal

if TYPE_CHECKING:
    from pathlib import Path

    from breachway.cli.collecting.collector import Outcome
    from breachway.cli.collecting.dump import Dump, Listing
    from breachway.cli.streams import Streams

_NAMED = 5
_MOST_A_PAGE = 5_000


class Request(NamedTuple):
    """What the options say; see their help."""

    kubeconfig: str | None
    context: str | None
    skip: tuple[str, ...] = ()
    page_size: int = 500
    rate: float = 20.0
    timeout: float = 30.0
    fresh: bool = False


def run_collection(request: Request, folder: Path, streams: Streams) -> Outcome:
    """Collect into ``folder``, telling on standard error how it goes and what was not listed."""
    from breachway.cli.collecting.kubeconfig import connect

    _check(request)
    wanted = wanted_resources(request.skip)
    contact = connect(request.kubeconfig, request.context, os.environ, timeout=request.timeout)
    from urllib3.exceptions import InsecureRequestWarning

    progress = ProgressLine(streams.stderr)

    def notice(words: str) -> None:
        progress.close()
        show(words, "", None, streams)

    if not contact.connection.verified:
        notice(f"the identity of {contact.connection.host} is not verified: what answers may be something else")
    clock = Clock(time.monotonic, time.sleep, random.random)
    server = PatientServer(contact.connection, clock, rate=request.rate, notice=notice)
    order = Order(
        folder=folder,
        context=contact.context,
        server=contact.connection.host,
        wanted=wanted,
        left_out=request.skip,
        page_size=request.page_size,
        fresh=request.fresh,
    )
    try:
        with warnings.catch_warnings():
            # urllib3 says once more, with a link, what was said above.
            warnings.simplefilter("ignore", InsecureRequestWarning)
            outcome = collect(server, order, progress)
    finally:
        progress.close()
        contact.connection.close()
    _tell(outcome.dump, streams)
    return outcome


def _check(request: Request) -> None:
    if not 0 < request.rate <= 1_000:  # noqa: PLR2004 - said in the message
        raise UsageError(f"--qps {request.rate:g} is out of range", hint="more than 0 and at most 1000 requests a second")
    if not 1 <= request.page_size <= _MOST_A_PAGE:
        raise UsageError(f"--page-size {request.page_size} is out of range", hint=f"1 to {_MOST_A_PAGE} objects")
    if not 0 < request.timeout <= 3_600:  # noqa: PLR2004 - said in the message
        raise UsageError(f"--timeout {request.timeout:g} is out of range", hint="more than 0 and at most 3600 seconds")


def _tell(dump: Dump, streams: Streams) -> None:
    """What was not listed: each state with the first resources in it."""
    states = {
        ListState.REFUSED: "refused, so what they say is unknown",
        ListState.FAILED: "not listed for another reason",
        ListState.PARTIAL: "listed in part",
        ListState.PENDING: "not reached",
    }
    for state, words in states.items():
        found = [item for item in dump.listings.values() if item.state is state]
        if found:
            names = ", ".join(_named(item, state) for item in found[:_NAMED])
            more = f" and {len(found) - _NAMED} more" if len(found) > _NAMED else ""
            show(f"{words}: {names}{more}", "", None, streams)


def _named(item: Listing, state: ListState) -> str:
    return f"{item.title} ({item.reason})" if item.reason and state is ListState.FAILED else item.title


def summary(dump: Dump) -> str:
    """One line about what a dump holds, for a terminal."""
    counts = Counter(item.state for item in dump.listings.values())
    kinds = sum(1 for item in dump.listings.values() if item.objects)
    whole = "complete" if dump.complete else "partial"
    refused = f", {_count(counts[ListState.REFUSED], 'resource')} refused" if counts[ListState.REFUSED] else ""
    return f"{whole}: {_count(dump.objects, 'object')} of {_count(kinds, 'kind')} from {terminal(dump.identity.context)}{refused}"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
