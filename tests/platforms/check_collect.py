"""``breachway collect`` on a real API server: pages, faults, a killed run, an expired list, and the least role that it prints.

Not named test_*, so that plain pytest leaves it alone: ``make check-platforms`` runs it.
"""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import threading
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from breachway.sources.kubernetes.objects import Secret
from breachway.sources.reading import read
from tests.platforms.fault_proxy import FaultProxy, ProxyHandler, fault_proxy, hang_up, internal_error, silence
from tests.platforms.kube_api_server import TOKEN, ApiServer, api_server

if TYPE_CHECKING:
    from collections.abc import Iterator

PODS = 2_000
PAGE = 100
NAMESPACES = 20
CORE = "/api/v1"
SECRET_VALUE = "correct-horse-battery-staple"
RBAC = "rbac.authorization.k8s.io"
_PATIENCE = 60.0
_DEADLINE = 300


def name_of_namespace(number: int) -> str:
    return f"team-{number:02d}"


def applied_pod(number: int) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": f"pod-{number:04d}",
            "namespace": name_of_namespace(number % NAMESPACES),
            "labels": {"app": f"app-{number % 50}"},
        },
        "spec": {
            "automountServiceAccountToken": False,
            "containers": [{"name": "app", "image": f"registry.example.com/app:{number}", "ports": [{"containerPort": 8080}]}],
        },
    }


def others() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for number in range(NAMESPACES):
        place = {"name": "default", "namespace": name_of_namespace(number)}
        found.append({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": place["namespace"]}})
        found.append({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": place})
        secret = {"name": "database", "namespace": place["namespace"]}
        found.append({"apiVersion": "v1", "kind": "Secret", "metadata": secret, "stringData": {"password": SECRET_VALUE}})
    place = {"name": "web", "namespace": name_of_namespace(0)}
    template = {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "web", "image": "web:1"}]}}
    selector = {"matchLabels": {"app": "web"}}
    job = {"spec": {"template": {"spec": {"restartPolicy": "Never", "containers": [{"name": "c", "image": "c:1"}]}}}}
    return [
        *found,
        {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": place, "spec": {"selector": selector, "template": template}},
        {"apiVersion": "v1", "kind": "Service", "metadata": place, "spec": {"selector": {"app": "web"}, "ports": [{"port": 80}]}},
        {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": place, "spec": {"podSelector": {}}},
        {
            "apiVersion": "batch/v1beta1",
            "kind": "CronJob",
            "metadata": place,
            "spec": {"schedule": "* * * * *", "jobTemplate": job},
        },
    ]


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiServer]:
    with api_server(tmp_path_factory.mktemp("collect")) as server:
        for item in others():
            server.create(item)
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda number: server.create(applied_pod(number)), range(PODS)))
        yield server


@pytest.fixture(scope="module")
def proxy(cluster: ApiServer) -> Iterator[FaultProxy]:
    with fault_proxy(cluster) as running:
        yield running


@pytest.fixture(autouse=True)
def no_faults(proxy: FaultProxy) -> None:
    proxy.forget()


def kubeconfig(folder: Path, server: str, token: str = TOKEN, certificate: Path | None = None) -> Path:
    place = folder / "kubeconfig"
    cluster: dict[str, Any] = {"server": server}
    if certificate is not None:
        cluster["certificate-authority"] = str(certificate)
    settings = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "real", "cluster": cluster}],
        "users": [{"name": "administrator", "user": {"token": token}}],
        "contexts": [{"name": "real", "context": {"cluster": "real", "user": "administrator"}}],
        "current-context": "real",
    }
    place.write_text(json.dumps(settings), encoding="utf-8")
    return place


