"""From files to one merged tree: ``include``, ``extends``, several documents in a file, and files laid over one another.

The order is Compose's: each file is interpolated, its includes are taken in, its services are extended, and then it is merged
over the files before it.
"""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from breachway.evidence import Location, Unread
from breachway.sources.compose.env_files import Assignment, read_env_file
from breachway.sources.compose.fields import Fields, described, shown
from breachway.sources.compose.merging import RESET, merge, without_resets
from breachway.sources.compose.paths import folder_of, resolve
from breachway.sources.compose.tree import Branch, Items, Leaf, Table, plant
from breachway.sources.nodes import Mapping
from breachway.sources.text import Refusal

if TYPE_CHECKING:
    import collections.abc

    from breachway.sources.compose.surroundings import Surroundings

DEEPEST_EXTENDS = 20
"""How many services may extend one another in a row."""

MOST_DOCUMENTS = 200
"""How many files one project may be made of."""

DOT_ENV = ".env"

Variables = dict[str, Assignment]


class ProjectLoader:
    """Loads the files of one project; ``documents`` are those that took part, in the order they were read."""

    def __init__(self, surroundings: Surroundings, problems: list[Unread]) -> None:
        self.surroundings = surroundings
        self.problems = problems
        self.documents: dict[str, None] = {}
        self._trees: dict[tuple[str, tuple[tuple[str, str], ...]], Table | None] = {}
        self._reported: set[str] = set()

    def load_all(self, labels: tuple[str, ...], variables: Variables) -> Table | None:
        """The merged tree of ``labels``, the first the lowest; None where nothing of the first can be used."""
        merged: Branch | None = None
        for label in labels:
            table = self.load(label, variables, ())
            if table is not None:
                merged = table if merged is None else merge(merged, table)
        if not isinstance(merged, Table):
            return None
        cleaned = without_resets(merged)
        return cleaned if isinstance(cleaned, Table) else None

    def dot_env(self, folder: str) -> Variables:
        """The variables of the ``.env`` file of a folder; none where there is no such file."""
        label = posixpath.join(folder, DOT_ENV)
        text = self.surroundings.text(label)
        return {} if isinstance(text, Refusal) else self._assignments(text, label, {})

    def _assignments(self, text: str, label: str, known: Variables) -> Variables:
        self.documents.setdefault(label)
        problems = self.problems if label not in self._reported else []
        self._reported.add(label)
        found = read_env_file(text, label, values_of(known), problems)
        return {assignment.name: assignment for assignment in found if assignment.value is not None and not assignment.unset}

    def load(self, label: str, variables: Variables, stack: tuple[str, ...]) -> Table | None:
        """One file with its includes taken in and its services extended."""
        table = self.tree(label, variables)
        if table is None:
            return None
        result: Branch = table
        includes = table.get("include")
        if includes is not None:
            result = self._with_includes(table, includes, variables, (*stack, label))
        services = table.get("services")
        if isinstance(services, Table) and isinstance(result, Table):
            extended = {name: self._extended(label, name, branch, variables) for name, branch in services.entries.items()}
            own = Table({**table.entries, "services": Table(extended, services.location)}, table.location)
            result = merge(result, own) if includes is not None else own
        return result if isinstance(result, Table) else None

    def tree(self, label: str, variables: Variables) -> Table | None:
        """The interpolated tree of one file, its documents merged."""
        key = (label, tuple((name, assignment.value or "") for name, assignment in variables.items()))
        if key not in self._trees:
            self._trees[key] = self._tree(label, variables)
        return self._trees[key]

    def _tree(self, label: str, variables: Variables) -> Table | None:
        if len(self.documents) >= MOST_DOCUMENTS:
            self.problems.append(Unread(Location(label, "", 0, 0), "file", f"the project has more than {MOST_DOCUMENTS} files"))
            return None
        nodes = self.surroundings.nodes(label)
        if isinstance(nodes, Refusal):
            return None
        self.documents.setdefault(label)
        problems = self.problems if label not in self._reported else []
        self._reported.add(label)
        merged: Branch | None = None
        for node in nodes:
            if isinstance(node, Mapping):
                branch = plant(node, label, values_of(variables), problems)
                merged = branch if merged is None else merge(merged, branch)
        return merged if isinstance(merged, Table) else None

    def _with_includes(self, table: Table, includes: Branch, variables: Variables, stack: tuple[str, ...]) -> Branch:
        items = includes.items if isinstance(includes, Items) else ()
        if not isinstance(includes, Items):
            self.problems.append(Unread(includes.location, "field", f"expected a list, found {described(includes)}"))
        result: Branch = Table({}, table.location)
        for item in items:
            for included in self._included(item, variables, stack):
                result = merge(result, included)
        return result

    def _included(self, item: Branch, variables: Variables, stack: tuple[str, ...]) -> collections.abc.Iterator[Table]:
        fields = Fields(item if isinstance(item, Table) else Table({"path": item}, item.location), self.problems)
        paths = fields.texts("path")
        env_files = fields.texts("env_file")
        folder = folder_of(item.location.document)
        for path in paths:
            label = resolve(folder, path.value)
            if label in stack:
                self.problems.append(Unread(path.location, "object", f"{shown(path.value)} includes itself", "break the circle"))
                continue
            if not self._available(label, path.location):
                continue
            own: Variables = {} if env_files else self.dot_env(folder_of(label))
            for env_file in env_files:
                text = self.surroundings.text(resolve(folder, env_file.value))
                if isinstance(text, Refusal):
                    self._refused(env_file.value, env_file.location, text)
                else:
                    own = {**own, **self._assignments(text, resolve(folder, env_file.value), own)}
            loaded = self.load(label, {**own, **variables}, stack)
            if loaded is not None:
                yield loaded

    def _available(self, label: str, location: Location) -> bool:
        nodes = self.surroundings.nodes(label)
        if isinstance(nodes, Refusal):
            self._refused(label, location, nodes)
            return False
        return True

    def _refused(self, name: str, location: Location, refusal: Refusal) -> None:
        self.problems.append(Unread(location, "object", f"{shown(name)} was not read: {refusal.reason}", refusal.hint))

    def _extended(
        self, label: str, name: str, branch: Branch, variables: Variables, stack: tuple[tuple[str, str], ...] = ()
    ) -> Branch:
        """The service with what it extends below it; on a fault, the service alone."""
        extends = branch.get("extends") if isinstance(branch, Table) else None
        if extends is None or branch.tag == RESET:
            return branch
        fields = Fields(extends if isinstance(extends, Table) else Table({"service": extends}, extends.location), self.problems)
        base_name, file = fields.word("service"), fields.text("file")
        base_label = resolve(folder_of(extends.location.document), file.value) if file is not None else label
        stack = (*stack, (label, name))
        if (base_label, base_name) in stack or len(stack) > DEEPEST_EXTENDS:
            circle = (
                "extends itself" if (base_label, base_name) in stack else f"extends more than {DEEPEST_EXTENDS} services in a row"
            )
            self.problems.append(Unread(extends.location, "object", f"service {shown(name)} {circle}", "break the circle"))
            return branch
        if base_label != label and not self._available(base_label, extends.location):
            return branch
        tree = self.tree(base_label, variables)
        services = tree.get("services") if tree is not None else None
        base = services.get(base_name) if isinstance(services, Table) else None
        if base is None:
            where = f" in {shown(base_label)}" if base_label != label else ""
            self.problems.append(
                Unread(extends.location, "object", f"service {shown(name)} extends {shown(base_name)}, which is not there{where}")
            )
            return branch
        merged = merge(self._extended(base_label, base_name, base, variables, stack), branch, "services.*")
        return merged._replace(location=branch.location)


def values_of(variables: Variables) -> dict[str, str]:
    """Names and values without their places."""
    return {name: assignment.value or "" for name, assignment in variables.items()}


def leaf_text(branch: Branch | None) -> str:
    """The text of a scalar, empty for anything else."""
    return branch.text if isinstance(branch, Leaf) and not branch.null else ""
