"""The tenancy matrix in the shape that reports render: who may reach whom, by which way, and the path of each cell."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from breachway.analyses.assessment import AttackPath
    from breachway.evidence import Evidence


class Crossing(Enum):
    """The way by which an attack leaves a tenant; the first step off the tenant's own ground decides."""

    NETWORK = "network"
    IDENTITY = "identity"
    NODE = "node"
    DATA = "data"
    EXHAUSTION = "exhaustion"


class CellState(Enum):
    """Whether a way is open.  The two in the middle rest on assumptions, which hold it rather open or rather closed."""

    OPEN = "open"
    LIKELY = "likely"
    UNLIKELY = "unlikely"
    CLOSED = "closed"


class Outcome(Enum):
    """What an attacker has at the end of the way; the first is the worst."""

    CONTROL = "control"
    DATA = "data"
    CONTACT = "contact"
    STARVATION = "starvation"


class HolderKind(Enum):
    """What a row or column stands for: a tenant, what no tenant claims, or the platform's own namespaces.

    ``OUTSIDE`` is what the division says nothing of (a Compose project where tenants are namespaces): neither row nor column.
    """

    TENANT = "tenant"
    REST = "rest"
    PLATFORM = "platform"
    OUTSIDE = "outside"


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """A tenant, with the number of its workloads.  ``footholds`` counts the containers in which an attack may begin."""

    name: str
    kind: HolderKind
    workloads: int
    footholds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TenantCell:
    """One way from ``source`` to ``target``, both names of holders.

    ``outcome`` is the worst that is as sure as ``state``; ``further`` is what is believed to follow where that is worse and rests
    on an assumption (a service is reached for sure, and may have an exploitable flaw).  ``path`` opens the cell, in a report for
    some cells only; ``rests_on`` are the ids of the assumptions that the whole path rests on.  ``barred_by`` are the titles of
    the defences that are off and would close the path, each by itself.  ``detail`` says more where there is more than the path:
    the services that are reached, or what is not limited.
    """

    source: str
    target: str
    way: Crossing
    state: CellState
    outcome: Outcome
    further: Outcome | None = None
    path: AttackPath | None = None
    barred_by: tuple[str, ...] = ()
    rests_on: tuple[str, ...] = ()
    detail: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosedWay:
    """Why a way is closed, or closed as assumed: the defence that holds where the quickest way would be, and the evidence.

    ``defence`` is empty where nothing leads there at all.
    """

    source: str
    target: str
    way: Crossing
    defence: str
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedMachines:
    """Machines on which containers of several holders may run; ``sandboxed`` counts those with a kernel of their own."""

    asset: str
    name: str
    holders: tuple[str, ...]
    containers: int
    sandboxed: int
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenTogether:
    """On how many of the machines whose workloads were seen running those of several holders stand side by side."""

    machines: int
    shared: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Tenancy:
    """The matrix: sparse, a cell for each way that is not closed, in the order of the holders; ``closed`` explains some others.

    ``machines`` says who may share machines, ``together`` who was seen to (None where the input shows no placement).
    ``counted_only`` is true when there were more tenants than a report works out; then there are no cells.
    """

    holders: tuple[Holder, ...]
    cells: tuple[TenantCell, ...]
    closed: tuple[ClosedWay, ...] = ()
    machines: tuple[SharedMachines, ...] = ()
    together: SeenTogether | None = None
    counted_only: bool = False

    @property
    def tenants(self) -> tuple[Holder, ...]:
        """The tenants alone."""
        return tuple(holder for holder in self.holders if holder.kind is HolderKind.TENANT)

    @property
    def rows(self) -> tuple[Holder, ...]:
        """Those whose containers are taken for the attacker's: all but the platform."""
        return tuple(holder for holder in self.holders if holder.kind is not HolderKind.PLATFORM)
