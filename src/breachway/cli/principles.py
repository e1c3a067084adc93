"""``breachway principles``: defence in depth, attack surface, blast radius and segregation of duties as figures."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from breachway import __version__
from breachway.cli.exit_codes import ExitCode
from breachway.cli.model import read_settings
from breachway.cli.progress import ProgressLine
from breachway.cli.writing import write_whole

if TYPE_CHECKING:
    import argparse

    from breachway.analyses.principles import Principles
    from breachway.cli.streams import Streams

_FORMATS = ("text", "json")

_DESCRIPTION = """\
Print the principles as figures, with the lines they come from: how many
defences stand before each crown jewel (exact, or a bound that is called one),
what an attacker can work on, what falls with each asset, and which identities
hold both sides of a duty.
"""

_EPILOG = """\
examples:
  breachway principles .
  breachway principles k8s/ --all
  breachway principles . --format json --output principles.json
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``breachway principles``."""
    parser.description = _DESCRIPTION
    parser.epilog = _EPILOG
    parser.add_argument("paths", nargs="+", metavar="PATH", help="a folder, a file, or - for standard input")
    parser.add_argument("--format", choices=_FORMATS, default="text", metavar="FORMAT", help=f"one of {', '.join(_FORMATS)}")
    parser.add_argument("--output", metavar="FILE", help="write to this file (default: standard output)")
    parser.add_argument("--config", metavar="FILE", help="what no artefact can say (default: breachway.yaml in the first folder)")
    parser.add_argument("--all", action="store_true", help="list everything that was counted, not only the first of it")


def execute(options: argparse.Namespace, streams: Streams) -> ExitCode:
    """Count and print."""
    from breachway.reports.principles import render

    text = render(
        _figures(options, streams), options.format, width=80 if options.output else streams.width, everything=options.all
    )
    if options.output and options.output != "-":
        write_whole(Path(options.output), text)
        streams.tell(f"{options.output} written\n")
    else:
        with suppress(BrokenPipeError):
            streams.say(text)
    return ExitCode.CLEAN


def _figures(options: argparse.Namespace, streams: Streams) -> Principles:
    from breachway.analyses.principles import principles
    from breachway.mapping.model_building import build_model
    from breachway.sources.reading import read

    progress = ProgressLine(streams.stderr)
    try:
        configuration = read_settings(options.config, options.paths)
        inventory = read(options.paths, stdin=streams.stdin, progress=lambda done, total: progress("reading files", done, total))
        progress("mapping to the threat language", 0, 0)
        model = build_model(inventory, configuration)
        progress("counting", 0, 0)
        return principles(model, version=__version__)
    finally:
        progress.close()
