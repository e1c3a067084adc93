"""Settings by which well-known software asks for no login, or takes one that everybody knows."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from breachway.mapping.containers.secret_patterns import is_secret_name
from breachway.threats.software import identify

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from breachway.evidence import Location
    from breachway.threats.software import SoftwareInfo


class Variable(NamedTuple):
    """One environment variable of a container; ``value`` None where it comes from elsewhere or is not known."""

    name: str
    value: str | None
    location: Location


class Setting(NamedTuple):
    """A setting that was found: how it is written, and where.  A debug mode that ``executes`` runs whatever code it is sent."""

    written: str
    location: Location
    executes: bool = False


EASY_PASSWORDS = frozenset(
    {
        "", "123456", "12345678", "1234", "12345", "admin", "administrator", "changeit", "changeme", "change-me", "default",
        "demo", "docker", "dev", "example", "guest", "letmein", "mariadb", "minio", "minio123", "minioadmin", "mongo",
        "mysql", "pass", "passw0rd", "password", "postgres", "postgresql", "qwerty", "rabbitmq", "redis", "root", "sa",
        "secret", "test", "toor", "user", "wordpress",
    }
)  # fmt: skip
"""Passwords that are tried first: those of documentation and of images' own examples."""

_BY_VARIABLE = {
    "MARIADB_ALLOW_EMPTY_ROOT_PASSWORD": "mariadb",
    "MARIADB_ROOT_PASSWORD": "mariadb",
    "MYSQL_ALLOW_EMPTY_PASSWORD": "mysql",
    "MYSQL_ROOT_PASSWORD": "mysql",
    "POSTGRES_HOST_AUTH_METHOD": "postgres",
    "MONGO_INITDB_ROOT_PASSWORD": "mongo",
    "xpack.security.enabled": "elasticsearch",
}
"""Variables that only the server itself reads: they tell the software where the image's name does not."""

_BUILT_IN_LOGINS = {
    "Grafana": ("GF_SECURITY_ADMIN_PASSWORD", "GF_SECURITY_ADMIN_PASSWORD__FILE", "GF_SECURITY_DISABLE_INITIAL_ADMIN_CREATION"),
    "MinIO": ("MINIO_ROOT_PASSWORD", "MINIO_ROOT_PASSWORD_FILE", "MINIO_SECRET_KEY", "MINIO_SECRET_KEY_FILE"),
    "SonarQube": (),
}
"""Software that starts with a documented login (admin/admin, minioadmin) unless one of these variables sets another."""

_OPEN_BEFORE = {"Elasticsearch": (8, ("xpack.security.enabled",))}
"""Software that asks for a login by default only since a major version, and the variables that turned one on before."""

_MAJOR = re.compile(r":v?(\d{1,4})(?:[.-][^/]*)?(?:@|$)")

_ELSEWHERE = ("_DB", "DATABASE", "_MYSQL", "_POSTGRES", "_REDIS", "_MONGO", "_LDAP", "_SMTP", "_JDBC", "_SQL", "_ELASTIC", "_PG_")
_FALSE = frozenset({"", "0", "false", "no", "off"})


def software_of(images: Iterable[str], environment: Mapping[str, Variable]) -> SoftwareInfo | None:
    """Recognise what runs, by the image or the images that it is built on, else by variables that only a server reads."""
    for image in images:
        found = identify(image)
        if found is not None:
            return found
    names = sorted(name for name in environment if name in _BY_VARIABLE)
    return identify(_BY_VARIABLE[names[0]]) if names else None


def find_switch(
    switches: Iterable[str], environment: Mapping[str, Variable], words: tuple[str, ...], location: Location
) -> Setting | None:
    """Find the first of a product's switches (``NAME``, ``NAME=value``, ``--flag``) in the environment or among the arguments.

    ``location`` is where the arguments stand.  A bare ``NAME`` counts when it is set to anything but false.
    """
    for switch in switches:
        if switch.startswith("-"):
            if any(word == switch or word.startswith(switch + "=") or switch in word.split() for word in words):
                return Setting(switch, location)
            continue
        name, equals, wanted = switch.partition("=")
        variable = environment.get(name)
        if variable is None:
            continue
        value = variable.value
        if equals and value is not None and value.strip().lower() == wanted.lower():
            return Setting(f"{name}={wanted}", variable.location)
        if not equals and (value is None or value.strip().lower() not in _FALSE):
            return Setting(f"{name} is set", variable.location)
    return None


def own_credentials(software: SoftwareInfo) -> tuple[str, ...]:
    """The variables that set the product's own passwords; those by which it signs in elsewhere (its database) are left out."""
    secret = tuple(name for name in software.credential_env_names if is_secret_name(name))
    if software.role in {"cache", "datastore", "queue"}:
        return secret
    return tuple(name for name in secret if not any(mark in f"_{name.upper()}" for mark in _ELSEWHERE))


def known_password(software: SoftwareInfo, environment: Mapping[str, Variable]) -> Setting | None:
    """Find a password of the software itself that is empty, from its documentation, or the name of the account."""
    for name in own_credentials(software):
        variable = environment.get(name)
        if variable is None or variable.value is None:
            continue
        value = variable.value.strip()
        if value.lower() in EASY_PASSWORDS or value.lower() == software.name.lower():
            return Setting(f"{name} is {'empty' if not value else 'a password that everybody knows'}", variable.location)
    return None


def built_in_login(software: SoftwareInfo, environment: Mapping[str, Variable]) -> bool:
    """Whether the software starts with its documented login because nothing sets another."""
    names = _BUILT_IN_LOGINS.get(software.name)
    return names is not None and not any(name in environment for name in names)


def open_release(software: SoftwareInfo, images: Iterable[str], environment: Mapping[str, Variable]) -> str:
    """Name the release before which the software asked for no login, where an image is older and nothing turns one on."""
    known = _OPEN_BEFORE.get(software.name)
    if known is None or any((environment[name].value or "").lower() == "true" for name in known[1] if name in environment):
        return ""
    tags = (match for image in images if (match := _MAJOR.search(image)))
    return next((f"{software.name} before {known[0]}" for match in tags if int(match.group(1)) < known[0]), "")
