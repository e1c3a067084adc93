"""Paths of a host that give an attacker more than their own bytes, and the defence of ``HostMount`` for each class."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass
from functools import cache, lru_cache

from breachway.threats.tables import read_table

DEFENCE_OF_KIND = {
    "cloud-credentials": "notCloudCredentials",
    "control-groups": "notControlGroups",
    "device": "notDevice",
    "host-root": "notHostRoot",
    "kernel-interface": "notKernelInterface",
    "log-directory": "notLogDirectory",
    "orchestrator-keys": "notOrchestratorKeys",
    "pod-directory": "notPodDirectory",
    "process-table": "notProcessTable",
    "runtime-socket": "notRuntimeSocket",
    "state-store": "notStateStore",
    "system-directory": "notSystemDirectory",
    "user-home": "notUserHome",
}
"""Which defence of the asset ``HostMount`` falls when a path of a kind is mounted."""

_USER_HOME_DEPTH = 2
_USER_HOME_NAMES = frozenset({"~", "$HOME", "${HOME}"})
_HOME_CREDENTIALS = {
    ".aws": "cloud-credentials",
    ".azure": "cloud-credentials",
    ".config/gcloud": "cloud-credentials",
    ".kube": "orchestrator-keys",
    ".ssh": "user-home",
    ".docker": "user-home",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class HostPathClass:
    """A path of the host and what it is.

    ``below`` tells whether everything beneath the path is of the same kind; if not, only the path itself and what contains it
    are. ``sensitive`` marks the roots of the weakness ``hostpath-sensitive-dir``, which counts everything beneath.  ``note``
    says what is there.
    """

    path: str
    kind: str
    defence: str
    below: bool
    sensitive: bool
    note: str


@cache
def load_host_paths() -> tuple[HostPathClass, ...]:
    """Give every class of host path, in the order of the table."""
    return tuple(
        HostPathClass(
            path=row["path"],
            kind=row["kind"],
            defence=DEFENCE_OF_KIND[row["kind"]],
            below=row["below"] == "yes",
            sensitive=row["sensitive"] == "yes",
            note=row["note"],
        )
        for row in read_table("host_paths.tsv")
    )


def normalise_host_path(path: str) -> str:
    """Give the path in one spelling.

    No ``//``, no ``.`` or ``..``, no trailing slash, and ``/run`` for its old name ``/var/run``.
    """
    plain = posixpath.normpath("/" + path.lstrip("/") if path.startswith("/") else path or ".")
    if plain == "/var/run":
        return "/run"
    return "/run/" + plain.removeprefix("/var/run/") if plain.startswith("/var/run/") else plain


def _holds(container: str, path: str) -> bool:
    return container in {"/", path} or path.startswith(container + "/")


@lru_cache(maxsize=1024)
def classify_host_path(path: str) -> tuple[HostPathClass, ...]:
    """Give the classes that a mount of ``path`` hands over: those it is, those it lies in, and those that lie in it.

    ``/var`` gives the kubelet's directory because it contains it.  A path relative to a home directory (``~/.aws``) is judged
    by its tail. The empty tuple means that the path is known for nothing in particular.
    """
    plain = normalise_host_path(path)
    found = [known for known in load_host_paths() if _holds(plain, known.path) or (known.below and _holds(known.path, plain))]
    home = _home_class(plain)
    if home is not None:
        found.append(home)
    return tuple(found)


def _home_class(plain: str) -> HostPathClass | None:
    """Classify a user's home directory and credentials in it, written ``~/.aws``, ``/home/NAME/.aws`` or ``/root/.aws``."""
    parts = plain.split("/")
    if parts[0] in _USER_HOME_NAMES:
        tail = "/".join(parts[1:])
    elif plain.startswith("/home/") and len(parts) > _USER_HOME_DEPTH:
        tail = "/".join(parts[3:])
    elif plain.startswith("/root/"):
        tail = "/".join(parts[2:])
    else:
        return None
    kind = next((kind for name, kind in _HOME_CREDENTIALS.items() if _holds(name, tail)), None if tail else "user-home")
    if kind is None:
        return None
    return HostPathClass(
        path=plain,
        kind=kind,
        defence=DEFENCE_OF_KIND[kind],
        below=True,
        sensitive=True,
        note="credentials in a user's home directory",
    )


def is_sensitive_host_path(path: str) -> bool:
    """Tell whether ``path`` equals or lies below a directory that the weakness ``hostpath-sensitive-dir`` names."""
    plain = normalise_host_path(path)
    return any(known.sensitive and known.path != "/" and _holds(known.path, plain) for known in load_host_paths())
