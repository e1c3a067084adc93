"""What the user knows better than the artefacts: ``breachway.yaml`` applied to a finished model.

Each function takes a model and gives a model.  A line of the configuration that changes nothing is said in ``Model.unread``,
with the nearest names, so that a misspelt selector cannot pass for an answer.
"""

from __future__ import annotations

from dataclasses import replace
from difflib import get_close_matches
from functools import cache
from typing import TYPE_CHECKING

from breachway.evidence import Assumption, Basis, Evidence, Unread
from breachway.mapping.places import INTERNET_ID
from breachway.mapping.stated_fetches import containers_among, join_fetchers, listeners_among
from breachway.mapping.stated_hosts import state_host
from breachway.model import Asset, CrownJewel, DecisionRecord, DefenceState, EntryPoint, Link, Model
from breachway.sources.configuration.objects import DecisionKind
from breachway.threats.loading import load_language

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from breachway.evidence import Location
    from breachway.sources.configuration.objects import (
        AssetSelector,
        Belief,
        Configuration,
        Decision,
        ExposureChoice,
        FetchChoice,
        HostStatement,
        HumanActor,
    )

SOURCE = "breachway.yaml"
_LOSS = (
    ("CloudAccount", "admin"),
    ("Cluster", "admin"),
    ("Secret", "read"),
    ("DataStore", "readData"),
    ("Volume", "access"),
    ("HostPool", "root"),
    ("Container", "compromise"),
    ("Workload", "compromise"),
    ("Application", "access"),
    ("Namespace", "runPod"),
    ("Image", "backdoor"),
    ("Registry", "push"),
    ("DockerDaemon", "control"),
    ("Principal", "assume"),
)
_COMMON_WORDS = {"ComposeService": "Service", "EcsTask": "Task", "KubernetesUser": "User", "PrincipalGroup": "Group"}
_EXPOSURE_DEFENCES = ("encrypted", "noAnnotationInjection", "noSnippets", "sourceRestricted")


def apply_overlay(model: Model, configuration: Configuration) -> Model:
    """Apply every part of the configuration, in the order in which later parts may rest on earlier ones."""
    for choice in configuration.exposure:
        model = _expose(model, choice)
    for statement in configuration.hosts:
        model = _state_host(model, statement)
    for fetch in configuration.fetches:
        model = _fetch(model, fetch)
    for actor in configuration.actors:
        model = _employ(model, actor)
    for belief in configuration.assumptions:
        model = _believe(model, belief)
    model = _crown(model, configuration)
    for decision in configuration.decisions:
        model = _decide(model, decision)
    return model


def _state_host(model: Model, statement: HostStatement) -> Model:
    lineage = _lineages()
    hosts = tuple(asset for asset in _matching(model, statement.asset) if "HostPool" in lineage.get(asset.kind, ()))
    if not hosts:
        return _unmatched(model, statement.asset, statement.location)
    return state_host(model, hosts, statement)


def _fetch(model: Model, choice: FetchChoice) -> Model:
    note = f"{choice.asset.text} fetches the address that a request names{': ' + choice.reason if choice.reason else ''}"
    evidence = (Evidence(choice.location, Basis.OBSERVED, note, SOURCE),)
    containers = containers_among(model, _matching(model, choice.asset))
    for selector in choice.requested_by or (choice.asset,):
        listeners = listeners_among(model, _matching(model, selector))
        if not listeners or not containers:
            return _unmatched(model, selector if containers else choice.asset, choice.location)
        model = join_fetchers(model, listeners, containers, evidence)
    return model


@cache
def _lineages() -> Mapping[str, tuple[str, ...]]:
    """By asset class, the class itself and its ancestors."""
    return {asset.name: asset.lineage for asset in load_language().assets}


def _matching(model: Model, selector: AssetSelector) -> tuple[Asset, ...]:
    lineage = _lineages()
    return tuple(
        asset
        for asset in model.assets
        if any(
            selector.matches(identifier=asset.id, kind=kind, name=name)
            for kind in (*lineage.get(asset.kind, (asset.kind,)), *_own_kinds(asset))
            for name in _names(asset)
        )
    )


def _names(asset: Asset) -> tuple[str, ...]:
    """The names by which a user may speak of an asset: its display name, and the object's own path in its id."""
    path = asset.id.split(":", 2)[-1]
    head, _, tail = path.partition("/")
    without_kind = f"{head}/{tail.partition('/')[2]}" if tail.count("/") else path
    return tuple(dict.fromkeys((asset.name, path, without_kind)))


