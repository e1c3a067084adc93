from __future__ import annotations

import subprocess
import sys

import pytest

import breachway as package
from breachway.cli.exit_codes import ExitCode
from tests.cli.given import breachway


def test_version() -> None:
    assert breachway("--version") == (ExitCode.CLEAN, f"breachway {package.__version__}\n", "")


def test_without_a_command_the_help_is_shown_and_the_code_is_usage() -> None:
    outcome = breachway()
    assert outcome.code is ExitCode.USAGE
    assert "examples:" in outcome.out


@pytest.mark.parametrize("command", ["model", "explain", "docs", "lang", "schema"])
def test_every_command_has_help_with_examples(command: str) -> None:
    outcome = breachway(command, "--help")
    assert outcome.code is ExitCode.CLEAN
    assert "examples:" in outcome.out
    assert outcome.err == ""


@pytest.mark.parametrize(
    "arguments",
    [
        ("nonsense",),
        ("model",),
        ("model", ".", "--format", "pdf"),
        ("model", ".", "--fail-on", "bad"),
        ("lang", "paint"),
        ("--nonsense",),
    ],
)
def test_mistakes_in_usage_are_said_with_a_hint(arguments: tuple[str, ...]) -> None:
    outcome = breachway(*arguments)
    assert outcome.code is ExitCode.USAGE
    assert outcome.err.startswith("breachway: ")
    assert "hint: breachway" in outcome.err
    assert outcome.out == ""


def test_the_exit_codes_are_those_of_the_documentation() -> None:
    assert {code.name: code.value for code in ExitCode} == {
        "CLEAN": 0,
        "GATE_FAILED": 1,
        "USAGE": 2,
        "NOTHING_TO_READ": 3,
        "UNREADABLE_INPUT": 4,
        "INTERNAL": 70,
        "INTERRUPTED": 130,
    }


def test_the_public_names_are_pinned_and_all_load() -> None:
    assert package.__all__ == [
        "BreachwayError",
        "__version__",
        "assess",
        "build_model",
        "load_language",
        "read",
        "read_configuration",
    ]
    assert all(getattr(package, name) is not None for name in package.__all__)
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        _ = package.nonsense


def test_starting_imports_no_room_below_the_command_line() -> None:
    script = (
        "import sys; from breachway.cli.main import run; "
        "print(sorted(m for m in sys.modules if m.startswith(('breachway.', 'numpy', 'yaml', 'jinja2'))))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert eval(done.stdout) == [  # noqa: S307 - a list of names that this test printed itself
        "breachway.cli",
        "breachway.cli.exit_codes",
        "breachway.cli.main",
        "breachway.cli.streams",
        "breachway.errors",
    ]
