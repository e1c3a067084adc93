"""What the versions of a host's software say about the ways out of its containers.

A version that is affected by upstream's numbers, with nothing behind the number that could hide a fix, takes the defence away as
a fact.  One that a distribution built, or a flaw that hangs on a setting nobody shows, makes an assumption of its own, which the
user can confirm.  A version that is not affected is evidence for the defence; one that is not known leaves the general
assumption.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from breachway.mapping.containers import beliefs
from breachway.mapping.containers.flaws import flaws_of, kernel_flaws
from breachway.mapping.containers.grounds import Belief, believe, defaulted, doubtful, observed, weak
from breachway.mapping.containers.versions import parse_release

if TYPE_CHECKING:
    from collections.abc import Iterable

    from breachway.evidence import Evidence, Location
    from breachway.mapping.building import ModelBuilder
    from breachway.mapping.containers.flaws import Match, Verdict
    from breachway.sources.decoding import Value

KERNEL_KEY = "host-kernel-vulnerable"
RUNTIME_KEY = "host-runtime-vulnerable"
KUBELET_KEY = "kubelet-vulnerable"
_SHOWN = 4
_BEHIND = 0.4
_SILENT = 0.8
_ENGINES = {"containerd": "containerd", "cri-o": "cri-o", "docker": "docker", "docker-desktop": "docker-desktop"}
_UNIFIED_SINCE = (1, 35)
"""From Kubernetes 1.35 on the kubelet refuses to start on control groups v1 unless told otherwise (KEP-5573)."""

_UNIFIED = (
    "amazon linux 2023", "debian gnu/linux 11", "debian gnu/linux 12", "debian gnu/linux 13", "fedora",
    "red hat enterprise linux 9", "red hat enterprise linux 10", "rocky linux 9", "almalinux 9", "talos", "ubuntu 22",
    "ubuntu 24", "ubuntu 25", "ubuntu 26",
)  # fmt: skip
_LEGACY = (
    "amazon linux 2", "centos linux 7", "centos linux 8", "debian gnu/linux 9", "debian gnu/linux 10",
    "red hat enterprise linux 7", "red hat enterprise linux 8", "red hat enterprise linux server 7", "rocky linux 8",
    "almalinux 8", "ubuntu 16", "ubuntu 18", "ubuntu 20",
)  # fmt: skip
"""Systems that boot with control groups v2 alone, and with v1, as ``osImage`` names them; from their release notes, recalled."""


class KernelWay(NamedTuple):
    """A defence of the kernel, the ways of the table that it stands against, and what is believed of an unknown kernel."""

    defence: str
    ways: tuple[str, ...]
    belief: Belief


KERNEL_WAYS = (
    KernelWay("kernelPatched", ("unfiltered",), beliefs.KERNEL_PATCHED),
    KernelWay("noPlainKernelFlaw", ("plain",), beliefs.KERNEL_SOUND),
    KernelWay("noNetworkKernelFlaw", ("net-admin",), beliefs.KERNEL_NETWORK_SOUND),
    KernelWay("noPacketKernelFlaw", ("net-raw",), beliefs.KERNEL_NETWORK_SOUND),
)
RUNTIME_WAYS = (
    ("runtimePatched", ("entered",)),
    ("imagesHandledSafely", ("image",)),
    ("imagesShowNothing", ("image-read",)),
)
_KUBELET_WAYS = (
    ("podsHandledSafely", "pod"),
    ("subPathsGuarded", "sub-path"),
    ("loopbackGuarded", "loopback"),
    ("repositoriesClonedSafely", "git-repo"),
)
HOST_DEFENCES = (
    *(way.defence for way in KERNEL_WAYS),
    *(defence for defence, _ in RUNTIME_WAYS),
    "engineHidden",
    "releaseAgentGuarded",
    "shimSocketsGuarded",
)
"""Every defence of ``HostPool`` that hangs on a version."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HostSoftware:
    """Versions of one host, or of like hosts; None for what nobody says.

    ``runtime`` may have a scheme in front (``containerd://1.7.2``).  ``location`` stands for what is not said.  ``windows`` and
    ``gpu`` tell what the host is.  ``kubelet`` is None on hosts without one.  ``person`` tells
    that it may be somebody's own machine, with Docker Desktop.
    """

    location: Location
    kernel: Value[str] | None = None
    system: Value[str] | None = None
    runtime: Value[str] | None = None
    runc: Value[str] | None = None
    kubelet: Value[str] | None = None
    toolkit: Value[str] | None = None
    windows: bool = False
    gpu: bool = False
    person: bool = False

    @property
    def needs(self) -> frozenset[str]:
        """The conditions of the table that hold here."""
        return frozenset(name for name, holds in (("windows", self.windows), ("gpu", self.gpu)) if holds)

    @property
    def engine(self) -> tuple[str, str]:
        """The runtime's name in the table and its version; both empty where it is not known."""
        text = self.runtime.value if self.runtime is not None else ""
        scheme, found, rest = text.partition("://")
        if found:
            name = _ENGINES.get(scheme.strip().lower(), "")
            return (name, rest) if name else ("", "")
        return ("", "")


