"""A proxy on loopback in front of an API server: passes GET requests on, and plays the faults that a test asks for."""

from __future__ import annotations

import http.client
import ssl
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.platforms.kube_api_server import ApiServer

Fault: TypeAlias = "Callable[[ProxyHandler], None]"
_PASSED = ("Authorization", "Accept", "Accept-Encoding", "User-Agent")


class FaultProxy:
    """``faults`` are played in turn, each for one request: the number (from 0) of a list request of a path names which.

    ``seen`` are the paths and queries of all requests.
    """

    def __init__(self, server: ApiServer) -> None:
        self.server = server
        self.port = 0
        self.faults: dict[tuple[str, int], Fault] = {}
        self.seen: list[str] = []
        self._counts: dict[str, int] = {}
        self._lock = threading.Lock()

    def take(self, target: str) -> Fault | None:
        """The fault for the next request of a path."""
        path = target.partition("?")[0]
        with self._lock:
            self.seen.append(target)
            number = self._counts.get(path, 0)
            self._counts[path] = number + 1
        return self.faults.get((path, number))

    def forget(self) -> None:
        """Start to count, and to see, anew, without faults."""
        with self._lock:
            self.faults.clear()
            self.seen.clear()
            self._counts.clear()


class ProxyHandler(BaseHTTPRequestHandler):
    """One connection; ``proxy`` is set by the class that :func:`fault_proxy` makes."""

    proxy: FaultProxy
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body in one packet: else each answer waits for an acknowledgement

    def do_GET(self) -> None:
        fault = self.proxy.take(self.path)
        if fault is not None:
            fault(self)
            return
        context = ssl.create_default_context(cafile=str(self.proxy.server.certificate))
        upstream = http.client.HTTPSConnection("127.0.0.1", self.proxy.server.port, context=context, timeout=30)
        try:
            upstream.request("GET", self.path, headers={name: self.headers[name] for name in _PASSED if name in self.headers})
            response = upstream.getresponse()
            body = response.read()
        finally:
            upstream.close()
        self.send_response(response.status)
        for name in ("Content-Type", "Content-Encoding"):
            value = response.getheader(name)
            if value is not None:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's own name
        """Say nothing."""


def internal_error(handler: ProxyHandler) -> None:
    handler.send_error(500, "injected")


def silence(handler: ProxyHandler) -> None:
    """Answer nothing for longer than the client waits."""
    threading.Event().wait(3)
    handler.close_connection = True


def hang_up(handler: ProxyHandler) -> None:
    """Promise a body, send a part of it, close."""
    handler.send_response(200)
    handler.send_header("Content-Length", "1000000")
    handler.end_headers()
    handler.wfile.write(b'{"kind": "PodList", "items": [')
    handler.close_connection = True


class _Server(ThreadingHTTPServer):
    daemon_threads = False

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that was killed is no fault of the proxy."""


@contextmanager
def fault_proxy(server: ApiServer) -> Iterator[FaultProxy]:
    proxy = FaultProxy(server)
    running = _Server(("127.0.0.1", 0), type("BoundHandler", (ProxyHandler,), {"proxy": proxy, "timeout": 10}))
    proxy.port = running.server_address[1]
    thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield proxy
    finally:
        running.shutdown()
        thread.join()
        running.server_close()
