"""A real kube-apiserver with etcd and the controllers that a test asks for, on loopback, for as long as a context lasts."""

from __future__ import annotations

import http.client
import json
import os
import socket
import ssl
import subprocess
import threading
import time
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

BUILD = Path(__file__).parent.parent.parent / ".ci/kubernetes"
TOKEN = "administrator-of-a-cluster-on-loopback"
_PATIENCE = 120.0
_GROUPS = {"v1": "/api/v1"}
_PLURALS = {"NetworkPolicy": "networkpolicies", "Ingress": "ingresses"}
_CLUSTER_WIDE = {
    *("CertificateSigningRequest", "ClusterRole", "ClusterRoleBinding", "CustomResourceDefinition", "Namespace", "Node"),
    "PersistentVolume",
}


class Answer(NamedTuple):
    status: int
    body: dict[str, Any]


class ApiServer:
    """Speaks to the server over kept-alive connections, one a thread.  ``store`` is the address of its etcd."""

    def __init__(self, port: int, certificate: Path, store: str = "") -> None:
        self.port = port
        self.store = store
        self.certificate = certificate
        self._local = threading.local()
        self._connections: list[http.client.HTTPSConnection] = []

    def close(self) -> None:
        for connection in self._connections:
            connection.close()

    def call(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        token: str = TOKEN,
        more: Mapping[str, str] | None = None,
    ) -> Answer:
        connection: http.client.HTTPSConnection | None = getattr(self._local, "connection", None)
        if connection is None:
            context = ssl.create_default_context(cafile=str(self.certificate))
            connection = http.client.HTTPSConnection("127.0.0.1", self.port, context=context, timeout=30)
            self._local.connection = connection
            self._connections.append(connection)
        headers = (
            {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {}) | dict(more or {})
        )
        try:
            connection.request(method, path, json.dumps(body) if body is not None else None, headers)
            response = connection.getresponse()
            text = response.read()
        except (OSError, http.client.HTTPException):
            connection.close()
            self._local.connection = None
            raise
        with suppress(ValueError):
            found = json.loads(text)
            if isinstance(found, dict):
                return Answer(response.status, found)
        return Answer(response.status, {"text": text.decode()})

    def create(self, item: Mapping[str, Any]) -> None:
        answer = self.call("POST", collection(item), item)
        assert answer.status in {201, 409}, answer.body.get("message")
        if answer.status == 409:
            assert item["kind"] == "Namespace" or "already" in answer.body["message"], answer.body["message"]

    def delete(self, item: Mapping[str, Any]) -> None:
        answer = self.call("DELETE", f"{collection(item)}/{item['metadata']['name']}")
        assert answer.status in {200, 202, 404}, answer.body

    def items(self, path: str) -> list[dict[str, Any]]:
        answer = self.call("GET", path)
        assert answer.status == 200, answer.body
        return list(answer.body["items"])


def collection(item: Mapping[str, Any]) -> str:
    """The path to which an object is posted."""
    version, kind = item["apiVersion"], item["kind"]
    plural = _PLURALS.get(kind, f"{kind.lower()}s")
    base = _GROUPS.get(version, f"/apis/{version}")
    if kind in _CLUSTER_WIDE:
        return f"{base}/{plural}"
    return f"{base}/namespaces/{item['metadata'].get('namespace', 'default')}/{plural}"


def binaries() -> Path:
    """Where the programs are; builds them when they are not there yet."""
    built = subprocess.run([BUILD], stdout=subprocess.PIPE, text=True, check=True)
    return Path(built.stdout.strip())


@contextmanager
def api_server(folder: Path, controllers: tuple[str, ...] = ()) -> Iterator[ApiServer]:
    """Start etcd, the API server with RBAC, and the named controllers; stop them at the end."""
    programs = binaries()
    client, peer, port = _free_ports(3)
    store = f"http://127.0.0.1:{client}"
    certificates = folder / "certificates"
    certificates.mkdir()
    key = folder / "accounts.key"
    subprocess.run(["openssl", "genrsa", "-out", key, "2048"], check=True, capture_output=True)
    (folder / "tokens.csv").write_text(f'{TOKEN},administrator,administrator,"system:masters"\n', encoding="utf-8")
    with ExitStack() as stack:
        etcd = [
            *("--data-dir", folder / "etcd", "--unsafe-no-fsync", "--listen-client-urls", store),
            *("--advertise-client-urls", store, "--listen-peer-urls", f"http://127.0.0.1:{peer}"),
        ]
        stack.enter_context(_running(programs / "etcd", etcd, folder))
        server = ApiServer(port, certificates / "apiserver.crt", store)
        stack.callback(server.close)
        flags = [
            *(f"--etcd-servers={store}", "--bind-address=127.0.0.1", "--advertise-address=127.0.0.1", f"--secure-port={port}"),
            *("--insecure-port=0", f"--cert-dir={certificates}", f"--token-auth-file={folder / 'tokens.csv'}"),
            *("--authorization-mode=RBAC", "--endpoint-reconciler-type=none", "--service-cluster-ip-range=10.96.0.0/24"),
            *("--service-account-issuer=https://kubernetes.default.svc", f"--service-account-signing-key-file={key}"),
            *(f"--service-account-key-file={key}", "--allow-privileged=true", "--max-requests-inflight=0"),
        ]
        running = stack.enter_context(_running(programs / "kube-apiserver", flags, folder))
        _until_ready(server, running, folder)
        if controllers:
            settings = _kubeconfig(server, folder)
            asked = [f"--controllers={','.join(controllers)}", f"--kubeconfig={settings}", "--leader-elect=false"]
            quiet = ["--port=0", "--secure-port=0", f"--service-account-private-key-file={key}"]
            stack.enter_context(_running(programs / "kube-controller-manager", [*asked, *quiet], folder))
        yield server


def _free_ports(count: int) -> list[int]:
    with ExitStack() as stack:
        held = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in held:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in held]


@contextmanager
def _running(program: Path, arguments: list[Any], folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    environment = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    with (folder / f"{program.name}.log").open("wb") as log:
        process = subprocess.Popen([program, *arguments], stdout=log, stderr=log, cwd=folder, env=environment)
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(timeout=15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _until_ready(server: ApiServer, process: subprocess.Popen[bytes], folder: Path) -> None:
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline:
        assert process.poll() is None, (folder / "kube-apiserver.log").read_text(encoding="utf-8")[-2000:]
        with suppress(OSError, http.client.HTTPException):
            if server.call("GET", "/readyz").status == 200:
                return
        time.sleep(0.2)
    raise AssertionError((folder / "kube-apiserver.log").read_text(encoding="utf-8")[-2000:])


def _kubeconfig(server: ApiServer, folder: Path) -> Path:
    place = folder / "kubeconfig"
    cluster = {"server": f"https://127.0.0.1:{server.port}", "certificate-authority": str(server.certificate)}
    settings = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "local", "cluster": cluster}],
        "users": [{"name": "administrator", "user": {"token": TOKEN}}],
        "contexts": [{"name": "local", "context": {"cluster": "local", "user": "administrator"}}],
        "current-context": "local",
    }
    place.write_text(json.dumps(settings), encoding="utf-8")
    return place
