"""RBAC rules as the API server matches them, and the catalogue of grants that an attacker can use.

Matching follows ``k8s.io/component-helpers/auth/rbac/validation`` and the authorizer of Kubernetes 1.33: a resource matches when
the rule names it, names ``*``, or names ``*/sub`` for a subresource.  ``pods/*`` is no pattern to the API server and matches
nothing else.  A URL matches when the rule names it, or its beginning with a ``*`` after it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, assert_never

from breachway.mapping.kubernetes.access_requests import ResourceRequest, UrlRequest

if TYPE_CHECKING:
    from collections.abc import Iterable

    from breachway.evidence import Location
    from breachway.mapping.kubernetes.access_requests import Request
    from breachway.sources.kubernetes.rbac import PolicyRule

CORE = ""
APPS = "apps"
BATCH = "batch"
RBAC = "rbac.authorization.k8s.io"
CERTIFICATES = "certificates.k8s.io"
NETWORKING = "networking.k8s.io"
WEBHOOKS = "admissionregistration.k8s.io"
AUTHENTICATION = "authentication.k8s.io"

WRITE = ("create", "update", "patch")
CHANGE = ("update", "patch")
READ = ("get", "list", "watch")


class Access(NamedTuple):
    """Verbs on resources of an API group, any of each."""

    verbs: tuple[str, ...]
    group: str
    resources: tuple[str, ...]


class Rule(NamedTuple):
    """A rule with plain values.  ``names`` is empty where the rule speaks of all objects.

    ``source`` is empty for a rule of the input; for one that every API server brings along it names where that is written, and
    ``location`` is nowhere.
    """

    verbs: frozenset[str]
    groups: frozenset[str]
    resources: frozenset[str]
    names: tuple[str, ...]
    location: Location
    urls: frozenset[str] = frozenset()
    source: str = ""

    @classmethod
    def of(cls, rule: PolicyRule) -> Rule:
        """Read a rule of a Role or ClusterRole."""
        return cls(
            frozenset(verb.value for verb in rule.verbs),
            frozenset(group.value for group in rule.api_groups or ()),
            frozenset(resource.value for resource in rule.resources or ()),
            tuple(sorted({name.value for name in rule.resource_names or ()})),
            rule.location,
            frozenset(url.value for url in rule.non_resource_urls or ()),
        )

    def admits(self, request: Request) -> bool:
        """Whether the API server lets a holder of the rule do this, in the scope of the binding."""
        if "*" not in self.verbs and request.verb not in self.verbs:
            return False
        match request:
            case ResourceRequest():
                return (
                    ("*" in self.groups or request.group in self.groups)
                    and self._covers(request.full_resource)
                    and (not self.names or request.name in self.names)
                )
            case UrlRequest():
                return any(_url_matches(url, request.path) for url in self.urls)
            case _:
                assert_never(request)

    def allows(self, access: Access) -> bool:
        """Whether the rule lets its holder use one of the verbs on one of the resources."""
        return (
            ("*" in self.verbs or not self.verbs.isdisjoint(access.verbs))
            and ("*" in self.groups or access.group in self.groups)
            and any(self._covers(resource) for resource in access.resources)
        )

    def _covers(self, resource: str) -> bool:
        if "*" in self.resources or resource in self.resources:
            return True
        _, slash, sub = resource.partition("/")
        return bool(slash) and f"*/{sub}" in self.resources

    @property
    def everything(self) -> bool:
        """All verbs on all resources of all groups: what cluster-admin has."""
        return "*" in self.verbs and "*" in self.groups and "*" in self.resources


def _url_matches(pattern: str, path: str) -> bool:
    return pattern == path or (pattern.endswith("*") and path.startswith(pattern.rstrip("*")))


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What a set of rules may give to an attacker.

    ``defence`` of RoleGrant is off when the rules give it.  Each element of ``needs`` must be allowed by some rule (all of them
    are needed together). ``names`` says what ``resourceNames`` do: "any" gives the grant in spite of them, "none" only without
    them, "only" only with them. ``weakness`` is the key that stands for it, with ``weakness_needs`` where the catalogue asks for
    less than the attack does.  ``cluster_needs`` and ``local_needs`` are alternatives, tried in turn, that take the place of
    ``needs`` where the rules are bound for the whole cluster or in one namespace: a RoleBinding gives nothing on objects that
    stand in no namespace, whatever its rules name.  ``cluster_only`` grants speak of nothing but such objects.
    """

    defence: str
    title: str
    needs: tuple[tuple[Access, ...], ...]
    names: str = "none"
    weakness: str = ""
    weakness_needs: tuple[tuple[Access, ...], ...] = ()
    cluster_needs: tuple[tuple[tuple[Access, ...], ...], ...] = ()
    local_needs: tuple[tuple[tuple[Access, ...], ...], ...] = ()
    cluster_only: bool = False

    def given_by(self, rules: tuple[Rule, ...], *, namespaced: bool) -> tuple[Rule, ...]:
        """Return the rules that give the grant in a scope, or ()."""
        if namespaced and self.cluster_only:
            return ()
        alternatives = (self.local_needs if namespaced else self.cluster_needs) or (self.needs,)
        return next((found for needs in alternatives if (found := satisfied(needs, self.names, rules))), ())


