"""What the boundary map shows and what it folds.

Everything on the worst path is always shown, with the boundaries around it, and so are the first dozen crown jewels and exposed
workloads in each boundary.  Of the others a few stand for the rest, which are counted; so the map of 300 workloads is as calm as
that of ten.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from breachway.reports.boundaries import INTERNET_KIND, Boundaries, exposures, workload_of
from breachway.reports.escaping import visible
from breachway.reports.wording import count, kind_words, named, place

if TYPE_CHECKING:
    from collections.abc import Mapping

    from breachway.analyses.assessment import Assessment, AttackPath
    from breachway.model import Asset

_QUIET_SHOWN = 3
_HOST_POOL = "HostPool"
_CONTAINER = "Container"
NEVER = 1 << 30


@dataclass(frozen=True, slots=True, kw_only=True)
class MapNode:
    """One box or chip of the map.

    ``quiet`` ones are drawn small; ``asset`` is empty for "+ 23 more".  ``first`` is the position of the first step of the worst
    path on it or in it, by which nodes are ordered so that the path reads from the top left; ``NEVER`` where it does not pass.
    """

    asset: str
    name: str
    subtitle: str
    title: str
    children: tuple[MapNode, ...] = ()
    box: bool = False
    quiet: bool = False
    jewel: bool = False
    exposed: bool = False
    on_path: bool = False
    first: int = NEVER


class _Limits(NamedTuple):
    """How much stays unfolded: boxes and large chips side by side, and the workloads up to which small ones are not counted."""

    boxes: int
    loud: int
    workloads: int


_WIDE, _NARROW = _Limits(8, 12, 40), _Limits(3, 6, 12)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Marks:
    path: Mapping[str, int]
    jewels: frozenset[str]
    exposed: frozenset[str]
    ranked: frozenset[str]
    around: frozenset[str]
    hosts: frozenset[str]
    limits: _Limits
    few: bool

    def shown(self, asset: Asset) -> bool:
        return asset.id in self.around

    def loud(self, asset: Asset) -> bool:
        """Whether a workload is drawn large: in a large deployment only what matters for the picture as a whole is."""
        return self.shown(asset) or (self.few and asset.id in self.ranked)


def map_tree(assessment: Assessment, places: Boundaries, path: AttackPath | None, *, narrow: bool) -> tuple[MapNode, ...]:
    """The nodes of the map, outermost first; a ``narrow`` one folds earlier."""
    marks = _marks(assessment, places, path, _NARROW if narrow else _WIDE)
    shown: list[MapNode] = []
    for root in places.roots:
        if root.kind == INTERNET_KIND:
            continue
        if _is_box(root, places) or marks.shown(root) or root.kind in marks.hosts or root.kind in places.workload_kinds:
            shown.append(_node(root, places, marks))
    return _fold(tuple(shown), marks)


def _marks(assessment: Assessment, places: Boundaries, path: AttackPath | None, limits: _Limits) -> _Marks:
    on_path: dict[str, int] = {}
    for position, step in enumerate(path.steps if path is not None else ()):
        on_path.setdefault(step.asset, position)
    # A jewel inside a workload (its data, say) shows its crown on the container and the workload that hold it.
    jewels = {
        around.id
        for jewel in assessment.model.crown_jewels
        for around in places.around(jewel.asset)
        if around.id == jewel.asset or around.kind in places.workload_kinds or around.kind == _CONTAINER
    }
    exposed = {asset.id for flow in exposures(assessment) if (asset := workload_of(places, flow.target)) is not None}
    ranked = {
        asset.id
        for other in assessment.paths
        for step in other.steps
        if (asset := workload_of(places, step.asset)) is not None and asset.kind in places.workload_kinds
    }
    around = {asset.id for mark in on_path.keys() | jewels | exposed for asset in places.around(mark)}
    workloads = sum(1 for asset in assessment.model.assets if asset.kind in places.workload_kinds)
    return _Marks(
        path=on_path,
        jewels=frozenset(jewels),
        exposed=frozenset(exposed),
        ranked=frozenset(ranked),
        around=frozenset(around),
        hosts=frozenset(kind.name for kind in assessment.language.assets if _HOST_POOL in kind.lineage)
        | {"NodePool", "HostPool"},
        limits=limits,
        few=workloads <= limits.workloads,
    )


def _is_box(asset: Asset, places: Boundaries) -> bool:
    return bool(places.children.get(asset.id)) and asset.kind not in places.workload_kinds


def _node(asset: Asset, places: Boundaries, marks: _Marks) -> MapNode:
    children = places.children.get(asset.id, ())
    workloads = sum(1 for child in children if child.kind in places.workload_kinds)
    times = f" ×{asset.replicas}" if asset.replicas > 1 else ""
    seen = f", seen in {place(asset.evidence[0].location)}" if asset.evidence else ""
    title = f"{named(asset.kind, places.label(asset.id))}{times}{seen}"
    drawn = _children(asset, places, marks)
    facts = dict(asset.facts)
    kind = facts.get("kind", kind_words(asset.kind))
    return MapNode(
        asset=asset.id,
        name=_name(asset, places),
        subtitle=f"{kind_words(asset.kind)}, {count(workloads, 'workload')}"
        if workloads and drawn
        else f"{visible(kind)}{times}",
        title=title,
        children=drawn,
        box=bool(drawn),
        quiet=not marks.loud(asset) and not drawn and asset.kind in places.workload_kinds,
        jewel=asset.id in marks.jewels and not (drawn and asset.kind in places.workload_kinds),
        exposed=asset.id in marks.exposed,
        on_path=asset.id in marks.path,
        first=min((marks.path.get(asset.id, NEVER) if not drawn else NEVER, *(child.first for child in drawn))),
    )


def _name(asset: Asset, places: Boundaries) -> str:
    """The name of an asset inside its boundary; that of the boundary, which stands around it, is left out inside it too."""
    around = places.by_id.get(asset.boundary)
    name = places.short_name(asset)
    return visible(name.replace(f" {around.name}/", " ") if around is not None and around.name else name)


def _children(asset: Asset, places: Boundaries, marks: _Marks) -> tuple[MapNode, ...]:
    children = places.children.get(asset.id, ())
    if asset.kind in places.workload_kinds:
        # A workload is opened only where the worst path goes through one of its containers.
        inside = {step for step in marks.path if asset in places.around(step)[:-1]}
        return tuple(sorted((_leaf(child, marks) for child in children if child.kind == _CONTAINER), key=_rank)) if inside else ()
    if asset.kind == _CONTAINER:
        return ()
    chosen = tuple(
        child
        for child in children
        if child.kind in places.workload_kinds or child.kind in marks.hosts or marks.shown(child) or _is_box(child, places)
    )
    return _fold(tuple(_node(child, places, marks) for child in chosen), marks)


def _leaf(asset: Asset, marks: _Marks) -> MapNode:
    return MapNode(
        asset=asset.id,
        name=visible(asset.name),
        subtitle=kind_words(asset.kind),
        title=f"{kind_words(asset.kind)} {asset.name}, seen in {place(asset.evidence[0].location)}"
        if asset.evidence
        else f"{kind_words(asset.kind)} {asset.name}",
        on_path=asset.id in marks.path,
        jewel=asset.id in marks.jewels,
        first=marks.path.get(asset.id, NEVER),
    )


def _fold(nodes: tuple[MapNode, ...], marks: _Marks) -> tuple[MapNode, ...]:
    """The nodes in drawing order, with the quiet ones beyond a few counted in one chip."""
    loud = tuple(sorted((node for node in nodes if not node.quiet and not node.box), key=_rank))
    boxes = tuple(node for node in nodes if node.box)
    quiet = tuple(node for node in nodes if node.quiet and not node.box)
    kept = max(marks.limits.loud, sum(1 for node in loud if node.first < NEVER))
    quiet, loud = (*(replace(node, quiet=True) for node in loud[kept:]), *quiet), loud[:kept]
    marked = tuple(sorted((node for node in boxes if _marked(node)), key=_rank))
    kept = max(marks.limits.boxes, sum(1 for node in marked if node.first < NEVER))
    closed = tuple(_closed(node) for node in marked[kept:])
    marked, loud = marked[:kept], (*loud, *closed[: marks.limits.loud])
    quiet = (*(replace(node, quiet=True) for node in closed[marks.limits.loud :]), *quiet)
    plain = tuple(node for node in boxes if not _marked(node))
    room = max(marks.limits.boxes - len(marked), 0)
    if len(plain) > room + 1:
        closed = tuple(_closed(node) for node in plain[room:])
        plain = plain[:room]
        quiet = (*closed, *quiet)
    if not marks.few and len(quiet) > _QUIET_SHOWN + 1:
        names = ", ".join(node.name for node in quiet[_QUIET_SHOWN : _QUIET_SHOWN + 40])
        more = MapNode(asset="", name=f"+ {len(quiet) - _QUIET_SHOWN} more", subtitle="", title=names, quiet=True)
        quiet = (*quiet[:_QUIET_SHOWN], more)
    return (*loud, *quiet, *marked, *plain)


def _rank(node: MapNode) -> tuple[int, bool, bool, str]:
    return node.first, not _reached(node), not node.jewel, node.asset


def _reached(node: MapNode) -> bool:
    return node.exposed or any(_reached(child) for child in node.children)


def _marked(node: MapNode) -> bool:
    return node.on_path or node.jewel or node.exposed or any(_marked(child) for child in node.children)


def _closed(node: MapNode) -> MapNode:
    """A box drawn as a chip, small unless it holds something that matters."""
    return MapNode(
        asset=node.asset,
        name=node.name,
        subtitle=node.subtitle,
        title=f"{node.title}: {node.subtitle}",
        quiet=not _marked(node),
        jewel=_holds_jewel(node),
        exposed=_reached(node),
    )


def _holds_jewel(node: MapNode) -> bool:
    return node.jewel or any(_holds_jewel(child) for child in node.children)
