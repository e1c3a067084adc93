"""Lines of the boundary map: at right angles, in the gaps between chips, so that none is hidden and none crosses a name.

Every chip has lanes around it, a few pixels off each side; a line is the cheapest walk over the lanes (A* over a grid of their
coordinates), where length, bends, names of boxes and lanes already taken cost something, and chips cannot be crossed.
"""

from __future__ import annotations

import heapq
from bisect import bisect_left, bisect_right
from enum import Enum
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple, assert_never

from breachway.reports.html.shapes import Rect, number

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_BEND = 24.0
# Lines that share a lane are a backdrop: they keep out of boxes that they do not lead to, however far the way around.
_NAME, _NAME_SHARED = 60.0, 240.0
_BORDER, _BORDER_SHARED = 25.0, 140.0
_TAKEN = 30.0
_BUSY = 90.0
_SHARED = 0.1
_TIP = 2.0
_OFF = 2.0
_CORNER = 5.0
_MOST_STATES = 60_000


class Side(Enum):
    """A side of a chip, with the direction that leads away from it."""

    LEFT = (-1, 0)
    RIGHT = (1, 0)
    TOP = (0, -1)
    BOTTOM = (0, 1)


class _Port(NamedTuple):
    """Where a line may leave or enter: the point at the edge and the node of the grid before it."""

    edge: tuple[float, float]
    node: tuple[int, int]
    side: Side


