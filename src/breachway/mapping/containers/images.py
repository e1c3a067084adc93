"""Images, the registries that keep them and the parties that supply them.

One image reference is one asset, however many containers run it and on whatever platform.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from breachway.mapping.containers.beliefs import DEVELOPERS_PUSH, NO_ACCOUNT_PASSWORDS, NO_SETUID_FILES, SIGNATURES_VERIFIED
from breachway.mapping.containers.grounds import (
    UNSET_VARIABLE,
    Belief,
    Finding,
    believe,
    defaulted,
    doubtful,
    observed,
    settle,
    weak,
)
from breachway.mapping.containers.image_contents import content_of
from breachway.mapping.containers.image_facts import known_defences, link_baked_secrets, map_image_content
from breachway.mapping.containers.releases import ended_on, release_of
from breachway.mapping.places import INTERNET_ID
from breachway.sources.image_reference import parse_image_reference

if TYPE_CHECKING:
    from breachway.evidence import Location
    from breachway.mapping.building import ModelBuilder
    from breachway.mapping.containers.image_contents import ImageContent
    from breachway.sources.image_reference import ImageReference

_REGISTRIES = "the registries' own documentation"
_PUBLIC_REGISTRIES = frozenset({"docker.io", "public.ecr.aws"})
"""Registries whose repositories are public unless their owner pays or asks for something else."""
MANY_PUBLISHERS = frozenset(
    {
        "docker.io", "gcr.io", "ghcr.io", "k8s.gcr.io", "lscr.io", "mcr.microsoft.com", "public.ecr.aws", "quay.io",
        "registry.k8s.io",
    }
)  # fmt: skip
"""Registries that many publishers share, each under names of its own."""
_PLACES_KEPT = 64
"""How many uses of one image are kept as evidence, so that the cost stays linear where thousands share it."""


class ImageMapper:
    """Maps image references into one model.

    ``trusted`` are the registries (``registry.example.com``) or repository prefixes (``docker.io/library``) that the user's
    configuration trusts, None where it has no such list.
    """

    def __init__(self, builder: ModelBuilder, trusted: tuple[str, ...] | None = None) -> None:
        self._builder = builder
        self._trusted = trusted
        self._uses: dict[str, int] = {}
        self._builds: dict[str, str] = {}
        self._joined: set[str] = set()

    def built_as(self, reference: ImageReference, build: str) -> None:
        """Say that the Build asset ``build`` makes the images of this reference's repository."""
        self._builds[f"{reference.registry}/{reference.repository}"] = build

    def map_image(self, written: str, location: Location, *, container: str = "", known: bool = True) -> str:
        """Add the image that ``written`` refers to, and give its id.

        ``container`` is the Container that runs it, empty for a base image.  ``known`` is false where a variable without a
        value stands in the reference.
        """
        reference = parse_image_reference(written) if known else None
        image = f"image:Image:{reference.canonical if reference else written}"
        found = observed(location, f"image: {written}")
        uses = self._uses.get(image, 0)
        self._uses[image] = uses + 1
        if uses < _PLACES_KEPT:
            self._builder.asset("Image", image, _short(written, reference), platform="image", evidence=found)
            if reference is None:
                self._map_unknown(image, written, location)
            else:
                self._map_reference(image, reference, location)
        content = self._builder.image_contents.find(reference) if reference is not None else None
        if not uses:
            self._map_content(image, location, content)
            if reference is not None:
                self._map_supply(image, reference, location)
            if content is not None:
                self._join(image, content, written)
        if container:
            self._builder.link("RunBy", image, container, found)
            if content is not None:
                link_baked_secrets(self._builder, image, container, content)
        return image

    def map_built_content(self, written: str, image: str, container: str) -> None:
        """Add what is known of the reference ``written`` to the Image asset of the build that makes it and ``container`` runs."""
        content = content_of(self._builder, written)
        if content is not None:
            settle(self._builder, image, known_defences(content))
            self._join(image, content, written)
            link_baked_secrets(self._builder, image, container, content)

    def _join(self, image: str, content: ImageContent, written: str) -> None:
        self._joined.update(content.sources)
        map_image_content(self._builder, image, content, subject=f"image {written}")

    def map_remaining(self) -> None:
        """Add the images of archives and scans that no container runs and nothing is built on."""
        builder = self._builder
        for content in builder.image_contents.all:
            if not self._joined.isdisjoint(content.sources):
                continue
            name = content.names[0] if content.names else content.sources[0]
            image, found = f"image:Image:{name}", observed(content.location, f"{name}, which nothing in the input runs")
            if not builder.has(image):
                builder.asset("Image", image, _short_name(name), platform="image", evidence=found)
                kept = observed(content.location, "a saved or scanned image; nothing in the input pulls it")
                settle(builder, image, dict.fromkeys(("tagFixed", "pinnedByDigest", "trustedRegistry"), Finding(1.0, kept)))
                self._map_content(image, content.location, content)
            map_image_content(builder, image, content, subject=f"image {_short_name(name)}")

    def map_local_image(self, name: str, location: Location, *, container: str) -> str:
        """Add an image that is built where it runs, from a Dockerfile that is not in the input."""
        builder, image = self._builder, f"image:Image:{name}"
        found = observed(location, "built from a Dockerfile that is not in the input")
        if not builder.has(image):
            builder.asset("Image", image, name, platform="image", evidence=found)
            settle(builder, image, dict.fromkeys(("tagFixed", "pinnedByDigest", "trustedRegistry"), Finding(1.0, found)))
            self._map_content(image, location, content_of(builder, name))
        builder.link("RunBy", image, container, found)
        self.map_built_content(name, image, container)
        return image

    def _map_reference(self, image: str, reference: ImageReference, location: Location) -> None:
        builder, written = self._builder, reference.written
        subject = f"image {written}"
        moving = observed(location, f"{written} follows latest" if reference.moving else f"{written} names a version")
        pinned = observed(location, f"{written} {_pinning(reference)}")
        findings = {
            "tagFixed": Finding(0.0 if reference.moving else 1.0, moving, ("image-latest-or-untagged",)),
            "pinnedByDigest": Finding(1.0 if reference.pinned else 0.0, pinned, ("image-not-digest-pinned",)),
            "trustedRegistry": self._trust(image, reference, location, subject),
        }
        settle(builder, image, findings)
        if reference.moving:
            weak(builder, "image-latest-or-untagged", image, moving, subject=subject)
        if not reference.pinned:
            weak(builder, "image-not-digest-pinned", image, pinned, subject=subject)
        self._map_release(image, reference, location, subject)
        if reference.registry == "k8s.gcr.io" or (
            reference.registry == "gcr.io" and reference.repository.startswith("google_containers/")
        ):
            note = observed(location, f"{written}: this registry is frozen; registry.k8s.io took its place")
            weak(builder, "deprecated-k8s-registry", image, note, subject=subject)

    def _map_release(self, image: str, reference: ImageReference, location: Location, subject: str) -> None:
        distribution, version = release_of(reference)
        ended = ended_on(distribution, version)
        if ended:
            note = observed(location, f"{reference.written}: {distribution} {version} got its last fixes on {ended}")
            weak(self._builder, "image-base-eol", image, note, subject=subject)

    def _trust(self, image: str, reference: ImageReference, location: Location, subject: str) -> Finding:
        key = ("untrusted-registry",)
        host = reference.registry
        if self._trusted is None:
            belief = Belief(
                f"registry-trusted:{host}",
                f"the registry {host} and whoever publishes these repositories there are trusted",
                0.6,
                "registries.trusted is not set in the configuration",
                f"images from {host}",
            )
            return believe(self._builder, belief, location, f"nothing says whether {host} is trusted", key)
        full = f"{host}/{reference.repository}"
        if any(full == entry or full.startswith(entry.rstrip("/") + "/") for entry in self._trusted):
            return Finding(1.0, observed(location, f"{host} is a trusted registry by the configuration"), key)
        evidence = observed(location, f"{host} is not among the trusted registries of the configuration")
        weak(self._builder, "untrusted-registry", image, evidence, subject=subject)
        return Finding(0.0, evidence, key)

    def _map_unknown(self, image: str, written: str, location: Location) -> None:
        note = f"the reference {written} cannot be resolved"
        for defence, key in (
            ("tagFixed", "image-latest-or-untagged"),
            ("pinnedByDigest", "image-not-digest-pinned"),
            ("trustedRegistry", "untrusted-registry"),
        ):
            finding = believe(self._builder, UNSET_VARIABLE, location, note, (key,))
            settle(self._builder, image, {defence: finding})
            if defence != "trustedRegistry":
                doubtful(self._builder, key, image, finding.evidence, subject=f"image {written}")

    def _map_content(self, image: str, location: Location, content: ImageContent | None) -> None:
        builder = self._builder
        known = known_defences(content) if content is not None else {}
        findings = {
            "signatureVerified": believe(builder, SIGNATURES_VERIFIED, location),
            "contextFiltered": Finding(1.0, observed(location, "no build in the input copies its sources into this image")),
        }
        for name, belief in (("noAccountPasswords", NO_ACCOUNT_PASSWORDS), ("noSetuidFiles", NO_SETUID_FILES)):
            findings[name] = known.get(name) or believe(builder, belief, location)
        settle(builder, image, findings)

    def _map_supply(self, image: str, reference: ImageReference, location: Location) -> None:
        builder, host = self._builder, reference.registry
        found = observed(location, f"{reference.written} comes from {host}")
        registry = builder.asset(
            "Registry", f"image:Registry:{host}", host, platform="image", evidence=found if not self._known(host) else ()
        )
        builder.link("Keeps", registry, image, found)
        if builder.defence_of(registry, "pushersRestricted") is None:
            apart = Finding(
                1.0, defaulted(location, "many publishers share this registry, each with names of its own", _REGISTRIES)
            )
            pushing = apart if host in MANY_PUBLISHERS else believe(builder, DEVELOPERS_PUSH, location)
            settle(builder, registry, {"pushersRestricted": pushing})
        if host in _PUBLIC_REGISTRIES and not builder.has(f"image:Upstream:{host}"):
            builder.link("FacesRegistry", INTERNET_ID, registry, found)
        build = self._builds.get(f"{host}/{reference.repository}")
        if build is not None:
            builder.link("Makes", build, image, observed(location, f"{reference.written} is built here"))
            return
        fresh = not builder.has(f"image:Upstream:{host}")
        upstream = builder.asset("Upstream", f"image:Upstream:{host}", host, platform="image", evidence=found if fresh else ())
        if fresh:
            builder.link("Supplies", INTERNET_ID, upstream, found)
        builder.link("Provides", upstream, image, found)

    def _known(self, host: str) -> bool:
        return self._builder.has(f"image:Registry:{host}")


def _pinning(reference: ImageReference) -> str:
    if reference.pinned:
        return "is fixed by its digest"
    return "has a digest that no engine takes, in its algorithm or length" if reference.digest else "has no digest"


def _short(written: str, reference: ImageReference | None) -> str:
    return _short_name(written) if reference else written


def _short_name(name: str) -> str:
    return name.removeprefix("docker.io/").removeprefix("library/")
