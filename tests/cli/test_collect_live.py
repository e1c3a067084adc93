"""``breachway model --live``: a cluster is listed and modelled, with evidence that names its objects."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from breachway.cli.collecting import pace
from breachway.cli.collecting.dump import page_files
from breachway.cli.exit_codes import ExitCode
from tests.cli.fake_api import FakeApi, fake_api, hang_up, kubeconfig
from tests.cli.given import breachway

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from breachway.cli.collecting.dump import Dump, Listing

PODS = "/api/v1/pods"
POLICIES = "/apis/networking.k8s.io/v1/networkpolicies"


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeApi]:
    monkeypatch.setattr(pace, "_FIRST_WAIT", 0.001)
    container = {
        "name": "app",
        "image": "registry.example.com/app:1",
        "ports": [{"containerPort": 8080}],
        "securityContext": {"privileged": True},
        "env": [{"name": "PASSWORD", "valueFrom": {"secretKeyRef": {"name": "database", "key": "password"}}}],
    }
    objects: dict[str, list[dict[str, Any]]] = {
        "/api/v1/namespaces": [{"metadata": {"name": "shop"}}],
        PODS: [{"metadata": {"name": "web", "namespace": "shop", "labels": {"app": "web"}}, "spec": {"containers": [container]}}],
        "/api/v1/services": [
            {
                "metadata": {"name": "web", "namespace": "shop"},
                "spec": {"type": "LoadBalancer", "selector": {"app": "web"}, "ports": [{"port": 80, "targetPort": 8080}]},
            }
        ],
        "/api/v1/secrets": [{"metadata": {"name": "database", "namespace": "shop"}, "data": {"password": "aHVudGVyMg=="}}],
        POLICIES: [],
    }
    with fake_api(objects) as server:
        yield server


def model(folder: Path, api: FakeApi, *options: str) -> tuple[ExitCode, dict[str, Any], str]:
    settings = kubeconfig(folder, api.port)
    outcome = breachway("model", "--live", "--kubeconfig", str(settings), "--format", "json", *options)
    return outcome.code, json.loads(outcome.out) if outcome.out else {}, outcome.err


def documents(report: object) -> set[str]:
    """Every document that a report names."""
    match report:
        case dict():
            own = {str(report["document"])} if isinstance(report.get("document"), str) else set()
            return own.union(*(documents(value) for value in report.values()))
        case list():
            return set().union(*(documents(value) for value in report))
        case _:
            return set()


def test_evidence_names_the_objects_and_no_lines(tmp_path: Path, api: FakeApi) -> None:
    code, report, told = model(tmp_path, api)
    assert code is ExitCode.CLEAN, told
    named = documents(report)
    assert {"live:pods/shop/web", "live:services/shop/web", "live:namespaces/shop"} <= named
    assert report["paths"]
    text = json.dumps(report)
    assert "hunter2" not in text
    assert "aHVudGVyMg" not in text
    assert str(tmp_path) not in text
    assert "breachway: complete: 4 objects of 4 kinds from test\n" in told


def test_reports_for_people_and_tools_name_the_objects(tmp_path: Path, api: FakeApi) -> None:
    settings = kubeconfig(tmp_path, api.port)
    out = tmp_path / "out"
    outcome = breachway(
        *("model", "--live", "--kubeconfig", str(settings), "--format", "terminal", "--format", "sarif", "--format", "html"),
        *("--output", str(out)),
    )
    assert outcome.code is ExitCode.CLEAN, outcome.err
    assert "live:services/shop/web\n" in outcome.out
    assert "the identity of http://127.0.0.1" in outcome.err
    assert '"uri": "live:pods/shop/web"' in (out / "report.sarif").read_text(encoding="utf-8")
    assert "hunter2" not in (out / "report.html").read_text(encoding="utf-8")


def test_the_same_cluster_gives_the_same_bytes(tmp_path: Path, api: FakeApi) -> None:
    assert model(tmp_path, api)[1] == model(tmp_path, api)[1]


def test_a_secret_of_a_cluster_is_worth_protecting_by_its_keys_and_is_in_no_manifest(tmp_path: Path, api: FakeApi) -> None:
    _, report, _ = model(tmp_path, api)
    text = json.dumps(report)
    assert "secret-manifest-with-data" not in {item["key"] for item in report["weaknesses"]}
    assert "holds password" in text


def test_the_dump_is_kept_on_request_and_modelled_alike(tmp_path: Path, api: FakeApi) -> None:
    kept = tmp_path / "kept"
    _, live, _ = model(tmp_path, api, "--keep", str(kept))
    again = breachway("model", str(kept), "--format", "json")
    read_back = json.loads(again.out)
    assert [item["id"] for item in read_back["assets"]] == [item["id"] for item in live["assets"]]
    assert len(read_back["paths"]) == len(live["paths"])


def test_files_beside_the_cluster_count_too(tmp_path: Path, api: FakeApi) -> None:
    (tmp_path / "Dockerfile").write_text("FROM scratch\nUSER 1\n", encoding="utf-8")
    code, report, told = model(tmp_path, api, str(tmp_path / "Dockerfile"))
    assert code is ExitCode.CLEAN, told
    assert f"{tmp_path}/Dockerfile" in documents(report)
    assert "live:pods/shop/web" in documents(report)


def test_what_is_refused_is_an_assumption_and_not_an_absence(tmp_path: Path, api: FakeApi) -> None:
    _, whole, _ = model(tmp_path, api)
    verdicts = {item["key"]: item["verdict"] for item in whole["weaknesses"]}
    assert verdicts["no-ingress-network-policy"] == "weak"
    api.refused.add(POLICIES)
    code, report, told = model(tmp_path, api)
    assert code is ExitCode.CLEAN, told
    verdicts = {item["key"]: item["verdict"] for item in report["weaknesses"]}
    assert verdicts["no-ingress-network-policy"] == "unknown"
    assert "unlisted-network-policies-isolate" in {item["id"] for item in report["assumptions"]}
    assert any("listing networkpolicies.networking.k8s.io was refused" in item["reason"] for item in report["unread"])


def test_a_mistake_in_the_configuration_is_said_before_the_cluster_is_asked(tmp_path: Path, api: FakeApi) -> None:
    code, _, told = model(tmp_path, api, "--config", str(tmp_path / "absent.yaml"))
    assert (code, "absent.yaml" in told) == (ExitCode.UNREADABLE_INPUT, True)
    assert api.requests == []


def test_half_a_cluster_passes_no_gate(tmp_path: Path, api: FakeApi) -> None:
    api.faults["/api/v1/secrets"] = [hang_up] * 6
    code, report, told = model(tmp_path, api)
    assert code is ExitCode.UNREADABLE_INPUT
    assert report["assets"]
    assert "not listed for another reason: secrets (the server hung up midway)" in told


def test_a_cluster_that_falls_silent_is_modelled_as_far_as_it_was_listed(tmp_path: Path, api: FakeApi) -> None:
    for path in ("/api/v1/services", "/api/v1/secrets"):
        api.faults[path] = [hang_up] * 6
    code, report, told = model(tmp_path, api, "--keep", str(tmp_path / "kept"))
    assert code is ExitCode.UNREADABLE_INPUT
    assert "live:pods/shop/web" in documents(report)
    assert f"the server hung up midway\n  hint: {tmp_path}/kept holds what was listed" in told
    assert "not reached: " in told
    ids = {item["id"] for item in report["assumptions"]}
    assert {"unlisted-openings-are-internal", "unlisted-network-policies-isolate"} <= ids


def test_a_page_that_is_gone_is_said(tmp_path: Path, api: FakeApi, monkeypatch: pytest.MonkeyPatch) -> None:
    def with_a_page_gone(dump: Dump) -> Iterator[tuple[Listing, Path]]:
        for listing, path in page_files(dump):
            yield listing, path.with_suffix(".gone")

    monkeypatch.setattr("breachway.cli.collecting.live.page_files", with_a_page_gone)
    code, _, told = model(tmp_path, api)
    assert (code, "a page of the collection is gone or damaged" in told) == (ExitCode.UNREADABLE_INPUT, True)


def test_a_cluster_that_shows_nothing_is_said(tmp_path: Path, api: FakeApi) -> None:
    api.refused |= set(api.objects)
    code, report, told = model(tmp_path, api)
    assert (code, report) == (ExitCode.NOTHING_TO_READ, {})
    assert "may list nothing" in told
    assert "--print-rbac" in told


@pytest.mark.parametrize(
    "words, said",
    [
        ((), "no PATH to model\n  hint: breachway model .; or a cluster: breachway model --live"),
        ((".", "--context", "x"), "--context is about a cluster\n  hint: give --live too"),
        ((".", "--keep", "x"), "--keep is about a cluster"),
    ],
)
def test_options_that_do_not_fit_are_said(words: tuple[str, ...], said: str) -> None:
    outcome = breachway("model", *words)
    assert (outcome.code, said in outcome.err) == (ExitCode.USAGE, True)
