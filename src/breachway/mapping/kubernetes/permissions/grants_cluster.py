"""What rules give only across the cluster: rights on objects that stand in no namespace."""

from __future__ import annotations

from breachway.mapping.kubernetes.permissions.grant import Grant
from breachway.mapping.kubernetes.permissions.rules import (
    AUTHENTICATION,
    CERTIFICATES,
    CHANGE,
    CORE,
    READ,
    WEBHOOKS,
    WRITE,
    Access,
    UrlAccess,
)
from breachway.mapping.kubernetes.versions import KubernetesVersion

_DELETE = ("delete", "deletecollection")
_MUTATING, _VALIDATING = "mutatingwebhookconfigurations", "validatingwebhookconfigurations"
_APPROVAL = Access(CHANGE, CERTIFICATES, ("certificatesigningrequests/approval",))
_USERS_AND_GROUPS = Access(("impersonate",), CORE, ("users", "groups"))
_FINE_GRAINED = KubernetesVersion(1, 33)
"""KubeletFineGrainedAuthz, on by default since 1.33; before, a kubelet asks for nodes/proxy instead of nodes/configz."""


def _signer(name: str) -> Access:
    """Approving for a signer, which the API server asks for by its name and by its domain."""
    return Access(("approve",), CERTIFICATES, ("signers",), (f"kubernetes.io/{name}", "kubernetes.io/*"))


CLUSTER_GRANTS: tuple[Grant, ...] = (
    # Extra attributes and uids decide nothing by themselves, and groups go only with a name.
    Grant(
        defence="noIdentityImpersonation",
        title="impersonate any user",
        needs=((Access(("impersonate",), CORE, ("users",)),),),
        weakness="rbac-impersonate",
        weakness_needs=((_USERS_AND_GROUPS, Access(("impersonate",), AUTHENTICATION, ("userextras", "uids"))),),
        cluster_only=True,
    ),
    Grant(
        defence="noGroupImpersonation",
        title="claim any group",
        needs=((Access(("impersonate",), CORE, ("groups",)),),),
        fixed_by="rbac-impersonate",
        cluster_only=True,
    ),
    Grant(
        defence="noNamedGroupImpersonation",
        title="claim named groups",
        needs=((Access(("impersonate",), CORE, ("groups",)),),),
        names="only",
        fixed_by="rbac-impersonate",
        cluster_only=True,
    ),
    Grant(
        defence="noNodeProxy",
        title="speak to kubelets through the API server",
        needs=((Access(("get", "create"), CORE, ("nodes/proxy",)),),),
        names="any",
        weakness="rbac-nodes-proxy",
        cluster_only=True,
    ),
    # The admission plugin CertificateApproval asks for the signer; to sign takes the signer's key as well, which no rule gives.
    Grant(
        defence="noCertificateApproval",
        title="approve client certificates",
        needs=((_APPROVAL,), (_signer("kube-apiserver-client"),)),
        names="any",
        weakness="rbac-csr-approve",
        weakness_needs=((_APPROVAL,),),
        cluster_only=True,
    ),
    # The controller manager approves by itself what comes from somebody with the right to nodeclient.
    Grant(
        defence="noNodeCertificateApproval",
        title="have certificates of nodes approved",
        needs=((_APPROVAL,), (_signer("kube-apiserver-client-kubelet"),)),
        names="any",
        fixed_by="rbac-csr-approve",
        cluster_only=True,
        cluster_needs=(
            ((_APPROVAL,), (_signer("kube-apiserver-client-kubelet"),)),
            ((Access(("create",), CERTIFICATES, ("certificatesigningrequests/nodeclient",)),),),
        ),
    ),
    Grant(
        defence="noCertificateRequest",
        title="ask for certificates",
        needs=(
            (Access(("create",), CERTIFICATES, ("certificatesigningrequests",)),),
            (Access(READ, CERTIFICATES, ("certificatesigningrequests",)),),
        ),
        cluster_only=True,
    ),
    Grant(
        defence="noWebhookChange",
        title="change mutating webhooks",
        needs=((Access(WRITE, WEBHOOKS, (_MUTATING,)),),),
        names="any",
        weakness="rbac-webhook-config",
        weakness_needs=((Access(WRITE, WEBHOOKS, (_VALIDATING, _MUTATING)),),),
        cluster_only=True,
    ),
    Grant(
        defence="noValidatingWebhookChange",
        title="change validating webhooks",
        needs=((Access(WRITE, WEBHOOKS, (_VALIDATING,)),),),
        names="any",
        fixed_by="rbac-webhook-config",
        cluster_only=True,
    ),
    Grant(
        defence="noAdmissionPolicyChange",
        title="change or delete admission policies",
        needs=(
            (
                Access(_DELETE, WEBHOOKS, (_VALIDATING,)),
                Access((*CHANGE, *_DELETE), WEBHOOKS, ("validatingadmissionpolicies", "validatingadmissionpolicybindings")),
                Access((*CHANGE, *_DELETE), "kyverno.io", ("clusterpolicies",)),
                Access((*CHANGE, *_DELETE), "policies.kyverno.io", ("validatingpolicies",)),
                Access((*CHANGE, *_DELETE), "templates.gatekeeper.sh", ("constrainttemplates",)),
                Access((*CHANGE, *_DELETE), "constraints.gatekeeper.sh", ()),
            ),
        ),
        names="any",
        fixed_by="rbac-webhook-config",
        cluster_only=True,
    ),
    Grant(
        defence="noMutatingPolicyChange",
        title="write mutating admission policies",
        needs=(
            (Access(WRITE, WEBHOOKS, ("mutatingadmissionpolicies",)),),
            (Access(WRITE, WEBHOOKS, ("mutatingadmissionpolicybindings",)),),
        ),
        names="any",
        fixed_by="rbac-webhook-config",
        cluster_only=True,
        since=KubernetesVersion(1, 32),
    ),
    Grant(
        defence="noNamedNamespaceChange",
        title="change labels of named namespaces",
        needs=((Access(CHANGE, CORE, ("namespaces", "namespaces/status")),),),
        names="only",
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
        defence="noStorageClassCreation",
        title="create storage classes",
        needs=((Access(("create",), "storage.k8s.io", ("storageclasses",)),),),
        fixed_by="rbac-create-pv",
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
    # The API server takes the Authorization header off before it passes a request on, so that no token goes with it.
    Grant(
        defence="noApiServiceChange",
        title="take over API groups",
        needs=((Access(WRITE, "apiregistration.k8s.io", ("apiservices",)),),),
        names="any",
        cluster_only=True,
    ),
    Grant(
        defence="noNodeLogReading",
        title="read the logs of nodes",
        needs=((Access(("get",), CORE, ("nodes/log",)),),),
        names="any",
        cluster_only=True,
    ),
    Grant(
        defence="noNodeSettingsReading",
        title="read the settings of kubelets",
        needs=((Access(("get",), CORE, ("nodes/configz",)),),),
        names="any",
        cluster_only=True,
        since=_FINE_GRAINED,
    ),
    Grant(
        defence="noServerLogReading",
        title="fetch log files of the API server",
        needs=((UrlAccess(("get",), "/logs/"),),),
        names="any",
        cluster_only=True,
    ),
)
