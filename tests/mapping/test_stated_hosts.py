"""Hosts whose versions stand in ``breachway.yaml``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from breachway.errors import UsageError
from breachway.mapping.model_building import build_model
from breachway.sources.configuration.reader import read_configuration
from breachway.sources.reading import read

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from breachway.model import DefenceState, Model

    Stated = Callable[[str], Model]

HOST = "docker:DockerHost:host"


@pytest.fixture
def stated(tmp_path: Path) -> Stated:
    text = "services: {web: {image: shop/web:1, healthcheck: {test: [CMD, /check]}}, plain: {image: shop/web:1}}\n"
    (tmp_path / "compose.yaml").write_text(text, encoding="utf-8")

    def model(hosts: str) -> Model:
        return build_model(read([str(tmp_path)]), read_configuration(hosts, "breachway.yaml"))

    return model


def state(model: Model, name: str, asset: str = HOST) -> DefenceState:
    (found,) = [item for item in model.defences if (item.asset, item.defence) == (asset, name)]
    return found


def test_without_a_statement_the_assumptions_stay(stated: Stated) -> None:
    model = stated("{}")
    assert state(model, "runtimePatched").assumption == "runtime-patched"


def test_a_health_check_enters_the_container(stated: Stated) -> None:
    model = stated("{}")
    containers = [item.id for item in model.assets if item.kind == "Container"]
    found = {asset.rpartition("/")[2]: state(model, "notEntered", asset) for asset in containers}
    assert {name: (item.probability, item.assumption) for name, item in found.items()} == {
        "web": (0.0, ""),
        "plain": (0.4, "containers-not-entered"),
    }


def test_a_stated_version_is_judged_by_the_table(stated: Stated) -> None:
    model = stated("hosts: [{asset: DockerHost *, kernel: 5.10.57, runtime: 'docker://18.9.1'}]")
    for name in ("noPlainKernelFlaw", "kernelPatched", "runtimePatched", "imagesHandledSafely"):
        assert state(model, name).probability == 0.0, name
        assert state(model, name).evidence[0].location.document == "breachway.yaml"
    keys = {item.key for item in model.weaknesses if item.asset == HOST}
    assert keys == {"host-kernel-vulnerable", "host-runtime-vulnerable"}
    assert not {item.id for item in model.assumptions} & {"kernel-patched", "runtime-patched"}


def test_a_sound_version_closes_the_assumption(stated: Stated) -> None:
    model = stated("hosts: [{asset: DockerHost *, kernel: 6.12.48, runtime: 'docker://28.5.1', runc: 1.3.6}]")
    for name in ("noPlainKernelFlaw", "kernelPatched", "runtimePatched", "imagesHandledSafely", "shimSocketsGuarded"):
        assert (state(model, name).probability, state(model, name).assumption) == (1.0, ""), name
    assert not [item for item in model.weaknesses if item.asset == HOST]


def test_what_is_not_stated_stays(stated: Stated) -> None:
    model = stated("hosts: [{asset: DockerHost *, kernel: 6.12.48}]")
    assert state(model, "kernelPatched").probability == 1.0
    assert state(model, "runtimePatched").assumption == "runtime-patched"


def test_docker_desktop_shows_its_engine(stated: Stated) -> None:
    model = stated("hosts: [{asset: DockerHost *, runtime: 'docker-desktop://4.43.1'}]")
    assert state(model, "engineHidden").evidence[0].note == "docker-desktop 4.43.1 has CVE-2025-9074"


def test_a_stated_assumption_can_be_confirmed_at_once(stated: Stated) -> None:
    model = stated(
        "hosts: [{asset: DockerHost *, kernel: 5.15.0-1050-aws}]\nassumptions: {'kernel-fixed:5.15.0-1050-aws': refuted}"
    )
    assert state(model, "kernelPatched").probability == 0.0


def test_a_host_that_is_not_there_is_said(stated: Stated) -> None:
    model = stated("hosts: [{asset: NodePool fast, kernel: 6.12.48}]")
    assert [item.reason for item in model.unread if "matches" in item.reason] == ["no asset matches NodePool fast"]


@pytest.mark.parametrize(
    "text, reason",
    [
        ("hosts: [{asset: DockerHost *}]", "a host without a version"),
        ("hosts: [{asset: DockerHost *, runtime: 1.7.2}]", "expected a runtime and its version"),
        ("hosts: [{kernel: 6.1.1}]", "asset"),
    ],
)
def test_errors_say_what_would_be_right(text: str, reason: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_configuration(text, "breachway.yaml")
    assert reason in str(caught.value)
    assert caught.value.hint


NODES = """
apiVersion: v1
kind: Node
metadata: {name: one}
spec: {}
status:
  nodeInfo: {kernelVersion: 6.12.48, osImage: Buildroot, containerRuntimeVersion: "containerd://RUNTIME", kubeletVersion: v1.33.4}
