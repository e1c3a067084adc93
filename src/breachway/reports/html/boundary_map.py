"""The boundary map as a drawing: nested boxes, what the Internet reaches, and the worst path through them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from breachway.reports.boundaries import INTERNET_KIND
from breachway.reports.html.map_layout import GAP, PAD, TITLE, Packer, Placed
from breachway.reports.html.map_tree import MapNode, map_tree
from breachway.reports.html.measure import fit, text_width
from breachway.reports.html.shapes import Drawing, Label, Rect, Route, Shape, number
from breachway.reports.wording import kind_words, named, worst_path

if TYPE_CHECKING:
    from collections.abc import Mapping

    from breachway.analyses.assessment import Assessment, AttackPath
    from breachway.reports.boundaries import Boundaries

_BOXES_WIDE, _BOXES_NARROW = 8, 3
_BAND = 96
_BAND_TOP = 52
_LANE = 52
_MARGIN = 14
_DISC = 10
_NAME, _SMALL = 13, 11
_REACH = 60
_OUTSIDER = "A1"


def boundary_map(assessment: Assessment, places: Boundaries, *, name: str, width: int, narrow: bool) -> Drawing:
    """The map at ``width`` pixels.  ``narrow`` puts the Internet above the rest instead of left of it."""
    path = worst_path(assessment)
    nodes = map_tree(assessment, places, path, boxes=_BOXES_NARROW if narrow else _BOXES_WIDE)
    left, top = (_MARGIN, _BAND_TOP + _LANE) if narrow else (_BAND + _LANE, _MARGIN)
    placed, height = Packer().pack(nodes, left, top, width - left - _MARGIN)
    total = top + max(height, 72) + _MARGIN
    band = Rect(4, _MARGIN, _BAND - 4, total - 2 * _MARGIN)
    if narrow:
        band = Rect(_MARGIN, _MARGIN, width - 2 * _MARGIN, _BAND_TOP - _MARGIN)
    by_asset = {item.node.asset: item for item in (*placed, *_internets(assessment, band)) if item.node.asset}
    anchors = {asset: _anchor(item) for asset, item in by_asset.items()}
    stops = [_nearest(step.asset, places, anchors) for step in path.steps] if path is not None else []
    if path is not None:
        anchors |= _captured(path, stops, by_asset)
    entered = _entered(path, stops, places)
    routes = [
        _exposure(band, _anchor(item), narrow=narrow) for item in placed if item.node.exposed and item.node.asset not in entered
    ]
    if path is not None:
        routes.extend(_worst_routes(path, stops, anchors, band, narrow=narrow))
    marks = _discs(stops, by_asset, anchors)
    return Drawing(
        id=name,
        width=width,
        height=int(total),
        title="Boundaries of the deployment" + (f", with path {path.id} drawn through them" if path is not None else ""),
        boxes=(_internet(band, narrow=narrow), *(_box(item, places) for item in placed if item.node.box)),
        routes=tuple(routes),
        chips=tuple(_chip(item) for item in placed if not item.node.box),
        marks=marks,
    )


def _entered(path: AttackPath | None, stops: list[str], places: Boundaries) -> frozenset[str]:
    """The workload by which the path comes in from the Internet: the path's own line shows its exposure already."""
    if path is None or path.actor != _OUTSIDER:
        return frozenset()
    found = (frozenset(around.id for around in places.around(stop) if around.kind in places.workload_kinds) for stop in stops)
    return next((workload for workload in found if workload), frozenset())


def _internets(assessment: Assessment, band: Rect) -> tuple[Placed, ...]:
    """The Internet's own assets, which lie in the band at the edge of the map."""
    nodes = (
        MapNode(asset=asset.id, name=asset.name, subtitle="", title=asset.name)
        for asset in assessment.model.assets
        if asset.kind == INTERNET_KIND
    )
    return tuple(Placed(node=node, place=band) for node in nodes)


def _internet(band: Rect, *, narrow: bool) -> Shape:
    x = band.middle[0]
    return Shape(
        band,
        12,
        "internet",
        "The Internet: anybody",
        (Label(x, band.y + (24 if narrow else 30), "Internet", "map-band", "middle"),),
    )


def _anchor(item: Placed) -> Rect:
    """Where routes to a node end: a chip itself, or the title line of a box."""
    if not item.node.box:
        return item.place
    wide = text_width(item.node.name, _NAME, bold=True)
    return Rect(item.place.x + PAD - 6, item.place.y + 6, min(wide + 16, item.place.width - 2 * PAD), TITLE - 10)


