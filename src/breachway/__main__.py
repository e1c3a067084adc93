"""``python -m breachway`` is the ``breachway`` command."""

from __future__ import annotations

from breachway.cli.main import main

if __name__ == "__main__":
    raise SystemExit(main())
