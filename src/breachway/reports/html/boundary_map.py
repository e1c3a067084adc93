"""The boundary map as a drawing: nested boxes, what the Internet reaches, and the worst path through them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from breachway.reports.boundaries import INTERNET_KIND
from breachway.reports.html.map_layout import CROWN, INSET, NAME, PAD, TALL, Packer, Placed, name_room
from breachway.reports.html.map_routes import Router, Side
from breachway.reports.html.map_tree import MapNode, map_tree
from breachway.reports.html.measure import fit, text_width, wrap
from breachway.reports.html.shapes import Drawing, Label, Rect, Route, Shape, number
from breachway.reports.wording import kind_words, named, worst_path

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from breachway.analyses.assessment import Assessment, AttackPath
    from breachway.reports.boundaries import Boundaries

_BAND = 92
_BAND_TOP = 52
_LANE, _LANE_NARROW = 40, 34
_MARGIN = 14
_DISC = 10
_SMALL = 11
_REACH = 60
_NEAR = 60
_EVEN = 24
_TOUCH = 6
_OUTSIDER = "A1"
_CROWN_WIDE = CROWN
# Pixels from the left and top of things, and from their right and bottom: the path has two lanes in a gap, exposure one.
_ATTACK_LANES = ((9.5, 5.0), (8.5, 13.0))
_EXPOSURE_LANES = ((14.0,), (4.0,))
_SOLE = (Side.LEFT, Side.TOP, Side.BOTTOM, Side.RIGHT)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stop:
    """Where lines of the path meet an asset, by which sides, and the place of the disc with the numbers of its steps.

    ``ports`` is where a line begins or ends that runs through lanes: beneath the disc where the disc stands on a border.
    """

    place: Rect
    ports: Rect
    sides: tuple[Side, ...]
    disc: Rect
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Scene:
    """Everything placed: the band of the Internet, boxes and chips, by asset too, and the worst path with its stops."""

    band: Rect
    narrow: bool
    placed: tuple[Placed, ...]
    by_asset: Mapping[str, Placed]
    path: AttackPath | None
    passed: tuple[str, ...]

    @property
    def chips(self) -> tuple[Rect, ...]:
        return tuple(item.place for item in self.placed if not item.node.box)

    @property
    def boxes(self) -> tuple[Rect, ...]:
        return tuple(item.place for item in self.placed if item.node.box)

    @property
    def along(self) -> tuple[Rect, ...]:
        return (self.band, *(item.place for item in self.placed))

    @property
    def names(self) -> tuple[Rect, ...]:
        return tuple(place for item in self.placed if item.node.box for place in (_title_place(item), _subtitle_place(item)))


def boundary_map(assessment: Assessment, places: Boundaries, *, name: str, width: int, narrow: bool) -> Drawing:
    """The map at ``width`` pixels.  ``narrow`` puts the Internet above the rest instead of left of it."""
    path = worst_path(assessment)
    nodes = map_tree(assessment, places, path, narrow=narrow)
    left, top = (_MARGIN, _BAND_TOP + _LANE_NARROW) if narrow else (_BAND + _LANE, _MARGIN)
    placed, height = Packer().pack(nodes, left, top, width - left - (_MARGIN if narrow else 4))
    total = top + max(height, 72) + _MARGIN
    band = Rect(4, _MARGIN, _BAND - 4, total - 2 * _MARGIN)
    if narrow:
        band = Rect(_MARGIN, _MARGIN, width - 2 * _MARGIN, _BAND_TOP - _MARGIN)
    by_asset = {item.node.asset: item for item in (*placed, *_internets(assessment, band)) if item.node.asset}
    passed = tuple(_nearest(step.asset, places, by_asset) for step in path.steps) if path is not None else ()
    scene = _Scene(band=band, narrow=narrow, placed=placed, by_asset=by_asset, path=path, passed=passed)
    stops = _stops(scene)
    entered = _entered(path, passed, places)
    routes = _exposures(scene, [item for item in placed if item.node.exposed and item.node.asset not in entered])
    return Drawing(
        id=name,
        width=width,
        height=int(total),
        title="Boundaries of the deployment" + (f", with path {path.id} drawn through them" if path is not None else ""),
        boxes=(_internet(band, narrow=narrow), *(_box(item, places, stops) for item in placed if item.node.box)),
        routes=(*routes, *_attack_routes(scene, stops)),
        chips=tuple(_chip(item, _link(scene, item.node.asset)) for item in placed if not item.node.box),
        marks=tuple(_disc(stop, _link(scene, asset)) for asset, stop in stops.items()),
    )


def _entered(path: AttackPath | None, passed: Sequence[str], places: Boundaries) -> frozenset[str]:
    """The workload by which the path comes in from the Internet: the path's own line shows its exposure already."""
    if path is None or path.actor != _OUTSIDER:
        return frozenset()
    found = (frozenset(around.id for around in places.around(stop) if around.kind in places.workload_kinds) for stop in passed)
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
    label = Label(band.middle[0], band.y + (24 if narrow else 30), "Internet", "map-band", "middle")
    return Shape(band, 12, "internet", "The Internet: anybody", (label,))


