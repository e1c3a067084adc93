"""Runs the renderers that are on the PATH: without a shell, without a network to speak to, with limits and nothing of the user's.

The tool sees an empty home, no kubeconfig (so that helm's ``lookup`` finds nothing), no plugins, no git, and a proxy that is not
there.
"""

from __future__ import annotations

import os
import resource
import shutil
import signal
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

SECONDS = 60
"""How long a tool may take."""
LARGEST = 64 * 1024 * 1024
"""Bytes that a tool may write."""
_MEMORY = 8 * 1024 * 1024 * 1024
_SHOWN = 600
_NO_PROXY_THERE = "http://127.0.0.1:9"


class Output(NamedTuple):
    """What a tool printed, or ``reason`` why it printed nothing of use."""

    text: str
    reason: str = ""


def find_tool(*names: str) -> str:
    """The absolute path of the first of these programs that is on the PATH, "" where none is."""
    for name in names:
        found = shutil.which(name)
        if found is not None:
            return os.path.abspath(found)  # noqa: PTH100 - resolving the link would change the name that the tool sees
    return ""


def run_tool(arguments: list[str], *, seconds: float = SECONDS) -> Output:
    """Run a tool to its end, and give what it wrote to its standard output."""
    with tempfile.TemporaryDirectory(prefix="breachway-") as scratch:
        home = Path(scratch)
        printed, complaints = home / "stdout", home / "stderr"
        with printed.open("wb") as out, complaints.open("wb") as err:
            try:
                process = subprocess.Popen(  # noqa: S603 - a list of arguments, the program by its absolute path
                    arguments,
                    stdin=subprocess.DEVNULL,
                    stdout=out,
                    stderr=err,
                    cwd=scratch,
                    env=_environment(home),
                    start_new_session=True,
                )
            except OSError as error:
                return Output("", f"{Path(arguments[0]).name} cannot be run: {error.strerror or error}")
            reason = _wait(process, seconds)
        if reason:
            return Output("", f"{Path(arguments[0]).name} {reason}")
        data = printed.read_bytes()
        if process.returncode:
            return Output("", f"{Path(arguments[0]).name} says: {_first_words(complaints.read_bytes())}")
        return Output(data.decode("utf-8", "replace"))


def _wait(process: subprocess.Popen[bytes], seconds: float) -> str:
    """Wait for the end; the reason when the tool had to be stopped."""
    with suppress(OSError, ValueError):
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (LARGEST, LARGEST))
        resource.prlimit(process.pid, resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        return f"took more than {seconds:g} seconds and was stopped"
    finally:
        # What it started itself goes with it.
        with suppress(OSError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    return f"wrote more than {LARGEST:,} bytes and was stopped" if process.returncode == -signal.SIGXFSZ else ""


def _environment(home: Path) -> dict[str, str]:
    """Nothing of the user's own: neither names of clusters nor credentials, plugins or caches."""
    empty = home / "empty"
    empty.mkdir()
    found = {
        "HOME": str(home),
        "KUBECONFIG": str(home / "no-kubeconfig"),
        "LANG": "C.UTF-8",
        "PATH": str(empty),
        "TMPDIR": str(home),
    }
    for name in ("XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "HELM_CACHE_HOME", "HELM_CONFIG_HOME", "HELM_DATA_HOME"):
        found[name] = str(home / name.lower())
    found["HELM_PLUGINS"] = str(empty)
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        found[name] = found[name.upper()] = _NO_PROXY_THERE
    return found


def _first_words(data: bytes) -> str:
    text = " ".join(data.decode("utf-8", "replace").split())
    return text[:_SHOWN] or "nothing"
