"""What resources of every provider have in common, and how their leaves are read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from breachway.sources.decoding import Dialect, Struct, Value
from breachway.sources.dialects import boolean_of_yaml_1_1, integer_of_go, number_of_go, string_as_written

if TYPE_CHECKING:
    from breachway.sources.nodes import Scalar

Text: TypeAlias = Value[str]


def _is_null(scalar: Scalar) -> bool:
    return scalar.plain and scalar.text == "null"


TERRAFORM = Dialect(
    name="terraform",
    is_null=_is_null,
    boolean=boolean_of_yaml_1_1,
    integer=integer_of_go,
    number=number_of_go,
    string=string_as_written,
    keys=lambda name: (name,),
)
"""Terraform: names as written, ``null`` the only null."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource(Struct):
    """What every resource has beside its fields; ``cloud_name`` is its name, or the label where the provider makes one up."""

    resource_type: str = ""
    cloud_name: str = ""
    cloud_arn: str = ""
    terraform_address: str = ""
    root_folder: str = ""