class _Part(NamedTuple):
    """One component's say about one defence: what it is called, where its version stands, and the flaws that count."""

    name: str
    value: Value[str]
    verdict: Verdict
    matches: tuple[Match, ...]
    key: str


def settle_host(builder: ModelBuilder, asset: str, host: HostSoftware, *, subject: str) -> None:
    """Set every defence of ``HostPool`` that hangs on a version, and judge the weaknesses of the versions."""
    _settle_kernel(builder, asset, host, subject)
    _settle_release_agent(builder, asset, host, subject)
    _settle_runtime(builder, asset, host, subject)


def _settle_kernel(builder: ModelBuilder, asset: str, host: HostSoftware, subject: str) -> None:
    verdict = kernel_verdict(host)
    for defence, ways, belief in KERNEL_WAYS:
        if verdict is None or host.kernel is None:
            _assume(builder, asset, belief, host.location, defence)
        else:
            _settle(builder, asset, defence, _Part("kernel", host.kernel, verdict, verdict.by_way(*ways), KERNEL_KEY), subject)


def kernel_verdict(host: HostSoftware) -> Verdict | None:
    """The flaws of the kernel; None where it is not known, or not Linux's."""
    if host.kernel is None or host.windows:
        return None
    return kernel_flaws(host.kernel.value, host.system.value if host.system is not None else "")


def _settle_release_agent(builder: ModelBuilder, asset: str, host: HostSoftware, subject: str) -> None:
    """Control groups of version 2 have no release agent; on version 1 the kernel's version decides."""
    name = "releaseAgentGuarded"
    verdict = kernel_verdict(host)
    unified = _unified(host)
    if host.windows:
        builder.defence(asset, name, 1.0, defaulted(host.location, "Windows has no control groups", "Windows containers"))
    elif unified:
        builder.defence(asset, name, 1.0, unified)
    elif verdict is None or host.kernel is None:
        _assume(builder, asset, beliefs.CONTROL_GROUPS_UNIFIED, host.location, name)
    else:
        part = _Part("kernel", host.kernel, verdict, verdict.by_way("release-agent"), KERNEL_KEY)
        if part.matches and not _legacy(host):
            finding = believe(builder, beliefs.CONTROL_GROUPS_UNIFIED, host.kernel.location)
            evidence = (*finding.evidence, *observed(host.kernel.location, f"kernel {verdict.text} has {_names(part.matches)}"))
            builder.defence(asset, name, finding.probability, evidence, assumption=finding.assumption)
        else:
            _settle(builder, asset, name, part, subject)


def _legacy(host: HostSoftware) -> bool:
    """Whether the system is known to boot with control groups v1."""
    name = host.system.value.lower() if host.system is not None else ""
    return name.startswith(_LEGACY) and not name.startswith(_UNIFIED)


def _unified(host: HostSoftware) -> tuple[Evidence, ...]:
    """Why the host's control groups are of version 2; empty where that is not known."""
    kubelet = parse_release(host.kubelet.value) if host.kubelet is not None else None
    if host.kubelet is not None and kubelet is not None and kubelet.series >= _UNIFIED_SINCE:
        return defaulted(host.kubelet.location, "this kubelet runs on control groups v2 by default", "KEP-5573")
    if host.system is not None and host.system.value.lower().startswith(_UNIFIED):
        return observed(host.system.location, f"{host.system.value} boots with control groups v2")
    return ()


