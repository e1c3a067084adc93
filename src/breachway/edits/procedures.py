"""What the recipes do to a YAML or JSON document: operations, worked out from what the document holds."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeAlias

from breachway.edits.anchors import length_at, node_at, text_at, texts_at
from breachway.edits.operations import Append, Operation, Put, Remove
from breachway.edits.refusing import EditRefusedError
from breachway.edits.spans import Leaf, Table

if TYPE_CHECKING:
    from collections.abc import Callable

    from breachway.edits.anchors import Site
    from breachway.edits.data import Data
    from breachway.edits.operations import Pointer
    from breachway.edits.recipes import Recipe

_Operations: TypeAlias = tuple[Operation, ...]
_ANY = {"ALL", "CAP_ALL"}
_PUBLISHED = {"NodePort", "LoadBalancer"}
_COMMANDS = {"command", "args"}
_HELD = {"containers", "initContainers", "ephemeralContainers"}


def operations_of(recipe: Recipe, site: Site) -> _Operations:
    """The operations of one line of the recipes at a site; none where nothing is left to do.

    :class:`EditRefusedError` where the line does not fit what the document holds.
    """
    if recipe.kind and site.kind != recipe.kind:
        raise EditRefusedError(f"the {recipe.kind} that would say so is not in the file of the evidence")
    return PROCEDURES[recipe.operation](recipe, site)


def _put(recipe: Recipe, site: Site) -> _Operations:
    pointer, value = site.at(recipe.path), recipe.value
    if value == "RuntimeDefault" and "annotations" in pointer:
        value = "runtime/default"
    # A value takes the place of a value only: what stands at a default's evidence may be all that is around it, or a flag.
    if recipe.path == "@e" and (not isinstance(node_at(site.root, pointer), Leaf) or _COMMANDS & set(pointer)):
        raise EditRefusedError("what is to be changed is not written at this place")
    return (Put(pointer, value),)


def _remove(recipe: Recipe, site: Site) -> _Operations:
    pointer = site.at(recipe.path)
    if recipe.path != "@e" and node_at(site.root, pointer) is None:
        return ()
    _present(site, pointer)
    return (Remove(pointer),)


def _present(site: Site, pointer: Pointer) -> None:
    if not pointer or node_at(site.root, pointer) is None:
        raise EditRefusedError("what is to be changed is not written at this place")


def _append(recipe: Recipe, site: Site) -> _Operations:
    pointer = site.at(recipe.path)
    return () if recipe.value in texts_at(site.root, pointer) else (Append(pointer, recipe.value),)


def _remove_item(recipe: Recipe, site: Site) -> _Operations:
    """Remove the evidence where it is an item of one of the lists that the recipe names."""
    names = recipe.value if isinstance(recipe.value, list) else []
    return (Remove(site.pointer),) if len(site.pointer) > 1 and site.pointer[-2] in names else ()


def _seccomp(recipe: Recipe, site: Site) -> _Operations:
    """A filter where none is named: what was privileged had no use for one."""
    pod = (*site.pod, "securityContext", "seccompProfile")
    pointer = site.at(recipe.path)
    return () if node_at(site.root, pod) or node_at(site.root, pointer) else (Put(pointer, recipe.value),)


def _drop(recipe: Recipe, site: Site) -> _Operations:
    pointer = site.at(recipe.path)
    dropped = {text.upper().removeprefix("CAP_") for text in texts_at(site.root, pointer)}
    return () if dropped & {"ALL", str(recipe.value)} else (Append(pointer, recipe.value),)


def _drop_all(recipe: Recipe, site: Site) -> _Operations:
    """Drop every capability; what is added beside it stays, and only the user knows which of that is needed."""
    pointer = site.at(recipe.path)
    added = texts_at(site.root, (*pointer[:-1], "cap_add" if site.platform == "compose" else "add"))
    if any(one.upper().removeprefix("CAP_") != "NET_BIND_SERVICE" for one in added):
        raise EditRefusedError("which of the capabilities that it adds the program needs is for you to say")
    return (Put(pointer, recipe.value),)


def _token(recipe: Recipe, site: Site) -> _Operations:
    """Mount no token: said by the account where that is what mounts it, else by the pod, which has the last word."""
    holder = site.object if site.kind == "ServiceAccount" else site.pod
    return (Put((*holder, "automountServiceAccountToken"), recipe.value),)


def _limit(recipe: Recipe, site: Site) -> _Operations:
    """A limit: as much as is requested, else the first value."""
    pointer = site.at(recipe.path)
    first, asked = recipe.value if isinstance(recipe.value, list) else (recipe.value, "")
    up = str(asked).count("../")
    requested = text_at(site.root, (*pointer[: len(pointer) - up], *str(asked).replace("../", "").split("/")))
    value = (int(requested) if isinstance(first, int) and requested.isdecimal() else requested) if requested else first
    return (Put(pointer, value),)


def _volume(_: Recipe, site: Site) -> _Operations:
    """Remove a volume of the host and everything that mounts it."""
    if site.platform == "compose":
        return (Remove(site.item),)
    volumes = next((at for at, token in enumerate(site.pointer) if token == "volumes"), None)
    mounted = next((at for at, token in enumerate(site.pointer) if token in {"volumeMounts", "mountPoints"}), None)
    if volumes is None and mounted is None:
        raise EditRefusedError("the evidence is in no volume")
    pod = site.pod if site.platform == "kubernetes" else site.object
    names = ("name", "name", "volumeMounts") if site.platform == "kubernetes" else ("name", "sourceVolume", "mountPoints")
    if volumes is not None:
        volume = text_at(site.root, (*site.pointer[: volumes + 2], "name"))
    else:
        volume = text_at(site.root, (*site.item, names[1]))
    found: list[Operation] = [
        Remove((*pod, "volumes", str(at)))
        for at in range(length_at(site.root, (*pod, "volumes")))
        if text_at(site.root, (*pod, "volumes", str(at), "name")) == volume
    ]
    for held in sorted(_HELD) if site.platform == "kubernetes" else ("containerDefinitions",):
        for place in range(length_at(site.root, (*pod, held))):
            mounts = (*pod, held, str(place), names[2])
            found += [
                Remove((*mounts, str(at)))
                for at in range(length_at(site.root, mounts))
                if text_at(site.root, (*mounts, str(at), names[1])) == volume
            ]
    return tuple(found)


def _read_only_mount(_: Recipe, site: Site) -> _Operations:
    item = site.item
    node = node_at(site.root, item)
    if site.platform != "compose":
        if not {"volumeMounts", "mountPoints"} & set(item):
            raise EditRefusedError("the evidence is in no mount")
        return (Put((*item, "readOnly"), value=True),)
    if isinstance(node, Table):
        return (Put((*item, "read_only"), value=True),)
    parts = _mount_parts(site, item)
    options = [option for option in parts[2].split(",") if option and option not in {"rw", "ro"}] if len(parts) > 2 else []  # noqa: PLR2004 - source, target, options
    return (Put(item, ":".join([*parts[:2], ",".join(["ro", *options])])),)


def _private_mount(_: Recipe, site: Site) -> _Operations:
    item = site.item
    if isinstance(node_at(site.root, item), Table):
        return (Remove((*item, "bind", "propagation")),)
    parts = _mount_parts(site, item)
    options = [option for option in (parts[2].split(",") if len(parts) > 2 else []) if option not in {"shared", "rshared"}]  # noqa: PLR2004 - source, target, options
    return (Put(item, ":".join([*parts[:2], ",".join(options)] if options else parts[:2])),)


def _mount_parts(site: Site, item: Pointer) -> list[str]:
    text = text_at(site.root, item)
    parts = text.split(":")
    if "$" in text or len(parts) not in {2, 3}:
        raise EditRefusedError("the mount is written with variables, or in a form that is not split safely")
    return parts


def _loopback(_: Recipe, site: Site) -> _Operations:
    """Bind a published port to the loopback address."""
    item = site.item
    if "ports" not in item:
        raise EditRefusedError("the evidence is no published port")
    if isinstance(node_at(site.root, item), Table):
        return (Put((*item, "host_ip"), "127.0.0.1"),)
    text = text_at(site.root, item)
    bare = re.sub(r"^(?:\[::\]|0\.0\.0\.0|::)?:(?=[^:])|^(?:\[::\]|0\.0\.0\.0):", "", text)
    if not re.fullmatch(r"(?:\$\{[^}]*\}|[0-9-]+)(?::(?:\$\{[^}]*\}|[0-9-]+))?(?:/[a-z]+)?", bare):
        raise EditRefusedError("the port is written in a form that is not changed safely")
    # A container's port alone is published on one that the engine picks; with an address the two colons keep it so.
    alone = ":" not in re.sub(r"\$\{[^}]*\}", "", bare)
    return (Put(item, f"127.0.0.1::{bare}" if alone else f"127.0.0.1:{bare}"),)


def _cluster_ip(_: Recipe, site: Site) -> _Operations:
    spec = (*site.object, "spec")
    if site.kind != "Service" or text_at(site.root, (*spec, "type")) not in _PUBLISHED:
        raise EditRefusedError("the opening is no Service of the type NodePort or LoadBalancer")
    found: list[Operation] = [Put((*spec, "type"), "ClusterIP")]
    found += [
        Remove((*spec, "ports", str(at), "nodePort"))
        for at in range(length_at(site.root, (*spec, "ports")))
        if node_at(site.root, (*spec, "ports", str(at), "nodePort")) is not None
    ]
    found += [
        Remove((*spec, name))
        for name in (
            "externalTrafficPolicy",
            "healthCheckNodePort",
            "loadBalancerIP",
            "loadBalancerClass",
            "allocateLoadBalancerNodePorts",
        )
        if node_at(site.root, (*spec, name)) is not None
    ]
    return tuple(found)


def _rule(recipe: Recipe, site: Site) -> _Operations:
    """Take rights out of an RBAC rule: the resources, their verbs, or both in a rule of their own."""
    if len(site.pointer) < 2 or site.pointer[-2] != "rules":  # noqa: PLR2004 - rules and a place
        raise EditRefusedError("the right is not given by a rule of this file")
    asked = recipe.value if isinstance(recipe.value, dict) else {}
    listed, named = asked.get("resources"), asked.get("verbs")
    bad_resources = {str(one) for one in listed} if isinstance(listed, list) else set()
    bad_verbs = {str(one) for one in named} if isinstance(named, list) else set()
    resources, verbs = texts_at(site.root, (*site.pointer, "resources")), texts_at(site.root, (*site.pointer, "verbs"))
    if "*" in verbs or any("*" in one for one in resources):
        raise EditRefusedError("the right comes with *: name in its place the verbs and resources that are used")
    hit, gone = [one for one in resources if one in bad_resources], [one for one in verbs if one in bad_verbs]
    if not hit or not gone:
        return ()
    kept = [one for one in verbs if one not in bad_verbs]
    found: list[Operation] = []
    if kept and len(hit) == len(resources):
        return tuple(Remove((*site.pointer, "verbs", str(at))) for at, one in enumerate(verbs) if one in bad_verbs)
    if len(hit) == len(resources):
        return (Remove(site.pointer),)
    found = [Remove((*site.pointer, "resources", str(at))) for at, one in enumerate(resources) if one in bad_resources]
    if kept:
        names = texts_at(site.root, (*site.pointer, "resourceNames"))
        rule: dict[str, Data] = {
            "apiGroups": [*texts_at(site.root, (*site.pointer, "apiGroups"))],
            "resources": [*hit],
            "verbs": [*kept],
        }
        if names:
            rule["resourceNames"] = [*names]
        found.append(Append(site.pointer[:-1], rule))
    return tuple(found)


def _flag(recipe: Recipe, site: Site) -> _Operations:
    """Give a flag of a control-plane component a value, where it stands or else in the list that holds the evidence."""
    if not _COMMANDS & set(site.pointer):
        raise EditRefusedError("the evidence is no command line")
    pointer = site.item[:-1]
    wanted = str(recipe.value)
    name = wanted.partition("=")[0]
    found: list[Operation] = []
    for one in sorted(_COMMANDS):
        for at, word in enumerate(texts_at(site.root, (*pointer[:-1], one))):
            if word == name:
                raise EditRefusedError("the flag stands apart from its value")
            if word.partition("=")[0] == name:
                found.append(Put((*pointer[:-1], one, str(at)), wanted))
    return tuple(found) or (Append(pointer, wanted),)


def _variable(_: Recipe, site: Site) -> _Operations:
    """Take an environment variable away."""
    if not {"env", "environment"} & set(site.pointer):
        raise EditRefusedError("it is no variable of the environment; only you know what the program takes in its place")
    at = next(place for place, token in enumerate(site.pointer) if token in {"env", "environment"})
    return (Remove(site.pointer[: at + 2]),)


def _substitute(recipe: Recipe, site: Site) -> _Operations:
    node = node_at(site.root, site.pointer)
    if not isinstance(node, Leaf) or not isinstance(recipe.value, dict):
        raise EditRefusedError("what is to be changed is not written at this place")
    for old, new in recipe.value.items():
        if node.text.startswith(old):
            return (Put(site.pointer, str(new) + node.text.removeprefix(old)),)
    raise EditRefusedError("the name is written in another form")


PROCEDURES: dict[str, Callable[[Recipe, Site], _Operations]] = {
    "put": _put,
    "remove": _remove,
    "append": _append,
    "remove-item": _remove_item,
    "seccomp": _seccomp,
    "drop": _drop,
    "drop-all": _drop_all,
    "token": _token,
    "limit": _limit,
    "volume": _volume,
    "read-only-mount": _read_only_mount,
    "private-mount": _private_mount,
    "loopback": _loopback,
    "cluster-ip": _cluster_ip,
    "rule": _rule,
    "flag": _flag,
    "variable": _variable,
    "substitute": _substitute,
}
"""The operations of the recipes by name; those for Dockerfiles are in build_lines.py, and ``policy`` is in policies.py."""
