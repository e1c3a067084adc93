"""What ``/etc/passwd``, ``/etc/shadow`` and ``os-release`` say (passwd(5), shadow(5), os-release(5))."""

from __future__ import annotations

from breachway.evidence import Location
from breachway.sources.images.objects import Account, Release

_PASSWD_FIELDS = 7
_MOST_ACCOUNTS = 64
_LONGEST = 64


def users_in(passwd: str) -> tuple[tuple[str, int], ...]:
    """The names and numbers of the accounts."""
    rows = (line.split(":") for line in passwd.split("\n"))
    return tuple((row[0], int(row[2])) for row in rows if len(row) >= _PASSWD_FIELDS and row[2].isdecimal() and len(row[2]) < 12)  # noqa: PLR2004 - a user number has 32 bits


def odd_accounts(passwd: str, passwd_document: str, shadow: str, shadow_document: str) -> tuple[Account, ...]:
    """The accounts that need no password, and those that are root under another name."""
    numbers = dict(users_in(passwd))
    found = [*_in_passwd(passwd, passwd_document), *_in_shadow(shadow, shadow_document, numbers)]
    return tuple(found[:_MOST_ACCOUNTS])


def _in_passwd(text: str, document: str) -> list[Account]:
    found = []
    for number, line in enumerate(text.split("\n"), start=1):
        row = line.split(":")
        if len(row) < _PASSWD_FIELDS or not _named(row[0]) or not row[2].isdecimal():
            continue
        user = int(row[2][:12])
        second, is_open = user == 0 and row[0] != "root", not row[1]
        if second or is_open:
            place = Location(document, "", number, 1)
            found.append(Account(name=row[0][:_LONGEST], user=user, open=is_open, second_root=second, location=place))
    return found


def _in_shadow(text: str, document: str, numbers: dict[str, int]) -> list[Account]:
    found = []
    for number, line in enumerate(text.split("\n"), start=1):
        row = line.split(":")
        if len(row) > 1 and _named(row[0]) and not row[1]:
            place = Location(document, "", number, 1)
            user = numbers.get(row[0], -1)
            found.append(Account(name=row[0][:_LONGEST], user=user, open=True, second_root=False, location=place))
    return found


def _named(name: str) -> bool:
    return bool(name) and not name.startswith(("+", "-", "#"))


def release_in(text: str, document: str) -> Release | None:
    """The distribution; None where no version is said (a rolling one)."""
    distribution, version, place = "", "", None
    for number, line in enumerate(text.split("\n"), start=1):
        key, _, value = line.strip().partition("=")
        value = value.strip().strip("\"'")[:_LONGEST]
        if key == "ID":
            distribution = value.lower()
        elif key == "VERSION_ID":
            version, place = value, Location(document, "", number, 1)
    return Release(distribution=distribution, version=version, location=place) if distribution and version and place else None
