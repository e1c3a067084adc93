"""A tenancy to render: three tenants, one with a hostile name, and the platform; every state and way is there."""

from __future__ import annotations

from dataclasses import replace

from breachway.analyses.tenancy_matrix import (
    CellState,
    ClosedWay,
    Crossing,
    Holder,
    HolderKind,
    Outcome,
    SeenTogether,
    SharedMachines,
    Tenancy,
    TenantCell,
)

from .fixture import ASSESSMENT
from .fixture_assets import HOSTILE, seen
from .fixture_paths import PATHS

HOLDERS = (
    Holder(name=HOSTILE, kind=HolderKind.TENANT, workloads=1, footholds=1),
    Holder(name="billing", kind=HolderKind.TENANT, workloads=0, footholds=0),
    Holder(name="shop", kind=HolderKind.TENANT, workloads=4, footholds=6),
    Holder(name="no tenant", kind=HolderKind.REST, workloads=1, footholds=1),
    Holder(name="platform", kind=HolderKind.PLATFORM, workloads=2, footholds=2),
)


def cell(
    source: str,
    target: str,
    way: Crossing,
    state: CellState,
    outcome: Outcome,
    *,
    rests_on: tuple[str, ...] = (),
    opened: bool = False,
    detail: tuple[str, ...] = (),
) -> TenantCell:
    return TenantCell(
        source=source,
        target=target,
        way=way,
        state=state,
        outcome=outcome,
        further=Outcome.CONTROL if outcome is Outcome.CONTACT else None,
        path=PATHS[0] if opened else None,
        barred_by=("the container is not privileged", "memory is limited") if opened else (),
        rests_on=rests_on,
        detail=detail,
    )


TENANCY = Tenancy(
    holders=HOLDERS,
    cells=(
        cell(HOSTILE, "shop", Crossing.IDENTITY, CellState.LIKELY, Outcome.DATA, rests_on=("api-not-public",)),
        cell(HOSTILE, "platform", Crossing.DATA, CellState.UNLIKELY, Outcome.DATA, rests_on=("kernel-patched",)),
        cell(
            "shop",
            HOSTILE,
            Crossing.NETWORK,
            CellState.OPEN,
            Outcome.CONTACT,
            opened=True,
            detail=tuple(f"{HOSTILE}: web on {port}" for port in range(80, 86)),
        ),
        cell("shop", "billing", Crossing.EXHAUSTION, CellState.OPEN, Outcome.STARVATION, detail=("memory", "local disk")),
        cell("shop", "platform", Crossing.NODE, CellState.OPEN, Outcome.CONTROL, opened=True),
        cell("no tenant", "shop", Crossing.NODE, CellState.LIKELY, Outcome.CONTROL),
    ),
    closed=(
        ClosedWay(
            source="shop",
            target=HOSTILE,
            way=Crossing.IDENTITY,
            defence="no service-account token is mounted",
            evidence=(seen("k8s/web.yaml", 9, "automountServiceAccountToken: false"),),
        ),
        ClosedWay(source="shop", target=HOSTILE, way=Crossing.DATA, defence="", evidence=()),
    ),
    machines=(
        SharedMachines(
            asset="kubernetes:NodePool:default",
            name="nodes of pool default",
            holders=(HOSTILE, "shop", "platform"),
            containers=9,
            sandboxed=1,
            evidence=(seen("k8s/nodes.yaml", 1, "3 nodes"),),
        ),
    ),
    together=SeenTogether(machines=3, shared=2),
)
DIVIDED = replace(ASSESSMENT, tenancy=TENANCY)
COUNTED = replace(ASSESSMENT, tenancy=replace(TENANCY, cells=(), closed=(), counted_only=True))
