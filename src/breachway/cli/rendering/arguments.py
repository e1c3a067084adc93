"""What the command line says about rendering."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse


def add_values_argument(parser: argparse.ArgumentParser) -> None:
    """Add ``--values``."""
    parser.add_argument(
        "--values",
        action="append",
        metavar="FILE",
        help="values for the Helm charts among the paths, over those of the chart; may be given more than once",
    )
