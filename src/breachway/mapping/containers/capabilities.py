"""Linux capabilities of a container: what is left after adding and dropping, and what each that is left means.

Docker and the CRI differ where a capability is both added and dropped: in Docker (daemon/pkg/oci/caps) the addition wins,
except that an addition of ALL gives way to single drops; in containerd's CRI a drop always wins.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from breachway.mapping.containers.grounds import Finding, defaulted, observed, weak
from breachway.threats.capabilities import load_capabilities, normalise_capability

if TYPE_CHECKING:
    from breachway.evidence import Evidence, Location
    from breachway.mapping.building import ModelBuilder

ALL = "ALL"
_KERNEL_MISC = frozenset(
    {"SYS_RAWIO", "BPF", "PERFMON", "SYS_BOOT", "SYS_TIME", "SYSLOG", "MAC_ADMIN", "MAC_OVERRIDE", "CHECKPOINT_RESTORE"}
)
_KEY_OF = {
    "SYS_ADMIN": "cap-sys-admin",
    "SYS_MODULE": "cap-sys-module",
    "SYS_PTRACE": "cap-sys-ptrace",
    "DAC_READ_SEARCH": "cap-dac-read-search",
    "NET_ADMIN": "cap-net-admin",
}
_ALL_COUNTS_FOR = frozenset({"cap-sys-admin", "cap-sys-module"})
"""The weaknesses that an addition of ALL shows besides ``cap-all``; the others name a capability that was added by itself."""

_DEFENCES = {
    "noSysAdmin": ("SYS_ADMIN",),
    "noSysModule": ("SYS_MODULE",),
    "noSysPtrace": ("SYS_PTRACE",),
    "noDacReadSearch": ("DAC_READ_SEARCH",),
    "noNetAdmin": ("NET_ADMIN",),
    "noRawIo": ("SYS_RAWIO",),
    "noKernelCapabilities": ("BPF", "SYS_BOOT"),
    "noRawSockets": ("NET_RAW",),
}


_TRACING = (frozenset({"BPF", "PERFMON"}), frozenset({"SYS_ADMIN"}))
"""What a program needs to trace and steer every process of the machine: either of these sets, whole."""


class NamedCapability(NamedTuple):
    """A capability as an artefact names it, and where."""

    name: str
    location: Location

    @property
    def plain(self) -> str:
        """The name in one spelling."""
        return normalise_capability(self.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class CapabilityRequest:
    """What an artefact says of one container's capabilities.

    ``defaults`` is the platform's default set and ``source`` where it is documented; ``location`` stands for what is not said.
    ``privileged`` is the evidence that the container is privileged, empty when it is not.
    """

    added: tuple[NamedCapability, ...]
    dropped: tuple[NamedCapability, ...]
    privileged: tuple[Evidence, ...]
    location: Location
    defaults: frozenset[str]
    source: str
    drop_wins: bool = False


@cache
def docker_default_capabilities() -> frozenset[str]:
    """The set that Docker Engine gives a container that asks for nothing."""
    return frozenset(item.name for item in load_capabilities() if item.docker_default)


@cache
def containerd_default_capabilities() -> frozenset[str]:
    """The set that containerd gives a container that asks for nothing."""
    return frozenset(item.name for item in load_capabilities() if item.containerd_default)


@cache
def all_capabilities() -> frozenset[str]:
    """Every capability of the kernel."""
    return frozenset(item.name for item in load_capabilities())


@cache
def baseline_capabilities() -> frozenset[str]:
    """Those that the Pod Security Standard "baseline" lets a container add."""
    return frozenset(item.name for item in load_capabilities() if item.baseline_addable)


@cache
def _effective(added: frozenset[str], dropped: frozenset[str], defaults: frozenset[str], *, drop_wins: bool) -> frozenset[str]:
    singles = added - {ALL}
    if drop_wins:
        base = all_capabilities() if ALL in added else defaults
        if ALL in dropped:
            base = frozenset()
        return (base | singles) - dropped
    if ALL in added:
        return all_capabilities() - dropped
    return singles if ALL in dropped else (defaults - dropped) | singles


def effective_capabilities(request: CapabilityRequest) -> frozenset[str]:
    """What the container's root may use, as plain names."""
    if request.privileged:
        return all_capabilities()
    added = frozenset(item.plain for item in request.added)
    dropped = frozenset(item.plain for item in request.dropped)
    return _effective(added, dropped, request.defaults, drop_wins=request.drop_wins)


