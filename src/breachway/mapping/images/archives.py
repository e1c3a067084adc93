"""Rules over a saved image: its user, accounts, setuid programs, ports, release and credentials."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from breachway.evidence import Basis, Evidence, Location
from breachway.mapping.containers.grounds import Finding, defaulted, observed
from breachway.mapping.containers.image_contents import BakedSecret, Judged, OpenPort
from breachway.mapping.containers.releases import ended_on
from breachway.mapping.dockerfile.image_rules import ADMIN_PORTS
from breachway.mapping.images.baked_secrets import baked_secrets

if TYPE_CHECKING:
    from collections.abc import Iterator

    from breachway.sources.images.objects import ImageArchive

_CONFIG = "OCI image specification: config.User"
_SSH = 22
_LARGEST_PORT = 65535
_USUAL_SETUID = frozenset(
    {
        "bbsuid", "chage", "chfn", "chsh", "crontab", "dbus-daemon-launch-helper", "expiry", "fusermount", "fusermount3",
        "gpasswd", "mount", "mount.nfs", "newgidmap", "newgrp", "newuidmap", "pam_extrausers_chkpwd", "pam_timestamp_check",
        "passwd", "ping", "ping6", "pkexec", "polkit-agent-helper-1", "pt_chown", "ssh-keysign", "staprun", "su", "sg", "suexec",
        "umount", "unix_chkpwd", "userhelper", "usernetctl",
    }
)  # fmt: skip
"""Setuid programs of the base systems of distributions."""
_MOST_SETUID = 20


class JudgedArchive(NamedTuple):
    """What the rules say of one saved image; see :class:`ImageContent` for the fields."""

    user: Finding | None
    defences: tuple[tuple[str, Finding], ...]
    weaknesses: tuple[Judged, ...]
    secrets: tuple[BakedSecret, ...]
    ports: tuple[OpenPort, ...]


def judge_archive(archive: ImageArchive) -> JudgedArchive:
    """Judge everything that the image shows by itself."""
    user = _user(archive)
    ports = tuple(_ports(archive))
    weaknesses = [*_accounts(archive), *_setuid(archive), *_admin_ports(ports), *_release(archive)]
    if user is not None and user.probability == 0.0:
        weaknesses.append(Judged("image-user-root", user.evidence))
    defences = {
        "noAccountPasswords": _no_passwords(archive, weaknesses),
        "noSetuidFiles": _no_setuid(archive, weaknesses),
    }
    return JudgedArchive(
        user=user,
        defences=tuple((name, finding) for name, finding in defences.items() if finding is not None),
        weaknesses=tuple(weaknesses),
        secrets=baked_secrets(archive),
        ports=ports,
    )


def _user(archive: ImageArchive) -> Finding | None:
    """As whom the image runs; None where nothing says so (Windows, whose base images decide)."""
    config, key = archive.config, ("image-user-root",)
    if config.user is None:
        if config.platform.startswith("windows"):
            return None
        return Finding(0.0, defaulted(config.location, "the image sets no user, so it runs as root", _CONFIG), key)
    written = config.user.value.strip()
    name = written.partition(":")[0]
    number = int(name[:20]) if name.isdecimal() else dict(archive.users or ()).get(name)
    root = number == 0 or (number is None and name in {"", "root"})
    said = f"User: {written}" + (", which is root in /etc/passwd" if root and number == 0 and name not in {"root", "0"} else "")
    return Finding(0.0 if root else 1.0, observed(config.user.location, said), key)


def _accounts(archive: ImageArchive) -> Iterator[Judged]:
    for account in archive.accounts:
        if account.open:
            note = f"{account.name} needs no password: its field is empty"
        else:
            note = f"{account.name} has user number 0: it is root under another name"
        yield Judged("image-empty-password-account", observed(account.location, note), account.name)


def _no_passwords(archive: ImageArchive, weaknesses: list[Judged]) -> Finding | None:
    key = "image-empty-password-account"
    found = tuple(item for judged in weaknesses if judged.key == key for item in judged.evidence)
    if found:
        return Finding(0.0, found, (key,))
    if not archive.complete:
        return None
    none = "it has no /etc/passwd" if archive.users is None else "every account in its files has a password or is locked"
    return Finding(1.0, observed(archive.location, none), (key,))


def _setuid(archive: ImageArchive) -> Iterator[Judged]:
    unusual = (file for file in archive.setuid if file.as_root and file.path.rpartition("/")[2] not in _USUAL_SETUID)
    for number, file in enumerate(unusual):
        if number >= _MOST_SETUID:
            return
        place = Location(file.document, "", 0, 0)
        note = f"{file.path} has mode {file.mode:o} and is root's: whoever runs it is root in it"
        yield Judged("world-writable-or-setuid", observed(place, note), file.path)


def _no_setuid(archive: ImageArchive, weaknesses: list[Judged]) -> Finding | None:
    key = "world-writable-or-setuid"
    found = tuple(item for judged in weaknesses if judged.key == key for item in judged.evidence)
    if found:
        return Finding(0.0, found, (key,))
    if not archive.complete or any(file.as_root for file in archive.setuid):
        return None
    return Finding(1.0, observed(archive.location, "no layer holds a setuid program of root"), (key,))


def _ports(archive: ImageArchive) -> Iterator[OpenPort]:
    for exposed in archive.config.exposed:
        number, _, protocol = exposed.value.partition("/")
        if number.isdecimal() and 0 < int(number[:6]) <= _LARGEST_PORT:
            yield OpenPort(
                int(number), protocol.lower() or "tcp", observed(exposed.location, f"the image exposes {exposed.value}")
            )


def _admin_ports(ports: tuple[OpenPort, ...]) -> Iterator[Judged]:
    for port in ports:
        if port.number in ADMIN_PORTS and port.protocol == "tcp":
            note = f"the image exposes {port.number}, {ADMIN_PORTS[port.number]}"
            found = tuple(Evidence(item.location, Basis.OBSERVED, note) for item in port.evidence)
            yield Judged("image-exposes-admin-port", found, str(port.number))
            if port.number == _SSH:
                yield Judged("ssh-exposed", found)


def _release(archive: ImageArchive) -> Iterator[Judged]:
    release = archive.release
    if release is None:
        return
    ended = ended_on(release.distribution, release.version)
    if ended:
        note = f"{release.distribution} {release.version} got its last fixes on {ended}"
        yield Judged("image-base-eol", observed(release.location, note))
