"""Workloads, containers and what hangs on them."""

from __future__ import annotations

import pytest

from breachway.evidence import Basis
from tests.mapping.kubernetes.clusters import defence, links, map_text, missing_defences, model_of, weaknesses

DEPLOYMENT = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  replicas: 3
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      initContainers:
        - {name: prepare, image: "busybox:1.36"}
        - {name: proxy, image: "envoyproxy/envoy:v1.31.0", restartPolicy: Always}
      containers:
        - name: app
          image: registry.example.com/shop/web:1.4
          ports: [{name: http, containerPort: 8080}]
"""
APP = "kubernetes:Container:shop/Deployment/web/app"
WEB = "kubernetes:KubernetesWorkload:shop/Deployment/web"


def _with(fields: str, place: str = "      containers:\n") -> str:
    return DEPLOYMENT.replace(place, fields + place)


def _container(fields: str) -> str:
    return DEPLOYMENT.rstrip() + "\n" + fields


def test_boundaries_nest_from_container_to_cluster() -> None:
    assets = {asset.id: asset for asset in model_of(DEPLOYMENT).assets}
    chain = [APP]
    while assets[chain[-1]].boundary:
        chain.append(assets[chain[-1]].boundary)
    assert chain == [APP, WEB, "kubernetes:Namespace:shop", "kubernetes:Cluster:cluster"]
    assert assets[WEB].replicas == 3


def test_attackers_start_in_every_container_but_those_that_have_ended() -> None:
    entries = {(entry.actor, entry.asset.rpartition("/")[2]) for entry in model_of(DEPLOYMENT).entry_points}
    assert entries == {("A2", "app"), ("A2", "proxy"), ("A5", "web")}


def test_every_defence_of_every_asset_is_set() -> None:
    assert missing_defences(model_of(DEPLOYMENT)) == []


@pytest.mark.parametrize(
    "kind, api",
    [("ReplicaSet", "apps/v1"), ("Job", "batch/v1"), ("Pod", "v1"), ("Rollout", "argoproj.io/v1alpha1")],
)
def test_what_a_controller_of_the_input_made_is_no_workload_of_its_own(kind: str, api: str) -> None:
    owner = "{apiVersion: apps/v1, kind: Deployment, name: web, controller: true}"
    made = f"""---
apiVersion: {api}
kind: {kind}
metadata: {{name: web-1, namespace: shop, ownerReferences: [{owner}]}}
spec: {{template: {{spec: {{containers: [{{name: x, image: y}}]}}}}, containers: [{{name: x, image: y}}]}}
"""
    _, index = map_text(DEPLOYMENT + made)
    assert {entry.asset_id for entry in index.workloads} == {WEB}


def test_pods_of_one_absent_controller_are_one_workload_with_replicas() -> None:
    pod = """---
apiVersion: v1
kind: Pod
metadata:
  name: web-5f6d-{0}
  namespace: shop
  labels: {{app: web, pod-template-hash: 5f6d}}
  ownerReferences: [{{apiVersion: apps/v1, kind: ReplicaSet, name: web-5f6d, controller: true}}]
