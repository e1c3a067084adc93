from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
PROGRAM = """
import hashlib
from breachway.reports import html, json_v1, markdown, sarif, terminal
from tests.reports.fixture import ASSESSMENT, CLEAN
for assessment in (ASSESSMENT, CLEAN):
    for room in (html, json_v1, markdown, sarif, terminal):
        print(room.__name__, hashlib.sha256(room.render(assessment).encode()).hexdigest())
"""


def digests(seed: str) -> str:
    environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join((str(ROOT / "src"), str(ROOT)))}
    return subprocess.run([sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True, check=True).stdout


def test_every_format_has_the_same_bytes_under_any_hash_seed() -> None:
    first = digests("1")
    assert len(first.splitlines()) == 10
    assert digests("4242") == first
