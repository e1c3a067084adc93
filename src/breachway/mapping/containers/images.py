"""Images, the registries that keep them and the parties that supply them.

One image reference is one asset, however many containers run it and on whatever platform.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from breachway.mapping.containers.beliefs import NO_ACCOUNT_PASSWORDS, NO_SETUID_FILES, SIGNATURES_VERIFIED
from breachway.mapping.containers.grounds import UNSET_VARIABLE, Belief, Finding, believe, doubtful, observed, settle, weak
from breachway.sources.image_reference import parse_image_reference

if TYPE_CHECKING:
    from breachway.evidence import Location
    from breachway.mapping.building import ModelBuilder
    from breachway.sources.image_reference import ImageReference

INTERNET: Final = "internet:Internet:internet"
_PUBLIC_REGISTRIES = frozenset({"docker.io", "public.ecr.aws"})
"""Registries whose repositories are public unless their owner pays or asks for something else."""
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
        if not uses:
            self._map_content(image, location)
            if reference is not None:
                self._map_supply(image, reference, location)
        if container:
            self._builder.link("RunBy", image, container, found)
        return image

    def map_local_image(self, name: str, location: Location, *, container: str) -> str:
        """Add an image that is built where it runs, from a Dockerfile that is not in the input."""
        builder, image = self._builder, f"image:Image:{name}"
        found = observed(location, "built from a Dockerfile that is not in the input")
        if not builder.has(image):
            builder.asset("Image", image, name, platform="image", evidence=found)
            settle(builder, image, dict.fromkeys(("tagFixed", "pinnedByDigest", "trustedRegistry"), Finding(1.0, found)))
            self._map_content(image, location)
        builder.link("RunBy", image, container, found)
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
        if reference.registry == "k8s.gcr.io" or (
            reference.registry == "gcr.io" and reference.repository.startswith("google_containers/")
        ):
            note = observed(location, f"{written}: this registry is frozen; registry.k8s.io took its place")
            weak(builder, "deprecated-k8s-registry", image, note, subject=subject)

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

    def _map_content(self, image: str, location: Location) -> None:
        builder = self._builder
        findings = {
            "signatureVerified": believe(builder, SIGNATURES_VERIFIED, location),
            "noAccountPasswords": believe(builder, NO_ACCOUNT_PASSWORDS, location),
            "noSetuidFiles": believe(builder, NO_SETUID_FILES, location),
            "contextFiltered": Finding(1.0, observed(location, "no build in the input copies its sources into this image")),
        }
        settle(builder, image, findings)

    def _map_supply(self, image: str, reference: ImageReference, location: Location) -> None:
        builder, host = self._builder, reference.registry
        found = observed(location, f"{reference.written} comes from {host}")
        registry = builder.asset(
            "Registry", f"image:Registry:{host}", host, platform="image", evidence=found if not self._known(host) else ()
        )
        builder.link("Keeps", registry, image, found)
        if host in _PUBLIC_REGISTRIES and not builder.has(f"image:Upstream:{host}"):
            builder.link("FacesRegistry", INTERNET, registry, found)
        build = self._builds.get(f"{host}/{reference.repository}")
        if build is not None:
            builder.link("Makes", build, image, observed(location, f"{reference.written} is built here"))
            return
        fresh = not builder.has(f"image:Upstream:{host}")
        upstream = builder.asset("Upstream", f"image:Upstream:{host}", host, platform="image", evidence=found if fresh else ())
        if fresh:
            builder.link("Supplies", INTERNET, upstream, found)
        builder.link("Provides", upstream, image, found)

    def _known(self, host: str) -> bool:
        return self._builder.has(f"image:Registry:{host}")


def _pinning(reference: ImageReference) -> str:
    if reference.pinned:
        return "is fixed by its digest"
    return "has a digest that no engine takes, in its algorithm or length" if reference.digest else "has no digest"


def _short(written: str, reference: ImageReference | None) -> str:
    return written.removeprefix("docker.io/").removeprefix("library/") if reference else written
