"""A resource as evaluated, before it is decoded."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from breachway.sources.nodes import Scalar
from breachway.sources.terraform.attributes import computed, name_of

if TYPE_CHECKING:
    from breachway.evidence import Location
    from breachway.sources.nodes import Mapping


class RawResource(NamedTuple):
    """One instance: its type and label, its address with modules and key, its evaluated body.

    ``root`` is the folder of the root module, ``account`` the AWS account's number or ``*``.
    """

    type: str
    label: str
    address: str
    root: str
    account: str
    location: Location
    body: Mapping

    def stated(self, attribute: str) -> str | None:
        """The text of an attribute; None for one that is absent or not a text."""
        entry = self.body.entries.get(attribute)
        if entry is None or not isinstance(entry.node, Scalar) or (entry.node.plain and entry.node.text == "null"):
            return None
        return entry.node.text

    def computed(self, attribute: str) -> str:
        """The name or the ARN as the cloud makes it; "" where it cannot be told."""
        if attribute == "name":
            return name_of(self.type, self.stated, self.label)
        return computed(self.type, attribute, self.stated, account=self.account, label=self.label) or ""
