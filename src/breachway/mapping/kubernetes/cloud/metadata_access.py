"""Whether containers reach the metadata service, where files of the cloud decide it for the pools that they may land on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from breachway.mapping.containers.grounds import believe
from breachway.model import Verdict

if TYPE_CHECKING:
    from breachway.evidence import Evidence
    from breachway.mapping.building import ModelBuilder
    from breachway.mapping.cloud.metadata import State
    from breachway.mapping.kubernetes.index import KubernetesIndex, WorkloadEntry

_KEY = "imds-reachable"


def judge_by_cloud(
    builder: ModelBuilder, index: KubernetesIndex, workload: WorkloadEntry, open_way: tuple[Evidence, ...]
) -> bool:
    """Set ``metadataBlocked`` by the settings of the machines; False where they leave it open.

    ``open_way`` is why no network policy keeps the workload away.  Of several pools the one that answers decides: the scheduler
    chooses among them.
    """
    states = _states(index, workload)
    if states is None:
        return False
    answering = next((state for state in states if state.on is False), None)
    doubtful = next((state for state in states if state.on is None), None)
    for container in workload.containers:
        asset = container.asset_id
        if answering is not None:
            builder.judge(_KEY, asset, Verdict.WEAK, (*answering.evidence, *open_way), subject=workload.subject)
        elif doubtful is not None and doubtful.belief is not None and doubtful.location is not None:
            finding = believe(builder, doubtful.belief, doubtful.location)
            builder.judge(
                _KEY,
                asset,
                Verdict.UNKNOWN,
                (*open_way, *finding.evidence),
                subject=workload.subject,
                probability=finding.probability,
                assumption=finding.assumption,
            )
        else:
            seen = tuple(item for state in states for item in state.evidence)
            builder.judge(_KEY, asset, Verdict.SAFE, tuple(dict.fromkeys(seen)), subject=workload.subject)
    return True


def _states(index: KubernetesIndex, workload: WorkloadEntry) -> tuple[State, ...] | None:
    """The state in each group of machines that the workload may run on; None where nothing is known of one of them.

    One group that answers is enough to know.
    """
    found: list[State] = []
    unknown = not workload.node_pools
    for pool in workload.node_pools:
        accesses = index.metadata.get(pool, ())
        states = [access.host if workload.host_network else access.pods for access in accesses]
        unknown = unknown or not states or None in states
        found.extend(state for state in states if state is not None)
    if unknown and not any(state.on is False for state in found):
        return None
    return tuple(found)
