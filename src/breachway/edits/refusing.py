"""Why an edit is not made."""

from __future__ import annotations


class EditRefusedError(Exception):
    """The edit cannot be made safely; the message says why, in words that follow "not edited: "."""
