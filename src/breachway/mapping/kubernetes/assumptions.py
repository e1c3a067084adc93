"""What Kubernetes manifests cannot say, each with how likely it is.

The figures are judgements, as every rationale admits; whoever knows better says so in ``breachway.yaml`` by the id.
"""

from __future__ import annotations

from breachway.mapping.containers.grounds import Belief

_CLUSTER = "the cluster"
_NODES = "the nodes"


WORKERS_ONLY = Belief(
    "workers-run-no-control-plane",
    "the nodes that run the workloads run no part of the control plane",
    0.9,
    "judgement: managed offerings never mix them, and kubeadm taints control-plane nodes; single-node clusters do mix them",
    _NODES,
)
API_NOT_PUBLIC = Belief(
    "api-server-not-public",
    "the internet cannot reach the API server",
    0.5,
    "judgement: managed offerings publish the endpoint unless told otherwise, while self-managed ones mostly keep it inside",
    _CLUSTER,
)
PODS_ROUTED = Belief(
    "pods-share-no-segment",
    "the network plugin routes every pod by itself, so that pods cannot answer in each other's place",
    0.7,
    "judgement: Calico, Cilium and the plugins of the large clouds route; those that bridge, such as flannel, share a segment",
    _NODES,
)
AUTHORIZES = Belief(
    "api-server-authorizes",
    "the API server authorizes requests by RBAC",
    0.98,
    "judgement: every current installer and offering turns RBAC on, although the program's own default is AlwaysAllow",
    _CLUSTER,
)
NO_STATIC_CREDENTIALS = Belief(
    "api-server-no-static-credentials",
    "the API server takes no tokens or passwords from a file",
    0.98,
    "judgement: no current installer sets --token-auth-file",
    _CLUSTER,
)
ADMISSION_COMPLETE = Belief(
    "admission-plugins-complete",
    "the API server runs its default admission plugins and NodeRestriction",
    0.93,
    "judgement: kubeadm, k3s and the managed offerings do",
    _CLUSTER,
)
ETCD_CERTIFICATES = Belief(
    "etcd-client-certificates",
    "etcd answers only clients with a certificate, on an address that pods cannot use",
    0.97,
    "judgement: every current installer sets it up so, and managed offerings hide etcd",
    _CLUSTER,
)
AUDITED = Belief(
    "api-server-audited",
    "the API server keeps an audit log that somebody would read",
    0.4,
    "judgement: off by default in kubeadm, k3s and EKS, partly on in GKE and AKS",
    _CLUSTER,
)
ENCRYPTED_AT_REST = Belief(
    "secrets-encrypted-at-rest",
    "the API server encrypts Secrets before it stores them",
    0.4,
    "judgement: off by default in kubeadm and k3s; on in EKS since 1.28; GKE and AKS encrypt the disks underneath",
    _CLUSTER,
)
KUBELET_AUTHENTICATES = Belief(
    "kubelet-authenticates",
    "the kubelets refuse anonymous requests",
    0.95,
    "judgement: kubeadm and the managed offerings turn anonymous access off; a kubelet without a configuration file allows it",
    _NODES,
)
KUBELET_AUTHORIZES = Belief(
    "kubelet-authorizes",
    "the kubelets ask the API server whether a caller may",
    0.95,
    "judgement: kubeadm and the managed offerings set Webhook; a kubelet without a configuration file allows everything",
    _NODES,
)
READ_ONLY_PORT_CLOSED = Belief(
    "kubelet-read-only-port-closed",
    "the read-only port 10255 of the kubelets is closed",
    0.9,
    "judgement: closed by every configuration file since 1.10; GKE left it open up to 1.31",
    _NODES,
)
NODES_NOT_PUBLIC = Belief(
    "nodes-not-public",
    "the internet cannot reach ports of the nodes",
    0.6,
    "judgement: nodes mostly have private addresses or a firewall in front; small clusters on public machines do not",
    _NODES,
)
SNIPPETS_DISALLOWED = Belief(
    "ingress-snippets-disallowed",
    "the ingress controller takes no configuration snippets from annotations",
    0.85,
    "judgement: ingress-nginx refuses them by default since 1.9, and other controllers know none",
    "the ingress controller",
)
CONTROLLER_PATCHED = Belief(
    "ingress-controller-patched",
    "the ingress controller does not let annotations inject configuration",
    0.8,
    "judgement: ingress-nginx before 1.11.5 and 1.12.1 did (CVE-2025-1974 and its kin), and gets no fixes since March 2026",
    "the ingress controller",
)
POLICY_ENGINE_ENFORCES = Belief(
    "policy-engine-enforces-pod-security",
    "the admission policies in the input that are not worked out here refuse what opens the node",
    0.7,
    "judgement: they speak of the fields in question and are set to refuse; their rules or scope are beyond what is worked out",
    _CLUSTER,
)
ADMISSION_ENGINE_ANSWERS = Belief(
    "admission-engine-answers",
    "the engine of the policies in the input runs, and no pod is let in while it does not answer",
    0.9,
    "judgement: whoever writes policies runs their engine; where its webhook fails open, it must be down for a pod to pass",
    _CLUSTER,
)
UNKNOWN_WEBHOOK_REFUSES = Belief(
    "unknown-webhooks-refuse-privileged-pods",
    "the validating webhooks of unknown purpose in the input refuse what opens the node",
    0.2,
    "judgement: most webhooks that see pods check something else",
    _CLUSTER,
)
POD_SECURITY_POLICIES_ON = Belief(
    "pod-security-policies-enforced",
    "the API server enforces the PodSecurityPolicies of the input",
    0.6,
    "judgement: they do nothing without the admission plugin, which is off by default, and are gone since Kubernetes 1.25",
    _CLUSTER,
)
NO_POD_SECURITY_EXEMPTIONS = Belief(
    "pod-security-exempts-nobody",
    "Pod Security admission exempts no user, runtime class or namespace from the levels of the labels",
    0.95,
    "the API server exempts nobody by default; what its configuration file says is not in the input",
    _CLUSTER,
)
NAMESPACE_ENFORCES = Belief(
    "undeclared-namespaces-enforce-pod-security",
    "namespaces that the input does not declare enforce a Pod Security level",
    0.15,
    "judgement: a level is off unless somebody sets the label, and few clusters label namespaces that they do not also declare",
    "namespaces without a manifest",
)
OPENSHIFT_ENFORCES = Belief(
    "openshift-constrains-pods",
    "the security context constraints of OpenShift refuse privileged pods to ordinary users",
    0.9,
    "OpenShift gives every authenticated user the constraint restricted-v2; exceptions are granted by hand",
    _CLUSTER,
)
WINDOWS_HYPER_V = Belief(
    "windows-hyper-v-isolation",
    "Hyper-V gives every Windows pod a machine of its own",
    0.05,
    "judgement: Windows Server isolates by process unless told otherwise, and Kubernetes asks for more by a runtime class alone",
    _NODES,
)
NODES_FILTERED = Belief(
    "policies-guard-node-ports",
    "a network policy that admits no node keeps out what nodes and load balancers pass on to a pod",
    0.7,
    "judgement: plugins differ, since Kubernetes leaves open whether a policy sees rewritten addresses; a pod's node is let in",
    "ports on the nodes and load balancers",
)
