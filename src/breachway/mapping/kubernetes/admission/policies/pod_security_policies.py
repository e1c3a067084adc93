"""PodSecurityPolicy, for clusters before Kubernetes 1.25: a pod is let in when one policy that its account may use allows it.

Pods are made by controllers, so the account that counts is the pod's own; whoever writes a workload chooses it among those of the
namespace.  What single users may use beside that is not counted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from breachway.evidence import Basis, Evidence
from breachway.mapping.kubernetes.admission.policies.asking import ALWAYS, Reach, Scope
from breachway.mapping.kubernetes.admission.policies.gatekeeper import allows_capabilities, allows_host_paths
from breachway.mapping.kubernetes.admission.policies.trees import at, mappings, texts
from breachway.mapping.kubernetes.declared import name_of, namespace_of
from breachway.mapping.kubernetes.permissions.access_requests import ResourceRequest, service_account
from breachway.mapping.kubernetes.permissions.authorization import Authorizer
from breachway.sources.kubernetes.objects import ServiceAccount

if TYPE_CHECKING:
    from collections.abc import Iterable

    from breachway.mapping.kubernetes.admission.policies.trees import PolicyObject
    from breachway.mapping.kubernetes.nodes.flags import Program
    from breachway.mapping.kubernetes.settings import ClusterSettings
    from breachway.sources.kubernetes.objects import KubernetesObject

KIND = "PodSecurityPolicy"
_GONE = (1, 25)
_GROUPS = ("policy", "extensions")


class PolicyAnswer(NamedTuple):
    """Whether a control is refused in a namespace, and by what it is allowed otherwise."""

    refused: bool
    evidence: tuple[Evidence, ...]
    note: str = ""


class PodSecurityPolicies:
    """The policies of the input, and who may use them."""

    def __init__(
        self,
        objects: Iterable[KubernetesObject],
        policies: tuple[PolicyObject, ...],
        settings: ClusterSettings,
        programs: tuple[Program, ...],
    ) -> None:
        self.policies = tuple(item for item in policies if item.kind == KIND and item.group in _GROUPS)
        self._accounts: dict[str, set[str]] = {}
        self._authorizer: Authorizer | None = None
        self.scope = self._scope(settings, programs)
        if self.policies and self.scope.reach is not Reach.NEVER:
            things = tuple(objects)
            self._authorizer = Authorizer(things, settings.version)
            for item in things:
                if isinstance(item, ServiceAccount):
                    self._accounts.setdefault(namespace_of(item.metadata), set()).add(name_of(item.metadata))
        self._usable: dict[str, tuple[tuple[PolicyObject, Evidence], ...]] = {}

    @staticmethod
    def _scope(settings: ClusterSettings, programs: tuple[Program, ...]) -> Scope:
        if settings.known_version and settings.version >= _GONE:
            return Scope(Reach.NEVER, f"Kubernetes {settings.version.text} has no PodSecurityPolicy")
        servers = [program for program in programs if program.name == "kube-apiserver"]
        for server in servers:
            flag = server.get("enable-admission-plugins") or server.get("admission-control")
            if flag is None or KIND not in flag.items:
                return Scope(Reach.NEVER, "the API server runs without the plugin PodSecurityPolicy")
        if servers:
            return ALWAYS
        return Scope(Reach.PERHAPS, "whether the API server runs the plugin PodSecurityPolicy is not in the input")

    def answer(self, namespace: str, control: str) -> PolicyAnswer:
        """What the policies that an account of the namespace may use say to a control."""
        usable = self._usable_in(namespace)
        for policy, grant in usable:
            if _allows(policy, control):
                note = f"{policy.title} allows it, and {grant.note}"
                return PolicyAnswer(
                    refused=False, evidence=(Evidence(policy.place("spec"), Basis.OBSERVED, note), grant), note=note
                )
        if not usable:
            note = f"no account of the namespace may use any of {len(self.policies)} policies, so none of its pods is let in"
            return PolicyAnswer(refused=True, evidence=(Evidence(self.policies[0].location, Basis.OBSERVED, note),))
        shown = tuple(Evidence(policy.place("spec"), Basis.OBSERVED, f"{policy.title} does not allow it") for policy, _ in usable)
        return PolicyAnswer(refused=True, evidence=shown)

    def _usable_in(self, namespace: str) -> tuple[tuple[PolicyObject, Evidence], ...]:
        if namespace not in self._usable:
            self._usable[namespace] = tuple(self._find_usable(namespace))
        return self._usable[namespace]

    def _find_usable(self, namespace: str) -> Iterable[tuple[PolicyObject, Evidence]]:
        if self._authorizer is None:
            return
        accounts = [service_account(namespace, name) for name in sorted({"default", *self._accounts.get(namespace, set())})]
        for policy in self.policies:
            for identity in accounts:
                decisions = (self._authorizer.allowed(identity, _use(group, policy.name, namespace)) for group in _GROUPS)
                granted = next((decision for decision in decisions if decision.allowed), None)
                if granted is not None:
                    by = granted.permissions[0].evidence[0] if granted.permissions else None
                    told = f"{identity.user} may use it"
                    yield policy, by._replace(note=told) if by else Evidence(policy.location, Basis.OBSERVED, told)
                    break


def _use(group: str, name: str, namespace: str) -> ResourceRequest:
    return ResourceRequest(verb="use", group=group, resource="podsecuritypolicies", name=name, namespace=namespace)


def _allows(policy: PolicyObject, control: str) -> bool:
    spec = policy.at("spec")
    match control:
        case "privileged" | "hostPID":
            return at(spec, control) is True
        case "capabilities":
            return allows_capabilities(texts(at(spec, "allowedCapabilities")))
        case "hostPath":
            kinds = set(texts(at(spec, "volumes")))
            if not {"hostPath", "*"} & kinds:
                return False
            prefixes = mappings(at(spec, "allowedHostPaths"))
            return not prefixes or allows_host_paths(at(spec, "allowedHostPaths"))
        case _:
            # It has no field for the control: hostProcess.
            return True
