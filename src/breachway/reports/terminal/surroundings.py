"""What was read, what was not, and the boundaries of the deployment."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from breachway.reports.boundaries import Boundaries, boundaries, exposures
from breachway.reports.terminal.layout import Page, Span, Style, display_width, span
from breachway.reports.terminal.places import most_telling
from breachway.reports.wording import count, kind_words, listed, named

if TYPE_CHECKING:
    from collections.abc import Iterator

    from breachway.analyses.assessment import Assessment, FlowRow
    from breachway.evidence import Unread
    from breachway.model import Asset

_SHOWN = 4
_DEEPEST = 3
_BOUNDARY_LINES = 13
# What joins other things; of little use in a count.
_PLUMBING = frozenset({"Exposure", "Flow", "NetworkZone"})
_UNPROTECTED = frozenset({"", "none seen"})
_LOSS = {"file": 0, "object": 1, "field": 2, "note": 3}
_LOSS_WORDS = {"file": "not modelled", "object": "object left out", "field": "field ignored"}


def write_summary(page: Page, assessment: Assessment, *, verbose: bool) -> None:
    """The documents by format, the folder they lie in, whether all were understood, and the crown jewels."""
    model = assessment.model
    formats = Counter(document.format for document in model.documents)
    objects: Counter[str] = Counter()
    for document in model.documents:
        objects[document.format] += sum(number for _, number in document.kinds)
    parts = tuple(
        f"{number} {name} ({count(objects[name], 'object')})"
        for name, number in sorted(formats.items(), key=lambda item: item[0])
    )
    below = f" below {page.places.folder}" if page.places.folder else ""
    unread = f"{_unread_words(model.unread)}, listed below" if model.unread else "all understood"
    told = f"Read {count(len(model.documents), 'document')}{below}: {listed(parts)}; {unread}." if parts else "Nothing was read."
    page.paragraph(span(told))
    jewels = tuple(jewel.title for jewel in sorted(model.crown_jewels, key=lambda jewel: (-jewel.value, jewel.title)))
    shown = jewels if verbose else jewels[:_SHOWN]
    if jewels:
        more = (f"{len(jewels) - len(shown)} more",) if len(shown) < len(jewels) else ()
        page.paragraph(span(f"Crown jewels: {listed(shown + more)}."))


def write_unread(page: Page, assessment: Assessment, *, verbose: bool) -> None:
    """What was not understood, with the reason, and what the mapping has to say about the input; nothing where all is well."""
    unread, notes = assessment.model.unread, assessment.model.notes
    if not unread and not notes:
        return
    words = _unread_words(unread)
    page.heading(f"{words[:1].upper()}{words[1:]}" if unread else "Worth knowing about the input")
    shown_notes = notes if verbose else notes[:_SHOWN]
    for note in shown_notes:
        page.paragraph(span(note), indent=2, lead=span("note: ", Style.CAUTION))
    if len(shown_notes) < len(notes):
        page.paragraph(span(f"{count(len(notes) - len(shown_notes), 'more note')}: --all"), indent=2)
    ranked = sorted(unread, key=lambda item: (_LOSS.get(item.severity, 4), item.location, item.reason))
    shown = ranked if verbose else ranked[:_SHOWN]
    for item in shown:
        _write_one_unread(page, item)
    if len(shown) < len(ranked):
        page.paragraph(span(f"{len(ranked) - len(shown)} more: --all"), indent=2)


def _unread_words(unread: tuple[Unread, ...]) -> str:
    """How much was not understood, and how much was understood and is not modelled."""
    aside = sum(item.severity == "note" for item in unread)
    lost = len(unread) - aside
    parts = (
        f"{count(lost, 'thing')} not understood" if lost else "",
        f"{count(aside, 'thing')} not modelled on purpose" if aside else "",
    )
    return listed(tuple(part for part in parts if part))


def _write_one_unread(page: Page, item: Unread) -> None:
    loss = _LOSS_WORDS.get(item.severity, "")
    where = span(page.places.document(item.location), Style.PLACE)
    page.ended(span(f"{item.reason} ({loss})" if loss else item.reason), where, lead=Span("  "))
    if item.hint:
        page.paragraph(span(item.hint), indent=4, lead=span("hint: ", Style.FAINT))


def write_boundaries(page: Page, assessment: Assessment, *, verbose: bool) -> None:
    """A compact tree: what the Internet reaches, then each boundary with what it holds."""
    places = boundaries(assessment)
    exposed = exposures(assessment)
    page.heading("Boundaries and exposure")
    top = page.height
    if exposed:
        page.paragraph(span(f"the Internet reaches {count(len(exposed), 'endpoint')}", Style.DANGER), indent=2)
    else:
        page.paragraph(span("nothing is seen to be reachable from the Internet"), indent=2)
    shown = exposed if verbose else exposed[:_SHOWN]
    for flow in shown:
        _write_exposure(page, places, flow)
    if len(shown) < len(exposed):
        page.paragraph(span(f"{len(exposed) - len(shown)} more: --all"), indent=4)
    tree = tuple(
        line for root in places.roots if places.children.get(root.id) for line in _tree(places, root, 0, verbose=verbose)
    )
    room = len(tree) if verbose else max(_BOUNDARY_LINES - (page.height - top), 1)
    kept = tree if len(tree) <= room else tree[: max(room - 1, 1)]
    for depth, name, holds in kept:
        _write_boundary(page, depth, name, holds, verbose=verbose)
    if len(kept) < len(tree):
        page.paragraph(span(f"{count(len(tree) - len(kept), 'more boundary')}: --all"), indent=2)


def _write_exposure(page: Page, places: Boundaries, flow: FlowRow) -> None:
    ports = f" on {listed(flow.ports)}" if flow.ports else ""
    first = most_telling(flow.evidence)
    page.placed(
        span(
            f"{places.label(flow.target)}{ports}: {'no protection seen' if flow.protection in _UNPROTECTED else flow.protection}"
        ),
        page.places.line(first.location) if first else "",
        indent=4,
        lead=span("→ ", Style.DANGER),
    )


def _tree(places: Boundaries, asset: Asset, depth: int, *, verbose: bool) -> Iterator[tuple[int, str, tuple[str, ...]]]:
    """The depth, the name and what is held, for ``asset`` and the boundaries inside it."""
    children = places.children.get(asset.id, ())
    inside = tuple(child for child in children if places.children.get(child.id) and child.kind not in places.workload_kinds)
    within = {child.id for child in inside}
    leaves = Counter(child.kind for child in children if child.id not in within and (verbose or child.kind not in _PLUMBING))
    # What there is most of tells most about a boundary.
    holds = tuple(
        count(number, kind_words(kind)) for kind, number in sorted(leaves.items(), key=lambda item: (-item[1], item[0]))
    )
    yield depth, named(asset.kind, asset.name) + (f" ×{asset.replicas}" if asset.replicas > 1 else ""), holds
    if depth < _DEEPEST:
        for child in inside:
            yield from _tree(places, child, depth + 1, verbose=verbose)


def _write_boundary(page: Page, depth: int, name: str, holds: tuple[str, ...], *, verbose: bool) -> None:
    indent = 2 + 2 * depth
    lead = Span("▪ " if depth == 0 else "└ ", Style.FAINT)
    if verbose:
        page.paragraph(span(f"{name}: {', '.join(holds)}" if holds else name), indent=indent, lead=lead)
        return
    kept = len(holds)
    while kept > 1 and display_width(span(_held(name, holds, kept)).text) > page.width - indent - 2:
        kept -= 1
    page.line(Span(" " * indent), lead, span(_held(name, holds, kept)))


def _held(name: str, holds: tuple[str, ...], kept: int) -> str:
    parts = (*holds[:kept], *(("…",) if kept < len(holds) else ()))
    return f"{name}: {', '.join(parts)}" if parts else name
