"""Rules on names across files: what exists, what is declared twice, what nothing uses, and what a redeclaration must keep."""

from __future__ import annotations

from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import TYPE_CHECKING, NamedTuple

from breachway.threats.linting.violations import Violation

if TYPE_CHECKING:
    from collections.abc import Iterable

    from breachway.threats.mal_syntax import (
        AssetDeclaration,
        AssociationDeclaration,
        Declarations,
        Name,
        StepDeclaration,
        Term,
        VariableDeclaration,
    )

_FACTS = frozenset({"#", "E", "!E"})
_VARIABLE_DEPTH = 20


def nearest(name: str, known: Iterable[str]) -> str:
    """Give ``; did you mean X?`` for the nearest known name, or nothing."""
    found = get_close_matches(name, sorted(known), n=1, cutoff=0.6)
    return f"; did you mean {found[0]}?" if found else ""


class FieldEnd(NamedTuple):
    """Where a field leads: the class, the association, and from how many assets one is reached by it (None is any number)."""

    asset: str
    association: str
    backward: int | None


@dataclass(slots=True)
class _Table:
    """Every declaration of the language by name, and what was used while expressions were followed.

    ``gathers`` is set while an expression is followed that can lead to one asset from several.
    """

    assets: dict[str, AssetDeclaration] = field(default_factory=dict)
    fields: dict[str, dict[str, FieldEnd]] = field(default_factory=dict)
    used_associations: set[str] = field(default_factory=set)
    used_variables: set[tuple[str, str]] = field(default_factory=set)
    problems: list[Violation] = field(default_factory=list)
    gathers: bool = False

    def lineage(self, name: str) -> tuple[str, ...]:
        found: list[str] = []
        current: str | None = name
        while current is not None and current in self.assets and current not in found:
            found.append(current)
            parent = self.assets[current].parent
            current = None if parent is None else parent.text
        return tuple(found)

    def all_fields(self, asset: str) -> dict[str, FieldEnd]:
        merged: dict[str, FieldEnd] = {}
        for ancestor in self.lineage(asset):
            for name, end in self.fields.get(ancestor, {}).items():
                merged.setdefault(name, end)
        return merged

    def all_steps(self, asset: str) -> dict[str, StepDeclaration]:
        merged: dict[str, StepDeclaration] = {}
        for ancestor in self.lineage(asset):
            for step in self.assets[ancestor].steps:
                merged.setdefault(step.name.text, step)
        return merged

    def variable(self, asset: str, name: str) -> tuple[str, VariableDeclaration] | None:
        for ancestor in self.lineage(asset):
            for variable in self.assets[ancestor].variables:
                if variable.name.text == name:
                    return ancestor, variable
        return None

    def common(self, left: str, right: str) -> str | None:
        ancestors = self.lineage(right)
        return next((name for name in self.lineage(left) if name in ancestors), None)

    def report(self, rule: str, message: str, name: Name) -> None:
        self.problems.append(Violation(rule, message, name.place))

    # --- expressions

    def follow(self, asset: str, term: Term, depth: int = 0) -> str | None:
        """Give the class of the assets that ``term`` leads to from ``asset``; None after a problem was reported."""
        match term.operator:
            case "name":
                return self._follow_field(asset, term.name)
            case "call":
                return self._follow_variable(asset, term.name, depth)
            case ".":
                left = self.follow(asset, term.parts[0], depth)
                return None if left is None else self.follow(left, term.parts[1], depth)
            case "*":
                return self._follow_transitive(asset, term, depth)
            case "[]":
                return self._follow_subtype(asset, term, depth)
            case _:
                return self._follow_set(asset, term, depth)

    def _follow_field(self, asset: str, name: Name) -> str | None:
        fields = self.all_fields(asset)
        if name.text not in fields:
            self.report("unknown-name", f"{asset} has no field {name.text}{nearest(name.text, fields)}", name)
            return None
        end = fields[name.text]
        self.used_associations.add(end.association)
        self.gathers = self.gathers or end.backward is None or end.backward > 1
        return end.asset

    def _follow_variable(self, asset: str, name: Name, depth: int) -> str | None:
        found = self.variable(asset, name.text)
        if found is None:
            known = [each.name.text for ancestor in self.lineage(asset) for each in self.assets[ancestor].variables]
            self.report("unknown-name", f"{asset} has no variable {name.text}{nearest(name.text, known)}", name)
            return None
        owner, variable = found
        self.used_variables.add((owner, name.text))
        if depth >= _VARIABLE_DEPTH:
            self.report("unknown-name", f"the variable {name.text} leads back to itself", name)
            return None
        return self.follow(asset, variable.expression, depth + 1)

    def _follow_transitive(self, asset: str, term: Term, depth: int) -> str | None:
        reached = self.follow(asset, term.parts[0], depth)
        if reached is None:
            return None
        shared = self.common(asset, reached)
        if shared is None:
            self.report(
                "unknown-name", f"a transitive step leads from {asset} to {reached}, which it cannot follow again", term.name
            )
        return shared

    def _follow_subtype(self, asset: str, term: Term, depth: int) -> str | None:
        reached = self.follow(asset, term.parts[0], depth)
        if term.name.text not in self.assets:
            self.report("unknown-name", f"no asset is named {term.name.text}{nearest(term.name.text, self.assets)}", term.name)
            return None
        if reached is not None and reached not in self.lineage(term.name.text):
            self.report("unknown-name", f"{term.name.text} is not below {reached}, so nothing is left", term.name)
        return term.name.text

    def _follow_set(self, asset: str, term: Term, depth: int) -> str | None:
        left, right = (self.follow(asset, part, depth) for part in term.parts)
        if left is None or right is None:
            return None
        shared = self.common(left, right)
        if shared is None:
            self.report("unknown-name", f"{left} and {right} have no ancestor in common", term.name)
        return shared

    def follow_target(self, asset: str, term: Term) -> None:
        """Check an expression that ends in a step."""
        self.gathers = False
        owner: str | None = asset
        last = term
        while last.operator == "." and owner is not None:
            owner = self.follow(owner, last.parts[0])
            last = last.parts[1]
        if owner is None:
            return
        if last.operator != "name":
            self.report("unknown-name", "the expression does not end in a step", last.name)
            return
        steps = self.all_steps(owner)
        step = steps.get(last.name.text)
        if step is None:
            self.report("unknown-name", f"{owner} has no step {last.name.text}{nearest(last.name.text, steps)}", last.name)
        elif step.kind in _FACTS:
            self.report("defence-target", f"{owner}.{last.name.text} is a fact; no step leads to it", last.name)
        elif step.kind == "&" and self.gathers:
            message = f"{owner}.{last.name.text} would need every asset that leads here; lead to a plumbing step (|) before it"
            self.report("and-over-many", message, last.name)


