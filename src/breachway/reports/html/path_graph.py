"""The graph of one path: its steps in layers, joined by arrows; where a step needs several at once, they meet in a mark.

Each step lies in the layer just before the first step that needs it, so an arrow rarely skips a layer; where one does, it gets
a lane of its own through the layers between.  On a wide page the layers run from left to right and wrap like lines of text; on a
narrow page they run from top to bottom.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from breachway.reports.escaping import visible
from breachway.reports.html.measure import wrap
from breachway.reports.html.shapes import Drawing, Label, Rect, Route, Shape, number

if TYPE_CHECKING:
    from collections.abc import Mapping

    from breachway.analyses.assessment import AttackPath, PathStep

_TEXT = 13
_SMALL = 11
_LINE = 17
_INSET = 12
_DISC = 10
_FOOT = 14
_COLUMNS = 5
_ALONG_GAP, _JOIN_GAP = 40, 76
_ACROSS_GAP = 16
_BAND_GAP = 44
_LANE = 14
_LINES, _ASSET_LINES = 4, 2
_LEFT, _RIGHT = 30, 14
_TEN = 10
_ALL, _ALL_HIGH = 40, 22


@dataclass(frozen=True, slots=True)
class _Cell:
    """A step (or, with ``step`` -1, a lane for an arrow that passes) in a layer.  ``key`` orders lanes and tells them apart."""

    step: int
    layer: int
    key: tuple[int, int] = (0, 0)


@dataclass(frozen=True, slots=True)
class _Plan:
    """Where each cell lies, and ``above``: for the first layer of each line of layers, the middle of the gap over that line."""

    places: Mapping[_Cell, Rect]
    above: Mapping[int, float]
    width: int
    height: int


def path_graph(path: AttackPath, *, name: str, width: int, narrow: bool) -> Drawing:
    """The steps of ``path`` drawn ``width`` pixels wide (wider where a narrow page has to hold many steps side by side)."""
    layers, chains = _layered(path)
    rows = max(len([cell for cell in layer if cell.step >= 0]) for layer in layers)
    if narrow:
        box = max((width - _ACROSS_GAP * (rows - 1)) // rows, 118)
        plan = _stacked(path, layers, box, max(width, box * rows + _ACROSS_GAP * (rows - 1)))
    else:
        plan = _in_lines(path, layers, width)
    shapes = tuple(_shape(path, step, plan.places[_Cell(step, layer)]) for step, layer in _steps(layers))
    joins = tuple(
        _join(plan.places[cell], len(path.steps[cell.step].needs), narrow=narrow)
        for layer in layers
        for cell in layer
        if cell.step >= 0 and len(path.steps[cell.step].needs) > 1
    )
    routes = tuple((_downwards if narrow else _rightwards)(plan, chain, joined=joined) for chain, joined in chains)
    routes += tuple(_last_bit(join.place, narrow=narrow) for join in joins)
    title = f"Graph of path {path.id}: {path.entry_title} to {path.goal_title}"
    numbers = tuple(_number(plan.places[_Cell(step, layer)], step) for step, layer in _steps(layers))
    return Drawing(name, plan.width, plan.height, title, (), routes, shapes, (*joins, *numbers))


def _steps(layers: tuple[tuple[_Cell, ...], ...]) -> list[tuple[int, int]]:
    return sorted((cell.step, cell.layer) for layer in layers for cell in layer if cell.step >= 0)


def _layered(path: AttackPath) -> tuple[tuple[tuple[_Cell, ...], ...], tuple[tuple[tuple[_Cell, ...], bool], ...]]:
    """The layers with their cells in order, and for each arrow the cells it runs through and whether it ends in a join."""
    last = len(path.steps) - 1
    back = [0] * len(path.steps)
    for position in range(last, -1, -1):
        for need in path.steps[position].needs:
            back[need] = max(back[need], back[position] + 1)
    depth = max(back, default=0)
    cells: list[list[_Cell]] = [[] for _ in range(depth + 1)]
    for position in range(len(path.steps)):
        cells[depth - back[position]].append(_Cell(position, depth - back[position]))
    chains: list[tuple[tuple[_Cell, ...], bool]] = []
    for position, step in enumerate(path.steps):
        for need in step.needs:
            start, end = depth - back[need], depth - back[position]
            lanes = tuple(_Cell(-1, layer, (need, position)) for layer in range(start + 1, end))
            for lane in lanes:
                cells[lane.layer].append(lane)
            chains.append(((_Cell(need, start), *lanes, _Cell(position, end)), len(step.needs) > 1))
    return tuple(tuple(layer) for layer in _untangled(cells, chains)), tuple(chains)


def _untangled(cells: list[list[_Cell]], chains: list[tuple[tuple[_Cell, ...], bool]]) -> list[list[_Cell]]:
    """The cells of each layer ordered by the middle of their neighbours, swept back and forth."""
    before: dict[_Cell, list[_Cell]] = {}
    after: dict[_Cell, list[_Cell]] = {}
    for chain, _ in chains:
        for one, other in pairwise(chain):
            after.setdefault(one, []).append(other)
            before.setdefault(other, []).append(one)
    layers = [list(layer) for layer in cells]
    for near, order in ((after, range(len(layers) - 2, -1, -1)), (before, range(1, len(layers)))) * 2:
        for index in order:
            spot = {cell: rank for layer in layers for rank, cell in enumerate(layer)}
            layers[index].sort(
                key=lambda cell: (
                    sum(spot[other] for other in near.get(cell, [cell])) / len(near.get(cell, [cell])),
                    cell.step,
                    cell.key,
                )
            )
    return layers


def _texts(step: PathStep, box: float) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The lines of the title and of the asset's name in a box ``box`` wide."""
    room = box - 2 * _INSET
    return wrap(visible(step.title), room, _TEXT, _LINES, bold=True), wrap(visible(step.asset_name), room, _SMALL, _ASSET_LINES)


