"""Label selectors, as ``k8s.io/apimachinery/pkg/labels`` evaluates them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from breachway.sources.decoding import value_or

if TYPE_CHECKING:
    from collections.abc import Mapping

    from breachway.sources.kubernetes.metadata import LabelSelector, LabelSelectorRequirement


def matches(selector: LabelSelector, labels: Mapping[str, str]) -> bool:
    """Whether all parts of the selector hold for the labels.  An empty selector matches everything."""
    if selector.match_labels is not None:
        for key, value in selector.match_labels.entries:
            if labels.get(key) != value.value:
                return False
    return all(_holds(requirement, labels) for requirement in selector.match_expressions)


def _holds(requirement: LabelSelectorRequirement, labels: Mapping[str, str]) -> bool:
    key = value_or(requirement.key, "")
    values = {item.value for item in requirement.values}
    match value_or(requirement.operator, ""):
        case "In":
            return labels.get(key) in values
        case "NotIn":
            # A label that is absent satisfies NotIn.
            return key not in labels or labels[key] not in values
        case "Exists":
            return key in labels
        case "DoesNotExist":
            return key not in labels
        case _:
            # The API server refuses any other operator, so such a selector never takes effect.
            return False


def is_empty(selector: LabelSelector) -> bool:
    """Whether the selector has no part and so matches everything."""
    return (selector.match_labels is None or not selector.match_labels.entries) and not selector.match_expressions
