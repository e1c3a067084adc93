"""``breachway what-if``: what changes when an assumption or a defence is otherwise, or when an asset is the attacker's."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from breachway import __version__
from breachway.cli.exit_codes import ExitCode
from breachway.cli.model import read_settings
from breachway.cli.progress import ProgressLine
from breachway.cli.simulate import actors_named, horizon, whole
from breachway.cli.writing import write_whole
from breachway.errors import UsageError

if TYPE_CHECKING:
    import argparse

    from breachway.analyses.what_if import Question, WhatIf
    from breachway.cli.streams import Streams

_FORMATS = ("text", "json")
_FEWEST_SAMPLES = 64
_MOST_SAMPLES = 1_000_000

_DESCRIPTION = """\
Suppose that an assumption holds or not, that a defence is in force or not, or
that an asset is the attacker's, and print what changes: what each attacker
reaches, how likely and how soon, and what falls with each asset.  Nothing is
written; the model before and after is sampled on the same random numbers.
"""

_EPILOG = """\
examples:
  breachway what-if . --set network-policy-enforced=off
  breachway what-if . --set 'shop/Deployment/checkout/app.notPrivileged=off'
  breachway what-if . --compromise shop/Deployment/checkout/app
  breachway what-if . --set kernel-patched=off --actor A1 --format json

An asset goes by its id, by what follows the kind in it, or by its name.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``breachway what-if``."""
    parser.description = _DESCRIPTION
    parser.epilog = _EPILOG
    parser.add_argument("paths", nargs="+", metavar="PATH", help="a folder, a file, or - for standard input")
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="ID=on|off",
        help="an assumption, or ASSET.defence; may be given more than once",
    )
    parser.add_argument("--compromise", default="", metavar="ASSET", help="an asset that is the attacker's from the start")
    parser.add_argument("--horizon", default="30d", metavar="TIME", help="a number and h, d, w or y (default: 30d)")
    parser.add_argument("--samples", default="4096", metavar="N", help="draw N samples of each model (default: 4096)")
    parser.add_argument("--seed", default="0", metavar="N", help="of the random numbers (default: 0)")
    parser.add_argument(
        "--actor", action="append", default=[], metavar="NAME", help="an attacker, as A1 or external; may be given more than once"
    )
    parser.add_argument("--format", choices=_FORMATS, default="text", metavar="FORMAT", help=f"one of {', '.join(_FORMATS)}")
    parser.add_argument("--output", metavar="FILE", help="write to this file (default: standard output)")
    parser.add_argument("--config", metavar="FILE", help="what no artefact can say (default: breachway.yaml in the first folder)")
    parser.add_argument("--all", action="store_true", help="list all that changes, not only the first few")


def execute(options: argparse.Namespace, streams: Streams) -> ExitCode:
    """Compare and print."""
    from breachway.reports.what_if import render

    answer = _answer(options, _question(options), streams)
    text = render(answer, options.format, width=80 if options.output else streams.width, everything=options.all)
    if options.output and options.output != "-":
        write_whole(Path(options.output), text)
        streams.tell(f"{options.output} written\n")
    else:
        with suppress(BrokenPipeError):
            streams.say(text)
    return ExitCode.CLEAN


def _question(options: argparse.Namespace) -> Question:
    from breachway.analyses.what_if import Question

    if not options.set and not options.compromise:
        raise UsageError("nothing is supposed", hint="give --set ID=on|off or --compromise ASSET")
    return Question(
        settings=tuple(options.set),
        compromised=options.compromise,
        actors=actors_named(options.actor),
        samples=whole(options.samples, "--samples", _FEWEST_SAMPLES, _MOST_SAMPLES),
        seed=whole(options.seed, "--seed", 0, 2**64 - 1),
        horizon=horizon(options.horizon),
    )


def _answer(options: argparse.Namespace, question: Question, streams: Streams) -> WhatIf:
    from breachway.analyses.what_if import what_if
    from breachway.mapping.model_building import build_model
    from breachway.sources.reading import read

    progress = ProgressLine(streams.stderr)
    try:
        configuration = read_settings(options.config, options.paths)
        inventory = read(options.paths, stdin=streams.stdin, progress=lambda done, total: progress("reading files", done, total))
        progress("mapping to the threat language", 0, 0)
        model = build_model(inventory, configuration)
        progress("drawing samples", 0, 0)
        return what_if(model, question=question, version=__version__)
    finally:
        progress.close()