def _own_kinds(asset: Asset) -> tuple[str, ...]:
    """What the platform itself calls the asset: a Deployment, a Service, a Group."""
    parts = asset.id.split(":", 2)[-1].split("/")
    written = (parts[1],) if asset.platform == "kubernetes" and len(parts) > 2 else ()  # noqa: PLR2004 - namespace, kind, name
    return (*written, *((_COMMON_WORDS[asset.kind],) if asset.kind in _COMMON_WORDS else ()))


def _unmatched(model: Model, selector: AssetSelector, location: Location) -> Model:
    names = sorted({name for asset in model.assets for name in _names(asset)})
    near = get_close_matches(selector.name or selector.id, names, n=3, cutoff=0.5)
    hint = f"did you mean {', '.join(near)}?" if near else "asset names stand in the JSON report"
    problem = Unread(location, "field", f"no asset matches {selector.text}", hint)
    return replace(model, unread=tuple(sorted({*model.unread, problem})))


def _crown(model: Model, configuration: Configuration) -> Model:
    jewels = {(jewel.asset, jewel.step): jewel for jewel in model.crown_jewels}
    lineage = _lineages()
    for choice in configuration.crown_jewels:
        chosen = _matching(model, choice.asset)
        if not chosen:
            model = _unmatched(model, choice.asset, choice.location)
        for asset in chosen:
            step = choice.step or next((step for kind, step in _LOSS if kind in lineage.get(asset.kind, ())), "")
            if not step:
                continue
            evidence = (Evidence(choice.location, Basis.OBSERVED, "named as a crown jewel", SOURCE),)
            title = choice.title or asset.name
            jewels[asset.id, step] = CrownJewel(asset=asset.id, step=step, title=title, value=choice.value, evidence=evidence)
    return replace(model, crown_jewels=tuple(jewels[key] for key in sorted(jewels)))


def _expose(model: Model, choice: ExposureChoice) -> Model:
    chosen = _matching(model, choice.asset)
    if not chosen:
        return _unmatched(model, choice.asset, choice.location)
    word = "reached" if choice.exposed else "not reached"
    evidence = (
        Evidence(
            choice.location, Basis.OBSERVED, f"{word} from the internet{': ' + choice.reason if choice.reason else ''}", SOURCE
        ),
    )
    listeners = {link.right: link.left for link in model.links if link.association == "Listens"}
    parents = {asset.id: asset.boundary for asset in model.assets}
    kinds = {asset.id: asset.kind for asset in model.assets}
    targets: set[str] = set()
    for asset in chosen:
        targets |= {asset.id} if asset.kind in {"Exposure", "Application"} else set()
        targets |= {listener for listener, container in listeners.items() if asset.id in {container, parents.get(container, "")}}
    published = {link.left for link in model.links if link.association == "Publishes" and link.right in targets}
    flows = {link.left for link in model.links if link.association == "LeadsTo" and link.right in targets}
    guarded = {link.left for link in model.links if link.association == "PassesBy" and link.right in flows}
    states = {(state.asset, state.defence): state for state in model.defences}
    for exposure in {item for item in targets if kinds.get(item) == "Exposure"} | published | guarded:
        states[exposure, "notPublic"] = DefenceState(
            asset=exposure, defence="notPublic", probability=0.0 if choice.exposed else 1.0, evidence=evidence
        )
        limits = states.get((exposure, "sourceRestricted"))
        if choice.exposed and limits is not None and limits.assumption:
            # That sources are limited was but an assumption; ranges that an artefact names stand.
            states[exposure, "sourceRestricted"] = replace(limits, probability=0.0, evidence=evidence, assumption="")
    model = replace(model, defences=tuple(states[key] for key in sorted(states)))
    covered = {link.right for link in model.links if link.association == "Publishes" and link.left in published}
    if choice.exposed:
        for listener in sorted(item for item in targets - covered if kinds.get(item) == "Application"):
            model = _open(model, listener, evidence)
    return model


def _open(model: Model, listener: str, evidence: tuple[Evidence, ...]) -> Model:
    exposure = f"configuration:Exposure:{listener.split(':', 2)[-1]}"
    asset = Asset(
        id=exposure,
        kind="Exposure",
        name="opening named in breachway.yaml",
        platform="configuration",
        evidence=evidence,
        boundary=INTERNET_ID,
    )
    links = (
        Link(association="Exposes", left=INTERNET_ID, right=exposure, evidence=evidence),
        Link(association="Publishes", left=exposure, right=listener, evidence=evidence),
    )
    states = (
        DefenceState(asset=exposure, defence="notPublic", probability=0.0, evidence=evidence),
        *(
            DefenceState(asset=exposure, defence=name, probability=1.0 if name.startswith("no") else 0.0, evidence=evidence)
            for name in _EXPOSURE_DEFENCES
        ),
    )
    return replace(
        model,
        assets=tuple(sorted((*model.assets, asset), key=lambda item: item.id)),
        links=tuple(sorted((*model.links, *links), key=lambda item: (item.association, item.left, item.right))),
        defences=tuple(sorted((*model.defences, *states), key=lambda item: (item.asset, item.defence))),
    )


