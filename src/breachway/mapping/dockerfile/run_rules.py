"""Rules over RUN: what a build fetches and runs unchecked, and what it leaves in the image."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from breachway.mapping.containers.secret_patterns import has_token, is_placeholder, is_secret_literal, secrets_in_words
from breachway.mapping.dockerfile.hits import Hit, shown
from breachway.mapping.dockerfile.packages import (
    installation,
    leaves_cache,
    refreshes_index,
    skips_signatures,
    upgrades_everything,
)
from breachway.mapping.dockerfile.shell import ShellCommand, split_commands

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from breachway.sources.dockerfile.objects import Run, Shell

_SHELLS = frozenset({"sh", "bash", "ash", "dash", "zsh", "ksh"})
_INTERPRETERS = _SHELLS | {"python", "python2", "python3", "perl", "ruby", "node", "php"}
_COMMAND_OPTIONS = (("-c",), ("-ec",), ("-lc",), ("-xc",), ("-euxc",))
_FETCHERS = frozenset({"curl", "wget"})
_CHECKERS = frozenset(
    {"sha256sum", "sha512sum", "sha384sum", "sha1sum", "shasum", "md5sum", "gpg", "gpgv", "cosign", "minisign", "openssl"}
)
_URL_HOST = re.compile(r"(?:https?|ftp)://(?:[^\s/@'\"]{0,256}@)?([A-Za-z0-9.-]{1,253})")
_SETUID_MODE = re.compile(r"[0-7]?[2-7][0-7]{3}\Z")
_WORLD_WRITABLE = re.compile(r"0?[0-7]?[0-7]{2}[2367]\Z")
_TLS_ENVIRONMENT = {
    "NODE_TLS_REJECT_UNAUTHORIZED": frozenset({"0"}),
    "PYTHONHTTPSVERIFY": frozenset({"0"}),
    "GIT_SSL_NO_VERIFY": frozenset({"1", "true", "yes"}),
    "NPM_CONFIG_STRICT_SSL": frozenset({"false"}),
}


def script_of(run: Run) -> tuple[ShellCommand, ...]:
    """The commands of one RUN; an exec form is one command."""
    if run.words:
        if run.words[0].rpartition("/")[2] in _SHELLS and run.words[1:2] in _COMMAND_OPTIONS and run.words[2:]:
            return split_commands(run.words[2])
        return (ShellCommand(run.words),)
    return split_commands(run.script)


def hosts_fetched(commands: Iterable[ShellCommand]) -> tuple[str, ...]:
    """The hosts that the commands download from, in order, each once."""
    found: dict[str, None] = {}
    for command in commands:
        if command.program in _FETCHERS | {"git"}:
            for word in command.arguments:
                for match in _URL_HOST.finditer(word[:4096]):
                    found.setdefault(match.group(1).lower())
    return tuple(found)


def turns_tls_off(name: str, value: str) -> bool:
    """Whether a variable switches the check of certificates off."""
    plain = name.upper()
    if plain == "PIP_TRUSTED_HOST":
        return bool(value.strip())
    return value.strip().lower() in _TLS_ENVIRONMENT.get(plain, frozenset())


def build_hits(run: Run) -> Iterator[Hit]:
    """Find what endangers the build itself, in any stage."""
    commands = script_of(run)
    place = run.location
    piped = _runs_download(commands)
    if piped:
        yield Hit("curl-pipe-shell", place, piped)
    for command in commands:
        unverified = _skips_tls(command)
        if unverified:
            yield Hit("tls-verification-disabled", place, f"{command.program} {unverified}")
        unsigned = skips_signatures(command)
        if unsigned:
            yield Hit("package-signature-check-disabled", place, f"{command.program} {unsigned}")
        found = installation(command)
        if found is not None and found.unpinned:
            yield Hit(
                "unpinned-packages", place, f"{found.manager} installs {shown(found.unpinned)} in whatever version there is"
            )
        if "sudo" in command.words or (found is not None and "sudo" in found.packages):
            yield Hit("sudo-in-dockerfile", place, shown(command.words))
    if run.security == "insecure":
        yield Hit("insecure-buildkit-run", place, "RUN --security=insecure")
    if run.network == "host":
        yield Hit("insecure-buildkit-run", place, "RUN --network=host")
    yield from _index_hits(run, commands)


def _index_hits(run: Run, commands: tuple[ShellCommand, ...]) -> Iterator[Hit]:
    upgrade = next((command for command in commands if upgrades_everything(command)), None)
    if upgrade is not None:
        yield Hit("update-alone-or-dist-upgrade", run.location, shown(upgrade.words))
        return
    refresh = next((command for command in commands if refreshes_index(command)), None)
    installs = any({"install", "add", "-S", "in"} & set(command.words) for command in commands)
    if refresh is not None and not installs:
        yield Hit("update-alone-or-dist-upgrade", run.location, f"{shown(refresh.words)} without an installation in the same RUN")


def layer_hits(run: Run, shell: Shell | None) -> Iterator[Hit]:
    """Find what stays in the layers of the image; ``shell`` is the SHELL in force, None for the default."""
    commands = script_of(run)
    place = run.location
    cached = tuple(mount.option("target", "dst", "destination") for mount in run.mounts if mount.kind == "cache")
    manager = leaves_cache(commands)
    if manager and not any(target.startswith(("/var/cache", "/var/lib/apt")) for target in cached):
        yield Hit("package-cache-left", place, f"what {manager} downloaded stays in the layer")
    for command in commands:
        password = _sets_password(command)
        if password:
            yield Hit("password-set-in-build", place, password)
        mode = _loose_mode(command)
        if mode:
            yield Hit("world-writable-or-setuid", place, mode, detail="setuid" if "setuid" in mode else "writable")
    pipes = not run.words and any(command.piped for command in commands)
    strict = shell is not None and "pipefail" in " ".join(shell.words)
    if pipes and not strict and not any("pipefail" in word for command in commands for word in command.words):
        yield Hit("pipefail-missing", place, "a pipe whose first part may fail unseen")


def secret_hits(run: Run) -> Iterator[Hit]:
    """Find literal credentials in the command, which the image's history keeps."""
    for command in script_of(run):
        for name in dict.fromkeys(secrets_in_words(command.words)):
            yield Hit("secret-in-run", run.location, f"{command.program} carries a literal credential ({name})", detail=name)
        for word in command.words:
            name, equals, value = word.partition("=")
            name = name.rpartition(":")[2].rpartition("/")[2]
            if equals and not word.startswith("-") and _is_name(name) and is_secret_literal(name, value) and not has_token(word):
                yield Hit("secret-in-run", run.location, f"{name} is given a literal value", detail=name)


