"""``breachway explain``: what an id in a report means."""

from __future__ import annotations

from typing import TYPE_CHECKING

from breachway.cli.exit_codes import ExitCode
from breachway.errors import UsageError
from breachway.reports.escaping import terminal

if TYPE_CHECKING:
    import argparse

    from breachway.analyses.assessment import Assessment, AttackPath, Fix, WeaknessFinding
    from breachway.cli.streams import Streams
    from breachway.evidence import Assumption, Evidence

_EPILOG = """\
examples:
  breachway explain privileged-container                a weakness
  breachway explain Container.escapePrivileged          an attack step
  breachway explain A2                                  an actor
  breachway explain P1 examples/shop                    a path of that model, or a fix, an assumption, a finding
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``breachway explain``."""
    parser.description = (
        "Explain a technique, weakness, defence or actor; "
        "with the PATHs of a model, also its paths, fixes, findings and assumptions."
    )
    parser.epilog = _EPILOG
    parser.add_argument("id", metavar="ID", help="an id from a report, or Class.step")
    parser.add_argument("paths", nargs="*", default=[], metavar="PATH", help="what was modelled, for ids of one report")
    parser.add_argument("--config", metavar="FILE", help="the breachway.yaml that was used")


def execute(options: argparse.Namespace, streams: Streams) -> ExitCode:
    """Print the explanation."""
    from breachway.documentation.explaining import explain
    from breachway.threats.catalogue import load_weaknesses
    from breachway.threats.loading import load_language

    if not options.id.strip():
        raise UsageError("an empty id", hint="breachway explain A1, or any id of a report")
    if options.paths:
        from breachway.cli.model import assessment_of

        found = _of_model(options.id, assessment_of(options.paths, options.config, streams))
        if found:
            streams.say(found)
            return ExitCode.CLEAN
    try:
        streams.say(explain(options.id, load_language(), load_weaknesses()))
    except UsageError as error:
        hint = (
            error.hint
            if options.paths
            else f"{error.hint}; for an id of one report give what was modelled: breachway explain {options.id} PATH"
        )
        raise UsageError(error.message, hint=hint) from error
    return ExitCode.CLEAN


def _of_model(wanted: str, assessment: Assessment) -> str:
    for path in assessment.paths:
        if wanted in {path.id, path.fingerprint}:
            return _path(path)
    for fix in assessment.fixes:
        if wanted in {fix.id, fix.fingerprint}:
            return _fix(fix)
    for assumption in assessment.model.assumptions:
        if wanted == assumption.id:
            return _assumption(assumption, assessment)
    for finding in assessment.weaknesses:
        if wanted == finding.fingerprint:
            return _finding(finding)
    return ""


def _path(path: AttackPath) -> str:
    lines = [f"{path.id}  {path.entry_title} to {path.goal_title}  ({path.severity.value}, fingerprint {path.fingerprint})", ""]
    for number, step in enumerate(path.steps, 1):
        after = f"  after {', '.join(str(need + 1) for need in step.needs)}" if len(step.needs) > 1 else ""
        lines.append(f"{number:>3}  {step.title}: {step.asset_name}{after}")
        lines += [
            f"     {step.sentence}",
            *(f"     - {_place(item)}" for item in step.evidence),
            f"     breachway explain {step.technique}",
        ]
    lines += ["", f"Cut by: {', '.join(path.cut_by) or 'no single known change'}"]
    return _text(lines)


def _fix(fix: Fix) -> str:
    lines = [f"{fix.id}  {fix.title}  ({fix.weakness}, fingerprint {fix.fingerprint})", "", f"Change: {fix.change}"]
    lines += [f"At: {place.document}:{place.line}" for place in fix.locations]
    lines += [f"Mind: {fix.caution}"] if fix.caution else []
    lines += [f"Puts in force: {name} on {asset}" for asset, name in fix.defences]
    lines += [
        f"Cuts: {', '.join(fix.cuts) or 'no ranked path'}; verified by running the model again",
        f"breachway explain {fix.weakness}",
    ]
    return _text(lines)


def _assumption(assumption: Assumption, assessment: Assessment) -> str:
    resting = sorted(path.id for path in assessment.paths if assumption.id in path.assumptions)
    lines = [
        f"{assumption.id}  {assumption.statement}",
        "",
        f"Believed: {assumption.probability:.0%}",
        f"Why: {assumption.rationale}",
        f"Paths that rest on it: {', '.join(resting) or 'none of those ranked'}",
        "",
        "To say what you know, in breachway.yaml:",
        "  assumptions:",
        f"    {assumption.id}:",
        "      probability: confirmed    # or refuted, or a number from 0 to 1",
    ]
    return _text(lines)


def _finding(finding: WeaknessFinding) -> str:
    lines = [
        f"{finding.fingerprint}  {finding.title}: {finding.subject}",
        "",
        finding.sentence,
        *(f"- {_place(item)}" for item in finding.evidence),
    ]
    lines += [f"Fix: {finding.fix}", f"breachway explain {finding.key}"]
    return _text(lines)


def _place(evidence: Evidence) -> str:
    where = f"{evidence.location.document}:{evidence.location.line}: " if evidence.location.line else ""
    return f"{where}{evidence.note} ({evidence.basis.value})"


def _text(lines: list[str]) -> str:
    return "".join(f"{terminal(line)}\n" for line in lines)
