"""What a plain scalar means to each platform, by the type of the field that reads it."""

from __future__ import annotations

import re
from math import isfinite
from typing import TYPE_CHECKING

from breachway.sources.decoding import Dialect, camel_case, pascal_case

if TYPE_CHECKING:
    from breachway.sources.nodes import Scalar

_YAML_TRUE = frozenset({"y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"})
_YAML_FALSE = frozenset({"n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"})
_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_INTEGER = re.compile(r"[-+]?(?:0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO]?[0-7]+|0|[1-9][0-9]*)\Z")
_FLOAT = re.compile(r"[-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]{1,3})?\Z")
_LONGEST_NUMBER = 40
"""Longer digit strings are no number of any platform's field."""


def null_of_yaml(scalar: Scalar) -> bool:
    """Tell YAML's null: nothing, ``~`` or ``null``, unquoted."""
    return scalar.plain and scalar.text in _NULLS


def boolean_of_yaml_1_1(scalar: Scalar) -> bool | None:
    """Read a plain scalar as Kubernetes' loader does: YAML 1.1, so that y, yes and on are true.  A quoted "true" is a string."""
    if not scalar.plain:
        return None
    if scalar.text in _YAML_TRUE:
        return True
    return False if scalar.text in _YAML_FALSE else None


def integer_of_go(scalar: Scalar) -> int | None:
    """Read a plain scalar as Go's loader does: ``010`` is 8, ``0x1F`` and ``1_000`` are numbers, ``80.0`` is whole.

    A number that does not fit into 64 bits with a sign is none: no field of any platform takes it.
    """
    text = scalar.text
    if not scalar.plain or not 0 < len(text) <= _LONGEST_NUMBER:
        return None
    value = _whole(text.replace("_", ""))
    return value if value is not None and -(2**63) <= value < 2**63 else None


def _whole(text: str) -> int | None:
    if _INTEGER.match(text):
        sign, digits = (-1 if text[0] == "-" else 1), text.lstrip("+-")
        octal = len(digits) > 1 and digits[0] == "0" and digits[1] in "01234567"
        return sign * (int(digits, 8) if octal else int(digits, 0))
    number = float(text) if _FLOAT.match(text) else 0.5
    return int(number) if number.is_integer() else None


def number_of_go(scalar: Scalar) -> float | None:
    """Read a plain scalar as a number, whole or not, that is finite."""
    whole = integer_of_go(scalar)
    if whole is not None:
        return float(whole)
    if not scalar.plain or len(scalar.text) > _LONGEST_NUMBER or not _FLOAT.match(scalar.text):
        return None
    number = float(scalar.text)
    return number if isfinite(number) else None


def string_as_written(scalar: Scalar) -> str | None:
    """Read any scalar as the text that stands there.

    The API server refuses an unquoted number where a string belongs, while some loaders take it.  What its author meant is
    not in doubt, so the text is kept and nothing is reported.
    """
    return scalar.text


KUBERNETES = Dialect(
    name="kubernetes",
    is_null=null_of_yaml,
    boolean=boolean_of_yaml_1_1,
    integer=integer_of_go,
    number=number_of_go,
    string=string_as_written,
    keys=lambda name: (camel_case(name),),
)
"""Kubernetes objects in YAML or JSON: what sigs.k8s.io/yaml makes of a scalar on its way to the typed API."""

AWS = Dialect(
    name="aws",
    is_null=null_of_yaml,
    boolean=boolean_of_yaml_1_1,
    integer=integer_of_go,
    number=number_of_go,
    string=string_as_written,
    keys=lambda name: (camel_case(name), pascal_case(name)),
)
"""AWS documents: the API writes camelCase in ECS and PascalCase in IAM and CloudFormation."""
