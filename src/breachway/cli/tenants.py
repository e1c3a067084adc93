"""``breachway tenants``: which tenant may reach which, by what way, and the path behind each cell of that matrix."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from breachway.cli.exit_codes import ExitCode
from breachway.cli.progress import ProgressLine
from breachway.cli.rendering.arguments import add_values_argument
from breachway.cli.writing import write_whole
from breachway.errors import NothingToReadError, UsageError

if TYPE_CHECKING:
    import argparse

    from breachway.analyses.tenancy import TenancyMatrix
    from breachway.analyses.tenancy_matrix import Tenancy
    from breachway.cli.streams import Streams
    from breachway.model import Model
    from breachway.sources.configuration.objects import Configuration

_FORMATS = ("terminal", "json", "markdown")
_LABEL = "label="
_NAMED = 5
_OPENED = 40
_WHOLE = 400
"""More tenants than this have hundreds of thousands of cells that nobody reads."""

_DESCRIPTION = """\
Print who may reach whom among the tenants of a cluster: over the network, by
rights, over a machine that both use, by a shared volume or secret, and by
taking what the other needs.  Everything that runs in a tenant is taken for the
attacker's.

Tenants are the namespaces, without those of the platform (kube-*, openshift-*);
or those that breachway.yaml names under tenants; or, with --by, one for each
value of a label of namespaces, workloads or Compose services.
"""

_EPILOG = """\
examples:
  breachway tenants k8s/
  breachway tenants k8s/ --by label=team
  breachway tenants k8s/ --from shop                 all that shop reaches
  breachway tenants k8s/ --from shop --to payments   one cell, with its paths
  breachway tenants k8s/ --format json --output tenants.json
"""


class _Asked(NamedTuple):
    """The ends that were asked for; empty for any."""

    source: str
    target: str


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``breachway tenants``."""
    parser.description = _DESCRIPTION
    parser.epilog = _EPILOG
    parser.add_argument("paths", nargs="+", metavar="PATH", help="a folder, a file, or - for standard input")
    add_values_argument(parser)
    parser.add_argument("--by", default="namespace", metavar="WHAT", help="namespace (default), label=KEY or label=KEY=VALUE")
    parser.add_argument("--from", dest="source", default="", metavar="T", help="only from this tenant")
    parser.add_argument("--to", dest="target", default="", metavar="T", help="only to this tenant; with --from, opens the cell")
    parser.add_argument("--format", choices=_FORMATS, default="terminal", metavar="FORMAT", help=f"one of {', '.join(_FORMATS)}")
    parser.add_argument("--output", metavar="FILE", help="write to this file (default: standard output)")
    parser.add_argument("--config", metavar="FILE", help="the breachway.yaml to use")
    parser.add_argument(
        "--colour", "--color", choices=("auto", "always", "never"), default="auto", help="colours on the terminal (default: auto)"
    )


def execute(options: argparse.Namespace, streams: Streams) -> ExitCode:
    """Work the matrix out and print it, or the part that was asked for."""
    progress = ProgressLine(streams.stderr)
    try:
        model = _model(options, streams, progress)
        progress("looking who reaches whom", 0, 0)
        matrix = _matrix(model)
        asked = _asked(options, matrix)
        tenancy = _tenancy(matrix, asked)
    finally:
        progress.close()
    text = _text(tenancy, asked, model, options, streams)
    if options.output and options.output != "-":
        write_whole(Path(options.output), text)
        streams.tell(f"{options.output} written\n")
    else:
        with suppress(BrokenPipeError):
            streams.say(text)
    return ExitCode.CLEAN


def _model(options: argparse.Namespace, streams: Streams, progress: ProgressLine) -> Model:
    from breachway.cli.messages import show
    from breachway.cli.model import read_settings
    from breachway.cli.rendering.inputs import read_inputs
    from breachway.mapping.model_building import build_model

    configuration = _divided(options.by, read_settings(options.config, options.paths))
    inventory = read_inputs(
        options.paths,
        values=options.values or (),
        stdin=streams.stdin,
        progress=lambda done, total: progress("reading files", done, total),
    )
    progress("mapping to the threat language", 0, 0)
    model = build_model(inventory, configuration)
    progress.close()
    for problem in [item for item in model.unread if item.severity in {"file", "object"}][:_NAMED]:
        show(f"{problem.reason} (left out, the rest is worked out)", problem.hint, problem.location, streams)
    return model


