"""``breachway model``: read artefacts, model the attacks, write reports."""

from __future__ import annotations

import datetime
import os
import posixpath
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from breachway import __version__
from breachway.cli.collecting.arguments import add_live_arguments
from breachway.cli.exit_codes import ExitCode
from breachway.cli.progress import ProgressLine
from breachway.cli.rendering.arguments import add_values_argument
from breachway.cli.writing import write_whole
from breachway.errors import UnreadableInputError, UsageError

if TYPE_CHECKING:
    import argparse

    from breachway.analyses.assessment import Assessment
    from breachway.cli.collecting.live import Live
    from breachway.cli.streams import Streams
    from breachway.sources.configuration.objects import Configuration
    from breachway.sources.inventory import Inventory

FORMATS = {"terminal": "txt", "html": "html", "json": "json", "sarif": "sarif", "markdown": "md"}
_SEVERITIES = ("critical", "high", "medium", "low")
_CONFIGURATION = "breachway.yaml"
_NAMED = 5

_DESCRIPTION = """\
Read Kubernetes manifests, Compose files, Dockerfiles, ECS task definitions, saved images and scan reports, and report who can
attack what, how, and what to change.

PATH is a folder (read with its subfolders, .gitignore honoured), a file, or - for standard input.  Several paths make one model.
A folder that is a Helm chart or a kustomization is rendered with the helm, kubectl or kustomize on the PATH, without a network.
With --live a cluster is listed, read-only, and modelled, together with the paths if there are any.
"""

_EPILOG = """\
examples:
  breachway model .
  breachway model k8s/ compose.yaml Dockerfile
  breachway model chart/ --values production.yaml      a Helm chart, rendered with helm; a kustomization with kubectl
  breachway model . --format html --output report.html
  breachway model . --format terminal --format json --format sarif --output build/   one file each; the terminal report is printed
  breachway model --live --context staging             what runs in a cluster; with image scans: ... scans/
  breachway model . --fail-on high                    exit 1 when a path of severity high or worse is open

--fail-on looks at paths that no decision in breachway.yaml accepts.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``breachway model``."""
    parser.description = _DESCRIPTION
    parser.epilog = _EPILOG
    parser.add_argument("paths", nargs="*", metavar="PATH", help="a folder, a file, or - for standard input")
    add_live_arguments(parser)
    parser.add_argument(
        "--format",
        action="append",
        choices=tuple(FORMATS),
        metavar="FORMAT",
        help=f"one of {', '.join(FORMATS)}; may be given more than once (default: terminal)",
    )
    parser.add_argument(
        "--output",
        action="append",
        metavar="PATH",
        help="where to write: a file for each --format in turn, or one folder for all; - is standard output (default)",
    )
    parser.add_argument(
        "--fail-on",
        choices=("never", *_SEVERITIES),
        default="never",
        metavar="SEVERITY",
        help=f"exit 1 when a path of this severity or worse is open: {', '.join(_SEVERITIES)} (default: never)",
    )
    parser.add_argument(
        "--config",
        metavar="FILE",
        help=f"what no artefact can say (default: {_CONFIGURATION} in the first folder given, if there is one)",
    )
    add_values_argument(parser)
    parser.add_argument(
        "--colour", "--color", choices=("auto", "always", "never"), default="auto", help="colours on the terminal (default: auto)"
    )
    parser.add_argument(
        "--all",
        action="store_true",
        help="on the terminal: every path and every file that was not understood, not only the first few",
    )


def execute(options: argparse.Namespace, streams: Streams) -> ExitCode:
    """Run the pipeline and write what was asked for."""
    formats = tuple(dict.fromkeys(options.format or ["terminal"]))
    targets = _targets(formats, tuple(options.output or ()))
    live = _live(options, streams)
    assessment = assessment_of(
        options.paths,
        options.config,
        streams,
        live.inventory if live else None,
        tuple(options.values or ()),
        simulated=True,
    )
    _tell_unread(assessment, options.paths, streams)
    printed = ""
    for name, target in zip(formats, targets, strict=True):
        text = _rendered(assessment, name, options, streams, to_file=target is not None)
        if target is None:
            printed += text
        else:
            write_whole(target, text)
            streams.tell(f"{target} written\n")
    # Last, and without ending the gate: the reader of a pipe may leave early (``| head``).
    with suppress(BrokenPipeError):
        streams.say(printed)
    code = _gate(assessment, options.fail_on, streams)
    # A gate must not pass on half a cluster.
    return ExitCode.UNREADABLE_INPUT if code is ExitCode.CLEAN and live is not None and not live.whole else code


def _live(options: argparse.Namespace, streams: Streams) -> Live | None:
    """What --live collects; None without it."""
    if not options.live:
        if not options.paths:
            raise UsageError("no PATH to model", hint="breachway model .; or a cluster: breachway model --live")
        for name in ("context", "kubeconfig", "keep"):
            if getattr(options, name) is not None:
                raise UsageError(f"--{name} is about a cluster", hint="give --live too")
        return None
    from breachway.cli.collecting.live import read_live
    from breachway.cli.collecting.session import Request

    if options.config is not None:
        read_settings(options.config, options.paths)  # a mistake in it is said before a cluster is listed
    return read_live(Request(options.kubeconfig, options.context), options.keep, streams)


