"""Breachway reads the artefacts of a container deployment and answers who can attack it, how, and what to change.

>>> inventory = read(["examples/shop"])
>>> model = build_model(inventory)
>>> assessment = assess(model)

Each name loads its room when it is first asked for, so that importing the package costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from breachway.analyses.assess import assess
    from breachway.errors import BreachwayError
    from breachway.mapping.model_building import build_model
    from breachway.sources.configuration.reader import read_configuration
    from breachway.sources.reading import read
    from breachway.threats.loading import load_language

__version__ = "0.1.0"

__all__ = ["BreachwayError", "__version__", "assess", "build_model", "load_language", "read", "read_configuration"]

_HOMES = {
    "BreachwayError": "breachway.errors",
    "assess": "breachway.analyses.assess",
    "build_model": "breachway.mapping.model_building",
    "load_language": "breachway.threats.loading",
    "read": "breachway.sources.reading",
    "read_configuration": "breachway.sources.configuration.reader",
}


def __getattr__(name: str) -> object:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(import_module(home), name)
    globals()[name] = value
    return value
