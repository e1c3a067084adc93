"""Published and exposed ports, in the short form (``[host:][published:]target[/protocol]``) and the long one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from breachway.evidence import Unread
from breachway.sources.compose.fields import Fields, shown
from breachway.sources.compose.interpolation import unset_in
from breachway.sources.compose.objects import ExposedPort, Port
from breachway.sources.compose.tree import Items, Leaf, Table

if TYPE_CHECKING:
    from collections.abc import Iterator

_RANGE = re.compile(r"([0-9]{1,5})(?:-([0-9]{1,5}))?\Z")
_IPV4 = re.compile(r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}\Z")
_HIGHEST = 65535
_PROTOCOLS = frozenset({"tcp", "udp", "sctp"})
_FORM = 'a port such as "8080:80", "127.0.0.1:8080:80" or "6060:6060/udp"'


class _Range(NamedTuple):
    first: int | None
    last: int | None


def _range(text: str) -> _Range | None:
    """The range that ``text`` names, with None ends where a variable decides; None where it is no range."""
    if "${" in text:
        return _Range(None, None)
    match = _RANGE.match(text)
    if match is None:
        return None
    first, last = int(match.group(1)), int(match.group(2) or match.group(1))
    return _Range(first, last) if first <= last <= _HIGHEST else None


def read_ports(fields: Fields, key: str = "ports") -> tuple[Port, ...]:
    """The published ports of a service."""
    return tuple(_each(fields, key))


def _each(fields: Fields, key: str) -> Iterator[Port]:
    for item in fields.each(key):
        port: Port | None = None
        match item:
            case Leaf():
                port = _short(item)
                if port is None:
                    fields.wrong(item, _FORM)
            case Table():
                port = _long(Fields(item, fields.problems))
            case Items():
                fields.wrong(item, _FORM)
        if port is not None:
            yield port


def _short(leaf: Leaf) -> Port | None:
    text, slash, protocol = leaf.text.strip().rpartition("/") if "/" in leaf.text else (leaf.text.strip(), "", "")
    if slash and protocol.lower() not in _PROTOCOLS and "${" not in protocol:
        return None
    front, _, target_text = text.rpartition(":")
    host, colon, published_text = front.rpartition(":")
    if not colon:
        host, published_text = "", front
    target = _range(target_text)
    published = _range(published_text) if published_text else _Range(0, 0)
    if target is None or published is None or target.first == 0:
        return None
    return Port(
        target_first=target.first,
        target_last=target.last,
        published_first=published.first,
        published_last=published.last,
        host_ip=_bare_host(host),
        protocol=protocol.lower() or "tcp",
        mode="ingress",
        location=leaf.location,
        written=leaf.text,
        unset=leaf.unset,
    )


def _bare_host(host: str) -> str:
    return host[1:-1] if host.startswith("[") and host.endswith("]") else host


def _long(fields: Fields) -> Port | None:
    target_leaf, published_leaf = fields.leaf("target", "a port number"), fields.leaf("published", "a port or a range")
    if target_leaf is None:
        fields.problems.append(
            Unread(fields.location, "field", "a port without a target", "add target: with the container's port")
        )
        return None
    target = _range(target_leaf.text)
    if target is None or target.first == 0:
        fields.wrong(target_leaf, "a port number")
        return None
    host = fields.leaf("host_ip")
    published = _range(published_leaf.text) if published_leaf and published_leaf.text else _Range(0, 0)
    if published is None and published_leaf is not None:
        address, published = _address_and_range(published_leaf.text)
        fields.wrong(published_leaf, "a port or a range", "write the address under host_ip:" if address else "")
        host = host or (published_leaf.part(address) if address else None)
    if published is None:
        return None
    leaves = tuple(leaf for leaf in (target_leaf, published_leaf, host) if leaf is not None)
    return Port(
        target_first=target.first,
        target_last=target.last,
        published_first=published.first,
        published_last=published.last,
        host_ip=_bare_host(host.text) if host else "",
        protocol=fields.word("protocol").lower() or "tcp",
        mode=fields.word("mode") or "ingress",
        location=fields.location,
        written=":".join(leaf.text for leaf in (host, published_leaf, target_leaf) if leaf is not None),
        unset=tuple(dict.fromkeys(name for leaf in leaves for name in unset_in(leaf.text, leaf.unset))),
        name=fields.word("name"),
    )


def _address_and_range(text: str) -> tuple[str, _Range | None]:
    """``127.0.0.1:8080`` where only the port belongs: what is meant is plain, though the engine refuses it."""
    address, _, port = text.rpartition(":") if ":" in text else (text, "", "")
    if not _IPV4.match(address):
        return "", None
    return address, _range(port) if port else _Range(0, 0)


def read_exposed(fields: Fields) -> tuple[ExposedPort, ...]:
    """The ports that ``expose`` names."""
    exposed: list[ExposedPort] = []
    for leaf in fields.leaves("expose"):
        number, _, protocol = leaf.text.strip().partition("/")
        ports = _range(number)
        if ports is None:
            fields.problems.append(Unread(leaf.location, "field", f"expected a port, found {shown(leaf.text)}"))
        elif ports.first is not None and ports.last is not None:
            exposed.append(ExposedPort(ports.first, ports.last, protocol.lower() or "tcp", leaf.location))
    return tuple(exposed)
