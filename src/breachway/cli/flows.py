"""``breachway flows``: which connections the network policies allow, and which line of which policy allows each."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from breachway.cli.exit_codes import ExitCode
from breachway.cli.progress import ProgressLine
from breachway.cli.rendering.arguments import add_values_argument
from breachway.cli.writing import write_whole
from breachway.errors import NothingToReadError

if TYPE_CHECKING:
    import argparse

    from breachway.cli.streams import Streams
    from breachway.mapping.kubernetes.network.connections.table import ConnectionTable

_FORMATS = ("text", "json", "markdown", "csv")

_DESCRIPTION = """\
Print the connections that NetworkPolicy, AdminNetworkPolicy and
BaselineAdminNetworkPolicy allow between workloads, and between workloads and
addresses outside, with their ports.  Each comes with the line of the policy
that allows it on the way out and on the way in, or says that none selects it.

Workloads that no policy tells apart share a line.  Pods on the network of
their host (hostNetwork) are outside of all policies, as with most network
plugins.  Unless the input shows a plugin that does not, it is taken that the
cluster's network plugin enforces policies.
"""

_EPILOG = """\
examples:
  breachway flows k8s/
  breachway flows k8s/ --from shop/web           what web may reach
  breachway flows k8s/ --to shop/orders-db       who may reach the database
  breachway flows k8s/ --from outside --to shop/ from any address to a namespace
  breachway flows k8s/ --from ingress            what Ingresses and Routes open
  breachway flows k8s/ --to 169.254.169.254      who may ask for cloud keys
  kubectl get pods,netpol,ns -A -o yaml | breachway flows - --format csv
"""

_END = "a workload (web, shop/web), a namespace (shop/), an address or CIDR, outside"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``breachway flows``."""
    parser.description = _DESCRIPTION
    parser.epilog = _EPILOG
    parser.add_argument("paths", nargs="+", metavar="PATH", help="a folder, a file, or - for standard input")
    add_values_argument(parser)
    parser.add_argument("--from", dest="source", default="", metavar="X", help=f"{_END}, or ingress")
    parser.add_argument("--to", dest="target", default="", metavar="Y", help=_END)
    parser.add_argument(
        "--format", choices=_FORMATS, default="text", metavar="FORMAT", help=f"one of {', '.join(_FORMATS)} (default: text)"
    )
    parser.add_argument("--output", metavar="FILE", help="write to this file (default: standard output)")


def execute(options: argparse.Namespace, streams: Streams) -> ExitCode:
    """Evaluate the policies and print the table."""
    from breachway.analyses.connections import choose, connection_rows
    from breachway.cli.messages import show
    from breachway.reports.flows import render

    table = _table(options.paths, options.values or [], streams)
    rows = connection_rows(table, choose(table, options.source), choose(table, options.target))
    unread = tuple(f"{place.document}:{place.line}: {what}" for place, what in table.unread)
    plugin = table.plugin
    if plugin is not None and not plugin.enforces:
        show(
            f"the network plugin {plugin.name} enforces no policy: every connection is open unless another plugin runs beside it",
            "what follows is what the policies say",
            plugin.location,
            streams,
        )
    width = 80 if options.output else streams.width
    text = render(rows, options.format, summary=_summary(table, len(rows)), unread=unread, width=width)
    if options.output and options.output != "-":
        write_whole(Path(options.output), text)
        streams.tell(f"{options.output} written\n")
    else:
        with suppress(BrokenPipeError):
            streams.say(text)
    return ExitCode.CLEAN


def _table(paths: list[str], values: list[str], streams: Streams) -> ConnectionTable:
    from breachway.cli.messages import show
    from breachway.cli.rendering.inputs import read_inputs
    from breachway.cli.unlisted_warning import warn_unlisted
    from breachway.mapping.kubernetes.network.connections.table import connection_table
    from breachway.mapping.kubernetes.unlisted.silence import POLICIES

    progress = ProgressLine(streams.stderr)
    try:
        inventory = read_inputs(
            paths, values=values, stdin=streams.stdin, progress=lambda done, total: progress("reading files", done, total)
        )
        progress("evaluating policies", 0, 0)
        table = connection_table(inventory.kubernetes)
    finally:
        progress.close()
    for problem in inventory.unread:
        if problem.severity in {"file", "object"}:
            show(f"{problem.reason} (left out, the rest is evaluated)", problem.hint, problem.location, streams)
    warn_unlisted(inventory.kubernetes, POLICIES, "what follows is what the listed policies say; others may change it", streams)
    if not table.units:
        raise NothingToReadError(
            "there is no Kubernetes workload in what was read",
            hint="breachway flows reads manifests or a dump: kubectl get pods,networkpolicies,namespaces -A -o yaml",
        )
    return table


def _summary(table: ConnectionTable, rows: int) -> str:
    from breachway.analyses.connections import idle_policy_count, open_workloads, policy_count

    policies = policy_count(table)
    subjects = len({unit.subject for unit in table.units})
    free = len(open_workloads(table))
    idle = idle_policy_count(table)
    without = f", {idle} without a workload here" if idle else ""
    return (
        f"{_count(subjects, 'workload')}, {_count(policies, 'policy', 'policies')}{without}; "
        f"{_count(free, 'workload')} held back by none.  {_count(rows, 'line')} below."
    )


def _count(number: int, noun: str, plural: str = "") -> str:
    return f"{number} {noun if number == 1 else plural or noun + 's'}"
