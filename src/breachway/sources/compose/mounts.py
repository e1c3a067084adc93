"""What a service mounts: ``volumes`` (short: ``[source:]target[:options]``, and long), ``tmpfs`` and ``devices``."""

from __future__ import annotations

from breachway.evidence import Location, Unread
from breachway.sources.compose.fields import Fields, as_text
from breachway.sources.compose.objects import Device, HostPath, Mount, MountKind, Text
from breachway.sources.compose.paths import host_path, looks_like_path, split_mount
from breachway.sources.compose.tree import Branch, Items, Leaf, Table
from breachway.sources.decoding import Value

_PROPAGATIONS = frozenset({"private", "rprivate", "shared", "rshared", "slave", "rslave"})
_FORM = 'a volume such as "data:/var/lib/data" or "./conf:/etc/app:ro"'
_MOST_PARTS = 3


def read_mounts(fields: Fields) -> tuple[Mount, ...]:
    """The mounts of a service: its volumes, then its tmpfs."""
    mounts: list[Mount | None] = [_mount(item, fields) for item in fields.each("volumes")]
    mounts.extend(_tmpfs(leaf) for leaf in fields.leaves("tmpfs"))
    return tuple(mount for mount in mounts if mount is not None)


def _mount(item: Branch, fields: Fields) -> Mount | None:
    match item:
        case Leaf():
            mount = _short(item)
            if mount is None:
                fields.wrong(item, _FORM)
            return mount
        case Table():
            return _long(Fields(item, fields.problems))
        case Items():
            fields.wrong(item, _FORM)
            return None


def _short(leaf: Leaf) -> Mount | None:
    parts = split_mount(leaf.text.strip())
    if not all(parts) or len(parts) > _MOST_PARTS:
        return None
    if len(parts) == 1:
        return Mount(kind=MountKind.ANONYMOUS, target=as_text(leaf.part(parts[0])), location=leaf.location)
    source, target = as_text(leaf.part(parts[0])), as_text(leaf.part(parts[1]))
    options = tuple(option.strip() for option in parts[2].split(",")) if len(parts) == _MOST_PARTS else ()
    bind = looks_like_path(source.value)
    return Mount(
        kind=MountKind.BIND if bind else MountKind.VOLUME,
        target=target,
        location=leaf.location,
        source=source,
        host=host_path(source) if bind else None,
        read_only=Value("ro" in options, leaf.location) if "ro" in options or "rw" in options else None,
        propagation=next((option for option in options if option in _PROPAGATIONS), ""),
        relabel=next((option for option in options if option in {"z", "Z"}), ""),
    )


_KINDS = {kind.value: kind for kind in MountKind if kind is not MountKind.ANONYMOUS}


def _long(fields: Fields) -> Mount | None:
    written = fields.word("type") or "volume"
    kind: MountKind | None = _KINDS.get(written)
    target, source = fields.text("target"), fields.text("source")
    if kind is None or target is None:
        reason = f"a mount of the unknown type {written!r}" if kind is None else "a mount without a target"
        fields.problems.append(Unread(fields.location, "field", reason, f"the types are {', '.join(sorted(_KINDS))}"))
        return None
    if kind is MountKind.VOLUME and source is None:
        kind = MountKind.ANONYMOUS
    bind = fields.below("bind")
    volume = fields.below("volume") or fields.below("image")
    tmpfs = fields.below("tmpfs")
    on_host = kind in {MountKind.BIND, MountKind.PIPE} and source is not None
    return Mount(
        kind=kind,
        target=target,
        location=fields.location,
        source=source,
        host=_host(source) if on_host and source else None,
        read_only=fields.flag("read_only"),
        propagation=bind.word("propagation") if bind else "",
        relabel=bind.word("selinux") if bind else "",
        recursive=bind.word("recursive") if bind else "",
        create_host_path=bind.flag("create_host_path") if bind else None,
        subpath=volume.word("subpath") if volume else "",
        size=tmpfs.text("size") if tmpfs else None,
    )


def _host(source: Text) -> HostPath:
    return HostPath(source.value.replace("\\", "/"), source) if source.value.startswith("\\\\") else host_path(source)


def _tmpfs(leaf: Leaf) -> Mount:
    target, _, options = leaf.text.partition(":")
    words = options.split(",")
    size = next((word.partition("=")[2] for word in words if word.startswith("size=")), "")
    return Mount(
        kind=MountKind.TMPFS,
        target=as_text(leaf.part(target)),
        location=leaf.location,
        read_only=Value(value=True, location=leaf.location) if "ro" in words else None,
        size=as_text(leaf.part(size)) if size else None,
    )


def read_devices(fields: Fields) -> tuple[Device, ...]:
    """The host devices given to a service."""
    devices: list[Device] = []
    for item in fields.each("devices"):
        match item:
            case Leaf():
                devices.append(_device(item.text, item.location, item.unset))
            case Table():
                inner = Fields(item, fields.problems)
                source = inner.text("source")
                if source is None:
                    fields.problems.append(Unread(item.location, "field", "a device without a source"))
                    continue
                target = inner.word("target") or source.value
                devices.append(Device(source.value, target, inner.word("permissions") or "rwm", item.location, source.unset))
            case Items():
                fields.wrong(item, 'a device such as "/dev/ttyUSB0:/dev/ttyUSB0:rw"')
    return tuple(devices)


def _device(text: str, location: Location, unset: tuple[str, ...]) -> Device:
    host, _, rest = text.partition(":")
    container, _, permissions = rest.partition(":")
    if container and not permissions and set(container) <= set("rwm"):
        container, permissions = "", container
    cdi = not host.startswith(("/", "$")) and "=" in host
    return Device(host, "" if cdi else container or host, permissions or "rwm", location, unset)
