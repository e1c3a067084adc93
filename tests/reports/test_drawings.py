"""The drawings by their geometry: nothing overlaps, nothing leaves its box, every label fits."""

from __future__ import annotations

import dataclasses
import re
from itertools import combinations, pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from breachway.reports.boundaries import boundaries
from breachway.reports.html.boundary_map import boundary_map
from breachway.reports.html.map_layout import Packer
from breachway.reports.html.map_tree import MapNode
from breachway.reports.html.measure import text_width, wrap
from breachway.reports.html.path_graph import path_graph
from breachway.reports.html.shapes import Drawing, Rect, Route, Shape

from .fixture import ASSESSMENT, CLEAN
from .fixture_assets import INTERNET, asset

if TYPE_CHECKING:
    from breachway.analyses.assessment import Assessment, AttackPath
    from breachway.model import Asset

SIZES = {"map-name": (13, True), "map-sub": (11, False), "map-quiet": (11, False), "step-title": (13, True)}


def overlap(one: Rect, other: Rect) -> bool:
    return (
        one.x < other.x + other.width - 0.01
        and other.x < one.x + one.width - 0.01
        and one.y < other.y + other.height - 0.01
        and other.y < one.y + one.height - 0.01
    )


def inside(inner: Rect, outer: Rect) -> bool:
    return (
        inner.x >= outer.x - 0.01
        and inner.y >= outer.y - 0.01
        and inner.x + inner.width <= outer.x + outer.width + 0.01
        and inner.y + inner.height <= outer.y + outer.height + 0.01
    )


def assert_labels_fit(shape: Shape) -> None:
    spans: list[tuple[float, float, float]] = []
    for label in shape.labels:
        if label.role not in SIZES:
            continue
        size, bold = SIZES[label.role]
        width = text_width(label.text, size, bold=bold)
        start = label.x - width if label.anchor == "end" else label.x
        assert start >= shape.place.x - 0.01
        assert start + width <= shape.place.x + shape.place.width + 0.01, label.text
        assert shape.place.y < label.y < shape.place.y + shape.place.height
        spans.append((label.y, start, start + width))
    for (y, start, end), (other_y, other_start, other_end) in combinations(spans, 2):
        assert abs(y - other_y) >= 11 or end <= other_start or other_end <= start


def assert_sound(drawing: Drawing) -> None:
    page = Rect(0, 0, drawing.width, drawing.height)
    for shape in (*drawing.boxes, *drawing.chips):
        assert inside(shape.place, page)
        assert_labels_fit(shape)
    for one, other in combinations(drawing.chips, 2):
        assert not overlap(one.place, other.place)
    for one, other in combinations(drawing.boxes, 2):
        assert not overlap(one.place, other.place) or inside(one.place, other.place) or inside(other.place, one.place)
    for chip in drawing.chips:
        for box in drawing.boxes:
            assert not overlap(chip.place, box.place) or inside(chip.place, box.place)


def segments(route: Route) -> list[tuple[tuple[float, float], tuple[float, float]]]:
    """The straight parts of a line of the map, as if its corners were not round."""
    points: list[tuple[float, float]] = []
    for letter, numbers in re.findall(r"([MLHVQ])([^MLHVQ]*)", route.d):
        values = [float(value) for value in numbers.split()]
        if letter in "HV":
            x, y = points[-1]
            points.append((values[0], y) if letter == "H" else (x, values[0]))
        else:
            points.extend(zip(values[::2], values[1::2], strict=True))
    return list(pairwise(points))


def assert_lines_are_seen(drawing: Drawing) -> None:
    """No line of the map runs beneath a chip, and each is level or upright."""
    for route in drawing.routes:
        for (x1, y1), (x2, y2) in segments(route):
            assert min(abs(x1 - x2), abs(y1 - y2)) <= 0.11, route
            line = Rect(min(x1, x2), min(y1, y2), abs(x1 - x2) + 0.02, abs(y1 - y2) + 0.02)
            for chip in drawing.chips:
                inner = Rect(chip.place.x + 0.1, chip.place.y + 0.1, chip.place.width - 0.2, chip.place.height - 0.2)
                assert not overlap(line, inner), (route, chip.title)


def both_maps(assessment: Assessment) -> tuple[Drawing, Drawing]:
    places = boundaries(assessment)
    wide = boundary_map(assessment, places, name="w", width=1120, narrow=False)
    return wide, boundary_map(assessment, places, name="n", width=346, narrow=True)


@pytest.mark.parametrize("assessment", [ASSESSMENT, CLEAN], ids=["shop", "clean"])
def test_the_map_is_sound(assessment: Assessment) -> None:
    for drawing in both_maps(assessment):
        assert_sound(drawing)
        assert_lines_are_seen(drawing)


def test_the_worst_path_is_numbered_through_the_map() -> None:
    for drawing in both_maps(ASSESSMENT):
        assert [mark.labels[0].text for mark in drawing.marks] == ["1", "2", "3", "4", "5"]
        assert sum(1 for route in drawing.routes if route.role == "attack") == 5


