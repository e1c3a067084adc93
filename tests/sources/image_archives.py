"""Small images, built the same way every time: what ``docker save`` and OCI tools write."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from pathlib import Path

Json: TypeAlias = "str | int | bool | list[Json] | dict[str, Json] | None"

PASSWD = "root:x:0:0:root:/root:/bin/sh\napp:x:1000:1000::/app:/bin/sh\n"
SHADOW = "root:*:20000:0:99999:7:::\napp:!:20000:0:99999:7:::\n"
PRIVATE_KEY = "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAA\n-----END OPENSSH PRIVATE KEY-----\n"


def tar_of(files: dict[str, bytes], modes: dict[str, int] | None = None) -> bytes:
    """A tar file; a name that ends in ``/`` is a folder."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name, data in files.items():
            header = tarfile.TarInfo(name)
            header.mode = (modes or {}).get(name, 0o644)
            if name.endswith("/"):
                header.type = tarfile.DIRTYPE
                archive.addfile(header)
            else:
                header.size = len(data)
                archive.addfile(header, io.BytesIO(data))
        end = archive.offset
    return stream.getvalue()[:end] + bytes(1024)


def layer(files: dict[str, str | bytes], modes: dict[str, int] | None = None) -> bytes:
    return tar_of({name: data.encode() if isinstance(data, str) else data for name, data in files.items()}, modes)


def digest_of(data: bytes) -> str:
    return "sha256:" + hashlib.sha256(data).hexdigest()


@dataclass(frozen=True, kw_only=True)
class Image:
    """One image to save; ``config`` is its ``config`` object, ``layers`` are tar files from the lowest."""

    layers: tuple[bytes, ...]
    config: dict[str, Json] = field(default_factory=dict)
    history: tuple[str, ...] = ()
    system: str = "linux"

    def configuration(self) -> bytes:
        rootfs: dict[str, Json] = {"type": "layers", "diff_ids": [digest_of(data) for data in self.layers]}
        steps: list[Json] = [{"created_by": step} for step in self.history]
        whole: dict[str, Json] = {
            "architecture": "amd64",
            "os": self.system,
            "config": self.config,
            "rootfs": rootfs,
            "history": steps,
        }
        return json.dumps(whole).encode()


def plain_image(**config: Json) -> Image:
    """An image with nothing to complain about but what ``config`` says."""
    files: dict[str, str | bytes] = {"etc/passwd": PASSWD, "etc/shadow": SHADOW, "app/main": "#!/bin/sh\n"}
    return Image(layers=(layer(files),), config={"User": "1000", **config})


def docker_archive(path: Path, image: Image, *tags: str) -> Path:
    """What ``docker save`` writes."""
    configuration = image.configuration()
    config = digest_of(configuration).removeprefix("sha256:") + ".json"
    names = [digest_of(data).removeprefix("sha256:") + "/layer.tar" for data in image.layers]
    manifest: list[Json] = [{"Config": config, "RepoTags": [*tags], "Layers": [*names]}]
    members = {
        config: configuration,
        **dict(zip(names, image.layers, strict=True)),
        "manifest.json": json.dumps(manifest).encode(),
    }
    path.write_bytes(tar_of(members))
    return path


def docker_manifest(image: Image, *tags: str) -> dict[str, bytes]:
    """The list that Docker 25 and later puts beside an OCI layout."""
    layers: list[Json] = ["blobs/sha256/" + digest_of(data).removeprefix("sha256:") for data in image.layers]
    config = "blobs/sha256/" + digest_of(image.configuration()).removeprefix("sha256:")
    manifest: list[Json] = [{"Config": config, "RepoTags": [*tags], "Layers": layers}]
    return {"manifest.json": json.dumps(manifest).encode()}


def oci_members(image: Image, *names: str, nested: bool = False, squeeze: bool = True) -> dict[str, bytes]:
    """The files of an OCI layout."""
    blobs: dict[str, bytes] = {}

    def kept(data: bytes, kind: str) -> dict[str, Json]:
        blobs["blobs/sha256/" + digest_of(data).removeprefix("sha256:")] = data
        return {"mediaType": kind, "digest": digest_of(data), "size": len(data)}

    layers: list[Json] = [
        kept(gzip.compress(data, mtime=0) if squeeze else data, "application/vnd.oci.image.layer.v1.tar+gzip")
        for data in image.layers
    ]
    config: Json = kept(image.configuration(), "application/vnd.oci.image.config.v1+json")
    manifest = {"schemaVersion": 2, "config": config, "layers": layers}
    top = kept(json.dumps(manifest).encode(), "application/vnd.oci.image.manifest.v1+json")
    if nested:
        top = kept(json.dumps({"schemaVersion": 2, "manifests": [top]}).encode(), "application/vnd.oci.image.index.v1+json")
    named: list[Json] = [{**top, "annotations": {"io.containerd.image.name": name}} for name in names] or [top]
    index: Json = {"schemaVersion": 2, "manifests": named}
    return {"oci-layout": b'{"imageLayoutVersion":"1.0.0"}', "index.json": json.dumps(index).encode(), **blobs}


def oci_archive(path: Path, image: Image, *names: str) -> Path:
    path.write_bytes(tar_of(oci_members(image, *names)))
    return path


def oci_folder(path: Path, image: Image, *names: str) -> Path:
    for name, data in oci_members(image, *names, nested=True).items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(data)
    return path