class Router:
    """Finds lines over one set of lanes.

    ``solid`` cannot be crossed; ``names`` and the borders of ``boxes`` can, at a price.  ``lanes`` are the distances of the
    lanes from the left and top of every place in ``along``, and from their right and bottom.  Lines meet the ``stops`` at the
    share ``at`` of their sides.  With ``shared``, lines that take a lane again merge in it.
    """

    def __init__(
        self,
        *,
        along: Sequence[Rect],
        solid: Sequence[Rect],
        names: Sequence[Rect],
        boxes: Sequence[Rect],
        lanes: tuple[tuple[float, ...], tuple[float, ...]],
        stops: Iterable[Rect],
        at: float,
        shared: bool,
    ) -> None:
        self._lanes, self._at, self._shared = lanes, at, shared
        before, after = lanes
        xs = {place.x - gap for place in along for gap in before} | {
            place.x + place.width + gap for place in along for gap in after
        }
        ys = {place.y - gap for place in along for gap in before} | {
            place.y + place.height + gap for place in along for gap in after
        }
        for stop in stops:
            x, y = self._spot(stop)
            xs.add(x)
            ys.add(y)
        self._xs, self._ys = sorted(xs), sorted(ys)
        self._wall: set[tuple[int, int, bool]] = set()
        self._price: dict[tuple[int, int, bool], float] = {}
        for x, y, width, height in solid:
            # The lanes of one place may graze another: a line keeps a little off.
            self._wall.update(self._edges(Rect(x - _OFF, y - _OFF, width + 2 * _OFF, height + 2 * _OFF)))
        for place in boxes:
            for border in _borders(place):
                self._price.update(dict.fromkeys(self._edges(border), _BORDER_SHARED if shared else _BORDER))
        for place in names:
            self._price.update(dict.fromkeys(self._edges(place), _NAME_SHARED if shared else _NAME))
        self._taken: dict[tuple[int, int, bool], int] = {}
        # Where lines start and, with true, arrive.
        self._ends: set[tuple[tuple[float, float], bool]] = set()

    def _spot(self, place: Rect) -> tuple[float, float]:
        """The level and the upright on which lines meet a place."""
        x = place.x + min(place.width * self._at, 90.0)
        return x, place.y + place.height * self._at

    def _edges(self, place: Rect) -> Iterable[tuple[int, int, bool]]:
        """The edges of the grid that run through a place; an edge is its left or upper node and whether it is level."""
        left, right, top, foot = place.x - 1, place.x + place.width + 1, place.y - 1, place.y + place.height + 1
        columns = range(bisect_left(self._xs, left), bisect_right(self._xs, right))
        rows = range(bisect_left(self._ys, top), bisect_right(self._ys, foot))
        for row in rows:
            for column in range(max(bisect_right(self._xs, left) - 1, 0), min(bisect_left(self._xs, right), len(self._xs) - 1)):
                yield column, row, True
        for column in columns:
            for row in range(max(bisect_right(self._ys, top) - 1, 0), min(bisect_left(self._ys, foot), len(self._ys) - 1)):
                yield column, row, False

    def ports(self, place: Rect, sides: Iterable[Side] = Side) -> tuple[_Port, ...]:
        """Where lines may meet ``place``."""
        before, after = self._lanes
        x, y = self._spot(place)
        found: list[_Port] = []
        for side in sides:
            match side:
                case Side.LEFT:
                    edge, lane = (place.x, y), before[0]
                case Side.RIGHT:
                    edge, lane = (place.x + place.width, y), after[0]
                case Side.TOP:
                    edge, lane = (x, place.y), before[0]
                case Side.BOTTOM:
                    edge, lane = (x, place.y + place.height), after[0]
                case _:
                    assert_never(side)
            dx, dy = side.value
            found.append(_Port(edge, (self._column(edge[0] + dx * lane), self._row(edge[1] + dy * lane)), side))
        return tuple(found)

    def along_side(self, place: Rect, side: Side) -> tuple[_Port, ...]:
        """Every grid line that meets one whole side of a place, which is large."""
        if side is Side.RIGHT:
            edge, column = place.x + place.width, bisect_left(self._xs, place.x + place.width)
            return tuple(
                _Port((edge, y), (column, row), side)
                for row, y in enumerate(self._ys)
                if place.y + 8 < y < place.y + place.height - 8 and column < len(self._xs)
            )
        edge, row = place.y + place.height, bisect_left(self._ys, place.y + place.height)
        return tuple(
            _Port((x, edge), (column, row), side)
            for column, x in enumerate(self._xs)
            if place.x + 8 < x < place.x + place.width - 8 and row < len(self._ys)
        )

    def note(self, origin: Rect, leaving: Side, target: Rect, arriving: Side) -> None:
        """Remember a line that was drawn without this router, so that others keep to other sides."""
        self._ends.add((self.ports(origin, (leaving,))[0].edge, False))
        self._ends.add((self.ports(target, (arriving,))[0].edge, True))

    def _column(self, x: float) -> int:
        return min(bisect_left(self._xs, x - 0.01), len(self._xs) - 1)

    def _row(self, y: float) -> int:
        return min(bisect_left(self._ys, y - 0.01), len(self._ys) - 1)

    def line(self, origins: Sequence[_Port], targets: Sequence[_Port]) -> str | None:
        """SVG path data of the cheapest line from one of ``origins`` to one of ``targets``; none where every way is closed."""
        walk = self._cheapest(origins, targets)
        if walk is None:
            return None
        start, nodes, end = walk
        first = [start.edge]
        if self._shared:
            # What runs along an earlier line is drawn once, since dashes drawn twice fill each other's gaps.
            branch = max((at for at in range(1, len(nodes)) if _edge(nodes[at - 1], nodes[at]) in self._taken), default=0)
            nodes, first = nodes[branch:], first if branch == 0 else []
        for one, other in pairwise(nodes):
            self._taken[_edge(one, other)] = self._taken.get(_edge(one, other), 0) + 1
        self._ends.update(((start.edge, False), (end.edge, True)))
        dx, dy = end.side.value
        tip = (end.edge[0] + dx * _TIP, end.edge[1] + dy * _TIP)
        return _path([*first, *((self._xs[column], self._ys[row]) for column, row in nodes), tip])

    def _cheapest(self, origins: Sequence[_Port], targets: Sequence[_Port]) -> tuple[_Port, list[tuple[int, int]], _Port] | None:
        if not self._shared:
            # An arrow does not end where another line starts, as long as there is another side.
            targets = [port for port in targets if (port.edge, False) not in self._ends] or targets
        goals = {port.node: port for port in reversed(targets)}
        spots = [(self._xs[port.node[0]], self._ys[port.node[1]]) for port in targets]
        if not spots:
            return None
        left, right = min(x for x, _ in spots), max(x for x, _ in spots)
        top, foot = min(y for _, y in spots), max(y for _, y in spots)
        scale = _SHARED if self._shared else 1.0

        def ahead(node: tuple[int, int]) -> float:
            x, y = self._xs[node[0]], self._ys[node[1]]
            return scale * (max(left - x, 0.0, x - right) + max(top - y, 0.0, y - foot))

        best: dict[tuple[tuple[int, int], bool], float] = {}
        came: dict[tuple[tuple[int, int], bool], tuple[tuple[int, int], bool] | _Port] = {}
        queue: list[tuple[float, float, tuple[int, int], bool]] = []
        for port in origins:
            state = (port.node, port.side.value[1] == 0)
            cost = _BUSY if not self._shared and (port.edge, True) in self._ends else 0.0
            if cost < best.get(state, float("inf")):
                best[state], came[state] = cost, port
                heapq.heappush(queue, (cost + ahead(port.node), cost, *state))
        while queue and len(best) < _MOST_STATES:
            _, cost, node, level = heapq.heappop(queue)
            if cost > best[node, level]:
                continue
            goal = goals.get(node)
            if goal is not None and (goal.side.value[1] == 0) == level:
                return self._traced(came, (node, level), goal)
            for following, along in self._beyond(node):
                step = cost + self._cost(node, following, along) + (0.0 if along == level else _BEND)
                if step < best.get((following, along), float("inf")):
                    best[following, along], came[following, along] = step, (node, level)
                    heapq.heappush(queue, (step + ahead(following), step, following, along))
            turned = (node, not level)
            if goal is not None and cost + _BEND < best.get(turned, float("inf")):
                best[turned], came[turned] = cost + _BEND, (node, level)
                heapq.heappush(queue, (cost + _BEND + ahead(node), cost + _BEND, *turned))
        return None

    def _traced(
        self,
        came: dict[tuple[tuple[int, int], bool], tuple[tuple[int, int], bool] | _Port],
        state: tuple[tuple[int, int], bool],
        goal: _Port,
    ) -> tuple[_Port, list[tuple[int, int]], _Port]:
        nodes = [state[0]]
        before = came[state]
        while not isinstance(before, _Port):
            if before[0] != nodes[-1]:
                nodes.append(before[0])
            before = came[before]
        return before, nodes[::-1], goal

    def _beyond(self, node: tuple[int, int]) -> Iterable[tuple[tuple[int, int], bool]]:
        column, row = node
        if column + 1 < len(self._xs) and (column, row, True) not in self._wall:
            yield (column + 1, row), True
        if column and (column - 1, row, True) not in self._wall:
            yield (column - 1, row), True
        if row + 1 < len(self._ys) and (column, row, False) not in self._wall:
            yield (column, row + 1), False
        if row and (column, row - 1, False) not in self._wall:
            yield (column, row - 1), False

    def _cost(self, node: tuple[int, int], following: tuple[int, int], level: bool) -> float:  # noqa: FBT001 - the kind of an edge
        edge = _edge(node, following)
        across = abs(self._xs[following[0]] - self._xs[node[0]])
        length = across if level else abs(self._ys[following[1]] - self._ys[node[1]])
        price = self._price.get(edge, 0.0)
        if edge not in self._taken:
            return length + price
        return length * _SHARED + price if self._shared else length + price + _TAKEN


