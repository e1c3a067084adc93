"""Package managers in build instructions: what is installed, whether its version is fixed, and how it is checked."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from breachway.mapping.dockerfile.shell import ShellCommand

_DEBIAN = frozenset({"apt-get", "apt", "aptitude"})
_RED_HAT = frozenset({"yum", "dnf", "microdnf", "tdnf"})
_PIP = frozenset({"pip", "pip2", "pip3", "pipx"})
_NODE = frozenset({"npm", "yarn", "pnpm"})

_INSTALLS: dict[str, frozenset[str]] = {
    **dict.fromkeys(_DEBIAN, frozenset({"install"})),
    **dict.fromkeys(_RED_HAT, frozenset({"install", "localinstall", "reinstall"})),
    **dict.fromkeys(_PIP, frozenset({"install"})),
    **dict.fromkeys(_NODE, frozenset({"install", "i", "add", "global"})),
    "apk": frozenset({"add"}),
    "zypper": frozenset({"install", "in"}),
    "gem": frozenset({"install"}),
    "go": frozenset({"install", "get"}),
    "pacman": frozenset({"-S", "-Sy", "-Syu", "-Syyu"}),
}
_UPDATES: dict[str, frozenset[str]] = {
    **dict.fromkeys(_DEBIAN, frozenset({"update"})),
    **dict.fromkeys(_RED_HAT, frozenset({"update", "makecache", "check-update"})),
    "apk": frozenset({"update"}),
    "zypper": frozenset({"refresh", "ref", "update"}),
    "pacman": frozenset({"-Sy", "-Syu", "-Syyu"}),
}
_VALUE_OPTIONS: dict[str, frozenset[str]] = {
    **dict.fromkeys(_DEBIAN, frozenset({"-t", "--target-release", "-o", "-c", "--option"})),
    **dict.fromkeys(
        _PIP,
        frozenset(
            {
                "-i",
                "--index-url",
                "--extra-index-url",
                "--trusted-host",
                "-t",
                "--target",
                "--prefix",
                "--root",
                "--timeout",
                "-f",
                "--find-links",
            }
        ),
    ),
    "apk": frozenset({"-t", "--virtual", "--repository", "-X", "-p", "--root"}),
    "gem": frozenset({"-i", "--install-dir", "-s", "--source"}),
    **dict.fromkeys(_RED_HAT, frozenset({"-c", "--installroot", "--enablerepo", "--disablerepo", "--releasever"})),
}
_LIST_OPTIONS = frozenset({"-r", "--requirement", "-c", "--constraint", "-e", "--editable"})
INDEX_OF = {
    **dict.fromkeys(_DEBIAN, "the distribution's packages"),
    **dict.fromkeys(_RED_HAT, "the distribution's packages"),
    **dict.fromkeys(("apk", "zypper", "pacman"), "the distribution's packages"),
    **dict.fromkeys(_PIP, "PyPI"),
    **dict.fromkeys(_NODE, "the npm registry"),
    "gem": "RubyGems",
    "go": "Go modules",
}
"""Who supplies what a package manager installs."""
_UNSIGNED = {
    **dict.fromkeys(_DEBIAN, frozenset({"--allow-unauthenticated", "--force-yes"})),
    **dict.fromkeys(_RED_HAT, frozenset({"--nogpgcheck", "--no-gpg-checks"})),
    "apk": frozenset({"--allow-untrusted"}),
    "rpm": frozenset({"--nosignature", "--nodigest", "--noverify"}),
    "zypper": frozenset({"--no-gpg-checks", "--gpg-auto-import-keys"}),
}
_CLEANING = (
    "clean",
    "autoclean",
    "/var/lib/apt/lists",
    "/var/cache/apk",
    "/var/cache/dnf",
    "/var/cache/yum",
    "--no-cache",
    "/var/cache/zypp",
)


class Installation(NamedTuple):
    """One command that installs packages: which manager, what, and which of it has no fixed version."""

    manager: str
    packages: tuple[str, ...]
    unpinned: tuple[str, ...]


def _manager(command: ShellCommand) -> tuple[str, tuple[str, ...]]:
    program, arguments = command.program, command.arguments
    if program in {"python", "python2", "python3"} and arguments[:2] == ("-m", "pip"):
        return "pip", arguments[2:]
    return program, arguments


def _verb(manager: str, arguments: tuple[str, ...], verbs: dict[str, frozenset[str]]) -> int:
    """Where the verb stands among the arguments, or -1."""
    wanted = verbs.get(manager, frozenset())
    return next((position for position, word in enumerate(arguments) if word in wanted), -1)


def installation(command: ShellCommand) -> Installation | None:
    """Read a command that installs packages; None for any other."""
    manager, arguments = _manager(command)
    position = _verb(manager, arguments, _INSTALLS)
    if position < 0:
        return None
    if manager == "pacman" and len(arguments) == position + 1:
        return None
    packages = _packages(manager, arguments[position + 1 :])
    return Installation(manager, packages, tuple(package for package in packages if not _is_pinned(manager, package, arguments)))


def _packages(manager: str, words: tuple[str, ...]) -> tuple[str, ...]:
    valued = _VALUE_OPTIONS.get(manager, frozenset())
    packages: list[str] = []
    position = 0
    while position < len(words):
        word = words[position]
        position += 1
        if (word in _LIST_OPTIONS and manager in _PIP) or (word in valued and position < len(words) - 1):
            position += 1
        elif word.startswith(("-", ">", "2>")) or word in {">", ">>", "<", "2>", "&&"}:
            continue
        elif word not in {"add", "install"} or manager not in _NODE:
            packages.append(word)
    return tuple(packages)


def _is_pinned(manager: str, package: str, arguments: tuple[str, ...]) -> bool:
    if package.startswith((".", "/", "$", "http:", "https:", "file:", "git+", "@file", "~")) or "$" in package:
        return True
    if manager in _NODE:
        return "@" in package.removeprefix("@") or package.endswith((".tgz", ".tar.gz"))
    if manager == "go":
        return ("@" in package and not package.endswith(("@latest", "@master", "@main"))) or "..." in package
    if manager == "gem":
        return ":" in package or any(word.startswith(("-v", "--version")) for word in arguments)
    if manager in _RED_HAT:
        return any(part[:1].isdigit() for part in package.split("-")[1:]) or package.endswith(".rpm") or package.startswith("@")
    if manager == "pacman":
        return True
    return any(mark in package for mark in ("=", "~", "<", ">")) or package.endswith(
        (".deb", ".apk", ".whl", ".rpm", ".zip", ".tar.gz")
    )


def refreshes_index(command: ShellCommand) -> bool:
    """Whether the command fetches the package index (``apt-get update``)."""
    manager, arguments = _manager(command)
    return _verb(manager, arguments, _UPDATES) >= 0


def upgrades_everything(command: ShellCommand) -> bool:
    """Whether the command moves the whole distribution (``apt-get dist-upgrade``)."""
    return command.program in _DEBIAN and bool({"dist-upgrade", "full-upgrade"} & set(command.arguments))


def skips_signatures(command: ShellCommand) -> str:
    """The option by which packages are installed unchecked; empty if there is none."""
    manager, arguments = _manager(command)
    return next((word for word in arguments if word in _UNSIGNED.get(manager, frozenset())), "")


def leaves_cache(commands: tuple[ShellCommand, ...]) -> str:
    """The package manager whose downloaded index or packages stay in the layer that these commands make; empty if none does."""
    words = [word for command in commands for word in command.words]
    if any(mark in word for word in words for mark in _CLEANING):
        return ""
    for command in commands:
        found = installation(command)
        if found is not None and found.manager in _DEBIAN | _RED_HAT | {"apk", "zypper"}:
            return found.manager
    return ""
