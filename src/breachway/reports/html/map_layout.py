"""Where each box and chip of the boundary map lies: chips in a grid, boxes in rows, nested.

Boxes share a row in proportion to what they hold, and the rows are cut where the whole becomes lowest (dynamic programming over
the few boxes of one level).  A slim box that the worst path enters has chips beside it.  Nothing overlaps by construction, and
between any two things there is a gap wide enough for the lanes in which lines run.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from itertools import pairwise
from typing import TYPE_CHECKING

from breachway.reports.html.map_tree import NEVER
from breachway.reports.html.measure import text_width
from breachway.reports.html.shapes import Rect

if TYPE_CHECKING:
    from collections.abc import Sequence

    from breachway.reports.html.map_tree import MapNode

    _Segments = tuple[tuple["_Kind", tuple[MapNode, ...]], ...]

PAD = 18
GAP = 18
TITLE = 40
CHIP = 48
TALL = 64
SMALL = 28
NAME = 13
CROWN = 20
INSET = 10
_CHIP_LEAST, _CHIP_MOST = 152, 224
_SMALL_LEAST, _SMALL_MOST = 118, 224
_BOX_LEAST = 200
_SLIM = 3
_LEADING = 2
_ALONE = 340
_STEP = 4


class _Kind(Enum):
    """How nodes are packed: chips and small chips in a grid, boxes in rows."""

    BOX = "box"
    CHIP = "chip"
    SMALL = "small"


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A node and where it lies."""

    node: MapNode
    place: Rect


@dataclass(frozen=True, slots=True, kw_only=True)
class _Level:
    """Nodes side by side, placed from the top left of the room they share, and the height that they take."""

    items: tuple[Placed, ...]
    height: int


def name_room(node: MapNode, width: float) -> float:
    """The room for each line of the name of a chip ``width`` wide."""
    return width - INSET - 8 - (CROWN if node.jewel else 0)


