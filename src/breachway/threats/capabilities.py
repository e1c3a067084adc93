"""Linux capabilities: who has them by default, what each gives, and the defence of ``Container`` that falls with it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from breachway.threats.tables import read_table


@dataclass(frozen=True, slots=True, kw_only=True)
class CapabilityInfo:
    """One capability, named without ``CAP_``.

    ``baseline_addable`` tells whether the Pod Security Standard "baseline" lets a container add it.  ``danger`` is none, low,
    medium, high or critical.  ``defence`` is the defence of the asset ``Container`` that is off when the capability is there;
    empty when none hangs on it. ``gives`` completes the sentence "a process with it ...".  The CRI-O default is from general
    knowledge.
    """

    name: str
    docker_default: bool
    containerd_default: bool
    crio_default: bool
    baseline_addable: bool
    danger: str
    defence: str
    gives: str


@cache
def load_capabilities() -> tuple[CapabilityInfo, ...]:
    """Give every capability of the kernel, by number."""
    return tuple(
        CapabilityInfo(
            name=row["name"],
            docker_default=row["docker_default"] == "yes",
            containerd_default=row["containerd_default"] == "yes",
            crio_default=row["crio_default"] == "yes",
            baseline_addable=row["baseline_addable"] == "yes",
            danger=row["danger"],
            defence=row["defence"],
            gives=row["gives"],
        )
        for row in read_table("capabilities.tsv")
    )


def normalise_capability(name: str) -> str:
    """Give the capability in one spelling: upper case, without ``CAP_``; ``ALL`` stays ``ALL``."""
    return name.strip().upper().removeprefix("CAP_")
