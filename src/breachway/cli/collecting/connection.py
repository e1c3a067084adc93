"""Requests to one API server with the connection, certificates and credentials that the official client set up.

Only GET is ever sent.  Redirects are not followed, for they would carry the credentials elsewhere.  Nothing of an answer is
repeated in a message but the server's own ``message``: it may hold the values of Secrets.
"""

from __future__ import annotations

import http.client
import json
import time
from typing import TYPE_CHECKING, Any

import urllib3
from urllib3 import exceptions

from breachway import __version__
from breachway.cli.collecting.answers import OK, Answer, JsonObject, JsonValue, TooLargeAnswer, Unanswered

if TYPE_CHECKING:
    from collections.abc import Callable

LARGEST_ANSWER = 16 * 1024 * 1024
"""Bytes of one answer, unpacked; the caller asks for smaller pages when it is exceeded.

What is written of it stays below what the reader of files takes, even where every letter is escaped.
"""

_CHUNK = 64 * 1024
_CONNECT_SECONDS = 10.0
_PATIENCE = 4
"""How many times the read timeout one answer may take in all: a server that drips must end too."""


class Connection:
    """A server, as the official client's configuration describes it.

    ``make`` builds the client (``kubernetes.client.ApiClient``); it is called again to renew credentials.  ``timeout`` is how
    long the server may be silent, in seconds.  ``impersonation`` are headers to send besides, in which a name may repeat.
    """

    def __init__(
        self, make: Callable[[], Any], *, timeout: float, renewable: bool, impersonation: tuple[tuple[str, str], ...] = ()
    ) -> None:
        self._make = make
        self._client = make()
        self._timeout = timeout
        self._renewable = renewable
        self._impersonation = impersonation

    @property
    def host(self) -> str:
        """The address of the server, without credentials."""
        host: str = self._client.configuration.host
        return host

    @property
    def verified(self) -> bool:
        """Whether the server has to prove who it is; an address without TLS never does."""
        return self.host.startswith("https:") and bool(self._client.configuration.verify_ssl)

    def close(self) -> None:
        """Close the sockets.  Clearing the manager alone leaves that to the garbage collector."""
        manager = self._client.rest_client.pool_manager
        for key in tuple(manager.pools.keys()):
            pool = manager.pools.get(key)
            if pool is not None:
                pool.close()
        manager.clear()

    def renew(self) -> bool:
        """Run the plugin or read the token file once more."""
        if self._renewable:
            self.close()
            self._client = self._make()
        return self._renewable

    def get(self, path: str, query: tuple[tuple[str, str], ...] = ()) -> Answer:
        """Ask once."""
        try:
            response = self._send(path, query)
            try:
                status, waiting = int(response.status), response.headers.get("Retry-After")
                data = self._read(response)
            finally:
                response.release_conn()
                response.close()
        except (exceptions.HTTPError, OSError) as error:
            raise _unanswered(error, self.host) from error
        except ValueError as error:
            # Of http.client, for a header that holds a line break; the message would repeat the token.
            hint = "a token or a name to act as holds characters that no header may hold"
            raise Unanswered("the credentials of the kubeconfig cannot be sent", hint=hint, again=False, reached=False) from error
        return Answer(status, _object(data, needed=status == OK), _seconds(waiting))

    def _send(self, path: str, query: tuple[tuple[str, str], ...]) -> urllib3.BaseHTTPResponse:
        headers = urllib3.HTTPHeaderDict(
            {"Accept": "application/json", "Accept-Encoding": "gzip", "User-Agent": f"breachway/{__version__}"}
        )
        for name, value in self._impersonation:
            headers.add(name, value)
        for setting in self._client.configuration.auth_settings().values():
            if setting["in"] == "header" and setting["value"]:
                # Files with a token often end with a line break, which kubectl leaves out too.
                headers[setting["key"]] = setting["value"].strip()
        response: urllib3.BaseHTTPResponse = self._client.rest_client.pool_manager.request(
            "GET",
            self.host + path,
            fields=query,
            headers=headers,
            timeout=urllib3.Timeout(connect=min(_CONNECT_SECONDS, self._timeout), read=self._timeout),
            preload_content=False,
            retries=False,
            redirect=False,
        )
        return response

    def _read(self, response: urllib3.BaseHTTPResponse) -> bytes:
        """The body, bounded in size and in time."""
        deadline = time.monotonic() + _PATIENCE * self._timeout
        parts: list[bytes] = []
        size = 0
        for part in response.stream(_CHUNK, decode_content=True):
            size += len(part)
            if size > LARGEST_ANSWER:
                raise TooLargeAnswer(LARGEST_ANSWER)
            if time.monotonic() > deadline:
                raise Unanswered("the answer did not end in time")
            parts.append(part)
        return b"".join(parts)


def _object(data: bytes, *, needed: bool) -> JsonObject:
    """The JSON object of a body.  Where the answer is an error anyway, whatever else came counts as none."""
    try:
        # The server's own encoder never writes NaN, and what reads the dump knows no such number.
        found: JsonValue = json.loads(data, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        if needed:
            raise Unanswered("what the server sent is not JSON", hint="is it the address of an API server?") from error
        return {}
    if isinstance(found, dict):
        return found
    if needed:
        raise Unanswered(
            "what the server sent is not an object of the Kubernetes API", hint="is it the address of an API server?"
        )
    return {}


def _no_constant(name: str) -> JsonValue:
    raise ValueError(name)


def _seconds(text: str | None) -> float | None:
    """``Retry-After`` as the API server writes it: whole seconds."""
    return float(text) if text is not None and text.isascii() and text.isdigit() and len(text) < 10 else None  # noqa: PLR2004 - longer than anybody waits


def _unanswered(error: exceptions.HTTPError | OSError, host: str) -> Unanswered:
    match error:
        case exceptions.SSLError():
            reason = f"no secure connection to {host}: {_words(error)}"
            hint = "check certificate-authority and tls-server-name in the kubeconfig, and the clock of this machine"
            return Unanswered(reason, hint=hint, again=False, reached=False)
        case exceptions.NameResolutionError():
            return Unanswered(f"the name of {host} cannot be resolved", hint="check server in the kubeconfig", reached=False)
        case exceptions.NewConnectionError() | exceptions.ProxyError():
            hint = "check server in the kubeconfig, and whether the cluster runs"
            return Unanswered(f"{host} cannot be reached: {_words(error)}", hint=hint, reached=False)
        case exceptions.ConnectTimeoutError():
            hint = "check server in the kubeconfig, and whether a VPN or a tunnel is needed"
            return Unanswered(f"{host} does not answer", hint=hint, reached=False)
        case exceptions.ReadTimeoutError() | TimeoutError():
            return Unanswered("the server stopped answering", hint="--timeout gives it longer")
        case exceptions.LocationParseError() | exceptions.URLSchemeUnknown():
            return Unanswered(f"{host} is not an address", hint="check server in the kubeconfig", again=False, reached=False)
        case exceptions.ProtocolError() | exceptions.DecodeError() | http.client.IncompleteRead():
            return Unanswered("the server hung up midway")
        case _:
            return Unanswered(f"the connection failed: {_words(error)}", hint="check server in the kubeconfig")


def _words(error: BaseException) -> str:
    """The innermost reason, without the objects that urllib3 prints around it."""
    text = str(error)
    for mark in ("[Errno ", "[SSL: "):
        if mark in text:
            text = text[text.index(mark) :].partition("] ")[2] or text
    return " ".join(text.strip("()' ").split())[:200]
