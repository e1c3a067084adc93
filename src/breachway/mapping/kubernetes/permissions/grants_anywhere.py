"""What rules may give in one namespace as well as across the cluster."""

from __future__ import annotations

from breachway.mapping.kubernetes.permissions.grant import Grant
from breachway.mapping.kubernetes.permissions.rules import APPS, BATCH, CHANGE, CORE, NETWORKING, RBAC, READ, WRITE, Access
from breachway.mapping.kubernetes.versions import KubernetesVersion

_DELETE = ("delete", "deletecollection")
_LIFT = (*WRITE, *_DELETE)
_POD_MAKERS = (
    Access(("create",), CORE, ("pods", "replicationcontrollers")),
    Access(("create",), APPS, ("deployments", "daemonsets", "statefulsets", "replicasets")),
    Access(("create",), BATCH, ("jobs", "cronjobs")),
)
_TEMPLATE_CHANGERS = (
    Access(CHANGE, CORE, ("replicationcontrollers",)),
    Access(CHANGE, APPS, ("deployments", "daemonsets", "statefulsets", "replicasets")),
    Access(CHANGE, BATCH, ("cronjobs",)),
)
_JOB_CHANGE = Access(CHANGE, BATCH, ("jobs",))
"""The template of a Job never changes, so that this gives nothing; the catalogue of weaknesses counts it."""

_POD_CHANGE = Access(CHANGE, CORE, ("pods",))
_DEBUGGING = Access(CHANGE, CORE, ("pods/ephemeralcontainers",))
_NAMED_POD_CHANGES = (_POD_CHANGE, _DEBUGGING)
_ROLES = ("roles", "clusterroles")
_BINDINGS = ("rolebindings", "clusterrolebindings")
_ADMINISTRATOR = ("cluster-admin",)
_DNS_MAPS = ("coredns", "coredns-custom", "kube-dns", "node-local-dns")
_SERVICES = (
    Access(WRITE, CORE, ("services", "services/status", "endpoints")),
    Access(WRITE, "discovery.k8s.io", ("endpointslices",)),
)
_CREATE_CHECKED = KubernetesVersion(1, 35)
"""Since 1.35 the gate AuthorizePodWebsocketUpgradeCreatePermission, on by default, asks for create on a web socket, too."""

_EVENT_DELETION = (Access(_DELETE, CORE, ("events",)), Access(_DELETE, "events.k8s.io", ("events",)))


def _streaming(verbs: tuple[str, ...], *resources: str) -> tuple[tuple[Access, ...], ...]:
    return ((Access(verbs, CORE, resources),),)


