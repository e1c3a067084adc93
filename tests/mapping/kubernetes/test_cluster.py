"""The cluster, its machines and namespaces; and manifests of ill will."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from breachway.evidence import Basis
from breachway.sources.kubernetes.recognition import kubernetes_objects
from breachway.sources.yaml_positions import read_yaml
from tests.mapping.kubernetes.clusters import defence, links, map_objects, map_text, missing_defences, model_of, weaknesses

CLUSTER = "kubernetes:Cluster:cluster"
POD = """
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop}
spec: {containers: [{name: app, image: "web:1"}], tolerations: [{operator: Exists}]}
"""
NODE = """---
apiVersion: v1
kind: Node
metadata: {{name: {name}, labels: {{{labels}}}}}
spec: {{providerID: "aws:///eu-west-1a/i-0{name}", taints: [{taints}]}}
status: {{nodeInfo: {{kubeletVersion: v1.31.2, osImage: "{image}"}}}}
"""


def _node(name: str, labels: str = "", taints: str = "", image: str = "Ubuntu 24.04 LTS") -> str:
    return NODE.format(name=name, labels=labels, taints=taints, image=image)


def test_what_no_artefact_says_is_an_assumption_and_what_the_platform_documents_is_a_default() -> None:
    model = model_of(POD)
    assumed = {state.defence: state.assumption for state in model.defences if state.asset == CLUSTER and state.assumption}
    assert assumed["apiNotPublic"] == "api-server-not-public"
    assert assumed["etcdClientCertificates"] == "etcd-client-certificates"
    assert defence(model, CLUSTER, "anonymousRefused").evidence[0].basis is Basis.DEFAULTED
    assert defence(model, "kubernetes:NodePool:default", "kubeletAuthenticates").assumption == "kubelet-authenticates"
    known = {assumption.id: assumption for assumption in model.assumptions}
    assert {state.assumption for state in model.defences if state.assumption} <= set(known)
    assert all(0.0 < assumption.probability < 1.0 and assumption.rationale for assumption in known.values())


def test_nodes_are_pooled_by_role_and_group() -> None:
    plane = _node(
        "a", 'node-role.kubernetes.io/control-plane: ""', "{key: node-role.kubernetes.io/control-plane, effect: NoSchedule}"
    )
    text = POD + plane + _node("b", "eks.amazonaws.com/nodegroup: web") + _node("c", "eks.amazonaws.com/nodegroup: web")
    model, index = map_text(text)
    assert index.node_pools == ("kubernetes:NodePool:control-plane", "kubernetes:NodePool:web")
    assert index.control_plane_pools == ("kubernetes:NodePool:control-plane",)
    assert defence(model, "kubernetes:NodePool:control-plane", "noControlPlane").probability == 0.0
    assert defence(model, "kubernetes:NodePool:web", "noControlPlane").probability == 1.0
    assert index.workloads[0].node_pools == index.node_pools
    assert index.version == "1.31"
    assert len(links(model, "RunsAs")) == 2


def test_windows_nodes_are_a_pool_of_their_own_and_kubelets_get_what_their_group_is_given() -> None:
    binding = """---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: maintenance}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: maintenance}
subjects: [{apiGroup: rbac.authorization.k8s.io, kind: Group, name: "system:nodes"}]
"""
    model, index = map_text(POD + _node("a") + _node("b", "kubernetes.io/os: windows") + binding)
    assert index.node_pools == ("kubernetes:NodePool:default", "kubernetes:NodePool:default-windows")
    group = "kubernetes:PrincipalGroup:system:nodes"
    pools = ("default", "default-windows")
    assert links(model, "MemberOf") == [(f"kubernetes:NodeIdentity:{pool}", group) for pool in pools]


@pytest.mark.parametrize("address, probability", [("203.0.113.40", 0.0), ("10.0.4.10", 0.5), ("0.0.0.0", 0.5)])  # noqa: S104 - looked for
def test_an_api_server_on_a_public_address_is_public(address: str, probability: float) -> None:
    api = f"""
apiVersion: v1
kind: Pod
metadata: {{name: kube-apiserver-a, namespace: kube-system}}
spec: {{containers: [{{name: kube-apiserver, command: [kube-apiserver, --advertise-address={address}]}}]}}
"""
    assert defence(model_of(api), CLUSTER, "apiNotPublic").probability == probability


def test_a_taint_keeps_pods_away() -> None:
    text = POD.replace(", tolerations: [{operator: Exists}]", "")
    text += _node("a", taints="{key: gpu, effect: NoSchedule}", labels="agentpool: gpu") + _node("b")
    _, index = map_text(text)
    assert index.workloads[0].node_pools == ("kubernetes:NodePool:default",)
    assert index.node_pools == ("kubernetes:NodePool:default", "kubernetes:NodePool:gpu-gpu")


@pytest.mark.parametrize("image, probability", [("Ubuntu 24.04 LTS", 1.0), ("Amazon Linux 2023", 0.0), ("House OS", 0.7)])
def test_the_system_of_the_nodes_tells_whether_containers_are_confined(image: str, probability: float) -> None:
    model = model_of(POD + _node("a", image=image))
    assert defence(model, "kubernetes:Container:shop/Pod/web/app", "mandatoryAccessControl").probability == probability


def test_static_pods_of_the_control_plane_show_its_pool() -> None:
    api = """---