def _height(step: PathStep, box: float) -> int:
    title, asset = _texts(step, box)
    return 2 * _INSET + 4 + _LINE * len(title) + _FOOT * len(asset)


def _along_gap(path: AttackPath) -> int:
    """The room between columns, which has to hold the mark of a join."""
    return _JOIN_GAP if any(len(step.needs) > 1 for step in path.steps) else _ALONG_GAP


def _in_lines(path: AttackPath, layers: tuple[tuple[_Cell, ...], ...], width: int) -> _Plan:
    """Layers as columns from left to right, in as many lines as it takes."""
    columns = min(_COLUMNS, max(len(layers), 3))
    lines = -(-len(layers) // columns)
    left, right = (_LEFT, _RIGHT) if lines > 1 else (1, 1)
    gap = _along_gap(path)
    box = (width - left - right - gap * (columns - 1)) // columns
    places: dict[_Cell, Rect] = {}
    above: dict[int, float] = {}
    top = 12.0
    for start in range(0, len(layers), columns):
        line = layers[start : start + columns]
        tall = max(_column_height(path, layer, box) for layer in line)
        above[start] = top - _BAND_GAP / 2
        for column, layer in enumerate(line):
            y = top + (tall - _column_height(path, layer, box)) / 2
            for cell in layer:
                height = _height(path.steps[cell.step], box) if cell.step >= 0 else _LANE
                places[cell] = Rect(left + column * (box + gap), y, box, height)
                y += height + _ACROSS_GAP
        top += tall + _BAND_GAP
    wide = left + right + min(len(layers), columns) * (box + gap) - gap
    return _Plan(places, above, int(wide), int(top - _BAND_GAP) + 12)


def _column_height(path: AttackPath, layer: tuple[_Cell, ...], box: float) -> float:
    heights = [_height(path.steps[cell.step], box) if cell.step >= 0 else _LANE for cell in layer]
    return sum(heights) + _ACROSS_GAP * (len(heights) - 1)


def _stacked(path: AttackPath, layers: tuple[tuple[_Cell, ...], ...], box: int, width: int) -> _Plan:
    """Layers as rows from top to bottom."""
    places: dict[_Cell, Rect] = {}
    top = 12.0
    for layer in layers:
        tall = max(_height(path.steps[cell.step], box) if cell.step >= 0 else _LANE for cell in layer)
        real = len([cell for cell in layer if cell.step >= 0])
        lanes = len(layer) - real
        used = real * box + lanes * _LANE + _ACROSS_GAP * (len(layer) - 1)
        shrunk = box if used <= width else (width - lanes * _LANE - _ACROSS_GAP * (len(layer) - 1)) // max(real, 1)
        x = (width - min(used, width)) / 2
        for cell in layer:
            wide = shrunk if cell.step >= 0 else _LANE
            height = _height(path.steps[cell.step], shrunk) if cell.step >= 0 else tall
            places[cell] = Rect(x, top, wide, height)
            tall = max(tall, height)
            x += wide + _ACROSS_GAP
        top += tall + _ALONG_GAP - 8
    return _Plan(places, {}, width, int(top - _ALONG_GAP + 8) + 12)


def _shape(path: AttackPath, position: int, place: Rect) -> Shape:
    step = path.steps[position]
    goal = position == len(path.steps) - 1
    title, asset = _texts(step, place.width)
    x, y = place.x + _INSET, place.y + _INSET + 13
    labels = [Label(x, y + _LINE * row, line, "step-title") for row, line in enumerate(title)]
    y += _LINE * len(title)
    labels.extend(Label(x, y + _FOOT * row, line, "map-sub") for row, line in enumerate(asset))
    role = "step" + (" goal" if goal else "") + (" entry" if not step.needs else "")
    return Shape(
        place, 9, role, f"{position + 1}. {step.title}: {step.asset_name}", tuple(labels), None, f"#{path.id}-{position + 1}"
    )


def _number(place: Rect, position: int) -> Shape:
    """The disc with a step's number at the corner of its box, as on the map."""
    where = Rect(place.x + _INSET - 2, place.y - _DISC, 2 * _DISC + (4 if position >= _TEN - 1 else 0), 2 * _DISC)
    x, y = where.middle
    return Shape(where, _DISC, "disc", f"step {position + 1}", (Label(x, y + 4, str(position + 1), "map-number", "middle"),))


def _join(place: Rect, needs: int, *, narrow: bool) -> Shape:
    if narrow:
        middle = (place.x + place.width / 2, place.y - _ALL_HIGH / 2 - 8)
    else:
        middle = (place.x - _ALL / 2 - 10, place.y + place.height / 2)
    where = Rect(middle[0] - _ALL / 2, middle[1] - _ALL_HIGH / 2, _ALL, _ALL_HIGH)
    words = f"all {needs} of these are needed"
    return Shape(where, 11, "join", words, (Label(middle[0], middle[1] + 4, f"all {needs}", "join-text", "middle"),))


def _rightwards(plan: _Plan, chain: tuple[_Cell, ...], *, joined: bool) -> Route:
    """A line from the right of one step to the left of another; at the end of a line it turns to the start of the next."""
    parts: list[str] = []
    for one, other in pairwise(chain):
        here, there = plan.places[one], plan.places[other]
        x1, y1 = here.x + here.width, here.y + here.height / 2
        x2 = there.x - (_stop(joined=joined) if other is chain[-1] else 0.0)
        y2 = there.y + there.height / 2
        parts.append(f"{'L' if parts else 'M'}{number(x1)} {number(y1)}")
        if other.layer in plan.above:
            parts.append(
                f"H{number(x1 + 10)}V{number(plan.above[other.layer])}H{number(there.x - _LEFT + 4)}V{number(y2)}H{number(x2)}"
            )
        else:
            turn = (x1 + x2) / 2
            parts.append(f"C{_numbers(turn, y1, turn, y2, x2, y2)}")
    return Route("".join(parts), "attack", head=not joined)


def _downwards(plan: _Plan, chain: tuple[_Cell, ...], *, joined: bool) -> Route:
    """A line from the foot of one step to the head of another."""
    parts: list[str] = []
    for one, other in pairwise(chain):
        here, there = plan.places[one], plan.places[other]
        x1, y1 = here.x + here.width / 2, here.y + here.height
        x2 = there.x + there.width / 2
        y2 = there.y - (_stop(joined=joined, narrow=True) if other is chain[-1] else 0.0)
        turn = (y1 + y2) / 2
        parts.append(f"{'L' if parts else 'M'}{number(x1)} {number(y1)}C{_numbers(x1, turn, x2, turn, x2, y2)}")
    return Route("".join(parts), "attack", head=not joined)


def _last_bit(join: Rect, *, narrow: bool) -> Route:
    """The short line from a join mark to its step."""
    x, y = join.middle
    if narrow:
        return Route(f"M{number(x)} {number(join.y + join.height)}v6", "attack")
    return Route(f"M{number(join.x + join.width)} {number(y)}h8", "attack")


def _stop(*, joined: bool, narrow: bool = False) -> float:
    """How far before a step its arrow ends: at the step, or at the far side of its join mark."""
    if joined:
        return _ALL_HIGH + 8.0 if narrow else _ALL + 10.0
    return 3.0


def _numbers(*values: float) -> str:
    return " ".join(number(value) for value in values)
