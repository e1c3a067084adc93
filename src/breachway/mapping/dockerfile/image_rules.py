"""Rules over what an image is configured to do: its user, ports, variables and commands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from breachway.mapping.containers.applications import runs_ssh_server
from breachway.mapping.containers.credentials import Variable
from breachway.mapping.containers.debugging import find_debug_mode
from breachway.mapping.containers.secret_patterns import has_token, is_secret_literal, is_secret_name, secrets_in_words
from breachway.mapping.dockerfile.hits import Hit
from breachway.mapping.dockerfile.packages import installation
from breachway.mapping.dockerfile.run_rules import script_of, turns_tls_off
from breachway.sources.dockerfile.objects import Arg, Env, Run

if TYPE_CHECKING:
    from collections.abc import Iterator

    from breachway.evidence import Location
    from breachway.sources.dockerfile.objects import Dockerfile, Stage

ADMIN_PORTS = {
    22: "SSH", 23: "Telnet", 2375: "the Docker API", 2376: "the Docker API", 2379: "etcd", 3389: "remote desktop",
    5900: "VNC", 6379: "Redis", 9229: "the Node.js inspector", 10250: "the kubelet", 27017: "MongoDB",
}  # fmt: skip
_UNSAFE_FOLDERS = ("/proc", "/boot", "/dev", "/sys")
_UNSAFE_VOLUMES = ("/etc", "/root", "/dev", "/proc", "/sys", "/boot")
_BUILD_TOOLS = frozenset(
    {"gcc", "g++", "make", "build-essential", "build-base", "cmake", "netcat", "nc", "ncat", "nmap", "telnet", "clang", "gdb"}
)


def port_hits(stage: Stage) -> Iterator[Hit]:
    """Find exposed ports that serve administration."""
    for exposed in stage.exposed:
        for number, what in ADMIN_PORTS.items():
            if exposed.first <= number <= exposed.last and exposed.last - exposed.first < 1024:  # noqa: PLR2004 - a wide range says nothing
                yield Hit("image-exposes-admin-port", exposed.location, f"exposes {number}, {what}", detail=str(number))
                if number == 22:  # noqa: PLR2004 - SSH
                    yield Hit("ssh-exposed", exposed.location, "exposes port 22")


def start_words(stage: Stage) -> tuple[str, ...]:
    """The command line that the image starts: its entry point and its command."""
    entry, cmd = stage.entrypoint, stage.cmd
    return (
        *(entry.words or (entry.text,) if entry is not None else ()),
        *(cmd.words or (cmd.text,) if cmd is not None else ()),
    )


def start_hits(stage: Stage) -> Iterator[Hit]:
    """Find an SSH server, sudo, a Docker API on TCP, a debug mode, or a credential on the command line that the image starts."""
    for start in (stage.entrypoint, stage.cmd):
        if start is None:
            continue
        words = start.words or (start.text,)
        if runs_ssh_server(words):
            yield Hit("ssh-exposed", start.location, "starts an SSH server")
        if any("sudo" in word.split() for word in words):
            yield Hit("sudo-in-dockerfile", start.location, "starts through sudo", detail="start")
        for name in dict.fromkeys(secrets_in_words(words)):
            yield Hit("secret-literal-in-args", start.location, f"the command carries a literal credential ({name})", detail=name)
        if listens_on_tcp(words):
            yield Hit("docker-daemon-tcp", start.location, "starts a Docker daemon that listens on TCP")
    variables = tuple(Variable(item.name, item.value.value, item.location) for item in stage.environment)
    starting = stage.cmd or stage.entrypoint
    debug = find_debug_mode(variables, start_words(stage), starting.location if starting is not None else stage.location)
    if debug is not None:
        yield Hit("debug-mode-enabled", debug.location, debug.written)


def listens_on_tcp(words: tuple[str, ...]) -> bool:
    """Whether a Docker daemon's command line opens a TCP port without asking for client certificates."""
    parts = tuple(part for word in words for part in word.split())
    opens = any(
        part.startswith(("-Htcp://", "-H=tcp://", "--host=tcp://"))
        or (part.startswith("tcp://") and parts[index - 1] in {"-H", "--host"})
        for index, part in enumerate(parts)
        if index or part.startswith("-")
    )
    return opens and not any(part in {"--tlsverify", "--tlsverify=true"} for part in parts)