spec: {{containers: [{{name: app, image: "web:1"}}]}}
"""
    model, index = map_text("".join(pod.format(number) for number in range(3)))
    assert [entry.asset_id for entry in index.workloads] == [WEB]
    assert next(asset for asset in model.assets if asset.id == WEB).replicas == 3


def test_two_environments_of_one_workload_both_count() -> None:
    other = _with("      hostPID: true\n")
    assert weaknesses(model_of(f"{DEPLOYMENT}---{other}"), "host-pid").count(APP) == 1


def test_the_container_wins_over_the_pod() -> None:
    text = _container("          securityContext: {runAsUser: 1001}\n").replace(
        "      containers:\n", "      securityContext: {runAsUser: 0}\n      containers:\n"
    )
    model = model_of(text)
    assert defence(model, APP, "nonRoot").probability == 1.0
    assert sorted(weaknesses(model, "runs-as-root-explicit")) == [
        "kubernetes:Container:shop/Deployment/web/prepare",
        "kubernetes:Container:shop/Deployment/web/proxy",
    ]


def test_privileged_takes_every_linux_defence_with_it() -> None:
    text = _container(
        "          securityContext:\n            privileged: true\n            seccompProfile: {type: RuntimeDefault}\n"
        "            appArmorProfile: {type: RuntimeDefault}\n            capabilities: {drop: [ALL]}\n"
    )
    model = model_of(text)
    for name in (
        "notPrivileged",
        "noSysAdmin",
        "noSysModule",
        "noRawIo",
        "seccompFiltered",
        "mandatoryAccessControl",
        "procMasked",
        "noHostDevices",
        "noNewPrivileges",
    ):
        assert defence(model, APP, name).probability == 0.0, name
    assert weaknesses(model, "cap-sys-admin") == []


def test_a_default_is_called_a_default() -> None:
    state = defence(model_of(DEPLOYMENT), APP, "noNewPrivileges")
    assert (state.probability, state.evidence[0].basis) == (0.0, Basis.DEFAULTED)
    assert state.evidence[0].source


def test_windows_pods_have_no_linux_weaknesses() -> None:
    model = model_of(_with("      os: {name: windows}\n"))
    keys = {weakness.key for weakness in model.weaknesses if weakness.asset == APP}
    assert not keys & {
        "allow-privilege-escalation",
        "seccomp-not-set",
        "may-run-as-root",
        "writable-root-fs",
        "caps-not-dropped-all",
    }
    assert missing_defences(model) == []
    assert defence(model, APP, "seccompFiltered").probability == 0.0


@pytest.mark.parametrize("user, in_force", [("ContainerAdministrator", 0.0), ("ContainerUser", 1.0)])
def test_windows_has_an_administrator_in_the_container(user: str, in_force: float) -> None:
    fields = f"      os: {{name: windows}}\n      securityContext: {{windowsOptions: {{runAsUserName: {user}}}}}\n"
    assert defence(model_of(_with(fields)), APP, "nonRoot").probability == in_force


@pytest.mark.parametrize("version, in_force", [("1.29", 0.0), ("v1.32.4+k3s1", 0.0), ("1.33", 1.0), ("", 1.0)])
def test_user_namespaces_work_since_1_33(version: str, in_force: float) -> None:
    model = model_of(_with("      hostUsers: false\n"), version=version)
    assert defence(model, APP, "userNamespace").probability == in_force


@pytest.mark.parametrize("version, found", [("1.28", [APP]), ("1.29", [])])
def test_safe_sysctls_depend_on_the_version(version: str, found: list[str]) -> None:
    context = "      securityContext: {sysctls: [{name: net.ipv4.tcp_keepalive_time, value: '600'}]}\n"
    assert [asset for asset in weaknesses(model_of(_with(context), version=version), "unsafe-sysctl") if asset == APP] == found


@pytest.mark.parametrize("name, in_force", [("gvisor", 1.0), ("nvidia", 0.0), ("secure", 1.0)])
def test_sandboxes_are_known_by_class_or_handler(name: str, in_force: float) -> None:
    handler = "---\napiVersion: node.k8s.io/v1\nkind: RuntimeClass\nmetadata: {name: secure}\nhandler: kata-qemu\n"
    text = _with(f"      runtimeClassName: {name}\n") + handler
    assert defence(model_of(text), APP, "sandboxedRuntime").probability == in_force


@pytest.mark.parametrize("name, in_force", [("gvisor", 1.0), ("kata", 0.0), ("nvidia", 0.0)])
def test_gvisor_keeps_the_disks_of_the_host_from_a_privileged_container(name: str, in_force: float) -> None:
    text = _with(f"      runtimeClassName: {name}\n").rstrip() + "\n          securityContext: {privileged: true}\n"
    assert defence(model_of(text), APP, "noHostDevices").probability == in_force


def test_seccomp_default_of_the_kubelets_counts() -> None:
    kubelet = "---\napiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\nseccompDefault: true\n"
    model = model_of(DEPLOYMENT + kubelet)
    assert defence(model, APP, "seccompFiltered").probability == 1.0
    assert weaknesses(model, "seccomp-not-set") == []


def test_a_claim_on_a_host_path_is_a_host_mount() -> None:
    text = _with("      volumes: [{name: data, persistentVolumeClaim: {claimName: data}}]\n")
    text = text.rstrip() + "\n          volumeMounts: [{name: data, mountPath: /data, subPath: web}]\n"
    text += """---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: data, namespace: shop}
