"""The top-level networks, volumes, secrets and configs of a project."""

from __future__ import annotations

from typing import TYPE_CHECKING

from breachway.evidence import Location, Unread
from breachway.sources.compose.fields import Fields, described
from breachway.sources.compose.objects import DataFile, NamedVolume, Network, Service
from breachway.sources.compose.paths import host_path
from breachway.sources.compose.tree import Leaf, Table
from breachway.sources.decoding import Value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from breachway.sources.compose.objects import Flag, HostPath, Pair

DEFAULT_NETWORK = "default"


def _declared(top: Table, section: str, problems: list[Unread]) -> Iterator[tuple[str, Fields]]:
    """The entries of a section; one that says nothing counts as an empty mapping."""
    branch = top.get(section)
    if branch is None:
        return
    if not isinstance(branch, Table):
        problems.append(Unread(branch.location, "field", f"expected a mapping of {section}, found {described(branch)}"))
        return
    for key, inner in branch.entries.items():
        if isinstance(inner, Table):
            yield key, Fields(inner, problems)
        elif isinstance(inner, Leaf) and inner.null:
            yield key, Fields(Table({}, inner.location), problems)
        else:
            problems.append(Unread(inner.location, "field", f"expected a mapping, found {described(inner)}"))


def _external(fields: Fields) -> tuple[Flag | None, str]:
    """Whether something else makes it, and the name it has there (``external: {name: x}`` is the old form)."""
    branch = fields.branch("external")
    if isinstance(branch, Table):
        return Value(value=True, location=branch.location), Fields(branch, fields.problems).word("name")
    return fields.flag("external"), ""


def _engine_name(key: str, project: str, fields: Fields) -> tuple[str, Flag | None]:
    external, old_name = _external(fields)
    name = fields.word("name") or old_name
    if name:
        return name, external
    return (key if isinstance(external, Value) and external.value else f"{project}_{key}"), external


def read_networks(top: Table, project: str, services: tuple[Service, ...], problems: list[Unread]) -> tuple[Network, ...]:
    """The declared networks, and the default one where a service joins it and nothing declares it."""
    networks: list[Network] = []
    for key, fields in _declared(top, "networks", problems):
        name, external = _engine_name(key, project, fields)
        networks.append(
            Network(
                key=key,
                name=name,
                location=fields.location,
                external=external,
                internal=fields.flag("internal"),
                attachable=fields.flag("attachable"),
                driver=fields.text("driver"),
                driver_options=fields.pairs("driver_opts"),
            )
        )
    joined = any(attachment.network == DEFAULT_NETWORK for service in services for attachment in service.networks)
    if joined and not any(network.key == DEFAULT_NETWORK for network in networks):
        networks.append(
            Network(key=DEFAULT_NETWORK, name=f"{project}_{DEFAULT_NETWORK}", location=_services_place(top), implicit=True)
        )
    return tuple(networks)


def _services_place(top: Table) -> Location:
    services = top.entries.get("services")
    return top.location if services is None else services.location


def read_volumes(top: Table, project: str, problems: list[Unread]) -> tuple[NamedVolume, ...]:
    """The declared volumes."""
    volumes: list[NamedVolume] = []
    for key, fields in _declared(top, "volumes", problems):
        name, external = _engine_name(key, project, fields)
        options = fields.pairs("driver_opts")
        volumes.append(
            NamedVolume(
                key=key,
                name=name,
                location=fields.location,
                external=external,
                driver=fields.text("driver"),
                driver_options=options,
                host=_bound(options),
            )
        )
    return tuple(volumes)


def _bound(options: tuple[Pair, ...]) -> HostPath | None:
    """The path behind ``driver_opts: {type: none, o: bind, device: /path}``."""
    values = {pair.key: pair.value for pair in options}
    mode, device = values.get("o"), values.get("device")
    if mode is None or device is None or not {"bind", "rbind"} & set(mode.value.replace(" ", "").split(",")):
        return None
    return host_path(device)


def read_data_files(top: Table, section: str, project: str, problems: list[Unread]) -> tuple[DataFile, ...]:
    """The declared secrets or configs."""
    files: list[DataFile] = []
    for key, fields in _declared(top, section, problems):
        name, external = _engine_name(key, project, fields)
        files.append(
            DataFile(
                key=key,
                name=name,
                location=fields.location,
                file=fields.path("file"),
                environment=fields.text("environment"),
                content=fields.text("content"),
                external=external,
            )
        )
    return tuple(files)


def check_references(services: tuple[Service, ...], declared: dict[str, frozenset[str]], problems: list[Unread]) -> None:
    """Report what services use and nothing declares: Compose refuses such a project."""
    for service in services:
        used = [(attachment.location, "networks", attachment.network) for attachment in service.networks]
        used += [
            (mount.location, "volumes", mount.source.value)
            for mount in service.mounts
            if mount.kind.value == "volume" and mount.source is not None and mount.source.known
        ]
        used += [(grant.location, "secrets", grant.source) for grant in service.secrets]
        used += [(grant.location, "configs", grant.source) for grant in service.configs]
        used += [
            (dependency.location, "services", dependency.service) for dependency in service.depends_on if dependency.required
        ]
        for location, section, name in used:
            if name not in declared[section] and "${" not in name:
                kind = section[:-1]
                problems.append(
                    Unread(
                        location,
                        "field",
                        f"no {kind} {name[:60]!r} is declared; Compose refuses the project",
                        f"declare it under {section}:",
                    )
                )
