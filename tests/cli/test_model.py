from __future__ import annotations

import errno
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from breachway.cli.exit_codes import ExitCode
from tests.cli.given import breachway

if TYPE_CHECKING:
    import pytest

SHOP = str(Path(__file__).parents[2] / "examples" / "shop")
QUIET = str(Path(__file__).parents[2] / "examples" / "quiet")

POD = """
apiVersion: v1
kind: Pod
metadata: {name: %s, namespace: shop}
spec:
  containers:
    - {name: app, image: "app:1", securityContext: {privileged: true}}
"""


def report(*paths: str, stdin: bytes = b"") -> dict[str, Any]:
    outcome = breachway("model", *paths, "--format", "json", stdin=stdin)
    assert outcome.code is ExitCode.CLEAN, outcome.err
    document: dict[str, Any] = json.loads(outcome.out)
    return document


def test_the_terminal_report_is_the_default() -> None:
    outcome = breachway("model", SHOP)
    assert outcome.code is ExitCode.CLEAN
    assert "external attacker" in outcome.out
    assert outcome.err == ""
    assert max(len(line) for line in outcome.out.splitlines()) <= 80
    assert "\x1b" not in outcome.out


def test_colour_on_a_terminal_or_when_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    assert "\x1b[" in breachway("model", QUIET, terminal=True).out
    assert "\x1b[" in breachway("model", QUIET, "--colour", "always").out
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[" not in breachway("model", QUIET, terminal=True).out


def test_all_formats_into_one_folder(tmp_path: Path) -> None:
    arguments = [word for name in ("terminal", "html", "json", "sarif", "markdown") for word in ("--format", name)]
    outcome = breachway("model", SHOP, *arguments, "--output", str(tmp_path / "out") + "/")
    assert outcome.code is ExitCode.CLEAN
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "report.html",
        "report.json",
        "report.md",
        "report.sarif",
    ]
    assert "external attacker" in outcome.out
    assert outcome.err.count(" written\n") == 4


def test_one_output_for_each_format(tmp_path: Path) -> None:
    one, two = tmp_path / "a.json", tmp_path / "b.md"
    assert (
        breachway("model", QUIET, "--format", "json", "--format", "markdown", "--output", str(one), "--output", str(two)).code
        is ExitCode.CLEAN
    )
    assert json.loads(one.read_text())["schema"] == "breachway.report/1"
    assert two.read_text().startswith("#")


def test_formats_and_outputs_that_do_not_fit(tmp_path: Path) -> None:
    two_formats = ("--format", "json", "--format", "sarif")
    assert breachway("model", QUIET, *two_formats).code is ExitCode.USAGE
    outputs = [word for name in "abc" for word in ("--output", str(tmp_path / name))]
    outcome = breachway("model", QUIET, *two_formats, *outputs)
    assert outcome.code is ExitCode.USAGE
    assert list(tmp_path.iterdir()) == []


def test_several_paths_make_one_model(tmp_path: Path) -> None:
    one, two = tmp_path / "one.yaml", tmp_path / "two.yaml"
    one.write_text(POD % "one")
    two.write_text(POD % "two")
    names = {asset["id"] for asset in report(str(one), str(two))["assets"]}
    assert {"kubernetes:KubernetesWorkload:shop/Pod/one", "kubernetes:KubernetesWorkload:shop/Pod/two"} <= names


def test_standard_input() -> None:
    document = report("-", stdin=(POD % "web").encode())
    assert any(asset["id"] == "kubernetes:KubernetesWorkload:shop/Pod/web" for asset in document["assets"])


def test_the_gate() -> None:
    assert breachway("model", SHOP, "--fail-on", "low").code is ExitCode.GATE_FAILED
    outcome = breachway("model", QUIET, "--fail-on", "low")
    assert outcome.code is ExitCode.CLEAN, outcome.err


def test_a_missing_path_names_what_is_near(tmp_path: Path) -> None:
    (tmp_path / "manifests").mkdir()
    outcome = breachway("model", str(tmp_path / "manifest"))
    assert outcome.code is ExitCode.UNREADABLE_INPUT
    assert "manifests" in outcome.err


def test_an_empty_folder(tmp_path: Path) -> None:
    outcome = breachway("model", str(tmp_path))
    assert outcome.code is ExitCode.NOTHING_TO_READ
    assert "hint:" in outcome.err


def test_one_bad_file_does_not_lose_the_others(tmp_path: Path) -> None:
    (tmp_path / "good.yaml").write_text(POD % "good")
    (tmp_path / "tab.yaml").write_text("apiVersion: v1\nkind: Pod\n\tspec: {}\n")
    (tmp_path / "binary.yaml").write_bytes(bytes(range(256)) * 8)
    (tmp_path / "latin.yaml").write_bytes(b"kind: Pod\nname: caf\xe9\n")
    document = report(str(tmp_path))
    assert any(asset["id"] == "kubernetes:KubernetesWorkload:shop/Pod/good" for asset in document["assets"])
    unread = {Path(item["document"]).name: item for item in document["unread"]}
    assert {"tab.yaml", "binary.yaml", "latin.yaml"} <= set(unread)
    assert unread["tab.yaml"]["line"] == 3


def test_two_objects_with_one_name_are_said(tmp_path: Path) -> None:
    (tmp_path / "twice.yaml").write_text(POD % "web" + "---" + POD % "web")
    document = report(str(tmp_path))
    assert sum(asset["id"] == "kubernetes:KubernetesWorkload:shop/Pod/web" for asset in document["assets"]) == 1
    assert any("web" in item["reason"] for item in document["unread"]) or any("web" in note for note in document["notes"])


def test_hostile_names_are_shown_harmless(tmp_path: Path) -> None:
    name = '"<script>alert(1)</script>\\e[31m|`"'
    (tmp_path / "hostile.yaml").write_text(POD % name)
    for kind in ("terminal", "html", "markdown"):
        outcome = breachway("model", str(tmp_path), "--format", kind)
        assert outcome.code is ExitCode.CLEAN
        assert "<script>alert" not in outcome.out or kind == "terminal"
        assert "\x1b" not in outcome.out


def test_a_full_disk_leaves_no_half_written_report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "report.json"
    target.write_text("the report of yesterday")

    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    outcome = breachway("model", QUIET, "--format", "json", "--output", str(target))
    assert outcome.code is ExitCode.INTERNAL
    assert "No space left on device" in outcome.err
    assert target.read_text() == "the report of yesterday"
    assert [path.name for path in tmp_path.iterdir()] == ["report.json"]


def test_the_configuration_beside_the_input_is_used_and_its_errors_have_a_line(tmp_path: Path) -> None:
    (tmp_path / "pod.yaml").write_text(POD % "web")
    settings = tmp_path / "breachway.yaml"
    settings.write_text("crown_jewels:\n  - asset: Container shop/Pod/web/app\n    value: 10\n    title: the one that counts\n")
    document = report(str(tmp_path))
    assert any(jewel["title"] == "the one that counts" for jewel in document["crown_jewels"])
    settings.write_text("crown_jewels: []\nnonsense: 1\n")
    outcome = breachway("model", str(tmp_path))
    assert outcome.code is ExitCode.USAGE
    assert "breachway.yaml:2:1: " in outcome.err


def test_a_configuration_that_does_not_exist(tmp_path: Path) -> None:
    outcome = breachway("model", QUIET, "--config", str(tmp_path / "none.yaml"))
    assert outcome.code is ExitCode.UNREADABLE_INPUT
