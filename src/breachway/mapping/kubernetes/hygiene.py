"""Smaller weaknesses of containers and pods: what makes a deployment harder to keep safe or in service."""

from __future__ import annotations

from typing import TYPE_CHECKING

from breachway.mapping.containers.grounds import defaulted, observed
from breachway.mapping.kubernetes.judging import API
from breachway.mapping.kubernetes.views import first
from breachway.sources.decoding import value_or
from breachway.sources.image_reference import parse_image_reference

if TYPE_CHECKING:
    from collections.abc import Iterator

    from breachway.evidence import Location
    from breachway.mapping.kubernetes.judging import Judge
    from breachway.mapping.kubernetes.views import ContainerView, PodView
    from breachway.sources.decoding import Value
    from breachway.sources.kubernetes.containers import Probe, SecurityContext
    from breachway.sources.kubernetes.pods import PodSecurityContext

_LOW_ID = 10_000
_PRIVILEGED_PORT = 1024
_ENDING_KINDS = frozenset({"Job", "CronJob"})
_SYSTEM_NAMESPACES = frozenset({"kube-system", "kube-public", "kube-node-lease"})
_CORE_VOLUMES = "configMap csi downwardAPI emptyDir ephemeral image persistentVolumeClaim projected secret"


def map_hygiene(judge: Judge, view: ContainerView) -> None:
    """Judge the smaller weaknesses of one container."""
    _probes(judge, view)
    _probe_hosts(judge, view)
    _pull_policy(judge, view)
    _commands(judge, view)
    _variables(judge, view)
    _ports(judge, view)
    if not view.pod.windows:
        _numbers(judge, view)
        _root_group(judge, view)
        _context(judge, view)


def _probes(judge: Judge, view: ContainerView) -> None:
    if view.role != "regular" or view.pod.template.kind in _ENDING_KINDS:
        return
    container = view.container
    missing = [
        name
        for name, probe in (("liveness", container.liveness_probe), ("readiness", container.readiness_probe))
        if probe is None
    ]
    if missing:
        note = " and ".join(missing) + (" probes are not set" if len(missing) > 1 else " probe is not set")
        judge.weak("no-liveness-or-readiness-probe", defaulted(container.location, note, API))


def _probe_hosts(judge: Judge, view: ContainerView) -> None:
    """A probe or hook with a host makes the kubelet send requests wherever the pod's author likes."""
    for probe in _actions(view):
        for action in (probe.http_get, probe.tcp_socket):
            if action is not None and action.host is not None and action.host.value:
                found = observed(action.host.location, f"the kubelet sends requests to {action.host.value}")
                judge.weak("probe-or-hook-host-field", found)


def _actions(view: ContainerView) -> Iterator[Probe]:
    container = view.container
    hooks = (container.lifecycle.post_start, container.lifecycle.pre_stop) if container.lifecycle else ()
    for probe in (container.liveness_probe, container.readiness_probe, container.startup_probe, *hooks):
        if probe is not None:
            yield probe


def _pull_policy(judge: Judge, view: ContainerView) -> None:
    image, policy = view.container.image, view.container.image_pull_policy
    reference = parse_image_reference(image.value) if image else None
    if image is None or reference is None or reference.digest:
        return
    if policy is None:
        if not reference.moving:
            note = "imagePullPolicy is not set; for a tag other than latest the node keeps what it has (IfNotPresent)"
            judge.weak("image-pull-policy-stale", defaulted(image.location, note, API))
    elif policy.value != "Always":
        judge.weak(
            "image-pull-policy-stale", observed(policy.location, f"imagePullPolicy: {policy.value} with a tag that can move")
        )


def _commands(judge: Judge, view: ContainerView) -> None:
    for word in (*view.container.command, *view.container.args):
        text = word.value[:4096]
        if text == "sudo" or text.startswith("sudo ") or " sudo " in text or text.endswith("/sudo"):
            judge.weak("sudo-in-entrypoint", observed(word.location, "the command calls sudo"))
            return


def _variables(judge: Judge, view: ContainerView) -> None:
    seen: dict[str, Location] = {}
    for variable in view.container.env:
        if variable.name is None:
            continue
        name = variable.name.value
        if name in seen:
            found = observed(variable.name.location, f"{name} is set twice; the last one counts")
            judge.weak("duplicate-env-or-yaml-key", found, detail=name)
        seen[name] = variable.name.location
        if name == "GITSYNC_GIT":
            judge.weak(
                "git-sync-code-injection", observed(variable.name.location, "GITSYNC_GIT names the program that git-sync runs")
            )


def _ports(judge: Judge, view: ContainerView) -> None:
    for port in view.container.ports:
        number = value_or(port.container_port, 0)
        if port.container_port is not None and 0 < number < _PRIVILEGED_PORT:
            found = observed(port.container_port.location, f"containerPort: {number}")
            judge.weak("privileged-port", found, detail=str(number))


