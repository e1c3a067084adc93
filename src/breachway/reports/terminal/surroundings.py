"""What was read, what was not, and the boundaries of the deployment."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from breachway.reports.boundaries import Boundaries, boundaries, exposures
from breachway.reports.terminal.layout import Page, Style, span
from breachway.reports.wording import count, kind_words, listed, named, place

if TYPE_CHECKING:
    from breachway.analyses.assessment import Assessment
    from breachway.evidence import Unread
    from breachway.model import Asset

_SHOWN = 4
_DEEPEST = 3
# What joins other things; of little use in a count.
_PLUMBING = frozenset({"Exposure", "Flow", "NetworkZone"})
_LOSS = {"file": 0, "object": 1, "field": 2, "note": 3}
_LOSS_WORDS = {"file": "not modelled", "object": "object left out", "field": "field ignored", "note": "not modelled on purpose"}


def write_read(page: Page, assessment: Assessment, *, verbose: bool) -> None:
    """The documents by format, the crown jewels, and what was not understood, with the reason."""
    model = assessment.model
    page.heading("What was read")
    formats = Counter(document.format for document in model.documents)
    objects: Counter[str] = Counter()
    for document in model.documents:
        objects[document.format] += sum(number for _, number in document.kinds)
    parts = tuple(f"{number} {name} ({count(objects[name], 'object')})" for name, number in sorted(formats.items()))
    page.paragraph(span(f"{count(len(model.documents), 'document')}: {listed(parts)}." if parts else "Nothing."), indent=2)
    jewels = tuple(jewel.title for jewel in sorted(model.crown_jewels, key=lambda jewel: (-jewel.value, jewel.title)))
    shown = jewels if verbose else jewels[:_SHOWN]
    if jewels:
        more = (f"{len(jewels) - len(shown)} more",) if len(shown) < len(jewels) else ()
        page.paragraph(span(f"Crown jewels: {listed(shown + more)}."), indent=2)
    for note in model.notes:
        page.paragraph(span(note), indent=2, lead=span("note: ", Style.CAUTION))
    _write_unread(page, model.unread, verbose=verbose)


def _write_unread(page: Page, unread: tuple[Unread, ...], *, verbose: bool) -> None:
    if not unread:
        page.paragraph(span("Every document was understood."), indent=2)
        return
    ranked = sorted(unread, key=lambda item: (_LOSS.get(item.severity, 4), item.location, item.reason))
    shown = ranked if verbose else ranked[:_SHOWN]
    page.paragraph(span(f"{count(len(unread), 'thing')} not understood:", Style.CAUTION), indent=2)
    for item in shown:
        loss = _LOSS_WORDS.get(item.severity, item.severity)
        page.placed(span(f"{item.reason} ({loss})"), place(item.location), indent=4)
        if item.hint:
            page.paragraph(span(item.hint), indent=6, lead=span("hint: ", Style.FAINT))
    if len(shown) < len(ranked):
        page.paragraph(span(f"and {len(ranked) - len(shown)} more: --all"), indent=4)


def write_boundaries(page: Page, assessment: Assessment, *, verbose: bool) -> None:
    """A compact tree: what the Internet reaches, then each boundary with what it holds."""
    places = boundaries(assessment)
    exposed = exposures(assessment)
    page.heading("Boundaries and exposure")
    if exposed:
        page.paragraph(span(f"the Internet reaches {count(len(exposed), 'endpoint')}", Style.DANGER), indent=2)
    else:
        page.paragraph(span("nothing is seen to be reachable from the Internet"), indent=2)
    shown = exposed if verbose else exposed[: 2 * _SHOWN]
    for flow in shown:
        ports = f" on {listed(flow.ports)}" if flow.ports else ""
        text = f"{places.label(flow.target)}{ports}; protection: {flow.protection or 'none seen'}"
        page.placed(
            span(text), place(flow.evidence[0].location) if flow.evidence else "", indent=4, lead=span("→ ", Style.DANGER)
        )
    if len(shown) < len(exposed):
        page.paragraph(span(f"and {len(exposed) - len(shown)} more: --all"), indent=4)
    for root in places.roots:
        if places.children.get(root.id):
            _write_tree(page, places, root, 0, verbose=verbose)


def _write_tree(page: Page, places: Boundaries, asset: Asset, depth: int, *, verbose: bool) -> None:
    children = places.children.get(asset.id, ())
    inside = tuple(child for child in children if places.children.get(child.id) and child.kind not in places.workload_kinds)
    leaves = Counter(child.kind for child in children if child not in inside and (verbose or child.kind not in _PLUMBING))
    holds = ", ".join(count(number, kind_words(kind)) for kind, number in sorted(leaves.items()))
    times = f" ×{asset.replicas}" if asset.replicas > 1 else ""
    text = named(asset.kind, asset.name) + times + (f": {holds}" if holds else "")
    page.paragraph(span(text), indent=2 + 2 * depth, lead=span("▪ " if depth == 0 else "└ ", Style.FAINT))
    if depth >= _DEEPEST:
        return
    shown = inside if verbose else inside[: 2 * _SHOWN]
    for child in shown:
        _write_tree(page, places, child, depth + 1, verbose=verbose)
    if len(shown) < len(inside):
        page.paragraph(span(f"and {len(inside) - len(shown)} more: --all"), indent=4 + 2 * depth)
