"""Where each box and chip of the boundary map lies: chips in a grid, boxes in rows, nested.

Boxes share a row in proportion to what they hold, and the rows are cut where the whole becomes lowest (dynamic programming over
the few boxes of one level), so that nothing overlaps by construction and little is left empty.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from breachway.reports.html.map_tree import NEVER
from breachway.reports.html.shapes import Rect

if TYPE_CHECKING:
    from collections.abc import Sequence

    from breachway.reports.html.map_tree import MapNode

PAD = 14
GAP = 12
TITLE = 34
CHIP = 48
SMALL = 28
_CHIP_LEAST, _CHIP_MOST = 146, 210
_SMALL_LEAST, _SMALL_MOST = 112, 190
_BOX_LEAST = 200
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


class Packer:
    """Packs nodes; remembers heights, since the same box is tried at the same width many times."""

    def __init__(self) -> None:
        self._heights: dict[tuple[int, int], int] = {}
        self._rows: dict[tuple[int, int], tuple[tuple[int, int], ...]] = {}

    def pack(self, nodes: Sequence[MapNode], x: int, y: int, width: int) -> tuple[tuple[Placed, ...], int]:
        """The nodes placed below ``y`` in ``width``, outer before inner, and the height that they take."""
        placed: list[Placed] = []
        height = self._place(nodes, x, y, width, placed)
        return tuple(placed), height

    def _place(self, nodes: Sequence[MapNode], x: int, y: int, width: int, placed: list[Placed]) -> int:
        top = y
        for kind, segment in _segments(nodes):
            if kind is _Kind.BOX:
                top = self._place_boxes(segment, x, top, width, placed)
                continue
            columns, chip_width, chip_height = _grid(len(segment), width, kind)
            for index, node in enumerate(segment):
                row, column = divmod(index, columns)
                place = Rect(x + column * (chip_width + GAP), top + row * (chip_height + GAP), chip_width, chip_height)
                placed.append(Placed(node=node, place=place))
            top += _grid_height(len(segment), columns, chip_height)
        return max(top - GAP - y, 0)

    def _place_boxes(self, boxes: Sequence[MapNode], x: int, top: int, width: int, placed: list[Placed]) -> int:
        for start, end in self._cut_rows(boxes, width):
            row = boxes[start:end]
            widths = _shares(row, width)
            height = max(self._height(node, share) for node, share in zip(row, widths, strict=True))
            left = x
            for node, share in zip(row, widths, strict=True):
                placed.append(Placed(node=node, place=Rect(left, top, share, height)))
                self._place(node.children, left + PAD, top + TITLE, _inner(share), placed)
                left += share + GAP
            top += height + GAP
        return top

    def _height(self, node: MapNode, width: int) -> int:
        key = (id(node), width // _STEP)
        known = self._heights.get(key)
        if known is None:
            known = TITLE + self._inner_height(node.children, _inner(width)) + PAD
            self._heights[key] = known
        return known

    def _inner_height(self, nodes: Sequence[MapNode], width: int) -> int:
        total = 0
        for kind, segment in _segments(nodes):
            if kind is _Kind.BOX:
                for start, end in self._cut_rows(segment, width):
                    row = segment[start:end]
                    total += max(self._height(node, share) for node, share in zip(row, _shares(row, width), strict=True)) + GAP
            else:
                columns, _, chip_height = _grid(len(segment), width, kind)
                total += _grid_height(len(segment), columns, chip_height)
        return max(total - GAP, 0)

    def _cut_rows(self, boxes: Sequence[MapNode], width: int) -> tuple[tuple[int, int], ...]:
        if not boxes:
            return ()
        key = (id(boxes[0]), width)
        known = self._rows.get(key)
        if known is not None:
            return known
        fits = max((width + GAP) // (_BOX_LEAST + GAP), 1)
        best: list[tuple[int, tuple[tuple[int, int], ...]]] = [(0, ())]
        for end in range(1, len(boxes) + 1):
            options = []
            for start in range(max(end - fits, 0), end):
                row = boxes[start:end]
                height = max(self._height(node, share) for node, share in zip(row, _shares(row, width), strict=True))
                options.append((best[start][0] + height + GAP, (*best[start][1], (start, end))))
            best.append(min(options))
        self._rows[key] = best[-1][1]
        return best[-1][1]


def _segments(nodes: Sequence[MapNode]) -> tuple[tuple[_Kind, tuple[MapNode, ...]], ...]:
    """The nodes in drawing order: boxes that the worst path enters, chips, small chips, the other boxes."""
    entered = tuple(node for node in nodes if node.box and node.first < NEVER)
    chips = tuple(node for node in nodes if not node.box and not node.quiet)
    small = tuple(node for node in nodes if not node.box and node.quiet)
    others = tuple(node for node in nodes if node.box and node.first == NEVER)
    if not chips and not small:
        return ((_Kind.BOX, (*entered, *others)),) if entered or others else ()
    ordered = ((_Kind.BOX, entered), (_Kind.CHIP, chips), (_Kind.SMALL, small), (_Kind.BOX, others))
    return tuple((kind, segment) for kind, segment in ordered if segment)


def _inner(width: int) -> int:
    """The room inside a box, in steps, so that a height measured once holds for every width that rounds to it."""
    return width // _STEP * _STEP - 2 * PAD


def _grid(chips: int, width: int, kind: _Kind) -> tuple[int, int, int]:
    """Columns, and the width and height of a chip."""
    least, most, height = (_SMALL_LEAST, _SMALL_MOST, SMALL) if kind is _Kind.SMALL else (_CHIP_LEAST, _CHIP_MOST, CHIP)
    columns = max(min((width + GAP) // (least + GAP), chips), 1)
    return columns, min((width - GAP * (columns - 1)) // columns, most), height


def _grid_height(chips: int, columns: int, chip_height: int) -> int:
    return -(-chips // columns) * (chip_height + GAP)


def _shares(boxes: Sequence[MapNode], width: int) -> list[int]:
    """The width of each box of a row: what it needs at least, and of the rest in proportion to what it holds."""
    room = width - GAP * (len(boxes) - 1)
    if len(boxes) == 1:
        return [room]
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
