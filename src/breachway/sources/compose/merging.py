"""How Compose merges a file over another, and a service over the one it extends.

Mappings merge key by key, sequences append, scalars replace; the exceptions are the tables below (from the merge rules of the
Compose specification and of compose-go, its reference reader).  ``!reset`` removes what is below, ``!override`` replaces it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from breachway.sources.compose.tree import Branch, Items, Leaf, Table

if TYPE_CHECKING:
    from collections.abc import Callable

RESET = "!reset"
OVERRIDE = "!override"

_PAIRS = frozenset(
    {
        "services.*.annotations",
        "services.*.build.additional_contexts",
        "services.*.build.args",
        "services.*.build.extra_hosts",
        "services.*.build.labels",
        "services.*.deploy.labels",
        "services.*.environment",
        "services.*.extra_hosts",
        "services.*.labels",
        "services.*.sysctls",
        "networks.*.labels",
        "volumes.*.labels",
    }
)
"""Fields that are a mapping or a list of KEY=VALUE."""

_KEYED_LISTS = frozenset({"services.*.depends_on", "services.*.networks"})
"""Fields that are a mapping or a list of its keys."""

_REPLACED = frozenset(
    {
        "services.*.command",
        "services.*.entrypoint",
        "services.*.healthcheck.test",
        "services.*.provider",
        "services.*.credential_spec",
    }
)

_SHORT_KEY = {"services.*.build": "context", "services.*.extends": "service"}
"""Fields whose short form is one key of the long form."""

_SCALAR_OR_LIST = frozenset(
    {
        "services.*.dns",
        "services.*.dns_opt",
        "services.*.dns_search",
        "services.*.env_file",
        "services.*.label_file",
        "services.*.tmpfs",
    }
)


def merge(base: Branch, over: Branch, path: str = "") -> Branch:
    """What Compose makes of ``over`` laid on ``base``; ``path`` is dotted, with ``*`` for a free key."""
    if over.tag == OVERRIDE or (isinstance(over, Leaf) and over.null and path not in _PAIRS):
        return over if over.tag == OVERRIDE else base
    if path in _REPLACED:
        return over
    if path in _PAIRS:
        base, over = as_pairs(base), as_pairs(over)
    elif path in _KEYED_LISTS:
        base, over = as_keys(base), as_keys(over)
    elif path in _SHORT_KEY:
        base, over = _long(base, _SHORT_KEY[path]), _long(over, _SHORT_KEY[path])
    elif path in _SCALAR_OR_LIST:
        base, over = as_items(base), as_items(over)
    if isinstance(base, Table) and isinstance(over, Table):
        if path == "services.*.logging" and _differs(base, over, "driver"):
            return over
        return _merge_tables(base, over, path)
    if isinstance(base, Items) and isinstance(over, Items):
        return Items(_unique((*base.items, *over.items), path), base.location)
    return over


def _merge_tables(base: Table, over: Table, path: str) -> Table:
    entries = dict(base.entries)
    free = path in {"services", "networks", "volumes", "secrets", "configs", "services.*.ulimits"}
    for key, branch in over.entries.items():
        if branch.tag == RESET:
            entries.pop(key, None)
            continue
        below = f"{path}.*" if free else f"{path}.{key}" if path else key
        lower = entries.get(key)
        if path in _PAIRS:
            entries[key] = branch
        else:
            entries[key] = branch if lower is None else merge(lower, branch, below)
    return Table(entries, base.location)


def _differs(base: Table, over: Table, key: str) -> bool:
    below, above = base.get(key), over.get(key)
    return isinstance(below, Leaf) and isinstance(above, Leaf) and below.text != above.text


def without_resets(branch: Branch) -> Branch:
    """The tree without what is tagged ``!reset`` and has nothing below it to remove."""
    match branch:
        case Table():
            kept = {key: without_resets(inner) for key, inner in branch.entries.items() if inner.tag != RESET}
            return Table(kept, branch.location)
        case Items():
            return Items(tuple(without_resets(inner) for inner in branch.items if inner.tag != RESET), branch.location)
        case Leaf():
            return branch


def as_items(branch: Branch) -> Branch:
    """A sequence of one for a scalar."""
    return Items((branch,), branch.location) if isinstance(branch, Leaf) and not branch.null else branch


def as_keys(branch: Branch) -> Branch:
    """A mapping to nothing for a list of names."""
    if not isinstance(branch, Items):
        return branch
    entries: dict[str, Branch] = {
        item.text: Leaf("", plain=True, location=item.location) for item in branch.items if isinstance(item, Leaf)
    }
    return Table(entries, branch.location)


def as_pairs(branch: Branch) -> Branch:
    """A mapping for a list of KEY=VALUE (KEY:VALUE for hosts, where there is no ``=``).

    A bare KEY maps to null.  The last of equals wins.
    """
    if not isinstance(branch, Items):
        return branch
    entries: dict[str, Branch] = {}
    for item in branch.items:
        if isinstance(item, Leaf):
            key, sign, value = item.text.partition("=")
            if not sign and branch.location.pointer.endswith("/extra_hosts"):
                key, sign, value = item.text.partition(":")
            entries.pop(key, None)
            entries[key] = item.part(value) if sign else Leaf("", plain=True, location=item.location)
    return Table(entries, branch.location)


def _long(branch: Branch, key: str) -> Branch:
    return Table({key: branch}, branch.location) if isinstance(branch, Leaf) and not branch.null else branch


def _unique(items: tuple[Branch, ...], path: str) -> tuple[Branch, ...]:
    identity = _IDENTITIES.get(path)
    if identity is None:
        return items
    last: dict[str, Branch] = {}
    for index, item in enumerate(items):
        last[identity(item) or f"\0{index}"] = item
    return tuple(last.values())


def _text(item: Branch) -> str:
    return item.text if isinstance(item, Leaf) else ""


def _path(item: Branch) -> str:
    return _field(item, "path") if isinstance(item, Table) else _text(item)


def _field(item: Branch, *keys: str) -> str:
    if isinstance(item, Table):
        for key in keys:
            inner = item.get(key)
            if isinstance(inner, Leaf):
                return inner.text
    return ""


def _mount_target(item: Branch) -> str:
    if isinstance(item, Leaf):
        parts = [part for part in item.text.split(":") if part]
        return parts[0] if len(parts) == 1 else next((part for part in parts[1:] if part.startswith("/")), item.text)
    return _field(item, "target")


def _device_target(item: Branch) -> str:
    if isinstance(item, Leaf):
        parts = item.text.split(":")
        return parts[1] if len(parts) > 1 else parts[0]
    return _field(item, "target", "source")


def _granted(item: Branch) -> str:
    return item.text if isinstance(item, Leaf) else _field(item, "target", "source")


def _option(item: Branch) -> str:
    return _text(item).replace("=", ":")


def _tmpfs(item: Branch) -> str:
    return _text(item).partition(":")[0]


def _port(item: Branch) -> str:
    if isinstance(item, Leaf):
        return item.text if "/" in item.text else f"{item.text}/tcp"
    host, published, target = _field(item, "host_ip"), _field(item, "published"), _field(item, "target")
    front = f"{host}:" if host else ""
    return f"{front}{f'{published}:' if published or host else ''}{target}/{_field(item, 'protocol') or 'tcp'}"


_IDENTITIES: dict[str, Callable[[Branch], str]] = {
    "services.*.cap_add": _text,
    "services.*.cap_drop": _text,
    "services.*.configs": _granted,
    "services.*.devices": _device_target,
    "services.*.dns": _text,
    "services.*.env_file": _path,
    "services.*.expose": _text,
    "services.*.group_add": _text,
    "services.*.links": _text,
    "services.*.ports": _port,
    "services.*.profiles": _text,
    "services.*.secrets": _granted,
    "services.*.security_opt": _option,
    "services.*.tmpfs": _tmpfs,
    "services.*.volumes": _mount_target,
}
"""What makes two items of a list the same; the later one wins."""