"""
POOL = "kubernetes:NodePool:default"


@pytest.mark.parametrize(
    "runtime, runc, images, entered",
    [
        ("2.1.9", "1.3.6", 1.0, 1.0),
        ("2.1.9", "1.1.11", 0.0, 0.0),
        ("2.1.0", "1.3.6", 0.0, 1.0),
    ],
)
def test_what_lies_beneath_adds_to_what_nodes_report(
    tmp_path: Path, runtime: str, runc: str, images: float, entered: float
) -> None:
    (tmp_path / "nodes.yaml").write_text(NODES.replace("RUNTIME", runtime), encoding="utf-8")
    configuration = read_configuration(f"hosts: [{{asset: NodePool *, runc: {runc}}}]", "breachway.yaml")
    model = build_model(read([str(tmp_path)]), configuration)
    assert state(model, "imagesHandledSafely", POOL).probability == images
    assert state(model, "runtimePatched", POOL).probability == entered
    assert state(model, "kernelPatched", POOL).probability == 1.0


TASK = """{
  "family": "web",
  "requiresCompatibilities": ["EC2"],
  "containerDefinitions": [{"name": "app", "image": "shop/web:1", "healthCheck": {"command": ["CMD", "/check"]}}]
}"""


def test_instances_of_ecs_are_hosts_too(tmp_path: Path) -> None:
    (tmp_path / "task.json").write_text(TASK, encoding="utf-8")
    configuration = read_configuration("hosts: [{asset: EcsInstances *, runtime: 'docker://18.9.1', kernel: 6.12.48}]", "b.yaml")
    model = build_model(read([str(tmp_path)]), configuration)
    (host,) = [item.id for item in model.assets if item.kind == "EcsInstances"]
    assert state(model, "runtimePatched", host).probability == 0.0
    assert state(model, "kernelPatched", host).probability == 1.0
    (container,) = [item.id for item in model.assets if item.kind == "Container"]
    assert state(model, "notEntered", container).probability == 0.0


@pytest.mark.parametrize(
    "hosts, probability",
    [
        ("runtime: 'cri-o://1.23.1'", 0.0),
        ("runtime: 'cri-o://1.30.8', runc: 1.3.6", 1.0),
        ("kubelet: v1.33.5", 1.0),
    ],
)
def test_what_a_pod_may_abuse_hangs_on_kubelet_and_runtime(tmp_path: Path, hosts: str, probability: float) -> None:
    (tmp_path / "nodes.yaml").write_text(NODES.replace("RUNTIME", "2.1.9"), encoding="utf-8")
    configuration = read_configuration(f"hosts: [{{asset: NodePool *, {hosts}}}]", "breachway.yaml")
    model = build_model(read([str(tmp_path)]), configuration)
    assert state(model, "podsHandledSafely", POOL).probability == probability


def test_a_statement_about_kubelets_hides_no_flaw_of_the_runtimes(tmp_path: Path) -> None:
    nodes = [NODES.replace("containerd://RUNTIME", f"cri-o://{version}") for version in ("1.23.1", "1.22.1")]
    (tmp_path / "nodes.yaml").write_text("---".join(nodes).replace("{name: one}", "{name: two}", 1), encoding="utf-8")
    configuration = read_configuration("hosts: [{asset: NodePool *, kubelet: v1.33.5}]", "breachway.yaml")
    model = build_model(read([str(tmp_path)]), configuration)
    assert state(model, "podsHandledSafely", POOL).probability == 0.0
