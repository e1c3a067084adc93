"""What the bench scripts share: where the corpora are, how a command is measured, how a table is printed."""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

DEFAULT_CORPORA = Path("../shared/corpora")
CLEAN = frozenset({0})
BREACHWAY = (sys.executable, "-m", "breachway")


class Measured(NamedTuple):
    """One run of a command: exit code, wall and processor time in seconds, peak resident memory in MiB, and what it wrote."""

    code: int
    seconds: float
    processor: float
    peak: float
    output: str
    errors: str


def argument_parser(description: str) -> argparse.ArgumentParser:
    """Give a parser with the option that every bench script has."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--corpora", type=Path, default=DEFAULT_CORPORA, metavar="DIR", help="default: %(default)s")
    return parser


def corpus(corpora: Path, name: str) -> Path:
    """Give the absolute path of one corpus; ends the script with code 2 when it is not there."""
    found = (corpora / name).resolve()
    if not found.exists():
        print(f"{corpora / name} is not there: name the folder with --corpora DIR", file=sys.stderr)
        raise SystemExit(2)
    return found


def run(command: Sequence[str], *, folder: Path | None = None) -> Measured:
    """Run a command to its end and measure it with the resource use that the kernel reports for that one process."""
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        start = time.perf_counter()
        process = subprocess.Popen(tuple(command), cwd=folder, stdin=subprocess.DEVNULL, stdout=output, stderr=errors)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        errors.seek(0)
        return Measured(
            code=process.returncode,
            seconds=seconds,
            processor=usage.ru_utime + usage.ru_stime,
            peak=usage.ru_maxrss / 1024,
            output=output.read().decode(errors="replace"),
            errors=errors.read().decode(errors="replace"),
        )


def fastest_of(times: int, command: Sequence[str], *, folder: Path | None = None, accepted: frozenset[int] = CLEAN) -> Measured:
    """Run a command several times and give the fastest run, because other load only ever adds time.

    A run that ends with a code outside ``accepted`` is given at once.
    """
    runs: list[Measured] = []
    for _ in range(times):
        measured = run(command, folder=folder)
        if measured.code not in accepted:
            return measured
        runs.append(measured)
    return min(runs, key=lambda measured: measured.seconds)


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Lay out rows in columns: the first to the left, the others to the right."""
    lines = [tuple(header), *(tuple(row) for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(header))]

    def laid_out(line: Sequence[str]) -> str:
        first, *others = (
            cell.rjust(width) if column else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        )
        return "  ".join((first, *others)).rstrip()

    return "\n".join((laid_out(lines[0]), "  ".join("-" * width for width in widths), *map(laid_out, lines[1:])))


def cause(errors: str) -> str:
    """Pick the line that says why a command failed: the exception of a traceback, else the message above the hints."""
    lines = [line.strip() for line in errors.splitlines() if line.strip()]
    raised = [line for line in lines if re.match(r"[\w.]+(Error|Exception)\b", line)]
    said = [line for line in lines if not line.startswith("hint:")]
    return (raised or said or ["-"])[-1]
