"""Which images an archive holds: ``manifest.json`` of ``docker save``, or the index of an OCI layout.

Formats: the Docker image specification v1.2 (``manifest.json``: Config, RepoTags, Layers) and the OCI image layout and index
specifications 1.1 (``index.json`` → index → manifest → config and layers).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from breachway.evidence import Location, Unread
from breachway.sources.images.fields import child_of, items_of, text_of, texts_of
from breachway.sources.images.objects import Setting
from breachway.sources.images.tar_entries import rooted
from breachway.sources.json_positions import read_json

if TYPE_CHECKING:
    from collections.abc import Iterator

    from breachway.sources.images.limits import Limits
    from breachway.sources.images.stores import Store
    from breachway.sources.nodes import Node

_DIGEST = re.compile(r"([a-z0-9]+(?:[+._-][a-z0-9]+)*):([0-9a-f]{32,128})\Z")
_NAMES_IMAGE = re.compile("[/:@]")
"""What a reference has and a bare tag has not: OCI lets ``ref.name`` be either."""
_DEEPEST = 4
_MOST_MANIFESTS = 256
_CONFIGS = frozenset({"", "application/vnd.oci.image.config.v1+json", "application/vnd.docker.container.image.v1+json"})
_REFERENCES = ("io.containerd.image.name", "org.opencontainers.image.ref.name")


class ImageParts(NamedTuple):
    """One image of a store, by paths in it: its configuration and its layers from the lowest.

    ``digests`` are those of its manifest, of the indexes around it and of its configuration.
    """

    config: str
    layers: tuple[str, ...]
    references: tuple[Setting, ...]
    digests: tuple[str, ...]
    location: Location


class Finder:
    """Finds the images of one store; ``label`` is the archive's, ``problems`` takes what is wrong."""

    def __init__(self, store: Store, label: str, problems: list[Unread], limits: Limits) -> None:
        self._store, self._label, self._problems, self._limits = store, label, problems, limits
        self._seen: set[str] = set()

    def images(self) -> tuple[ImageParts, ...] | None:
        """The images; None where the store is no archive of images at all."""
        manifest, index = self.parsed("/manifest.json"), self.parsed("/index.json")
        found: tuple[ImageParts, ...] | None = None
        if index is not None and child_of(index, "manifests") is not None:
            found = tuple(self._index(index, Location(self._label + "!index.json", "", 1, 1), (), 0))
        if manifest is not None and any(child_of(item, "Layers") for item in items_of(manifest)):
            digests = {parts.config: parts.digests for parts in found or ()}
            found = tuple(self._docker(manifest, digests))
        if found is not None and len(found) > self._limits.images:
            reason = f"more than {self._limits.images} images; the rest was not read"
            self._problems.append(Unread(found[-1].location, "object", reason, "save fewer images, or of one platform"))
            found = found[: self._limits.images]
        return found

    def parsed(self, path: str) -> Node | None:
        """A JSON document of the store; None where it is absent or broken (which is said)."""
        text = self._store.document(path)
        if text is None:
            return None
        tree = read_json(text, f"{self._label}!{path[1:]}")
        self._problems.extend(tree.problems)
        return tree.documents[0] if tree.documents else None

    def _docker(self, manifest: Node, digests: dict[str, tuple[str, ...]]) -> Iterator[ImageParts]:
        document = f"{self._label}!manifest.json"
        for item in items_of(manifest):
            config = rooted(text_of(item, "Config"))
            name = config.rpartition("/")[2].removesuffix(".json").removeprefix("sha256:")
            yield ImageParts(
                config=config,
                layers=tuple(rooted(layer.value) for layer in texts_of(item, "Layers", document)),
                references=texts_of(item, "RepoTags", document),
                digests=tuple(dict.fromkeys((*digests.get(config, ()), f"sha256:{name}"))),
                location=Location(document, "", item.line, item.column),
            )

    def _index(self, node: Node, place: Location, names: tuple[Setting, ...], depth: int) -> Iterator[ImageParts]:
        for item in items_of(child_of(node, "manifests")):
            digest = text_of(item, "digest")
            path = blob(digest)
            annotations = child_of(item, "annotations")
            here = Location(place.document, "", item.line, item.column)
            written = dict.fromkeys(text_of(annotations, key) for key in _REFERENCES)
            own = tuple(Setting(text, here) for text in written if _NAMES_IMAGE.search(text))
            if not path or path in self._seen or len(self._seen) >= _MOST_MANIFESTS:
                continue
            if annotations and text_of(annotations, "vnd.docker.reference.type") == "attestation-manifest":
                continue
            self._seen.add(path)
            inner = self.parsed(path)
            if inner is None:
                self._problems.append(Unread(here, "object", f"the manifest {digest[:19]} is not in the archive"))
            elif child_of(inner, "manifests") is not None:
                if depth < _DEEPEST:
                    nested = Location(f"{self._label}!{path[1:]}", "", 1, 1)
                    yield from (
                        parts._replace(digests=(*parts.digests, digest))
                        for parts in self._index(inner, nested, own or names, depth + 1)
                    )
            else:
                yield from self._manifest(inner, here, digest, own or names)

    def _manifest(self, node: Node, place: Location, digest: str, names: tuple[Setting, ...]) -> Iterator[ImageParts]:
        config, layers = child_of(node, "config"), child_of(node, "layers")
        if config is None or layers is None or text_of(config, "mediaType") not in _CONFIGS:
            self._problems.append(Unread(place, "note", f"{digest[:19]} is no image (a chart, a signature or another artefact)"))
            return
        yield ImageParts(
            config=blob(text_of(config, "digest")),
            layers=tuple(blob(text_of(layer, "digest")) for layer in items_of(layers)),
            references=names,
            digests=(digest, text_of(config, "digest")),
            location=place,
        )


def blob(digest: str) -> str:
    """Where a layout keeps the content of this digest; empty for what is no digest."""
    match = _DIGEST.match(digest)
    return f"/blobs/{match[1]}/{match[2]}" if match else ""
