"""The tenancy matrix as the template draws it: rows of cells, five signs to each, and a card for each pair that is not apart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from breachway.analyses.tenancy_matrix import CellState, Crossing
from breachway.reports.tenancy import (
    SIGNS,
    STATE_WORDS,
    WAY_MEANING,
    WAY_WORDS,
    cell_words,
    closed_words,
    lead,
    machine_words,
    matrix_of,
    together_words,
    worst_rows,
)

if TYPE_CHECKING:
    from breachway.analyses.assessment import AttackPath
    from breachway.analyses.tenancy_matrix import Holder, Tenancy
    from breachway.evidence import Evidence
    from breachway.reports.tenancy import Matrix

_ROWS = 24
_CARDS = 60
_OPEN = frozenset({CellState.OPEN, CellState.LIKELY})
_ENTERED = frozenset(state.value for state in _OPEN)
_STARVING = SIGNS[Crossing.EXHAUSTION]
_EVIDENCE = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class SignView:
    """One of the five signs of a cell."""

    letter: str
    state: str
    words: str

    @property
    def look(self) -> str:
        """The classes by which the style sheet draws it; to be starved is not to be entered."""
        return f"{self.state} starving" if self.letter == _STARVING else self.state


@dataclass(frozen=True, slots=True, kw_only=True)
class WayView:
    """One way in the card of a pair: what it says, its path or what closes it."""

    sign: SignView
    title: str
    words: str
    path: AttackPath | None
    barred_by: tuple[str, ...]
    rests_on: tuple[str, ...]
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CellView:
    """A cell; ``card`` is the id of the card that opens it, empty without one; ``tone`` is open, starved, apart or own."""

    column: str
    card: str
    tone: str
    signs: tuple[SignView, ...]

    @property
    def words(self) -> str:
        """The cell in words, for who does not see it."""
        return ", ".join(sign.words for sign in self.signs)


@dataclass(frozen=True, slots=True, kw_only=True)
class RowView:
    """A row of the matrix."""

    name: str
    note: str
    cells: tuple[CellView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CardView:
    """All ways from one holder to another."""

    id: str
    source: str
    target: str
    signs: tuple[SignView, ...]
    ways: tuple[WayView, ...]

    @property
    def crossed(self) -> bool:
        """Whether some way leads in, and not only one to starve."""
        return any(sign.state in _ENTERED and sign.letter != _STARVING for sign in self.signs)


@dataclass(frozen=True, slots=True, kw_only=True)
class TenancyView:
    """The section.  ``hidden_rows`` and ``hidden_cards`` count what is left out."""

    lead: str
    legend: tuple[tuple[SignView, str], ...]
    columns: tuple[str, ...]
    rows: tuple[RowView, ...]
    cards: tuple[CardView, ...]
    machines: tuple[tuple[str, tuple[Evidence, ...]], ...]
    together: str
    hidden_rows: int
    hidden_cards: int


def tenancy_view(tenancy: Tenancy | None) -> TenancyView | None:
    """The view of a tenancy; None where there are fewer than two tenants."""
    if tenancy is None:
        return None
    matrix = matrix_of(tenancy)
    rows = () if tenancy.counted_only else worst_rows(matrix, _ROWS)
    columns = tuple(holder for holder in tenancy.holders if holder in rows or (rows and holder not in tenancy.rows))
    pairs = [(row, column) for row in rows for column in columns if row != column and _is_open(matrix, row, column)]
    carded = {(row.name, column.name): f"tenants-{place}" for place, (row, column) in enumerate(pairs[:_CARDS], start=1)}
    return TenancyView(
        lead=lead(tenancy),
        legend=tuple(
            (SignView(letter=sign, state="open", words=WAY_WORDS[way]), f"{WAY_WORDS[way]}: {WAY_MEANING[way]}")
            for way, sign in SIGNS.items()
        ),
        columns=tuple(column.name for column in columns),
        rows=tuple(
            RowView(name=row.name, note=_note(row), cells=tuple(_cell(matrix, row, column, carded) for column in columns))
            for row in rows
        ),
        cards=tuple(_card(matrix, row, column, carded[row.name, column.name]) for row, column in pairs[:_CARDS]),
        machines=tuple((machine_words(item), item.evidence[:_EVIDENCE]) for item in tenancy.machines),
        together=together_words(tenancy),
        hidden_rows=0 if tenancy.counted_only else len(tenancy.rows) - len(rows),
        hidden_cards=max(len(pairs) - _CARDS, 0),
    )


def _note(row: Holder) -> str:
    return f"{row.workloads} workload{'' if row.workloads == 1 else 's'}" if row.footholds else "nothing runs here"


def _is_open(matrix: Matrix, row: Holder, column: Holder) -> bool:
    return any(matrix.state(row, column, way) in _OPEN for way in SIGNS)


def _signs(matrix: Matrix, row: Holder, column: Holder) -> tuple[SignView, ...]:
    states = ((way, matrix.state(row, column, way)) for way in SIGNS)
    return tuple(
        SignView(letter=SIGNS[way], state=state.value, words=f"{WAY_WORDS[way]} {STATE_WORDS[state]}") for way, state in states
    )


def _cell(matrix: Matrix, row: Holder, column: Holder, carded: dict[tuple[str, str], str]) -> CellView:
    if row == column:
        return CellView(column=column.name, card="", tone="own", signs=())
    signs = _signs(matrix, row, column)
    wide = [sign for sign in signs if sign.state in _ENTERED]
    starved = all(sign.letter == _STARVING for sign in wide)
    tone = "apart" if not wide else "starved" if starved else "open"
    return CellView(column=column.name, card=carded.get((row.name, column.name), ""), tone=tone, signs=signs)


def _card(matrix: Matrix, row: Holder, column: Holder, name: str) -> CardView:
    signs = _signs(matrix, row, column)
    ways: list[WayView] = []
    for (way, _), sign in zip(SIGNS.items(), signs, strict=True):
        cell = matrix.cells.get((row.name, column.name), {}).get(way)
        closed = matrix.closed.get((row.name, column.name, way))
        ways.append(
            WayView(
                sign=sign,
                title=WAY_WORDS[way],
                words=cell_words(cell, closed) if cell is not None else closed_words(way, closed),
                path=cell.path if cell is not None else None,
                barred_by=cell.barred_by if cell is not None else (),
                rests_on=cell.rests_on if cell is not None else (),
                evidence=closed.evidence[:_EVIDENCE] if closed is not None else (),
            )
        )
    return CardView(id=name, source=row.name, target=column.name, signs=signs, ways=tuple(ways))
