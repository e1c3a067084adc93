"""Parts of volumes (``subPath``): the kubelet opens them on the node, and old kubelets followed links out of the volume.

A container that writes to the folder in which a mounted part lies puts a link in the part's place, and when a container of the
pod starts again the kubelet mounts what the link points to (CVE-2017-1002101, CVE-2021-25741).
"""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from breachway.mapping.containers.grounds import defaulted, doubtful, observed
from breachway.mapping.kubernetes.judging import API
from breachway.sources.decoding import value_or

if TYPE_CHECKING:
    from breachway.mapping.kubernetes.judging import Judge
    from breachway.mapping.kubernetes.views import ContainerView
    from breachway.sources.kubernetes.containers import VolumeMount
    from breachway.sources.kubernetes.objects import Volume

KEY = "subpath-symlink"
_NEVER_FIXED = (1, 19)
_FIXED_BEFORE = (1, 22)
"""CVE-2021-25741 is fixed in 1.19.15, 1.20.11, 1.21.5 and 1.22.2; a minor version alone does not tell which patch runs."""


def map_sub_path(judge: Judge, view: ContainerView, mount: VolumeMount, pools: tuple[str, ...]) -> None:
    """Judge one mount of a part of a volume, by the kubelets of the pools where the pod may run."""
    part = mount.sub_path or mount.sub_path_expr
    if part is None or value_or(mount.read_only, default=False):
        return
    name = value_or(mount.name, "")
    states = [state for pool in pools if (state := judge.builder.defence_of(pool, "subPathsGuarded")) is not None]
    open_state = next((state for state in states if state.probability == 0.0), None)
    unsure = next((state for state in states if state.probability < 0.5), None)  # noqa: PLR2004 - even odds
    settings = view.pod.settings
    if open_state is not None:
        judge.weak(KEY, observed(part.location, f"subPath, and {open_state.evidence[0].note}"), detail=name)
    elif unsure is not None:
        found = (*observed(part.location, "subPath"), *unsure.evidence)
        doubtful(judge.builder, KEY, judge.asset, found, subject=judge.subject, detail=name)
    elif settings.known_version and settings.version < _FIXED_BEFORE and all(state.assumption for state in states):
        note = f"subPath on Kubernetes {settings.version.text}, whose patches may lack the fix of CVE-2021-25741"
        if settings.version < _NEVER_FIXED:
            judge.weak(KEY, observed(part.location, note), detail=name)
        else:
            doubtful(judge.builder, KEY, judge.asset, observed(part.location, note), subject=judge.subject, detail=name)


def map_links_into(judge: Judge, view: ContainerView) -> None:
    """Set whether the container may put a link where a part of a volume is mounted, in itself or in a sibling."""
    volumes = {value_or(volume.name, ""): volume for volume in view.pod.spec.volumes}
    templates = {value_or(item.metadata.name, "") for item in view.pod.template.workload.volume_claim_templates}
    parts = [
        (value_or(mount.name, ""), mount)
        for sibling in (*view.pod.spec.containers, *view.pod.spec.init_containers, *view.pod.spec.ephemeral_containers)
        for mount in sibling.volume_mounts
        if mount.sub_path is not None or mount.sub_path_expr is not None
    ]
    for own in view.container.volume_mounts:
        name = value_or(own.name, "")
        if value_or(own.read_only, default=False) or not (name in templates or _writable(volumes.get(name))):
            continue
        below = next((mount for other, mount in parts if other == name and _lies_below(mount, own)), None)
        if below is not None:
            part = below.sub_path or below.sub_path_expr
            place = part.location if part is not None else below.location
            found = observed(place, f"a part of volume {name} is mounted, and the container writes to the folder above")
            judge.builder.defence(judge.asset, "noSharedSubPath", 0.0, found, weaknesses=(KEY,))
            return
    judge.on(
        defaulted(view.container.location, "no part of a volume that the container writes to is mounted", API), "noSharedSubPath"
    )


def _writable(volume: Volume | None) -> bool:
    """Whether containers can write to a volume; those made of API objects are read-only."""
    if volume is None:
        return False
    made = (volume.secret, volume.config_map, volume.projected, volume.downward, volume.image)
    return all(source is None for source in made)


def _lies_below(mount: VolumeMount, own: VolumeMount) -> bool:
    """Whether the part that ``mount`` names lies in the folder that ``own`` shows.  An expression may name any part."""
    if own.sub_path_expr is not None:
        return False
    if mount.sub_path_expr is not None:
        return own.sub_path is None
    above = posixpath.normpath(value_or(own.sub_path, "") or ".")
    part = posixpath.normpath(value_or(mount.sub_path, "") or ".")
    return part not in {".", above} and (above == "." or part.startswith(above + "/"))
