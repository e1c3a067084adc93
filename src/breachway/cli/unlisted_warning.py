"""Says on standard error which resources an answer should rest on and cannot: a collection did not list them in full."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from breachway.cli.streams import Streams
    from breachway.sources.kubernetes.objects import KubernetesObject


def warn_unlisted(objects: Iterable[KubernetesObject], resources: Iterable[str], meaning: str, streams: Streams) -> None:
    """Warn where a collection among ``objects`` lacks some of ``resources``, named as for kubectl; ``meaning`` ends the hint."""
    from breachway.cli.messages import show
    from breachway.mapping.kubernetes.unlisted.mapping import unlisted_resources

    wanted = frozenset(resources)
    missing = [item for item in unlisted_resources(objects) if item.title in wanted]
    if missing:
        names = ", ".join(item.title for item in missing)
        show(f"not listed in full: {names}", meaning, missing[0].location, streams)
