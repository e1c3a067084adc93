"""Pod Security admission: the level that a namespace enforces, by its labels or by the default of the API server's configuration.

Semantics of k8s.io/pod-security-admission (Kubernetes 1.23 to 1.37): the label goes before the default; a version pins the checks
to those of that release; a level that is none is refused by the API server when the label is set; exemptions go before all of it.
Every check of what opens a node is in the standard since its first version, so no pinned version lets such a pod in.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from breachway.mapping.containers.grounds import defaulted, observed
from breachway.mapping.kubernetes import assumptions
from breachway.mapping.kubernetes.versions import parse_version
from breachway.sources.decoding import value_or
from breachway.sources.kubernetes.objects import AdmissionConfiguration, PodSecurityConfiguration
from breachway.threats.admission_controls import load_breaches

if TYPE_CHECKING:
    from breachway.evidence import Evidence, Location
    from breachway.mapping.containers.grounds import Belief
    from breachway.mapping.kubernetes.declared import Declared
    from breachway.mapping.kubernetes.nodes.flags import Program
    from breachway.mapping.kubernetes.settings import ClusterSettings
    from breachway.sources.decoding import Value
    from breachway.sources.kubernetes.control_plane import PodSecurityDefaults, PodSecurityExemptions
    from breachway.sources.kubernetes.objects import Namespace

ENFORCE = "pod-security.kubernetes.io/enforce"
_LEVELS = ("privileged", "baseline", "restricted")
_ADMISSION = "Pod Security admission"
_SINCE = (1, 23)
_CONTROLLERS = frozenset(
    f"system:serviceaccount:kube-system:{name}-controller"
    for name in ("cronjob", "daemon-set", "job", "replicaset", "replication", "statefulset")
)
"""Who makes the pods of workloads: exempt, they let every pod in that a workload asks for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """What Pod Security admission does in one namespace: ``enforced`` or not, why, and what an uncertain part rests on.

    ``restricted`` tells that it is the strictest level, which also refuses kinds of volumes.
    """

    enforced: bool
    evidence: tuple[Evidence, ...]
    belief: Belief | None = None
    restricted: bool = False


