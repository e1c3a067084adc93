"""A small API server on loopback: discovery, lists in pages, and the faults that a test asks for."""

from __future__ import annotations

import json
import os
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, TypeAlias
from unittest.mock import patch
from urllib.parse import parse_qs, urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

Objects: TypeAlias = dict[str, list[dict[str, Any]]]
Fault: TypeAlias = "Callable[[Handler], None]"
KINDS = {
    "namespaces": "Namespace",
    "nodes": "Node",
    "pods": "Pod",
    "services": "Service",
    "serviceaccounts": "ServiceAccount",
    "secrets": "Secret",
    "deployments": "Deployment",
    "cronjobs": "CronJob",
    "networkpolicies": "NetworkPolicy",
    "k8srequiredlabels": "K8sRequiredLabels",
    "clusterroles": "ClusterRole",
    "clusterrolebindings": "ClusterRoleBinding",
    "roles": "Role",
    "rolebindings": "RoleBinding",
}
TOKEN = "a-token-of-the-test"


class FakeApi:
    """``objects`` maps the path of a list to its items; ``faults`` are played once each, in order, by path.

    A fault is a status with a body, or a function that does what it likes with the request.  ``refused`` paths answer 403.

    ``headers`` are those of the last request.
    """

    def __init__(self, objects: Objects) -> None:
        self.objects = objects
        self.faults: dict[str, list[Fault]] = {}
        self.refused: set[str] = set()
        self.requests: list[tuple[str, dict[str, list[str]]]] = []
        self.headers: list[tuple[str, str]] = []
        self.tokens = {TOKEN}
        self.port = 0

    def lists(self, path: str) -> int:
        """How often the list of a path was asked for."""
        return sum(1 for asked, _ in self.requests if asked == path)

    def answer(self, handler: Handler, path: str, query: dict[str, list[str]]) -> None:
        self.requests.append((path, query))
        self.headers = list(handler.headers.items())
        if self.faults.get(path):
            self.faults[path].pop(0)(handler)
        elif handler.headers.get("Authorization") not in {f"Bearer {token}" for token in self.tokens}:
            handler.error(401, "Unauthorized")
        elif path in self.refused:
            handler.error(403, f"{path} is forbidden: User cannot list it")
        elif path == "/version":
            handler.send({"major": "1", "minor": "31", "gitVersion": "v1.31.2"})
        elif path == "/api/v1/namespaces/kube-system":
            handler.send({"kind": "Namespace", "metadata": {"name": "kube-system", "uid": "11-22"}})
        elif path == "/apis":
            handler.send(self._groups())
        elif path in self.objects:
            self.list(handler, path, query)
        elif self._resources(path):
            handler.send({"kind": "APIResourceList", "resources": self._resources(path)})
        else:
            handler.error(404, "the server could not find the requested resource")

    def _groups(self) -> dict[str, Any]:
        found: dict[str, list[str]] = {}
        for path in self.objects:
            if path.startswith("/apis/"):
                group, version = path.split("/")[2:4]
                found.setdefault(group, [])
                if version not in found[group]:
                    found[group].append(version)
        groups = [
            {"name": name, "versions": [{"version": item} for item in versions], "preferredVersion": {"version": versions[0]}}
            for name, versions in found.items()
        ]
        return {"kind": "APIGroupList", "groups": groups}

    def _resources(self, base: str) -> list[dict[str, Any]]:
        names = [path.removeprefix(f"{base}/") for path in self.objects if path.startswith(f"{base}/")]
        listed = [{"name": name, "kind": KINDS[name], "namespaced": True, "verbs": ["list", "get"]} for name in names]
        return listed + [{"name": f"{name}/status", "kind": KINDS[name], "verbs": ["get", "list"]} for name in names]

    def list(self, handler: Handler, path: str, query: dict[str, list[str]]) -> None:
        items = self.objects[path]
        start = int(query.get("continue", ["0"])[0].removeprefix("from-"))
        limit = int(query.get("limit", ["0"])[0]) or len(items)
        metadata: dict[str, Any] = {"resourceVersion": "7"}
        if start + limit < len(items):
            metadata |= {"continue": f"from-{start + limit}", "remainingItemCount": len(items) - start - limit}
        kind = KINDS[path.rpartition("/")[2]]
        handler.send({"kind": f"{kind}List", "apiVersion": "v1", "metadata": metadata, "items": items[start : start + limit]})


class Handler(BaseHTTPRequestHandler):
    """One connection.  ``api`` is set by the class that :func:`fake_api` makes."""

    api: FakeApi
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body in one packet: else each answer waits for an acknowledgement

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        self.api.answer(self, parts.path, parse_qs(parts.query))

    def send(self, body: object, status: int = 200, headers: tuple[tuple[str, str], ...] = ()) -> None:
        self.raw(json.dumps(body).encode(), status, headers)

    def raw(self, data: bytes, status: int = 200, headers: tuple[tuple[str, str], ...] = ()) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def error(self, status: int, message: str, **metadata: str) -> None:
        self.send({"kind": "Status", "status": "Failure", "message": message, "code": status, "metadata": metadata}, status)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's own name
        """Say nothing."""


def status(code: int, *headers: tuple[str, str]) -> Fault:
    return lambda handler: handler.send({"kind": "Status", "message": f"fault {code}"}, code, headers)


def hang_up(handler: Handler) -> None:
    """Promise more than is sent, and close."""
    handler.send_response(200)
    handler.send_header("Content-Length", "100000")
    handler.end_headers()
    handler.wfile.write(b'{"kind": "PodList", "items": [')
    handler.close_connection = True


def garbage(handler: Handler) -> None:
    handler.raw(b"<html>sign in first: hunter2</html>")


def silence(handler: Handler) -> None:
    """Answer nothing for longer than a test's client waits."""
    threading.Event().wait(1)
    handler.close_connection = True


class _Server(ThreadingHTTPServer):
    daemon_threads = False
    block_on_close = True

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that leaves is no fault of the test."""


@contextmanager
def fake_api(objects: Objects) -> Iterator[FakeApi]:
    """Serve, with the client's proxies of this machine put aside."""
    proxies = [name for name in os.environ if name.lower().endswith("_proxy")]
    with patch.dict(os.environ):
        for name in proxies:
            del os.environ[name]
        with _serving(objects) as api:
            yield api


@contextmanager
def _serving(objects: Objects) -> Iterator[FakeApi]:
    api = FakeApi(objects)
    handler = type("BoundHandler", (Handler,), {"api": api, "timeout": 10})
    server = _Server(("127.0.0.1", 0), handler)
    api.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield api
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def kubeconfig(folder: Path, port: int, *, scheme: str = "http", user: dict[str, Any] | None = None) -> Path:
    """A kubeconfig with the contexts ``test`` (current) and ``staging``."""
    place = folder / "kubeconfig"
    settings = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "local", "cluster": {"server": f"{scheme}://127.0.0.1:{port}"}}],
        "users": [{"name": "tester", "user": {"token": TOKEN} if user is None else user}],
        "contexts": [{"name": name, "context": {"cluster": "local", "user": "tester"}} for name in ("test", "staging")],
        "current-context": "test",
    }
    place.write_text(json.dumps(settings), encoding="utf-8")
    return place
