"""``breachway docs``: write the generated documentation, or check that it is what the code says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from breachway.cli.exit_codes import ExitCode
from breachway.cli.writing import write_whole
from breachway.errors import UsageError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

    from breachway.cli.streams import Streams

_GENERATED = ("techniques", "schema")
_SHOWN = 10
_README = "../README.md"
_EPILOG = """\
examples:
  breachway docs --check               exit 1 when a page is not what the code says
  breachway docs --write
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``breachway docs``."""
    parser.description = (
        "Write or check the pages that are generated: techniques, weaknesses, coverage, the command line, JSON Schemas."
    )
    parser.epilog = _EPILOG
    action = parser.add_mutually_exclusive_group(required=True)
    action.add_argument("--write", action="store_true", help="write every page, and remove generated pages that are no more")
    action.add_argument("--check", action="store_true", help="compare, and exit 1 on any difference")
    parser.add_argument("--folder", default="docs", metavar="FOLDER", help="where the documentation is (default: docs)")


def execute(options: argparse.Namespace, streams: Streams) -> ExitCode:
    """Write or check."""
    folder = Path(options.folder)
    if not folder.is_dir():
        raise UsageError(f"{folder} is not a folder", hint="run it in a checkout of Breachway, or give --folder")
    pages = {**_pages(), **_readme(folder)}
    stale = _stale(folder, pages)
    changed = sorted(path for path, text in pages.items() if not _same(folder / path, text))
    if options.check:
        for path in (*changed, *stale)[:_SHOWN]:
            streams.say(f"{folder / path}: {'not generated any more' if path in stale else 'differs from what the code says'}\n")
        if changed or stale:
            streams.tell(f"breachway: {len(changed) + len(stale)} pages differ\n  hint: breachway docs --write\n")
            return ExitCode.GATE_FAILED
        streams.say(f"{len(pages)} pages, all up to date\n")
        return ExitCode.CLEAN
    for path in changed:
        write_whole(folder / path, pages[path])
    for path in stale:
        (folder / path).unlink()
    streams.say(f"{len(changed)} pages written, {len(stale)} removed, {len(pages)} in all\n")
    return ExitCode.CLEAN


def _pages() -> Mapping[str, str]:
    from breachway.cli.help_page import help_page
    from breachway.documentation import all_pages
    from breachway.reports.json_v1 import report_schema
    from breachway.sources.configuration.schema import configuration_schema
    from breachway.threats.catalogue import load_weaknesses
    from breachway.threats.loading import load_language

    pages = {page.path: page.text for page in all_pages(load_language(), load_weaknesses())}
    pages["cli.md"] = help_page()
    for name, schema in (("configuration", configuration_schema()), ("report", report_schema())):
        pages[f"schema/{name}.json"] = json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
    return pages


def _readme(folder: Path) -> dict[str, str]:
    from breachway.cli.example_page import with_example

    path = folder / _README
    if not path.is_file() or not (folder.parent / "examples" / "shop").is_dir():
        return {}
    return {_README: with_example(path.read_text(encoding="utf-8"), folder.parent)}


def _stale(folder: Path, pages: Mapping[str, str]) -> list[str]:
    """Pages in the folders that are generated whole, which no code makes any more."""
    found = (path.relative_to(folder).as_posix() for name in _GENERATED for path in (folder / name).rglob("*") if path.is_file())
    return sorted(path for path in found if path not in pages)


def _same(path: Path, text: str) -> bool:
    return path.is_file() and path.read_text(encoding="utf-8") == text