spec: {storageClassName: manual}
---
apiVersion: v1
kind: PersistentVolume
metadata: {name: disk}
spec:
  storageClassName: manual
  hostPath: {path: /etc}
"""
    model = model_of(text)
    mount = "kubernetes:HostMount:shop/Deployment/web/app:/etc/web"
    assert weaknesses(model, "hostpath-any") == [mount]
    assert weaknesses(model, "hostpath-sensitive-dir") == [mount]
    assert (APP, "kubernetes:Volume:shop/data") in links(model, "Mounts")
    assert missing_defences(model) == []


def test_a_password_opens_what_the_container_serves() -> None:
    text = DEPLOYMENT.replace("registry.example.com/shop/web:1.4", "postgres:16").replace("8080", "5432")
    text = text.rstrip() + "\n          env: [{name: POSTGRES_PASSWORD, valueFrom: {secretKeyRef: {name: db, key: password}}}]\n"
    model = model_of(text)
    secret = "kubernetes:Secret:shop/db"
    assert links(model, "Opens") == [(secret, "kubernetes:Application:shop/Deployment/web/app:5432")]
    assert (APP, secret) in links(model, "Uses")
    jewels = {(jewel.asset, jewel.step): jewel.value for jewel in model.crown_jewels}
    assert jewels[secret, "read"] == 7
    assert jewels["kubernetes:Cluster:cluster", "admin"] == 9
    assert jewels["kubernetes:DataStore:shop/Deployment/web/app", "readData"] == 8


def test_a_literal_password_is_read_with_the_specification() -> None:
    model = model_of(_container("          env: [{name: DB_PASSWORD, value: wintergreen-81}]\n"))
    secret = "kubernetes:Secret:shop/Deployment/web/app/DB_PASSWORD"
    assert defence(model, secret, "notInSpecification").probability == 0.0
    assert defence(model, secret, "notInRepository").probability == 0.0
    assert (APP, secret) in links(model, "Uses")
    assert ("kubernetes:Namespace:shop", secret) not in links(model, "KeepsSecret")
    assert "wintergreen" not in repr(model)


def test_a_limit_range_gives_limits_in_its_own_namespace_only() -> None:
    limits = "---\napiVersion: v1\nkind: LimitRange\nmetadata: {name: d, namespace: %s}\n"
    limits += "spec: {limits: [{type: Container, max: {memory: 1Gi}}]}\n"
    assert APP not in weaknesses(model_of(DEPLOYMENT + limits % "shop"), "no-memory-limit")
    assert APP in weaknesses(model_of(DEPLOYMENT + limits % "data"), "no-memory-limit")


def test_list_of_objects_and_yaml_1_1_words_are_read() -> None:
    spec = "{containers: [{name: c, image: i, securityContext: {privileged: yes}}]}"
    pod = f"{{apiVersion: v1, kind: Pod, metadata: {{name: p}}, spec: {spec}}}"
    model = model_of(f"apiVersion: v1\nkind: List\nitems:\n  - {pod}\n")
    assert weaknesses(model, "privileged-container") == ["kubernetes:Container:default/Pod/p/c"]
