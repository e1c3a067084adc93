"""The software of nodes: what their status says, and which nodes of a pool are alike in it.

Nodes whose versions differ without a difference in known flaws stay one pool; those that differ in a flaw part, so that a fix on
some does not pass for a fix on all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from breachway.mapping.containers.flaws import flaws_of
from breachway.mapping.containers.host_versions import HostSoftware, kernel_verdict
from breachway.mapping.containers.versions import parse_release
from breachway.mapping.kubernetes.declared import entries, labels_of, name_of
from breachway.sources.decoding import Value, value_or
from breachway.sources.image_reference import parse_image_reference
from breachway.sources.kubernetes.objects import Workload

if TYPE_CHECKING:
    from collections.abc import Iterable

    from breachway.mapping.containers.flaws import Verdict
    from breachway.mapping.kubernetes.declared import Declared
    from breachway.sources.kubernetes.objects import Node

_TOOLKIT_IMAGE = "container-toolkit"
_GPU = "nvidia.com/"
_BY_FIELD = ("kubelet", "runtime", "kernel")
"""The components by which parts of a pool are told apart, the best known first."""


class Traits(NamedTuple):
    """What decides about a node: the flaws of its kernel, its runtime and its kubelet, each as (id, certain) pairs."""

    kernel: tuple[tuple[str, bool], ...]
    runtime: tuple[tuple[str, bool], ...]
    kubelet: tuple[tuple[str, bool], ...]


def is_windows(node: Node) -> bool:
    """Whether a node runs Windows, by its label or its status."""
    info = node.status.node_info
    system = labels_of(node.metadata).get("kubernetes.io/os", "") or (value_or(info.operating_system, "") if info else "")
    return system == "windows"


def software_of(node: Node, toolkit: Value[str] | None) -> HostSoftware:
    """What a node's status says of its software; ``toolkit`` is the version of the GPU toolkit that the cluster installs."""
    info = node.status.node_info
    if info is None:
        return HostSoftware(location=node.location, windows=is_windows(node))
    return HostSoftware(
        location=node.location,
        kernel=info.kernel_version,
        system=info.os_image,
        runtime=info.container_runtime_version,
        kubelet=info.kubelet_version,
        toolkit=toolkit,
        windows=is_windows(node),
        gpu=any(name.startswith(_GPU) and amount != "0" for name, amount in entries(node.status.capacity).items()),
    )


def distinct_software(nodes: Iterable[Node], toolkit: Value[str] | None) -> tuple[HostSoftware, ...]:
    """The software of nodes, once for all that report the same."""
    found: dict[tuple[object, ...], HostSoftware] = {}
    for node in nodes:
        host = software_of(node, toolkit)
        values = (host.kernel, host.system, host.runtime, host.kubelet)
        found.setdefault((*(value_or(value, "") for value in values), host.windows, host.gpu), host)
    return tuple(found.values())


def traits_of(host: HostSoftware) -> Traits:
    """What decides about a host."""
    name, version = host.engine
    return Traits(
        kernel=_pairs(kernel_verdict(host)),
        runtime=_pairs(flaws_of(name, version, host.needs) if name and not host.windows else None),
        kubelet=_pairs(flaws_of("kubelet", host.kubelet.value, host.needs) if host.kubelet is not None else None),
    )


def _pairs(verdict: Verdict | None) -> tuple[tuple[str, bool], ...]:
    """The flaws of a version; an unknown version is a trait of its own."""
    if verdict is None:
        return (("unknown", False),)
    return tuple(sorted((match.flaw.cve, match.certain) for match in verdict.matches))


def parted(name: str, nodes: Iterable[Node]) -> tuple[tuple[str, tuple[Node, ...]], ...]:
    """Part the nodes of a pool by what decides about them; each part's name says the versions in which it differs.

    A pool of like nodes stays whole, and keeps its name.
    """
    parts: dict[Traits, list[Node]] = {}
    for node in sorted(nodes, key=lambda item: name_of(item.metadata)):
        parts.setdefault(traits_of(software_of(node, None)), []).append(node)
    if len(parts) == 1:
        return ((name, tuple(*parts.values())),)
    differing = tuple(field for field in _BY_FIELD if len({getattr(traits, field) for traits in parts}) > 1)
    enough = next((field for field in differing if len({_mark(field, members) for members in parts.values()}) == len(parts)), "")
    named: dict[str, tuple[Node, ...]] = {}
    for members in parts.values():
        part = "-".join((name, *(_mark(field, members) for field in ((enough,) if enough else differing))))
        named[part if part not in named else f"{part}-{name_of(members[0].metadata)}"] = tuple(members)
    return tuple(sorted(named.items()))


def _mark(field: str, nodes: Iterable[Node]) -> str:
    """The oldest version of one component among nodes, as part of a name."""
    texts = {_version_text(field, software_of(node, None)) for node in nodes}
    known = [version for version in map(parse_release, sorted(texts)) if version is not None]
    return f"{field}-{min(known, key=lambda item: (item.order, item.text)).text if known else 'unknown'}"


def _version_text(field: str, host: HostSoftware) -> str:
    if field == "runtime":
        return host.engine[1]
    value = host.kernel if field == "kernel" else host.kubelet
    return value.value if value is not None else ""


def gpu_toolkit(declared: Declared) -> Value[str] | None:
    """The version of NVIDIA's container toolkit that a workload of the input installs on the nodes; None where none does."""
    for workload in declared.of(Workload):
        spec = workload.pod_template.spec
        for container in (*spec.containers, *spec.init_containers):
            reference = parse_image_reference(container.image.value) if container.image is not None else None
            if container.image is not None and reference is not None and reference.name == _TOOLKIT_IMAGE and reference.tag:
                return Value(reference.tag.partition("-")[0], container.image.location)
    return None