def variable_hits(dockerfile: Dockerfile, stage: Stage) -> Iterator[Hit]:
    """Find credentials in ARG and ENV of the stages that the image is built on, and variables that switch off TLS checks."""
    for ancestor in dockerfile.lineage(stage):
        used = _used_in_run(ancestor)
        for instruction in ancestor.instructions:
            match instruction:
                case Arg(name=name, default=default, location=place) if is_secret_name(name) or (
                    default and has_token(default.value)
                ):
                    literal = default is not None and is_secret_literal(name, default.value)
                    if literal or name in used:
                        what = "has a literal default" if literal else "is used in RUN; its value stays in the history"
                        yield Hit("secret-in-dockerfile-arg-env", place, f"ARG {name} {what}", detail=name)
                case Env(name=name, value=value, location=place):
                    yield from _env_hits(name, value.value, place, known=value.known)
                case _:
                    pass


def _env_hits(name: str, value: str, place: Location, *, known: bool) -> Iterator[Hit]:
    from_argument = not known and is_secret_name(name)
    if (known and is_secret_literal(name, value)) or from_argument:
        note = f"ENV {name} is given a literal value" if known else f"ENV {name} keeps a build argument in the image"
        yield Hit("secret-in-dockerfile-arg-env", place, note, detail=name)
        yield Hit("image-secret-env", place, note, detail=name)


def tls_variable_hits(stage: Stage) -> Iterator[Hit]:
    """Find ARG and ENV that switch off the check of certificates."""
    for instruction in stage.instructions:
        match instruction:
            case Env(name=name, value=value, location=place) if turns_tls_off(name, value.value):
                yield Hit("tls-verification-disabled", place, f"ENV {name}={value.value}", detail=name)
            case Arg(name=name, default=default, location=place) if default is not None and turns_tls_off(name, default.value):
                yield Hit("tls-verification-disabled", place, f"ARG {name}={default.value}", detail=name)
            case _:
                pass


def _used_in_run(stage: Stage) -> frozenset[str]:
    """The names of variables that RUN instructions of the stage mention."""
    names: set[str] = set()
    for instruction in stage.instructions:
        if isinstance(instruction, Run):
            for chunk in instruction.script[: 1 << 18].split("$")[1:]:
                text = chunk.removeprefix("{")[:80]
                length = next((index for index, mark in enumerate(text) if not (mark.isalnum() or mark == "_")), len(text))
                names.add(text[:length])
    return frozenset(names)


def place_hits(stage: Stage) -> Iterator[Hit]:
    """Find working folders and volumes in places of the system."""
    if stage.workdir is not None:
        path = stage.workdir.path
        if path.known and (not path.value.startswith(("/", "C:", "c:")) or path.value.startswith(_UNSAFE_FOLDERS)):
            yield Hit("workdir-unsafe", stage.workdir.location, f"WORKDIR {path.written}")
    for volume in stage.volumes:
        if volume.path.value.rstrip("/") in _UNSAFE_VOLUMES:
            yield Hit("workdir-unsafe", volume.location, f"VOLUME {volume.path.written}", detail=volume.path.value)


def tool_hits(stage: Stage) -> Iterator[Hit]:
    """Find compilers and network tools installed into the final image."""
    for instruction in stage.instructions:
        if isinstance(instruction, Run):
            found = (installation(command) for command in script_of(instruction))
            installed = sorted(
                {name.partition("=")[0] for item in found if item is not None for name in item.packages} & _BUILD_TOOLS
            )
            if installed:
                yield Hit(
                    "build-tools-in-final-image", instruction.location, "installs " + ", ".join(installed), detail=installed[0]
                )
                return


def health_hits(stage: Stage) -> Iterator[Hit]:
    """Find a final stage whose health nobody checks."""
    check = stage.healthcheck
    if check is None:
        yield Hit("no-healthcheck", stage.location, "no HEALTHCHECK in the stages it is built from")
    elif check.disabled:
        yield Hit("no-healthcheck", check.location, "HEALTHCHECK NONE")


def frontend_hits(dockerfile: Dockerfile) -> Iterator[Hit]:
    """Find a build frontend that is not Docker's own."""
    syntax = dockerfile.directive("syntax")
    if syntax is None:
        return
    reference = syntax.value.strip().removeprefix("docker.io/")
    if not reference.startswith(("docker/dockerfile:", "docker/dockerfile@")) and reference != "docker/dockerfile":
        yield Hit("untrusted-syntax-frontend", syntax.location, f"syntax={syntax.value}")
