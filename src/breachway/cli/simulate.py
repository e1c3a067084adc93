"""``breachway simulate``: how likely and how soon each attacker reaches each crown jewel."""

from __future__ import annotations

import math
import re
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from breachway import __version__
from breachway.cli.exit_codes import ExitCode
from breachway.cli.model import read_settings
from breachway.cli.progress import ProgressLine
from breachway.cli.writing import write_whole
from breachway.errors import UsageError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from breachway.analyses.simulation import Settings, Simulation
    from breachway.cli.streams import Streams
    from breachway.model import CrownJewel, Model

_FORMATS = ("text", "json", "markdown")
_UNITS = {"h": 1 / 24, "d": 1.0, "w": 7.0, "y": 365.25}
_LONGEST = 36525.0
_MOST_SAMPLES = 10_000_000
_FEWEST_SAMPLES = 64
_NEAR = 3

_DESCRIPTION = """\
Simulate the attacks on a model many times over, and print for each attacker
and each crown jewel the probability of compromise within the horizon, the time
that half of the attackers need, and the steps that most of them pass.

Times to compromise come from the threat language, where each names its source;
what nobody can read from the files is an assumption with a probability.  The
figures are for comparison: nothing calibrates them as frequencies.
"""

_EPILOG = """\
examples:
  breachway simulate .
  breachway simulate k8s/ --horizon 7d --actor A1
  breachway simulate . --goal 'the data of' --format json
  breachway simulate . --sensitivity                  which question to answer first
  breachway simulate . --samples 100000 --precision 0.1 --seed 7

The same input and seed give the same figures, on any number of processors.
Interrupted (Ctrl-C), it prints what was drawn until then and says so.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``breachway simulate``."""
    parser.description = _DESCRIPTION
    parser.epilog = _EPILOG
    parser.add_argument("paths", nargs="+", metavar="PATH", help="a folder, a file, or - for standard input")
    parser.add_argument("--horizon", default="30d", metavar="TIME", help="a number and h, d, w or y (default: 30d)")
    parser.add_argument("--samples", default="10000", metavar="N", help="draw at most N samples (default: 10000)")
    parser.add_argument(
        "--precision",
        default="1",
        metavar="PERCENT",
        help="stop when every interval is at most this wide on either side (default: 1)",
    )
    parser.add_argument("--seed", default="0", metavar="N", help="of the random numbers (default: 0)")
    parser.add_argument(
        "--actor", action="append", default=[], metavar="NAME", help="an attacker, as A1 or external; may be given more than once"
    )
    parser.add_argument(
        "--goal",
        action="append",
        default=[],
        metavar="TEXT",
        help="crown jewels whose title or asset holds TEXT; may be given more than once",
    )
    parser.add_argument("--format", choices=_FORMATS, default="text", metavar="FORMAT", help=f"one of {', '.join(_FORMATS)}")
    parser.add_argument("--output", metavar="FILE", help="write to this file (default: standard output)")
    parser.add_argument("--config", metavar="FILE", help="what no artefact can say (default: breachway.yaml in the first folder)")
    parser.add_argument(
        "--sensitivity",
        action="store_true",
        help="try each assumption and each source of times both ways, and rank them by how much they move the figures",
    )
    parser.add_argument("--all", action="store_true", help="list every source and assumption, not only the first few")


def execute(options: argparse.Namespace, streams: Streams) -> ExitCode:
    """Simulate and print the figures."""
    from breachway.reports.simulation import render

    settings = _settings(options)
    actors = actors_named(options.actor)
    simulation = _simulation(options, settings, actors, streams)
    text = render(simulation, options.format, width=80 if options.output else streams.width, everything=options.all)
    if options.output and options.output != "-":
        write_whole(Path(options.output), text)
        streams.tell(f"{options.output} written\n")
    else:
        with suppress(BrokenPipeError):
            streams.say(text)
    return ExitCode.INTERRUPTED if simulation.stopped == "interrupted" else ExitCode.CLEAN


