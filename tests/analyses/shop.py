"""A small shop, put together by hand in a small language: what the analyses say of it can be checked by eye.

The internet reaches a web container through an Ingress; the container runs as root, holds a token, and the token's role may
create pods in a namespace that enforces nothing.  Beside it a worker, and a database whose password the worker holds.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from breachway.evidence import Assumption, Basis, Evidence, Location
from breachway.model import Asset, CrownJewel, DefenceState, EntryPoint, Link, Model, Verdict, Weakness
from breachway.threats.compiling import compile_language
from breachway.threats.language import StepKind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from breachway.threats.language import Language

NAMESPACE = "k:Namespace:shop"


@cache
def shop_language() -> Language:
    return compile_language((Path(__file__).with_name("shop.mal"),))


def seen(note: str, line: int, *, pointer: str = "", basis: Basis = Basis.OBSERVED, source: str = "") -> tuple[Evidence, ...]:
    return (Evidence(Location("shop.yaml", pointer, line, 1), basis, note, source),)


def asset(kind: str, name: str, boundary: str = "", facts: tuple[tuple[str, str], ...] = ()) -> Asset:
    return Asset(
        id=f"k:{kind}:{name}",
        kind=kind,
        name=name,
        platform="kubernetes",
        evidence=seen(f"{kind} {name}", 1),
        boundary=boundary,
        facts=facts,
    )


def workload(name: str) -> tuple[list[Asset], list[Link]]:
    assets = [
        asset("Workload", name, NAMESPACE),
        asset("Container", name, f"k:Workload:{name}"),
        asset("NetworkZone", name, NAMESPACE),
    ]
    links = [
        link("Runs", f"Workload:{name}", f"Container:{name}"),
        link("RunsOn", f"Container:{name}", "HostPool:pool"),
        link("AttachedTo", f"Container:{name}", f"NetworkZone:{name}"),
    ]
    return assets, links


def link(association: str, left: str, right: str) -> Link:
    return Link(association=association, left=f"k:{left}", right=f"k:{right}", evidence=seen(f"{association} {left} {right}", 2))


_OFF: Mapping[tuple[str, str], tuple[str, int]] = {
    ("k:Exposure:web", "notPublic"): ("", 10),
    ("k:Application:web", "patched"): ("", 12),
    ("k:Workload:web", "tokenNotMounted"): ("sa-token-automount", 20),
    ("k:Workload:worker", "tokenNotMounted"): ("sa-token-automount", 21),
    ("k:RoleGrant:web", "noPodCreation"): ("rbac-create-pods", 30),
    ("k:Namespace:shop", "podSecurityEnforced"): ("psa-not-enforced", 40),
    ("k:Flow:db", "deniedByPolicy"): ("", 50),
    ("k:Flow:db", "mutualTls"): ("", 51),
}
"""The defences that are off, with the weakness that takes each away and the line."""


def shop(extra: Mapping[tuple[str, str], tuple[str, int]] | None = None, *, line: int = 0, workers: int = 1) -> Model:
    """Give the model; ``line`` is added to every line number, ``workers`` are like workers that share an account."""
    names = ["worker", *(f"worker{number}" for number in range(1, workers))]
    parts = [workload(name) for name in ("web", *names, "db")]
    assets = [one for found, _ in parts for one in found]
    links = [one for _, found in parts for one in found]
    assets += [
        Asset(id="internet", kind="Internet", name="the internet", platform="", evidence=seen("the outside", 1)),
        asset("Namespace", "shop"),
        asset("HostPool", "pool"),
        asset("Exposure", "web", NAMESPACE),
        asset("Application", "web", "k:Container:web", (("port", "8080"),)),
        asset("Application", "db", "k:Container:db", (("port", "5432"),)),
        asset("Flow", "db", NAMESPACE),
        asset("ServiceAccount", "web", NAMESPACE),
        asset("ServiceAccount", "worker", NAMESPACE),
        asset("RoleGrant", "web", NAMESPACE),
        asset("Secret", "password", NAMESPACE),
        asset("DataStore", "orders", NAMESPACE),
        asset("Person", "developer"),
    ]
    links += [
        Link(association="Exposes", left="internet", right="k:Exposure:web", evidence=seen("an Ingress", 9)),
        link("Publishes", "Exposure:web", "Application:web"),
        link("Listens", "Container:web", "Application:web"),
        link("Listens", "Container:db", "Application:db"),
        link("Serves", "Application:db", "DataStore:orders"),
        link("LeadsTo", "Flow:db", "Application:db"),
        link("As", "Workload:web", "ServiceAccount:web"),
        link("Holds", "ServiceAccount:web", "RoleGrant:web"),
        link("Scoped", "RoleGrant:web", "Namespace:shop"),
        link("Opens", "Secret:password", "Application:db"),
        link("Spreads", "Namespace:shop", "HostPool:pool"),
        link("ActsAs", "Person:developer", "ServiceAccount:web"),
        *(link("Originates", f"NetworkZone:{name}", "Flow:db") for name in names[:1]),
        *(link("Uses", f"Container:{name}", "Secret:password") for name in names[:1]),
        *(link("As", f"Workload:{name}", "ServiceAccount:worker") for name in names),
    ]
    assets.sort(key=lambda one: one.id)
    off = {**_OFF, **(extra or {})}
    for name in names[1:]:
        off[f"k:Workload:{name}", "tokenNotMounted"] = ("sa-token-automount", 60)
    patched = Assumption(
        id="patched",
        statement="No flaw is known",
        probability=0.4,
        rationale="a guess",
        subject="k:Application:web",
        defence_on=True,
        evidence=(),
    )
    entries = [
        EntryPoint(actor="A1", asset="internet", step="attack", title="from the internet", evidence=seen("the outside", 1))
    ]
    for name in ("web", *names, "db"):
        found = seen(f"container {name}", 5)
        entries.append(
            EntryPoint(actor="A2", asset=f"k:Container:{name}", step="compromise", title=f"container {name}", evidence=found)
        )
        entries.append(EntryPoint(actor="A5", asset=f"k:Workload:{name}", step="actAs", title=f"workload {name}", evidence=found))
    entries.append(
        EntryPoint(actor="A3", asset="k:Person:developer", step="act", title="a developer", evidence=seen("a developer", 6))
    )
    entries.append(
        EntryPoint(actor="A4", asset="k:Person:developer", step="leakCredentials", title="a leak", evidence=seen("a leak", 7))
    )
    weaknesses = tuple(
        Weakness(
            key=key,
            asset=where,
            verdict=Verdict.WEAK,
            subject=where,
            evidence=seen(f"{defence} is off", at + line, pointer=f"/{at}"),
        )
        for (where, defence), (key, at) in sorted(off.items())
        if key
    )
    return Model(
        assets=tuple(assets),
        links=tuple(sorted(links, key=lambda one: (one.association, one.left, one.right))),
        defences=tuple(_states(assets, off, line)),
        weaknesses=weaknesses,
        assumptions=(patched,),
        crown_jewels=(
            CrownJewel(asset="k:DataStore:orders", step="readData", title="the orders", value=8, evidence=seen("a database", 1)),
            CrownJewel(asset="k:HostPool:pool", step="root", title="root on the nodes", value=8, evidence=seen("nodes", 1)),
        ),
        entry_points=tuple(sorted(entries, key=lambda one: (one.actor, one.asset, one.step))),
    )


def _states(assets: list[Asset], off: Mapping[tuple[str, str], tuple[str, int]], line: int) -> list[DefenceState]:
    steps = {one.name: one.steps for one in shop_language().assets}
    states = []
    for one in assets:
        for step in steps[one.kind]:
            if step.kind is not StepKind.DEFENCE:
                continue
            key, at = off.get((one.id, step.name), ("", 0))
            assumed = (one.id, step.name) == ("k:Application:web", "patched")
            states.append(
                DefenceState(
                    asset=one.id,
                    defence=step.name,
                    probability=(0.4 if assumed else 0.0) if at else 1.0,
                    evidence=seen(
                        f"{step.name} is {'off' if at else 'on'}",
                        at + line,
                        pointer=f"/{at}",
                        basis=Basis.ASSUMED if assumed else Basis.OBSERVED,
                        source="patched" if assumed else "",
                    ),
                    weaknesses=(key,) if key else (),
                    assumption="patched" if assumed else "",
                )
            )
    return states