def _is_name(name: str) -> bool:
    return name.replace(".", "_").replace("-", "_").lstrip("_").isidentifier()


def _runs_download(commands: tuple[ShellCommand, ...]) -> str:
    """Say how a download is run without a check; empty if none is."""
    checked = any(command.program in _CHECKERS for command in commands)
    saved: set[str] = set()
    fetching = ""
    for command in commands:
        program = command.program
        if program in _FETCHERS:
            fetching = program if command.piped else fetching
            saved |= _saved_files(command)
        elif fetching:
            if program in _INTERPRETERS:
                return f"{fetching} piped into {program}"
            fetching = fetching if command.piped else ""
        elif not checked and saved and _runs_file(command, saved):
            return f"runs the download {shown(_base_name(next(iter(sorted(saved)))))} unchecked"
        if program in _INTERPRETERS | {"eval", "source", "."} and any(
            f"$({name} " in word or f"<({name} " in word for word in command.words for name in _FETCHERS
        ):
            return f"{program} runs what is fetched"
    return ""


def _base_name(path: str) -> str:
    return path.rstrip("/").rpartition("/")[2].partition("?")[0]


def _saved_files(command: ShellCommand) -> set[str]:
    """The names under which curl or wget keeps a download."""
    words = command.arguments
    saved = {
        _base_name(words[position + 1])
        for position, word in enumerate(words[:-1])
        if (
            word in {"-o", "--output", "-O", "--output-document"}
            or (word.startswith("-") and not word.startswith("--") and word[-1:] == "o")
        )
        and words[position + 1] != "-"
    }
    keeps_name = command.program == "wget" or any(
        word.startswith("-") and not word.startswith("--") and "O" in word for word in words
    )
    if keeps_name and not saved:
        saved = {_base_name(word) for word in words if "://" in word}
    return saved - {""}


def _runs_file(command: ShellCommand, saved: set[str]) -> bool:
    words = command.plain
    if not words:
        return False
    if command.program in _INTERPRETERS | {"source", "."}:
        return any(_base_name(word) in saved for word in words[1:2] + words[2:3])
    return words[0].startswith(("./", "/")) and _base_name(words[0]) in saved


def _skips_tls(command: ShellCommand) -> str:
    """The option or setting by which certificates go unchecked; empty if they are checked."""
    program, words = command.program, command.arguments
    for word in command.words:
        name, equals, value = word.partition("=")
        if equals and turns_tls_off(name, value):
            return word
    if program == "curl":
        return next(
            (
                word
                for word in words
                if word == "--insecure"
                or (word.startswith("-") and word[1:2].isalpha() and "k" in word[1:] and word[1:].isalpha())
            ),
            "",
        )
    if program == "wget":
        return next((word for word in words if word == "--no-check-certificate"), "")
    if program in {"pip", "pip3", "python", "python3"}:
        return next((word for word in words if word.startswith("--trusted-host")), "")
    text = " ".join(words).lower()
    if program in {"npm", "yarn", "pnpm"} and ("strict-ssl false" in text or "strict-ssl=false" in text):
        return "strict-ssl false"
    if program == "git" and ("sslverify false" in text or "sslverify=false" in text):
        return "sslVerify false"
    if program in {"yum", "dnf", "microdnf"} and ("sslverify=0" in text or "sslverify=false" in text):
        return "sslverify=0"
    return ""


def _sets_password(command: ShellCommand) -> str:
    program, words = command.program, command.arguments
    if program == "chpasswd":
        return "chpasswd sets a password that the layer keeps"
    if program == "passwd" and ({"-d", "--delete"} & set(words) or "--stdin" in words):
        return "passwd " + " ".join(words[:2])
    if program in {"useradd", "usermod"}:
        for position, word in enumerate(words[:-1]):
            if (
                word in {"-p", "--password"}
                and not is_placeholder(words[position + 1])
                and words[position + 1] not in {"*", "!", "x"}
            ):
                return f"{program} -p sets a password"
    return ""


def _loose_mode(command: ShellCommand) -> str:
    if command.program != "chmod":
        return ""
    mode = next((word for word in command.arguments if not word.startswith("-") or word.startswith("-w")), "")
    if _SETUID_MODE.match(mode) or (
        ("u+" in mode or "g+" in mode or "a+" in mode or mode.startswith("+")) and "s" in mode.partition("+")[2]
    ):
        return f"chmod {mode} makes a setuid program"
    symbolic = (
        any(part[:1] in {"a", "o", "+"} or part[:2] in {"ug", "go"} for part in mode.split(",")) and "w" in mode.partition("+")[2]
    )
    if (_WORLD_WRITABLE.match(mode) or symbolic) and not (mode.startswith("1") and len(mode) == 4):  # noqa: PLR2004 - a sticky folder
        return f"chmod {mode} lets everybody write"
    return ""
