from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from measuring import corpus, fastest_of, last_line, run, table

if TYPE_CHECKING:
    from pathlib import Path


def test_a_run_gives_code_output_and_memory(tmp_path: Path) -> None:
    program = "import os, sys; print(os.getcwd()); sys.stderr.write('first\\nlast\\n'); sys.exit(3)"
    measured = run((sys.executable, "-c", program), folder=tmp_path)
    assert measured.code == 3
    assert measured.output.strip() == str(tmp_path)
    assert last_line(measured.errors) == "last"
    assert measured.seconds > 0
    assert measured.peak > 1


def test_a_failing_command_is_not_repeated(tmp_path: Path) -> None:
    program = "import pathlib, sys; pathlib.Path('runs').open('a').write('x'); sys.exit(1)"
    assert fastest_of(5, (sys.executable, "-W", "ignore", "-c", program), folder=tmp_path).code == 1
    assert (tmp_path / "runs").read_text(encoding="utf-8") == "x"


def test_a_table_lines_up() -> None:
    assert table(("name", "n"), (("a", "1"), ("longer", "100"))) == "name      n\n------  ---\na         1\nlonger  100"


def test_nothing_on_standard_error_is_a_dash() -> None:
    assert last_line(" \n") == "-"


def test_a_missing_corpus_says_which_option_names_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as leaving:
        corpus(tmp_path, "real")
    assert leaving.value.code == 2
    assert "--corpora" in capsys.readouterr().err
