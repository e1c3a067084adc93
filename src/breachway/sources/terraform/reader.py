"""Reads folders of Terraform: which files make a module, which modules call which, and what resources come of it.

Only the files that were found below the paths of the user are read: a module of a registry, of Git or of a folder outside is
listed as not read, and nothing is fetched.
"""

from __future__ import annotations

import posixpath
import re
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from breachway.evidence import Location, Unread
from breachway.sources.decoding import Value, decode
from breachway.sources.nodes import Entry, Mapping, Scalar, Sequence
from breachway.sources.terraform import iam
from breachway.sources.terraform.evaluation import MOST_WORK, Effort
from breachway.sources.terraform.modules import InDocument, Module
from breachway.sources.terraform.objects import StateBucket, TerraformRoot
from breachway.sources.terraform.parsing import parse_body
from breachway.sources.terraform.raw import RawResource
from breachway.sources.terraform.resources import LISTS, MAPS, TERRAFORM, TYPES
from breachway.sources.terraform.scanning import HclError
from breachway.sources.terraform.values import is_unknown

if TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Mapping as MappingOf

    from breachway.sources.nodes import Node
    from breachway.sources.terraform.expressions import Body
    from breachway.sources.terraform.resources import TerraformObject

LARGEST_TEXT = 4_000_000
"""Characters of one file."""
MOST_RESOURCES = 20_000
"""Resources of one run."""
DEEPEST_MODULES = 8
MOST_MODULES = 500
"""Module calls followed for one root module."""

_ACCOUNT = re.compile(r"arn:aws[a-z-]{0,12}:[a-z0-9-]{1,40}:[a-z0-9-]{0,25}:([0-9]{12}):")
_LOCAL = ("./", "../")
_QUIET = frozenset(
    {"terraform_data", "null_resource", "random_id", "random_pet", "random_password", "random_string", "time_sleep"}
)
_BUCKETS = frozenset({"s3", "gcs"})


def is_variables(label: str) -> bool:
    """Whether Terraform takes a file of values by its name alone."""
    name = posixpath.basename(label)
    return name == "terraform.tfvars" or name.endswith(".auto.tfvars")


def read_terraform(texts: MappingOf[str, str], problems: list[Unread]) -> tuple[TerraformRoot, ...]:
    """Read the root modules among these files; ``texts`` are by label, files of values included."""
    return _Reading(texts, problems).roots()


