"""The tenancy matrix on a terminal: five signs to a cell, the worst of them in words, and a cell with its path."""

from __future__ import annotations

from typing import TYPE_CHECKING

from breachway.analyses.tenancy_matrix import CellState
from breachway.reports.tenancy import (
    SIGNS,
    WAY_MEANING,
    WAY_WORDS,
    cell_words,
    closed_words,
    lead,
    machine_words,
    matrix_of,
    together_words,
    worst_cells,
    worst_rows,
)
from breachway.reports.terminal.layout import Page, Span, Style, display_width, shorten, span
from breachway.reports.terminal.paths import write_steps
from breachway.reports.wording import count, listed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from breachway.analyses.tenancy_matrix import Holder, Tenancy, TenantCell
    from breachway.reports.tenancy import Matrix

_MOST_ROWS = 40
_IN_REPORT = 8
_NAME = 22
_GAP = 2
_SHOWN = 4
_STYLES = {
    CellState.OPEN: Style.DANGER,
    CellState.LIKELY: Style.CAUTION,
    CellState.UNLIKELY: Style.FAINT,
    CellState.CLOSED: Style.FAINT,
}


def write_tenancy(page: Page, tenancy: Tenancy | None, *, verbose: bool) -> None:
    """The section of the report; nothing where there are fewer than two tenants."""
    if tenancy is None:
        return
    page.heading("Tenants")
    page.paragraph(span(lead(tenancy)), indent=2)
    if not tenancy.counted_only:
        write_matrix(page, tenancy, most=_MOST_ROWS if verbose else _IN_REPORT)
    for machines in tenancy.machines[: None if verbose else _SHOWN]:
        page.paragraph(span(f"share {machine_words(machines)}"), indent=2)
    _write_together(page, tenancy)
    if tenancy.cells:
        page.paragraph(span("breachway tenants PATH --from A --to B opens a cell"), indent=2)


def write_command(page: Page, tenancy: Tenancy, source: str, target: str) -> None:
    """What ``breachway tenants`` prints: the matrix, the row or column that was asked for, or one cell with its paths."""
    if source and not next((holder.footholds for holder in tenancy.holders if holder.name == source), 0):
        page.paragraph(span(f"Nothing runs in {source}, so no attack begins there."))
        return
    if source and target:
        write_pair(page, tenancy, source, target)
        return
    if source or target:
        page.paragraph(span(f"What {source} reaches" if source else f"Who reaches {target}", Style.STRONG))
        for cell in tenancy.cells:
            end = cell.target if source else cell.source
            text = f"{end} by {WAY_WORDS[cell.way]}: {cell_words(cell)}"
            page.paragraph(span(text), indent=2, lead=Span(f"{SIGNS[cell.way]} ", _STYLES[cell.state]))
        if not tenancy.cells:
            page.paragraph(span("every way is closed"), indent=2)
        return
    page.paragraph(span(lead(tenancy)))
    write_matrix(page, tenancy)
    write_worst(page, tenancy)
    if tenancy.machines:
        page.heading("Machines that several share")
    for machines in tenancy.machines:
        page.paragraph(span(machine_words(machines)), indent=2)
    _write_together(page, tenancy)


def _write_together(page: Page, tenancy: Tenancy) -> None:
    words = together_words(tenancy)
    if words:
        page.paragraph(span(words), indent=2)


