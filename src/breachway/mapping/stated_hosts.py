"""What ``breachway.yaml`` says of the software of hosts, judged by the same table as what nodes report of themselves."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from breachway.mapping.bindings import load_bindings
from breachway.mapping.building import ModelBuilder
from breachway.mapping.containers.host_versions import HostSoftware, settle_host, settle_kubelet
from breachway.sources.decoding import Value

if TYPE_CHECKING:
    from breachway.evidence import Location
    from breachway.model import Asset, DefenceState, Model
    from breachway.sources.configuration.objects import HostStatement

_KERNEL = frozenset({"kernelPatched", "noNetworkKernelFlaw", "noPacketKernelFlaw", "noPlainKernelFlaw", "releaseAgentGuarded"})
_RUNTIME = frozenset({"engineHidden", "imagesHandledSafely", "imagesShowNothing", "runtimePatched", "shimSocketsGuarded"})
_KUBELET = frozenset({"loopbackGuarded", "podsHandledSafely", "repositoriesClonedSafely", "subPathsGuarded"})
_KEYS = {"kernel": "host-kernel-vulnerable", "runtime": "host-runtime-vulnerable", "kubelet": "kubelet-vulnerable"}


def state_host(model: Model, hosts: tuple[Asset, ...], statement: HostStatement) -> Model:
    """Judge the hosts by the versions that the user states; what the statement leaves out stays as it was."""
    if not hosts:
        return model
    scratch = ModelBuilder(load_bindings())
    for host in hosts:
        software = _software(statement, host)
        scratch.asset(host.kind, host.id, host.name, platform=host.platform, evidence=host.evidence)
        settle_host(scratch, host.id, software, subject=host.name)
        if host.kind == "NodePool":
            settle_kubelet(scratch, host.id, software, subject=host.name)
    told = scratch.build()
    decided = _decided(statement)
    ids = {host.id for host in hosts}
    states = {(state.asset, state.defence): state for state in model.defences}
    new = {
        (state.asset, state.defence): state
        for state in told.defences
        if state.defence in decided and not (statement.runtime == "" and _fact(states.get((state.asset, state.defence))))
    }
    states |= new
    gone = {_KEYS[name] for name in _parts(statement)}
    kept = tuple(item for item in model.weaknesses if item.asset not in ids or item.key not in gone)
    used = {state.assumption for state in states.values()}
    assumptions = {item.id: item for item in told.assumptions if item.id in {state.assumption for state in new.values()}}
    assumptions |= {item.id: item for item in model.assumptions if item.id in used or item.id not in _rested_on(model, ids)}
    return replace(
        model,
        defences=tuple(states[key] for key in sorted(states)),
        weaknesses=tuple(
            sorted(
                (*kept, *(item for item in told.weaknesses if item.key in gone)),
                key=lambda item: (item.key, item.asset, item.detail),
            )
        ),
        assumptions=tuple(assumptions[key] for key in sorted(assumptions)),
    )


def _fact(state: DefenceState | None) -> bool:
    """Whether a node's own report takes the defence away: what a statement about something beneath cannot mend."""
    return state is not None and state.probability == 0.0 and (state.defence in _RUNTIME or _KEYS["runtime"] in state.weaknesses)


def _rested_on(model: Model, hosts: set[str]) -> set[str]:
    """The assumptions on which something of the hosts rested."""
    return {state.assumption for state in _of_hosts(model, hosts) if state.assumption}


def _of_hosts(model: Model, hosts: set[str]) -> tuple[DefenceState, ...]:
    return tuple(state for state in model.defences if state.asset in hosts)


def _parts(statement: HostStatement) -> tuple[str, ...]:
    """The components that the statement speaks of."""
    return tuple(
        name
        for name, said in (
            ("kernel", statement.kernel),
            ("runtime", statement.runtime or statement.runc),
            ("kubelet", statement.kubelet),
        )
        if said
    )


def _decided(statement: HostStatement) -> frozenset[str]:
    parts = _parts(statement)
    found: frozenset[str] = frozenset()
    for name, defences in (("kernel", _KERNEL), ("runtime", _RUNTIME | {"podsHandledSafely"}), ("kubelet", _KUBELET)):
        if name in parts:
            found |= defences
    return found


def _software(statement: HostStatement, host: Asset) -> HostSoftware:
    """What is stated, and for the rest what the host shows of itself where all its machines agree."""
    place = statement.location
    shown = {name: Value(text, host.evidence[0].location) for name, text in host.facts if ", " not in text}
    return HostSoftware(
        location=place,
        kernel=_value(statement.kernel, place) or shown.get("kernel"),
        system=_value(statement.system, place) or shown.get("system"),
        runtime=_value(statement.runtime, place) or shown.get("runtime"),
        runc=_value(statement.runc, place),
        kubelet=_value(statement.kubelet, place) or shown.get("kubelet"),
        toolkit=shown.get("GPU toolkit"),
        gpu="GPUs" in shown,
        windows=shown.get("os") is not None,
        person=host.kind == "DockerHost",
    )


def _value(text: str, place: Location) -> Value[str] | None:
    return Value(text, place) if text else None