apiVersion: v1
kind: Pod
metadata: {name: kube-apiserver-a, namespace: kube-system, labels: {component: kube-apiserver, tier: control-plane}}
spec:
  hostNetwork: true
  containers: [{name: kube-apiserver, command: [kube-apiserver, --anonymous-auth=false, "--authorization-mode=Node,RBAC"]}]
"""
    model, index = map_text(POD.replace(", tolerations: [{operator: Exists}]", "") + api)
    assert index.control_plane_pools == ("kubernetes:NodePool:control-plane",)
    pools = {entry.name: entry.node_pools for entry in index.workloads}
    assert pools["kube-apiserver-a"] == index.control_plane_pools
    assert pools["web"] == ("kubernetes:NodePool:default",)
    assert defence(model, CLUSTER, "anonymousRefused").probability == 1.0
    assert defence(model, CLUSTER, "authorizationEnforced").probability == 1.0
    assert defence(model, CLUSTER, "audited").probability == 0.0
    assert missing_defences(model) == []


NAMESPACE = "---\napiVersion: v1\nkind: Namespace\nmetadata: {name: shop, labels: {%s}}\n"
SHOP = "kubernetes:Namespace:shop"


def test_a_namespace_without_a_manifest_is_unknown_and_one_without_a_label_is_weak() -> None:
    assert defence(model_of(POD), SHOP, "podSecurityEnforced").assumption == "undeclared-namespaces-enforce-pod-security"
    assert weaknesses(model_of(POD + NAMESPACE % ""), "psa-not-enforced") == [SHOP]


def test_the_default_level_of_the_api_server_counts_unless_exempt() -> None:
    configuration = """---
apiVersion: apiserver.config.k8s.io/v1
kind: AdmissionConfiguration
plugins:
  - name: PodSecurity
    configuration:
      kind: PodSecurityConfiguration
      defaults: {enforce: restricted}
      exemptions: {namespaces: [%s]}
"""
    text = POD + NAMESPACE % ""
    assert defence(model_of(text + configuration % "kube-system"), SHOP, "podSecurityEnforced").probability == 1.0
    assert defence(model_of(text + configuration % "shop"), SHOP, "podSecurityEnforced").probability == 0.0


def test_pod_security_is_unknown_to_old_clusters() -> None:
    text = POD + NAMESPACE % "pod-security.kubernetes.io/enforce: restricted"
    assert weaknesses(model_of(text, version="1.21"), "psa-not-enforced") == [SHOP]
    assert weaknesses(model_of(text, version="1.25"), "psa-not-enforced") == []


@pytest.mark.parametrize("provider, probability", [("identity: {}", 0.0), ("aescbc: {keys: []}", 1.0)])
def test_the_first_provider_encrypts(provider: str, probability: float) -> None:
    text = f"""
apiVersion: apiserver.config.k8s.io/v1
kind: EncryptionConfiguration
resources: [{{resources: [secrets], providers: [{{{provider}}}, {{secretbox: {{}}}}]}}]
---
apiVersion: v1
kind: Secret
metadata: {{name: payments, namespace: shop}}
data: {{api-key: d2ludGVyZ3JlZW4=}}
"""
    model = model_of(text)
    assert defence(model, "kubernetes:Secret:shop/payments", "encryptedAtRest").probability == probability
    assert weaknesses(model, "etcd-encryption-missing") == ([] if probability else [CLUSTER])


def test_the_same_input_gives_the_same_model() -> None:
    text = POD + NAMESPACE % "" + _node("a") + _node("b")
    assert repr(model_of(text)) == repr(model_of(text))


_WORDS = st.sampled_from(
    [
        "x",
        "",
        "0",
        "-1",
        "true",
        "ALL",
        "cap_sys_admin",
        "/",
        "../..",
        "*",
        "http://[",
        "::/0",
        "999999999999999999999",
        "${A}",
        "é\u202e",
    ]
)
_FIELDS = st.sampled_from(
    [
        "hostPID: {w}",
        "runtimeClassName: {w}",
        "nodeSelector: {{{w}: {w}}}",
        "volumes: [{{name: a, hostPath: {{path: {w}, type: {w}}}}}]",
        "securityContext: {{sysctls: [{{name: {w}}}], seccompProfile: {{type: {w}}}, supplementalGroups: [{w}]}}",
        "serviceAccountName: {w}",
        "imagePullSecrets: [{{name: {w}}}]",
        "tolerations: [{{key: {w}, operator: {w}}}]",
        "initContainers: [{{name: {w}, image: {w}, ports: [{{containerPort: {w}, hostPort: {w}}}]}}]",
        "ephemeralContainers: [{{name: {w}, volumeMounts: [{{name: a, subPath: {w}, mountPath: {w}}}]}}]",
    ]
)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(_FIELDS, _WORDS), max_size=6, unique_by=lambda pair: pair[0]), _WORDS, _WORDS)
def test_no_manifest_of_ill_will_stops_the_mapping(fields: list[tuple[str, str]], image: str, argument: str) -> None:
    lines = "".join(f"  {field.format(w=repr(word))}\n" for field, word in fields)
    text = f"apiVersion: v1\nkind: Pod\nmetadata: {{name: p}}\nspec:\n{lines}  containers:\n"
    text += f"    - {{name: c, image: {image!r}, args: [{argument!r}], volumeMounts: [{{name: a, mountPath: {argument!r}}}]}}\n"
    node = read_yaml(text, "given.yaml").documents[0]
    assert node is not None
    model, _ = map_objects(kubernetes_objects(node, "given.yaml", []))
    assert missing_defences(model) == []
