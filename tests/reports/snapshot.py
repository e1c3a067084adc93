"""Snapshots: what a report looked like when somebody last looked at it.

To accept what the reports say now, run the tests with BREACHWAY_SNAPSHOTS=write and read the difference before committing it.
"""

from __future__ import annotations

import os
from pathlib import Path

FOLDER = Path(__file__).parent / "snapshots"


def assert_snapshot(name: str, text: str) -> None:
    """Compare ``text`` with the snapshot ``name``, or write it where the environment asks for that."""
    path = FOLDER / name
    if os.environ.get("BREACHWAY_SNAPSHOTS") == "write":
        FOLDER.mkdir(exist_ok=True)
        path.write_text(text, "utf-8", newline="\n")
    assert path.read_text("utf-8") == text, f"{path.name} differs; see tests/reports/snapshot.py"