def _employ(model: Model, actor: HumanActor) -> Model:
    evidence = (Evidence(actor.location, Basis.OBSERVED, f"{actor.name}: {actor.kind.value}", SOURCE),)
    person = f"people:Person:{actor.name}"
    links: list[Link] = []
    lineage = _lineages()
    ways = {"Principal": "ActsAs", "SourceRepository": "Contributes", "Registry": "MayPush", "HostPool": "Operates"}
    for selector in actor.starts:
        chosen = _matching(model, selector)
        if not chosen:
            model = _unmatched(model, selector, actor.location)
        for asset in chosen:
            association = next((ways[kind] for kind in lineage.get(asset.kind, ()) if kind in ways), "")
            if association:
                links.append(Link(association=association, left=person, right=asset.id, evidence=evidence))
    if not links:
        return model
    entries = (
        EntryPoint(actor="A3", asset=person, step="act", title=f"{actor.name}, by own rights", evidence=evidence),
        EntryPoint(
            actor="A4", asset=person, step="leakCredentials", title=f"a leaked credential of {actor.name}", evidence=evidence
        ),
    )
    asset = Asset(id=person, kind="Person", name=actor.name, platform="people", evidence=evidence)
    return replace(
        model,
        assets=tuple(sorted((*(item for item in model.assets if item.id != person), asset), key=lambda item: item.id)),
        links=tuple(
            sorted(
                {(item.association, item.left, item.right): item for item in (*model.links, *links)}.values(),
                key=lambda item: (item.association, item.left, item.right),
            )
        ),
        entry_points=tuple(sorted({*model.entry_points, *entries}, key=lambda item: (item.actor, item.asset, item.step))),
    )


def _believe(model: Model, belief: Belief) -> Model:
    known = {assumption.id: assumption for assumption in model.assumptions}
    assumption = known.get(belief.id)
    if assumption is None:
        near = get_close_matches(belief.id, sorted(known), n=3, cutoff=0.5)
        hint = f"did you mean {', '.join(near)}?" if near else "this model rests on no such assumption"
        problem = Unread(belief.location, "note", f"assumption {belief.id} is not made here", hint)
        return replace(model, unread=tuple(sorted({*model.unread, problem})))
    evidence = Evidence(
        belief.location,
        Basis.OBSERVED,
        f"{belief.id}: {belief.probability:g}{': ' + belief.reason if belief.reason else ''}",
        SOURCE,
    )
    on = belief.probability if assumption.defence_on else 1.0 - belief.probability
    states = tuple(
        replace(
            state, probability=on, evidence=(evidence, *state.evidence), assumption="" if belief.settled else state.assumption
        )
        if state.assumption == belief.id
        else state
        for state in model.defences
    )
    told = replace(assumption, probability=belief.probability, evidence=(evidence, *assumption.evidence))
    rest: Iterable[Assumption] = (item for item in model.assumptions if item.id != belief.id)
    kept = tuple(rest) if belief.settled else tuple(sorted((*rest, told), key=lambda item: item.id))
    return replace(model, defences=states, assumptions=kept)


def _decide(model: Model, decision: Decision) -> Model:
    assets: tuple[str, ...] = ()
    if decision.asset is not None:
        assets = tuple(asset.id for asset in _matching(model, decision.asset))
        if not assets:
            return _unmatched(model, decision.asset, decision.location)
    record = DecisionRecord(
        kind=decision.decision.value,
        fingerprint=decision.fingerprint,
        key=decision.weakness,
        assets=assets,
        owner=decision.owner,
        reason=decision.reason,
        expires=decision.expires.isoformat() if decision.expires else "",
        evidence_fingerprint=decision.evidence,
        location=decision.location,
    )
    model = replace(model, decisions=(*model.decisions, record))
    if decision.decision is not DecisionKind.FALSE_POSITIVE or not decision.weakness:
        return model
    evidence = (Evidence(decision.location, Basis.OBSERVED, f"false positive, says {decision.owner}: {decision.reason}", SOURCE),)
    states = tuple(
        replace(state, probability=1.0, evidence=evidence, assumption="")
        if decision.weakness in state.weaknesses and (not assets or state.asset in assets)
        else state
        for state in model.defences
    )
    return replace(model, defences=states)
