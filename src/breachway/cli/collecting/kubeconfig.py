"""From a kubeconfig to a connection, by the official client; with errors that say what is wrong in which file.

The client of Kubernetes is an extra: it is imported here alone, and only when a cluster is asked for.
"""

from __future__ import annotations

import logging
import os
import shutil
from difflib import get_close_matches
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Self
from urllib.parse import quote

import yaml

from breachway.errors import UnreadableInputError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from breachway.cli.collecting.connection import Connection

IN_CLUSTER = "in-cluster"
_ROOT = logging.getLogger()
_MANY = 5
_ACTED_AS = (("as", "Impersonate-User"), ("as-uid", "Impersonate-Uid"))


class Contact(NamedTuple):
    """A connection and the name of the context that it was made from."""

    context: str
    connection: Connection


def connect(kubeconfig: str | None, context: str | None, environment: Mapping[str, str], *, timeout: float) -> Contact:
    """Make a connection; nothing is sent yet.

    ``kubeconfig`` is the file named by the user, else ``KUBECONFIG`` or ``~/.kube/config`` counts, else the account of the pod
    that this runs in.  Raises UsageError for a context that does not exist and where the client is not installed,
    UnreadableInputError for a kubeconfig that cannot be used.
    """
    client = _official_client()
    places = _places(kubeconfig, environment)
    if not places:
        return _inside(client, environment, context, timeout)
    settings = _Settings(places)
    chosen = settings.choose(context)
    from breachway.cli.collecting.connection import Connection

    user = settings.user_of(chosen)
    _check_plugin(user, settings.label)
    joined = os.pathsep.join(str(path) for path in places)

    def make() -> Any:  # noqa: ANN401 - the client's type exists only where the client is installed
        configuration = client.Configuration()
        with _Complaints() as complaints:
            try:
                import_module("kubernetes.config").load_kube_config(
                    config_file=joined, context=chosen, client_configuration=configuration, persist_config=False
                )
            except (
                ValueError,
                TypeError,
                KeyError,
                AttributeError,
                OSError,
                yaml.YAMLError,
                _exception_of_configuration(),
            ) as error:
                raise _unusable(settings.label, f"the context {chosen} cannot be used: {_line(error)}") from error
        if "exec" in user and not configuration.api_key and not configuration.cert_file:
            reason = complaints.text or "it gave neither a token nor a certificate"
            raise UnreadableInputError(
                f"{settings.label}: the credential plugin {_command(user)} failed: {reason}",
                hint=f"run kubectl --context {chosen} version to see whether it works there",
            )
        return client.ApiClient(configuration)

    renewable = bool({"exec", "tokenFile", "auth-provider"} & user.keys())
    return Contact(chosen, Connection(make, timeout=timeout, renewable=renewable, impersonation=_impersonation(user)))


def _impersonation(user: Mapping[str, object]) -> tuple[tuple[str, str], ...]:
    """The headers by which the caller acts as somebody else, as kubectl sends them; the client leaves them out."""
    found = [(header, value) for key, header in _ACTED_AS if isinstance(value := user.get(key), str) and value]
    groups, extra = user.get("as-groups"), user.get("as-user-extra")
    found += [("Impersonate-Group", name) for name in _texts(groups)]
    for key, values in extra.items() if isinstance(extra, dict) else ():
        found += [(f"Impersonate-Extra-{quote(str(key), safe='')}", value) for value in _texts(values)]
    return tuple(found)


def _texts(values: object) -> list[str]:
    return [item for item in values if isinstance(item, str)] if isinstance(values, list) else []


def _official_client() -> Any:  # noqa: ANN401 - as above
    try:
        return import_module("kubernetes.client")
    except ImportError as error:
        raise UsageError(
            "reading a live cluster needs the official client for Kubernetes, which is not installed",
            hint="pip install 'breachway[live]'; or model a dump: kubectl get ... -o yaml | breachway model -",
        ) from error


def _exception_of_configuration() -> type[Exception]:
    found: type[Exception] = import_module("kubernetes.config").ConfigException
    return found


def _places(kubeconfig: str | None, environment: Mapping[str, str]) -> tuple[Path, ...]:
    """The kubeconfig files that count; none where this runs in a pod without one."""
    if kubeconfig is not None:
        if not Path(kubeconfig).is_file():
            raise UnreadableInputError(f"{kubeconfig}: no such kubeconfig", hint="--kubeconfig takes a file")
        return (Path(kubeconfig),)
    named = [Path(part).expanduser() for part in environment.get("KUBECONFIG", "").split(os.pathsep) if part]
    there = tuple(path for path in named if path.is_file())
    if there:
        return there
    default = Path(environment.get("HOME", "~")).expanduser() / ".kube" / "config"
    if not named and default.is_file():
        return (default,)
    if "KUBERNETES_SERVICE_HOST" in environment:
        return ()
    looked = ", ".join(str(path) for path in named) or str(default)
    raise UnreadableInputError(
        f"no kubeconfig: {looked} does not exist", hint="name one with --kubeconfig, or set KUBECONFIG as for kubectl"
    )


