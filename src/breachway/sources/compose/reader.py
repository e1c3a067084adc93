"""Reads Compose projects: which documents are Compose files, which belong together, and what they say."""

from __future__ import annotations

import posixpath
import re
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from breachway.evidence import Unread
from breachway.sources.compose.declarations import (
    DEFAULT_NETWORK,
    check_references,
    read_data_files,
    read_networks,
    read_volumes,
)
from breachway.sources.compose.environment import gather_environment
from breachway.sources.compose.fields import described
from breachway.sources.compose.loading import ProjectLoader, leaf_text, values_of
from breachway.sources.compose.objects import ComposeProject, NetworkAttachment, Service
from breachway.sources.compose.paths import folder_of, resolve
from breachway.sources.compose.services import KNOWN_KEYS, read_service
from breachway.sources.compose.tree import Table
from breachway.sources.nodes import Mapping, Scalar

if TYPE_CHECKING:
    from breachway.sources.compose.loading import Variables
    from breachway.sources.compose.surroundings import Surroundings
    from breachway.sources.nodes import Node

_FILE_NAME = re.compile(r"(?:docker-|podman-|container-)?compose(?:[._-].*)?\.(?:ya?ml|json)\Z", re.IGNORECASE)
_DEFINING = frozenset({"image", "build", "extends", "provider"})
_NOT_IN_NAME = re.compile(r"[^a-z0-9_-]")
UNNAMED_PROJECT = "default"
"""The name of a project whose folder is the one that labels start from: the name of the checkout's folder must not enter the
model.
"""


def is_compose_name(label: str) -> bool:
    """Whether a file name is one that Compose files have."""
    return _FILE_NAME.match(posixpath.basename(label)) is not None


def looks_like_compose(node: Node) -> bool:
    """Whether a document is a Compose file: ``services`` with entries that have a service's keys, or nothing but includes."""
    if not isinstance(node, Mapping) or "apiVersion" in node.entries:
        return False
    services = node.entries.get("services")
    if services is None:
        return "include" in node.entries and set(node.entries) <= {"include", "name", "version", "networks", "volumes"}
    if not isinstance(services.node, Mapping) or not services.node.entries:
        return False
    bodies = [set(entry.node.entries) for entry in services.node.entries.values() if isinstance(entry.node, Mapping)]
    return any(body & _DEFINING for body in bodies) or any(
        body and all(key in KNOWN_KEYS or key.startswith("x-") for key in body) for body in bodies
    )


def is_fragment(node: Node) -> bool:
    """Whether a Compose file cannot stand alone: some service says neither image nor build nor what it extends."""
    services = node.entries.get("services") if isinstance(node, Mapping) else None
    if services is None or not isinstance(services.node, Mapping):
        return False
    return any(
        (isinstance(entry.node, Mapping) and not set(entry.node.entries) & _DEFINING) or isinstance(entry.node, Scalar)
        for entry in services.node.entries.values()
    )


def read_compose(labels: tuple[str, ...], surroundings: Surroundings, problems: list[Unread]) -> ComposeProject | None:
    """Read one project from its files, the lowest first.  None where the first holds no services at all."""
    loader = ProjectLoader(surroundings, problems)
    loader.documents.setdefault(labels[0])
    variables = loader.dot_env(folder_of(labels[0]))
    top = loader.load_all(labels, variables)
    if top is None:
        return None
    services = _services(top, variables, loader)
    project = _project_name(top, variables, labels[0])
    networks = read_networks(top, project, services, problems)
    volumes = read_volumes(top, project, problems)
    secrets = read_data_files(top, "secrets", project, problems)
    configs = read_data_files(top, "configs", project, problems)
    declared = {
        "services": frozenset(service.name for service in services),
        "networks": frozenset(network.key for network in networks),
        "volumes": frozenset(volume.key for volume in volumes),
        "secrets": frozenset(secret.key for secret in secrets),
        "configs": frozenset(config.key for config in configs),
    }
    check_references(services, declared, problems)
    return ComposeProject(
        document=labels[0],
        documents=tuple(loader.documents),
        name=project,
        location=top.location,
        services=services,
        networks=networks,
        volumes=volumes,
        secrets=secrets,
        configs=configs,
    )


def _services(top: Table, variables: Variables, loader: ProjectLoader) -> tuple[Service, ...]:
    branch = top.get("services")
    if branch is None:
        return ()
    if not isinstance(branch, Table):
        loader.problems.append(Unread(branch.location, "object", f"expected a mapping of services, found {described(branch)}"))
        return ()
    asked = frozenset(name.strip() for name in values_of(variables).get("COMPOSE_PROFILES", "").split(",") if name.strip())
    services: list[Service] = []
    for name, inner in branch.entries.items():
        if not isinstance(inner, Table):
            loader.problems.append(Unread(inner.location, "object", f"expected a service, found {described(inner)}"))
            continue
        environment = gather_environment(inner, variables, loader)
        service = read_service(name, inner, environment, loader.problems, extended=inner.get("extends") is not None)
        services.append(_with_defaults(service, asked))
    return tuple(services)


def _with_defaults(service: Service, asked: frozenset[str]) -> Service:
    """The service with the default network where it joins none, and with whether it starts."""
    profiles = frozenset(profile.value for profile in service.profiles)
    active = not profiles or "*" in asked or bool(profiles & asked)
    networks = service.networks
    if not networks and service.network_mode is None and service.provider is None:
        networks = (NetworkAttachment(DEFAULT_NETWORK, (), service.location, implicit=True),)
    return replace(service, networks=networks, active=active)


def _project_name(top: Table, variables: Variables, label: str) -> str:
    """The name by Compose's rules: ``name:``, else COMPOSE_PROJECT_NAME of the .env file, else the folder."""
    written = leaf_text(top.get("name")) or values_of(variables).get("COMPOSE_PROJECT_NAME", "")
    name = written or posixpath.basename(folder_of(label).rstrip("/."))
    return _NOT_IN_NAME.sub("", name.lower()).lstrip("_-") or UNNAMED_PROJECT


class References(NamedTuple):
    """The labels of the files that a Compose file names, as far as they are written without variables."""

    included: tuple[str, ...]
    extended: tuple[str, ...]


def referenced_documents(label: str, nodes: tuple[Node | None, ...]) -> References:
    """The files that ``include`` and ``extends`` name: they are part of this project, not projects of their own."""
    included: list[str] = []
    extended: list[str] = []
    for node in nodes:
        if isinstance(node, Mapping):
            included.extend(_scalars(_child(node, "include"), "path"))
            services = _child(node, "services")
            for entry in services.entries.values() if isinstance(services, Mapping) else ():
                extended.extend(_scalars(_child(_child(entry.node, "extends"), "file"), ""))
    folder = folder_of(label)
    return References(tuple(resolve(folder, name) for name in included), tuple(resolve(folder, name) for name in extended))


def _child(node: Node | None, key: str) -> Node | None:
    entry = node.entries.get(key) if isinstance(node, Mapping) else None
    return None if entry is None else entry.node


def _scalars(node: Node | None, key: str) -> list[str]:
    match node:
        case None:
            return []
        case Scalar():
            return [node.text]
        case Mapping():
            return _scalars(_child(node, key), "")
        case _:
            return [text for item in node.items for text in _scalars(item, key)]