def _settle_runtime(builder: ModelBuilder, asset: str, host: HostSoftware, subject: str) -> None:
    name, version = host.engine
    verdict = flaws_of(name, version, host.needs) if name and not host.windows else None
    for defence, ways in RUNTIME_WAYS:
        if verdict is None or host.runtime is None:
            _assume(builder, asset, beliefs.RUNTIME_PATCHED, host.location, defence)
        else:
            _settle(builder, asset, defence, _Part(name, host.runtime, verdict, verdict.by_way(*ways), RUNTIME_KEY), subject)
        if defence != "imagesShowNothing":
            _settle_runc(builder, asset, host, defence, ways, subject, known=verdict is not None)
    _settle_toolkit(builder, asset, host, subject)
    _settle_sockets(builder, asset, host, verdict, subject)


def _settle_runc(
    builder: ModelBuilder, asset: str, host: HostSoftware, defence: str, ways: tuple[str, ...], subject: str, *, known: bool
) -> None:
    """What starts the containers beneath the runtime; a node does not report its version."""
    verdict = flaws_of("runc", host.runc.value) if host.runc is not None and not host.windows else None
    if verdict is not None and host.runc is not None:
        _settle(builder, asset, defence, _Part("runc", host.runc, verdict, verdict.by_way(*ways), RUNTIME_KEY), subject)
    elif known:
        _assume(builder, asset, beliefs.RUNC_PATCHED, host.location, defence)


def _settle_toolkit(builder: ModelBuilder, asset: str, host: HostSoftware, subject: str) -> None:
    if not host.gpu or host.windows:
        return
    verdict = flaws_of("nvidia-container-toolkit", host.toolkit.value, host.needs) if host.toolkit is not None else None
    if verdict is None or host.toolkit is None:
        _assume(builder, asset, beliefs.TOOLKIT_PATCHED, host.location, "imagesHandledSafely")
    else:
        part = _Part("NVIDIA container toolkit", host.toolkit, verdict, verdict.by_way("image"), RUNTIME_KEY)
        _settle(builder, asset, "imagesHandledSafely", part, subject)


def _settle_sockets(builder: ModelBuilder, asset: str, host: HostSoftware, verdict: Verdict | None, subject: str) -> None:
    name, _ = host.engine
    if verdict is None or host.runtime is None:
        _assume(builder, asset, beliefs.SHIM_GUARDED, host.location, "shimSocketsGuarded")
        if host.person:
            _assume(builder, asset, beliefs.NOT_DOCKER_DESKTOP, host.location, "engineHidden")
        else:
            note = "the nodes of a cluster do not run Docker Desktop"
            builder.defence(asset, "engineHidden", 1.0, defaulted(host.location, note, "Docker Desktop manual"))
        return
    for defence, way in (("shimSocketsGuarded", "shim"), ("engineHidden", "desktop")):
        _settle(builder, asset, defence, _Part(name, host.runtime, verdict, verdict.by_way(way), RUNTIME_KEY), subject)


def settle_kubelet(builder: ModelBuilder, asset: str, host: HostSoftware, *, subject: str) -> None:
    """Set the defences of ``NodePool`` that hang on the kubelet's version, and on the runtime's where a pod's fields reach it."""
    verdict = flaws_of("kubelet", host.kubelet.value, host.needs) if host.kubelet is not None else None
    for defence, way in _KUBELET_WAYS:
        if verdict is None or host.kubelet is None:
            _assume(builder, asset, beliefs.KUBELET_PATCHED, host.location, defence)
        else:
            part = _Part("kubelet", host.kubelet, verdict, verdict.by_way(way), KUBELET_KEY)
            _settle(builder, asset, defence, part, subject)
    name, version = host.engine
    for component, value, text in (("runc", host.runc, host.runc.value if host.runc else ""), (name, host.runtime, version)):
        found = flaws_of(component, text) if component and text and not host.windows else None
        if found is not None and value is not None:
            part = _Part(component, value, found, found.by_way("pod"), RUNTIME_KEY)
            _settle(builder, asset, "podsHandledSafely", part, subject)


# ------------------------------------------------------------------------------------------------------------------ one verdict


def settle_version(
    builder: ModelBuilder,
    asset: str,
    defence: str,
    component: tuple[str, Value[str], Verdict, str],
    ways: tuple[str, ...],
    *,
    subject: str,
) -> None:
    """Set one defence by one component: its name, its version, what is known of that, and the weakness that it shows."""
    name, value, verdict, key = component
    _settle(builder, asset, defence, _Part(name, value, verdict, verdict.by_way(*ways), key), subject)


