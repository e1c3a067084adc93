"""The one part of the build that pyproject.toml cannot say: the sampling kernel, compiled through cffi.

Everything else stands in pyproject.toml.
"""

from __future__ import annotations

import sys
from typing import Any

from setuptools import setup
from setuptools.command.build_ext import build_ext
from setuptools.errors import CompileError, PlatformError


class BuildKernel(build_ext):
    """Says what to do when there is no C compiler, instead of a traceback alone."""

    def build_extension(self, ext: Any) -> None:  # noqa: ANN401 - setuptools types it so
        """Compile one extension."""
        try:
            super().build_extension(ext)
        except (CompileError, PlatformError, FileNotFoundError) as error:
            sys.stderr.write(
                "\nBreachway's sampling kernel (one C file) could not be compiled.\n"
                f"  reason: {error}\n"
                "  hint: install a C compiler and Python's headers, then install again;\n"
                "        Debian and Ubuntu: apt-get install gcc libc6-dev python3-dev\n"
                "        Fedora: dnf install gcc python3-devel\n"
                "        Alpine: apk add gcc musl-dev python3-dev\n"
                "        macOS: xcode-select --install\n\n"
            )
            raise


setup(
    cffi_modules=["src/breachway/graph/simulation/kernel_build.py:builder"],
    cmdclass={"build_ext": BuildKernel},
    options={"bdist_wheel": {"py_limited_api": "cp311"}},
)
