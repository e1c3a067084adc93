"""``breachway model --live``: collect into a folder, then model the objects under labels that name them in the cluster."""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from breachway.cli.collecting.dump import DOCUMENT, page_files
from breachway.cli.collecting.session import Request, run_collection, summary
from breachway.cli.messages import show
from breachway.errors import NothingToReadError, UnreadableInputError
from breachway.evidence import LIVE
from breachway.sources.live import LiveObject, live_inventory, values_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from breachway.cli.collecting.dump import Dump
    from breachway.cli.streams import Streams
    from breachway.sources.inventory import Inventory
    from breachway.sources.json_lists import JsonValue


class Live(NamedTuple):
    """What was read from a cluster; ``whole`` is false where the collection was broken off or something could not be listed."""

    inventory: Inventory
    whole: bool


def read_live(request: Request, keep: str | None, streams: Streams) -> Live:
    """Collect and read.  ``keep`` is the folder of the dump; None keeps none.

    Raises NothingToReadError when the account may list nothing at all, and what a collection raises.
    """
    with ExitStack() as stack:
        folder = Path(keep) if keep is not None else Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="breachway-")))
        outcome = run_collection(request, folder, streams)
        if outcome.broken_off:
            kept = f"{keep} holds what was listed" if keep is not None else "--keep FOLDER keeps what was listed"
            hint = f"{kept}; {outcome.hint or 'the model below is of that alone'}"
            show(outcome.broken_off, hint, None, streams)
        streams.tell(f"breachway: {summary(outcome.dump)}\n")
        if not outcome.dump.objects:
            raise NothingToReadError(
                f"the context {outcome.dump.identity.context} may list nothing, or the cluster is empty",
                hint="breachway collect --print-rbac prints the rights that are needed",
            )
        return Live(live_inventory(_objects(outcome.dump)), not outcome.broken_off and outcome.dump.complete)


def _objects(dump: Dump) -> Iterator[LiveObject]:
    """The collection's own document, then every object, with its labels."""
    yield LiveObject(f"{LIVE}collection", f"{LIVE}collection", _loaded(dump.folder / DOCUMENT))
    for listing, path in page_files(dump):
        page = _loaded(path)
        items = page.get("items") if isinstance(page, dict) else None
        for item in items if isinstance(items, list) else ():
            yield LiveObject(f"{LIVE}{listing.title}", f"{LIVE}{listing.title}/{_name(item)}", item)


def _loaded(path: Path) -> JsonValue:
    try:
        return values_of(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UnreadableInputError(
            f"{path}: a page of the collection is gone or damaged", hint="collect it anew with --fresh"
        ) from error


def _name(item: JsonValue) -> str:
    """``namespace/name``; of an object of the whole cluster, its name alone."""
    metadata = item.get("metadata") if isinstance(item, dict) else None
    if not isinstance(metadata, dict):
        return "unnamed"
    parts = (metadata.get("namespace"), metadata.get("name"))
    return "/".join(part for part in parts if isinstance(part, str) and part) or "unnamed"
