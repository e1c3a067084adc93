"""The tenancy matrix in Markdown: a table of words, for a pull request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from breachway.analyses.tenancy_matrix import CellState
from breachway.reports.escaping import markdown, markdown_code
from breachway.reports.tenancy import (
    WAY_WORDS,
    cell_words,
    lead,
    machine_words,
    matrix_of,
    together_words,
    worst_cells,
    worst_rows,
)
from breachway.reports.wording import count, place

if TYPE_CHECKING:
    from collections.abc import Iterator

    from breachway.analyses.tenancy_matrix import Holder, Tenancy, TenantCell
    from breachway.reports.tenancy import Matrix

_ROWS = 12
_CELLS = 10
_LONGEST = 80


def tenancy_lines(tenancy: Tenancy) -> list[str]:
    """The section without its heading."""
    lines = [markdown(lead(tenancy)), ""]
    if not tenancy.counted_only:
        lines += _table(matrix_of(tenancy))
        wide = tuple(cell for cell in tenancy.cells if cell.state is not CellState.UNLIKELY)
        worst = worst_cells(wide, _CELLS)
        lines += [line for cell in worst for line in _cell(cell)]
        if len(wide) > len(worst):
            lines += [f"- and {count(len(wide) - len(worst), 'other way')}"]
        lines += [""] if worst else []
    lines += [f"- shared: {_text(machine_words(item))}" for item in tenancy.machines[:_CELLS]]
    lines += [f"- {together_words(tenancy)}"] if tenancy.together is not None else []
    return [*lines, ""] if tenancy.machines or tenancy.together is not None else lines


def folded(tenancy: Tenancy | None) -> list[str]:
    """The section of a comment, to unfold; nothing where there are fewer than two tenants."""
    if tenancy is None:
        return []
    return ["<details>", "<summary>Tenants: who reaches whom</summary>", "", *tenancy_lines(tenancy), "</details>", ""]


def _text(value: str) -> str:
    return markdown(value)


def _name(holder: Holder) -> str:
    return markdown(holder.name if len(holder.name) <= _LONGEST else f"{holder.name[:_LONGEST]}…")


def _table(matrix: Matrix) -> list[str]:
    tenancy = matrix.tenancy
    rows = worst_rows(matrix, _ROWS)
    columns = [holder for holder in tenancy.holders if holder in rows or holder not in tenancy.rows]
    lines = [f"| from, to | {' | '.join(_name(holder) for holder in columns)} |", f"|---|{'---|' * len(columns)}"]
    lines += [f"| **{_name(row)}** | {' | '.join(_words(matrix, row, column) for column in columns)} |" for row in rows]
    if len(rows) < len(tenancy.rows):
        lines += ["", f"{count(len(tenancy.rows) - len(rows), 'more row')}, less open."]
    return [*lines, "", "Bold: open. Plain: open, as assumed. Ways that are closed, or closed as assumed, are left out.", ""]


def _words(matrix: Matrix, row: Holder, column: Holder) -> str:
    if row == column:
        return "·"
    states = ((WAY_WORDS[way], matrix.state(row, column, way)) for way in WAY_WORDS)
    shown: Iterator[str] = (
        f"**{words}**" if state is CellState.OPEN else words
        for words, state in states
        if state in {CellState.OPEN, CellState.LIKELY}
    )
    return ", ".join(shown) or "closed"


def _cell(cell: TenantCell) -> list[str]:
    title = f"{markdown(cell.source)} to {markdown(cell.target)} by {WAY_WORDS[cell.way]}"
    lines = [f"- **{title}** {_text(cell_words(cell))}"]
    if cell.path is not None:
        steps = [step for step in cell.path.steps if any(item.location.document for item in step.evidence)]
        where = dict.fromkeys(place(next(item.location for item in step.evidence if item.location.document)) for step in steps)
        lines += [f"  {' → '.join(markdown_code(item) for item in where)}"] if where else []
    return lines
