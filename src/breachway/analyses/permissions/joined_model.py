"""The links and defences of a model, by what is asked of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

    from breachway.evidence import Evidence
    from breachway.model import Asset, DefenceState, Link, Model


class Joined(NamedTuple):
    """An asset at the other end of a link, and why it is joined."""

    asset: Asset
    evidence: tuple[Evidence, ...]


class JoinedModel:
    """A model that can be walked."""

    def __init__(self, model: Model) -> None:
        self.assets = {asset.id: asset for asset in model.assets}
        self._from: dict[tuple[str, str], list[Link]] = {}
        self._to: dict[tuple[str, str], list[Link]] = {}
        for link in model.links:
            self._from.setdefault((link.association, link.left), []).append(link)
            self._to.setdefault((link.association, link.right), []).append(link)
        self._defences = {(state.asset, state.defence): state for state in model.defences}

    def from_left(self, association: str, assets: Iterable[str]) -> list[Joined]:
        """What the assets are joined to, as the left ends of an association."""
        links = [link for asset in assets for link in self._from.get((association, asset), ())]
        return [Joined(self.assets[link.right], link.evidence) for link in links]

    def from_right(self, association: str, assets: Iterable[str]) -> list[Joined]:
        """What the assets are joined to, as the right ends of an association."""
        links = [link for asset in assets for link in self._to.get((association, asset), ())]
        return [Joined(self.assets[link.left], link.evidence) for link in links]

    def defence(self, asset: str, name: str) -> DefenceState | None:
        """The state of a defence, or None where nothing set it (it is off then)."""
        return self._defences.get((asset, name))

    def off(self, asset: str, name: str) -> tuple[float, tuple[Evidence, ...]]:
        """The belief that a defence is not in force, and why."""
        state = self.defence(asset, name)
        return (1.0 - state.probability, state.evidence) if state is not None else (1.0, ())


def ids(joined: Iterable[Joined]) -> tuple[str, ...]:
    """The ids of what was found, each once, sorted."""
    return tuple(sorted({item.asset.id for item in joined}))
