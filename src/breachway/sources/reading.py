"""Reads everything below the paths that the user gave into one inventory.

Each file is looked at once.  A file that is no artefact is passed over in silence inside a folder unless its name promises YAML
or JSON: such a file is listed with the reason why it was not modelled.
"""

from __future__ import annotations

import posixpath
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, BinaryIO, TypeAlias

from breachway.evidence import Location, Unread
from breachway.model import DocumentSummary
from breachway.sources import foreign
from breachway.sources.discovery import (
    STDIN,
    Discovery,
    discover,
    is_dockerfile_name,
    is_structured_name,
    is_terraform_name,
)
from breachway.sources.documents import Documents
from breachway.sources.images.recognition import image_place, in_layout, looks_like_archive
from breachway.sources.inventory import Inventory
from breachway.sources.json_lists import plain_list
from breachway.sources.json_positions import read_json
from breachway.sources.platform_readers import (
    ecs_documents,
    group_compose,
    kubernetes_objects,
    list_reader,
    looks_like_compose,
    looks_like_dockerfile,
    looks_like_scan,
    read_compose,
    read_dockerfile,
    read_ignore_file,
    read_images,
    read_scan,
    read_terraform,
)
from breachway.sources.problems import ProblemList
from breachway.sources.standard_input import nothing_to_read, standard_input
from breachway.sources.text import Refusal, decode, read_text
from breachway.sources.yaml_positions import read_yaml

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from breachway.sources.compose.objects import Build, ComposeProject, Text
    from breachway.sources.discovery import Found
    from breachway.sources.dockerfile.objects import Dockerfile, IgnoreFile
    from breachway.sources.ecs.objects import EcsDocument
    from breachway.sources.images.objects import ImageArchive
    from breachway.sources.kubernetes.lists import ListReader
    from breachway.sources.kubernetes.objects import KubernetesObject
    from breachway.sources.nodes import Node
    from breachway.sources.scans.objects import ImageScan
    from breachway.sources.terraform.objects import TerraformRoot

Progress: TypeAlias = Callable[[int, int], None]
"""Called with the number of files read and the number of files to read."""

_NOT_IN_NAME = re.compile(r"[^a-z0-9_]+")
MOST_OBJECTS = 1_000_000
"""Kubernetes objects, and as many of ECS, taken in one run; what comes after is refused and said."""

LARGEST_TOTAL = 4 * 1024 * 1024 * 1024
"""Characters read in one run; what comes after is refused and said."""

_TOO_MANY = (f"more than {MOST_OBJECTS:,} objects in all; those from here on were left out", "model fewer files")


def read(
    paths: Sequence[str],
    *,
    stdin: BinaryIO | None = None,
    progress: Progress | None = None,
    replaced: Mapping[str, str] | None = None,
) -> Inventory:
    """Read folders (in full depth), files and ``-`` (``stdin``) into one inventory.

    ``replaced`` are texts, by label, that stand for those of the files: what a change would make of them.

    Raises UnreadableInputError for a path that does not exist or may not be looked at, NothingToReadError where nothing at all
    was understood.  Whatever else goes wrong with one file is listed in ``Inventory.unread``, and the rest is read.
    """
    discovery = discover(paths)
    reading = _Reading(discovery, replaced or {})
    total = len(discovery.files)
    for index, found in enumerate(discovery.files):
        if progress is not None:
            progress(index, total)
        reading.take(found)
    if discovery.stdin and stdin is not None:
        reading.take_bytes(STDIN, standard_input(stdin))
    reading.compose_projects()
    reading.terraform_roots()
    if progress is not None:
        progress(total, total)
    inventory = reading.inventory()
    if not inventory.documents:
        raise nothing_to_read(paths, inventory.unread)
    return inventory


