"""``breachway fix``: the cheapest set of fixes that closes every way, with the exact change of each file."""

from __future__ import annotations

import datetime
import math
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from breachway import __version__
from breachway.cli.exit_codes import ExitCode
from breachway.cli.model import read_settings
from breachway.cli.progress import ProgressLine
from breachway.cli.simulate import goals_named
from breachway.cli.writing import write_whole
from breachway.errors import UsageError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

    from breachway.analyses.assessment import Assessment
    from breachway.analyses.fixing import Fixing, Question
    from breachway.cli.streams import Streams
    from breachway.model import Model
    from breachway.sources.configuration.objects import Configuration
    from breachway.sources.originals import OriginalFile

_FORMATS = ("text", "json", "diff")
_MOST = 1_000_000.0

_DESCRIPTION = """\
Find the cheapest set of fixes after which no attacker reaches a crown jewel,
proven to be the cheapest, and print each with the change of your file.  With a
budget: the set that protects most.  The model is run again with the changed
files, and what is not closed then is said.
"""

_EPILOG = """\
examples:
  breachway fix .                                  what to do, cheapest set first
  breachway fix . --diff                           with the changes of the files
  breachway fix . --budget 6 --goal 'card'         the most for a budget
  breachway fix . --accept F3 --accept host-pid    without these
  breachway fix . --show F1                        one fix and its change
  breachway fix . --format diff | git apply        or let --apply write it
  breachway fix . --apply                          a copy of each file is kept

--format diff repeats lines of your files as they stand, secrets too; the other
formats leave values beside a change out.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``breachway fix``."""
    parser.description = _DESCRIPTION
    parser.epilog = _EPILOG
    parser.add_argument("paths", nargs="+", metavar="PATH", help="a folder, a file, or - for standard input")
    parser.add_argument("--show", default="", metavar="ID", help="show this fix alone, by its id in the report")
    parser.add_argument("--budget", metavar="N", help="spend at most N: close the most that this can")
    parser.add_argument(
        "--goal",
        action="append",
        default=[],
        metavar="TEXT",
        help="crown jewels whose title or asset holds TEXT; may be given more than once",
    )
    parser.add_argument(
        "--accept",
        action="append",
        default=[],
        metavar="ID",
        help="leave this fix, or this weakness, as it is; may be given more than once",
    )
    parser.add_argument("--apply", action="store_true", help="write the changes, after a copy of each file, and model again")
    parser.add_argument("--diff", action="store_true", help="print the changes of the files with the text")
    parser.add_argument("--format", choices=_FORMATS, default="text", metavar="FORMAT", help=f"one of {', '.join(_FORMATS)}")
    parser.add_argument("--output", metavar="FILE", help="write to this file (default: standard output)")
    parser.add_argument("--config", metavar="FILE", help="what no artefact can say (default: breachway.yaml in the first folder)")


def execute(options: argparse.Namespace, streams: Streams) -> ExitCode:
    """Decide, print, and write the changes when that is asked for."""
    from breachway.reports.remedies import render

    budget = None if options.budget is None else _budget(options.budget)
    run = _Run(options, streams)
    try:
        fixing = run.decide(budget)
    finally:
        run.progress.close()
    text = render(fixing, options.format, width=80 if options.output else streams.width, diff=bool(options.diff or options.show))
    if options.format == "diff" and not options.output and streams.stdout.isatty():
        from breachway.reports.escaping import terminal

        text = "".join(f"{terminal(line)}\n" for line in text.split("\n")[:-1])
    if options.output and options.output != "-":
        write_whole(Path(options.output), text)
        streams.tell(f"{options.output} written\n")
    else:
        with suppress(BrokenPipeError):
            streams.say(text)
    if not options.apply:
        return ExitCode.CLEAN
    return run.apply(fixing)


