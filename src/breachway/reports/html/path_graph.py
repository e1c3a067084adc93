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
_DOWN_GAP, _DOWN_JOIN_GAP = 34, 62
_BOX_LEAST, _BOX_MOST = 118, 250
_ACROSS_GAP = 26
_BAND_GAP = 44
_LANE = 14
_LINES, _ASSET_LINES = 4, 3
_LEFT, _RIGHT = 30, 14
_TEN = 10
_BESIDE = 5
_ALL, _ALL_HIGH = 40, 22


@dataclass(frozen=True, slots=True)
class _Cell:
    """A step (or, with ``step`` -1, a lane for an arrow that passes) in a layer.  ``key`` orders lanes and tells them apart."""

    step: int
    layer: int
    key: tuple[int, int] = (0, 0)


_Layers = tuple[tuple[_Cell, ...], ...]
# The cells that an arrow runs through, and whether it ends in a join.
_Chains = tuple[tuple[tuple[_Cell, ...], bool], ...]


@dataclass(frozen=True, slots=True)
class _Plan:
    """Where each cell lies, and ``above``: for the first layer of each line of layers, where lines run in the gap over it.

    ``turning`` holds, for those layers, the steps whose lines come over from the line of layers before, in order.
    """

    places: Mapping[_Cell, Rect]
    above: Mapping[int, float]
    turning: Mapping[int, tuple[int, ...]]
    width: int
    height: int


def path_graph(path: AttackPath, *, name: str, width: int, narrow: bool) -> Drawing:
    """The steps of ``path`` drawn ``width`` pixels wide (wider where a narrow page has to hold many steps side by side)."""
    layers, chains = _layered(path)
    if narrow:
        least = max(_least_width(layer) for layer in layers)
        plan = _stacked(path, layers, max(width, least))
    else:
        plan = _in_lines(path, layers, chains, width)
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


def _least_width(layer: tuple[_Cell, ...]) -> int:
    real = sum(1 for cell in layer if cell.step >= 0)
    return real * _BOX_LEAST + (len(layer) - real) * _LANE + _ACROSS_GAP * (len(layer) - 1)


def _steps(layers: _Layers) -> list[tuple[int, int]]:
    return sorted((cell.step, cell.layer) for layer in layers for cell in layer if cell.step >= 0)


def _layered(path: AttackPath) -> tuple[_Layers, _Chains]:
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


def _in_lines(path: AttackPath, layers: _Layers, chains: _Chains, width: int) -> _Plan:
    """Layers as columns from left to right, in as many lines as it takes."""
    columns = min(_COLUMNS, max(len(layers), 3))
    turning = _turning(chains)
    breaks = _breaks(len(layers), turning, columns)
    left, right = (_LEFT, _RIGHT) if len(breaks) > 1 else (1, 1)
    gap = _along_gap(path)
    box = (width - left - right - gap * (columns - 1)) // columns
    places: dict[_Cell, Rect] = {}
    above: dict[int, float] = {}
    top = 12.0
    for start, end in pairwise((*breaks, len(layers))):
        line = layers[start:end]
        tall = max(_column_height(path, layer, box) for layer in line)
        above[start] = top - _BAND_GAP / 2 - 4
        for column, layer in enumerate(line):
            y = top + (tall - _column_height(path, layer, box)) / 2
            for cell in layer:
                height = _height(path.steps[cell.step], box) if cell.step >= 0 else _LANE
                places[cell] = Rect(left + column * (box + gap), y, box, height)
                y += height + _ACROSS_GAP
        top += tall + _BAND_GAP
    wide = left + right + min(len(layers), columns) * (box + gap) - gap
    return _Plan(places, above, turning, int(wide), int(top - _BAND_GAP) + 12)


def _turning(chains: _Chains) -> dict[int, tuple[int, ...]]:
    """For each layer the steps from which a line comes into it or passes it."""
    across: dict[int, set[int]] = {}
    for chain, _ in chains:
        for layer in range(chain[0].layer + 1, chain[-1].layer + 1):
            across.setdefault(layer, set()).add(chain[0].step)
    return {layer: tuple(sorted(steps)) for layer, steps in across.items()}


def _breaks(layers: int, turning: Mapping[int, tuple[int, ...]], columns: int) -> tuple[int, ...]:
    """The first layer of each line: as few lines as possible, broken where the fewest steps have lines across the break."""
    best: list[tuple[int, int, tuple[int, ...]]] = [(0, 0, ())]
    for end in range(1, layers + 1):
        options = []
        for start in range(max(end - columns, 0), end):
            lines, crossed, starts = best[start]
            # Of equal ways the one with full lines first.
            options.append((lines + 1, crossed + len(turning.get(start, ())), (*starts, -start)))
        best.append(min(options))
    return tuple(-start for start in best[-1][2])


def _column_height(path: AttackPath, layer: tuple[_Cell, ...], box: float) -> float:
    heights = [_height(path.steps[cell.step], box) if cell.step >= 0 else _LANE for cell in layer]
    return sum(heights) + _ACROSS_GAP * (len(heights) - 1)


def _stacked(path: AttackPath, layers: _Layers, width: int) -> _Plan:
    """Layers as rows from top to bottom."""
    places: dict[_Cell, Rect] = {}
    top = 12.0
    for layer in layers:
        real = tuple(path.steps[cell.step] for cell in layer if cell.step >= 0)
        lanes = len(layer) - len(real)
        room = width - lanes * _LANE - _ACROSS_GAP * (len(layer) - 1)
        box = min(room // max(len(real), 1), _BOX_MOST)
        tall = max((_height(step, box) for step in real), default=_LANE)
        if any(len(step.needs) > 1 for step in real):
            top += _DOWN_JOIN_GAP - _DOWN_GAP
        x = (width - box * len(real) - lanes * _LANE - _ACROSS_GAP * (len(layer) - 1)) / 2
        for cell in layer:
            wide = box if cell.step >= 0 else _LANE
            places[cell] = Rect(x, top, wide, _height(path.steps[cell.step], box) if cell.step >= 0 else tall)
            x += wide + _ACROSS_GAP
        top += tall + _DOWN_GAP
    return _Plan(places, {}, {}, width, int(top - _DOWN_GAP) + 12)


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
            # Lines of different steps turn side by side.
            aside = _BESIDE * plan.turning[other.layer].index(chain[0].step)
            over = plan.above[other.layer] + aside
            parts.append(
                f"H{number(x1 + 10 - aside)}V{number(over)}H{number(there.x - _LEFT + 4 + aside)}V{number(y2)}H{number(x2)}"
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
