"""The ``build`` of a service, and the secrets and configs that services and builds are given."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from breachway.evidence import Unread
from breachway.sources.compose.fields import Fields, as_text
from breachway.sources.compose.objects import Build, Grant
from breachway.sources.compose.paths import folder_of, host_path, resolve
from breachway.sources.compose.tree import Items, Leaf, Table

if TYPE_CHECKING:
    from breachway.evidence import Location
    from breachway.sources.compose.tree import Branch

_REMOTE = re.compile(r"(?:https?|git|ssh)://|git@|github\.com/")


def read_build(branch: Branch | None, problems: list[Unread]) -> Build | None:
    """How the image is built; a string is the context."""
    match branch:
        case None:
            return None
        case Leaf():
            return _build(Fields(Table({"context": branch}, branch.location), problems))
        case Table():
            return _build(Fields(branch, problems))
        case Items():
            problems.append(Unread(branch.location, "field", "expected a folder or a mapping, found a list"))
            return None


def _build(fields: Fields) -> Build:
    context, inline = fields.text("context"), fields.text("dockerfile_inline")
    remote = context if context is not None and _REMOTE.match(context.value) else None
    local = host_path(context) if context is not None and remote is None else None
    dockerfile = ""
    if inline is not None:
        dockerfile = f"{inline.location.document}#{_service_name(fields.location)}"
    elif remote is None:
        folder = folder_of(fields.location.document)
        if context is not None:
            folder = resolve(folder_of(context.location.document), context.value)
        dockerfile = resolve(folder, fields.word("dockerfile") or "Dockerfile")
    return Build(
        location=fields.location,
        context=local,
        remote=remote,
        dockerfile=dockerfile,
        inline=inline,
        args=fields.pairs("args"),
        target=fields.text("target"),
        secrets=read_grants(fields, "secrets"),
        ssh=fields.pairs("ssh") if isinstance(fields.branch("ssh"), Table | Items) else (),
        privileged=fields.flag("privileged"),
        entitlements=fields.texts("entitlements"),
        network=fields.text("network"),
        additional_contexts=fields.pairs("additional_contexts", _whole_context),
        extra_hosts=fields.pairs("extra_hosts"),
        pull=fields.flag("pull"),
    )


def _service_name(location: Location) -> str:
    """The name of the service that a place below it belongs to, from ``/services/<name>/build``."""
    return location.pointer.removeprefix("/services/").partition("/")[0]


def _whole_context(_branch: Branch) -> None:
    return None


def read_grants(fields: Fields, key: str) -> tuple[Grant, ...]:
    """The secrets or configs of a service or a build: names, or mappings."""
    grants: list[Grant] = []
    for item in fields.each(key):
        match item:
            case Leaf():
                grants.append(Grant(item.text, "", item.location))
            case Table():
                inner = Fields(item, fields.problems)
                source = inner.leaf("source")
                if source is None:
                    fields.problems.append(Unread(item.location, "field", f"an entry of {key} without a source"))
                    continue
                grants.append(
                    Grant(
                        as_text(source).value,
                        inner.word("target"),
                        item.location,
                        inner.word("uid"),
                        inner.word("gid"),
                        inner.word("mode"),
                    )
                )
            case Items():
                fields.wrong(item, "a name or a mapping")
    return tuple(grants)