def _divided(by: str, configuration: Configuration | None) -> Configuration | None:
    """The configuration with the tenants that the command line names in the place of its own."""
    if by == "namespace":
        return configuration
    label = by.removeprefix(_LABEL)
    key, equals, value = label.partition("=")
    if not by.startswith(_LABEL) or not key or (equals and not value):
        raise UsageError(f"--by {by} is neither namespace nor a label", hint="--by label=team, or --by label=team=payments")
    from breachway.evidence import Location
    from breachway.sources.configuration.objects import Configuration, Tenant

    tenant = Tenant(location=Location("--by", "", 0, 0), name=value, label=label)
    return replace(configuration or Configuration(), tenants=(tenant,))


def _matrix(model: Model) -> TenancyMatrix:
    from breachway.analyses.tenancy import TenancyMatrix
    from breachway.analyses.tenancy_ground import ground_of
    from breachway.graph.generation import generate
    from breachway.threats.loading import load_language

    language = load_language()
    ground = ground_of(model, language)
    if ground is None:
        raise NothingToReadError(
            "there are fewer than two tenants in what was read",
            hint="tenants are namespaces; or name them: --by label=KEY, or tenants in breachway.yaml",
        )
    return TenancyMatrix(generate(language, model), ground)


def _asked(options: argparse.Namespace, matrix: TenancyMatrix) -> _Asked:
    from breachway.analyses.tenancy import shown
    from breachway.analyses.tenancy_matrix import HolderKind

    holders = shown(matrix.ground)
    names = [holder.name for holder in holders]
    rows = [holder.name for holder in holders if holder.kind is not HolderKind.PLATFORM]
    for option, name, known in (("--from", options.source, rows), ("--to", options.target, names)):
        if name in names and name not in known:
            raise UsageError(f"--from {name}: the platform is reached, and reaches everything itself", hint=f"--to {name}")
        if name and name not in known:
            near = get_close_matches(name, known, n=3) or known[:3]
            raise UsageError(f"{option} {name}: there is no such tenant", hint=f"there is {', '.join(near)}")
    if options.source and options.source == options.target:
        raise UsageError("--from and --to name the same tenant", hint="name two")
    if not options.source and not options.target and len(names) > _WHOLE:
        raise UsageError(
            f"{len(names)} tenants are too many for one matrix",
            hint=f"name one end, such as --from {names[0]}, or divide by a label",
        )
    return _Asked(options.source, options.target)


def _tenancy(matrix: TenancyMatrix, asked: _Asked) -> Tenancy:
    """All cells; those that were asked for are opened: of one tenant the worst few, of a pair every one."""
    from breachway.analyses.tenancy import machines, shown, together
    from breachway.analyses.tenancy_matrix import Tenancy
    from breachway.reports.tenancy import worst_cells

    wanted = matrix.cells(source=asked.source, target=asked.target)
    chosen = wanted if asked.source and asked.target else worst_cells(wanted, _OPENED)
    opened = {(cell.source, cell.target, cell.way): cell for cell in matrix.opened(chosen)}
    kept = tuple(opened.get((cell.source, cell.target, cell.way), cell) for cell in wanted)
    closed = matrix.closed(wanted, (asked.source, asked.target)) if all(asked) else ()
    return Tenancy(
        holders=shown(matrix.ground),
        cells=kept,
        closed=closed,
        machines=machines(matrix.graph.model, matrix.ground),
        together=together(matrix.graph.model, matrix.ground),
    )


def _text(tenancy: Tenancy, asked: _Asked, model: Model, options: argparse.Namespace, streams: Streams) -> str:
    if options.format == "json":
        from breachway.reports.json_text import document
        from breachway.reports.json_v1 import evidence_as_json, path_as_json
        from breachway.reports.json_v1.tenancy import tenancy_as_json

        return document({"schema": "breachway.tenants/1", **tenancy_as_json(tenancy, path_as_json, evidence_as_json)})
    if options.format == "markdown":
        from breachway.reports.tenancy_markdown import tenancy_lines

        return "".join(f"{line}\n" for line in tenancy_lines(tenancy))
    from breachway.reports.terminal.layout import Page
    from breachway.reports.terminal.places import places_in
    from breachway.reports.terminal.tenancy import write_command

    to_file = bool(options.output) and options.output != "-"
    colour = streams.wants_colour(options.colour) and not (to_file and options.colour == "auto")
    page = Page(width=80 if to_file else max(streams.width, 40), colour=colour, places=places_in(model.documents))
    write_command(page, tenancy, asked.source, asked.target)
    return page.text()