class PodSecurity:
    """The plugin as the input configures it."""

    def __init__(self, declared: Declared, settings: ClusterSettings, programs: tuple[Program, ...]) -> None:
        self._settings = settings
        plugins = [
            plugin.configuration
            for item in declared.of(AdmissionConfiguration)
            for plugin in item.plugins
            if value_or(plugin.name, "") == "PodSecurity" and plugin.configuration is not None
        ]
        files = declared.of(PodSecurityConfiguration)
        self._configurations: tuple[tuple[PodSecurityDefaults | None, PodSecurityExemptions | None], ...] = (
            *((item.defaults, item.exemptions) for item in plugins),
            *((item.defaults, item.exemptions) for item in files),
        )
        self._servers = tuple(program for program in programs if program.name == "kube-apiserver")

    def of(self, name: str, namespace: Namespace | None, place: tuple[Evidence, ...]) -> Level:
        """The level of a namespace; ``place`` is the evidence where nothing says anything."""
        off = self._switched_off()
        labels = namespace.metadata.labels if namespace is not None else None
        label = labels.get(ENFORCE) if labels is not None else None
        if off:
            return Level(enforced=False, evidence=off)
        if label is not None:
            if self._settings.version < _SINCE:
                note = f"{ENFORCE}: {label.value}, which Kubernetes {self._settings.version.text} does not know"
                return Level(enforced=False, evidence=observed(label.location, note))
            version = labels.get(f"{ENFORCE}-version") if labels is not None else None
            return self._unless_exempt(name, self._labelled(label, version))
        default = self._default() if self._settings.version >= _SINCE else None
        return Level(enforced=False, evidence=place) if default is None else self._unless_exempt(name, default)

    def _switched_off(self) -> tuple[Evidence, ...]:
        """The evidence that an API server runs without the plugin."""
        for server in self._servers:
            flag = server.get("disable-admission-plugins")
            if flag is not None and "PodSecurity" in flag.items:
                return observed(flag.location, f"--disable-admission-plugins={flag.value}: labels have no effect")
            gates = server.get("feature-gates")
            if gates is not None and "PodSecurity=false" in gates.items:
                return observed(gates.location, f"--feature-gates={gates.value}: labels have no effect")
        return ()

    @staticmethod
    def _labelled(label: Value[str], version: Value[str] | None) -> Level:
        level = label.value
        if level not in _LEVELS:
            note = f"{ENFORCE}: {level} is no level, and the API server refuses the label"
            return Level(enforced=False, evidence=observed(label.location, note))
        note = f"{ENFORCE}: {level}"
        pinned = parse_version(value_or(version, "latest"))
        if level != "privileged" and pinned is not None and version is not None:
            missing = sorted(
                {
                    breach.title
                    for breach in load_breaches()
                    if (since := parse_version(breach.since)) is not None
                    and pinned < since
                    and (breach.level == "baseline" or level == "restricted")
                }
            )
            later = f", without the later checks of {', '.join(missing)}" if missing else ""
            note = f"{note}, by the checks of {version.value}{later}"
        return Level(enforced=level != "privileged", evidence=observed(label.location, note), restricted=level == "restricted")

    def _default(self) -> Level | None:
        for defaults, _ in self._configurations:
            level = defaults.enforce if defaults is not None else None
            if level is not None and level.value in _LEVELS:
                return Level(
                    enforced=level.value != "privileged",
                    evidence=observed(level.location, f"the default level is {level.value}"),
                    restricted=level.value == "restricted",
                )
        return None

    def _unless_exempt(self, name: str, level: Level) -> Level:
        if not level.enforced:
            return level
        for _, exemptions in self._configurations:
            exempt = self._exempt(name, exemptions) if exemptions is not None else ()
            if exempt:
                return Level(enforced=False, evidence=exempt)
        if self._configurations:
            return level
        flags = [server.get("admission-control-config-file") for server in self._servers]
        if flags and all(flag is None for flag in flags):
            return level
        seen = next((flag for flag in flags if flag is not None), None)
        known = observed(seen.location, f"--{seen.name}={seen.value}, which is not in the input") if seen is not None else ()
        return Level(
            enforced=True,
            evidence=(*level.evidence, *known),
            belief=assumptions.NO_POD_SECURITY_EXEMPTIONS,
            restricted=level.restricted,
        )

    def _exempt(self, name: str, exemptions: PodSecurityExemptions) -> tuple[Evidence, ...]:
        """The evidence that whoever may write pods in a namespace has them exempt."""
        for item in exemptions.namespaces:
            if item.value == name:
                return observed(item.location, f"namespace {name} is exempt from Pod Security admission")
        for item in exemptions.usernames:
            if item.value in _CONTROLLERS:
                return observed(item.location, f"{item.value} is exempt, which makes the pods of workloads")
        for item in exemptions.runtime_classes:
            handler = self._settings.handlers.get(item.value)
            if handler is not None and not is_sandbox(handler):
                note = f"pods of runtime class {item.value} (handler {handler}, no sandbox) are exempt"
                return observed(item.location, note)
        return ()


_SANDBOXES = ("gvisor", "runsc", "kata", "firecracker", "cloud-hypervisor", "hyperv", "hypervisor")
"""Parts of the names that sandboxing handlers have."""


def is_sandbox(handler: str) -> bool:
    """Whether a runtime handler keeps a container's kernel apart from the node's, by its name."""
    return any(name in handler.lower() for name in _SANDBOXES)


def silent(place: Location) -> tuple[Evidence, ...]:
    """The evidence of a namespace that nothing is said about."""
    return defaulted(place, f"no label {ENFORCE}; without one nothing is refused", _ADMISSION)
