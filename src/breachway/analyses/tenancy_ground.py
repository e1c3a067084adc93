"""Whose each asset is: the ground of each tenant, and what belongs to several or to none.

Tenants are those that ``breachway.yaml`` names (the mapping wrote their names among the facts); without any, each namespace of
Kubernetes is one.  The namespaces that Kubernetes and OpenShift keep for themselves are the platform.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from breachway.analyses.tenancy_matrix import Holder, HolderKind
from breachway.mapping.places import INTERNET_ID
from breachway.mapping.tenancy import FACT

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from breachway.model import Asset, Model
    from breachway.threats.language import Language

PLATFORM_NAME = "platform"
REST_NAME = "no tenant"
_RESERVED = ("kube-", "openshift-")
"""Kubernetes' documentation reserves the prefix ``kube-``; OpenShift's also ``openshift-``."""

_HUBS = frozenset({"NetworkZone", "Flow", "Image", "Controller"})
"""Asset classes that many share by nature, wherever they are drawn."""

_WORTH = frozenset({"Workload", "Secret", "Volume", "DataStore"})
"""Whoever has nothing of these classes (a namespace that holds a binding alone) is no neighbour to speak of."""

_USERS = {
    "Uses": ("Secret",),
    "Mounts": ("Volume",),
    "As": ("ServiceAccount",),
    "TaskRoleOf": ("CloudRole",),
    "ExecutionRoleOf": ("CloudRole",),
    "Holds": ("PermissionSet",),
}
"""Associations whose left end uses its right end, with the classes that belong to whoever uses them."""

_Key = tuple[HolderKind, str]
_REST: _Key = (HolderKind.REST, REST_NAME)
_OUTSIDE: _Key = (HolderKind.OUTSIDE, "")


class Ground(NamedTuple):
    """``owner`` gives by position in the model the holder of each asset, -1 where it has none or several.

    ``claims`` are (asset, holder) for the assets that several holders use, and for accounts that controllers act through.
    ``entries`` are positions of entry points.
    """

    holders: tuple[Holder, ...]
    owner: tuple[int, ...]
    claims: tuple[tuple[int, int], ...]
    entries: tuple[tuple[int, int], ...]
    """(holder, position in the model's entry points) of each container in which a holder's attack may begin."""


def ground_of(model: Model, language: Language) -> Ground | None:
    """Divide the model; None where there are not at least two tenants."""
    lineage = {item.name: frozenset(item.lineage) for item in language.assets}
    found = _Owners(model, lineage).all()
    something = {
        key for asset, held in zip(model.assets, found, strict=True) if not lineage[asset.kind].isdisjoint(_WORTH) for key in held
    }
    found = tuple(held & something for held in found)
    keys = sorted(something, key=lambda key: (tuple(HolderKind).index(key[0]), key[1]))
    if sum(kind is HolderKind.TENANT for kind, _ in keys) < 2:  # noqa: PLR2004 - one tenant has no neighbour
        return None
    number = {key: position for position, key in enumerate(keys)}
    # Who steers a controller acts through its account: that is the tenant's own way on, and no third tenant between.
    deputies = {link.right for link in model.links if link.association == "ObeysAs"}
    alone = tuple(len(held) == 1 and asset.id not in deputies for asset, held in zip(model.assets, found, strict=True))
    owner = tuple(number[next(iter(held))] if own else -1 for held, own in zip(found, alone, strict=True))
    claims = tuple((asset, number[key]) for asset, held in enumerate(found) if not alone[asset] for key in sorted(held, key=str))
    index = {asset.id: position for position, asset in enumerate(model.assets)}
    entries = tuple(
        (owner[index[entry.asset]], position)
        for position, entry in enumerate(model.entry_points)
        if entry.actor == "A2" and owner[index[entry.asset]] >= 0
    )
    workloads, footholds = [0] * len(keys), [0] * len(keys)
    for position, asset in enumerate(model.assets):
        if owner[position] >= 0 and "Workload" in lineage[asset.kind]:
            workloads[owner[position]] += 1
    for holder, _ in entries:
        footholds[holder] += 1
    names = _names(keys)
    holders = tuple(
        Holder(name=names[place], kind=kind, workloads=workloads[place], footholds=footholds[place])
        for place, (kind, _) in enumerate(keys)
    )
    return Ground(holders, owner, claims, entries)


def _names(keys: list[_Key]) -> tuple[str, ...]:
    """The names of the holders, each of its own: a tenant that is called like the platform keeps its name."""
    tenants = {name for kind, name in keys if kind is HolderKind.TENANT}
    return tuple(name if kind is HolderKind.TENANT or name not in tenants else f"the {name}" for kind, name in keys)


def is_reserved(namespace: str) -> bool:
    """Whether a namespace is one that the platform keeps for itself."""
    return namespace == "openshift" or namespace.startswith(_RESERVED)


class _Owners:
    """Finds the holders of each asset."""

    def __init__(self, model: Model, lineage: Mapping[str, frozenset[str]]) -> None:
        self._model = model
        self._lineage = lineage
        self._by_id = {asset.id: asset for asset in model.assets}
        self._named = any(name == FACT for asset in model.assets for name, _ in asset.facts)
        # Who names tenants wants to know of the rest too; namespaces by themselves say nothing of other platforms.
        self._left_over = _REST if self._named else _OUTSIDE
        self._users: defaultdict[str, set[str]] = defaultdict(set)
        for link in model.links:
            kinds = _USERS.get(link.association)
            if kinds and not self._lineage[self._by_id[link.right].kind].isdisjoint(kinds):
                self._users[link.right].add(link.left)
        self._found: dict[str, frozenset[_Key]] = {}

    def all(self) -> tuple[frozenset[_Key], ...]:
        """The holders of each asset, in the order of the model."""
        return tuple(self._of(asset.id) for asset in self._model.assets)

    def _of(self, asset_id: str) -> frozenset[_Key]:
        """The holders of an asset and of the boundaries around it, from the innermost that says anything."""
        chain: list[str] = []
        held: frozenset[_Key] = frozenset()
        current = asset_id
        while current in self._by_id and current not in chain:
            if current in self._found:
                held = self._found[current]
                break
            chain.append(current)
            current = self._by_id[current].boundary
        for place in reversed(chain):
            held = self._own(self._by_id[place], held)
            self._found[place] = held
        return held

    def _own(self, asset: Asset, around: frozenset[_Key]) -> frozenset[_Key]:
        lineage = self._lineage[asset.kind]
        if not lineage.isdisjoint(_HUBS) or asset.id == INTERNET_ID:
            return frozenset()
        named = frozenset((HolderKind.TENANT, value) for name, value in asset.facts if name == FACT)
        if named:
            return named
        if "Namespace" in lineage:
            return self._namespace(asset)
        if around and "PermissionSet" not in lineage:
            return around
        users = self._users.get(asset.id)
        if "PermissionSet" in lineage:
            return self._grant(users or (), around)
        if users:
            return frozenset(key for user in users for key in self._of(user))
        return frozenset({self._left_over}) if "Workload" in lineage else around

    def _grant(self, holders: Iterable[str], around: frozenset[_Key]) -> frozenset[_Key]:
        """Rights in a namespace are its own affair while nobody from elsewhere holds them."""
        return around if all(self._of(holder) == around for holder in holders) else frozenset()

    def _namespace(self, asset: Asset) -> frozenset[_Key]:
        name = asset.name
        if is_reserved(name):
            return frozenset({(HolderKind.PLATFORM, PLATFORM_NAME)})
        # Of tenants that are named by labels, several may share a namespace: it stands between them like the cluster.
        return frozenset() if self._named else frozenset({(HolderKind.TENANT, name)})
