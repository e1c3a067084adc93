"""The environment of a service: its env files in order, then ``environment`` over them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from breachway.evidence import Unread
from breachway.sources.compose.env_files import read_env_file
from breachway.sources.compose.fields import Fields, shown
from breachway.sources.compose.loading import values_of
from breachway.sources.compose.objects import EnvironmentVariable, Text
from breachway.sources.compose.paths import folder_of, resolve
from breachway.sources.compose.tree import Branch, Items, Leaf, Table
from breachway.sources.decoding import Value
from breachway.sources.text import Refusal

if TYPE_CHECKING:
    from breachway.sources.compose.loading import ProjectLoader, Variables


def gather_environment(table: Table, variables: Variables, loader: ProjectLoader) -> tuple[EnvironmentVariable, ...]:
    """Every variable once, with the place that has the last word on it.

    A name without a value takes it from the project's ``.env`` where that has one; else it comes from the shell and is unknown.
    """
    fields = Fields(table, loader.problems)
    found: dict[str, EnvironmentVariable] = {}
    for item in _env_files(table.get("env_file")):
        for variable in _from_file(item, variables, loader):
            found[variable.name] = variable
    _report_repeated(table.get("environment"), loader.problems)
    for pair in fields.pairs("environment"):
        value, location = pair.value, pair.location
        if value is None and pair.key in variables:
            assignment = variables[pair.key]
            value, location = Text(assignment.value or "", assignment.location, filled=True), assignment.location
        found[pair.key] = EnvironmentVariable(pair.key, value, location, "environment")
    return tuple(found.values())


def _env_files(branch: Branch | None) -> tuple[Branch, ...]:
    match branch:
        case None:
            return ()
        case Items():
            return branch.items
        case _:
            return (branch,)


def _from_file(item: Branch, variables: Variables, loader: ProjectLoader) -> tuple[EnvironmentVariable, ...]:
    fields = Fields(item if isinstance(item, Table) else Table({"path": item}, item.location), loader.problems)
    path = fields.text("path")
    if path is None:
        return ()
    if not path.known:
        loader.problems.append(
            Unread(path.location, "field", f"which env file {shown(path.value)} is hangs on an unset variable")
        )
        return ()
    label = resolve(folder_of(path.location.document), path.value)
    text = loader.surroundings.text(label)
    required = fields.flag("required")
    if isinstance(text, Refusal):
        if not (isinstance(required, Value) and not required.value):
            loader.problems.append(
                Unread(path.location, "field", f"env file {shown(path.value)} was not read: {text.reason}", text.hint)
            )
        return ()
    loader.documents.setdefault(label)
    assignments = read_env_file(text, label, values_of(variables), loader.problems, raw=fields.word("format") == "raw")
    return tuple(
        EnvironmentVariable(
            assignment.name,
            None if assignment.value is None else Text(assignment.value, assignment.location, assignment.unset),
            assignment.location,
            "env_file",
        )
        for assignment in assignments
    )


def _report_repeated(branch: Branch | None, problems: list[Unread]) -> None:
    """A name given twice in one list: the last counts, as the engine sees it."""
    seen: set[str] = set()
    for item in branch.items if isinstance(branch, Items) else ():
        if isinstance(item, Leaf):
            name = item.text.partition("=")[0]
            if name in seen:
                problems.append(
                    Unread(item.location, "field", f"variable {shown(name)} is given twice; the last counts", "keep one")
                )
            seen.add(name)
