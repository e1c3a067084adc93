"""The configuration of an image (OCI image specification, config.md; the same keys in Docker's own format)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from breachway.evidence import Location
from breachway.sources.images.fields import child_of, items_of, keys_of, setting_of, text_of, texts_of
from breachway.sources.images.objects import ImageConfig, Setting
from breachway.sources.nodes import Mapping, Scalar

if TYPE_CHECKING:
    from breachway.sources.nodes import Node

_MOST = 1_000
"""How many variables, ports, labels or steps of history of one image are kept."""


class Configured(NamedTuple):
    """A configuration, the digests of its layers' uncompressed content, and the commands that made it."""

    config: ImageConfig
    layer_digests: tuple[str, ...]
    history: tuple[Setting, ...]


def read_config(node: Node, document: str) -> Configured:
    """Read the configuration; what is of the wrong type is taken as absent."""
    config = child_of(node, "config")
    user = setting_of(config, "User", document, "/config")
    place = Location(document, "/config", config.line if config else node.line, config.column if config else node.column)
    checked = child_of(config, "Healthcheck")
    test = items_of(child_of(checked, "Test"))
    health = test and not (isinstance(test[0], Scalar) and test[0].text == "NONE")
    labels = child_of(config, "Labels")
    return Configured(
        ImageConfig(
            location=place,
            platform="/".join(
                part for part in (text_of(node, "os"), text_of(node, "architecture"), text_of(node, "variant")) if part
            ),
            user=user if user is not None and user.value.strip() else None,
            environment=texts_of(config, "Env", document, "/config")[:_MOST],
            exposed=keys_of(config, "ExposedPorts", document, "/config")[:_MOST],
            entrypoint=texts_of(config, "Entrypoint", document, "/config")[:_MOST],
            command=texts_of(config, "Cmd", document, "/config")[:_MOST],
            labels=_labels(labels) if isinstance(labels, Mapping) else (),
            health=Location(document, "/config/Healthcheck", checked.line, checked.column) if health and checked else None,
        ),
        tuple(digest.value for digest in texts_of(child_of(node, "rootfs"), "diff_ids", document)),
        _history(node, document),
    )


def _labels(labels: Mapping) -> tuple[tuple[str, str], ...]:
    found = ((key, entry.node.text) for key, entry in labels.entries.items() if isinstance(entry.node, Scalar))
    return tuple(found)[:_MOST]


def _history(node: Node, document: str) -> tuple[Setting, ...]:
    found = (
        setting_of(item, "created_by", document, f"/history/{index}")
        for index, item in enumerate(items_of(child_of(node, "history"))[:_MOST])
    )
    return tuple(step for step in found if step is not None)
