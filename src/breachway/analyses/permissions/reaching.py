"""What somebody may reach on the network (B3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from breachway.analyses.permissions.joined_model import ids
from breachway.analyses.permissions.standing import Reachable

if TYPE_CHECKING:
    from breachway.analyses.permissions.joined_model import Joined, JoinedModel
    from breachway.analyses.permissions.standing import Who
    from breachway.evidence import Evidence

_INTERFACES = (("ReachesApi", "API server"), ("ReachesKubelet", "kubelets"), ("ReachesDaemon", "container engine"))


def reached_from(who: Who, model: JoinedModel) -> tuple[Reachable, ...]:
    """Outside and management first, then the applications by name; what is closed for sure has probability 0."""
    found: dict[tuple[str, str], Reachable] = {}
    for item in (*_outside(who, model), *_interfaces(who, model), *_applications(who, model)):
        known = found.get((item.kind, item.asset))
        if known is None or known.probability < item.probability:
            found[item.kind, item.asset] = item
    return tuple(found.values())


def _outside(who: Who, model: JoinedModel) -> list[Reachable]:
    found: list[Reachable] = []
    for container in who.containers:
        for internet in model.from_left("SendsTo", (container,)):
            belief, reasons = model.off(container, "egressRestricted")
            found.append(_reachable("internet", internet.asset.name, internet.asset.id, belief, reasons))
        if model.defence(container, "metadataBlocked") is not None:
            belief, reasons = model.off(container, "metadataBlocked")
            found.append(_reachable("metadata", "the cloud's metadata service", "", belief, reasons))
    return found


def _interfaces(who: Who, model: JoinedModel) -> list[Reachable]:
    zones = ids(model.from_left("AttachedTo", who.containers))
    return [
        _reachable("management", f"{words} of {joined.asset.name}", joined.asset.id, 1.0, joined.evidence)
        for association, words in _INTERFACES
        for joined in model.from_left(association, zones)
    ]


def _applications(who: Who, model: JoinedModel) -> list[Reachable]:
    own = {item.asset.id for item in model.from_left("Listens", who.containers)}
    found: list[Reachable] = []
    for zone in ids(model.from_left("AttachedTo", who.containers)):
        for flow in model.from_left("Originates", (zone,)):
            state = model.defence(flow.asset.id, "deniedByPolicy")
            belief = 1.0 - state.probability if state is not None else 1.0
            reasons = state.evidence if state is not None and belief < 1.0 else flow.evidence
            found += [
                _reachable("application", _address(joined, model), joined.asset.id, belief, reasons or flow.evidence)
                for joined in model.from_left("LeadsTo", (flow.asset.id,))
                if joined.asset.id not in own
            ]
    return sorted(found, key=lambda item: (item.name, item.asset, -item.probability))


def _address(joined: Joined, model: JoinedModel) -> str:
    """The workload in which the application listens, and what it is there."""
    containers = ids(model.from_right("Listens", (joined.asset.id,)))
    workloads = ids(model.from_right("Runs", containers))
    return f"{model.assets[workloads[0]].name}: {joined.asset.name}" if workloads else joined.asset.name


def _reachable(kind: str, name: str, asset: str, probability: float, evidence: tuple[Evidence, ...]) -> Reachable:
    return Reachable(kind=kind, name=name, asset=asset, probability=probability, evidence=evidence)