def _title_place(item: Placed) -> Rect:
    """Where the name of a box stands."""
    wide = text_width(item.node.name, NAME, bold=True) + (_CROWN_WIDE if item.node.jewel else 0)
    return Rect(item.place.x + PAD, item.place.y + 8, min(wide, item.place.width - 2 * PAD), 20)


def _subtitle_place(item: Placed) -> Rect:
    """Where the words under which a box is counted stand, at the right of its name."""
    wide = min(text_width(item.node.subtitle, _SMALL), item.place.width - 2 * PAD)
    return Rect(item.place.x + item.place.width - PAD - wide, item.place.y + 10, wide, 18)


def _box(item: Placed, places: Boundaries, stops: Mapping[str, _Stop]) -> Shape:
    node, place = item.node, item.place
    stop = stops.get(node.asset)
    disc = stop.disc.width + 14 if stop is not None and Side.BOTTOM in stop.sides else 0
    crown = _CROWN_WIDE if node.jewel else 0
    room = place.width - 2 * PAD - crown - disc
    name = fit(node.name, room, NAME, bold=True)
    labels = [Label(place.x + PAD + crown, place.y + 24, name, "map-name")]
    used = text_width(name, NAME, bold=True) + 16
    kind = places.by_id[node.asset].kind
    # The subtitle lies at the right edge, so that it never runs into the name; the longest that fits is shown.
    subtitle = next((text for text in (node.subtitle, kind_words(kind)) if text_width(text, _SMALL) <= room - used), "")
    if subtitle:
        labels.append(Label(place.x + place.width - PAD, place.y + 23, subtitle, "map-sub", "end"))
    depth = min(len(places.around(node.asset)), 4)
    classes = f"box depth-{depth}" + (" on-path" if node.on_path else "") + (" jewel" if node.jewel else "")
    titled = f"{named(kind, node.name)}: {node.subtitle}"
    return Shape(
        place, 12 if depth == 1 else 9, classes, titled, tuple(labels), (place.x + PAD, place.y + 13) if node.jewel else None
    )


def _link(scene: _Scene, asset: str) -> str:
    """The address of the first step of the path on an asset; empty where the path does not pass."""
    if scene.path is None or not asset or asset not in scene.passed:
        return ""
    return f"#{scene.path.id}-{scene.passed.index(asset) + 1}"


def _chip(item: Placed, href: str) -> Shape:
    node, place = item.node, item.place
    if node.quiet:
        start = INSET + (_CROWN_WIDE if node.jewel else 0)
        label = Label(place.x + start, place.y + 18, fit(node.name, place.width - start - 8, _SMALL), "map-quiet")
        crown = (place.x + INSET, place.y + 8) if node.jewel else None
        return Shape(place, 7, "chip quiet" if node.asset else "chip more", node.title, (label,), crown)
    inset = INSET + (_CROWN_WIDE if node.jewel else 0)
    lines = wrap(node.name, name_room(node, place.width), NAME, 2 if place.height >= TALL else 1, bold=True)
    foot = place.y + 21 + 16 * len(lines)
    labels = (
        *(Label(place.x + inset, place.y + 21 + 16 * row, line, "map-name") for row, line in enumerate(lines)),
        Label(place.x + INSET, foot, fit(node.subtitle, place.width - 18, _SMALL), "map-sub"),
    )
    classes = (
        "chip" + (" on-path" if node.on_path else "") + (" jewel" if node.jewel else "") + (" exposed" if node.exposed else "")
    )
    words = [node.title] + (["crown jewel"] if node.jewel else []) + (["reached from the Internet"] if node.exposed else [])
    crown = (place.x + INSET, place.y + 10) if node.jewel else None
    return Shape(place, 8, classes, ", ".join(words), labels, crown, href)


