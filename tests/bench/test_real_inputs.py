from __future__ import annotations

from typing import TYPE_CHECKING

from real_inputs import account, artefacts, inputs

if TYPE_CHECKING:
    from pathlib import Path


def test_artefacts_are_told_from_other_files(tmp_path: Path) -> None:
    wanted = [
        "app/Dockerfile",
        "app/Dockerfile.dev",
        "app/compose.yaml",
        "app/web.dockerfile",
        "ecs-task-definitions/a.json",
        "x.yml",
    ]
    for name in (*wanted, "app/package.json", "app/README.md", "app/main.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert artefacts(tmp_path, tmp_path) == tuple(wanted)


def test_a_file_is_modelled_or_has_a_reason_or_is_missing() -> None:
    report = {
        "documents": [{"document": "a.yaml"}],
        "unread": [
            {"document": "b.yaml", "severity": "file", "reason": "a Helm template"},
            {"document": "c.yaml", "severity": "file", "reason": " "},
        ],
    }
    missing, reasons, unread = account(report, ("a.yaml", "b.yaml", "c.yaml", "d.yaml"))
    assert missing == ("c.yaml", "d.yaml")
    assert reasons == ("    1  file: a Helm template",)
    assert unread == 3


def test_each_compose_application_is_an_input_and_everything_is_the_last(tmp_path: Path) -> None:
    for name in ("awesome-compose/b", "awesome-compose/a", "kube-prometheus"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "boutique.yaml").touch()
    assert [path.relative_to(tmp_path).as_posix() for path in inputs(tmp_path)] == [
        "boutique.yaml",
        "kube-prometheus",
        "awesome-compose/a",
        "awesome-compose/b",
        ".",
    ]