class _Run:
    """One run of the command; standard input is read once and kept."""

    def __init__(self, options: argparse.Namespace, streams: Streams) -> None:
        self._options = options
        self._streams = streams
        self.progress = ProgressLine(streams.stderr)
        self._configuration: Configuration | None = read_settings(options.config, options.paths)
        self._stdin = streams.stdin.read() if "-" in options.paths else b""
        self._files: dict[str, OriginalFile] = {}

    def _model(self, replaced: Mapping[str, str]) -> Model:
        import io

        from breachway.mapping.model_building import build_model
        from breachway.sources.reading import read

        inventory = read(
            self._options.paths,
            stdin=io.BytesIO(self._stdin),
            progress=lambda done, total: self.progress("reading files", done, total),
            replaced=replaced,
        )
        self.progress("mapping to the threat language", 0, 0)
        return build_model(inventory, self._configuration)

    def _assessment(self) -> Assessment:
        from breachway.analyses.assess import assess
        from breachway.threats.loading import load_language

        model = self._model({})
        self.progress("searching for attack paths", 0, 0)
        today = datetime.datetime.now(tz=datetime.UTC).date().isoformat()
        return assess(model, load_language(), version=__version__, today=today)

    def decide(self, budget: float | None) -> Fixing:
        """Read, assess and decide."""
        from breachway.analyses.fixing import Question, decide
        from breachway.sources.originals import originals

        assessment = self._assessment()
        model = assessment.model
        costs = self._configuration.costs if self._configuration else ()
        question = Question(
            jewels=goals_named(self._options.goal, model),
            costs=tuple((one.weakness, one.cost) for one in costs),
            budget=budget,
            accepted=tuple(self._options.accept),
            only=self._options.show,
            piped=self._stdin.decode("utf-8", "replace"),
        )
        self._files = originals(self._options.paths, {summary.document for summary in model.documents})
        self._known_costs(question)
        return decide(
            assessment,
            question,
            self._files,
            self._model,
            progress=lambda turn, ways: self.progress(f"looking for ways that are left, round {turn}", ways, ways),
        )

    def _known_costs(self, question: Question) -> None:
        from difflib import get_close_matches

        from breachway.threats.catalogue import weakness_by_key

        for key, _ in question.costs:
            if key not in weakness_by_key():
                near = get_close_matches(key, sorted(weakness_by_key()), n=1)
                raise UsageError(
                    f"costs: there is no weakness {key}", hint=f"did you mean {near[0]}?" if near else "breachway explain KEY"
                )

    def apply(self, fixing: Fixing) -> ExitCode:
        """Write the changes, run the model on the files as they now are, and say what came of it."""
        from breachway.cli.applying import FileChange, apply_changes
        from breachway.reports.escaping import terminal

        if not fixing.changed:
            self._streams.tell("no file needs a change that can be made here\n")
            return ExitCode.CLEAN
        changes = [FileChange(self._files[one.document].path, one.before, one.after) for one in fixing.changed]
        copies = apply_changes(changes, [path for path in self._options.paths if path != "-"])
        for change, copy in zip(changes, copies, strict=True):
            self._streams.tell(f"{terminal(str(change.path))} changed; as it was: {terminal(copy.name)}\n")
        after = self._open_after(fixing)
        closed = len(fixing.closable) - after
        self._streams.tell(f"run again on the files: {closed} of {len(fixing.closable)} goals closed, {after} open\n")
        by_hand = [remedy.id for remedy in fixing.remedies if not remedy.edited]
        if by_hand:
            self._streams.tell(f"left to do by hand: {', '.join(by_hand)}\n")
        unverified = [remedy.id for remedy in fixing.remedies if remedy.edited and not remedy.verified]
        if unverified:
            self._streams.tell(f"not verified: {', '.join(unverified)}\n")
        return ExitCode.CLEAN

    def _open_after(self, fixing: Fixing) -> int:
        from breachway.analyses.remedies import look_again
        from breachway.threats.loading import load_language

        try:
            afterwards = look_again(self._model({}), load_language(), fixing.pairs, (), ())
        finally:
            self.progress.close()
        return sum(afterwards.edited[position] > 0 for position in fixing.closable)


def _budget(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 <= value <= _MOST:
        raise UsageError(
            f"--budget {text} is out of range", hint=f"a number from 0 to {_MOST:,.0f}; a line of configuration costs 1"
        )
    return value