class _Reading:
    """The state of one run."""

    def __init__(self, discovery: Discovery, replaced: Mapping[str, str]) -> None:
        self.replaced = {label: text.replace("\r\n", "\n") for label, text in replaced.items()}
        self.named = tuple(found.label for found in discovery.files if found.named)
        self.charts = frozenset(
            posixpath.dirname(found.label)
            for found in discovery.files
            if posixpath.basename(found.label).lower() in {"chart.yaml", "chart.yml"}
        )
        self.problems = ProblemList(discovery.unread)
        self.documents = Documents(discovery.roots, self.problems, self.replaced)
        self.kubernetes: list[KubernetesObject] = []
        self.lists: ListReader | None = None
        self.ecs: list[EcsDocument] = []
        self.compose: list[ComposeProject] = []
        self.images: list[ImageArchive] = []
        self.scans: list[ImageScan] = []
        self.terraform_texts: dict[str, str] = {}
        self.terraform: tuple[TerraformRoot, ...] = ()
        self.layouts: set[str] = set()
        self.dockerfiles: dict[str, Dockerfile | None] = {}
        self.compose_candidates: dict[str, tuple[Node | None, ...]] = {}
        self.summaries: list[DocumentSummary] = []
        self.room = LARGEST_TOTAL

    def take(self, found: Found) -> None:
        """Read one file."""
        label = found.label
        if not found.named and posixpath.basename(label) in foreign.CONFIGURATION_NAMES:
            return
        image = image_place(found.path, label, named=found.named)
        if image is not None:
            self._images(*image, named=found.named or in_layout(found.path))
            return
        known = None if found.named else foreign.by_name(label, self.charts)
        if known is not None:
            self._foreign(label, known)
            return
        text = (
            self.replaced.get(label) or read_text(found.path)
            if self.room > 0
            else Refusal(f"more than {LARGEST_TOTAL:,} characters in all", "model fewer files")
        )
        if isinstance(text, Refusal):
            self._unread(label, "file", text.reason, text.hint)
            return
        self._take_text(label, text, named=found.named)

    def _images(self, path: Path, label: str, *, named: bool) -> None:
        """Read the images of an archive, or of a layout in a folder once."""
        if label in self.layouts:
            return
        self.layouts.add(label)
        images = read_images(path, label, self.problems, named=named)
        self.images.extend(images)
        if images:
            self._summary(label, "Image", {"Image": len(images), "Layer": sum(len(image.layers) for image in images)})

    def take_bytes(self, label: str, data: bytes | Refusal) -> None:
        """Read the standard input."""
        if isinstance(data, bytes) and looks_like_archive(data[:512]):
            data = Refusal("it is an archive, which is read from a file only", "docker save -o web.tar web:1, then name web.tar")
        text = data if isinstance(data, Refusal) else decode(data)
        if isinstance(text, Refusal):
            self._unread(label, "file", text.reason, text.hint)
        else:
            self._take_text(label, text, named=True)

    def _take_text(self, label: str, text: str, *, named: bool) -> None:
        self.room -= len(text)
        if is_terraform_name(label):
            self.terraform_texts[label] = text
        elif not is_structured_name(label) and (is_dockerfile_name(label) or (named and looks_like_dockerfile(text))):
            self._dockerfile(label, text)
        else:
            self._structured(label, text)

    def _dockerfile(self, label: str, text: str) -> None:
        dockerfile = read_dockerfile(text, label, self.problems, self._ignore_file(label))
        self.dockerfiles[label] = dockerfile
        if dockerfile is not None:
            self._summary(label, "Dockerfile", {"Stage": len(dockerfile.stages)})

    def _ignore_file(self, label: str) -> IgnoreFile | None:
        for name in (f"{label}.dockerignore", posixpath.join(posixpath.dirname(label), ".dockerignore")):
            text = self.documents.text(name)
            if not isinstance(text, Refusal):
                return read_ignore_file(text, name)
        return None

    def _structured(self, label: str, text: str) -> None:
        is_json = label.lower().endswith(".json") or (not is_structured_name(label) and text.lstrip()[:1] in {"{", "["})
        if is_json and self._list(label, text):
            return
        tree = read_json(text, label) if is_json else read_yaml(text, label)
        broken = any(problem.severity == "file" for problem in tree.problems)
        template = None if is_json else foreign.template(label, text, self.charts, broken=broken)
        if template is not None:
            self._foreign(label, template)
            return
        self.problems.extend(tree.problems)
        nodes = tuple(node for node in tree.documents if node is not None)
        if any(looks_like_compose(node) for node in nodes):
            self.compose_candidates[label] = tree.documents
            self.documents.keep(label, tree.documents)
        elif nodes:
            self._objects(label, nodes)
        elif not broken:
            self._foreign(label, foreign.EMPTY)

    def _list(self, label: str, text: str) -> bool:
        """Read a list as an API server prints it; False for everything else, and where the careful reader must look."""
        listed = plain_list(text)
        if listed is None:
            return False
        self.lists = self.lists or list_reader()
        room = MOST_OBJECTS - len(self.kubernetes) - self.lists.count
        if len(listed.items) > room:
            del listed.items[max(room, 0) :]
            self.problems.append(Unread(Location(label, "", listed.line, listed.column), "file", *_TOO_MANY))
        found, aside = self.lists.read(listed, label, self.problems)
        self.kubernetes.extend(found)
        kinds = Counter([*(one.kind for one in found), *aside])
        if kinds:
            self._summary(label, "Kubernetes", kinds)
        return True

    def _objects(self, label: str, nodes: tuple[Node, ...]) -> None:
        """Read Kubernetes and ECS objects; a document that is neither is listed."""
        kinds: Counter[str] = Counter()
        aws = False
        for node in nodes:
            before = self.problems.seen
            if looks_like_scan(node):
                self._scan(label, node)
                continue
            if foreign.is_kustomization(node):
                self._foreign(label, foreign.KUSTOMIZATION, node)
                continue
            kubernetes = kubernetes_objects(node, label, self.problems)
            ecs = () if kubernetes else ecs_documents(node, label, self.problems)
            self.kubernetes.extend(kubernetes)
            self.ecs.extend(ecs)
            kinds.update(found.kind for found in kubernetes)
            kinds.update(type(found).__name__ for found in ecs)
            aws = aws or bool(ecs)
            if not kubernetes and not ecs and self.problems.seen == before:
                self._foreign(label, foreign.by_content(label, node), node)
            if max(len(self.kubernetes), len(self.ecs)) > MOST_OBJECTS:
                del self.kubernetes[MOST_OBJECTS:], self.ecs[MOST_OBJECTS:]
                self.problems.append(Unread(Location(label, "", node.line, node.column), "file", *_TOO_MANY))
                break
        if kinds:
            self._summary(label, "ECS" if aws else "Kubernetes", kinds)

    def _scan(self, label: str, node: Node) -> None:
        scan = read_scan(node, label, self.problems)
        if scan is not None:
            self.scans.append(scan)
            self._summary(label, "Image scan", {"Vulnerability": len(scan.vulnerabilities)})

    def terraform_roots(self) -> None:
        """Read the root modules of Terraform, once all files of the run are known."""
        if not self.terraform_texts:
            return
        self.terraform = read_terraform(self.terraform_texts, self.problems)
        counts: dict[str, Counter[str]] = {}
        for document, kind, count in (item for root in self.terraform for item in root.counts):
            counts.setdefault(document, Counter()).update({kind: count} if kind else {})
        for document, kinds in counts.items():
            self._summary(document, "Terraform", kinds)

    def compose_projects(self) -> None:
        """Read the Compose projects, once all files of the run are known, and the Dockerfiles that only they name."""
        if not self.compose_candidates:
            return
        grouping = group_compose(self.compose_candidates, self.named)
        self.problems.extend(grouping.unread)
        names: Counter[str] = Counter()
        for labels in grouping.projects:
            project = read_compose(labels, self.documents, self.problems)
            if project is None:
                self._unread(labels[0], "file", foreign.NOT_UNDERSTOOD.reason)
                continue
            names[project.name] += 1
            if names[project.name] > 1:
                project = replace(project, name=_distinct(project, names))
            self.compose.append(project)
            for service in project.services:
                if service.build is not None:
                    self._built_from(service.build)
            self._summarise_compose(project)

    def _summarise_compose(self, project: ComposeProject) -> None:
        declared = {"Volume": len(project.volumes), "Secret": len(project.secrets), "Config": len(project.configs)}
        declared["Network"] = sum(not network.implicit for network in project.networks)
        counts = {"Service": len(project.services), **declared}
        self._summary(project.document, "Compose", {kind: count for kind, count in counts.items() if count or kind == "Service"})
        listed = {summary.document for summary in self.summaries}
        for label in project.documents:
            if label not in listed:
                self._summary(label, "Compose", {})

    def _built_from(self, build: Build) -> None:
        """Read the Dockerfile of a service where discovery did not (its name is unusual, or only the Compose file was given)."""
        label = build.dockerfile
        if build.inline is not None and label not in self.dockerfiles:
            self._inline_dockerfile(label, build.inline)
        if not label or label in self.dockerfiles or "${" in label:
            return
        text = self.documents.text(label)
        if isinstance(text, Refusal):
            self.dockerfiles[label] = None
            self.problems.append(Unread(build.location, "note", f"its Dockerfile {label} was not read: {text.reason}", text.hint))
        else:
            self._dockerfile(label, text)

    def _inline_dockerfile(self, label: str, inline: Text) -> None:
        """Read a Dockerfile inside a Compose file; empty lines before it make its lines those of the file."""
        place = inline.location
        found = read_dockerfile("\n" * place.line + inline.value, place.document, self.problems)
        self.dockerfiles[label] = None if found is None else replace(found, document=label)

    def _summary(self, label: str, form: str, kinds: dict[str, int] | Counter[str]) -> None:
        self.summaries.append(DocumentSummary(document=label, format=form, kinds=tuple(sorted(kinds.items()))))

    def _unread(self, label: str, severity: str, reason: str, hint: str = "") -> None:
        self.problems.append(Unread(Location(label, "", 0, 0), severity, reason, hint))

    def _foreign(self, label: str, what: foreign.Foreign, node: Node | None = None) -> None:
        severity = "file" if label in self.named else what.severity
        place = Location(label, "", 0, 0) if node is None else Location(label, "", node.line, node.column)
        self.problems.append(Unread(place, severity, what.reason, what.hint))

    def inventory(self) -> Inventory:
        """Everything, sorted."""
        if self.lists is not None:
            self.kubernetes.extend(self.lists.finish(self.kubernetes, self.problems))
        return Inventory(
            documents=tuple(sorted(self.summaries, key=lambda summary: summary.document)),
            unread=tuple(sorted(self.problems.listed(), key=lambda problem: (_order(problem.location), problem))),
            kubernetes=tuple(sorted(self.kubernetes, key=lambda found: _order(found.location))),
            replicas=tuple(sorted(self.lists.replicas, key=lambda one: _order(one.location))) if self.lists is not None else (),
            compose=tuple(sorted(self.compose, key=lambda project: project.document)),
            dockerfiles=tuple(found for _, found in sorted(self.dockerfiles.items()) if found is not None),
            ecs=tuple(sorted(self.ecs, key=lambda found: _order(found.location))),
            images=tuple(sorted(self.images, key=lambda image: _order(image.location))),
            scans=tuple(sorted(self.scans, key=lambda scan: _order(scan.location))),
            terraform=self.terraform,
        )


def _order(location: Location) -> tuple[str, int, int, str]:
    return (location.document, location.line, location.column, location.pointer)


def _distinct(project: ComposeProject, names: Counter[str]) -> str:
    """A name for a second project of one name: with what its file's name adds (``docker-compose.test.yml``), else its folder."""
    stem = posixpath.basename(project.document).rpartition(".")[0]
    variant = stem.replace("docker-compose", "").replace("compose", "").strip("._-").lower()
    folder = _NOT_IN_NAME.sub("-", posixpath.dirname(project.document).lower()).strip("-")
    name = f"{project.name}-{variant}" if variant else folder or project.name
    names[name] += 1
    return name if names[name] == 1 else f"{name}-{names[name]}"
