"""The rules of the house that no tool checks: what is in the tree, and how the project files agree with each other."""

from __future__ import annotations

import ast
import io
import json
import re
import subprocess
import tokenize
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

import breachway
from breachway.cli.exit_codes import ExitCode
from breachway.sources.configuration.reader import read_configuration

ROOT = Path(__file__).parent.parent
MADE = {".git", ".venv", "build", "dist", ".mypy_cache", ".pytest_cache", ".ruff_cache", ".import_linter_cache", ".hypothesis"}
BINARY = {".png", ".pyc", ".so", ".gz", ".tar"}
VAGUE_NAMES = {"utils", "util", "helpers", "helper", "common", "misc", "manager", "managers"}
MODULE_LIMIT = 400


def project_files() -> tuple[Path, ...]:
    return tuple(
        path
        for path in sorted(ROOT.rglob("*"))
        if path.is_file()
        and not MADE.intersection(path.relative_to(ROOT).parts)
        and "__pycache__" not in path.parts
        and not any(part.endswith(".egg-info") for part in path.parts)
        and path.suffix not in BINARY
        and not path.name.startswith(".coverage")
    )


def python_files() -> tuple[Path, ...]:
    return tuple(path for path in project_files() if path.suffix == ".py")


def label(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def settings() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def comments(text: str) -> tuple[tuple[int, str], ...]:
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    return tuple((token.start[0], token.string) for token in tokens if token.type == tokenize.COMMENT)


def test_every_project_file_is_utf_8() -> None:
    for path in project_files():
        path.read_text(encoding="utf-8")


def test_what_sets_the_project_up_names_no_package_registry() -> None:
    # Spelled so that this file does not match itself.  The code may know registries: it reads about them.
    hosts = re.compile(r"pythonhosted" + r"\.|pypi" + r"\.org|npmjs" + r"\.org|--(extra-)?index-" + "url")
    code = {ROOT / "src", ROOT / "tests"}
    files = [path for path in project_files() if not code.intersection(path.parents)]
    assert [label(path) for path in files if hosts.search(path.read_text(encoding="utf-8"))] == []


def test_no_module_is_longer_than_the_limit_or_vaguely_named() -> None:
    for path in python_files():
        assert path.stem not in VAGUE_NAMES, label(path)
        if not path.is_relative_to(ROOT / "tests"):
            assert len(path.read_text(encoding="utf-8").splitlines()) <= MODULE_LIMIT, label(path)


def test_no_comment_puts_work_off_or_silences_a_checker() -> None:
    banned = re.compile(r"#\s*(TODO|FIXME|XXX|HACK|type:\s*ignore|pragma:)|noqa(?!: [A-Z]+\d+)")
    found = [
        f"{label(path)}:{line}: {text}"
        for path in python_files()
        for line, text in comments(path.read_text(encoding="utf-8"))
        if banned.search(text)
    ]
    assert found == []


def test_every_suppressed_lint_says_why() -> None:
    bare = re.compile(r"noqa: [A-Z0-9, ]+$")
    found = [
        f"{label(path)}:{line}: {text}"
        for path in python_files()
        for line, text in comments(path.read_text(encoding="utf-8"))
        if bare.search(text)
    ]
    assert found == []


def test_nothing_is_left_unimplemented_and_no_test_is_skipped() -> None:
    names = {"NotImplementedError", "skip", "skipif", "xfail", "importorskip"}
    found = [
        f"{label(path)}:{node.lineno}"
        for path in python_files()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if (isinstance(node, ast.Name) and node.id == "NotImplementedError")
        or (isinstance(node, ast.Attribute) and node.attr in names and ast.unparse(node).startswith(("pytest.", "unittest.")))
    ]
    assert found == []


def test_importing_a_module_does_nothing() -> None:
    allowed = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef, ast.Assign, ast.AnnAssign, ast.If)
    found = [
        f"{label(path)}:{node.lineno}"
        for path in python_files()
        if path.is_relative_to(ROOT / "src")
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if not isinstance(node, allowed) and not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
    ]
    assert found == []


def test_every_lint_rule_that_is_off_says_why() -> None:
    lines = (ROOT / "pyproject.toml").read_text(encoding="utf-8").splitlines()
    codes = [line for line in lines if re.match(r'\s+"[A-Z]+[0-9]+",', line)]
    assert len(codes) > 10
    assert [line for line in codes if "# " not in line] == []


def test_what_the_package_needs_at_run_time_is_what_was_agreed() -> None:
    names = {re.split(r"[<>=]", dependency)[0] for dependency in settings()["project"]["dependencies"]}
    assert names == {"PyYAML", "cffi", "dockerfile", "pathspec", "Jinja2", "numpy", "scipy"}


