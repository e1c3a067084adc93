"""What encloses what, and what the Internet reaches: the two questions that several reports draw."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from breachway.analyses.assessment import Assessment, FlowRow
    from breachway.model import Asset

INTERNET_KIND = "Internet"
# The class of the threat language that every platform's workloads extend.
_WORKLOAD = "Workload"


@dataclass(frozen=True, slots=True, kw_only=True)
class Boundaries:
    """The assets by what encloses them.  ``children`` are in the order of the model (sorted by id); ``roots`` have no boundary.

    ``workload_kinds`` are the asset classes that people count and look for when they ask what runs.
    """

    by_id: Mapping[str, Asset]
    children: Mapping[str, tuple[Asset, ...]]
    roots: tuple[Asset, ...]
    workload_kinds: frozenset[str]

    def around(self, asset_id: str) -> tuple[Asset, ...]:
        """The boundaries around an asset, outermost first, the asset itself last; empty for an unknown id."""
        chain: list[Asset] = []
        seen: set[str] = set()
        current = self.by_id.get(asset_id)
        while current is not None and current.id not in seen:
            seen.add(current.id)
            chain.append(current)
            current = self.by_id.get(current.boundary)
        return tuple(reversed(chain))

    def short_name(self, asset: Asset) -> str:
        """The name of an asset inside its boundary, without the namespace, project or boundary that it starts with."""
        if asset.kind in self.workload_kinds:
            return asset.name.rpartition("/")[2] or asset.name
        around = self.by_id.get(asset.boundary)
        return asset.name.removeprefix(f"{around.name}/") if around is not None else asset.name

    def label(self, asset_or_name: str) -> str:
        """The name of an asset with that of what encloses it ("shop/checkout"); an unknown id stands for itself."""
        chain = self.around(asset_or_name)
        if not chain:
            return asset_or_name
        asset, around = chain[-1], chain[-2] if len(chain) > 1 else None
        if around is None or not around.boundary or around.name in asset.name:
            return asset.name
        return f"{around.name}/{asset.name}"


def boundaries(assessment: Assessment) -> Boundaries:
    """The enclosing of ``assessment``'s assets.  An asset whose boundary is unknown, or encloses itself, counts as outermost."""
    assets = assessment.model.assets
    by_id = {asset.id: asset for asset in assets}
    children: dict[str, list[Asset]] = {}
    roots: list[Asset] = []
    for asset in assets:
        if asset.boundary in by_id and not _encloses_itself(asset, by_id):
            children.setdefault(asset.boundary, []).append(asset)
        else:
            roots.append(asset)
    workload_kinds = frozenset(kind.name for kind in assessment.language.assets if _WORKLOAD in kind.lineage) | {_WORKLOAD}
    return Boundaries(
        by_id=by_id,
        children={key: tuple(value) for key, value in children.items()},
        roots=tuple(roots),
        workload_kinds=workload_kinds,
    )


def _encloses_itself(asset: Asset, by_id: Mapping[str, Asset]) -> bool:
    current: Asset | None = asset
    for _ in range(64):
        current = by_id.get(current.boundary) if current is not None else None
        if current is None:
            return False
        if current.id == asset.id:
            return True
    return True


def exposures(assessment: Assessment) -> tuple[FlowRow, ...]:
    """The flows that start at the Internet."""
    internet = {asset.id for asset in assessment.model.assets if asset.kind == INTERNET_KIND}
    names = {asset.name for asset in assessment.model.assets if asset.kind == INTERNET_KIND} | {"internet"}
    return tuple(flow for flow in assessment.flows if flow.source in internet or flow.source in names)


def workload_of(places: Boundaries, asset_id: str) -> Asset | None:
    """The workload that an asset is or belongs to; the asset itself where no workload is around it; none for an unknown id."""
    chain = places.around(asset_id)
    return next((asset for asset in reversed(chain) if asset.kind in places.workload_kinds), chain[-1] if chain else None)
