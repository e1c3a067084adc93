"""What saved images and scanners' reports say about the images that the deployment runs, ready for the rules of every platform.

An image of a reference is found by repository and tag, or by digest where the reference has no tag.  A reference with both is
found by its tag: saving an image again changes its digests (layers lose their compression), not what is in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING, NamedTuple

from breachway.sources.image_reference import parse_image_reference

if TYPE_CHECKING:
    from breachway.evidence import Evidence, Location
    from breachway.mapping.building import ModelBuilder
    from breachway.mapping.containers.grounds import Finding
    from breachway.sources.image_reference import ImageReference


class Judged(NamedTuple):
    """A weakness of an image; ``detail`` tells it from others of its key."""

    key: str
    evidence: tuple[Evidence, ...]
    detail: str = ""


class BakedSecret(NamedTuple):
    """A credential in an image: the weakness that tells it, a name that tells it from the others, and where it stands.

    ``visible`` tells whether a process in a container of the image finds it; a later layer may have deleted the file.
    """

    key: str
    name: str
    evidence: tuple[Evidence, ...]
    visible: bool


class OpenPort(NamedTuple):
    """A port that the image declares."""

    number: int
    protocol: str
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageContent:
    """What is known of one image.

    ``sources`` are unique labels of what says so: archive and image, or report.  ``names`` are canonical references.  ``user``
    is the finding for ``Container.nonRoot`` where whoever runs the image names no user, ``patched`` the one for
    ``Application.patched``, None where nothing is known.  ``defences`` are those of the Image that are known.
    """

    sources: tuple[str, ...]
    location: Location
    names: tuple[str, ...] = ()
    digests: tuple[str, ...] = ()
    user: Finding | None = None
    patched: Finding | None = None
    defences: tuple[tuple[str, Finding], ...] = ()
    weaknesses: tuple[Judged, ...] = ()
    secrets: tuple[BakedSecret, ...] = ()
    ports: tuple[OpenPort, ...] = ()


class ImageContents:
    """Finds what is known of an image by a reference to it."""

    def __init__(self, contents: tuple[ImageContent, ...] = ()) -> None:
        self.all = contents
        self._by_name: dict[str, list[int]] = {}
        for index, content in enumerate(contents):
            for name in (*content.names, *content.digests):
                self._by_name.setdefault(name, []).append(index)
        self._merged: dict[tuple[int, ...], ImageContent] = {}

    def find(self, reference: ImageReference) -> ImageContent | None:
        """What is known of the image, from all that speak of it; None where nothing does."""
        found = self._by_name.get(tagged_name(reference)) or self._by_name.get(reference.digest)
        if not found:
            return None
        chosen = tuple(dict.fromkeys(found))
        if chosen not in self._merged:
            self._merged[chosen] = reduce(_joined, (self.all[index] for index in chosen))
        return self._merged[chosen]


NO_CONTENTS = ImageContents()
"""Where no image and no scan is in the input."""


def tagged_name(reference: ImageReference) -> str:
    """The reference without its digest; empty where only the digest tells the image."""
    if reference.digest and not reference.tag:
        return ""
    return f"{reference.registry}/{reference.repository}:{reference.tag or 'latest'}"


def content_of(builder: ModelBuilder, written: str) -> ImageContent | None:
    """What is known of the image that a reference names; None where nothing is."""
    if not builder.image_contents.all:
        return None
    reference = parse_image_reference(written)
    return None if reference is None else builder.image_contents.find(reference)


def _joined(first: ImageContent, second: ImageContent) -> ImageContent:
    return ImageContent(
        sources=(*first.sources, *second.sources),
        location=first.location,
        names=tuple(dict.fromkeys((*first.names, *second.names))),
        digests=tuple(dict.fromkeys((*first.digests, *second.digests))),
        user=_weaker(first.user, second.user),
        patched=_weaker(first.patched, second.patched),
        defences=(*first.defences, *second.defences),
        weaknesses=(*first.weaknesses, *second.weaknesses),
        secrets=(*first.secrets, *second.secrets),
        ports=first.ports or second.ports,
    )


def _weaker(first: Finding | None, second: Finding | None) -> Finding | None:
    if first is None or second is None:
        return first or second
    if first.probability == second.probability:
        return first._replace(evidence=(*first.evidence, *second.evidence))
    return first if first.probability < second.probability else second
