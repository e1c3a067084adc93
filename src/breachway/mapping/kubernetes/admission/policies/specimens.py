"""Pods that each break one control, beside a twin that breaks none: what policies are asked about.

Admission is judged as whoever writes the pod would try it: in the only container, in a second one, in an init container; with a
bare pod and with one that is well-behaved in everything else.  Ephemeral containers cannot be in a pod that is created.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from breachway.threats.admission_controls import load_breaches

if TYPE_CHECKING:
    from breachway.mapping.kubernetes.admission.policies.trees import Json
    from breachway.threats.admission_controls import ControlBreach

_PLACES = ("the only container", "a second container", "an init container")


_DEFAULTS: dict[str, Json] = {
    "dnsPolicy": "ClusterFirst",
    "restartPolicy": "Always",
    "schedulerName": "default-scheduler",
    "securityContext": {},
    "serviceAccountName": "default",
    "terminationGracePeriodSeconds": 30,
}
"""What the API server fills in before policies are asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Specimen:
    """A pod that breaks ``breach`` in one place; ``variants`` are pairs of that pod and its harmless twin."""

    breach: ControlBreach
    where: str
    variants: tuple[tuple[dict[str, Json], dict[str, Json]], ...]

    @property
    def control(self) -> str:
        """The control that is broken."""
        return self.breach.control


@cache
def specimens() -> tuple[Specimen, ...]:
    """Every specimen, those of one control together."""
    return tuple(
        Specimen(
            breach=breach,
            where=where,
            variants=tuple((_pod(tidy, breach, where), _pod(tidy, None, where)) for tidy in (False, True)),
        )
        for breach in load_breaches()
        for where in (_PLACES if breach.place == "container" else ("the pod",))
    )


def _pod(tidy: bool, breach: ControlBreach | None, where: str) -> dict[str, Json]:  # noqa: FBT001 - private, one call
    layer: dict[str, Json] = json.loads(breach.specimen) if breach is not None else {}
    containers: list[Json] = [_container("main", layer if where == _PLACES[0] else {}, tidy=tidy)]
    if where == _PLACES[1]:
        containers.append(_container("second", layer, tidy=tidy))
    spec: dict[str, Json] = {**_DEFAULTS, "containers": containers}
    if where == _PLACES[2]:
        spec["initContainers"] = [_container("first", layer, tidy=tidy)]
    if tidy:
        spec["securityContext"] = {"runAsNonRoot": True, "runAsUser": 1000, "seccompProfile": {"type": "RuntimeDefault"}}
        spec |= {"automountServiceAccountToken": False, "hostIPC": False, "hostNetwork": False, "hostPID": False}
    if where == "the pod":
        spec = _laid_over(spec, layer)
    metadata: dict[str, Json] = {"name": "specimen", "namespace": "", "labels": {}, "annotations": {}}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}


def _container(name: str, layer: dict[str, Json], *, tidy: bool) -> dict[str, Json]:
    container: dict[str, Json] = {
        "name": name,
        "image": "registry.example/specimen:1.0",
        "imagePullPolicy": "IfNotPresent",
        "resources": {},
        "terminationMessagePolicy": "File",
    }
    if tidy:
        amounts: Json = {"cpu": "100m", "memory": "64Mi"}
        container["resources"] = {"limits": amounts, "requests": amounts}
        container["securityContext"] = {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
            "privileged": False,
            "readOnlyRootFilesystem": True,
            "runAsNonRoot": True,
        }
        container["imagePullPolicy"] = "Always"
    return _laid_over(container, layer)


def _laid_over(under: dict[str, Json], over: dict[str, Json]) -> dict[str, Json]:
    """Mappings joined key by key; of two other values the upper one."""
    joined = dict(under)
    for key, value in over.items():
        below = joined.get(key)
        joined[key] = _laid_over(below, value) if isinstance(below, dict) and isinstance(value, dict) else value
    return joined
