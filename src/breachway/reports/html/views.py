"""What the template needs beyond the assessment: groups, joins between tables, and drawings."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from breachway.evidence import Basis
from breachway.reports.boundaries import Boundaries, boundaries
from breachway.reports.html.boundary_map import boundary_map
from breachway.reports.html.path_graph import path_graph
from breachway.reports.wording import SEVERITIES, kind_words

if TYPE_CHECKING:
    from collections.abc import Iterable

    from breachway.analyses.assessment import Assessment, AttackPath, Fix, Severity, WeaknessFinding
    from breachway.evidence import Assumption, Evidence, Location
    from breachway.model import Asset
    from breachway.reports.html.shapes import Drawing
    from breachway.threats.language import StepInfo

WIDE, NARROW = 1120, 346
ASSETS_SHOWN, ASSETS_LEAST, ROWS_SHOWN = 200, 10, 3000
FINDINGS_SHOWN = 50
GRAPHS_SHOWN = 25
PLACES_SHOWN = 5
_STRIDE = "STRIDE"
_SMALLER = frozenset({"Container", "Application", "Image"})


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceView:
    """One reason with every place that gives it; ``pointers`` are those places as paths into their documents."""

    first: Evidence
    places: tuple[str, ...]
    pointers: str
    hidden: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PathView:
    """A path with its drawings (none beyond the first few), the actor's title and the fixes that cut it."""

    path: AttackPath
    actor: str
    wide: Drawing | None
    narrow: Drawing | None
    fixes: tuple[Fix, ...]
    assumptions: tuple[str, ...]

    @property
    def joins(self) -> bool:
        """Whether a step needs several others together."""
        return any(len(step.needs) > 1 for step in self.path.steps)


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetView:
    """An asset with the STRIDE letters of the ranked steps on it, the paths through it and its weaknesses.

    ``name`` is its name with those of the workload and container around it.
    """

    asset: Asset
    name: str
    stride: tuple[str, ...]
    paths: tuple[str, ...]
    weaknesses: tuple[WeaknessFinding, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """The assets directly inside one boundary; ``hidden`` counts those left out."""

    title: str
    kind: str
    assets: tuple[AssetView, ...]
    hidden: int
    touched: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WeaknessGroup:
    """The findings of one weakness key."""

    first: WeaknessFinding
    severity: Severity
    findings: tuple[WeaknessFinding, ...]
    paths: tuple[str, ...]
    unknown: int
    hidden: int

    @property
    def search(self) -> str:
        """What the filter looks into."""
        subjects = " ".join(item.subject for item in self.findings[:FINDINGS_SHOWN])
        return f"{self.first.key} {self.first.title} {self.first.stage} {subjects}".lower()


@dataclass(frozen=True, slots=True, kw_only=True)
class AssumptionView:
    """An assumption and the ranked paths that rest on it."""

    assumption: Assumption
    paths: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TechniqueView:
    """A technique that the ranked paths use, as the language documents it."""

    id: str
    info: StepInfo
    paths: tuple[str, ...]


def merged(evidence: Iterable[Evidence]) -> tuple[EvidenceView, ...]:
    """The evidence with equal reasons told once, observed facts first; a place is told once a reason."""
    grouped: dict[tuple[Basis, str, str], list[Evidence]] = {}
    for item in evidence:
        grouped.setdefault((item.basis, item.note, item.source), []).append(item)
    order = tuple(Basis)
    views: list[EvidenceView] = []
    for items in sorted(grouped.values(), key=lambda items: order.index(items[0].basis)):
        where = places_in(item.location for item in items)
        views.append(
            EvidenceView(
                first=items[0],
                places=where[:PLACES_SHOWN],
                pointers=", ".join(dict.fromkeys(item.location.pointer for item in items if item.location.pointer)),
                hidden=max(len(where) - PLACES_SHOWN, 0),
            )
        )
    return tuple(views)


def places_in(locations: Iterable[Location]) -> tuple[str, ...]:
    """The places with the lines of one document together: "web.yaml:3, 14"."""
    lines: dict[str, dict[int, None]] = {}
    for location in locations:
        lines.setdefault(location.document, {})[location.line] = None
    return tuple(
        ":".join((document, ", ".join(str(line) for line in sorted(found) if line > 0))).removesuffix(":")
        for document, found in lines.items()
    )


def weakness_bands(groups: tuple[WeaknessGroup, ...]) -> tuple[tuple[Severity, tuple[WeaknessGroup, ...]], ...]:
    """The groups of weaknesses by severity, worst first, without empty bands."""
    bands = ((severity, tuple(group for group in groups if group.severity is severity)) for severity in SEVERITIES)
    return tuple((severity, found) for severity, found in bands if found)


def places_of(assessment: Assessment) -> Boundaries:
    """The boundaries of the assessment."""
    return boundaries(assessment)


def maps(assessment: Assessment, places: Boundaries) -> tuple[Drawing, Drawing]:
    """The boundary map for a wide page and for a narrow one."""
    wide = boundary_map(assessment, places, name="map-wide", width=WIDE, narrow=False)
    return wide, boundary_map(assessment, places, name="map-narrow", width=NARROW, narrow=True)


def path_views(assessment: Assessment) -> tuple[PathView, ...]:
    """The paths in ranked order."""
    titles = {actor.actor: actor.title for actor in assessment.actors}
    fixes = {fix.id: fix for fix in assessment.fixes}
    views: list[PathView] = []
    for rank, path in enumerate(assessment.paths):
        drawn = rank < GRAPHS_SHOWN and bool(path.steps)
        name = f"graph-{path.id}"
        views.append(
            PathView(
                path=path,
                actor=titles.get(path.actor, path.actor),
                wide=path_graph(path, name=f"{name}-wide", width=WIDE - 60, narrow=False) if drawn else None,
                narrow=path_graph(path, name=f"{name}-narrow", width=NARROW - 24, narrow=True) if drawn else None,
                fixes=tuple(fixes[name] for name in path.cut_by if name in fixes),
                assumptions=path.assumptions,
            )
        )
    return tuple(views)


def component_groups(assessment: Assessment, places: Boundaries) -> tuple[Group, ...]:
    """The assets by the boundary around them, those that attacks touch first."""
    stride: dict[str, set[str]] = {}
    paths: dict[str, list[str]] = {}
    weaknesses: dict[str, list[WeaknessFinding]] = {}
    for path in assessment.paths:
        for step in path.steps:
            stride.setdefault(step.asset, set()).update(step.stride)
            if path.id not in paths.setdefault(step.asset, []):
                paths[step.asset].append(path.id)
    for finding in assessment.weaknesses:
        weaknesses.setdefault(finding.asset, []).append(finding)
    grouped: dict[str, list[AssetView]] = {}
    for asset in assessment.model.assets:
        boundary, name = _outside_workload(asset, places)
        grouped.setdefault(boundary, []).append(
            AssetView(
                asset=asset,
                name=name,
                stride=tuple(letter for letter in _STRIDE if letter in stride.get(asset.id, ())),
                paths=tuple(paths.get(asset.id, ())),
                weaknesses=tuple(weaknesses.get(asset.id, ())),
            )
        )
    # A large deployment has many groups: each then shows fewer, those that attacks touch first.
    most = max(ASSETS_LEAST, min(ASSETS_SHOWN, ROWS_SHOWN // max(len(grouped), 1)))
    groups: list[Group] = []
    for boundary in sorted(grouped, key=lambda item: tuple(asset.id for asset in places.around(item))):
        views = sorted(grouped[boundary], key=lambda view: (not view.paths, not view.weaknesses, view.name, view.asset.id))
        owner = places.by_id.get(boundary)
        groups.append(
            Group(
                title=" / ".join(asset.name for asset in places.around(boundary)) if owner else "Outside every boundary",
                kind=kind_words(owner.kind) if owner else "",
                assets=tuple(views[:most]),
                hidden=max(len(views) - most, 0),
                touched=sum(1 for view in views if view.paths),
            )
        )
    return tuple(groups)


def _outside_workload(asset: Asset, places: Boundaries) -> tuple[str, str]:
    """The id of the innermost boundary that is larger than a workload (empty at the outermost), and the name in it."""
    names = [asset.name]
    for around in reversed(places.around(asset.id)[:-1]):
        if around.kind not in places.workload_kinds and around.kind not in _SMALLER:
            return around.id, " / ".join(reversed(names))
        names.append(around.name)
    return "", " / ".join(reversed(names))


def weakness_groups(assessment: Assessment) -> tuple[WeaknessGroup, ...]:
    """The weaknesses by key, worst first."""
    grouped: dict[str, list[WeaknessFinding]] = {}
    for finding in assessment.weaknesses:
        grouped.setdefault(finding.key, []).append(finding)
    groups: list[WeaknessGroup] = []
    for findings in grouped.values():
        ranked = sorted(findings, key=lambda item: (item.unknown, not item.paths, item.subject, item.detail, item.fingerprint))
        used = dict.fromkeys(path for item in ranked for path in item.paths)
        groups.append(
            WeaknessGroup(
                first=ranked[0],
                severity=min((item.severity for item in ranked), key=SEVERITIES.index),
                findings=tuple(ranked[:FINDINGS_SHOWN]),
                paths=tuple(used),
                unknown=sum(1 for item in ranked if item.unknown),
                hidden=max(len(ranked) - FINDINGS_SHOWN, 0),
            )
        )
    return tuple(sorted(groups, key=lambda group: (SEVERITIES.index(group.severity), not group.paths, group.first.key)))


def assumption_views(assessment: Assessment) -> tuple[AssumptionView, ...]:
    """The assumptions, those that most ranked paths rest on first."""
    used: Counter[str] = Counter(name for path in assessment.paths for name in path.assumptions)
    ranked = sorted(assessment.model.assumptions, key=lambda item: (-used[item.id], item.id))
    return tuple(
        AssumptionView(assumption=item, paths=tuple(path.id for path in assessment.paths if item.id in path.assumptions))
        for item in ranked
    )


def technique_views(assessment: Assessment) -> tuple[TechniqueView, ...]:
    """The techniques on ranked paths, by id; those that the language does not document are left out."""
    known = {f"{kind.name}.{step.name}": step.info for kind in assessment.language.assets for step in kind.steps}
    used: dict[str, dict[str, None]] = {}
    for path in assessment.paths:
        for step in path.steps:
            used.setdefault(step.technique, {})[path.id] = None
    return tuple(TechniqueView(id=name, info=known[name], paths=tuple(used[name])) for name in sorted(used) if name in known)