class _Reading:
    def __init__(self, texts: MappingOf[str, str], problems: list[Unread]) -> None:
        self.problems = problems
        self.account = _account(texts)
        self.effort = Effort()
        self.resources = 0
        self.values: dict[str, dict[str, Node]] = {}
        self.folders: dict[str, list[InDocument]] = {}
        parsed = [(label, self.parse(label, texts[label])) for label in sorted(texts)]
        for label, body in parsed:
            folder = posixpath.dirname(label)
            if body is None:
                continue
            if label.endswith(".tfvars"):
                self.take_values(label, body)
            else:
                self.folders.setdefault(folder, []).extend(InDocument(label, block) for block in body.blocks)

    def parse(self, label: str, text: str) -> Body | None:
        if len(text) > LARGEST_TEXT:
            self.say(Location(label, "", 0, 0), f"more than {LARGEST_TEXT:,} characters of Terraform", severity="file")
            return None
        try:
            return parse_body(text)
        except HclError as error:
            place = Location(label, "", error.place.line, error.place.column)
            self.say(place, f"not Terraform: {error.reason}", "look before this place", "file")
            return None

    def say(self, place: Location, reason: str, hint: str = "", severity: str = "note") -> None:
        self.problems.append(Unread(place, severity, reason, hint))

    def take_values(self, label: str, body: Body) -> None:
        if not is_variables(label):
            self.say(Location(label, "", 0, 0), "a file of values that Terraform takes only when told to; it was not applied")
            return
        plain = Module((), {}, self.effort, self.account or "*")
        known = self.values.setdefault(posixpath.dirname(label), {})
        for attribute in body.attributes:
            known[attribute.name] = plain.evaluator.value(attribute.value, {}, label)

    def roots(self) -> tuple[TerraformRoot, ...]:
        called = {
            posixpath.normpath(posixpath.join(folder, source))
            for folder, blocks in self.folders.items()
            for item in blocks
            if item.block.kind == "module" and (source := _source(item)).startswith(_LOCAL)
        }
        called = {"" if folder == "." else folder for folder in called}
        found = [folder for folder in sorted(self.folders) if folder not in called] or sorted(self.folders)
        roots = tuple(self.root(folder) for folder in found)
        if self.effort.left < 0 and roots:
            reason = f"more than {MOST_WORK:,} expressions of Terraform; values from there on are not known"
            self.say(roots[-1].location, reason, "model fewer folders", "file")
        return roots

    # --------------------------------------------------------------------------------------------------------------- one root

    def root(self, folder: str) -> TerraformRoot:
        expansion = _Expansion(self, folder)
        resources = expansion.resources()
        objects: list[TerraformObject] = []
        unmodelled: Counter[str] = Counter()
        for item in resources:
            cls = TYPES.get(item.type)
            if cls is not None:
                objects.extend(self.decoded(cls, item))
            elif item.type not in iam.TYPES and item.type not in _QUIET:
                unmodelled[item.type] += 1
        joined = iam.identities(resources, self.problems)
        first = self.folders[folder][0] if self.folders[folder] else None
        place = Location(first.document, "", 1, 1) if first is not None else Location(folder, "", 0, 0)
        if unmodelled:
            listed = ", ".join(f"{kind} ({count})" for kind, count in sorted(unmodelled.items()))
            self.say(place, f"resources that were read and are not modelled: {listed}")
        return TerraformRoot(
            location=place,
            folder=folder,
            account=self.account,
            state=expansion.state(),
            objects=tuple(objects),
            roles=joined.roles,
            users=joined.users,
            policies=joined.policies,
            bucket_policies=joined.bucket_policies,
            unmodelled=tuple(sorted(unmodelled.items())),
            counts=_counts(expansion, resources),
        )

    def decoded(self, cls: type[TerraformObject], item: RawResource) -> Iterator[TerraformObject]:
        found = decode(cls, _shaped(item.body), item.location, TERRAFORM, self.problems)
        if found is not None:
            yield replace(
                found,
                resource_type=item.type,
                cloud_name=item.computed("name"),
                cloud_arn=item.computed("arn"),
                terraform_address=item.address,
                root_folder=item.root,
            )