def _box(item: Placed, places: Boundaries) -> Shape:
    node, place = item.node, item.place
    room = place.width - 2 * PAD - (20 if node.jewel else 0) - (26 if node.on_path else 0)
    name = fit(node.name, room, _NAME, bold=True)
    start = place.x + PAD + (20 if node.jewel else 0)
    labels = [Label(start, place.y + 22, name, "map-name")]
    used = text_width(name, _NAME, bold=True) + 16 + (34 if node.on_path else 0)
    kind = places.by_id[node.asset].kind
    # The subtitle lies at the right edge, so that it never runs into the name; the longest that fits is shown.
    subtitle = next((text for text in (node.subtitle, kind_words(kind)) if text_width(text, _SMALL) <= room - used), "")
    if subtitle:
        labels.append(Label(place.x + place.width - PAD, place.y + 21, subtitle, "map-sub", "end"))
    depth = min(len(places.around(node.asset)), 4)
    classes = f"box depth-{depth}" + (" on-path" if node.on_path else "") + (" jewel" if node.jewel else "")
    titled = f"{named(kind, node.name)}: {node.subtitle}"
    crown = (place.x + PAD, place.y + 11) if node.jewel else None
    return Shape(place, 12 if depth == 1 else 9, classes, titled, tuple(labels), crown)


def _chip(item: Placed) -> Shape:
    node, place = item.node, item.place
    inset = 10 + (20 if node.jewel else 0)
    room = place.width - inset - 8
    crown = (place.x + 10, place.y + 10) if node.jewel else None
    if node.quiet:
        label = Label(place.x + 10, place.y + 18, fit(node.name, place.width - 18, _SMALL), "map-quiet")
        return Shape(place, 7, "chip quiet" if node.asset else "chip more", node.title, (label,))
    labels = (
        Label(place.x + inset, place.y + 21, fit(node.name, room, _NAME, bold=True), "map-name"),
        Label(place.x + 10, place.y + 37, fit(node.subtitle, place.width - 18, _SMALL), "map-sub"),
    )
    classes = (
        "chip" + (" on-path" if node.on_path else "") + (" jewel" if node.jewel else "") + (" exposed" if node.exposed else "")
    )
    words = [node.title] + (["crown jewel"] if node.jewel else []) + (["reached from the Internet"] if node.exposed else [])
    return Shape(place, 8, classes, ", ".join(words), labels, crown)


def _exposure(band: Rect, target: Rect, *, narrow: bool) -> Route:
    """How the Internet reaches a chip.  On a narrow map a line from the top would cross everything above: it is cut short."""
    if not narrow:
        # Not in the middle, where the path's own lines run.
        y = target.y + target.height - 12
        return Route(f"M{number(band.x + band.width)} {number(y)}H{number(target.x - 2)}", "exposure")
    return Route(f"M{number(target.x + 24)} {number(target.y - GAP + 1)}V{number(target.y - 1)}", "exposure stub")


def _way_in(band: Rect, target: Rect, *, narrow: bool) -> str:
    x, y = target.middle
    if narrow:
        return f"M{number(x)} {number(band.y + band.height)}V{number(target.y - 2)}"
    return f"M{number(band.x + band.width)} {number(y)}H{number(target.x - 2)}"


def _nearest(asset: str, places: Boundaries, anchors: Mapping[str, Rect]) -> str:
    """The asset itself, or the innermost boundary around it that the map shows; empty when it shows none."""
    return next((around.id for around in reversed(places.around(asset)) if around.id in anchors), "")


def _worst_routes(path: AttackPath, stops: list[str], anchors: Mapping[str, Rect], band: Rect, *, narrow: bool) -> list[Route]:
    routes: list[Route] = []
    drawn: set[tuple[str, str]] = set()
    for step, stop in zip(path.steps, stops, strict=True):
        if not stop:
            continue
        if not step.needs and path.actor == _OUTSIDER and anchors[stop] != band:
            routes.append(Route(_way_in(band, anchors[stop], narrow=narrow), "attack"))
        for need in step.needs:
            origin = stops[need]
            if origin and origin != stop and (origin, stop) not in drawn:
                drawn.add((origin, stop))
                routes.append(_curve(anchors[origin], anchors[stop]))
    return routes


