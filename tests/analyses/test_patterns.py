"""Security patterns on the components of real manifests: the state, the threat's risk, and near misses."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from breachway.analyses.assess import assess
from breachway.mapping.model_building import build_model
from breachway.sources.reading import read

if TYPE_CHECKING:
    from pathlib import Path

    from breachway.analyses.assessment import Assessment
    from breachway.analyses.patterns import PatternControl

_POD = """\
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop}
spec:
  automountServiceAccountToken: false
  hostUsers: HOST_USERS
  securityContext: {runAsUser: USER, seccompProfile: {type: RuntimeDefault}}
  containers:
    - name: web
      image: registry.example/web@sha256:1111111111111111111111111111111111111111111111111111111111111111
      securityContext:
        privileged: PRIVILEGED
        allowPrivilegeEscalation: ESCALATION
        readOnlyRootFilesystem: true
        capabilities: {drop: [ALL]}
"""


def assessed(folder: Path, *, privileged: bool, users: bool, simulated: bool = True) -> Assessment:
    text = _POD.replace("HOST_USERS", str(not users).lower()).replace("PRIVILEGED", str(privileged).lower())
    text = text.replace("ESCALATION", str(privileged).lower()).replace("USER", "0" if privileged else "1000")
    (folder / "web.yaml").write_text(text)
    return assess(build_model(read([str(folder)])), simulated=simulated)


def control(found: Assessment, key: str) -> PatternControl:
    return next(one for one in found.patterns if one.key == key)


def test_a_privileged_container_lacks_it_and_is_rated_by_its_paths(tmp_path: Path) -> None:
    found = assessed(tmp_path, privileged=True, users=False)
    one = next(item for item in control(found, "stolen-root-stays-inside").components if item.kind == "Container")
    assert one.state == "missing"
    assert one.probability == 0.0
    assert "the container is not privileged" in one.lacking
    assert "root inside is nobody outside" in one.lacking
    assert any(item.location.document.endswith("web.yaml") for item in one.evidence)
    assert one.paths
    assert found.risks is not None
    rated = {risk.id: risk for risk in found.risks.threats}
    assert one.level is min((rated[name].level for name in one.risks), key=list(type(rated[one.risks[0]].level)).index)
    assert {path for name in one.risks for path in rated[name].paths} >= set(one.paths)


def test_a_hardened_container_in_a_user_namespace_has_it(tmp_path: Path) -> None:
    found = assessed(tmp_path, privileged=False, users=True)
    assert [item for item in control(found, "stolen-root-stays-inside").components if item.state == "missing"] == []
    assert control(found, "containers-do-not-change").in_place == 1


@pytest.mark.parametrize("simulated", [True, False])
def test_without_a_simulation_a_component_has_paths_and_no_level(tmp_path: Path, simulated: bool) -> None:
    found = assessed(tmp_path, privileged=True, users=False, simulated=simulated)
    one = next(item for item in control(found, "stolen-root-stays-inside").components if item.kind == "Container")
    assert one.paths
    assert (one.level is not None) is simulated
    assert bool(one.risks) is simulated


def test_states_agree_with_the_model(tmp_path: Path) -> None:
    found = assessed(tmp_path, privileged=True, users=False)
    states: dict[str, list[float]] = {}
    for state in found.model.defences:
        states.setdefault(state.asset, []).append(state.probability)
    assumptions = {item.id for item in found.model.assumptions}
    for one in (item for pattern in found.patterns for item in pattern.components):
        assert one.probability in states[one.asset]
        assert (one.state == "missing") is (one.probability == 0.0) is bool(one.lacking)
        assert one.lacking or one.unsure
        assert set(one.assumptions) <= assumptions
        assert bool(one.unsure) <= bool(one.assumptions)


def test_a_control_that_concerns_nothing_here_is_left_out(tmp_path: Path) -> None:
    assert "daemon-knows-callers" not in {one.key for one in assessed(tmp_path, privileged=False, users=True).patterns}