def _simulation(options: argparse.Namespace, settings: Settings, actors: Sequence[str], streams: Streams) -> Simulation:
    from breachway.analyses.simulation import simulate
    from breachway.mapping.model_building import build_model
    from breachway.sources.reading import read

    progress = ProgressLine(streams.stderr)
    try:
        configuration = read_settings(options.config, options.paths)
        inventory = read(options.paths, stdin=streams.stdin, progress=lambda done, total: progress("reading files", done, total))
        progress("mapping to the threat language", 0, 0)
        model = build_model(inventory, configuration)
        jewels = goals_named(options.goal, model)
        return simulate(
            model,
            settings=settings,
            actors=actors,
            jewels=jewels,
            version=__version__,
            progress=lambda done, total: progress("drawing samples", done, total),
        )
    finally:
        progress.close()


def _settings(options: argparse.Namespace) -> Settings:
    from breachway.analyses.simulation import Settings

    precision = _number(options.precision, "--precision", 0.01, 50.0)
    return Settings(
        samples=whole(options.samples, "--samples", _FEWEST_SAMPLES, _MOST_SAMPLES),
        seed=whole(options.seed, "--seed", 0, 2**64 - 1),
        horizon=horizon(options.horizon),
        precision=precision / 100,
        sensitivity=options.sensitivity,
    )


def horizon(text: str) -> float:
    """Days of "30d", "12h", "2w" or "1y"; :class:`UsageError` for anything else and for what is out of range."""
    found = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?)([hdwy])", text.strip().lower(), re.ASCII)
    if not found:
        raise UsageError(f"{text} is no length of time", hint="a number and a unit: 12h, 30d, 2w or 1y")
    days = float(found[1]) * _UNITS[found[2]]
    if not 0 < days <= _LONGEST:
        raise UsageError(f"a horizon of {text} is out of range", hint="it is longer than nothing and at most 100y")
    return days


def whole(text: str, option: str, least: int, most: int) -> int:
    """The whole number of an option; :class:`UsageError` for anything else and for what is out of range."""
    if not re.fullmatch(r"[0-9]{1,20}", text, re.ASCII) or not least <= int(text) <= most:
        raise UsageError(f"{option} {text} is out of range", hint=f"a whole number from {least:,} to {most:,}")
    return int(text)


def _number(text: str, option: str, least: float, most: float) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not least <= value <= most:
        raise UsageError(f"{option} {text} is out of range", hint=f"a number of per cent from {least:g} to {most:g}")
    return value


def actors_named(names: Sequence[str]) -> tuple[str, ...]:
    """Ids of the attackers named by id or by a word of their title; :class:`UsageError` for a name that fits none."""
    from breachway.threats.actors import ACTORS

    found = []
    for name in names:
        word = name.strip().lower()
        matching = [info.id for info in ACTORS if word and (word == info.id.lower() or word in info.title.lower())]
        if not matching:
            known = ", ".join(f"{info.id} {info.title}" for info in ACTORS)
            raise UsageError(f"there is no attacker {name}", hint=f"there are {known}")
        found += matching
    return tuple(dict.fromkeys(found))


def goals_named(texts: Sequence[str], model: Model) -> tuple[CrownJewel, ...]:
    """The crown jewels that are meant; all of them when none is named."""
    if not texts:
        return model.crown_jewels
    found: dict[CrownJewel, None] = {}
    for text in texts:
        word = text.strip().lower()
        matching = [
            jewel for jewel in model.crown_jewels if word and (word in jewel.title.lower() or word in jewel.asset.lower())
        ]
        if not matching:
            raise UsageError(f"no crown jewel is called {text}", hint=_nearest(word, model))
        found |= dict.fromkeys(matching)
    return tuple(found)


def _nearest(word: str, model: Model) -> str:
    from difflib import SequenceMatcher

    titles = sorted({jewel.title for jewel in model.crown_jewels})
    if not titles:
        return "the model has none; name what matters in breachway.yaml (crown_jewels)"
    titles.sort(key=lambda title: -SequenceMatcher(None, word, title.lower()).ratio())
    return f"the nearest: {'; '.join(titles[:_NEAR])}"
