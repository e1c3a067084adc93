"""``breachway lang``: lint or compile the threat language."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from breachway.cli.exit_codes import ExitCode
from breachway.cli.writing import write_whole
from breachway.errors import UnreadableInputError

if TYPE_CHECKING:
    import argparse

    from breachway.cli.streams import Streams

_EPILOG = """\
examples:
  breachway lang lint                                 the language that is shipped
  breachway lang lint my/language/
  breachway lang compile my/language/ --output language.json
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``breachway lang``."""
    parser.description = (
        "Lint the threat language against the profile that Breachway keeps to, or compile it.  Needs the extra breachway[mal]."
    )
    parser.epilog = _EPILOG
    parser.add_argument("action", choices=("lint", "compile"))
    parser.add_argument(
        "paths", nargs="*", metavar="PATH", help=".mal files, or a folder of them (default: the shipped language)"
    )
    parser.add_argument("--output", metavar="FILE", help="compile: where to write the JSON (default: standard output)")


def execute(options: argparse.Namespace, streams: Streams) -> ExitCode:
    """Lint or compile."""
    files = _files(options.paths)
    if options.action == "lint":
        return _lint(files, streams)
    from breachway.threats.compiling import compile_language
    from breachway.threats.language_json import language_to_json

    text = language_to_json(compile_language(files))
    if options.output:
        write_whole(Path(options.output), text)
        streams.tell(f"{options.output} written\n")
    else:
        streams.say(text)
    return ExitCode.CLEAN


def _files(paths: list[str]) -> tuple[Path, ...]:
    from breachway.threats.loading import language_files, language_folder

    if not paths:
        return language_files(language_folder())
    found: list[Path] = []
    for path in map(Path, paths):
        if not path.exists():
            raise UnreadableInputError(
                f"{path}: no such file or folder", hint="name the .mal files, or the folder that holds them"
            )
        found.extend(language_files(path) if path.is_dir() else (path,))
    if not found:
        raise UnreadableInputError(
            f"{', '.join(paths)}: no .mal file in it", hint="name the .mal files, or the folder that holds them"
        )
    return tuple(found)


def _lint(files: tuple[Path, ...], streams: Streams) -> ExitCode:
    from breachway.threats.linting import lint_language

    violations = lint_language(files)
    for violation in violations:
        streams.say(f"{violation}\n")
    if violations:
        streams.tell(f"breachway: {len(violations)} violations in {len(files)} files\n")
        return ExitCode.GATE_FAILED
    streams.say(f"{len(files)} files, no violations\n")
    return ExitCode.CLEAN
