"""What containers are given: secrets, ConfigMaps and storage."""

from __future__ import annotations

import pytest

from tests.mapping.kubernetes.clusters import defence, links, missing_defences, model_of, weaknesses, wrong_links

APP = "kubernetes:Container:shop/Pod/web/app"
CONFIG = """---
apiVersion: v1
kind: ConfigMap
metadata: {name: settings, namespace: shop}
data: {db.password: wintergreen-81, colour: green}
"""
CREDENTIAL = "kubernetes:Secret:shop/ConfigMap/settings/db.password"


def _pod(container: str = "", pod: str = "") -> str:
    return f"""
apiVersion: v1
kind: Pod
metadata: {{name: web, namespace: shop}}
spec:
  {pod}
  containers:
    - name: app
      image: "web:1"
      {container}
"""


@pytest.mark.parametrize(
    "container, pod",
    [
        ("envFrom: [{configMapRef: {name: settings}}]", ""),
        ("env: [{name: X, valueFrom: {configMapKeyRef: {name: settings, key: colour}}}]", ""),
        ("volumeMounts: [{name: c, mountPath: /c}]", "volumes: [{name: c, configMap: {name: settings}}]"),
        (
            "volumeMounts: [{name: c, mountPath: /c}]",
            "volumes: [{name: c, projected: {sources: [{configMap: {name: settings}}]}}]",
        ),
    ],
)
def test_a_credential_in_a_config_map_reaches_whoever_is_given_it(container: str, pod: str) -> None:
    model = model_of(_pod(container, pod) + CONFIG)
    assert (APP, CREDENTIAL) in links(model, "Uses")
    assert links(model, "Configures") == [("kubernetes:Namespace:shop", CREDENTIAL)]
    assert defence(model, CREDENTIAL, "notInConfiguration").probability == 0.0


@pytest.mark.parametrize(
    "container, pod, secret",
    [
        ("envFrom: [{secretRef: {name: db}}]", "", "db"),
        ("volumeMounts: [{name: s, mountPath: /s}]", "volumes: [{name: s, secret: {secretName: db}}]", "db"),
        (
            "volumeMounts: [{name: s, mountPath: /s}]",
            "volumes: [{name: s, csi: {driver: secrets-store.csi.k8s.io, volumeAttributes: {secretProviderClass: vault}}}]",
            "SecretProviderClass/vault",
        ),
    ],
)
def test_secrets_are_used_in_many_ways(container: str, pod: str, secret: str) -> None:
    model = model_of(_pod(container, pod))
    assert links(model, "Uses") == [(APP, f"kubernetes:Secret:shop/{secret}")]
    assert defence(model, f"kubernetes:Secret:shop/{secret}", "notInRepository").probability == 1.0
    assert wrong_links(model) == []


def test_a_secret_that_is_only_mounted_elsewhere_is_not_used() -> None:
    assert links(model_of(_pod(pod="volumes: [{name: s, secret: {secretName: db}}]")), "Uses") == []


def test_a_pull_secret_exists_and_no_container_sees_it() -> None:
    model = model_of(_pod(pod="imagePullSecrets: [{name: registry}]"))
    assert links(model, "KeepsSecret") == [("kubernetes:Namespace:shop", "kubernetes:Secret:shop/registry")]
    assert links(model, "Uses") == []


@pytest.mark.parametrize(
    "source, volume",
    [
        ("persistentVolumeClaim: {claimName: data}", "kubernetes:Volume:shop/data"),
        ("nfs: {server: files.example.com, path: /shop}", "kubernetes:Volume:shop/nfs/files.example.com/shop"),
        ("csi: {driver: efs.csi.aws.com}", "kubernetes:Volume:shop/Pod/web/d"),
    ],
)
def test_storage_that_lasts_is_a_volume_and_scratch_is_not(source: str, volume: str) -> None:
    mounts = "volumeMounts: [{name: d, mountPath: /d}, {name: tmp, mountPath: /tmp}]"
    model = model_of(_pod(mounts, f"volumes: [{{name: d, {source}}}, {{name: tmp, emptyDir: {{}}}}]"))
    assert links(model, "Mounts") == [(APP, volume)]
    assert links(model, "OwnsVolume") == [("kubernetes:Cluster:cluster", volume)]


@pytest.mark.parametrize(
    "claim, volume",
    [
        ("{volumeName: disk}", "{hostPath: {path: /root}}"),
        ("{storageClassName: fast}", "{storageClassName: slow, claimRef: {namespace: shop, name: data}, local: {path: /root}}"),
    ],
)
def test_a_claim_is_bound_by_name_or_by_reference(claim: str, volume: str) -> None:
    text = _pod("volumeMounts: [{name: d, mountPath: /d}]", "volumes: [{name: d, persistentVolumeClaim: {claimName: data}}]")
    text += f"---\napiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {{name: data, namespace: shop}}\nspec: {claim}\n"
    text += f"---\napiVersion: v1\nkind: PersistentVolume\nmetadata: {{name: disk}}\nspec: {volume}\n"
    model = model_of(text)
    assert links(model, "MountsHost") == [(APP, "kubernetes:HostMount:shop/Pod/web/app:/root")]
    assert bool(weaknesses(model, "hostpath-any")) is ("hostPath" in volume)


