"""How the sampling kernel is compiled through cffi: by setuptools when the package is built (``setup.py`` names the builder).

The module is built against Python's limited API, so one wheel serves every Python from 3.11 on.
"""

from __future__ import annotations

from pathlib import Path

from cffi import FFI


def builder() -> FFI:
    """Describe the extension module to setuptools."""
    here = Path(__file__).parent
    described = FFI()
    described.cdef((here / "kernel.h").read_text(encoding="utf-8"))
    described.set_source(
        "breachway.graph.simulation._kernel",
        '#include "kernel.c"',
        include_dirs=[str(here)],
        depends=[str(here / "kernel.c"), str(here / "kernel.h")],
        extra_compile_args=["-O3", "-fno-math-errno"],
        py_limited_api=True,
    )
    return described
