"""``breachway collect``: write a dump of a live cluster, to be modelled here or elsewhere."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from breachway.cli.collecting.arguments import add_cluster_arguments
from breachway.cli.collecting.session import Request, run_collection, summary
from breachway.cli.exit_codes import ExitCode
from breachway.cli.messages import show
from breachway.errors import UsageError
from breachway.reports.escaping import terminal

if TYPE_CHECKING:
    import argparse

    from breachway.cli.streams import Streams

_NAMESPACE = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\Z")

_DESCRIPTION = """\
List what a cluster runs, read-only, and write it to a folder that breachway model reads.  Of Secrets, only keys and lengths are
written.  What may not be listed is recorded as unknown.  A run that is interrupted leaves a usable dump, and the same command
continues it.  Needs the official client: pip install 'breachway[live]'
"""

_EPILOG = """\
examples:
  breachway collect cluster/                          the current context of the kubeconfig
  breachway collect cluster/ --context staging
  breachway model cluster/
  breachway collect --print-rbac | kubectl apply -f -  an account with the least rights that this needs
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``breachway collect``."""
    parser.description = _DESCRIPTION
    parser.epilog = _EPILOG
    parser.add_argument("folder", nargs="?", metavar="FOLDER", help="where the dump goes: new, empty, or one to continue")
    add_cluster_arguments(parser)
    parser.add_argument(
        "--skip",
        action="append",
        metavar="RESOURCE",
        help="leave a resource out, named as for kubectl: secrets, rollouts.argoproj.io",
    )
    parser.add_argument("--page-size", type=int, default=500, metavar="N", help="objects asked for at a time (default: 500)")
    parser.add_argument("--qps", type=float, default=20.0, metavar="N", help="requests a second at most (default: 20)")
    parser.add_argument(
        "--timeout", type=float, default=30.0, metavar="SECONDS", help="how long the server may be silent (default: 30)"
    )
    parser.add_argument("--fresh", action="store_true", help="start anew where FOLDER holds a collection")
    parser.add_argument(
        "--print-rbac", action="store_true", help="print the least ClusterRole with an account, and do nothing else"
    )
    parser.add_argument(
        "--namespace", default="default", metavar="NAME", help="with --print-rbac: where the account is (default: default)"
    )


def execute(options: argparse.Namespace, streams: Streams) -> ExitCode:
    """Print the role, or collect."""
    skip = tuple(dict.fromkeys(options.skip or ()))
    if options.print_rbac:
        from breachway.cli.collecting.rbac import manifests
        from breachway.cli.collecting.wanted import wanted_resources

        if not _NAMESPACE.match(options.namespace):
            raise UsageError(f"{options.namespace!r} is no name of a namespace", hint="lower-case letters, digits and hyphens")
        streams.say(manifests(wanted_resources(skip), options.namespace))
        return ExitCode.CLEAN
    if options.folder is None:
        raise UsageError("no folder to write to", hint="breachway collect cluster/")
    folder = Path(options.folder)
    request = Request(
        kubeconfig=options.kubeconfig,
        context=options.context,
        skip=skip,
        page_size=options.page_size,
        rate=options.qps,
        timeout=options.timeout,
        fresh=options.fresh,
    )
    try:
        outcome = run_collection(request, folder, streams)
    except KeyboardInterrupt:
        words = f"interrupted; what was listed is in {folder}, marked as partial"
        show(words, "the same command continues it; breachway model reads it as it is", None, streams)
        return ExitCode.INTERRUPTED
    streams.say(f"{terminal(str(folder))}: {summary(outcome.dump)}\n")
    if outcome.broken_off:
        hint = f"{outcome.hint}; " if outcome.hint else ""
        show(outcome.broken_off, f"{hint}the same command continues the collection", None, streams)
    return ExitCode.UNREADABLE_INPUT if outcome.broken_off or not outcome.dump.complete else ExitCode.CLEAN
