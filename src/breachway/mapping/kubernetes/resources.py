"""What a container may use up: memory, processor, processes and disk."""

from __future__ import annotations

from typing import TYPE_CHECKING

from breachway.mapping.containers.grounds import defaulted, observed
from breachway.mapping.kubernetes.judging import API

if TYPE_CHECKING:
    from breachway.evidence import Evidence, Location
    from breachway.mapping.kubernetes.judging import Judge
    from breachway.mapping.kubernetes.views import ContainerView
    from breachway.sources.decoding import StringMap

_LIMITS = (("memory", "no-memory-limit", "memoryLimited"), ("cpu", "no-cpu-limit", "processorLimited"))
_KUBELET = "kubelet configuration reference"


def map_resources(judge: Judge, view: ContainerView) -> None:
    """Judge the limits of one container, with what its pod and a LimitRange of its namespace give it.

    An init container has ended before the others start, but while it runs it can starve the node as well as they can.
    """
    for resource, key, defence in _LIMITS:
        limit = _limit(view, resource)
        if limit:
            judge.safe(key, limit, defence)
        else:
            note = f"resources.limits.{resource} is not set; the container may use what the node has"
            judge.weak(key, defaulted(_place(view), note, API), defence)
    _requests(judge, view)
    _processes(judge, view)
    _storage(judge, view)


def _place(view: ContainerView) -> Location:
    return view.container.resources.location if view.container.resources else view.container.location


def _amount(amounts: StringMap | None, resource: str, label: str) -> tuple[Evidence, ...]:
    value = amounts.get(resource) if amounts else None
    return observed(value.location, f"resources.{label}.{resource}: {value.value}") if value is not None and value.value else ()


def _limit(view: ContainerView, resource: str) -> tuple[Evidence, ...]:
    own, pod = view.container.resources, view.pod.spec.resources
    return (
        _amount(own.limits if own else None, resource, "limits")
        or _amount(pod.limits if pod else None, resource, "limits")
        or view.pod.settings.limits.get((view.pod.template.namespace, resource), ())
    )


def _requests(judge: Judge, view: ContainerView) -> None:
    """A request that is not set is that of the limit, so only a container with neither has none."""
    if view.role == "ephemeral":
        return
    own, pod, settings = view.container.resources, view.pod.spec.resources, view.pod.settings
    for resource, _, _ in _LIMITS:
        found = (
            _amount(own.requests if own else None, resource, "requests")
            or _amount(pod.requests if pod else None, resource, "requests")
            or settings.requests.get((view.pod.template.namespace, resource), ())
            or _limit(view, resource)
        )
        if not found:
            note = f"neither a request nor a limit for {resource}"
            judge.weak("no-resource-requests", defaulted(_place(view), note, API), detail=resource)


def _processes(judge: Judge, view: ContainerView) -> None:
    limit = view.pod.settings.pids_limit
    if limit is None:
        judge.off(
            defaulted(view.pod.location, "no kubelet configuration sets podPidsLimit; the default is no limit", _KUBELET),
            "processesLimited",
        )
    elif limit.value > 0:
        judge.on(observed(limit.location, f"podPidsLimit: {limit.value} on the kubelets"), "processesLimited")
    else:
        judge.off(observed(limit.location, f"podPidsLimit: {limit.value} on the kubelets"), "processesLimited")


def _storage(judge: Judge, view: ContainerView) -> None:
    """The node's disk: limited by an ephemeral-storage limit, which covers logs, the writable layer and empty directories."""
    key, defence = "no-ephemeral-storage-limit", "storageLimited"
    limit = _limit(view, "ephemeral-storage")
    if limit:
        judge.safe(key, limit, defence)
        return
    read_only = view.context.read_only_root_filesystem
    open_ended = _unlimited_scratch(view)
    if read_only is not None and read_only.value and open_ended is None:
        judge.safe(
            key, observed(read_only.location, "readOnlyRootFilesystem: true and no empty directory without a size limit"), defence
        )
        return
    note = "resources.limits.ephemeral-storage is not set; the container may fill the disk of the node"
    judge.weak(key, defaulted(open_ended or _place(view), note, API), defence)


def _unlimited_scratch(view: ContainerView) -> Location | None:
    """An empty directory without a size limit that the container mounts."""
    mounted = {mount.name.value for mount in view.container.volume_mounts if mount.name}
    for volume in view.pod.spec.volumes:
        if volume.name and volume.name.value in mounted and volume.empty_dir is not None and volume.empty_dir.size_limit is None:
            return volume.location
    return None