def started(folder: Path, settings: Path, *options: str) -> subprocess.Popen[str]:
    words = ["--kubeconfig", str(settings), "--page-size", str(PAGE), "--qps", "200", "--timeout", "1", *options]
    environment = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    return subprocess.Popen(
        [sys.executable, "-m", "breachway", "collect", str(folder), *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    )


def collected(folder: Path, settings: Path, *options: str) -> str:
    """Collect to the end; give what was told on standard error."""
    with started(folder, settings, *options) as process:
        _, told = process.communicate(timeout=_DEADLINE)
    assert process.returncode == 0, told
    return told


def states(folder: Path) -> dict[str, str]:
    document = json.loads((folder / "collection.json").read_text(encoding="utf-8"))
    return {f"{item['resource']}.{item['group']}".rstrip("."): item["state"] for item in document["resources"]}


def items(folder: Path, title: str) -> list[dict[str, Any]]:
    pages = sorted(folder.glob(f"{title}.0*.json"))
    return [item for page in pages for item in json.loads(page.read_text(encoding="utf-8"))["items"]]


def served(server: ApiServer, path: str, version: str, kind: str) -> list[dict[str, Any]]:
    """What the server lists in one answer, less what a dump leaves out."""
    found = []
    for item in server.items(path):
        metadata = {key: value for key, value in item["metadata"].items() if key != "managedFields"}
        found.append({"apiVersion": version, "kind": kind, **item, "metadata": metadata})
    return found


def assert_equal_to_the_cluster(folder: Path, server: ApiServer) -> None:
    """The dump holds what the server serves, object by object, and the pods are those that were applied."""
    tables = [
        ("pods", f"{CORE}/pods", "v1", "Pod"),
        ("namespaces", f"{CORE}/namespaces", "v1", "Namespace"),
        ("serviceaccounts", f"{CORE}/serviceaccounts", "v1", "ServiceAccount"),
        ("services", f"{CORE}/services", "v1", "Service"),
        ("deployments.apps", "/apis/apps/v1/deployments", "apps/v1", "Deployment"),
        ("cronjobs.batch", "/apis/batch/v1beta1/cronjobs", "batch/v1beta1", "CronJob"),
        (f"clusterroles.{RBAC}", f"/apis/{RBAC}/v1/clusterroles", f"{RBAC}/v1", "ClusterRole"),
        (f"rolebindings.{RBAC}", f"/apis/{RBAC}/v1/rolebindings", f"{RBAC}/v1", "RoleBinding"),
        (
            "networkpolicies.networking.k8s.io",
            "/apis/networking.k8s.io/v1/networkpolicies",
            "networking.k8s.io/v1",
            "NetworkPolicy",
        ),
    ]
    for title, path, version, kind in tables:
        assert items(folder, title) == served(server, path, version, kind), title
    found = {(item["metadata"]["namespace"], item["metadata"]["name"]): item for item in items(folder, "pods")}
    assert len(found) == len(items(folder, "pods")) == PODS
    for number in range(PODS):
        wanted = applied_pod(number)
        pod = found[wanted["metadata"]["namespace"], wanted["metadata"]["name"]]
        assert pod["metadata"]["labels"] == wanted["metadata"]["labels"]
        assert pod["spec"]["containers"][0]["image"] == wanted["spec"]["containers"][0]["image"]


def test_two_thousand_pods_come_in_pages(cluster: ApiServer, proxy: FaultProxy, tmp_path: Path) -> None:
    dump = tmp_path / "dump"
    collected(dump, kubeconfig(tmp_path, f"http://127.0.0.1:{proxy.port}"))
    assert_equal_to_the_cluster(dump, cluster)
    assert sum(target.startswith(f"{CORE}/pods?") for target in proxy.seen) == PODS // PAGE
    assert set(states(dump).values()) == {"complete", "absent"}


def test_a_500_a_timeout_and_a_broken_answer_change_nothing(cluster: ApiServer, proxy: FaultProxy, tmp_path: Path) -> None:
    dump = tmp_path / "dump"
    pods = f"{CORE}/pods"
    proxy.faults |= {(pods, 2): internal_error, (pods, 5): silence, (pods, 9): hang_up, (f"{CORE}/secrets", 0): internal_error}
    told = collected(dump, kubeconfig(tmp_path, f"http://127.0.0.1:{proxy.port}"))
    assert "the server answered 500" in told
    assert "the server stopped answering" in told
    assert "the server hung up midway" in told
    assert_equal_to_the_cluster(dump, cluster)


def test_a_killed_run_leaves_a_usable_dump_and_the_next_one_ends_it(
    cluster: ApiServer, proxy: FaultProxy, tmp_path: Path
) -> None:
    dump = tmp_path / "dump"
    settings = kubeconfig(tmp_path, f"http://127.0.0.1:{proxy.port}")
    reached, killed = threading.Event(), threading.Event()

    def hold(handler: ProxyHandler) -> None:
        reached.set()
        killed.wait(_PATIENCE)
        handler.close_connection = True

    proxy.faults[f"{CORE}/pods", 7] = hold
    with started(dump, settings, "--timeout", "60") as process:
        assert reached.wait(_PATIENCE)
        process.kill()
        process.communicate(timeout=_PATIENCE)
        killed.set()
    assert states(dump)["pods"] == "partial"
    assert len(items(dump, "pods")) == 7 * PAGE
    partial = read([str(dump)])
    assert sum(item.kind == "Pod" for item in partial.kubernetes) == 7 * PAGE
    assert not [problem for problem in partial.unread if problem.severity == "file"]
    proxy.forget()
    collected(dump, settings)
    assert sum(target.startswith(f"{CORE}/pods?") for target in proxy.seen) == PODS // PAGE - 7
    assert sum(target.startswith(f"{CORE}/namespaces?") for target in proxy.seen) == 0
    assert_equal_to_the_cluster(dump, cluster)


def test_a_list_that_the_store_has_forgotten_goes_on(cluster: ApiServer, proxy: FaultProxy, tmp_path: Path) -> None:
    """Compacts etcd below the revision of the continue token while the client waits for a page."""
    dump = tmp_path / "dump"

    def compact(handler: ProxyHandler) -> None:
        cluster.create({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": f"later-{time.monotonic_ns()}"}})
        revision = int(cluster.call("GET", f"{CORE}/pods?limit=1").body["metadata"]["resourceVersion"])
        body = json.dumps({"revision": revision, "physical": True}).encode()
        request = urllib.request.Request(f"{cluster.store}/v3/kv/compaction", body)  # noqa: S310 - etcd on loopback
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        opener.open(request, timeout=30).close()
        internal_error(handler)

    proxy.faults[f"{CORE}/pods", 4] = compact
    collected(dump, kubeconfig(tmp_path, f"http://127.0.0.1:{proxy.port}"))
    document = json.loads((dump / "collection.json").read_text(encoding="utf-8"))
    (pods,) = [item for item in document["resources"] if item["resource"] == "pods"]
    assert pods["inconsistent"] is True
    assert_equal_to_the_cluster(dump, cluster)


def test_values_of_secrets_stay_in_the_cluster(proxy: FaultProxy, tmp_path: Path) -> None:
    dump = tmp_path / "dump"
    collected(dump, kubeconfig(tmp_path, f"http://127.0.0.1:{proxy.port}"))
    written = b"".join(path.read_bytes() for path in sorted(dump.iterdir()))
    assert SECRET_VALUE.encode() not in written
    assert base64.b64encode(SECRET_VALUE.encode()) not in written
    secrets = [item for item in read([str(dump)]).kubernetes if isinstance(item, Secret)]
    keys = {(key.key.value, key.length.value) for item in secrets for key in item.collected_keys if key.key and key.length}
    assert len(secrets) == NAMESPACES
    assert keys == {("password", len(SECRET_VALUE))}


def test_the_printed_role_is_enough_and_no_more(cluster: ApiServer, tmp_path: Path) -> None:
    printed = subprocess.run(
        [sys.executable, "-m", "breachway", "collect", "--print-rbac"], capture_output=True, text=True, check=True
    )
    account, role, binding = yaml.safe_load_all(printed.stdout)
    for item in (account, role, binding):
        cluster.create(item)
    made = cluster.call("POST", f"{CORE}/namespaces/default/serviceaccounts/{account['metadata']['name']}/token", {"spec": {}})
    token = str(made.body["status"]["token"])
    deadline = time.monotonic() + _PATIENCE
    while cluster.call("GET", f"{CORE}/secrets?limit=1", token=token).status != 200:
        assert time.monotonic() < deadline, "the role does not take effect"
        time.sleep(0.1)
    dump = tmp_path / "dump"
    collected(dump, kubeconfig(tmp_path, f"https://127.0.0.1:{cluster.port}", token, cluster.certificate))
    assert set(states(dump).values()) == {"complete", "absent"}
    assert_equal_to_the_cluster(dump, cluster)
    pod = f"{CORE}/namespaces/{name_of_namespace(0)}/pods/pod-0000"
    assert cluster.call("GET", pod, token=token).status == 403
    assert cluster.call("DELETE", pod, token=token).status == 403


@pytest.mark.parametrize(
    "cluster_settings, token, words",
    [
        ({}, TOKEN, "no secure connection to https://127.0.0.1"),
        ({"insecure-skip-tls-verify": True}, "an-expired-token", "refuses the credentials of the context real (401)"),
    ],
)
def test_first_contact_that_fails_says_why(
    cluster: ApiServer, tmp_path: Path, cluster_settings: dict[str, Any], token: str, words: str
) -> None:
    settings = kubeconfig(tmp_path, f"https://127.0.0.1:{cluster.port}", token)
    changed = json.loads(settings.read_text(encoding="utf-8"))
    changed["clusters"][0]["cluster"] |= cluster_settings
    settings.write_text(json.dumps(changed), encoding="utf-8")
    with started(tmp_path / "dump", settings) as process:
        _, told = process.communicate(timeout=_DEADLINE)
    assert process.returncode == 4
    assert words in told
    assert "hint:" in told
    assert ("is not verified" in told) == bool(cluster_settings)
    assert not (tmp_path / "dump").exists()


def test_an_account_without_rights_is_told_what_it_may_not_list(cluster: ApiServer, tmp_path: Path) -> None:
    cluster.create({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "nobody", "namespace": "default"}})
    made = cluster.call("POST", f"{CORE}/namespaces/default/serviceaccounts/nobody/token", {"spec": {}})
    token = str(made.body["status"]["token"])
    dump = tmp_path / "dump"
    told = collected(dump, kubeconfig(tmp_path, f"https://127.0.0.1:{cluster.port}", token, cluster.certificate))
    assert "refused, so what they say is unknown: namespaces, nodes, pods" in told
    assert set(states(dump).values()) == {"refused", "absent"}


def test_the_cluster_is_modelled_directly_as_from_its_dump(cluster: ApiServer, tmp_path: Path) -> None:
    settings = kubeconfig(tmp_path, f"https://127.0.0.1:{cluster.port}", certificate=cluster.certificate)
    dump = tmp_path / "dump"
    live = _report("--live", "--kubeconfig", str(settings), "--keep", str(dump))
    read_back = _report(str(dump))
    assert [item["id"] for item in live["assets"]] == [item["id"] for item in read_back["assets"]]
    assert any(item["id"] == "kubernetes:KubernetesWorkload:team-00/Deployment/web" for item in live["assets"])
    documents = {item["document"] for item in live["documents"]}
    assert {"live:collection", "live:pods", "live:secrets"} <= documents
    assert SECRET_VALUE not in json.dumps(live)


def test_the_figures(cluster: ApiServer, proxy: FaultProxy, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    dump = tmp_path / "dump"
    before = time.monotonic()
    proxy.faults |= {(f"{CORE}/pods", 2): internal_error, (f"{CORE}/pods", 5): silence}
    collected(dump, kubeconfig(tmp_path, f"http://127.0.0.1:{proxy.port}"))
    seconds = time.monotonic() - before
    assert_equal_to_the_cluster(dump, cluster)
    with capsys.disabled():
        sys.stdout.write(
            f"\n{len(items(dump, 'pods'))} pods in {PODS // PAGE} pages with a 500 and a timeout: equal, {seconds:.1f} s\n"
        )


def test_the_shop_applied_for_real_is_what_its_files_say(cluster: ApiServer, tmp_path: Path) -> None:
    """Every workload and weakness of the manifests is found in the cluster too, by objects with the defaults of the server.

    Kubernetes 1.20 serves neither CronJobs of batch/v1 nor Pod Security admission: what rests on them is left out.
    """
    shop = Path(__file__).parent.parent.parent / "examples/shop/kubernetes"
    documents = [item for path in sorted(shop.glob("*.yaml")) for item in yaml.safe_load_all(path.read_text(encoding="utf-8"))]
    manifests = [item for item in documents if item and item["kind"] != "CronJob"]
    names = {item["metadata"]["namespace"] for item in manifests if "namespace" in item["metadata"]}
    for item in sorted(manifests, key=lambda item: item["kind"] != "Namespace"):
        cluster.create(item)
    files = tmp_path / "files"
    files.mkdir()
    (files / "shop.yaml").write_text(yaml.safe_dump_all(manifests), encoding="utf-8")
    (files / "breachway.yaml").write_text('kubernetes: {version: "1.20"}\n', encoding="utf-8")
    settings = kubeconfig(tmp_path, f"https://127.0.0.1:{cluster.port}", certificate=cluster.certificate)
    live, read_back = (_report("--live", "--kubeconfig", str(settings)), _report(str(files)))
    for key in ("KubernetesWorkload", "Container", "ServiceAccount", "RoleGrant", "Exposure"):
        wanted = {item["id"] for item in read_back["assets"] if item["kind"] == key}
        assert wanted <= {item["id"] for item in live["assets"]}, key
        assert wanted or key == "RoleGrant"
    found = {(item["key"], item["asset"]) for item in live["weaknesses"]}
    missing = {(item["key"], item["asset"]) for item in read_back["weaknesses"]} - found
    assert missing <= {("secret-manifest-with-data", asset) for _, asset in missing}
    assert len(names) >= 3
    assert read_back["paths"]


def _report(*words: str) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "breachway", "model", "--format", "json", *words], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found