def _nearest(asset: str, places: Boundaries, placed: Mapping[str, Placed]) -> str:
    """The asset itself, or the innermost boundary around it that the map shows; empty when it shows none."""
    return next((around.id for around in reversed(places.around(asset)) if around.id in placed), "")


def _stops(scene: _Scene) -> dict[str, _Stop]:
    """The places that the path passes, each with the numbers of its steps."""
    steps: dict[str, list[int]] = {}
    for position, asset in enumerate(scene.passed, start=1):
        if asset:
            steps.setdefault(asset, []).append(position)
    found: dict[str, _Stop] = {}
    sides: tuple[Side, ...]
    for asset, numbers in steps.items():
        item, text = scene.by_asset[asset], _run(numbers)
        place = item.place
        wide = max(2 * _DISC, text_width(text, _SMALL, bold=True) + 12)
        if not item.node.box:
            disc = Rect(place.x + place.width - wide + 6, place.y - _DISC, wide, 2 * _DISC)
            found[asset] = _Stop(place=place, ports=place, sides=_SOLE, disc=disc, text=text)
            continue
        captured = _captured(scene, asset)
        if captured is not None:
            (x, y), side = captured
            disc, sides = Rect(x - wide / 2, y - _DISC, wide, 2 * _DISC), (side,)
            ports = Rect(x, y - _DISC, 0, 2 * _DISC)
        else:
            title = _title_place(item)
            disc = Rect(min(title.x + title.width + 8, place.x + place.width - wide - 8), place.y + 9, wide, 2 * _DISC)
            ports, sides = disc, (Side.BOTTOM, Side.RIGHT)
        found[asset] = _Stop(place=disc, ports=ports, sides=sides, disc=disc, text=text)
    return found


def _captured(scene: _Scene, asset: str) -> tuple[tuple[float, float], Side] | None:
    """Where the path takes a boundary from inside it: at the border beside the step before, and the side that looks out."""
    if scene.path is None:
        return None
    box = scene.by_asset[asset].place
    for step, passed in zip(scene.path.steps, scene.passed, strict=True):
        for need in step.needs if passed == asset else ():
            before = scene.by_asset.get(scene.passed[need])
            if before is None or before.node.box:
                continue
            inner = before.place
            left, right = inner.x - box.x, box.x + box.width - inner.x - inner.width
            if 0 < min(left, right) < _REACH and box.y < inner.y < box.y + box.height:
                y = inner.y + inner.height / 2
                return ((box.x + box.width, y), Side.RIGHT) if right <= left + _EVEN else ((box.x, y), Side.LEFT)
    return None


def _disc(stop: _Stop, href: str) -> Shape:
    x, y = stop.disc.middle
    label = Label(x, y + 4, stop.text, "map-number", "middle")
    return Shape(stop.disc, _DISC, "disc", f"step {stop.text}", (label,), None, href)


def _run(numbers: list[int]) -> str:
    if len(numbers) > 1 and numbers[-1] - numbers[0] == len(numbers) - 1:
        return f"{numbers[0]}\N{EN DASH}{numbers[-1]}"
    return ", ".join(map(str, numbers))


def _exposures(scene: _Scene, exposed: Sequence[Placed]) -> list[Route]:
    """How the Internet reaches what is exposed: lines that branch off a common one, the nearest first."""
    ends = [_entrance(item) for item in exposed]
    router = Router(
        along=(*scene.along, *ends),
        solid=(*scene.chips, scene.band),
        names=scene.names,
        boxes=scene.boxes,
        lanes=_EXPOSURE_LANES,
        stops=ends,
        at=0.75,
        shared=True,
    )
    origins = router.along_side(scene.band, Side.BOTTOM if scene.narrow else Side.RIGHT)
    ranked = sorted(ends, key=lambda end: (end.x + end.y, end.y))
    lines = (router.line(origins, router.ports(end, (Side.LEFT, Side.TOP, Side.BOTTOM))) for end in ranked)
    return [Route(line, "exposure") for line in lines if line is not None]


