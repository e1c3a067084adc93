"""The example in the README: what the command prints for the bundled shop, up to the end of its first path."""

from __future__ import annotations

import io
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from breachway.cli.main import run
from breachway.cli.streams import Streams

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

OPENING = "<!-- example-output: written by `breachway docs --write` -->"
CLOSING = "<!-- /example-output -->"
_COMMAND = ("model", "examples/shop")
_END_OF_PATH = "    → cut by"


def with_example(readme: str, root: Path) -> str:
    """The text of the README with the region between the two marks written anew; without the marks it stays as it is."""
    before, opening, rest = readme.partition(OPENING)
    _, closing, after = rest.partition(CLOSING)
    if not opening or not closing:
        return readme
    return f"{before}{OPENING}\n```\n$ breachway {' '.join(_COMMAND)}\n{_report(root)}```\n{CLOSING}{after}"


def _report(root: Path) -> str:
    out = io.StringIO()
    with _inside(root):
        run(_COMMAND, Streams(stdin=io.BytesIO(), stdout=out, stderr=out))
    shown: list[str] = []
    for line in out.getvalue().splitlines():
        shown.append(line)
        if line.startswith(_END_OF_PATH):
            break
    return "\n".join(shown) + "\n\n …\n"


@contextmanager
def _inside(folder: Path) -> Iterator[None]:
    """Stand in ``folder`` for a while: labels of documents are paths as the user types them."""
    here = os.getcwd()  # noqa: PTH109 - what chdir takes back
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(here)