def map_capabilities(builder: ModelBuilder, container: str, request: CapabilityRequest, *, subject: str) -> dict[str, Finding]:
    """Judge the capability weaknesses of a container; give the findings for the nine defences that capabilities decide."""
    _judge_additions(builder, container, request, subject)
    _judge_drops(builder, container, request, subject)
    effective = effective_capabilities(request)
    findings = {name: _finding(name, wanted, effective, request) for name, wanted in _DEFENCES.items()}
    return {**findings, "noTracing": _tracing(effective, request)}


def _tracing(effective: frozenset[str], request: CapabilityRequest) -> Finding:
    """BPF loads programs and PERFMON lets them look at other processes: one without the other traces nothing."""
    held = next((wanted for wanted in _TRACING if wanted <= effective), None)
    if held is not None:
        return _finding("noTracing", tuple(sorted(held)), effective, request)
    note = "does not hold BPF and PERFMON together, nor SYS_ADMIN"
    return Finding(1.0, defaulted(request.location, note, request.source), ("cap-kernel-misc", "cap-sys-admin"))


def _judge_additions(builder: ModelBuilder, container: str, request: CapabilityRequest, subject: str) -> None:
    for item in request.added:
        evidence = observed(item.location, f"adds the capability {item.name}")
        for key in _keys_of(item.plain):
            weak(builder, key, container, evidence, subject=subject, detail=item.plain if key == "cap-beyond-baseline" else "")


@cache
def _keys_of(name: str) -> tuple[str, ...]:
    """The weaknesses that adding one capability (plain name) shows."""
    keys: list[str] = []
    if name == ALL:
        keys += ["cap-all", *sorted(_ALL_COUNTS_FOR)]
    if name in _KEY_OF:
        keys.append(_KEY_OF[name])
    if name in _KERNEL_MISC:
        keys.append("cap-kernel-misc")
    if name not in baseline_capabilities():
        keys.append("cap-beyond-baseline")
    return tuple(keys)


def _judge_drops(builder: ModelBuilder, container: str, request: CapabilityRequest, subject: str) -> None:
    dropped = {item.plain for item in request.dropped}
    silent = defaulted(request.location, "does not drop ALL; the default set of capabilities stays", request.source)
    if ALL not in dropped:
        named = tuple(item for item in request.dropped)
        evidence = observed(named[0].location, "drops only " + ", ".join(item.name for item in named)) if named else silent
        weak(builder, "caps-not-dropped-all", container, evidence, subject=subject)
    raw = next((item for item in request.added if item.plain == "NET_RAW"), None)
    if raw is not None:
        weak(builder, "net-raw-available", container, observed(raw.location, f"adds the capability {raw.name}"), subject=subject)
    elif not dropped & {ALL, "NET_RAW"}:
        evidence = defaulted(request.location, "does not drop NET_RAW; it is in the default set", request.source)
        weak(builder, "net-raw-available", container, evidence, subject=subject)


def _finding(name: str, wanted: tuple[str, ...], effective: frozenset[str], request: CapabilityRequest) -> Finding:
    held = tuple(item for item in wanted if item in effective)
    keys = (
        ("net-raw-available",) if name == "noRawSockets" else tuple(sorted({key for item in wanted for key in _own_keys(item)}))
    )
    if held and request.privileged:
        return Finding(0.0, request.privileged, ("privileged-container",))
    if held:
        item = next((item for item in request.added if item.plain in held), None) or next(
            (item for item in request.added if item.plain == ALL), None
        )
        if item is not None:
            return Finding(
                0.0,
                observed(item.location, f"adds the capability {item.name}"),
                (*keys, *(("cap-all",) if item.plain == ALL else ())),
            )
        return Finding(0.0, defaulted(request.location, f"keeps {', '.join(held)} of the default set", request.source), keys)
    drop = next((item for item in request.dropped if item.plain in {ALL, *wanted}), None)
    if drop is not None:
        return Finding(1.0, observed(drop.location, f"drops {drop.name}"), keys)
    return Finding(
        1.0, defaulted(request.location, f"{', '.join(wanted)} not added; not in the default set", request.source), keys
    )


def _own_keys(name: str) -> tuple[str, ...]:
    return tuple(key for key in _keys_of(name) if key != "cap-beyond-baseline")
