"""Puts what is known of an image into the model: its weaknesses, and the credentials baked into it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from breachway.mapping.containers.grounds import Finding, sibling_id, weak
from breachway.mapping.containers.secrets import map_secret

if TYPE_CHECKING:
    from breachway.mapping.building import ModelBuilder
    from breachway.mapping.containers.image_contents import BakedSecret, ImageContent


def known_defences(content: ImageContent) -> dict[str, Finding]:
    """The defences of the image that are known; the weaker statement stands where two sources differ."""
    known: dict[str, Finding] = {}
    for name, finding in content.defences:
        if name not in known or finding.probability < known[name].probability:
            known[name] = finding
    return known


def map_image_content(builder: ModelBuilder, image: str, content: ImageContent, *, subject: str) -> None:
    """Record the weaknesses of an image and add its baked secrets."""
    for judged in content.weaknesses:
        weak(builder, judged.key, image, judged.evidence, subject=subject, detail=judged.detail)
    for secret in content.secrets:
        asset = map_secret(
            builder,
            _id_of(image, secret),
            secret.name,
            platform="image",
            evidence=secret.evidence,
            boundary=image,
            exposed={"notInImage": Finding(0.0, secret.evidence, (secret.key,))},
            title=f"{secret.name} in {subject}",
        )
        builder.link("Bakes", image, asset, secret.evidence)
        weak(builder, secret.key, asset, secret.evidence, subject=subject)


def link_baked_secrets(builder: ModelBuilder, image: str, container: str, content: ImageContent) -> None:
    """Say which of the baked secrets a process in the container finds."""
    for secret in content.secrets:
        if secret.visible:
            builder.link("Uses", container, _id_of(image, secret), secret.evidence)


def _id_of(image: str, secret: BakedSecret) -> str:
    return sibling_id(image, "Secret", secret.name)
