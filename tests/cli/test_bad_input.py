"""Bad input at the command line: one clear line with a hint, nothing lost, and the rest still modelled."""

from __future__ import annotations

import errno
import io
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from breachway.cli import model as model_command
from breachway.cli.exit_codes import ExitCode
from breachway.cli.main import run
from breachway.cli.streams import Streams
from breachway.sources import reading, tree_building
from breachway.sources.problems import MOST_LISTED
from tests.cli.given import breachway

if TYPE_CHECKING:
    from typing import NoReturn

GOOD = """\
apiVersion: v1
kind: Pod
metadata: {name: good, namespace: shop}
spec:
  containers:
    - {name: app, image: "app:1"}
"""
GOOD_ID = "kubernetes:KubernetesWorkload:shop/Pod/good"
SHOP = Path(__file__).parents[2] / "examples" / "shop"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with one good manifest, which is the current one: labels are names in it."""
    (tmp_path / "good.yaml").write_text(GOOD)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def report(*paths: str, stdin: bytes = b"") -> dict[str, Any]:
    outcome = breachway("model", *paths, "--format", "json", stdin=stdin)
    assert outcome.code is ExitCode.CLEAN, outcome.err
    document: dict[str, Any] = json.loads(outcome.out)
    return document


def unread(*paths: str) -> list[dict[str, Any]]:
    """What was not understood; the good manifest was modelled all the same."""
    document = report(*(paths or (".",)))
    assert GOOD_ID in {asset["id"] for asset in document["assets"]}
    problems: list[dict[str, Any]] = document["unread"]
    assert all(problem["reason"] and "\n" not in problem["reason"] for problem in problems)
    return problems


def the_problem(*paths: str) -> dict[str, Any]:
    (problem,) = unread(*paths)
    return problem


def one_error(err: str) -> tuple[str, str]:
    """The message and the hint, which are all that was said."""
    message, hint = err.splitlines()
    assert message.startswith("breachway: ")
    assert hint.startswith("  hint: ")
    return message.removeprefix("breachway: "), hint.removeprefix("  hint: ")


# -------------------------------------------------------------------------------------------------------------- files as such


@pytest.mark.parametrize(
    "arguments, message, hint",
    [
        (("goot.yaml",), "goot.yaml: no such file or folder", "did you mean good.yaml?"),
        (("nowhere",), "nowhere: no such file or folder", "the current folder holds no name like it"),
        (("none/at/all",), "none/at/all: no such file or folder", "nor is there a folder none/at"),
        (("good.yaml/x",), "good.yaml/x: no such file or folder", "nor is there a folder good.yaml"),
        (("good.yaml", "goot.yaml"), "goot.yaml: no such file or folder", "did you mean good.yaml?"),
        (("one", "good.yaml", "two"), "one: no such file or folder; and 1 more of the paths", "the current folder holds"),
        (("",), "an empty path", "The current folder is ."),
        (("a\0b",), "not a path", "NUL"),
    ],
)
@pytest.mark.usefixtures("folder")
def test_a_missing_path(arguments: tuple[str, ...], message: str, hint: str) -> None:
    outcome = breachway("model", *arguments)
    assert outcome.code is ExitCode.UNREADABLE_INPUT
    assert outcome.out == ""
    said, advice = one_error(outcome.err)
    assert message in said
    assert hint in advice


def test_an_empty_folder(folder: Path) -> None:
    (folder / "empty").mkdir()
    outcome = breachway("model", "empty")
    assert outcome.code is ExitCode.NOTHING_TO_READ
    message, hint = one_error(outcome.err)
    assert message == "nothing that can be modelled in empty"
    assert "Kubernetes manifests" in hint


@pytest.mark.parametrize(
    "name, data, line, column, reason",
    [
        ("binary.yaml", bytes(range(256)) * 16, 0, 0, "it is a binary file"),
        ("latin.yaml", b"kind: Pod\nname: caf\xe9\n", 0, 0, "it is not UTF-8 text (byte 20, line 2)"),
        ("broken.yaml", b"kind: Pod\nspec: a: b\n", 2, 8, "a second ': ' on one line"),
        ("open.yaml", b"kind: [Pod\n", 2, 1, "a list in brackets is not closed, or a comma is missing (begun on line 1)"),
        ("tab.yaml", b"kind: Pod\nspec:\n\tcontainers: []\n", 3, 1, "a tab cannot indent YAML"),
        ("flow.yaml", b"[" * 50_000, 1, 201, "nested more than 200 levels deep"),
        ("braces.yaml", b"{a: " * 50_000, 1, 801, "nested more than 200 levels deep"),
        ("block.yaml", b"- " * 50_000, 1, 401, "nested more than 200 levels deep"),
        ("lists.json", b"[" * 50_000, 1, 201, "nested more than 200 levels deep"),
        ("objects.json", b'{"a":' * 50_000, 1, 1001, "nested more than 200 levels deep"),
        ("cut.json", b'{"kind": "Pod", ', 1, 17, 'the text ends before "}"'),
        ("comment.json", b'{\n  // no\n  "kind": "Pod"}', 2, 3, "JSON has no comments"),
        ("tags.yaml", b"".join(b"%%TAG !%d! x\n" % n for n in range(200)) + b"--- a\n", 1, 1, "more than 100 %TAG directives"),
    ],
)
def test_a_file_that_cannot_be_read(folder: Path, name: str, data: bytes, line: int, column: int, reason: str) -> None:
    (folder / name).write_bytes(data)
    problem = the_problem()
    assert (problem["document"], problem["line"], problem["column"]) == (name, line, column)
    assert problem["reason"] == reason
    assert problem["severity"] == "file"
    assert problem["hint"]
    named = breachway("model", "good.yaml", name)
    assert named.code is ExitCode.CLEAN
    place = f"{name}:{line}:{column}" if line else name
    assert named.err.startswith(f"breachway: {place}: {reason} (not modelled, the rest is)\n")
    alone = breachway("model", name)
    assert alone.code is ExitCode.NOTHING_TO_READ
    assert alone.err.startswith(f"breachway: {place}: nothing that can be modelled: {reason}\n")


def test_duplicate_keys_name_both_lines(folder: Path) -> None:
    (folder / "twice.yaml").write_text("apiVersion: v1\nkind: Service\nmetadata: {name: s}\nspec: {}\nkind: Service\n")
    problem = the_problem()
    assert (problem["line"], problem["column"], problem["severity"]) == (5, 1, "field")
    assert problem["reason"] == 'the key "kind" stands here again, first on line 2; the last one counts'
    assert problem["hint"] == "keep one of them"


def test_an_alias_bomb(folder: Path) -> None:
    levels = (f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 10)}]\n" for level in range(1, 12))
    (folder / "bomb.yaml").write_text("a0: &a0 [x, x]\n" + "".join(levels))
    problem = the_problem()
    assert problem["line"] > 1
    assert problem["reason"] == "its aliases stand for more than 1,000,000 nodes"
    assert problem["hint"]


def test_a_file_of_too_many_values(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tree_building, "MOST_NODES", 1000)
    (folder / "dense.yaml").write_text("- a\n" * 1001)
    (folder / "dense.json").write_text("[" + "{}," * 300 + "{}]")
    for problem in unread():
        assert problem["line"] > 0
        assert problem["reason"] == "it holds more than 1,000 keys and values"
        assert problem["hint"].startswith("split it")


def test_too_many_objects(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MOST_OBJECTS", 3)
    more = "".join(f"---\napiVersion: v1\nkind: Secret\nmetadata: {{name: s{number}}}\n" for number in range(5))
    (folder / "more.yaml").write_text(more)
    problems = unread()
    assert problems[0]["line"] > 1
    assert "objects in all; those from here on were left out" in problems[0]["reason"]


def test_a_flood_of_complaints_is_counted(folder: Path) -> None:
    wrong = ", ".join(["1"] * 5000)
    (folder / "wrong.yaml").write_text(f"apiVersion: v1\nkind: Pod\nmetadata: {{name: w}}\nspec: {{containers: [{wrong}]}}\n")
    problems = unread()
    assert len(problems) == MOST_LISTED + 1
    assert problems[0]["reason"] == "3,000 more problems like those listed"


def test_a_file_of_200_mb_is_refused_by_its_size(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with (folder / "big.yaml").open("wb") as file:
        file.truncate(200 * 1024 * 1024)
    opened: list[str] = []
    true_open = os.open

    def watch(path: str, *rest: int) -> int:
        opened.append(os.fspath(path))
        return true_open(path, *rest)

    monkeypatch.setattr(os, "open", watch)
    problem = the_problem()
    assert problem["document"] == "big.yaml"
    assert problem["reason"] == "it has 200 MiB; the limit is 64 MiB a file"
    assert "split it" in problem["hint"]
    assert [Path(path).name for path in opened if path.endswith(".yaml")] == ["good.yaml"]


def test_links_in_a_circle(folder: Path) -> None:
    (folder / "self.yaml").symlink_to("self.yaml")
    (folder / "inner").mkdir()
    (folder / "inner" / "up").symlink_to("..")
    problem = the_problem()
    assert problem["document"] == "self.yaml"
    assert problem["reason"] == "it is a link to nothing that can be read"
    outcome = breachway("model", "self.yaml")
    assert outcome.code is ExitCode.UNREADABLE_INPUT
    assert one_error(outcome.err) == ("self.yaml: a symbolic link that leads back to itself", "name what it should lead to")


def test_a_file_without_permission(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "secret.yaml").write_text(GOOD)
    true_open = os.open

    def refuse(path: str, *rest: int) -> int:
        if os.fspath(path).endswith("secret.yaml"):
            raise PermissionError(errno.EACCES, "Permission denied")
        return true_open(path, *rest)

    monkeypatch.setattr(os, "open", refuse)
    problem = the_problem()
    assert (problem["document"], problem["reason"]) == ("secret.yaml", "no permission to read it")
    assert problem["hint"] == "check its permissions"


def test_a_folder_without_permission(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "closed").mkdir()
    true_scandir = os.scandir

    def refuse(path: str | Path) -> os._ScandirIterator[str]:
        if Path(path).name == "closed":
            raise PermissionError(errno.EACCES, "Permission denied")
        return true_scandir(os.fspath(path))

    monkeypatch.setattr(os, "scandir", refuse)
    problem = the_problem()
    assert (problem["document"], problem["severity"]) == ("closed", "file")
    assert problem["reason"] == "the folder was not read: no permission to read it"


def test_a_named_pipe_is_not_waited_for(folder: Path) -> None:
    os.mkfifo(folder / "pipe.yaml")
    problem = the_problem()
    assert problem["reason"] == "it is a named pipe, not a file; it was not opened"
    outcome = breachway("model", "pipe.yaml")
    assert outcome.code is ExitCode.NOTHING_TO_READ
    assert "pipe it into -" in outcome.err


# --------------------------------------------------------------------------------------------------------------- what they say


def test_fields_of_the_wrong_type(folder: Path) -> None:
    (folder / "wrong.yaml").write_text(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: wrong, namespace: shop, labels: [a]}\n"
        "spec:\n  replicas: many\n  template:\n    spec:\n      hostPID: 'true'\n      containers:\n"
        "        - name: app\n          image: {a: b}\n          securityContext: yes\n          ports: 80\n        - just text\n"
    )
    problems = {problem["pointer"]: problem for problem in unread()}
    assert set(problems) == {
        "/metadata/labels",
        "/spec/replicas",
        "/spec/template/spec/hostPID",
        "/spec/template/spec/containers/0/image",
        "/spec/template/spec/containers/0/securityContext",
        "/spec/template/spec/containers/0/ports",
        "/spec/template/spec/containers/1",
    }
    assert all(problem["severity"] == "field" and problem["line"] > 2 for problem in problems.values())
    assert problems["/spec/template/spec/hostPID"]["hint"] == "remove the quotes"
    assert problems["/spec/replicas"]["reason"] == 'expected a whole number, found "many"'
    document = report(".")
    assert "kubernetes:KubernetesWorkload:shop/Deployment/wrong" in {asset["id"] for asset in document["assets"]}


@pytest.mark.parametrize("written", ["kind: [Pod]", "kind: Pod\nmetadata: name", "kind: 12\nmetadata: []"])
def test_an_object_that_cannot_be_one_is_left_out(folder: Path, written: str) -> None:
    (folder / "odd.yaml").write_text(f"apiVersion: v1\n{written}\n")
    problem = the_problem()
    assert problem["document"] == "odd.yaml"
    assert problem["line"] > 0


@pytest.mark.parametrize("image", ["${a:-" * 50_000, "${a:-" * 50_000 + "}" * 50_000])
def test_variables_nested_without_end(folder: Path, image: str) -> None:
    (folder / "compose.yaml").write_text(f"services:\n  web: {{image: '{image}'}}\n")
    problem = the_problem()
    assert (problem["document"], problem["pointer"], problem["severity"]) == ("compose.yaml", "/services/web/image", "field")
    assert problem["hint"] == "write $$ for a dollar sign"


def test_two_objects_with_one_name(folder: Path) -> None:
    (folder / "other.yaml").write_text(f"# again\n{GOOD}")
    problem = the_problem()
    assert (problem["document"], problem["line"], problem["severity"]) == ("other.yaml", 2, "object")
    assert "Pod shop/good" in problem["reason"]
    assert "good.yaml:1" in problem["reason"]
    assert problem["hint"]


HOSTILE = '"<img src=x onerror=alert(1)>\\e]0;own\\a\\e[2J\\u202e`|@all"'


@pytest.mark.parametrize("kind", ["terminal", "html", "markdown", "json", "sarif"])
def test_names_that_attack_the_reader(folder: Path, kind: str) -> None:
    (folder / "hostile.yaml").write_text(GOOD.replace("good", HOSTILE).replace("app,", f"{HOSTILE},"))
    (folder / "<b>\x1b[31m.yaml").write_text("a: b: c\n")
    outcome = breachway("model", ".", "--format", kind)
    assert outcome.code is ExitCode.CLEAN
    assert "\x1b" not in outcome.out
    assert "\x07" not in outcome.out
    if kind in {"terminal", "html", "markdown"}:
        assert "\u202e" not in outcome.out
    if kind in {"html", "markdown"}:
        assert "<img src=x" not in outcome.out
        assert "<b>\\x1b" not in outcome.out


# --------------------------------------------------------------------------------------------------------------- standard input


def test_standard_input_that_is_empty() -> None:
    outcome = breachway("model", "-")
    assert outcome.code is ExitCode.NOTHING_TO_READ
    message, hint = one_error(outcome.err)
    assert message == "standard input: nothing that can be modelled: it is empty"
    assert "kubectl get" in hint


def test_standard_input_that_is_broken_beside_a_good_file(folder: Path) -> None:
    assert (folder / "good.yaml").exists()
    outcome = breachway("model", "good.yaml", "-", "--format", "json", stdin=b"kind: Pod\n\tspec: {}\n")
    assert outcome.code is ExitCode.CLEAN
    assert GOOD_ID in outcome.out
    message, hint = one_error(outcome.err)
    assert message.startswith("standard input:2:1: a tab cannot indent YAML")
    assert hint == "replace the tab by spaces"


class _Unreadable(io.BytesIO):
    def read(self, _size: int | None = -1, /) -> bytes:
        raise IsADirectoryError(errno.EISDIR, "Is a directory")


def test_standard_input_that_cannot_be_read() -> None:
    err = io.StringIO()
    code = run(["model", "-"], Streams(stdin=_Unreadable(), stdout=io.StringIO(), stderr=err))
    assert code is ExitCode.NOTHING_TO_READ
    message, _ = one_error(err.getvalue())
    assert message == "standard input: nothing that can be modelled: it cannot be read: is a directory"


@pytest.mark.parametrize(
    "redirection, arguments, code, words",
    [
        ("<&-", "model -", ExitCode.NOTHING_TO_READ, "it is closed"),
        (">&-", "--version", ExitCode.INTERNAL, "cannot write to the standard output: it is closed"),
        (">/dev/full", "--version", ExitCode.INTERNAL, "cannot write to the standard output: No space left on device"),
    ],
)
def test_streams_that_the_shell_closed_or_filled(redirection: str, arguments: str, code: ExitCode, words: str) -> None:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    script = f'"$0" -m breachway {arguments} {redirection}'
    done = subprocess.run(["sh", "-c", script, sys.executable], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == code
    message, _ = one_error(done.stderr)
    assert words in message


# ---------------------------------------------------------------------------------------------------------------------- output


class _Full(io.StringIO):
    def write(self, _text: str, /) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")


class _Gone(io.StringIO):
    def write(self, _text: str, /) -> int:
        raise BrokenPipeError(errno.EPIPE, "Broken pipe")


@pytest.mark.usefixtures("folder")
def test_a_full_standard_output() -> None:
    err = io.StringIO()
    code = run(["model", "good.yaml"], Streams(stdin=io.BytesIO(), stdout=_Full(), stderr=err))
    assert code is ExitCode.INTERNAL
    assert one_error(err.getvalue())[0] == "cannot write to the standard output: No space left on device"


@pytest.mark.usefixtures("folder")
def test_errors_are_no_less_errors_when_nobody_can_be_told() -> None:
    assert run(["model", "nowhere"], Streams(stdin=io.BytesIO(), stdout=io.StringIO(), stderr=_Full())) == 4


def test_a_reader_that_leaves_early_neither_fails_the_run_nor_opens_the_gate(folder: Path) -> None:
    streams = Streams(stdin=io.BytesIO(), stdout=_Gone(), stderr=io.StringIO())
    assert run(["model", "good.yaml"], streams) is ExitCode.CLEAN
    out = str(folder / "a.json")
    arguments = [
        "model",
        str(SHOP),
        "--format",
        "terminal",
        "--format",
        "json",
        "--output",
        "-",
        "--output",
        out,
        "--fail-on",
        "low",
    ]
    assert run(arguments, streams) is ExitCode.GATE_FAILED
    assert json.loads(Path(out).read_text())["schema"] == "breachway.report/1"
    assert run(["schema", "report"], streams) is ExitCode.CLEAN


def test_head_ends_the_pipe_in_silence() -> None:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    script = '"$0" -m breachway schema report | head -1'
    done = subprocess.run(["sh", "-c", script, sys.executable], env=environment, capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("{\n", "")


@pytest.mark.parametrize(
    "output, words, advice",
    [
        ("/dev/full", "cannot write /dev/full: No space left on device", "free some space"),
        ("good.yaml/report.json", "cannot write good.yaml/report.json: ", "choose another --output"),
        ("good.yaml/", "cannot write good.yaml/report.json: ", "choose another --output"),
        ("a\0b", "embedded null byte", "choose another --output"),
    ],
)
@pytest.mark.usefixtures("folder")
def test_an_output_that_cannot_be_written(output: str, words: str, advice: str) -> None:
    outcome = breachway("model", "good.yaml", "--format", "json", "--output", output)
    assert outcome.code is ExitCode.INTERNAL
    message, hint = one_error(outcome.err)
    assert words in message
    assert advice in hint


def test_an_output_folder_without_permission(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(**_: object) -> NoReturn:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr("tempfile.mkstemp", refuse)
    outcome = breachway("model", "good.yaml", "--format", "json", "--output", "report.json")
    assert outcome.code is ExitCode.INTERNAL
    assert one_error(outcome.err) == (
        "cannot write report.json: Permission denied",
        "check the permissions of the folder, or choose another --output",
    )
    assert [path.name for path in folder.iterdir()] == ["good.yaml"]


@pytest.mark.parametrize("failing", ["fsync", "replace"])
def test_a_disk_that_fills_up_leaves_the_old_report(folder: Path, monkeypatch: pytest.MonkeyPatch, failing: str) -> None:
    (folder / "report.html").write_text("of yesterday")

    def full(*_: object) -> NoReturn:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os if failing == "fsync" else Path, failing, full)
    outcome = breachway("model", "good.yaml", "--format", "html", "--output", "report.html")
    assert outcome.code is ExitCode.INTERNAL
    assert one_error(outcome.err)[0] == "cannot write report.html: No space left on device"
    assert (folder / "report.html").read_text() == "of yesterday"
    assert sorted(path.name for path in folder.iterdir()) == ["good.yaml", "report.html"]


def test_a_report_keeps_the_link_and_the_permissions_of_the_old_one(folder: Path) -> None:
    (folder / "store").mkdir()
    (folder / "store" / "real.json").write_text("{}")
    (folder / "store" / "real.json").chmod(0o600)
    (folder / "link.json").symlink_to("store/real.json")
    assert breachway("model", "good.yaml", "--format", "json", "--output", "link.json").code is ExitCode.CLEAN
    assert (folder / "link.json").is_symlink()
    assert (folder / "store" / "real.json").stat().st_mode & 0o777 == 0o600
    assert GOOD_ID in (folder / "store" / "real.json").read_text()


@pytest.mark.usefixtures("folder")
def test_two_formats_on_one_file() -> None:
    both = ("--format", "json", "--format", "html", "--output", "a", "--output", "a")
    outcome = breachway("model", "good.yaml", *both)
    assert outcome.code is ExitCode.USAGE
    assert one_error(outcome.err)[0] == "two formats go to one --output"


# ------------------------------------------------------------------------------------------------------------------ the process


def test_an_interrupted_run_says_so(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object, **__: object) -> NoReturn:
        raise KeyboardInterrupt

    monkeypatch.setattr(model_command, "_rendered", interrupt)
    outcome = breachway("model", "good.yaml", "--format", "json", "--output", "report.json")
    assert outcome.code is ExitCode.INTERRUPTED
    assert one_error(outcome.err)[0] == "interrupted; no half-written report is left"
    assert [path.name for path in folder.iterdir()] == ["good.yaml"]


def test_an_interrupt_while_a_report_is_written_leaves_none(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(_descriptor: int) -> NoReturn:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupt)
    outcome = breachway("model", "good.yaml", "--format", "json", "--output", "report.json")
    assert outcome.code is ExitCode.INTERRUPTED
    assert [path.name for path in folder.iterdir()] == ["good.yaml"]


def test_ctrl_c_ends_the_process_with_one_line() -> None:
    """The process waits for its standard input, which never comes; then it is interrupted."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    script = (
        "import signal, sys\n"
        "from breachway.cli.main import main\n"
        "from breachway.sources import reading\n"
        "def waiting(stdin):\n"
        "    signal.raise_signal(signal.SIGINT)\n"
        "reading.standard_input = waiting\n"
        "sys.argv = ['breachway', 'model', '-']\n"
        "sys.exit(main())\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False
    )
    assert done.returncode == ExitCode.INTERRUPTED == 128 + signal.SIGINT
    assert one_error(done.stderr)[0] == "interrupted; no half-written report is left"