def _inside(client: Any, environment: Mapping[str, str], context: str | None, timeout: float) -> Contact:  # noqa: ANN401 - as above
    """The account of the pod that this runs in."""
    if context is not None:
        raise UsageError(f"there is no context {context}: there is no kubeconfig", hint="name one with --kubeconfig")
    from breachway.cli.collecting.connection import Connection

    def make() -> Any:  # noqa: ANN401 - as above
        configuration = client.Configuration()
        try:
            import_module("kubernetes.config").load_incluster_config(client_configuration=configuration)
        except _exception_of_configuration() as error:
            raise UnreadableInputError(
                f"no kubeconfig, and the account of this pod cannot be used: {_line(error)}",
                hint="name a kubeconfig with --kubeconfig, or mount a token of the ServiceAccount",
            ) from error
        return client.ApiClient(configuration)

    host = environment["KUBERNETES_SERVICE_HOST"]
    return Contact(f"{IN_CLUSTER} ({host})", Connection(make, timeout=timeout, renewable=True))


class _Settings:
    """What the files say, as far as it must be known before the client reads them."""

    def __init__(self, places: tuple[Path, ...]) -> None:
        self.label = ", ".join(str(path) for path in places)
        self._current = ""
        self._contexts: dict[str, Mapping[str, object]] = {}
        self._users: dict[str, Mapping[str, object]] = {}
        self._clusters: dict[str, Mapping[str, object]] = {}
        for path in places:
            self._take(path, _loaded(path))

    def _take(self, path: Path, found: Mapping[str, object]) -> None:
        current = found.get("current-context")
        self._current = current if isinstance(current, str) and current else self._current
        for key, table in (("contexts", self._contexts), ("users", self._users), ("clusters", self._clusters)):
            for name, entry in _named(path, found, key):
                table.setdefault(name, entry)

    def choose(self, context: str | None) -> str:
        """The context asked for, or the current one, once it is known to be whole."""
        chosen = self._current if context is None else context
        known = sorted(self._contexts)
        if not chosen:
            raise UsageError(f"{self.label}: no current-context", hint=f"name one with --context: {_some(known)}")
        if chosen not in self._contexts:
            near = get_close_matches(chosen, known, n=3)
            hint = f"did you mean {' or '.join(near)}?" if near else f"there are: {_some(known)}" if known else "it names none"
            raise UsageError(f"{self.label}: there is no context {chosen}", hint=hint)
        cluster = self._of(chosen, "cluster", self._clusters)
        if not isinstance(cluster.get("server"), str):
            raise _unusable(self.label, f"the context {chosen} leads to no cluster with a server")
        return chosen

    def user_of(self, context: str) -> Mapping[str, object]:
        """The credentials of a context; empty where it has none."""
        return self._of(context, "user", self._users)

    def _of(self, context: str, key: str, table: Mapping[str, Mapping[str, object]]) -> Mapping[str, object]:
        inner = self._contexts[context].get("context")
        name = inner.get(key) if isinstance(inner, dict) else None
        entry = table.get(name, {}).get(key) if isinstance(name, str) else None
        return entry if isinstance(entry, dict) else {}


def _loaded(path: Path) -> Mapping[str, object]:
    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise UnreadableInputError(f"{path}: it cannot be read: {_line(error)}", hint="check its permissions") from error
    except (yaml.YAMLError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f" at line {mark.line + 1}" if mark is not None else ""
        raise _unusable(str(path), f"it is not YAML{where}") from error
    if not isinstance(found, dict):
        raise _unusable(str(path), "it is not a kubeconfig: a mapping with clusters, users and contexts is expected")
    return found


def _named(path: Path, found: Mapping[str, object], key: str) -> Iterator[tuple[str, Mapping[str, object]]]:
    entries = found.get(key) or []
    if not isinstance(entries, list):
        raise _unusable(str(path), f"{key} is not a list")
    for entry in entries:
        name = entry.get("name") if isinstance(entry, dict) else None
        if not isinstance(name, str):
            raise _unusable(str(path), f"an entry of {key} has no name")
        yield name, entry


def _check_plugin(user: Mapping[str, object], label: str) -> None:
    """Say which program is missing, where the client would only say that there is no file."""
    if "exec" not in user:
        return
    command = _command(user)
    if not command:
        raise _unusable(label, "the credential plugin (exec) names no command")
    if shutil.which(command) is None and not Path(label).parent.joinpath(command).is_file():
        raise UnreadableInputError(
            f"{label}: the credential plugin {command} is not installed",
            hint=_install_hint(user) or "install your cloud's authentication plugin for kubectl, and see that it is on the PATH",
        )


def _install_hint(user: Mapping[str, object]) -> str:
    """What the kubeconfig itself says about a plugin that is missing, in one line."""
    plugin = user.get("exec")
    words = plugin.get("installHint") if isinstance(plugin, dict) else None
    return " ".join(words.split())[:300] if isinstance(words, str) else ""


def _command(user: Mapping[str, object]) -> str:
    plugin = user.get("exec")
    command = plugin.get("command") if isinstance(plugin, dict) else None
    return command if isinstance(command, str) else ""


class _Complaints(logging.Handler):
    """Catches what the client only logs, for as long as a ``with`` block lasts."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.text = ""

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the last line."""
        self.text = " ".join(record.getMessage().split())[:300]

    def __enter__(self) -> Self:
        _ROOT.addHandler(self)
        return self

    def __exit__(self, *_: object) -> None:
        _ROOT.removeHandler(self)


def _unusable(label: str, reason: str) -> UnreadableInputError:
    return UnreadableInputError(f"{label}: {reason}", hint="kubectl config view shows what kubectl makes of it")


def _some(names: list[str]) -> str:
    more = f" and {len(names) - _MANY} more" if len(names) > _MANY else ""
    return ", ".join(names[:_MANY]) + more


def _line(error: BaseException) -> str:
    text = (error.strerror if isinstance(error, OSError) else "") or str(error) or type(error).__name__
    return " ".join(text.split())[:200]