_POD_MAKERS = (
    Access(("create",), CORE, ("pods", "replicationcontrollers")),
    Access(("create",), APPS, ("deployments", "daemonsets", "statefulsets", "replicasets")),
    Access(("create",), BATCH, ("jobs", "cronjobs")),
)
_POD_CHANGERS = (
    Access(CHANGE, CORE, ("pods", "replicationcontrollers")),
    Access(CHANGE, APPS, ("deployments", "daemonsets", "statefulsets", "replicasets")),
    Access(CHANGE, BATCH, ("jobs", "cronjobs")),
)
_ROLES = ("roles", "clusterroles")
_BINDINGS = ("rolebindings", "clusterrolebindings")
_HOOKS = ("validatingwebhookconfigurations", "mutatingwebhookconfigurations")

_EVENT_DELETION = (
    Access(("delete", "deletecollection"), CORE, ("events",)),
    Access(("delete", "deletecollection"), "events.k8s.io", ("events",)),
)

GRANTS: tuple[Grant, ...] = (
    Grant(defence="noPodCreation", title="create pods", needs=(_POD_MAKERS,), weakness="rbac-create-workloads"),
    Grant(
        defence="noWorkloadUpdate",
        title="change workloads",
        needs=(_POD_CHANGERS,),
        names="any",
        weakness="rbac-create-workloads",
    ),
    Grant(
        defence="noPodExec",
        title="run commands in pods",
        needs=((Access(("create", "get"), CORE, ("pods/exec", "pods/attach")),),),
        names="any",
        weakness="rbac-pod-exec",
    ),
    Grant(
        defence="noEphemeralContainers",
        title="add debug containers to pods",
        needs=((Access(CHANGE, CORE, ("pods/ephemeralcontainers",)),),),
        names="any",
        weakness="rbac-ephemeral-containers",
    ),
    Grant(
        defence="noSecretReading",
        title="read every Secret",
        needs=((Access(READ, CORE, ("secrets",)),),),
        weakness="rbac-read-secrets",
    ),
    Grant(defence="noNamedSecretReading", title="read named Secrets", needs=((Access(READ, CORE, ("secrets",)),),), names="only"),
    Grant(
        defence="noTokenCreation",
        title="mint tokens of every ServiceAccount",
        needs=((Access(("create",), CORE, ("serviceaccounts/token",)),),),
        weakness="rbac-token-create",
    ),
    Grant(
        defence="noNamedTokenCreation",
        title="mint tokens of named ServiceAccounts",
        needs=((Access(("create",), CORE, ("serviceaccounts/token",)),),),
        names="only",
        weakness="rbac-token-create",
    ),
    Grant(
        defence="noImpersonation",
        title="impersonate ServiceAccounts",
        needs=((Access(("impersonate",), CORE, ("serviceaccounts",)),),),
        weakness="rbac-impersonate",
    ),
    Grant(
        defence="noIdentityImpersonation",
        title="impersonate any user or group",
        needs=((Access(("impersonate",), CORE, ("users", "groups")),),),
        weakness="rbac-impersonate",
        weakness_needs=(
            (
                Access(("impersonate",), CORE, ("users", "groups")),
                Access(("impersonate",), AUTHENTICATION, ("userextras", "uids")),
            ),
        ),
        cluster_only=True,
    ),
    Grant(
        defence="noNamedImpersonation",
        title="impersonate named identities",
        needs=((Access(("impersonate",), CORE, ("users", "groups", "serviceaccounts")),),),
        names="only",
        weakness="rbac-impersonate",
        local_needs=(((Access(("impersonate",), CORE, ("serviceaccounts",)),),),),
    ),
    Grant(
        defence="noEscalate",
        title="write roles with more rights than its own",
        needs=((Access(("escalate",), RBAC, _ROLES),), (Access(WRITE, RBAC, _ROLES),)),
        names="any",
        weakness="rbac-escalate",
        weakness_needs=((Access(("escalate",), RBAC, _ROLES),),),
        cluster_needs=tuple(((Access(("escalate",), RBAC, (kind,)),), (Access(WRITE, RBAC, (kind,)),)) for kind in _ROLES),
        local_needs=(((Access(("escalate",), RBAC, ("roles",)),), (Access(WRITE, RBAC, ("roles",)),)),),
    ),
    Grant(
        defence="noBind",
        title="bind roles with more rights than its own",
        needs=((Access(("bind",), RBAC, _ROLES),), (Access(WRITE, RBAC, _BINDINGS),)),
        names="any",
        weakness="rbac-bind",
        weakness_needs=((Access(("bind",), RBAC, _ROLES), Access(WRITE, RBAC, _BINDINGS)),),
        # Only a ClusterRole (cluster-admin) is sure to hold more than the attacker has; bound in a namespace it rules that one.
        cluster_needs=(((Access(("bind",), RBAC, ("clusterroles",)),), (Access(WRITE, RBAC, _BINDINGS),)),),
        local_needs=(((Access(("bind",), RBAC, ("clusterroles",)),), (Access(WRITE, RBAC, ("rolebindings",)),)),),
    ),
    Grant(
        defence="noNodeProxy",
        title="speak to kubelets through the API server",
        needs=((Access(("get", "create"), CORE, ("nodes/proxy",)),),),
        names="any",
        weakness="rbac-nodes-proxy",
        cluster_only=True,
    ),
    Grant(
        defence="noCertificateApproval",
        title="approve client certificates",
        needs=(
            (Access(CHANGE, CERTIFICATES, ("certificatesigningrequests/approval",)),),
            (Access(("approve",), CERTIFICATES, ("signers",)),),
        ),
        names="any",
        weakness="rbac-csr-approve",
        weakness_needs=((Access(CHANGE, CERTIFICATES, ("certificatesigningrequests/approval",)),),),
        cluster_only=True,
    ),
    Grant(
        defence="noWebhookChange",
        title="change admission webhooks",
        needs=((Access(WRITE, WEBHOOKS, _HOOKS),),),
        names="any",
        weakness="rbac-webhook-config",
        cluster_only=True,
    ),
    Grant(
        defence="noPersistentVolumeCreation",
        title="create persistent volumes",
        needs=((Access(("create",), CORE, ("persistentvolumes",)),),),
        weakness="rbac-create-pv",
        cluster_only=True,
    ),
    Grant(
        defence="noNodeChange",
        title="change nodes",
        needs=((Access(("update", "patch", "delete"), CORE, ("nodes", "nodes/status")),),),
        names="any",
        weakness="rbac-node-modify",
        cluster_only=True,
    ),
    Grant(defence="noConfigMapWriting", title="change ConfigMaps", needs=((Access(CHANGE, CORE, ("configmaps",)),),)),
    Grant(
        defence="noNetworkWriting",
        title="redirect traffic",
        needs=(
            (
                Access(WRITE, CORE, ("services", "services/status", "endpoints")),
                Access(WRITE, "discovery.k8s.io", ("endpointslices",)),
                Access(WRITE, NETWORKING, ("networkpolicies", "ingresses")),
            ),
        ),
        names="any",
        weakness="rbac-network-write",
    ),
    Grant(
        defence="noEventDeletion",
        title="delete events",
        needs=(_EVENT_DELETION,),
        names="any",
        weakness="rbac-delete-evidence",
        # The catalogue counts ``pods/log`` too, which the API server knows no deletion of.
        weakness_needs=((*_EVENT_DELETION, Access(("delete", "deletecollection"), CORE, ("pods/log",))),),
    ),
    Grant(
        defence="noPortForward",
        title="forward ports of pods",
        needs=((Access(("create", "get"), CORE, ("pods/portforward",)),),),
        names="any",
        weakness="rbac-port-forward",
    ),
    Grant(defence="noPodReading", title="read the specification of pods", needs=((Access(READ, CORE, ("pods",)),),)),
    Grant(defence="noConfigMapReading", title="read ConfigMaps", needs=((Access(READ, CORE, ("configmaps",)),),)),
    Grant(defence="noLogReading", title="read logs", needs=((Access(("get",), CORE, ("pods/log", "nodes/log")),),), names="any"),
    Grant(
        defence="noNamespaceChange",
        title="change labels of namespaces",
        needs=((Access(CHANGE, CORE, ("namespaces",)),),),
        names="any",
    ),
    Grant(
        defence="noPodDeletion",
        title="delete workloads",
        needs=(
            (
                Access(("delete", "deletecollection"), CORE, ("pods",)),
                Access(("delete", "deletecollection"), APPS, ("deployments", "daemonsets", "statefulsets")),
            ),
        ),
        names="any",
    ),
)


def satisfied(needs: Iterable[tuple[Access, ...]], names: str, rules: Iterable[Rule]) -> tuple[Rule, ...]:
    """Return the rules that together satisfy ``needs``, or () when one of them is not allowed by any rule."""
    usable = [
        rule for rule in rules if names == "any" or (names == "none" and not rule.names) or (names == "only" and rule.names)
    ]
    found: list[Rule] = []
    for accesses in needs:
        matching = [rule for rule in usable if any(rule.allows(access) for access in accesses)]
        if not matching:
            return ()
        found.extend(rule for rule in matching if rule not in found)
    return tuple(found)
