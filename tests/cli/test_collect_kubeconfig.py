"""What is wrong with a kubeconfig is said with the file and with what to do; nothing is written and nothing is sent."""

from __future__ import annotations

import json
import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

import pytest

from breachway.cli.collecting import kubeconfig as loading
from breachway.cli.exit_codes import ExitCode
from tests.cli.fake_api import TOKEN, FakeApi, fake_api, kubeconfig
from tests.cli.given import Outcome, breachway

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def api() -> Iterator[FakeApi]:
    with fake_api({"/api/v1/namespaces": [{"metadata": {"name": "shop"}}]}) as server:
        yield server


@pytest.fixture(autouse=True)
def no_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("KUBECONFIG", "KUBERNETES_SERVICE_HOST", "KUBERNETES_SERVICE_PORT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))


def collect(folder: Path, *options: str) -> Outcome:
    return breachway("collect", str(folder / "dump"), "--qps", "1000", *options)


def collect_with(folder: Path, text: str, *options: str) -> Outcome:
    place = folder / "broken"
    place.write_text(text, encoding="utf-8")
    return collect(folder, "--kubeconfig", str(place), *options)


def test_no_kubeconfig_at_all(tmp_path: Path) -> None:
    outcome = collect(tmp_path)
    assert outcome.code is ExitCode.UNREADABLE_INPUT
    assert f"no kubeconfig: {tmp_path}/home/.kube/config does not exist\n  hint: name one with --kubeconfig" in outcome.err


def test_a_kubeconfig_that_is_named_and_absent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    outcome = collect(tmp_path, "--kubeconfig", str(tmp_path / "absent"))
    assert (outcome.code, f"{tmp_path}/absent: no such kubeconfig" in outcome.err) == (ExitCode.UNREADABLE_INPUT, True)
    monkeypatch.setenv("KUBECONFIG", f"{tmp_path}/one:{tmp_path}/two")
    assert f"no kubeconfig: {tmp_path}/one, {tmp_path}/two does not exist" in collect(tmp_path).err


@pytest.mark.parametrize(
    "text, words",
    [
        ("clusters: [", "it is not YAML at line 1"),
        ("- a\n", "it is not a kubeconfig"),
        ("", "it is not a kubeconfig"),
        ("contexts: 7\n", "contexts is not a list"),
        ("contexts: [{context: {}}]\n", "an entry of contexts has no name"),
        ("contexts: [{name: c, context: {cluster: x}}]\ncurrent-context: c\n", "the context c leads to no cluster with a server"),
        (
            "contexts: [{name: c, context: {cluster: x}}]\nclusters: [{name: x, cluster: {server: 7}}]\ncurrent-context: c\n",
            "the context c leads to no cluster with a server",
        ),
        (
            (
                "contexts: [{name: c, context: {cluster: x, user: u}}]\nclusters: [{name: x, cluster: {server: 'https://x'}}]\n"
                "users: [{name: u, user: {client-certificate: /none/such}}]\ncurrent-context: c\n"
            ),
            "the context c cannot be used: ",
        ),
        (
            (
                "contexts: [{name: c, context: {cluster: x, user: u}}]\nclusters: [{name: x, cluster: {server: 'https://x'}}]\n"
                "users: [{name: u, user: {exec: {apiVersion: v1}}}]\ncurrent-context: c\n"
            ),
            "the credential plugin (exec) names no command",
        ),
    ],
)
def test_a_kubeconfig_that_is_malformed(tmp_path: Path, text: str, words: str) -> None:
    outcome = collect_with(tmp_path, text)
    assert outcome.code is ExitCode.UNREADABLE_INPUT
    assert f"{tmp_path}/broken: {words}" in outcome.err
    assert "hint:" in outcome.err
    assert not (tmp_path / "dump").exists()


def test_a_kubeconfig_that_is_no_text(tmp_path: Path) -> None:
    (tmp_path / "broken").write_bytes(b"\xff\xfe\x00")
    outcome = collect(tmp_path, "--kubeconfig", str(tmp_path / "broken"))
    assert (outcome.code, "it cannot be read" in outcome.err) == (ExitCode.UNREADABLE_INPUT, True)


def test_a_context_that_does_not_exist(tmp_path: Path, api: FakeApi) -> None:
    settings = str(kubeconfig(tmp_path, api.port))
    near = collect(tmp_path, "--kubeconfig", settings, "--context", "stagin")
    assert near.code is ExitCode.USAGE
    assert f"{settings}: there is no context stagin\n  hint: did you mean staging?" in near.err
    assert "there are: staging, test" in collect(tmp_path, "--kubeconfig", settings, "--context", "zzz").err
    assert api.requests == []


def test_no_current_context(tmp_path: Path) -> None:
    outcome = collect_with(tmp_path, "contexts: [{name: blue}, {name: green}]\n")
    assert (outcome.code, "no current-context\n  hint: name one with --context: blue, green" in outcome.err) == (
        ExitCode.USAGE,
        True,
    )


def test_the_context_that_is_named_is_collected(tmp_path: Path, api: FakeApi) -> None:
    outcome = collect(tmp_path, "--kubeconfig", str(kubeconfig(tmp_path, api.port)), "--context", "staging")
    assert outcome.out.endswith("complete: 1 object of 1 kind from staging\n")


def test_the_environment_names_files_that_count_together(tmp_path: Path, api: FakeApi, monkeypatch: pytest.MonkeyPatch) -> None:
    kubeconfig(tmp_path, api.port)
    (tmp_path / "more").write_text("current-context: test\n", encoding="utf-8")
    monkeypatch.setenv("KUBECONFIG", f"{tmp_path}/absent:{tmp_path}/kubeconfig:{tmp_path}/more")
    outcome = collect(tmp_path)
    assert outcome.code is ExitCode.CLEAN, outcome.err


def test_a_kubeconfig_is_never_changed(tmp_path: Path, api: FakeApi) -> None:
    settings = kubeconfig(tmp_path, api.port)
    before = settings.read_bytes()
    collect(tmp_path, "--kubeconfig", str(settings))
    assert settings.read_bytes() == before


def test_whom_the_kubeconfig_acts_as_is_told_to_the_server(tmp_path: Path, api: FakeApi) -> None:
    user = {"token": TOKEN, "as": "auditor", "as-groups": ["a", "b"], "as-user-extra": {"acme.com/team": ["blue"]}}
    outcome = collect(tmp_path, "--kubeconfig", str(kubeconfig(tmp_path, api.port, user=user)))
    assert outcome.code is ExitCode.CLEAN, outcome.err
    assert [item for item in api.headers if item[0].startswith("Impersonate")] == [
        ("Impersonate-User", "auditor"),
        ("Impersonate-Group", "a"),
        ("Impersonate-Group", "b"),
        ("Impersonate-Extra-acme.com%2Fteam", "blue"),
    ]


def test_a_token_that_ends_with_a_line_break_is_taken_and_one_that_holds_one_is_not_shown(tmp_path: Path, api: FakeApi) -> None:
    token = tmp_path / "token"
    token.write_text(f"{TOKEN}\n", encoding="utf-8")
    settings = str(kubeconfig(tmp_path, api.port, user={"tokenFile": str(token)}))
    assert collect(tmp_path, "--kubeconfig", settings).code is ExitCode.CLEAN
    token.write_text("left\nright", encoding="utf-8")
    outcome = collect(tmp_path, "--kubeconfig", settings, "--fresh")
    assert (outcome.code, "cannot be sent" in outcome.err) == (ExitCode.UNREADABLE_INPUT, True)
    assert "right" not in outcome.err


# ------------------------------------------------------------------------------------------------------ exec plugins


def plugin(folder: Path, script: str) -> dict[str, Any]:
    place = folder / "plugin.py"
    place.write_text(script, encoding="utf-8")
    return {
        "exec": {
            "apiVersion": "client.authentication.k8s.io/v1",
            "command": sys.executable,
            "args": [str(place)],
            "interactiveMode": "Never",
        }
    }


def test_an_exec_plugin_that_is_missing(tmp_path: Path, api: FakeApi) -> None:
    user = {"exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": "no-such-authenticator"}}
    own = collect(tmp_path, "--kubeconfig", str(kubeconfig(tmp_path, api.port, user=_hinted(user))))
    assert "no-such-authenticator is not installed\n  hint: brew install it" in own.err
    outcome = collect(tmp_path, "--kubeconfig", str(kubeconfig(tmp_path, api.port, user=user)))
    assert outcome.code is ExitCode.UNREADABLE_INPUT
    assert "the credential plugin no-such-authenticator is not installed\n  hint: install your cloud's" in outcome.err


