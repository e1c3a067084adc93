"""Flows: which connections the deployment allows, what protects each, and the boundaries it crosses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from breachway.analyses.assessment import FlowRow
from breachway.graph.gates import IN_FORCE

if TYPE_CHECKING:
    from breachway.evidence import Evidence
    from breachway.model import Asset, Model

_ASSOCIATIONS = frozenset({"AttachedTo", "Exposes", "LeadsTo", "Listens", "Originates", "PassesBy", "Publishes", "Runs"})
_DEFENCES = frozenset(
    {"authenticates", "deniedByPolicy", "encrypted", "encryptsTraffic", "mutualTls", "notPublic", "sourceRestricted"}
)


class _Connections:
    """The model's links and defences, by what the flows need."""

    def __init__(self, model: Model) -> None:
        self.assets = {asset.id: asset for asset in model.assets}
        self.forward: dict[tuple[str, str], list[str]] = {}
        self.backward: dict[tuple[str, str], list[str]] = {}
        self._senders: dict[str, str] = {}
        for link in model.links:
            if link.association not in _ASSOCIATIONS:
                continue
            self.forward.setdefault((link.association, link.left), []).append(link.right)
            self.backward.setdefault((link.association, link.right), []).append(link.left)
        self.on = {
            (state.asset, state.defence)
            for state in model.defences
            if state.defence in _DEFENCES and state.probability >= IN_FORCE
        }

    def around(self, asset: str) -> list[Asset]:
        """An asset and what encloses it, innermost first."""
        chain: list[Asset] = []
        while asset in self.assets and self.assets[asset] not in chain:
            chain.append(self.assets[asset])
            asset = chain[-1].boundary
        return chain

    def listener(self, application: str) -> str:
        """The workload in which an application listens; failing that its container, failing that itself."""
        for container in self.backward.get(("Listens", application), ()):
            workloads = self.backward.get(("Runs", container), ())
            return workloads[0] if workloads else container
        return application

    def sender(self, zone: str) -> str:
        """The workload that is alone in a zone, else the zone."""
        if zone not in self._senders:
            containers = self.backward.get(("AttachedTo", zone), ())
            workloads = {workload for container in containers for workload in self.backward.get(("Runs", container), ())}
            self._senders[zone] = min(workloads) if len(workloads) == 1 else zone
        return self._senders[zone]


def flow_rows(model: Model) -> tuple[FlowRow, ...]:
    """Give a row for each opening and what it leads to, and for each allowed flow from its zone to what it leads to; sorted.

    An opening that is not public, and a flow that a policy denies, give no row.  ``protection`` is empty where none is in force.
    """
    known = _Connections(model)
    rows: dict[tuple[str, str], FlowRow] = {}
    for asset in model.assets:
        if asset.kind == "Exposure" and (asset.id, "notPublic") not in known.on:
            for source in known.backward.get(("Exposes", asset.id), ()):
                for application in (*known.forward.get(("Publishes", asset.id), ()), *_unguarded(known, asset.id)):
                    _add(rows, known, source, application, asset)
        elif asset.kind == "Flow" and (asset.id, "deniedByPolicy") not in known.on:
            for zone in known.backward.get(("Originates", asset.id), ()):
                for application in known.forward.get(("LeadsTo", asset.id), ()):
                    _add(rows, known, known.sender(zone), application, asset)
    return tuple(rows[key] for key in sorted(rows))


def _unguarded(known: _Connections, exposure: str) -> tuple[str, ...]:
    """What an opening leads to although policies speak against it, since nothing enforces them."""
    flows = (flow for flow in known.forward.get(("PassesBy", exposure), ()) if (flow, "deniedByPolicy") not in known.on)
    return tuple(application for flow in flows for application in known.forward.get(("LeadsTo", flow), ()))


def _add(rows: dict[tuple[str, str], FlowRow], known: _Connections, source: str, application: str, through: Asset) -> None:
    target = known.listener(application)
    if source == target:
        return
    facts = known.assets[application].facts if application in known.assets else ()
    ports = tuple(value for name, value in facts if name == "port")
    evidence: tuple[Evidence, ...] = through.evidence
    before = rows.get((source, target))
    protection = _protection(known, application, through)
    if before is not None:
        ports = tuple(sorted({*before.ports, *ports}))
        evidence = tuple(dict.fromkeys((*before.evidence, *evidence)))
        protection = protection if protection == before.protection else ""
    rows[source, target] = FlowRow(
        source=source,
        target=target,
        ports=ports,
        protection=protection,
        boundaries=_crossed(known, source, target),
        evidence=evidence,
    )


def _protection(known: _Connections, application: str, through: Asset) -> str:
    words = (
        (through.id, "mutualTls", "mutual TLS"),
        (through.id, "encrypted", "TLS at the opening"),
        (through.id, "sourceRestricted", "limited to some source addresses"),
        (application, "encryptsTraffic", "TLS of the application"),
        (application, "authenticates", "the application asks who it is"),
    )
    return ", ".join(text for asset, defence, text in words if (asset, defence) in known.on)


def _crossed(known: _Connections, source: str, target: str) -> tuple[str, ...]:
    """The names of the boundaries on the way: those left, from the inside out, then those entered, from the outside in."""
    left, entered = known.around(source)[1:], known.around(target)[1:]
    shared = {asset.id for asset in left} & {asset.id for asset in entered}
    out = [asset.name for asset in left if asset.id not in shared]
    into = [asset.name for asset in reversed(entered) if asset.id not in shared]
    return (*out, *into)