def _curve(origin: Rect, target: Rect) -> Route:
    straight = _straight(origin, target)
    if straight is not None:
        return straight
    (x1, y1), (x2, y2) = origin.middle, target.middle
    length = math.hypot(x2 - x1, y2 - y1) or 1.0
    # A slight bend to one side keeps two routes between the same places apart.
    bend = min(length * 0.12, 36)
    middle = ((x1 + x2) / 2 - (y2 - y1) / length * bend, (y1 + y2) / 2 + (x2 - x1) / length * bend)
    start, end = _edge(origin, middle), _edge(target, middle, gap=3)
    points = " ".join(number(value) for value in (*middle, *end))
    return Route(f"M{number(start[0])} {number(start[1])}Q{points}", "attack")


def _straight(origin: Rect, target: Rect) -> Route | None:
    """A level or upright line between chips that lie side by side or one above the other; none for others."""
    top, foot = max(origin.y, target.y), min(origin.y + origin.height, target.y + target.height)
    left, right = max(origin.x, target.x), min(origin.x + origin.width, target.x + target.width)
    if foot - top >= 2 * _DISC:
        y = (top + foot) / 2
        ends = (origin.x + origin.width, target.x - 2) if target.x > origin.x else (origin.x, target.x + target.width + 2)
        return Route(f"M{number(ends[0])} {number(y)}H{number(ends[1])}", "attack")
    if right - left >= 2 * _DISC:
        x = (left + right) / 2
        ends = (origin.y + origin.height, target.y - 2) if target.y > origin.y else (origin.y, target.y + target.height + 2)
        return Route(f"M{number(x)} {number(ends[0])}V{number(ends[1])}", "attack")
    return None


def _edge(place: Rect, towards: tuple[float, float], *, gap: float = 0) -> tuple[float, float]:
    """Where the line from the middle of ``place`` to ``towards`` leaves it."""
    x, y = place.middle
    dx, dy = towards[0] - x, towards[1] - y
    across = (place.width / 2 + gap) / abs(dx) if dx else math.inf
    along = (place.height / 2 + gap) / abs(dy) if dy else math.inf
    share = min(across, along, 1.0)
    return x + dx * share, y + dy * share


def _captured(path: AttackPath, stops: list[str], placed: Mapping[str, Placed]) -> dict[str, Rect]:
    """Where the path takes a boundary from inside it: at the border, beside the step before."""
    found: dict[str, Rect] = {}
    for step, stop in zip(path.steps, stops, strict=True):
        if not stop or not placed[stop].node.box or stop in found:
            continue
        box = placed[stop].place
        for need in step.needs:
            if stops[need] and not placed[stops[need]].node.box:
                inner = placed[stops[need]].place
                left, right = inner.x - box.x, box.x + box.width - inner.x - inner.width
                side = box.x if left <= right else box.x + box.width
                if 0 < min(left, right) < _REACH and box.y < inner.y < box.y + box.height:
                    found[stop] = Rect(side - _DISC, inner.y + inner.height / 2 - _DISC, 2 * _DISC, 2 * _DISC)
    return found


def _discs(stops: list[str], placed: Mapping[str, Placed], anchors: Mapping[str, Rect]) -> tuple[Shape, ...]:
    steps: dict[str, list[int]] = {}
    for position, stop in enumerate(stops, start=1):
        if stop:
            steps.setdefault(stop, []).append(position)
    marks: list[Shape] = []
    for stop, numbers in steps.items():
        item, anchor = placed[stop], anchors[stop]
        text = _run(numbers)
        wide = max(2 * _DISC, text_width(text, _SMALL, bold=True) + 12)
        if not item.node.box:
            x, y = item.place.x + item.place.width - wide + 6, item.place.y - _DISC
        elif anchor.width == 2 * _DISC:
            x, y = anchor.x + _DISC - wide / 2, anchor.y
        else:
            x, y = anchor.x + anchor.width + (20 if item.node.jewel else 0) + GAP / 3, item.place.y + 7
        place = Rect(x, y, wide, 2 * _DISC)
        middle = place.middle
        label = Label(middle[0], middle[1] + 4, text, "map-number", "middle")
        marks.append(Shape(place, _DISC, "disc", f"step {text}", (label,)))
    return tuple(marks)


def _run(numbers: list[int]) -> str:
    if len(numbers) > 1 and numbers[-1] - numbers[0] == len(numbers) - 1:
        return f"{numbers[0]}\N{EN DASH}{numbers[-1]}"
    return ", ".join(map(str, numbers))