def _hinted(user: dict[str, dict[str, str]]) -> dict[str, Any]:
    return {"exec": user["exec"] | {"installHint": "brew\ninstall it"}}


@pytest.mark.parametrize(
    "script, words",
    [
        ("import sys; sys.exit('please log in first')", "please log in first"),
        ("print('no json')", "failed to decode"),
        ('print(\'{"apiVersion": "client.authentication.k8s.io/v1", "kind": "E", "status": {}}\')', "missing token"),
    ],
)
def test_an_exec_plugin_that_fails(tmp_path: Path, api: FakeApi, script: str, words: str) -> None:
    outcome = collect(tmp_path, "--kubeconfig", str(kubeconfig(tmp_path, api.port, user=plugin(tmp_path, script))))
    assert outcome.code is ExitCode.UNREADABLE_INPUT
    assert f"the credential plugin {sys.executable} failed: " in outcome.err
    assert words in outcome.err
    assert "hint: run kubectl --context test version" in outcome.err


def test_an_exec_plugin_that_works_gives_the_credentials(tmp_path: Path, api: FakeApi) -> None:
    answer = {"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": {"token": TOKEN}}
    user = plugin(tmp_path, f"print({json.dumps(json.dumps(answer))})")
    outcome = collect(tmp_path, "--kubeconfig", str(kubeconfig(tmp_path, api.port, user=user)))
    assert outcome.code is ExitCode.CLEAN, outcome.err


# ---------------------------------------------------------------------------------------------- in a pod, and no client


def test_in_a_pod_its_own_account_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "127.0.0.1")
    outcome = collect(tmp_path)
    assert outcome.code is ExitCode.UNREADABLE_INPUT
    assert "no kubeconfig, and the account of this pod cannot be used: " in outcome.err
    named = collect(tmp_path, "--context", "x")
    assert (named.code, "there is no context x" in named.err) == (ExitCode.USAGE, True)


def test_without_the_client_it_is_said_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def without(name: str) -> object:
        if name.startswith("kubernetes"):
            raise ModuleNotFoundError(name)
        return import_module(name)

    monkeypatch.setattr(loading, "import_module", without)
    outcome = collect(tmp_path)
    assert outcome.code is ExitCode.USAGE
    assert "official client for Kubernetes, which is not installed\n  hint: pip install 'breachway[live]'" in outcome.err
