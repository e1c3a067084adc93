"""Credentials of a Compose service: literals in its variables and command lines, and the files that the project grants it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from breachway.mapping.compose.values import COMPOSE, PLATFORM, Place
from breachway.mapping.containers.credentials import own_credentials
from breachway.mapping.containers.grounds import Finding, believe, defaulted, observed, weak
from breachway.mapping.containers.secret_patterns import has_url_password, is_secret_literal, secrets_in_words
from breachway.mapping.containers.secrets import NOT_COMMITTED, map_repository, map_secret

if TYPE_CHECKING:
    from collections.abc import Iterator

    from breachway.evidence import Evidence, Location
    from breachway.mapping.building import ModelBuilder
    from breachway.mapping.containers.applications import Listeners
    from breachway.sources.compose.objects import ComposeProject, DataFile, EnvironmentVariable, Service

_URL_HOST = re.compile(r"://[^\s/@]{1,400}@([A-Za-z0-9_.-]{1,253})")
_INSPECT = "Docker Engine: docker inspect shows every variable and the command"


class ProjectSecrets:
    """The secrets of one project, and which application each of them opens.

    A password opens the server whose own variable has the same value, or the service that a URL with the password names.
    """

    def __init__(self, builder: ModelBuilder, project: ComposeProject) -> None:
        self._builder = builder
        self._project = project
        self._declared = {item.key: item for item in project.secrets}
        self._servers: dict[str, list[str]] = {}
        self._services: dict[str, tuple[str, ...]] = {}
        self._values: list[tuple[str, str]] = []

    def map_service(self, place: Place, container: str, service: Service, listeners: Listeners) -> None:
        """Add the secrets of one service and give them to its container."""
        self._services[service.name] = listeners.ids
        server_names = frozenset(own_credentials(listeners.software)) if listeners.software is not None else frozenset()
        for variable in service.environment:
            value = variable.value
            if value is None or not value.known or not value.value:
                continue
            if variable.name in server_names:
                self._servers.setdefault(value.value, []).extend(listeners.ids)
            if is_secret_literal(variable.name, value.value):
                self._map_literal(place, container, service, variable)
        for name, location in _command_secrets(service):
            self._map_word(place, container, service, name, location)
        for grant in service.secrets:
            declared = self._declared.get(grant.source)
            secret = self._map_declared(grant.source, declared, grant.location)
            self._builder.link("Uses", container, secret, observed(grant.location, f"is given the secret {grant.source}"))

    def join(self) -> None:
        """Link each secret to the applications that it opens, once all services are known."""
        for secret, value in self._values:
            opened = dict.fromkeys(self._servers.get(value, ()))
            if has_url_password(value):
                for match in _URL_HOST.finditer(value[:4096]):
                    opened.update(dict.fromkeys(self._services.get(match.group(1), ())))
                for known, applications in self._servers.items():
                    if known and f":{known}@" in value:
                        opened.update(dict.fromkeys(applications))
            for application in opened:
                note = observed(self._project.location, f"{secret.rpartition('/')[2]} is a password of this server")
                self._builder.link("Opens", secret, application, note)

    def _map_literal(self, place: Place, container: str, service: Service, variable: EnvironmentVariable) -> None:
        secret = f"{PLATFORM}:Secret:{self._project.name}/{service.name}/{variable.name}"
        if variable.value is not None and variable.value.filled:
            self._map_filled(place, container, secret, variable)
        else:
            found = observed(variable.location, f"{variable.name} is a literal")
            self._map_written(place, container, secret, variable.name, found, key="secret-literal-in-env")
        if variable.value is not None:
            self._values.append((secret, variable.value.value))

    def _map_filled(self, place: Place, container: str, secret: str, variable: EnvironmentVariable) -> None:
        """A credential from the project's ``.env``, which may or may not be committed: the Compose file does not say it."""
        builder, name, location = self._builder, variable.name, variable.location
        found = observed(location, f"{name} takes its value from .env")
        exposed = {"notInRepository": believe(builder, NOT_COMMITTED, location, f"{name} takes its value from .env")}
        title = f"{name} of {place.subject}"
        map_secret(builder, secret, name, platform=PLATFORM, evidence=found, boundary=container, exposed=exposed, title=title)
        builder.link("StoresSecret", map_repository(builder, location.document, location), secret, found)
        builder.link("Uses", container, secret, found)

    def _map_word(self, place: Place, container: str, service: Service, name: str, location: Location) -> None:
        found = observed(location, f"the command line carries a literal credential ({name})")
        secret = f"{PLATFORM}:Secret:{self._project.name}/{service.name}/command {name}"
        self._map_written(place, container, secret, name, found, key="secret-literal-in-args")

    def _map_written(
        self, place: Place, container: str, secret: str, name: str, found: tuple[Evidence, ...], *, key: str
    ) -> None:
        builder, location = self._builder, found[0].location
        shown = defaulted(location, f"whoever may inspect the container reads {name}", _INSPECT)
        exposed = {"notInRepository": Finding(0.0, found, (key,)), "notInSpecification": Finding(0.0, (*found, *shown), (key,))}
        title = f"{name} of {place.subject}"
        map_secret(builder, secret, name, platform=PLATFORM, evidence=found, boundary=container, exposed=exposed, title=title)
        builder.link("StoresSecret", map_repository(builder, location.document, location), secret, found)
        builder.link("Uses", container, secret, found)
        weak(builder, key, secret, found, subject=place.subject)

    def _map_declared(self, key: str, declared: DataFile | None, place: Location) -> str:
        builder = self._builder
        secret = f"{PLATFORM}:Secret:{self._project.name}/secret/{key}"
        if builder.has(secret):
            return secret
        location = declared.location if declared is not None else place
        found = observed(location, f"secret {key} of the project")
        exposed: dict[str, Finding] = {}
        if declared is not None and declared.file is not None:
            exposed["notInRepository"] = believe(builder, NOT_COMMITTED, location, f"{key} is read from {declared.file.path}")
        elif declared is not None and declared.content is not None:
            exposed["notInRepository"] = Finding(
                0.0, observed(declared.content.location, f"the content of {key} stands in the file")
            )
        exposed["encryptedAtRest"] = Finding(1.0, defaulted(location, "mounted as a file; no store keeps it", COMPOSE))
        map_secret(
            builder,
            secret,
            key,
            platform=PLATFORM,
            evidence=found,
            boundary="",
            exposed=exposed,
            title=f"secret {key} of {self._project.name}",
        )
        builder.link("StoresSecret", map_repository(builder, location.document, location), secret, found)
        return secret


def _command_secrets(service: Service) -> Iterator[tuple[str, Location]]:
    """Names of credentials on the command lines of a service, each once."""
    seen: set[str] = set()
    check = service.healthcheck.test if service.healthcheck is not None else None
    for command in (service.command, service.entrypoint, check):
        if command is None:
            continue
        for name in secrets_in_words(command.words):
            if name not in seen:
                seen.add(name)
                yield name, command.location
