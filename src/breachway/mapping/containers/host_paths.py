"""A path of the host that a container sees: what it hands over, and the weaknesses it shows.

A mount is an asset of its own (``HostMount``), so that each path of attack names the mount it takes.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from breachway.mapping.containers.devices import opens_host
from breachway.mapping.containers.grounds import UNSET_VARIABLE, Finding, believe, observed, settle, sibling_id, weak
from breachway.model import Verdict
from breachway.threats.host_paths import DEFENCE_OF_KIND, classify_host_path, is_sensitive_host_path, normalise_host_path

if TYPE_CHECKING:
    from breachway.evidence import Evidence, Location
    from breachway.mapping.building import ModelBuilder

_WINDOWS_ENGINE = "docker_engine"
_HOME_FOLDERS = (".aws", ".azure", ".config/gcloud", ".kube")


class HostPathClasses(NamedTuple):
    """What a path of the host is, as far as it is known.

    ``kinds`` are kinds of ``threats/host_paths.tsv``, each with the note of the path that made it so.
    """

    path: str
    kinds: tuple[tuple[str, str], ...]
    sensitive: bool
    root: bool
    runtime_socket: bool
    cloud_credentials: bool
    device: bool

    def note_of(self, kind: str) -> str:
        """What is there, for a kind that the path has; empty for one it has not."""
        return dict(self.kinds).get(kind, "")


@lru_cache(maxsize=4096)
def classify(path: str) -> HostPathClasses:
    """Classify a path as an artefact writes it; ``/var/run`` counts as ``/run`` and a folder as everything that it holds."""
    plain = normalise_host_path(path)
    kinds: dict[str, str] = {}
    for known in classify_host_path(path) if plain.startswith(("/", "~", "$")) else ():
        kinds.setdefault(known.kind, known.note)
    if plain == "/var" and "runtime-socket" not in kinds:
        kinds["runtime-socket"] = "sockets of the container runtime, where /var/run is a folder of its own"
    if _WINDOWS_ENGINE in plain.replace("\\", "/").rpartition("/")[2]:
        kinds["runtime-socket"] = "the Docker engine's named pipe"
    return HostPathClasses(
        path=plain,
        kinds=tuple(sorted(kinds.items())),
        sensitive=plain != "/" and (is_sensitive_host_path(path) or _in_home(plain)),
        root=plain == "/",
        runtime_socket="runtime-socket" in kinds,
        cloud_credentials=_is_cloud_credential(plain),
        device=plain == "/dev" or plain.startswith("/dev/"),
    )


def _in_home(plain: str) -> bool:
    return plain.split("/", 1)[0] in {"~", "$HOME", "${HOME}"}


def _is_cloud_credential(plain: str) -> bool:
    """Whether the path itself (not merely a folder above it) is where a cloud or cluster client keeps credentials."""
    if plain == "/etc/kubernetes/azure.json" or (plain.startswith("/etc/kubernetes/") and plain.endswith(".conf")):
        return True
    tail = _home_tail(plain)
    return any(tail == folder or tail.startswith(folder + "/") for folder in _HOME_FOLDERS)


def _home_tail(plain: str) -> str:
    """The path below a home folder; empty for the folder itself and for paths elsewhere."""
    parts = plain.split("/")
    if _in_home(plain):
        return "/".join(parts[1:])
    if plain.startswith("/root/"):
        return "/".join(parts[2:])
    return "/".join(parts[3:]) if plain.startswith(("/home/", "/Users/")) else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HostMountFact:
    """One mount of a host path.

    ``read_only`` None means that a variable without a value decides.  ``read_only_evidence`` says why it is or is not.
    ``device`` marks a block or character device by its declared type.  ``device_rule`` is whether this platform counts paths
    under ``/dev`` as devices handed over, ``any_rule`` whether any host path at all is a weakness there (Kubernetes'
    baseline).
    """

    path: str
    location: Location
    read_only: bool | None
    read_only_evidence: tuple[Evidence, ...]
    device: bool = False
    device_rule: bool = False
    any_rule: bool = False


def map_host_mount(
    builder: ModelBuilder,
    container: str,
    host_pool: str,
    mount: HostMountFact,
    *,
    subject: str,
    platform: str,
    daemons: tuple[str, ...] = (),
) -> str:
    """Add the mount with all its defences and links, judge its weaknesses, and give its id.

    ``host_pool`` is empty where the platform has no host of the user's (none is linked then).  ``daemons`` are the Docker
    daemons whose socket a runtime socket is.
    """
    classes = classify(mount.path)
    found = observed(mount.location, f"mounts {mount.path} of the host")
    mount_id = builder.asset(
        "HostMount",
        sibling_id(container, "HostMount", classes.path),
        classes.path,
        platform=platform,
        evidence=found,
        boundary=container,
        facts=(("read only", {True: "yes", False: "no", None: "unknown"}[mount.read_only]),),
    )
    builder.link("MountsHost", container, mount_id, found)
    if host_pool:
        builder.link("PathOf", mount_id, host_pool, found)
    if classes.runtime_socket:
        for daemon in daemons:
            builder.link("SocketOf", mount_id, daemon, found)
    settle(builder, mount_id, _findings(classes, mount))
    _judge(builder, container, mount_id, mount, classes, subject)
    return mount_id


def map_reachable_path(
    builder: ModelBuilder, stem: str, host_pools: tuple[str, ...], mount: HostMountFact, *, platform: str, boundary: str
) -> str:
    """Add a path of the host that no container mounts yet and a new one may, with all its defences, and give its id.

    ``stem`` is the id without the path.  No weakness is judged: there is no container that has it.
    """
    classes = classify(mount.path)
    found = observed(mount.location, f"{mount.path} of the host may be mounted")
    mount_id = builder.asset(
        "HostMount", f"{stem}:{classes.path}", classes.path, platform=platform, evidence=found, boundary=boundary
    )
    for pool in host_pools:
        builder.link("PathOf", mount_id, pool, found)
    bare = {name: finding._replace(keys=()) for name, finding in _findings(classes, mount).items()}
    settle(builder, mount_id, {**bare, "readOnly": Finding(1.0 if mount.read_only else 0.0, mount.read_only_evidence)})
    return mount_id


def _findings(classes: HostPathClasses, mount: HostMountFact) -> dict[str, Finding]:
    findings: dict[str, Finding] = {}
    nothing = Finding(1.0, observed(mount.location, f"{mount.path} is not known to hold such a thing"))
    keys = tuple(key for key, holds in _verdicts(classes) if holds)
    for kind, defence in DEFENCE_OF_KIND.items():
        note = classes.note_of(kind)
        findings[defence] = Finding(0.0, observed(mount.location, f"mounts {mount.path}: {note}"), keys) if note else nothing
    if classes.device and "host-root" not in dict(classes.kinds) and not opens_host(mount.path):
        findings["notDevice"] = Finding(1.0, observed(mount.location, f"{mount.path} holds no files and no memory of the host"))
    elif mount.device:
        findings["notDevice"] = Finding(0.0, observed(mount.location, f"mounts the device {mount.path}"), ("host-device-mapped",))
    return findings


def _verdicts(classes: HostPathClasses) -> tuple[tuple[str, bool], ...]:
    return (
        ("hostpath-root-fs", classes.root),
        ("runtime-socket-mount", classes.runtime_socket),
        ("hostpath-sensitive-dir", classes.sensitive),
        ("cloud-credential-file-mount", classes.cloud_credentials),
    )


def _judge(
    builder: ModelBuilder, container: str, mount_id: str, mount: HostMountFact, classes: HostPathClasses, subject: str
) -> None:
    found = observed(mount.location, f"mounts {mount.path} of the host")
    for key, holds in (*_verdicts(classes), ("hostpath-any", mount.any_rule)):
        if holds:
            weak(builder, key, mount_id, found, subject=subject)
    if mount.read_only is None:
        finding = believe(builder, UNSET_VARIABLE, mount.location, f"what makes {mount.path} read-only has no value")
        state = Verdict.UNKNOWN
    else:
        finding = Finding(1.0 if mount.read_only else 0.0, mount.read_only_evidence)
        state = Verdict.SAFE if mount.read_only else Verdict.WEAK
    settle(builder, mount_id, {"readOnly": finding._replace(keys=("hostpath-writable",))})
    if state is not Verdict.SAFE:
        builder.judge("hostpath-writable", mount_id, state, finding.evidence, subject=subject, defences=())
    if mount.device_rule and (classes.device or mount.device):
        weak(builder, "host-device-mapped", container, found, subject=subject, detail=classes.path)