def test_the_data_of_a_stateful_set_lies_in_its_own_claims() -> None:
    text = """
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db, namespace: shop}
spec:
  template:
    spec:
      containers: [{name: db, image: "postgres:16", volumeMounts: [{name: data, mountPath: /var/lib/postgresql/data}]}]
  volumeClaimTemplates: [{metadata: {name: data}, spec: {}}]
"""
    model = model_of(text)
    assert links(model, "Stores") == [
        ("kubernetes:Volume:shop/StatefulSet/db/data", "kubernetes:DataStore:shop/StatefulSet/db/db")
    ]
    assert missing_defences(model) == []


def test_a_read_only_mount_of_a_socket_is_no_safer() -> None:
    mounts = "volumeMounts: [{name: s, mountPath: /s, readOnly: true}]"
    model = model_of(_pod(mounts, "volumes: [{name: s, hostPath: {path: /var/run/docker.sock, type: Socket}}]"))
    mount = "kubernetes:HostMount:shop/Pod/web/app:/run/docker.sock"
    assert weaknesses(model, "runtime-socket-mount") == [mount]
    assert defence(model, mount, "notRuntimeSocket").probability == 0.0
    assert defence(model, mount, "readOnly").probability == 1.0
    assert weaknesses(model, "hostpath-writable") == []


KUBELET = """
apiVersion: v1
kind: Pod
metadata: {name: kubelet, namespace: kube-system}
spec: {containers: [{name: kubelet, command: [/usr/bin/kubelet, %s]}]}
"""
POOL = "kubernetes:NodePool:default"


@pytest.mark.parametrize(
    "flags, authenticates, authorizes, closed",
    [
        ("--v=2", 0.0, 0.0, 0.0),
        ("--config=/etc/kubelet.yaml", 1.0, 1.0, 1.0),
        ("--anonymous-auth=false, --authorization-mode, Webhook, --read-only-port=0", 1.0, 1.0, 1.0),
        ("--config=/etc/kubelet.yaml, --anonymous-auth, --authorization-mode=AlwaysAllow, --read-only-port=10255", 0.0, 0.0, 0.0),
    ],
)
def test_flags_of_a_kubelet_have_other_defaults_than_its_file(
    flags: str, authenticates: float, authorizes: float, closed: float
) -> None:
    model = model_of(KUBELET % flags)
    assert defence(model, POOL, "kubeletAuthenticates").probability == authenticates
    assert defence(model, POOL, "kubeletAuthorizes").probability == authorizes
    assert defence(model, POOL, "kubeletReadOnlyPortClosed").probability == closed


def test_hardening_that_a_kubelet_turns_off_is_told_once_for_each_flag() -> None:
    flags = (
        "--make-iptables-util-chains=false, --streaming-connection-idle-timeout=0s, --tls-cipher-suites=TLS_RSA_WITH_RC4_128_SHA"
    )
    found = model_of(KUBELET % flags)
    details = {weakness.detail for weakness in found.weaknesses if weakness.key == "kubelet-hardening-flags"}
    assert details == {"make-iptables-util-chains", "streaming-connection-idle-timeout", "tls-cipher-suites"}


ETCD = """
apiVersion: v1
kind: Pod
metadata: {name: etcd, namespace: kube-system}
spec: {containers: [{name: store, image: "registry.k8s.io/etcd:3.5.15-0", args: [%s]}]}
"""


@pytest.mark.parametrize(
    "flags, in_force",
    [
        ("--client-cert-auth, --cert-file=/c, --key-file=/k, --peer-client-cert-auth=true", 1.0),
        ("--client-cert-auth=true, --auto-tls=true, --cert-file=/c, --key-file=/k, --peer-client-cert-auth", 0.0),
        ("--client-cert-auth=true, --peer-client-cert-auth=true, --peer-auto-tls=true", 0.0),
        ("--listen-client-urls=http://0.0.0.0:2379", 0.0),
    ],
)
def test_etcd_is_known_by_its_image_and_judged_by_its_flags(flags: str, in_force: float) -> None:
    assert defence(model_of(ETCD % flags), "kubernetes:Cluster:cluster", "etcdClientCertificates").probability == in_force


@pytest.mark.parametrize(
    "policy",
    [
        "{apiVersion: policy.sigstore.dev/v1beta1, kind: ClusterImagePolicy, metadata: {name: p}}",
        "{apiVersion: kyverno.io/v1, kind: ClusterPolicy, metadata: {name: p}, spec: {rules: [{verifyImages: []}]}}",
    ],
)
def test_a_policy_about_signatures_answers_who_checks_them(policy: str) -> None:
    def unanswered(text: str) -> bool:
        return any(weakness.key == "image-not-signed-or-verified" for weakness in model_of(text).weaknesses)

    assert unanswered(_pod())
    assert not unanswered(f"{_pod()}---\n{policy}\n")
