"""Assets that every platform knows by the same id."""

from __future__ import annotations

INTERNET_ID = "internet:Internet:internet"
