from __future__ import annotations

from pathlib import Path

import pytest

from breachway.analyses.permissions.doing import powers_by_controllers
from breachway.analyses.permissions.joined_model import JoinedModel
from breachway.analyses.permissions.standing import Who
from breachway.mapping.model_building import build_model
from breachway.sources.reading import read

WAYS = Path(__file__).parents[1] / "mapping" / "kubernetes" / "ways_by_permission"
ROBOT = Who(title="robot", principals=("kubernetes:ServiceAccount:shop/robot",))


@pytest.mark.parametrize(
    "fixture, expected",
    [
        ("pods-by-workflow/vulnerable.yaml", [("have pods made by a controller", "shop")]),
        ("pods-by-pipeline/safe.yaml", []),
        ("flux/vulnerable.yaml", [("steer a controller that acts with rights of its own: Flux kustomize-controller", "shop")]),
        ("controller-known-by-its-resources/safe.yaml", []),
        ("wildcards/vulnerable.yaml", []),
    ],
)
def test_what_somebody_may_do_by_way_of_controllers(fixture: str, expected: list[tuple[str, str]]) -> None:
    model = JoinedModel(build_model(read([str(WAYS / fixture)])))
    found = powers_by_controllers(ROBOT, model)
    assert [(power.title, power.scope) for power in found] == expected
    assert all(power.evidence for power in found)
