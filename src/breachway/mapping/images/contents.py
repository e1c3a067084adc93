"""From saved images and scanners' reports to what is known of each image."""

from __future__ import annotations

from typing import TYPE_CHECKING

from breachway.mapping.containers.image_contents import ImageContent, ImageContents, tagged_name
from breachway.mapping.images.archives import judge_archive
from breachway.mapping.images.vulnerabilities import judge_scan
from breachway.sources.image_reference import parse_image_reference

if TYPE_CHECKING:
    from collections.abc import Iterable

    from breachway.sources.images.objects import ImageArchive
    from breachway.sources.scans.objects import ImageScan


def image_contents(archives: tuple[ImageArchive, ...], scans: tuple[ImageScan, ...]) -> ImageContents:
    """Judge every image and report by itself; who runs the image is found later, by its names."""
    return ImageContents((*map(_of_archive, archives), *map(_of_scan, scans)))


def _of_archive(archive: ImageArchive) -> ImageContent:
    judged = judge_archive(archive)
    return ImageContent(
        sources=(f"{archive.document}!{archive.name}",),
        location=archive.location,
        names=names_of(reference.value for reference in archive.references),
        digests=archive.digests,
        user=judged.user,
        defences=judged.defences,
        weaknesses=judged.weaknesses,
        secrets=judged.secrets,
        ports=judged.ports,
    )


def _of_scan(scan: ImageScan) -> ImageContent:
    judged = judge_scan(scan)
    return ImageContent(
        sources=(f"{scan.document}:{scan.location.line}",),
        location=scan.location,
        names=names_of(scan.references),
        digests=scan.digests,
        patched=judged.patched,
        weaknesses=judged.weaknesses,
        secrets=judged.secrets,
    )


def names_of(references: Iterable[str]) -> tuple[str, ...]:
    """The canonical names among texts that may also be paths or bare tags."""
    parsed = (parse_image_reference(text) for text in references)
    names = (tagged_name(reference) for reference in parsed if reference is not None)
    return tuple(dict.fromkeys(name for name in names if name))
