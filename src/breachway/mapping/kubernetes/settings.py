"""What holds for the whole cluster and decides how a pod's fields are to be read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from breachway.mapping.kubernetes.declared import name_of, namespace_of
from breachway.mapping.kubernetes.versions import NEWEST, KubernetesVersion, parse_version
from breachway.sources.decoding import value_or
from breachway.sources.kubernetes.objects import Collection, KubeletConfiguration, LimitRange, Node, OtherObject
from breachway.sources.nodes import Scalar

if TYPE_CHECKING:
    from collections.abc import Mapping

    from breachway.evidence import Evidence
    from breachway.mapping.kubernetes.declared import Declared
    from breachway.sources.decoding import Value

from breachway.mapping.containers.grounds import observed

_USER_NAMESPACES_ON = KubernetesVersion(1, 33)
"""The gate UserNamespacesSupport is on by default since 1.33; before, the API server drops ``hostUsers``."""

_CONFINING_IMAGES = (
    "ubuntu",
    "debian",
    "container-optimized os",
    "bottlerocket",
    "red hat enterprise linux",
    "rhcos",
    "coreos 4",
    "suse",
)
_UNCONFINING_IMAGES = ("amazon linux", "flatcar")
"""What the operating systems of nodes do with containers by default, from their own documentation.

AppArmor or SELinux enforcing, or not.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterSettings:
    """Settings of the cluster.

    ``known_version`` tells whether somebody stated the version; if not, the newest counts.  ``seccomp_default`` and
    ``pids_limit`` are those of the kubelet configurations of the input, None where there is none or they disagree.
    ``limits`` gives, for a namespace and a resource, the limit that a LimitRange sets for a container that sets none.
    ``confining`` tells whether the nodes confine containers by AppArmor or SELinux, where the input shows their operating
    system.  ``sandboxes`` maps runtime classes to their handlers.
    """

    version: KubernetesVersion
    known_version: bool
    seccomp_default: Value[bool] | None
    pids_limit: Value[int] | None
    limits: Mapping[tuple[str, str], tuple[Evidence, ...]]
    requests: Mapping[tuple[str, str], tuple[Evidence, ...]]
    confining: tuple[bool, tuple[Evidence, ...]] | None
    handlers: Mapping[str, str]

    @property
    def user_namespaces(self) -> bool:
        """Whether ``hostUsers: false`` has an effect."""
        return self.version >= _USER_NAMESPACES_ON


def cluster_settings(declared: Declared, version: str) -> ClusterSettings:
    """Read the settings from the objects; ``version`` is what the user stated, empty if nothing."""
    stated = parse_version(version) or _version_of_nodes(declared) or _version_of_server(declared)
    kubelets = declared.of(KubeletConfiguration)
    seccomp = [item.seccomp_default for item in kubelets]
    limits, requests = _limit_ranges(declared)
    pids = [item.pod_pids_limit for item in kubelets if item.pod_pids_limit is not None]
    return ClusterSettings(
        version=stated or NEWEST,
        known_version=stated is not None,
        seccomp_default=seccomp[0] if seccomp and all(value_or(item, default=False) for item in seccomp) else None,
        pids_limit=min(pids, key=lambda item: item.value) if pids and len(pids) == len(kubelets) else None,
        limits=limits,
        requests=requests,
        confining=_confining(declared),
        handlers=_handlers(declared),
    )


def _version_of_nodes(declared: Declared) -> KubernetesVersion | None:
    """The oldest kubelet of the input: what it does not support, the cluster does not do."""
    infos = (item.status.node_info for item in declared.of(Node))
    versions = (parse_version(value_or(info.kubelet_version, "")) for info in infos if info is not None)
    return min((version for version in versions if version is not None), default=None)


def _version_of_server(declared: Declared) -> KubernetesVersion | None:
    """What the API server of a collection calls itself; the oldest where there are several."""
    versions = (parse_version(value_or(item.server_version, "")) for item in declared.of(Collection))
    return min((version for version in versions if version is not None), default=None)


_Amounts = dict[tuple[str, str], tuple["Evidence", ...]]


def _limit_ranges(declared: Declared) -> tuple[_Amounts, _Amounts]:
    limits: _Amounts = {}
    requests: _Amounts = {}
    for item in declared.of(LimitRange):
        namespace = namespace_of(item.metadata)
        for limit in item.spec.limits:
            if value_or(limit.type, "Container") != "Container":
                continue
            sources = ((limits, limit.default), (requests, limit.default_request), (requests, limit.default), (limits, limit.max))
            for table, amounts in sources:
                for resource, amount in amounts.entries if amounts else ():
                    found = observed(
                        amount.location, f"LimitRange {name_of(item.metadata)} gives {resource} {amount.value} by default"
                    )
                    table.setdefault((namespace, resource), found)
    return limits, requests


def _confining(declared: Declared) -> tuple[bool, tuple[Evidence, ...]] | None:
    """What the operating systems of the nodes do; None where one is unknown or they differ."""
    verdicts: set[bool | None] = set()
    evidence: tuple[Evidence, ...] = ()
    for node in declared.of(Node):
        image = node.status.node_info.os_image if node.status.node_info else None
        name = value_or(image, "").lower()
        unconfined = any(known in name for known in _UNCONFINING_IMAGES)
        confined = not unconfined and any(known in name for known in _CONFINING_IMAGES)
        verdicts.add(confined if confined or unconfined else None)
        if image is not None and not evidence:
            evidence = observed(image.location, f"nodes run {image.value}")
    verdict = verdicts.pop() if len(verdicts) == 1 else None
    return None if verdict is None else (verdict, evidence)


def _handlers(declared: Declared) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for item in declared.of(OtherObject):
        if item.kind == "RuntimeClass":
            entry = item.node.entries.get("handler")
            if entry is not None and isinstance(entry.node, Scalar):
                found[name_of(item.metadata)] = entry.node.text
    return found