def _borders(box: Rect) -> tuple[Rect, ...]:
    x, y, width, height = box
    return Rect(x, y, width, 0), Rect(x, y + height, width, 0), Rect(x, y, 0, height), Rect(x + width, y, 0, height)


def _edge(one: tuple[int, int], other: tuple[int, int]) -> tuple[int, int, bool]:
    column, row = min(one, other)
    return column, row, one[1] == other[1]


def _path(points: Sequence[tuple[float, float]]) -> str:
    """Straight lines through the points with round corners."""
    turns = [points[0]]
    for index, point in enumerate(points[1:-1], start=1):
        (x1, y1), (x2, y2) = turns[-1], points[index + 1]
        if not ((x1 == point[0] == x2) or (y1 == point[1] == y2)):
            turns.append(point)
    turns.append(points[-1])
    parts = [f"M{number(turns[0][0])} {number(turns[0][1])}"]
    for (x0, y0), (x, y), (x2, y2) in zip(turns, turns[1:], turns[2:], strict=False):
        near, far = (abs(x - x0) + abs(y - y0)) / 2, (abs(x2 - x) + abs(y2 - y)) / 2
        bow = min(_CORNER, near, far)
        before, after = _towards((x, y), (x0, y0), bow), _towards((x, y), (x2, y2), bow)
        parts.append(f"L{number(before[0])} {number(before[1])}Q{number(x)} {number(y)} {number(after[0])} {number(after[1])}")
    parts.append(f"L{number(turns[-1][0])} {number(turns[-1][1])}")
    return "".join(parts)


def _towards(point: tuple[float, float], other: tuple[float, float], distance: float) -> tuple[float, float]:
    length = abs(other[0] - point[0]) + abs(other[1] - point[1])
    share = distance / length if length else 0.0
    return point[0] + (other[0] - point[0]) * share, point[1] + (other[1] - point[1]) * share