def assessment_of(
    paths: list[str],
    config: str | None,
    streams: Streams,
    live: Inventory | None = None,
    values: tuple[str, ...] = (),
    *,
    simulated: bool = False,
) -> Assessment:
    """Read, map and assess; the progress is shown on standard error when it takes a while.

    ``live`` is what was read from a cluster: it is modelled together with what the paths hold.  ``values`` are files of values
    for the Helm charts among the paths.  With ``simulated`` the risk of each threat is drawn too.
    """
    from breachway.analyses.assess import assess
    from breachway.cli.rendering.inputs import read_inputs
    from breachway.mapping.model_building import build_model
    from breachway.sources.inventory import Inventory
    from breachway.sources.live import joined
    from breachway.threats.loading import load_language

    progress = ProgressLine(streams.stderr)
    try:
        configuration = read_settings(config, paths)
        inventory = live or Inventory()
        if paths:
            files = read_inputs(
                paths,
                stdin=streams.stdin,
                progress=lambda done, total: progress("reading files", done, total),
                values=values,
                version=configuration.kubernetes.version if configuration else "",
            )
            inventory = files if live is None else joined(live, files)
        progress("mapping to the threat language", 0, 0)
        model = build_model(inventory, configuration)
        progress("searching for attack paths", 0, 0)
        today = datetime.datetime.now(tz=datetime.UTC).date().isoformat()
        return assess(model, load_language(), version=__version__, today=today, simulated=simulated)
    finally:
        progress.close()


def read_settings(config: str | None, paths: list[str]) -> Configuration | None:
    """Read the configuration that was named, or the one that lies in the first folder that has one; None when there is none."""
    from breachway.sources.configuration.reader import read_configuration
    from breachway.sources.discovery import no_such_path, printable
    from breachway.sources.text import Refusal, read_text

    named = [Path(config)] if config is not None else [Path(path) / _CONFIGURATION for path in paths if path != "-"]
    found = next((path for path in named if config is not None or path.is_file()), None)
    if found is None:
        return None
    label = printable(str(found))
    if config is not None and not os.path.lexists(found):
        raise no_such_path(config)
    text = read_text(found)
    if isinstance(text, Refusal):
        raise UnreadableInputError(
            f"{label}: {text.reason}", hint="--config takes a text file that you may read, like breachway.yaml"
        )
    return read_configuration(text, label)


def _tell_unread(assessment: Assessment, paths: list[str], streams: Streams) -> None:
    """Say on standard error which of the files that the user named were not modelled; the report lists all that were not."""
    from breachway.cli.messages import show
    from breachway.sources.discovery import printable

    named = {printable(posixpath.normpath(path)) for path in paths}
    lost = [problem for problem in assessment.model.unread if problem.severity == "file" and problem.location.document in named]
    for problem in lost[:_NAMED]:
        show(f"{problem.reason} (not modelled, the rest is)", problem.hint, problem.location, streams)
    if len(lost) > _NAMED:
        show(f"{len(lost) - _NAMED} more of the files named were not modelled", "the report lists them", None, streams)


def _targets(formats: tuple[str, ...], outputs: tuple[str, ...]) -> tuple[Path | None, ...]:
    """Where each format goes; None is standard output."""
    if not outputs:
        if sum(name != "terminal" for name in formats) > 1:
            raise UsageError(
                "several formats cannot share standard output", hint="give --output FOLDER, or one --output for each --format"
            )
        return tuple(None for _ in formats)
    if len(set(outputs) - {"-"}) < len([output for output in outputs if output != "-"]):
        raise UsageError("two formats go to one --output", hint="give each --format a file of its own, or one folder for all")
    if len(outputs) == len(formats) and not (len(outputs) == 1 and _is_folder(outputs[0])):
        return tuple(None if output == "-" else Path(output) for output in outputs)
    if len(outputs) == 1:
        folder = Path(outputs[0])
        return tuple(None if name == "terminal" else folder / f"report.{FORMATS[name]}" for name in formats)
    raise UsageError(
        f"{_count(formats, 'format')} and {_count(outputs, 'output')}",
        hint="give one --output for each --format, or one folder for all",
    )


def _count(things: tuple[str, ...], noun: str) -> str:
    return f"{len(things)} {noun}{'' if len(things) == 1 else 's'}"


def _is_folder(output: str) -> bool:
    return output.endswith("/") or Path(output).is_dir()


def _rendered(assessment: Assessment, name: str, options: argparse.Namespace, streams: Streams, *, to_file: bool) -> str:
    if name == "terminal":
        from breachway.reports.terminal import render

        colour = streams.wants_colour(options.colour) and not (to_file and options.colour == "auto")
        return render(assessment, width=80 if to_file else streams.width, colour=colour, verbose=options.all)
    module = {"json": "json_v1"}.get(name, name)
    text: str = import_module(f"breachway.reports.{module}").render(assessment)
    return text


def _gate(assessment: Assessment, fail_on: str, streams: Streams) -> ExitCode:
    if fail_on == "never":
        return ExitCode.CLEAN
    bad = set(_SEVERITIES[: _SEVERITIES.index(fail_on) + 1])
    open_paths = [path for path in assessment.paths if path.severity.value in bad and not path.decision]
    if not open_paths:
        return ExitCode.CLEAN
    names = ", ".join(path.id for path in open_paths[:_NAMED])
    more = f" and {len(open_paths) - _NAMED} more" if len(open_paths) > _NAMED else ""
    streams.tell(f"breachway: gate failed: {names}{more} of severity {fail_on} or worse\n")
    return ExitCode.GATE_FAILED