def _numbers(judge: Judge, view: ContainerView) -> None:
    """User and group ids that may be those of somebody on the node; advisory."""
    if view.pod.user_namespace:
        return
    for label, own, pod in (
        ("runAsUser", view.context.run_as_user, view.pod.context.run_as_user),
        ("runAsGroup", view.context.run_as_group, view.pod.context.run_as_group),
    ):
        value: Value[int] | None = first(own, pod)
        if value is None:
            judge.weak("low-uid-gid", defaulted(view.location, f"{label} is not set; the image decides", API), detail=label)
        elif value.value < _LOW_ID:
            judge.weak("low-uid-gid", observed(value.location, f"{label}: {value.value}"), detail=label)


def _root_group(judge: Judge, view: ContainerView) -> None:
    group: Value[int] | None = first(view.context.run_as_group, view.pod.context.run_as_group)
    if group is not None and group.value == 0:
        judge.weak("root-group", observed(group.location, "runAsGroup: 0"), detail="runAsGroup")


def _context(judge: Judge, view: ContainerView) -> None:
    if _says_nothing(view.container.security_context) and _says_nothing(view.pod.spec.security_context):
        judge.weak(
            "no-security-context", defaulted(view.container.location, "securityContext is set neither here nor on the pod", API)
        )


def _says_nothing(context: SecurityContext | PodSecurityContext | None) -> bool:
    """Absent, ``{}``, or nothing but keys that the API does not know: the API server drops those."""
    return context is None or context == type(context)(location=context.location)


# ------------------------------------------------------------------------------------------------------------------------- pods


def map_pod_hygiene(judge: Judge, pod: PodView, *, budgeted: bool) -> None:
    """Judge the smaller weaknesses of a pod; ``budgeted`` tells whether a PodDisruptionBudget covers it."""
    spec = pod.spec
    if spec.host_aliases:
        judge.weak("etc-hosts-overridden", observed(spec.host_aliases[0].location, "hostAliases writes into /etc/hosts"))
    _groups(judge, pod)
    _other_volumes(judge, pod)
    _placement(judge, pod)
    _availability(judge, pod, budgeted=budgeted)


def _groups(judge: Judge, pod: PodView) -> None:
    context = pod.context
    values = [("fsGroup", context.fs_group), *(("supplementalGroups", value) for value in context.supplemental_groups)]
    for label, value in values:
        if value is not None and value.value == 0:
            judge.weak("root-group", observed(value.location, f"{label}: 0"), detail=label)


def _other_volumes(judge: Judge, pod: PodView) -> None:
    for volume in pod.spec.volumes:
        name = value_or(volume.name, "")
        if volume.git_repo is not None:
            judge.weak(
                "gitrepo-volume",
                observed(volume.git_repo.location, "gitRepo: the kubelet clones a repository on the node"),
                detail=name,
            )
        kind = "hostPath" if volume.host_path else "gitRepo" if volume.git_repo else "nfs" if volume.nfs else ""
        kind = kind or next((other.value for other in volume.other), "")
        if kind:
            found = observed(volume.location, f"volume {name} is of type {kind}, none of {_CORE_VOLUMES}")
            judge.weak("non-core-volume", found, detail=name)


def _placement(judge: Judge, pod: PodView) -> None:
    template = pod.template
    metadata = template.workload.metadata
    location = metadata.namespace.location if metadata.namespace else metadata.location
    if template.namespace == "default":
        found = (
            observed(location, "namespace: default")
            if metadata.namespace
            else defaulted(location, "no namespace is given; without one at the command line it is default", API)
        )
        judge.weak("default-namespace", found)
    if template.namespace in _SYSTEM_NAMESPACES and not _is_system(pod):
        judge.weak("user-workload-in-kube-system", observed(location, f"namespace: {template.namespace}"))
    if template.kind == "Pod" and not template.workload.metadata.owner_references and not _is_static(pod):
        judge.weak("naked-pod", observed(template.workload.location, "a Pod without a controller that would replace it"))


def _is_static(pod: PodView) -> bool:
    return any(key.startswith("kubernetes.io/config.") for key in pod.annotations) or pod.labels.get("tier") == "control-plane"


def _is_system(pod: PodView) -> bool:
    """Whether the pod is of the cluster's own making: its priority, its labels or its images say so."""
    if value_or(pod.spec.priority_class_name, "").startswith("system-") or _is_static(pod):
        return True
    if {"k8s-app", "kubernetes.io/cluster-service", "addonmanager.kubernetes.io/mode"} & set(pod.labels):
        return True
    return any(value_or(item.image, "").startswith(("registry.k8s.io/", "k8s.gcr.io/")) for item in pod.spec.containers)


def _availability(judge: Judge, pod: PodView, *, budgeted: bool) -> None:
    template = pod.template
    if template.kind not in {"Deployment", "StatefulSet"} or template.replicas > 1 or budgeted:
        return
    if pod.spec.affinity is not None:
        return
    replicas = template.workload.replicas
    place = replicas.location if replicas else template.workload.location
    if replicas is not None:
        judge.weak("single-replica-no-pdb", observed(place, f"replicas: {replicas.value}"))
    else:
        judge.weak("single-replica-no-pdb", defaulted(place, "replicas is not set; the default is 1", API))