class _Expansion:
    """Follows the calls of one root module."""

    def __init__(self, reading: _Reading, folder: str) -> None:
        self.reading = reading
        self.folder = folder
        self.calls = 0
        self.top = Module(tuple(reading.folders[folder]), reading.values.get(folder, {}), reading.effort, reading.account or "*")
        self.modules: list[tuple[str, Module]] = [("", self.top)]
        self.call(folder, self.top, "", (folder,))

    def call(self, folder: str, module: Module, prefix: str, trail: tuple[str, ...]) -> None:
        """Make the modules that a module calls, and those that they call."""
        for (name,), item in module.blocks("module", 1):
            source = _source(item)
            target = posixpath.normpath(posixpath.join(folder, source)) if source.startswith(_LOCAL) else ""
            target = "" if target == "." else target
            place = Location(item.document, "", item.block.place.line, item.block.place.column)
            if not source.startswith(_LOCAL) or target not in self.reading.folders:
                reason = f"module {name} was not read: its source {source or 'is not known'} is not among these files"
                self.reading.say(place, reason, "model the folder of the module too", "object")
                continue
            self.calls += 1
            if target in trail or len(trail) > DEEPEST_MODULES or self.calls > MOST_MODULES:
                self.reading.say(place, f"module {name} was not followed: too deep, or it calls itself", severity="object")
                continue
            for instance in module.instances(item):
                body = module.body(item, instance)
                inputs = {key: entry.node for key, entry in body.entries.items() if key not in {"source", "version", "providers"}}
                child = Module(tuple(self.reading.folders[target]), inputs, self.reading.effort, module.account)
                module.children.setdefault(name, child)
                address = f"{prefix}module.{name}{instance.key}."
                self.modules.append((address, child))
                self.call(target, child, address, (*trail, target))

    def resources(self) -> tuple[RawResource, ...]:
        found: list[RawResource] = []
        for prefix, module in self.modules:
            for (kind, label), item in module.blocks("resource", 2):
                for instance in module.instances(item):
                    self.reading.resources += 1
                    if self.reading.resources > MOST_RESOURCES:
                        return self.refuse(item, found)
                    found.append(self.resource(prefix, module, item, instance.key, module.body(item, instance), kind, label))
        return tuple(found)

    def refuse(self, item: InDocument, found: list[RawResource]) -> tuple[RawResource, ...]:
        place = Location(item.document, "", item.block.place.line, item.block.place.column)
        self.reading.say(place, f"more than {MOST_RESOURCES:,} resources; the rest was left out", severity="file")
        return tuple(found)

    def resource(
        self, prefix: str, module: Module, item: InDocument, key: str, body: Mapping, kind: str, label: str
    ) -> RawResource:
        place = item.block.place
        return RawResource(
            type=kind,
            label=label,
            address=f"{prefix}{kind}.{label}{key}",
            root=self.folder,
            account=module.account,
            location=Location(item.document, f"/{kind}/{label}", place.line, place.column),
            body=body,
        )

    @property
    def documents(self) -> frozenset[str]:
        """The documents of all modules that were followed."""
        return frozenset(document for _, module in self.modules for document in module.documents)

    def state(self) -> StateBucket | None:
        """The bucket that ``terraform { backend "s3" {...} }`` names."""
        for _, item in self.top.blocks("terraform", 0):
            for block in item.block.body.blocks:
                if block.kind != "backend" or not block.labels or block.labels[0] not in _BUCKETS:
                    continue
                body = self.top.evaluator.body(block.body, {}, item.document, block.place)
                entry = body.entries.get("bucket")
                if entry is not None and isinstance(entry.node, Scalar) and not is_unknown(entry.node):
                    place = Location(item.document, "/terraform/backend/bucket", entry.line, entry.column)
                    return StateBucket(block.labels[0], Value(entry.node.text, place))
        return None


def _shaped(body: Mapping) -> Mapping:
    """A body whose lists and maps that are not known have the shape that their fields take."""
    entries: dict[str, Entry] = {}
    for key, entry in body.entries.items():
        node = entry.node
        if is_unknown(node) and key in LISTS:
            node = Sequence((node,), node.line, node.column)
        elif isinstance(node, Scalar) and is_unknown(node) and key in MAPS:
            node = Mapping({node.text: Entry(node.text, node, node.line, node.column)}, node.line, node.column)
        elif isinstance(node, Sequence) and all(isinstance(item, Mapping) for item in node.items):
            items = tuple(_shaped(item) for item in node.items if isinstance(item, Mapping))
            node = Sequence(items, node.line, node.column)
        entries[key] = entry._replace(node=node)
    return Mapping(entries, body.line, body.column)


def _counts(expansion: _Expansion, resources: tuple[RawResource, ...]) -> tuple[tuple[str, str, int], ...]:
    """Documents with their resources by type; a document without any counts its other blocks as none."""
    kinds = Counter((item.location.document, item.type) for item in resources)
    bare = {document for document in expansion.documents if all(document != known for known, _ in kinds)}
    return (
        *((document, kind, count) for (document, kind), count in sorted(kinds.items())),
        *((item, "", 0) for item in sorted(bare)),
    )


def _account(texts: MappingOf[str, str]) -> str:
    """The account that most ARNs name; the smallest number of several that are named alike often."""
    counts = Counter(match.group(1) for label in sorted(texts) for match in _ACCOUNT.finditer(texts[label]))
    return min(counts, key=lambda number: (-counts[number], number)) if counts else ""


def _source(item: InDocument) -> str:
    value = next((found.value for found in item.block.body.attributes if found.name == "source"), None)
    text = getattr(value, "text", "")
    return text if isinstance(text, str) else ""
