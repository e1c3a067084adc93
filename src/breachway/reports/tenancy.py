"""The words and signs in which every report tells the tenancy matrix."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from breachway.analyses.tenancy_matrix import CellState, Crossing, HolderKind, Outcome
from breachway.reports.wording import count, listed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from breachway.analyses.tenancy_matrix import ClosedWay, Holder, SharedMachines, Tenancy, TenantCell

SIGNS = {
    Crossing.NETWORK: "N",
    Crossing.IDENTITY: "I",
    Crossing.NODE: "M",
    Crossing.DATA: "D",
    Crossing.EXHAUSTION: "X",
}
WAY_WORDS = {
    Crossing.NETWORK: "network",
    Crossing.IDENTITY: "identity",
    Crossing.NODE: "shared machine",
    Crossing.DATA: "shared data",
    Crossing.EXHAUSTION: "exhaustion",
}
WAY_MEANING = {
    Crossing.NETWORK: "a connection that the policies allow",
    Crossing.IDENTITY: "rights that a token or role in there gives",
    Crossing.NODE: "a way onto a machine that both use",
    Crossing.DATA: "a volume or a secret that both use",
    Crossing.EXHAUSTION: "nothing limits what one takes from the machines of the other",
}
STATE_WORDS = {
    CellState.OPEN: "open",
    CellState.LIKELY: "open, as assumed",
    CellState.UNLIKELY: "closed, as assumed",
    CellState.CLOSED: "closed",
}
_OUTCOMES = {
    Outcome.CONTROL: "acts or runs code there",
    Outcome.DATA: "reads or changes data there",
    Outcome.CONTACT: "looks in or changes settings there",
    Outcome.STARVATION: "takes away what its containers need",
}
_NOTHING = {
    Crossing.NETWORK: "no connection leads there",
    Crossing.IDENTITY: "no right leads there",
    Crossing.NODE: "no machine is shared",
    Crossing.DATA: "no volume and no secret is shared",
    Crossing.EXHAUSTION: "no machine is shared",
}
_RANK = (CellState.OPEN, CellState.LIKELY, CellState.UNLIKELY)
_SERVICES = 3
_NAMED = 6


class Matrix(NamedTuple):
    """The cells of a tenancy by (source, target), those of each pair by way."""

    tenancy: Tenancy
    cells: Mapping[tuple[str, str], Mapping[Crossing, TenantCell]]
    closed: Mapping[tuple[str, str, Crossing], ClosedWay]

    def state(self, source: Holder, target: Holder, way: Crossing) -> CellState:
        """The state of one way."""
        cell = self.cells.get((source.name, target.name), {}).get(way)
        return CellState.CLOSED if cell is None else cell.state

    def weight(self, row: Holder) -> tuple[int, int]:
        """How bad a row is: the ways out of it that are open, and those that are likely."""
        states = [cell.state for (source, _), cells in self.cells.items() if source == row.name for cell in cells.values()]
        return states.count(CellState.OPEN), states.count(CellState.LIKELY)


def matrix_of(tenancy: Tenancy) -> Matrix:
    """Look the cells of a tenancy up by their ends."""
    cells: dict[tuple[str, str], dict[Crossing, TenantCell]] = {}
    for cell in tenancy.cells:
        cells.setdefault((cell.source, cell.target), {})[cell.way] = cell
    return Matrix(tenancy, cells, {(item.source, item.target, item.way): item for item in tenancy.closed})


def lead(tenancy: Tenancy) -> str:
    """What the matrix says, in a sentence or two."""
    tenants = tenancy.tenants
    if tenancy.counted_only:
        return f"{count(len(tenants), 'tenant')}: too many to work out in a report.  breachway tenants PATH has the matrix."
    names = {holder.name for holder in tenants}
    pairs = {
        (cell.source, cell.target)
        for cell in tenancy.cells
        if cell.state in {CellState.OPEN, CellState.LIKELY} and cell.way is not Crossing.EXHAUSTION
    }
    among = [pair for pair in pairs if set(pair) <= names]
    possible = len(tenants) * (len(tenants) - 1)
    platform = {source for source, target in pairs if source in names and target in _platforms(tenancy)}
    words = f"{count(len(tenants), 'tenant')}; {len(among)} of {possible} pairs are not kept apart"
    if platform:
        words += f", and {_few(tuple(sorted(platform)))} {'reaches' if len(platform) == 1 else 'reach'} the platform"
    starved = {(cell.source, cell.target) for cell in tenancy.cells if cell.way is Crossing.EXHAUSTION and _open(cell)}
    inside = sum(set(pair) <= names for pair in starved)
    return f"{words}; in {inside} one may starve the other." if inside else f"{words}."


def _few(names: tuple[str, ...]) -> str:
    """The first names, and how many more there are."""
    hidden = len(names) - _NAMED
    return listed((*names[:_NAMED], f"{hidden} more")) if hidden > 1 else listed(names)


def _platforms(tenancy: Tenancy) -> frozenset[str]:
    return frozenset(holder.name for holder in tenancy.holders if holder.kind is HolderKind.PLATFORM)


def _open(cell: TenantCell) -> bool:
    return cell.state in {CellState.OPEN, CellState.LIKELY}


def cell_words(cell: TenantCell, held: ClosedWay | None = None) -> str:
    """What one cell says ("open: acts or runs code there"); ``held`` is what holds where it is closed as assumed."""
    more = f" and {len(cell.detail) - _SERVICES} more" if len(cell.detail) > _SERVICES else ""
    if cell.state is CellState.UNLIKELY:
        failing = f" ({listed(cell.rests_on)})" if cell.rests_on else ""
        why = f": {held.defence}" if held is not None and held.defence else ""
        return f"{STATE_WORDS[cell.state]}{why}; should that fail{failing}, {_outcome(cell.way, cell.outcome)}"
    detail = ""
    if cell.detail and cell.way is Crossing.NETWORK:
        detail = f"; {', '.join(cell.detail[:_SERVICES])}{more}"
    elif cell.detail:
        detail = f"; not limited: {listed(cell.detail)}"
    further = f"; as assumed, {_outcome(cell.way, cell.further)}" if cell.further is not None else ""
    return f"{STATE_WORDS[cell.state]}: {_outcome(cell.way, cell.outcome)}{further}{detail}"


def _outcome(way: Crossing, outcome: Outcome) -> str:
    return "connects to a service there" if (way, outcome) == (Crossing.NETWORK, Outcome.CONTACT) else _OUTCOMES[outcome]


def closed_words(way: Crossing, closed: ClosedWay | None) -> str:
    """Why a way is closed."""
    if closed is None:
        return "closed"
    return f"closed: {closed.defence or _NOTHING[way]}"


def machine_words(machines: SharedMachines) -> str:
    """Who shares machines, and how many of their containers have a kernel of their own."""
    kernels = f", {machines.sandboxed} of them with a kernel of their own" if machines.sandboxed else ""
    return f"{machines.name}: {_few(machines.holders)} ({count(machines.containers, 'container')}{kernels})"


def together_words(tenancy: Tenancy) -> str:
    """Who was seen side by side; empty where the input shows no placement."""
    seen = tenancy.together
    if seen is None:
        return ""
    where = f"{seen.shared} of {count(seen.machines, 'machine')}" if seen.shared else f"none of {count(seen.machines, 'machine')}"
    return f"on {where} containers of several of them were seen side by side"


def worst_rows(matrix: Matrix, most: int) -> tuple[Holder, ...]:
    """The rows with most open ways, as many as are shown, in the order of the holders."""
    rows = matrix.tenancy.rows
    kept = sorted(rows, key=lambda row: (*(-weight for weight in matrix.weight(row)), rows.index(row)))[:most]
    return tuple(row for row in rows if row in kept)


def worst_cells(cells: tuple[TenantCell, ...], most: int) -> tuple[TenantCell, ...]:
    """The cells that tell most: open before assumed, control before contact; starving last."""
    order = tuple(Outcome)
    ranked = sorted(
        enumerate(cells),
        key=lambda item: (_RANK.index(item[1].state), order.index(item[1].further or item[1].outcome), item[0]),
    )
    return tuple(cell for _, cell in ranked[:most])
