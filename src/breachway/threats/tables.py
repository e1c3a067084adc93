"""Reading the tab-separated tables that ship with a package: a header line, then one row a line, no quoting."""

from __future__ import annotations

from importlib import resources


def read_table(name: str, package: str = "breachway.threats") -> tuple[dict[str, str], ...]:
    """Give the rows of table ``name`` (a file of ``package``) as mappings from column to text.

    Empty lines and lines that begin with ``#`` are left out.  A row with a wrong number of columns is a :class:`ValueError`
    naming its line: the tables are ours, so that is a fault of the package.
    """
    text = resources.files(package).joinpath(name).read_text(encoding="utf-8")
    header: list[str] = []
    rows: list[dict[str, str]] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line or line.startswith("#"):
            continue
        cells = line.split("\t")
        if not header:
            header = cells
            continue
        if len(cells) != len(header):
            message = f"{name}:{number}: {len(cells)} columns where the header has {len(header)}"
            raise ValueError(message)
        rows.append(dict(zip(header, cells, strict=True)))
    return tuple(rows)