@pytest.mark.parametrize("name", ["build", "runtime", "dev"])
def test_a_lock_file_pins_everything_with_hashes_and_names_no_host(name: str) -> None:
    text = (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")
    assert "://" not in text
    for requirement in text.replace("\\\n", " ").splitlines():
        assert re.match(r"[a-z0-9.-]+==[^ ]+ ", requirement), requirement
        assert "--hash=sha256:" in requirement


def test_the_lock_files_hold_every_dependency_that_is_declared() -> None:
    project = settings()["project"]
    locked = {
        name: {
            line.split("==")[0]
            for line in (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8").splitlines()
            if "==" in line
        }
        for name in ("runtime", "dev")
    }
    declared = {"runtime": project["dependencies"], "dev": [*project["dependencies"], *project["optional-dependencies"]["dev"]]}
    for name, dependencies in declared.items():
        wanted = {re.split(r"[<>=\[]", dependency)[0].lower() for dependency in dependencies} - {"breachway"}
        assert wanted <= locked[name]
    assert locked["runtime"] <= locked["dev"]


def test_the_version_has_a_place_in_the_changelog() -> None:
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert f"## [{breachway.__version__}]" in changes or "## [Unreleased]" in changes


def test_the_scripts_of_the_house_are_valid_shell_and_executable() -> None:
    scripts = sorted((ROOT / ".ci").iterdir())
    assert "run" in {script.name for script in scripts}
    for script in scripts:
        assert script.stat().st_mode & 0o111, script.name
        assert "set -euo pipefail" in script.read_text(encoding="utf-8")
        subprocess.run(["bash", "-n", str(script)], check=True)


def test_a_missing_or_old_python_is_named_with_a_hint(tmp_path: Path) -> None:
    old = tmp_path / "python-old"
    old.write_text('#!/bin/sh\n[ "$1" = --version ] && echo Python 3.9.2 && exit 0\nexit 1\n', encoding="utf-8")
    old.chmod(0o755)
    for python, told in (("no-such-python", "is not there"), (str(old), "Python 3.9.2")):
        done = subprocess.run(
            [str(ROOT / ".ci" / "venv"), python, str(tmp_path / "venv")], check=False, capture_output=True, text=True
        )
        assert done.returncode == 1
        assert told in done.stderr
        assert "hint:" in done.stderr
        assert not (tmp_path / "venv").exists()


def test_the_exit_codes_in_the_readme_are_those_of_the_command() -> None:
    rows = re.findall(r"^\| (\d+) \|", (ROOT / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert [int(row) for row in rows] == sorted(ExitCode)


def test_the_configuration_in_the_readme_and_the_examples_is_understood() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```yaml\n(.*?)```", readme, re.DOTALL)
    assert len(blocks) == 1
    texts = blocks + [path.read_text(encoding="utf-8") for path in sorted((ROOT / "examples").glob("*/breachway.yaml"))]
    for text in texts:
        assert read_configuration(text, "breachway.yaml").kubernetes.version == "1.31"


def test_every_command_in_the_readme_exists() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    named = set(re.findall(r"breachway (?!model PATH)([a-z]+)", readme)) & {
        "model",
        "explain",
        "docs",
        "lang",
        "schema",
        "fix",
        "diff",
    }
    assert named <= {path.stem for path in (ROOT / "src" / "breachway" / "cli").glob("*.py")}


def test_make_knows_its_targets() -> None:
    # -n prints what would be run; "help" needs nothing installed.
    done = subprocess.run(["make", "-s", "help"], cwd=ROOT, check=True, capture_output=True, text=True)
    assert {"demo", "check", "format", "bench"} <= {line.split()[0] for line in done.stdout.splitlines() if line.split()}


def test_links_between_the_documents_lead_somewhere() -> None:
    pages = [*ROOT.glob("*.md"), *(ROOT / "examples").rglob("*.md"), ROOT / "docs" / "architecture.md"]
    for page in pages:
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{label(page)} -> {target}"


def test_the_examples_are_well_formed_and_hold_what_their_pages_speak_of() -> None:
    examples = ROOT / "examples"
    for path in sorted(examples.rglob("*.yaml")):
        assert [document for document in yaml.safe_load_all(path.read_text(encoding="utf-8")) if document], label(path)
    for path in sorted(examples.rglob("*.json")):
        assert json.loads(path.read_text(encoding="utf-8")), label(path)
    for page in examples.glob("*/README.md"):
        for name in re.findall(r"`([\w./-]+(?:\.ya?ml|/|file|\.env))`", page.read_text(encoding="utf-8")):
            assert (page.parent / name).exists(), f"{label(page)}: {name}"
