"""The ``breachway`` command: reads the arguments, runs one subcommand, turns errors into exit codes."""

from __future__ import annotations

import argparse
import gc
import sys
from importlib import import_module
from typing import TYPE_CHECKING, NoReturn

from breachway import __version__
from breachway.cli.exit_codes import ExitCode
from breachway.cli.streams import Streams, abandon_output, process_streams
from breachway.errors import BreachwayError, NothingToReadError, OutputError, UnreadableInputError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import ModuleType

COMMANDS = (
    "model",
    "fix",
    "simulate",
    "what-if",
    "principles",
    "collect",
    "flows",
    "can",
    "tenants",
    "explain",
    "docs",
    "lang",
    "schema",
)

_SUMMARIES = {
    "model": "read artefacts, model the attacks, report paths and fixes",
    "fix": "find the cheapest set of fixes, and write the changes",
    "simulate": "estimate how likely and how soon each attacker gets there",
    "what-if": "say what changes when an assumption, a defence or an asset is otherwise",
    "principles": "count defence in depth, attack surface, blast radius and duties that one identity joins",
    "collect": "write a dump of a live cluster, read-only and without the values of Secrets",
    "flows": "print which connections the network policies allow, and why",
    "can": "say what an identity or a container holds, may do and may reach",
    "tenants": "print which tenant may reach which, by what way and path",
    "explain": "explain a technique, weakness, actor, assumption, path or fix",
    "docs": "write or check the generated documentation",
    "lang": "lint or compile the threat language",
    "schema": "print the JSON Schema of breachway.yaml or of the JSON report",
}

_EPILOG = """\
examples:
  breachway model .                                   the report on the terminal
  breachway model k8s/ compose.yaml --format html --output report.html
  kubectl get all,roles,rolebindings -A -o yaml | breachway model -
  breachway collect cluster/ --context staging        then: breachway model cluster/
  breachway explain privileged-container

exit codes: 0 clean, 1 a gate failed, 2 usage, 3 nothing to read, 4 unreadable input, 70 internal error
"""


class _UsageExit(Exception):  # noqa: N818 - leaves the parser, is not an error of its own
    def __init__(self, code: ExitCode) -> None:
        super().__init__(code)
        self.code = code


class _Parser(argparse.ArgumentParser):
    """An argument parser that writes to given streams and never leaves the process."""

    streams: Streams

    def _print_message(self, message: str, file: object = None) -> None:
        (self.streams.tell if file is sys.stderr else self.streams.say)(message)

    def exit(self, status: int = 0, message: str | None = None) -> NoReturn:
        if message:
            self.streams.tell(message)
        raise _UsageExit(ExitCode(status))

    def error(self, message: str) -> NoReturn:
        self.streams.tell(f"breachway: {message}\n  hint: {self.prog} --help\n")
        raise _UsageExit(ExitCode.USAGE)


def run(arguments: Sequence[str], streams: Streams) -> ExitCode:
    """Run the command with ``arguments`` (without the program's name) and return its exit code.

    Nothing is raised for users' mistakes.  A reader of standard output that goes away (``| head``) has what it wants.
    """
    try:
        return _dispatch(arguments, streams)
    except _UsageExit as leaving:
        return leaving.code
    except BreachwayError as error:
        from breachway.cli.messages import show_error

        show_error(error, streams)
        return _code_of(error)
    except BrokenPipeError:
        return ExitCode.CLEAN
    except MemoryError:
        streams.tell("breachway: out of memory\n  hint: model fewer files at a time\n")
        return ExitCode.INTERNAL
    except KeyboardInterrupt:
        streams.tell(
            "breachway: interrupted; no half-written report is left\n  hint: run it again, on fewer files if it takes long\n"
        )
        return ExitCode.INTERRUPTED


def _code_of(error: BreachwayError) -> ExitCode:
    if isinstance(error, NothingToReadError):
        return ExitCode.NOTHING_TO_READ
    if isinstance(error, UnreadableInputError):
        return ExitCode.UNREADABLE_INPUT
    if isinstance(error, OutputError):
        return ExitCode.INTERNAL
    return ExitCode.USAGE


def _module(command: str) -> ModuleType:
    """The module of a command: its name, with an underscore where the command has a hyphen."""
    return import_module(f"breachway.cli.{command.replace('-', '_')}")


def _unknown(command: str) -> UsageError:
    from difflib import get_close_matches

    near = get_close_matches(command, COMMANDS, n=1)
    return UsageError(
        f"there is no command {command}",
        hint=f"did you mean breachway {near[0]}?" if near else f"breachway --help lists {', '.join(COMMANDS)}",
    )


def _dispatch(arguments: Sequence[str], streams: Streams) -> ExitCode:
    top = _Parser(
        prog="breachway",
        description="Threat models of container deployments, from the files that you already have.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.streams = streams
    top.add_argument("--version", action="version", version=f"breachway {__version__}")
    commands = top.add_subparsers(dest="command", metavar="COMMAND", parser_class=_Parser)
    chosen = next((word for word in arguments if not word.startswith("-")), "")
    if chosen and chosen not in COMMANDS:
        raise _unknown(chosen)
    for name in COMMANDS:
        parser = commands.add_parser(name, help=_SUMMARIES[name], formatter_class=argparse.RawDescriptionHelpFormatter)
        parser.streams = streams
        if name == chosen:
            _module(name).add_arguments(parser)
    options = top.parse_args(list(arguments))
    if options.command is None:
        top.print_help()
        return ExitCode.USAGE
    result = _module(options.command).execute(options, streams)
    return ExitCode(result)


def main() -> int:
    """Run ``breachway`` on the process's own arguments and streams."""
    streams = process_streams()
    # What is read forms no cycles, and the collector would walk it again and again: three times slower on large input.
    gc.disable()
    try:
        code = run(sys.argv[1:], streams)
    except Exception:  # noqa: BLE001 - the last resort: a fault of ours is said as one, with what is needed to mend it
        import traceback

        streams.tell(traceback.format_exc())
        streams.tell("breachway: this is a fault of Breachway, not of your files; please report the lines above\n")
        code = ExitCode.INTERNAL
    try:
        streams.stdout.flush()
    except OSError:  # said already, by the write that failed
        abandon_output()
    return int(code)
