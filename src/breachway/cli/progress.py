"""A progress line on standard error, shown only on a terminal and only when work takes longer than a second."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import TextIO

_PATIENCE_SECONDS = 1.0
_REDRAW_SECONDS = 0.1
_BAR_CELLS = 24


class ProgressLine:
    """One line that is redrawn in place and erased at the end."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._enabled = stream.isatty()
        self._started = time.monotonic()
        self._drawn_at = 0.0
        self._drawn = False

    def __call__(self, stage: str, done: int, total: int) -> None:
        """Say how far ``stage`` is; ``total`` 0 where it is not known."""
        if not self._enabled:
            return
        now = time.monotonic()
        if now - self._started < _PATIENCE_SECONDS or now - self._drawn_at < _REDRAW_SECONDS:
            return
        self._drawn_at = now
        self._drawn = True
        self._stream.write(f"\r\x1b[2K{_bar(done, total)} {stage}")
        self._stream.flush()

    def close(self) -> None:
        """Erase the line."""
        if self._drawn:
            self._stream.write("\r\x1b[2K")
            self._stream.flush()
            self._drawn = False


def _bar(done: int, total: int) -> str:
    if total <= 0:
        return f"{done:>7}"
    filled = min(_BAR_CELLS, _BAR_CELLS * done // total)
    return f"[{'#' * filled}{'.' * (_BAR_CELLS - filled)}] {done}/{total}"