def check_names(files: tuple[Declarations, ...]) -> tuple[Violation, ...]:
    """Check all declarations together."""
    table = _Table()
    _collect_assets(table, files)
    _collect_associations(table, files)
    for asset in table.assets.values():
        _check_asset(table, asset)
    for file in files:
        for association in file.associations:
            if association.name.text not in table.used_associations:
                table.report("unused-association", f"no expression follows {association.name.text}", association.name)
    for asset in table.assets.values():
        for variable in asset.variables:
            if (asset.name.text, variable.name.text) not in table.used_variables:
                table.report("unused-variable", f"nothing uses {variable.name.text}", variable.name)
    return tuple(table.problems)


def _collect_assets(table: _Table, files: tuple[Declarations, ...]) -> None:
    for file in files:
        for asset in file.assets:
            if asset.name.text in table.assets:
                table.report("duplicate-name", f"a second asset is named {asset.name.text}", asset.name)
            else:
                table.assets[asset.name.text] = asset
    concrete = {name for name, asset in table.assets.items() if not asset.abstract}
    for asset in table.assets.values():
        if asset.parent is not None and asset.parent.text not in table.assets:
            message = (
                f"{asset.name.text} extends {asset.parent.text}, which is not declared{nearest(asset.parent.text, table.assets)}"
            )
            table.report("unknown-name", message, asset.parent)
        if asset.abstract and not any(asset.name.text in table.lineage(name) for name in concrete):
            table.report("abstract-asset", f"nothing concrete extends {asset.name.text}", asset.name)


def _collect_associations(table: _Table, files: tuple[Declarations, ...]) -> None:
    names: set[str] = set()
    for file in files:
        for association in file.associations:
            if association.name.text in names:
                table.report("duplicate-name", f"a second association is named {association.name.text}", association.name)
            names.add(association.name.text)
            _collect_fields(table, association)
    for asset in table.assets:
        _check_inherited_fields(table, asset)


def _collect_fields(table: _Table, association: AssociationDeclaration) -> None:
    for own, other in ((association.left, association.right), (association.right, association.left)):
        if own.asset.text not in table.assets:
            message = f"no asset is named {own.asset.text}{nearest(own.asset.text, table.assets)}"
            table.report("unknown-name", message, own.asset)
            continue
        fields = table.fields.setdefault(own.asset.text, {})
        if other.field.text in fields:
            table.report("duplicate-name", f"{own.asset.text} has a second field {other.field.text}", other.field)
        fields[other.field.text] = FieldEnd(other.asset.text, association.name.text, own.maximum)


def _check_inherited_fields(table: _Table, asset: str) -> None:
    own = table.fields.get(asset, {})
    for ancestor in table.lineage(asset)[1:]:
        for name in sorted(own.keys() & table.fields.get(ancestor, {}).keys()):
            table.report("duplicate-name", f"{asset} has a field {name}, and so has {ancestor}", table.assets[asset].name)


def _check_asset(table: _Table, asset: AssetDeclaration) -> None:
    seen: set[str] = set()
    inherited = {
        name: step for ancestor in table.lineage(asset.name.text)[1:2] for name, step in table.all_steps(ancestor).items()
    }
    for variable in asset.variables:
        table.follow(asset.name.text, variable.expression)
    for step in asset.steps:
        if step.name.text in seen:
            table.report("duplicate-name", f"{asset.name.text} has a second step {step.name.text}", step.name)
        seen.add(step.name.text)
        for requirement in step.requires:
            table.follow(asset.name.text, requirement)
        for target in step.targets:
            table.follow_target(asset.name.text, target)
        earlier = inherited.get(step.name.text)
        if earlier is not None:
            _check_redeclared(table, asset, step, earlier)
        elif step.arrow == "+>":
            table.report("unknown-name", f"{step.name.text} adds (+>) to a step that no ancestor has", step.name)


def _check_redeclared(table: _Table, asset: AssetDeclaration, step: StepDeclaration, earlier: StepDeclaration) -> None:
    label = f"{asset.name.text}.{step.name.text}"
    if step.kind != earlier.kind:
        table.report("step-kind", f"{label} is {step.kind} and was declared {earlier.kind}", step.name)
    if earlier.time is not None and step.time is None:
        table.report("restated-time", f"{label} does not restate its time to compromise", step.name)