def _entrance(item: Placed) -> Rect:
    """Where exposure meets a chip, or the edge of a box beside its name."""
    return item.place if not item.node.box else Rect(item.place.x, item.place.y + 10, 60, 18)


def _attack_routes(scene: _Scene, stops: Mapping[str, _Stop]) -> list[Route]:
    path = scene.path
    if path is None:
        return []
    router = Router(
        along=(*scene.along, *(stop.ports for stop in stops.values())),
        solid=(*scene.chips, scene.band),
        names=(*scene.names, *(stop.disc for stop in stops.values())),
        boxes=scene.boxes,
        lanes=_ATTACK_LANES,
        stops=[stop.ports for stop in stops.values()],
        at=0.5,
        shared=False,
    )
    routes: list[Route] = []
    drawn: set[tuple[str, str]] = set()
    for step, passed in zip(path.steps, scene.passed, strict=True):
        if not passed:
            continue
        stop = stops[passed]
        befores = tuple(scene.passed[need] for need in step.needs)
        if not befores and path.actor == _OUTSIDER and stop.place != scene.band:
            befores = ("",)
        for before in befores:
            if before == passed or (before, passed) in drawn or (not before and step.needs):
                continue
            drawn.add((before, passed))
            line = _attack_line(router, stops.get(before), stop, scene)
            if line:
                routes.append(Route(line, "attack"))
    return routes


def _attack_line(router: Router, before: _Stop | None, stop: _Stop, scene: _Scene) -> str:
    """The line from one stop (or, without one, the Internet) to the next; empty where they touch."""
    if before is None or before.place == scene.band:
        starts = router.along_side(scene.band, Side.BOTTOM if scene.narrow else Side.RIGHT)
        return router.line(starts, router.ports(stop.ports, stop.sides)) or _direct(scene.band, stop.place)
    if _touch(before.place, stop.place):
        return ""
    straight = _straight(before.place, stop.place)
    if straight is not None:
        line, leaving, arriving = straight
        router.note(before.ports, leaving, stop.ports, arriving)
        return line
    starts = router.ports(before.ports, before.sides)
    return router.line(starts, router.ports(stop.ports, stop.sides)) or _direct(before.place, stop.place)


def _touch(one: Rect, other: Rect) -> bool:
    """Whether two places lie so close that an arrow between them has no room, and none is needed."""
    across = max(one.x, other.x) - min(one.x + one.width, other.x + other.width)
    along = max(one.y, other.y) - min(one.y + one.height, other.y + other.height)
    return max(across, along) < _TOUCH


def _straight(origin: Rect, target: Rect) -> tuple[str, Side, Side] | None:
    """A short level or upright line between neighbours, and the sides that it joins; none for places that are not."""
    top, foot = max(origin.y, target.y), min(origin.y + origin.height, target.y + target.height)
    left, right = max(origin.x, target.x), min(origin.x + origin.width, target.x + target.width)
    if foot - top >= 2 * _DISC and 0 < left - right < _NEAR:
        y = number((top + foot) / 2)
        if target.x > origin.x:
            return f"M{number(origin.x + origin.width)} {y}H{number(target.x - 2)}", Side.RIGHT, Side.LEFT
        return f"M{number(origin.x)} {y}H{number(target.x + target.width + 2)}", Side.LEFT, Side.RIGHT
    if right - left >= 2 * _DISC and 0 < top - foot < _NEAR:
        x = number((left + right) / 2)
        if target.y > origin.y:
            return f"M{x} {number(origin.y + origin.height)}V{number(target.y - 2)}", Side.BOTTOM, Side.TOP
        return f"M{x} {number(origin.y)}V{number(target.y + target.height + 2)}", Side.TOP, Side.BOTTOM
    return None


def _direct(origin: Rect, target: Rect) -> str:
    """The last resort where every lane is closed: straight across, from middle to middle."""
    (x1, y1), (x2, y2) = origin.middle, target.middle
    return f"M{number(x1)} {number(y1)}L{number(x2)} {number(y2)}"