def write_matrix(page: Page, tenancy: Tenancy, *, most: int = _MOST_ROWS) -> None:
    """The matrix in as many blocks of columns as the width asks for, and the key to its signs."""
    matrix = matrix_of(tenancy)
    rows = worst_rows(matrix, most)
    numbers = {holder.name: str(place) for place, holder in enumerate(tenancy.holders, start=1)}
    columns = [holder for holder in tenancy.holders if holder in rows or holder not in tenancy.rows]
    wide = max(display_width(numbers[row.name]) for row in rows)
    name = min(max(display_width(span(row.name).text) for row in (*rows, *columns)), _NAME)
    fits = max((page.width - 2 - wide - 1 - name) // (len(SIGNS) + _GAP), 1)
    for block in _blocks(columns, fits):
        page.blank()
        page.line(Span(" " * (2 + wide + 1 + name)), *(_cell(numbers[column.name]) for column in block))
        for row in rows:
            label = shorten(span(row.name).text, name)
            head = Span(f"  {numbers[row.name]:>{wide}} {label}{' ' * (name - display_width(label))}")
            page.line(head, *(part for column in block for part in _signs(matrix, row, column)))
    others = tuple(f"{numbers[holder.name]} {holder.name}" for holder in columns if holder not in rows)
    page.blank()
    if others:
        page.paragraph(span(f"columns without a row: {listed(others)}"), indent=2)
    if len(rows) < len(tenancy.rows):
        page.paragraph(
            span(f"{count(len(tenancy.rows) - len(rows), 'more row')}, less open: breachway tenants --format json has all"),
            indent=2,
        )
    ways = ", ".join(f"{SIGNS[way]} {WAY_WORDS[way]}" for way in SIGNS)
    page.paragraph(span(f"{ways}; from the row to the column"), indent=2)
    page.paragraph(span("capital: open; small: open as assumed; .: closed as assumed; -: closed", Style.FAINT), indent=2)


def _blocks(columns: Sequence[Holder], size: int) -> Iterator[Sequence[Holder]]:
    for begin in range(0, len(columns), size):
        yield columns[begin : begin + size]


def _cell(text: str) -> Span:
    return Span(f"{' ' * _GAP}{text:<{len(SIGNS)}}")


def _signs(matrix: Matrix, row: Holder, column: Holder) -> Iterator[Span]:
    yield Span(" " * _GAP)
    for way, sign in SIGNS.items():
        if row == column:
            yield Span(" ")
            continue
        state = matrix.state(row, column, way)
        shown = {CellState.OPEN: sign, CellState.LIKELY: sign.lower(), CellState.UNLIKELY: ".", CellState.CLOSED: "-"}[state]
        yield Span(shown, _STYLES[state])


def write_worst(page: Page, tenancy: Tenancy) -> None:
    """The cells that tell most, a sentence to each."""
    wide = tuple(cell for cell in tenancy.cells if cell.state is not CellState.UNLIKELY)
    worst = worst_cells(wide, 2 * _SHOWN)
    if worst:
        page.heading("The widest ways")
    for cell in worst:
        page.paragraph(
            span(f"{cell.source} to {cell.target} by {WAY_WORDS[cell.way]}: {cell_words(cell)}"),
            indent=2,
            lead=span("! " if cell.state is CellState.OPEN else "  ", Style.DANGER),
        )


def write_pair(page: Page, tenancy: Tenancy, source: str, target: str) -> None:
    """Everything about one cell: each way with its path, or with what closes it."""
    matrix = matrix_of(tenancy)
    page.heading(f"{source} to {target}")
    for way in SIGNS:
        cell = matrix.cells.get((source, target), {}).get(way)
        closed = matrix.closed.get((source, target, way))
        page.blank()
        words = cell_words(cell, closed) if cell is not None else closed_words(way, closed)
        place = next((page.places.line(item.location) for item in closed.evidence if item.location.line), "") if closed else ""
        page.placed(span(f"{WAY_WORDS[way]}: {words}"), place, lead=span(f"{SIGNS[way]}  ", Style.STRONG))
        for item in closed.evidence[:_SHOWN] if closed else ():
            page.paragraph(span(item.note, Style.FAINT), indent=4)
        if cell is not None:
            _write_path(page, cell)


def _write_path(page: Page, cell: TenantCell) -> None:
    if cell.path is None:
        page.paragraph(span(f"by {WAY_MEANING[cell.way]}"), indent=4)
        return
    page.paragraph(span(f"{cell.path.entry_title} to {cell.path.goal_title}"), indent=4)
    write_steps(page, cell.path)
    if cell.barred_by:
        page.paragraph(span(f"closed where {listed(cell.barred_by, 'or')}", Style.GOOD), indent=4, lead=Span("→ "))
    if cell.rests_on:
        page.paragraph(span(f"rests on {listed(cell.rests_on)}"), indent=4, lead=Span("→ "))
