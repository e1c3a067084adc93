"""``flows`` and ``can`` say when the collection that they answer from lacks what the answer rests on."""

from __future__ import annotations

import pytest

from breachway.cli.exit_codes import ExitCode
from tests.cli.given import breachway

CLUSTER = """
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop}
spec: {serviceAccountName: web, containers: [{name: app, image: app, ports: [{containerPort: 80}]}]}
---
apiVersion: breachway/v1
kind: BreachwayCollection
metadata: {name: test}
resources:
- {group: rbac.authorization.k8s.io, resource: rolebindings, state: STATE}
- {group: networking.k8s.io, resource: networkpolicies, state: STATE}
- {group: "", resource: secrets, state: refused}
"""
FLOWS = ("flows", "-")
CAN = ("can", "-", "--who", "system:serviceaccount:shop:web")


@pytest.mark.parametrize(
    "command, resource, meaning",
    [
        (FLOWS, "networkpolicies.networking.k8s.io", "what follows is what the listed policies say; others may change it"),
        (CAN, "rolebindings.rbac.authorization.k8s.io", "what follows is what the listed bindings grant; there may be more"),
    ],
)
def test_an_answer_that_rests_on_half_the_objects_says_so(command: tuple[str, ...], resource: str, meaning: str) -> None:
    part = breachway(*command, stdin=CLUSTER.replace("STATE", "refused").encode())
    assert part.code is ExitCode.CLEAN, part.err
    assert f"not listed in full: {resource}\n  hint: {meaning}" in part.err
    whole = breachway(*command, stdin=CLUSTER.replace("STATE", "complete").encode())
    assert (whole.code, "not listed" in whole.err) == (ExitCode.CLEAN, False)