GRANTS_ANYWHERE: tuple[Grant, ...] = (
    Grant(defence="noPodCreation", title="create pods", needs=(_POD_MAKERS,), weakness="rbac-create-workloads"),
    Grant(
        defence="noWorkloadUpdate",
        title="change workloads",
        needs=(_TEMPLATE_CHANGERS,),
        weakness="rbac-create-workloads",
        weakness_needs=((_POD_CHANGE, _JOB_CHANGE, *_TEMPLATE_CHANGERS),),
        weakness_names="any",
    ),
    Grant(
        defence="noNamedWorkloadUpdate",
        title="change named workloads",
        needs=(_TEMPLATE_CHANGERS,),
        names="only",
        fixed_by="rbac-create-workloads",
    ),
    # Of a pod that runs, only the images may change, and little that gives no rights.
    Grant(
        defence="noPodChange",
        title="change the images of running pods",
        needs=((_POD_CHANGE,),),
        fixed_by="rbac-create-workloads",
    ),
    Grant(
        defence="noPodExec",
        title="run commands in pods",
        needs=_streaming(("create", "get"), "pods/exec", "pods/attach"),
        tightened=_CREATE_CHECKED,
        tight_needs=_streaming(("create",), "pods/exec", "pods/attach"),
        weakness="rbac-pod-exec",
        weakness_names="any",
    ),
    Grant(
        defence="noNamedPodUse",
        title="run code in named pods",
        needs=((*_streaming(("create", "get"), "pods/exec", "pods/attach")[0], *_NAMED_POD_CHANGES),),
        tightened=_CREATE_CHECKED,
        tight_needs=((*_streaming(("create",), "pods/exec", "pods/attach")[0], *_NAMED_POD_CHANGES),),
        names="only",
        fixed_by="rbac-pod-exec",
    ),
    Grant(
        defence="noEphemeralContainers",
        title="add debug containers to pods",
        needs=((_DEBUGGING,),),
        weakness_names="any",
        weakness="rbac-ephemeral-containers",
    ),
    Grant(
        defence="noSecretReading",
        title="read every Secret",
        needs=((Access(READ, CORE, ("secrets",)),),),
        weakness="rbac-read-secrets",
    ),
    Grant(defence="noNamedSecretReading", title="read named Secrets", needs=((Access(READ, CORE, ("secrets",)),),), names="only"),
    # A Secret of the type kubernetes.io/service-account-token is filled with a token, whether or not the version still makes
    # such Secrets by itself (LegacyServiceAccountTokenNoAutoGeneration).
    Grant(
        defence="noSecretCreation",
        title="create Secrets, token Secrets among them",
        needs=((Access(("create",), CORE, ("secrets",)),),),
        fixed_by="rbac-token-create",
    ),
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
        defence="noAccountChange",
        title="annotate ServiceAccounts",
        needs=((Access(WRITE, CORE, ("serviceaccounts",)),),),
        names="any",
    ),
    Grant(
        defence="noImpersonation",
        title="impersonate ServiceAccounts",
        needs=((Access(("impersonate",), CORE, ("serviceaccounts",)),),),
        weakness="rbac-impersonate",
    ),
    Grant(
        defence="noNamedImpersonation",
        title="impersonate named identities",
        needs=((Access(("impersonate",), CORE, ("users", "serviceaccounts")),),),
        names="only",
        weakness="rbac-impersonate",
        weakness_needs=((Access(("impersonate",), CORE, ("users", "groups", "serviceaccounts")),),),
        local_needs=(((Access(("impersonate",), CORE, ("serviceaccounts",)),),),),
    ),
    # Where roles are named, it is worth something to who holds one of them: see rbac_widening.
    Grant(
        defence="noEscalate",
        title="write roles with more rights than its own",
        needs=((Access(("escalate",), RBAC, _ROLES),), (Access(WRITE, RBAC, _ROLES),)),
        weakness_names="any",
        weakness="rbac-escalate",
        weakness_needs=((Access(("escalate",), RBAC, _ROLES),),),
        cluster_needs=tuple(((Access(("escalate",), RBAC, (kind,)),), (Access(WRITE, RBAC, (kind,)),)) for kind in _ROLES),
        local_needs=(((Access(("escalate",), RBAC, ("roles",)),), (Access(WRITE, RBAC, ("roles",)),)),),
    ),
    # Only the ClusterRole cluster-admin is sure to hold more than the attacker has; bound in a namespace it rules that one.
    Grant(
        defence="noBind",
        title="bind roles with more rights than its own",
        needs=((Access(("bind",), RBAC, ("clusterroles",), _ADMINISTRATOR),), (Access(WRITE, RBAC, _BINDINGS),)),
        names="any",
        weakness="rbac-bind",
        weakness_needs=((Access(("bind",), RBAC, _ROLES), Access(WRITE, RBAC, _BINDINGS)),),
        local_needs=(((Access(("bind",), RBAC, ("clusterroles",), _ADMINISTRATOR),), (Access(WRITE, RBAC, ("rolebindings",)),)),),
    ),
    Grant(
        defence="noExistingRoleBinding",
        title="bind roles that exist",
        needs=((Access(("bind",), RBAC, _ROLES),), (Access(WRITE, RBAC, _BINDINGS),)),
        names="any",
        fixed_by="rbac-bind",
        # A ClusterRoleBinding refers to no Role.
        cluster_needs=(
            ((Access(("bind",), RBAC, ("roles",)),), (Access(WRITE, RBAC, ("rolebindings",)),)),
            ((Access(("bind",), RBAC, ("clusterroles",)),), (Access(WRITE, RBAC, _BINDINGS),)),
        ),
        local_needs=(((Access(("bind",), RBAC, _ROLES),), (Access(WRITE, RBAC, ("rolebindings",)),)),),
    ),
    # A priority of one's own pushes other pods aside, once a pod bears it.
    Grant(
        defence="noPodDisplacement",
        title="make pods start elsewhere",
        needs=((Access(_DELETE, CORE, ("pods",)), Access(("create",), CORE, ("pods/eviction", "pods/binding", "bindings"))),),
        names="any",
        fixed_by="rbac-node-modify",
        cluster_needs=(
            ((Access(_DELETE, CORE, ("pods",)), Access(("create",), CORE, ("pods/eviction", "pods/binding", "bindings"))),),
            ((Access(("create",), "scheduling.k8s.io", ("priorityclasses",)),), _POD_MAKERS),
        ),
    ),
    Grant(defence="noConfigMapWriting", title="change ConfigMaps", needs=((Access(CHANGE, CORE, ("configmaps",)),),)),
    Grant(
        defence="noDnsConfiguration",
        title="change the configuration of the DNS servers",
        needs=((Access(CHANGE, CORE, ("configmaps",), _DNS_MAPS),),),
        names="any",
        fixed_by="rbac-configmap-write",
        system_only=True,
    ),
    Grant(
        defence="noCloudMapping",
        title="map identities of the cloud to users",
        needs=((Access(WRITE, CORE, ("configmaps",), ("aws-auth",)),),),
        names="any",
        fixed_by="rbac-configmap-write",
        system_only=True,
    ),
    Grant(
        defence="noNetworkWriting",
        title="redirect traffic",
        needs=(_SERVICES,),
        names="any",
        weakness="rbac-network-write",
        weakness_needs=((*_SERVICES, Access(WRITE, NETWORKING, ("networkpolicies", "ingresses"))),),
    ),
    Grant(
        defence="noExternalAddresses",
        title="name outside addresses for services",
        needs=((Access(WRITE, CORE, ("services",)), Access(CHANGE, CORE, ("services/status",))),),
        names="any",
        fixed_by="rbac-network-write",
    ),
    Grant(
        defence="noRouteWriting",
        title="change routes into the cluster",
        needs=(
            (
                Access(WRITE, NETWORKING, ("ingresses",)),
                Access(WRITE, "extensions", ("ingresses",)),
                Access(WRITE, "gateway.networking.k8s.io", ("httproutes", "grpcroutes", "tlsroutes", "tcproutes", "gateways")),
                Access(WRITE, "networking.istio.io", ("virtualservices", "gateways", "serviceentries", "destinationrules")),
                Access(WRITE, "route.openshift.io", ("routes",)),
            ),
        ),
        names="any",
        fixed_by="rbac-network-write",
    ),
    Grant(
        defence="noPolicyWriting",
        title="lift network policies",
        needs=(
            (
                Access(_LIFT, NETWORKING, ("networkpolicies",)),
                Access(_LIFT, "policy.networking.k8s.io", ("adminnetworkpolicies", "baselineadminnetworkpolicies")),
                Access(_LIFT, "cilium.io", ("ciliumnetworkpolicies", "ciliumclusterwidenetworkpolicies")),
                Access(_LIFT, "crd.projectcalico.org", ("networkpolicies", "globalnetworkpolicies")),
                Access(_LIFT, "projectcalico.org", ("networkpolicies", "globalnetworkpolicies")),
            ),
        ),
        names="any",
        fixed_by="rbac-network-write",
    ),
    Grant(
        defence="noEventDeletion",
        title="delete events",
        needs=(_EVENT_DELETION,),
        names="any",
        weakness="rbac-delete-evidence",
        # The catalogue counts ``pods/log`` too, which the API server knows no deletion of.
        weakness_needs=((*_EVENT_DELETION, Access(_DELETE, CORE, ("pods/log",))),),
    ),
    Grant(
        defence="noPortForward",
        title="forward ports of pods",
        needs=_streaming(("create", "get"), "pods/portforward"),
        tightened=_CREATE_CHECKED,
        tight_needs=_streaming(("create",), "pods/portforward"),
        names="any",
        weakness="rbac-port-forward",
    ),
    Grant(defence="noPodReading", title="read the specification of pods", needs=((Access(READ, CORE, ("pods",)),),)),
    Grant(defence="noConfigMapReading", title="read ConfigMaps", needs=((Access(READ, CORE, ("configmaps",)),),)),
    Grant(defence="noLogReading", title="read logs", needs=((Access(("get",), CORE, ("pods/log",)),),), names="any"),
    Grant(
        defence="noNamespaceChange",
        title="change labels of namespaces",
        # The strategy of the status keeps the labels that it is sent, as a real API server shows (tests/platforms).
        needs=((Access(CHANGE, CORE, ("namespaces", "namespaces/status")),),),
        names="any",
        cluster_names="none",
    ),
    Grant(
        defence="noPodDeletion",
        title="delete workloads",
        needs=((Access(_DELETE, CORE, ("pods",)), Access(_DELETE, APPS, ("deployments", "daemonsets", "statefulsets"))),),
        names="any",
    ),
)