def test_a_path_may_start_on_the_internet_itself() -> None:
    path = ASSESSMENT.paths[0]
    outside = dataclasses.replace(path.steps[0], asset=INTERNET.id, needs=())
    inner = tuple(dataclasses.replace(step, needs=tuple(need + 1 for need in step.needs) or (0,)) for step in path.steps)
    longer = dataclasses.replace(path, steps=(outside, *inner))
    for drawing in both_maps(dataclasses.replace(ASSESSMENT, paths=(longer, *ASSESSMENT.paths[1:]))):
        assert sorted(mark.labels[0].text for mark in drawing.marks) == ["1", "2", "3", "4", "5", "6"]
        assert sum(1 for route in drawing.routes if route.role == "attack") == 5


def test_a_hundred_crown_jewels_fold() -> None:
    cluster = ASSESSMENT.paths[0].goal_asset
    secrets = tuple(asset("Secret", f"key-{number:03}", cluster) for number in range(100))
    works = tuple(asset("KubernetesWorkload", f"service-{number:03}", cluster) for number in range(50))
    assets = tuple(sorted((*ASSESSMENT.model.assets, *secrets, *works), key=lambda item: item.id))
    jewels = tuple(dataclasses.replace(ASSESSMENT.model.crown_jewels[0], asset=secret.id) for secret in secrets)
    model = dataclasses.replace(ASSESSMENT.model, assets=assets, crown_jewels=jewels)
    wide, narrow = both_maps(dataclasses.replace(ASSESSMENT, model=model))
    assert_sound(wide)
    assert_sound(narrow)
    assert len(wide.chips) < 70
    assert_lines_are_seen(wide)
    assert_lines_are_seen(narrow)


def test_three_hundred_workloads_fold() -> None:
    cluster = ASSESSMENT.paths[0].goal_asset
    spaces = tuple(asset("Namespace", f"team-{number:02}", cluster) for number in range(20))
    works = tuple(asset("KubernetesWorkload", f"service-{number:03}", spaces[number % 20].id) for number in range(300))
    assets = tuple(sorted((*ASSESSMENT.model.assets, *spaces, *works), key=lambda item: item.id))
    large = dataclasses.replace(ASSESSMENT, model=dataclasses.replace(ASSESSMENT.model, assets=assets))
    wide, narrow = both_maps(large)
    assert_sound(wide)
    assert_sound(narrow)
    assert len(wide.chips) < 90
    assert_lines_are_seen(wide)
    assert_lines_are_seen(narrow)
    assert wide.height < 1600
    assert [chip for chip in wide.chips if "more" in chip.labels[0].text]
    assert [mark.labels[0].text for mark in wide.marks] == ["1", "2", "3", "4", "5"]


def test_what_comes_first_stands_before_the_box_that_it_leads_to() -> None:
    inside = MapNode(asset="c", name="web", subtitle="container", title="web", first=1, on_path=True)
    work = MapNode(asset="w", name="web", subtitle="Deployment", title="web", children=(inside,), box=True, first=1)
    before = MapNode(asset="i", name="Ingress web", subtitle="exposure", title="Ingress web", first=0, on_path=True)
    after = MapNode(asset="s", name="token", subtitle="service account", title="token", first=2, on_path=True)
    placed, _ = Packer().pack((before, after, work), 0, 0, 900)
    left = {item.node.asset: item.place.x for item in placed}
    assert left["i"] < left["w"] < left["c"] < left["s"]
    beside = {item.node.asset: item.place for item in placed}
    assert beside["i"].y == beside["c"].y


def test_in_a_large_deployment_boundaries_beyond_a_few_close_and_stay_marked() -> None:
    cluster = ASSESSMENT.paths[0].goal_asset
    spaces = tuple(asset("Namespace", f"team-{number:02}", cluster) for number in range(20))
    secrets = tuple(asset("Secret", f"key-{number:02}", space.id) for number, space in enumerate(spaces))
    assets = tuple(sorted((*ASSESSMENT.model.assets, *spaces, *secrets), key=lambda item: item.id))
    jewels = tuple(dataclasses.replace(ASSESSMENT.model.crown_jewels[0], asset=secret.id) for secret in secrets)
    model = dataclasses.replace(ASSESSMENT.model, assets=assets, crown_jewels=jewels)
    for drawing in both_maps(dataclasses.replace(ASSESSMENT, model=model)):
        assert_sound(drawing)
        closed = [chip for chip in drawing.chips if "team-" in chip.title and chip.role != "chip more"]
        assert closed
        assert all(chip.crown for chip in closed)


NAMES = st.text("abcdef-_/.:@ ", max_size=80)


