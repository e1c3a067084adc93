"""Paths of nodes behind claims: whoever may run a pod beside a claim mounts it, and Pod Security cannot see what lies behind.

The Pod Security Standards look at a pod's own volumes; ``persistentVolumeClaim`` is allowed by all of them (restricted included),
whatever the PersistentVolume is that the claim is bound to.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from breachway.mapping.containers.grounds import defaulted, observed
from breachway.mapping.containers.host_paths import HostMountFact, map_reachable_path
from breachway.mapping.kubernetes.declared import name_of, namespace_of
from breachway.mapping.kubernetes.index import namespace_id
from breachway.mapping.kubernetes.judging import API, PLATFORM
from breachway.sources.kubernetes.objects import PersistentVolumeClaim

if TYPE_CHECKING:
    from breachway.mapping.building import ModelBuilder
    from breachway.mapping.kubernetes.declared import Declared
    from breachway.mapping.kubernetes.nodes.pools import NodePools
    from breachway.mapping.kubernetes.volumes import VolumeMapper


def map_claimed_paths(builder: ModelBuilder, declared: Declared, volumes: VolumeMapper, pools: NodePools) -> None:
    """Tie every claim that leads to a path of a node to its namespace, where a new pod may mount it to be written."""
    workers = tuple(pool.asset_id for pool in pools.pools if not pool.control_plane) or pools.ids
    for claim in declared.of(PersistentVolumeClaim):
        namespace, name = namespace_of(claim.metadata), name_of(claim.metadata)
        volume = volumes.behind(namespace, name)
        spec = volume.spec if volume is not None else None
        source = (spec.host_path or spec.local) if spec is not None else None
        path = source.path if source is not None else None
        if volume is None or path is None:
            continue
        note = f"claim {namespace}/{name} leads to {path.value} of a node, by PersistentVolume {name_of(volume.metadata)}"
        fact = HostMountFact(
            path=path.value,
            location=path.location,
            read_only=False,
            read_only_evidence=defaulted(claim.location, "the pod that mounts a claim decides whether it is read-only", API),
        )
        asset = map_reachable_path(
            builder,
            f"kubernetes:HostMount:{namespace}/claim/{name}",
            workers,
            fact,
            platform=PLATFORM,
            boundary=namespace_id(namespace),
        )
        builder.link("ClaimsPath", namespace_id(namespace), asset, observed(path.location, note))