def _settle(builder: ModelBuilder, asset: str, defence: str, part: _Part, subject: str) -> None:
    certain = tuple(match for match in part.matches if match.certain)
    place = part.value.location
    if certain:
        found = observed(place, f"{part.name} {part.verdict.text} has {_names(certain)}")
        weak(builder, part.key, asset, found, subject=subject, detail=_detail(part, certain=True))
        builder.defence(asset, defence, 0.0, found, weaknesses=(part.key,))
    elif part.matches:
        _doubt(builder, asset, defence, part, subject)
    else:
        note = f"{part.name} {part.verdict.text} has no flaw of this kind that is known"
        builder.defence(asset, defence, 1.0, observed(place, note), weaknesses=(part.key,))


def _doubt(builder: ModelBuilder, asset: str, defence: str, part: _Part, subject: str) -> None:
    """By upstream's numbers it has flaws, and a fix or a setting that closes them would not show."""
    belief = _settings_belief(part) if all(match.flaw.needs == "config" for match in part.matches) else _fixes_belief(part)
    note = f"{part.name} {part.verdict.text}: {_names(part.matches)} unless fixed by whoever built it or closed by a setting"
    finding = believe(builder, belief, part.value.location, note)
    evidence = (*finding.evidence, *observed(part.value.location, f"{part.name} {part.verdict.text}"))
    builder.defence(asset, defence, finding.probability, evidence, weaknesses=(part.key,), assumption=finding.assumption)
    if finding.probability == _BEHIND:
        doubtful(builder, part.key, asset, finding.evidence, subject=subject, detail=_detail(part, certain=False))


def _settings_belief(part: _Part) -> Belief:
    """That settings close the flaws that hang on one; the same for every defence of one version."""
    flaws = tuple(match for match in part.verdict.matches if match.flaw.needs == "config")
    return Belief(
        f"{_word(part.name)}-settings:{part.verdict.text}",
        f"the {part.name} {part.verdict.text} is set up, built or filtered so that {_names(flaws)} cannot be used",
        _SILENT,
        "these flaws hang on settings that distributions and current runtimes mostly close",
        f"hosts with {part.name} {part.verdict.text}",
    )


def _fixes_belief(part: _Part) -> Belief:
    """That fixes are in although the number does not show it; the same for every defence of one version."""
    flaws = tuple(match for match in part.verdict.matches if match.flaw.needs != "config")
    if not part.verdict.behind:
        why = "this number does not grow with upstream's fixes and says nothing of them; distributions mostly ship them in time"
    elif any(match.flaw.certain for match in flaws):
        why = "the number is older than the fixes; whoever built it may have put them in all the same, and some do"
    else:
        why = "which versions have these flaws is recalled here, and not read at its source"
    return Belief(
        f"{_word(part.name)}-fixed:{part.verdict.text}",
        f"the {part.name} {part.verdict.text} has the fixes for {_names(flaws)}",
        _BEHIND if part.verdict.behind else _SILENT,
        why,
        f"hosts with {part.name} {part.verdict.text}",
    )


def _detail(part: _Part, *, certain: bool) -> str:
    """The component and its worst flaws; the same for every defence that they take away, so that it is one weakness."""
    flaws = tuple(match for match in part.verdict.matches if match.flaw.needs != "config" and (match.certain or not certain))
    return f"{part.name} {part.verdict.text}: {_names(flaws)}"


def _word(name: str) -> str:
    return name.lower().replace(" ", "-")


def _assume(builder: ModelBuilder, asset: str, belief: Belief, location: Location, defence: str) -> None:
    finding = believe(builder, belief, location)
    builder.defence(asset, defence, finding.probability, finding.evidence, assumption=finding.assumption)


def _names(matches: Iterable[Match]) -> str:
    """The worst few by name, and how many more; an exploited one says so."""
    flaws = [match.flaw for match in matches]
    shown = [f"{flaw.cve} (exploited)" if flaw.exploited else flaw.cve for flaw in flaws[:_SHOWN]]
    rest = len(flaws) - len(shown)
    return ", ".join(shown) + (f" and {rest} more" if rest else "")
