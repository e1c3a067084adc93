"""What a drawing is made of; the template writes each as SVG.  Coordinates are pixels from the top left."""

from __future__ import annotations

from typing import NamedTuple


class Rect(NamedTuple):
    """A place on the drawing."""

    x: float
    y: float
    width: float
    height: float

    @property
    def middle(self) -> tuple[float, float]:
        """The centre."""
        return self.x + self.width / 2, self.y + self.height / 2


class Label(NamedTuple):
    """A line of text; ``role`` is its CSS class, ``anchor`` how it lies about ``x``."""

    x: float
    y: float
    text: str
    role: str
    anchor: str = "start"


class Shape(NamedTuple):
    """A rounded box with its labels; ``title`` is what a pointer or a screen reader gets."""

    place: Rect
    radius: float
    role: str
    title: str
    labels: tuple[Label, ...] = ()
    crown: tuple[float, float] | None = None
    href: str = ""


class Route(NamedTuple):
    """A line; ``d`` is SVG path data, ``head`` whether it ends in an arrow."""

    d: str
    role: str
    head: bool = True


class Drawing(NamedTuple):
    """Everything of one picture, in painting order: boxes, routes, chips, then marks."""

    id: str
    width: int
    height: int
    title: str
    boxes: tuple[Shape, ...]
    routes: tuple[Route, ...]
    chips: tuple[Shape, ...]
    marks: tuple[Shape, ...]


def number(value: float) -> str:
    """A coordinate with one decimal at most, the same on every machine."""
    rounded = round(value, 1)
    return str(int(rounded)) if rounded == int(rounded) else str(rounded)
