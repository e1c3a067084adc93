"""Image references as Docker and every OCI client read them: ``[registry/]repository[:tag][@digest]``.

Source of the rules: the reference grammar of github.com/distribution/reference; a first component counts as a registry only
when it holds a dot or a colon, or is ``localhost``, or has an upper-case letter; otherwise the registry is docker.io.  A digest
is read by the wider grammar of the OCI image specification, so that one which no engine takes can be named as what it is.
"""

from __future__ import annotations

import re
from typing import NamedTuple

DEFAULT_REGISTRY = "docker.io"
DEFAULT_NAMESPACE = "library"
_LEGACY_REGISTRIES = frozenset({"index.docker.io", "registry-1.docker.io", "registry.hub.docker.com"})
_LONGEST = 4096
_COMPONENT = r"[a-z0-9]+(?:(?:\.|_{1,2}|-+)[a-z0-9]+)*"
_REPOSITORY = re.compile(rf"{_COMPONENT}(?:/{_COMPONENT})*\Z")
_REGISTRY = re.compile(r"(?:\[[0-9a-fA-F:.]+\]|[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?)(?::[0-9]{1,5})?\Z")
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}\Z")
_DIGEST = re.compile(r"[A-Za-z0-9]+(?:[+._-][A-Za-z0-9]+)*:[A-Za-z0-9=_-]+\Z")
_VERIFIED = re.compile(r"(?:(?:sha256|blake3):[0-9a-f]{64}|sha384:[0-9a-f]{96}|sha512:[0-9a-f]{128})\Z")
"""Digests that fix content: the algorithms of the OCI image specification and of github.com/opencontainers/go-digest, by which
engines parse references; each in full length and lower case.  Engines refuse a reference with any other digest."""


class ImageReference(NamedTuple):
    """The parts of one reference; ``tag`` and ``digest`` are empty where the text has none.

    ``registry`` and ``repository`` are normalised (``nginx`` is docker.io and library/nginx).  ``digest`` is as written, also
    where it is cut short or of an algorithm that engines do not know; ``pinned`` tells whether it counts.
    """

    written: str
    registry: str
    repository: str
    tag: str
    digest: str

    @property
    def name(self) -> str:
        """The last component of the repository: ``nginx`` of ``docker.io/library/nginx``."""
        return self.repository.rpartition("/")[2]

    @property
    def pinned(self) -> bool:
        """Whether a digest fixes the content."""
        return _VERIFIED.match(self.digest) is not None

    @property
    def moving(self) -> bool:
        """Whether the reference follows ``latest``: no digest, and no tag or the tag ``latest``."""
        return not self.digest and self.tag in {"", "latest"}

    @property
    def canonical(self) -> str:
        """Registry, repository, tag and digest in full; two spellings of one image share it."""
        tag = f":{self.tag}" if self.tag else "" if self.digest else ":latest"
        digest = f"@{self.digest}" if self.digest else ""
        return f"{self.registry}/{self.repository}{tag}{digest}"


def parse_image_reference(text: str) -> ImageReference | None:
    """Read ``text``; None where it is no valid reference: empty, an unexpanded variable, an upper-case repository."""
    text = text.strip()
    if not text or len(text) > _LONGEST:
        return None
    rest, at, digest = text.partition("@")
    if at and not _DIGEST.match(digest):
        return None
    tag = ""
    colon = rest.rfind(":")
    if colon > rest.rfind("/"):
        rest, tag = rest[:colon], rest[colon + 1 :]
        if not _TAG.match(tag):
            return None
    registry, repository = _split_registry(rest)
    if not _REPOSITORY.match(repository) or not _REGISTRY.match(registry):
        return None
    return ImageReference(written=text, registry=registry, repository=repository, tag=tag, digest=digest)


def _split_registry(rest: str) -> tuple[str, str]:
    first, slash, remainder = rest.partition("/")
    if slash and ("." in first or ":" in first or first == "localhost" or first.lower() != first):
        registry, repository = first, remainder
    else:
        registry, repository = DEFAULT_REGISTRY, rest
    if registry in _LEGACY_REGISTRIES:
        registry = DEFAULT_REGISTRY
    if registry == DEFAULT_REGISTRY and "/" not in repository:
        repository = f"{DEFAULT_NAMESPACE}/{repository}"
    return registry, repository
