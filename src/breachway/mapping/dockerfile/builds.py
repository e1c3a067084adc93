"""Dockerfiles as assets.

The build, the image of each stage that is wanted, what it is built on, and the secrets that it keeps.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from breachway.mapping.containers import beliefs
from breachway.mapping.containers.grounds import UNSET_VARIABLE, Finding, believe, defaulted, doubtful, observed, settle, weak
from breachway.mapping.containers.image_users import published_user_finding, starts_as_root
from breachway.mapping.containers.secrets import NOT_COMMITTED, map_repository, map_secret
from breachway.mapping.dockerfile.copy_rules import content_hits, source_hits
from breachway.mapping.dockerfile.image_rules import (
    frontend_hits,
    health_hits,
    place_hits,
    port_hits,
    start_hits,
    tls_variable_hits,
    tool_hits,
    variable_hits,
)
from breachway.mapping.dockerfile.packages import INDEX_OF, installation
from breachway.mapping.dockerfile.run_rules import build_hits, hosts_fetched, layer_hits, script_of, secret_hits
from breachway.mapping.places import INTERNET_ID
from breachway.sources.dockerfile.objects import Copy, Run, Shell

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from breachway.evidence import Location
    from breachway.mapping.building import ModelBuilder
    from breachway.mapping.containers.images import ImageMapper
    from breachway.mapping.dockerfile.hits import Hit
    from breachway.sources.dockerfile.objects import Dockerfile, Stage

PLATFORM = "docker"
_BUILD_DEFENCES = {
    "confinedBuild": ("insecure-buildkit-run",),
    "downloadsVerified": ("add-remote-unverified", "curl-pipe-shell"),
    "frontendTrusted": ("untrusted-syntax-frontend",),
    "packagesPinned": ("unpinned-packages",),
    "packagesSigned": ("package-signature-check-disabled",),
    "tlsVerified": ("tls-verification-disabled",),
}
_SAFE_BUILD = {
    "confinedBuild": "no step of the build leaves BuildKit's sandbox",
    "downloadsVerified": "no download is run or kept unchecked",
    "frontendTrusted": "the build uses Docker's own frontend",
    "packagesPinned": "no package is installed without a version",
    "packagesSigned": "no package manager is told to skip signatures",
    "tlsVerified": "nothing turns off the check of certificates",
}
_IMAGE_DEFENCES = {
    "contextFiltered": ("copy-whole-context",),
    "noAccountPasswords": ("password-set-in-build",),
}
_SECRET_KEYS = frozenset(
    {"image-secret-env", "secret-file-copied", "secret-in-dockerfile-arg-env", "secret-in-run", "secret-literal-in-args"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class BuiltImage:
    """The image of one stage of a Dockerfile.

    ``user`` is the finding for ``Container.nonRoot`` where whoever runs the image names no user.  ``bases`` are the published
    images that it is built on.  ``checked`` tells whether the image has a health check.
    """

    image: str
    build: str
    stage: Stage
    bases: tuple[str, ...]
    user: Finding
    checked: bool


class BuiltImages:
    """The images that Dockerfiles in the input build.  Images of further stages are added when somebody runs them."""

    def __init__(self, builder: ModelBuilder, images: ImageMapper, dockerfiles: Iterable[Dockerfile]) -> None:
        self._builder = builder
        self._images = images
        self._dockerfiles = {dockerfile.document: dockerfile for dockerfile in dockerfiles}
        self._builds: dict[str, str] = {}
        self._known: dict[tuple[str, int], BuiltImage] = {}

    def image_of(self, document: str, target: str = "") -> BuiltImage | None:
        """The image of a stage (the final one when ``target`` is empty).

        None where the Dockerfile or the stage is not in the input.
        """
        dockerfile = self._dockerfiles.get(document)
        stage = dockerfile.stage(target) if dockerfile is not None else None
        if dockerfile is None or stage is None:
            return None
        known = self._known.get((document, stage.index))
        if known is None:
            known = self._map_stage(dockerfile, stage)
            self._known[document, stage.index] = known
        return known

    def map_all(self) -> None:
        """Map the final image of every Dockerfile."""
        for document in self._dockerfiles:
            self.image_of(document)

    def _build(self, dockerfile: Dockerfile) -> str:
        known = self._builds.get(dockerfile.document)
        if known is None:
            known = _map_build(self._builder, dockerfile)
            self._builds[dockerfile.document] = known
        return known

    def _map_stage(self, dockerfile: Dockerfile, stage: Stage) -> BuiltImage:
        builder, document = self._builder, dockerfile.document
        build = self._build(dockerfile)
        suffix = "" if stage is dockerfile.final else f"#{stage.name or stage.index}"
        found = observed(stage.location, f"stage {stage.name or stage.index} of {document}")
        image = builder.asset(
            "Image", f"docker:Image:{document}{suffix}", f"image of {document}{suffix}", platform=PLATFORM, evidence=found
        )
        builder.link("Makes", build, image, found)
        bases = self._map_bases(dockerfile, stage, image)
        subject = f"Dockerfile {document}" + (f", stage {suffix[1:]}" if suffix else "")
        user = _judge_user(builder, image, dockerfile, stage, subject)
        hits = tuple(_image_hits(dockerfile, stage))
        _map_secrets(builder, image, document, hits, subject)
        for hit in hits:
            if hit.key not in _SECRET_KEYS:
                weak(builder, hit.key, image, observed(hit.location, hit.note), subject=subject, detail=hit.detail)
        _settle_image(builder, image, stage, hits)
        if any(hit.key == "copy-whole-context" for hit in hits):
            builder.link("CopiedFrom", image, map_repository(builder, document, stage.location), found)
        checked = stage.healthcheck is not None and not stage.healthcheck.disabled
        return BuiltImage(image=image, build=build, stage=stage, bases=bases, user=user, checked=checked)

    def _map_bases(self, dockerfile: Dockerfile, stage: Stage, image: str) -> tuple[str, ...]:
        """Map what the stage and the stages and images that it copies from are built on; give the bases of its own lineage."""
        own: list[str] = []
        for part in _contributing(dockerfile, stage):
            outer = dockerfile.stages[part.lineage[0]]
            if not outer.scratch and outer.base_stage is None:
                base = self._images.map_image(outer.base.value, outer.location, known=outer.base.known)
                self._builder.link("BaseOf", base, image, observed(outer.location, f"FROM {outer.base.written}"))
                if part is stage:
                    own.append(outer.base.value)
            for instruction in part.instructions:
                if isinstance(instruction, Copy) and instruction.origin is not None and instruction.origin_stage is None:
                    named = dockerfile.stage(instruction.origin.value)
                    if named is None and instruction.origin.value:
                        base = self._images.map_image(
                            instruction.origin.value, instruction.location, known=instruction.origin.known
                        )
                        self._builder.link(
                            "BaseOf", base, image, observed(instruction.location, f"COPY --from={instruction.origin.written}")
                        )
        return tuple(own)


def map_dockerfiles(builder: ModelBuilder, dockerfiles: tuple[Dockerfile, ...], images: ImageMapper) -> BuiltImages:
    """Map every Dockerfile; what is returned finds the image that a project builds from one."""
    built = BuiltImages(builder, images, dockerfiles)
    built.map_all()
    return built


def _contributing(dockerfile: Dockerfile, stage: Stage) -> tuple[Stage, ...]:
    """The stages whose content ends in ``stage``, itself first: its lineage, and those it copies from, transitively."""
    found: dict[int, None] = {stage.index: None}
    waiting = [stage]
    while waiting:
        current = waiting.pop()
        for ancestor in dockerfile.lineage(current):
            for instruction in ancestor.instructions:
                origin = instruction.origin_stage if isinstance(instruction, Copy) else None
                if origin is not None and origin not in found:
                    found[origin] = None
                    waiting.append(dockerfile.stages[origin])
    return tuple(dockerfile.stages[index] for index in found)


def _map_build(builder: ModelBuilder, dockerfile: Dockerfile) -> str:
    document, place = dockerfile.document, dockerfile.stages[0].location
    found = observed(place, f"builds {document}")
    repository = map_repository(builder, document, place)
    build = builder.asset(
        "Build", f"docker:Build:{document}", f"build of {document}", platform=PLATFORM, evidence=found, boundary=repository
    )
    builder.link("BuiltBy", repository, build, found)
    hits = tuple(_build_hits(dockerfile))
    for hit in hits:
        weak(builder, hit.key, build, observed(hit.location, hit.note), subject=f"Dockerfile {document}", detail=hit.detail)
    for defence, keys in _BUILD_DEFENCES.items():
        bad = tuple(hit for hit in hits if hit.key in keys)
        evidence = tuple(item for hit in bad for item in observed(hit.location, hit.note)) or observed(
            place, _SAFE_BUILD[defence]
        )
        present = tuple(sorted({hit.key for hit in bad})) or keys
        settle(builder, build, {defence: Finding(0.0 if bad else 1.0, evidence, present)})
    for name, location, note in _suppliers(dockerfile):
        upstream = builder.asset("Upstream", f"image:Upstream:{name}", name, platform="image", evidence=observed(location, note))
        builder.link("Supplies", INTERNET_ID, upstream, observed(location, note))
        builder.link("Feeds", upstream, build, observed(location, note))
    return build


def _suppliers(dockerfile: Dockerfile) -> Iterator[tuple[str, Location, str]]:
    """Who supplies the build besides its base images, each once: download hosts, package indexes, a foreign frontend."""
    seen: set[str] = set()
    for stage in dockerfile.stages:
        for instruction in stage.instructions:
            for name, note in _supplied_to(instruction):
                if name not in seen:
                    seen.add(name)
                    yield name, instruction.location, note
    for hit in frontend_hits(dockerfile):
        yield "the build frontend", hit.location, hit.note


def _supplied_to(instruction: object) -> Iterator[tuple[str, str]]:
    if isinstance(instruction, Run):
        commands = script_of(instruction)
        for host in hosts_fetched(commands):
            yield host, f"downloads from {host}"
        for command in commands:
            found = installation(command)
            if found is not None and found.packages:
                yield INDEX_OF[found.manager], f"{found.manager} installs packages"
    elif isinstance(instruction, Copy):
        for source in instruction.remote_sources:
            host = source.value.partition("://")[2].partition("/")[0].rpartition("@")[2] or source.value
            yield host.partition(":")[0], f"ADD from {host}"


def _build_hits(dockerfile: Dockerfile) -> Iterator[Hit]:
    yield from frontend_hits(dockerfile)
    for stage in dockerfile.stages:
        yield from tls_variable_hits(stage)
        for instruction in stage.instructions:
            if isinstance(instruction, Run):
                yield from build_hits(instruction)
            elif isinstance(instruction, Copy):
                yield from source_hits(instruction)


def _image_hits(dockerfile: Dockerfile, stage: Stage) -> Iterator[Hit]:
    yield from health_hits(stage)
    yield from port_hits(stage)
    yield from start_hits(stage)
    yield from place_hits(stage)
    yield from tool_hits(stage)
    yield from variable_hits(dockerfile, stage)
    for ancestor in dockerfile.lineage(stage):
        shell = None
        for instruction in ancestor.instructions:
            if isinstance(instruction, Run):
                yield from layer_hits(instruction, shell)
                yield from secret_hits(instruction)
            elif isinstance(instruction, Copy):
                yield from content_hits(instruction, dockerfile)
            shell = _shell_after(instruction, shell)


def _shell_after(instruction: object, shell: Shell | None) -> Shell | None:
    return instruction if isinstance(instruction, Shell) else shell


def _settle_image(builder: ModelBuilder, image: str, stage: Stage, hits: tuple[Hit, ...]) -> None:
    place = stage.location
    here = observed(place, "built from a Dockerfile in the input, not pulled")
    findings = dict.fromkeys(("tagFixed", "pinnedByDigest", "trustedRegistry"), Finding(1.0, here))
    findings["signatureVerified"] = believe(builder, beliefs.SIGNATURES_VERIFIED, place)
    for defence, keys in _IMAGE_DEFENCES.items():
        bad = tuple(hit for hit in hits if hit.key in keys)
        evidence = tuple(item for hit in bad for item in observed(hit.location, hit.note)) or observed(
            place, "nothing in the build does so"
        )
        findings[defence] = Finding(0.0 if bad else 1.0, evidence, keys)
    setuid = next((hit for hit in hits if hit.key == "world-writable-or-setuid" and hit.detail == "setuid"), None)
    findings["noSetuidFiles"] = (
        Finding(0.0, observed(setuid.location, setuid.note), ("world-writable-or-setuid",))
        if setuid is not None
        else believe(builder, beliefs.NO_SETUID_FILES, place)
    )
    settle(builder, image, findings)


def _judge_user(builder: ModelBuilder, image: str, dockerfile: Dockerfile, stage: Stage, subject: str) -> Finding:
    """Judge as whom the image runs; gives what that means for a container that names no user."""
    user, outer = stage.user, dockerfile.stages[stage.lineage[0]]
    key = ("image-user-root",)
    if user is not None:
        if user.root is None:
            finding = believe(builder, UNSET_VARIABLE, user.location, f"USER {user.user.written} hangs on a build argument", key)
            doubtful(builder, key[0], image, finding.evidence, subject=subject)
            return finding
        if not user.root:
            return Finding(1.0, observed(user.location, f"USER {user.user.written}"), key)
        evidence = observed(user.location, f"USER {user.user.written}")
        weak(builder, key[0], image, evidence, subject=subject)
        weak(builder, "runs-as-root-explicit", image, evidence, subject=subject)
        return Finding(0.0, evidence, (*key, "runs-as-root-explicit"))
    if outer.scratch:
        evidence = defaulted(stage.location, "no USER; an image from scratch runs as root", "Dockerfile reference: USER")
        weak(builder, key[0], image, evidence, subject=subject)
        return Finding(0.0, evidence, key)
    finding = published_user_finding(builder, outer.base.value, stage.location, key)
    if starts_as_root(finding):
        note = defaulted(stage.location, f"no USER, and {outer.base.written} leaves it root", "the base image's own Dockerfile")
        weak(builder, key[0], image, note, subject=subject)
    elif finding.probability < 1.0:
        doubtful(builder, key[0], image, finding.evidence, subject=subject)
    return finding


def _map_secrets(builder: ModelBuilder, image: str, document: str, hits: tuple[Hit, ...], subject: str) -> None:
    for hit in hits:
        if hit.key not in _SECRET_KEYS:
            continue
        found = observed(hit.location, hit.note)
        keys = (hit.key,)
        written = "literal" in hit.note
        exposed = {"notInImage": Finding(0.0, found, keys)}
        repository = map_repository(builder, document, hit.location)
        if written:
            exposed["notInRepository"] = Finding(0.0, found, keys)
        elif hit.key == "secret-file-copied":
            exposed["notInRepository"] = believe(builder, NOT_COMMITTED, hit.location, keys=keys)
        secret = map_secret(
            builder,
            f"docker:Secret:{document}:{hit.detail}",
            hit.detail,
            platform=PLATFORM,
            evidence=found,
            boundary=image,
            exposed=exposed,
            title=f"{hit.detail} in the image of {document}",
        )
        builder.link("Bakes", image, secret, found)
        if written or hit.key == "secret-file-copied":
            builder.link("StoresSecret", repository, secret, found)
        weak(builder, hit.key, secret, found, subject=subject)
