from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from measuring import cause, corpus, fastest_of, run, table

if TYPE_CHECKING:
    from pathlib import Path


def test_a_run_gives_code_output_and_memory(tmp_path: Path) -> None:
    program = "import os, sys; print(os.getcwd()); sys.stderr.write('first\\nlast\\n'); sys.exit(3)"
    measured = run((sys.executable, "-c", program), folder=tmp_path)
    assert measured.code == 3
    assert measured.output.strip() == str(tmp_path)
    assert cause(measured.errors) == "last"
    assert measured.seconds > 0
    assert measured.processor > 0
    assert measured.peak > 1


def test_a_failing_command_is_not_repeated(tmp_path: Path) -> None:
    program = "import pathlib, sys; pathlib.Path('runs').open('a').write('x'); sys.exit(1)"
    assert fastest_of(5, (sys.executable, "-W", "ignore", "-c", program), folder=tmp_path).code == 1
    assert (tmp_path / "runs").read_text(encoding="utf-8") == "x"


def test_a_table_lines_up() -> None:
    assert table(("name", "n"), (("a", "1"), ("longer", "100"))) == "name      n\n------  ---\na         1\nlonger  100"


def test_the_cause_is_the_exception_or_the_message_and_never_a_hint() -> None:
    traceback = (
        "Traceback (most recent call last):\n  File \"x.py\", line 1\nKeyError: 'a'\nprogram: this is a fault of the program\n"
    )
    assert cause(traceback) == "KeyError: 'a'"
    assert cause("program: nothing to read\n  hint: name a folder\n") == "program: nothing to read"
    assert cause(" \n") == "-"


def test_a_missing_corpus_says_which_option_names_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as leaving:
        corpus(tmp_path, "real")
    assert leaving.value.code == 2
    assert "--corpora" in capsys.readouterr().err