def test_a_machine_without_memory(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def exhaust(*_: object, **__: object) -> NoReturn:
        raise MemoryError

    monkeypatch.setattr(model_command, "_rendered", exhaust)
    outcome = breachway("model", str(folder))
    assert outcome.code is ExitCode.INTERNAL
    assert one_error(outcome.err)[0] == "out of memory"


# ------------------------------------------------------------------------------------------------------------ the configuration


@pytest.mark.parametrize(
    "text, place, message, hint",
    [
        ("a: [\n", ":2:1", "a value is missing here, or a bracket is not closed", "close the bracket"),
        ("kubernetes: {}\ncrown_jewel: []\n", ":2:1", 'unknown key "crown_jewel"', "did you mean crown_jewels?"),
        ("- a\n", ":1:1", "expected a mapping, found a list", "for example "),
        ("crown_jewels:\n  - asset: x\n    value: much\n", ":3:5", 'expected a whole number from 1 to 10, found "much"', "8"),
        ("kubernetes: {}\nkubernetes: {}\n", ":2:1", 'the key "kubernetes" stands here again', "keep one of them"),
        ("\tkubernetes: {}\n", ":1:1", "a tab cannot indent YAML", "replace the tab by spaces"),
    ],
)
def test_a_configuration_with_an_error(folder: Path, text: str, place: str, message: str, hint: str) -> None:
    (folder / "my.yaml").write_text(text)
    outcome = breachway("model", "good.yaml", "--config", "my.yaml")
    assert outcome.code is ExitCode.USAGE
    said, advice = one_error(outcome.err)
    assert said.startswith(f"my.yaml{place}: {message}")
    assert hint in advice


@pytest.mark.parametrize(
    "name, message",
    [
        ("goot.yaml", "goot.yaml: no such file or folder"),
        (".", ".: it is a folder, not a file; it was not opened"),
        ("binary", "binary: it is a binary file"),
    ],
)
def test_a_configuration_that_is_none(folder: Path, name: str, message: str) -> None:
    (folder / "binary").write_bytes(bytes(64))
    outcome = breachway("model", "good.yaml", "--config", name)
    assert outcome.code is ExitCode.UNREADABLE_INPUT
    assert one_error(outcome.err)[0] == message


@pytest.mark.parametrize(
    "arguments, message, hint",
    [
        (("modle", "."), "there is no command modle", "did you mean breachway model?"),
        (("zebra",), "there is no command zebra", "breachway --help lists model, "),
        (("explain", " "), "an empty id", "breachway explain A1"),
        (("model", ".", "--format", "json", "--output", "a", "--output", "b"), "1 format and 2 outputs", "one --output for each"),
    ],
)
def test_usage(arguments: tuple[str, ...], message: str, hint: str) -> None:
    outcome = breachway(*arguments)
    assert outcome.code is ExitCode.USAGE
    said, advice = one_error(outcome.err)
    assert said == message
    assert hint in advice
