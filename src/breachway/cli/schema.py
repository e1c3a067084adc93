"""``breachway schema``: the JSON Schemas that editors and scripts ask for."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from breachway.cli.exit_codes import ExitCode

if TYPE_CHECKING:
    import argparse

    from breachway.cli.streams import Streams

_EPILOG = """\
examples:
  breachway schema configuration > breachway.schema.json     for your editor, beside breachway.yaml
  breachway schema report                                    of the JSON report
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``breachway schema``."""
    parser.description = "Print a JSON Schema (draft 2020-12)."
    parser.epilog = _EPILOG
    parser.add_argument("which", choices=("configuration", "report"), help="of breachway.yaml, or of the JSON report")


def execute(options: argparse.Namespace, streams: Streams) -> ExitCode:
    """Print the schema."""
    if options.which == "configuration":
        from breachway.sources.configuration.schema import configuration_schema

        text = json.dumps(configuration_schema(), indent=2, ensure_ascii=False)
    else:
        from breachway.reports.json_v1 import report_schema

        text = json.dumps(report_schema(), indent=2, ensure_ascii=False)
    streams.say(f"{text}\n")
    return ExitCode.CLEAN