@settings(max_examples=150, deadline=None)
@given(NAMES, st.integers(min_value=60, max_value=240), st.integers(min_value=1, max_value=4))
def test_wrapped_lines_fit_and_lose_nothing_silently(text: str, width: int, lines: int) -> None:
    wrapped = wrap(text, width, 13, lines, bold=True)
    assert len(wrapped) <= lines
    assert all(text_width(line, 13, bold=True) <= width for line in wrapped)
    told = "".join(wrapped)
    if not told.endswith("…"):
        assert told.replace(" ", "") == text.replace(" ", "")


@pytest.mark.parametrize(
    "text, lines",
    [
        ("reviews-database", ("reviews-", "database")),
        ("bucket fernhill-product-images", ("bucket fernhill-", "product-images")),
        ("run a pod of one's own", ("run a pod of", "one's own")),
    ],
)
def test_names_break_where_their_parts_join(text: str, lines: tuple[str, ...]) -> None:
    assert wrap(text, 120, 13, 2, bold=True) == lines


def node(name: str, children: tuple[MapNode, ...] = (), *, quiet: bool = False) -> MapNode:
    return MapNode(asset=name, name=name, subtitle="kind", title=name, children=children, box=bool(children), quiet=quiet)


TREES = st.recursive(
    st.builds(node, st.text("abcdefgh", min_size=1, max_size=12), quiet=st.booleans()),
    lambda inner: st.builds(
        node, st.text("abcdefgh", min_size=1, max_size=12), st.lists(inner, min_size=1, max_size=6).map(tuple)
    ),
    max_leaves=40,
)


@settings(max_examples=60, deadline=None)
@given(st.lists(TREES, min_size=1, max_size=6), st.sampled_from([318, 560, 958]))
def test_packing_never_overlaps(nodes: list[MapNode], width: int) -> None:
    placed, height = Packer().pack(nodes, 10, 20, width)
    flat = [item.place for item in placed]
    leaves = [item.place for item in placed if not item.node.box]
    assert all(place.y + place.height <= 20 + height for place in flat)
    assert not any(overlap(one, other) for one, other in combinations(leaves, 2))
    for one, other in combinations(flat, 2):
        assert not overlap(one, other) or inside(one, other) or inside(other, one)


@st.composite
def trees_of_steps(draw: st.DrawFn) -> AttackPath:
    size = draw(st.integers(min_value=1, max_value=14))
    origin = ASSESSMENT.paths[0].steps[0]
    loose: list[int] = []
    steps = []
    for position in range(size):
        last = position == size - 1
        count = len(loose) if last else draw(st.integers(min_value=0, max_value=min(len(loose), 3)))
        needs = tuple(loose[len(loose) - count :])
        extra = draw(st.integers(min_value=0, max_value=position)) if position else 0
        if needs and extra < position and extra not in needs and draw(st.booleans()):
            needs = (*needs, extra)
        loose = [*loose[: len(loose) - count], position]
        title = draw(st.text("ab cdefgh", min_size=1, max_size=90))
        steps.append(dataclasses.replace(origin, needs=tuple(sorted(needs)), title=title, asset_name=title[::-1]))
    return dataclasses.replace(ASSESSMENT.paths[0], steps=tuple(steps))


@settings(max_examples=60, deadline=None)
@given(trees_of_steps())
def test_a_path_graph_is_sound(path: AttackPath) -> None:
    for narrow, width in ((False, 1060), (True, 322)):
        drawing = path_graph(path, name="g", width=width, narrow=narrow)
        assert_sound(drawing)
        assert len(drawing.chips) == len(path.steps)
        joins = sum(1 for step in path.steps if len(step.needs) > 1)
        assert len(drawing.routes) == sum(len(step.needs) for step in path.steps) + joins
        marks = [mark for mark in drawing.marks if mark.role == "join"]
        assert [mark.labels[0].text for mark in drawing.marks if mark.role == "disc"] == [
            str(number) for number in range(1, len(path.steps) + 1)
        ]
        assert len(marks) == joins
        for join in marks:
            assert not any(overlap(join.place, chip.place) for chip in drawing.chips)


def test_a_long_chain_wraps_into_lines() -> None:
    origin = ASSESSMENT.paths[0].steps[0]
    steps = tuple(dataclasses.replace(origin, needs=(number - 1,) if number else ()) for number in range(12))
    drawing = path_graph(dataclasses.replace(ASSESSMENT.paths[0], steps=steps), name="g", width=1060, narrow=False)
    assert drawing.width <= 1060
    rows = sorted({chip.place.y for chip in drawing.chips})
    assert len(rows) == 3
    assert all(later - earlier > 50 for earlier, later in pairwise(rows))


def test_an_asset_that_encloses_itself_is_outermost() -> None:
    one: Asset = dataclasses.replace(asset("Namespace", "one"), boundary="kubernetes:Namespace:two")
    two = dataclasses.replace(asset("Namespace", "two"), boundary=one.id)
    odd = dataclasses.replace(CLEAN, model=dataclasses.replace(CLEAN.model, assets=(one, two)))
    assert boundaries(odd).roots == (one, two)
    assert both_maps(odd)