class Packer:
    """Packs nodes; remembers levels, since the same box is tried at the same width many times."""

    def __init__(self) -> None:
        self._levels: dict[tuple[int, int, int], _Level] = {}

    def pack(self, nodes: Sequence[MapNode], x: int, y: int, width: int) -> tuple[tuple[Placed, ...], int]:
        """The nodes placed below ``y`` in ``width``, outer before inner, and the height that they take."""
        placed: list[Placed] = []
        height = self._place(nodes, x, y, width, placed)
        return tuple(placed), height

    def _place(self, nodes: Sequence[MapNode], x: int, y: int, width: int, placed: list[Placed]) -> int:
        level = self._level(nodes, width)
        for item in level.items:
            place = Rect(x + item.place.x, y + item.place.y, item.place.width, item.place.height)
            placed.append(Placed(node=item.node, place=place))
            if item.node.box:
                self._place(item.node.children, int(place.x) + PAD, int(place.y) + TITLE, _inner(int(place.width)), placed)
        return level.height

    def _level(self, nodes: Sequence[MapNode], width: int) -> _Level:
        key = (id(nodes[0]) if nodes else 0, len(nodes), width)
        known = self._levels.get(key)
        if known is None:
            known = self._levels[key] = self._arranged(nodes, width)
        return known

    def _arranged(self, nodes: Sequence[MapNode], width: int) -> _Level:
        items: list[Placed] = []
        top = 0
        segments = _segments(nodes)
        beside = self._beside(segments, width)
        if beside is not None:
            items.extend(beside[0].items)
            top = beside[0].height + GAP
            segments = beside[1]
        for kind, segment in segments:
            level = self._rows(segment, width) if kind is _Kind.BOX else _grid(segment, width, kind)
            items.extend(_moved(level, 0, top))
            top += level.height + GAP
        return _Level(items=tuple(items), height=max(top - GAP, 0))

    def _rows(self, boxes: Sequence[MapNode], width: int) -> _Level:
        items: list[Placed] = []
        top = 0
        for row in self._cut_rows(boxes, width):
            widths = _shares(row, width)
            height = self._row_height(row, widths)
            left = 0
            for node, share in zip(row, widths, strict=True):
                items.append(Placed(node=node, place=Rect(left, top, share, height)))
                left += share + GAP
            top += height + GAP
        return _Level(items=tuple(items), height=max(top - GAP, 0))

    def _cut_rows(self, boxes: Sequence[MapNode], width: int) -> tuple[tuple[MapNode, ...], ...]:
        fits = max((width + GAP) // (_BOX_LEAST + GAP), 1)
        best: list[tuple[int, tuple[int, ...]]] = [(0, (0,))]
        for end in range(1, len(boxes) + 1):
            options = []
            for start in range(max(end - fits, 0), end):
                row = boxes[start:end]
                options.append((best[start][0] + self._row_height(row, _shares(row, width)) + GAP, (*best[start][1], end)))
            best.append(min(options))
        cuts = best[-1][1]
        return tuple(tuple(boxes[start:end]) for start, end in pairwise(cuts))

    def _row_height(self, row: Sequence[MapNode], widths: Sequence[int]) -> int:
        return max(self._height(node, share) for node, share in zip(row, widths, strict=True))

    def _height(self, node: MapNode, width: int) -> int:
        return TITLE + self._level(node.children, _inner(width)).height + PAD

    def _beside(self, segments: _Segments, width: int) -> tuple[_Level, _Segments] | None:
        """Slim boxes in one row, the chips before them to their left and others to their right; then what is left over.

        None where there is no such box, or the room is too narrow.
        """
        first = 1 if segments and segments[0][0] is _Kind.CHIP else 0
        if [kind for kind, _ in segments[first : first + 2]] != [_Kind.BOX, _Kind.CHIP] and not (
            first and [kind for kind, _ in segments[:2]] == [_Kind.CHIP, _Kind.BOX]
        ):
            return None
        before = segments[0][1] if first else ()
        boxes = segments[first][1]
        after = segments[first + 1][1] if segments[first + 1 :] and segments[first + 1][0] is _Kind.CHIP else ()
        widths = [_slim(box) for box in boxes]
        if 0 in widths or len(before) > _LEADING:
            return None
        lead = _CHIP_LEAST + GAP if before else 0
        left = lead + sum(widths) + GAP * len(boxes)
        room = width - left
        if room < (_CHIP_LEAST if after else -GAP):
            return None
        height = self._row_height(boxes, widths)
        leading = _grid(before, _CHIP_LEAST, _Kind.CHIP)
        right = _grid((), 0, _Kind.CHIP)
        if after:
            columns = max((room + GAP) // (_CHIP_LEAST + GAP), 1)
            right = _grid(after[: 2 * columns], room, _Kind.CHIP)
            if right.height > height + CHIP:
                right = _grid(after[:columns], room, _Kind.CHIP)
        height = max(height, right.height, leading.height)
        # A lone chip before a box lies level with what is in the box, so that a line runs straight in.
        items = list(_moved(leading, 0, TITLE if leading.height + TITLE <= height else 0))
        x = lead
        for box, wide in zip(boxes, widths, strict=True):
            items.append(Placed(node=box, place=Rect(x, 0, wide, height)))
            x += wide + GAP
        rest = after[len(right.items) :]
        others = segments[first + 2 if after else first + 1 :]
        return _Level(items=(*items, *_moved(right, x, 0)), height=height), ((_Kind.CHIP, rest), *others) if rest else others


def _moved(level: _Level, x: int, y: int) -> tuple[Placed, ...]:
    return tuple(
        Placed(node=item.node, place=Rect(item.place.x + x, item.place.y + y, item.place.width, item.place.height))
        for item in level.items
    )


def _slim(box: MapNode) -> int:
    """The width that a box of a few chips needs; 0 for any other box."""
    if any(child.box for child in box.children) or len(box.children) > _SLIM:
        return 0
    title = text_width(box.name, NAME, bold=True) + text_width(box.subtitle, NAME - 2) + CROWN + 3 * GAP
    wide = max(len(box.children) * (_CHIP_LEAST + GAP) - GAP, min(int(title), _CHIP_MOST)) + 2 * PAD
    return -(-wide // _STEP) * _STEP


def _segments(nodes: Sequence[MapNode]) -> _Segments:
    """The nodes in drawing order: what the worst path enters first, other chips, small chips, the other boxes."""
    entered = tuple(node for node in nodes if node.box and node.first < NEVER)
    begun = min((node.first for node in entered), default=0)
    before = tuple(node for node in nodes if not node.box and not node.quiet and node.first < begun)
    chips = tuple(node for node in nodes if not node.box and not node.quiet and node.first >= begun)
    small = tuple(node for node in nodes if not node.box and node.quiet)
    others = tuple(node for node in nodes if node.box and node.first == NEVER)
    if not before and not chips and not small:
        return ((_Kind.BOX, (*entered, *others)),) if entered or others else ()
    ordered = (
        (_Kind.CHIP, before),
        (_Kind.BOX, entered),
        (_Kind.CHIP, chips),
        (_Kind.SMALL, small),
        (_Kind.BOX, others),
    )
    return tuple((kind, segment) for kind, segment in ordered if segment)


def _inner(width: int) -> int:
    """The room inside a box, in steps, so that few widths are tried."""
    return width // _STEP * _STEP - 2 * PAD


def _grid(chips: Sequence[MapNode], width: int, kind: _Kind) -> _Level:
    """Chips in rows; a row in which a name takes two lines is taller."""
    least, most, low = (_SMALL_LEAST, _SMALL_MOST, SMALL) if kind is _Kind.SMALL else (_CHIP_LEAST, _CHIP_MOST, CHIP)
    columns = max(min((width + GAP) // (least + GAP), len(chips)), 1)
    # On a narrow page the only column has all the room.
    wide = min((width - GAP * (columns - 1)) // columns, _ALONE if columns == 1 and width < _ALONE else most)
    items: list[Placed] = []
    top = 0
    for start in range(0, len(chips), columns):
        row = chips[start : start + columns]
        height = TALL if kind is _Kind.CHIP and any(_is_long(node, wide) for node in row) else low
        for column, node in enumerate(row):
            items.append(Placed(node=node, place=Rect(column * (wide + GAP), top, wide, height)))
        top += height + GAP
    return _Level(items=tuple(items), height=max(top - GAP, 0))


def _is_long(node: MapNode, width: int) -> bool:
    return text_width(node.name, NAME, bold=True) > name_room(node, width)


def _shares(boxes: Sequence[MapNode], width: int) -> list[int]:
    """The width of each box of a row: what it needs at least, and of the rest in proportion to what it holds."""
    room = width - GAP * (len(boxes) - 1)
    if len(boxes) == 1:
        return [min(_slim(boxes[0]) or room, room)]
    weights = [_weight(box) for box in boxes]
    shares = [room * weight // sum(weights) for weight in weights]
    least = min(_BOX_LEAST, room // len(boxes))
    short = [share < least for share in shares]
    rest = room - least * sum(short)
    total = sum(weight for weight, is_short in zip(weights, short, strict=True) if not is_short)
    shares = [least if is_short else max(rest * weight // total, least) for weight, is_short in zip(weights, short, strict=True)]
    # What rounding and the least width left over or took too much is settled with the widest.
    widest = shares.index(max(shares))
    shares[widest] += room - sum(shares)
    return shares


def _weight(node: MapNode) -> int:
    if not node.box:
        return 1 if node.quiet else 3
    return 2 + sum(_weight(child) for child in node.children)
