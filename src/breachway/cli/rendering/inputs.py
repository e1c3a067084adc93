"""Reads the paths that the user gave, and renders those that are a Helm chart or a kustomization.

A rendered folder is read like any other too (it may hold a Dockerfile); what the rendering replaces is left out of that.
"""

from __future__ import annotations

import os
import posixpath
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

from breachway.errors import NothingToReadError, UnreadableInputError, UsageError
from breachway.evidence import Location, Unread
from breachway.sources.discovery import STDIN, printable
from breachway.sources.live import joined
from breachway.sources.reading import read

if TYPE_CHECKING:
    from collections.abc import Sequence

    from breachway.sources.inventory import Inventory
    from breachway.sources.reading import Progress

_CHART = ("Chart.yaml", "Chart.yml")
_INSTALL_HELM = "install helm, or model what helm template prints elsewhere"
_INSTALL_KUSTOMIZE = "install kubectl or kustomize, or model what kubectl kustomize prints elsewhere"


class Rendering(NamedTuple):
    """What became of one folder: what was rendered, and the documents (or folders) of it that this replaces."""

    inventory: Inventory | None
    replaced: frozenset[str]
    unread: tuple[Unread, ...]


def read_inputs(
    paths: Sequence[str],
    *,
    stdin: BinaryIO | None = None,
    progress: Progress | None = None,
    values: Sequence[str] = (),
    version: str = "",
) -> Inventory:
    """Read all paths into one inventory.

    ``values`` are files of values for the charts, ``version`` the minor version of Kubernetes that the user stated.  Raises as
    :func:`breachway.sources.reading.read` does, and UsageError for values without a chart.
    """
    kinds = {path: _kind(path) for path in paths}
    if values and "chart" not in kinds.values():
        raise UsageError("--values without a Helm chart among the paths", hint="name the folder of the chart as a PATH")
    renderings = [
        _chart(path, _files(values), version) if kind == "chart" else _kustomization(path) for path, kind in kinds.items() if kind
    ]
    if not renderings:
        return read(paths, stdin=stdin, progress=progress)
    rendered = [one.inventory for one in renderings if one.inventory is not None]
    replaced = frozenset().union(*(one.replaced for one in renderings))
    trouble = tuple(problem for one in renderings for problem in one.unread)
    try:
        plain = _without(read(paths, stdin=stdin, progress=progress), replaced)
    except NothingToReadError as error:
        if not rendered:
            raise _nothing(trouble, error) from None
        plain = None
    if plain is None or not (plain.documents or rendered):
        plain, rendered = rendered[0], rendered[1:]
    for one in rendered:
        plain = joined(one, plain)
    found = replace(plain, unread=tuple(sorted({*plain.unread, *trouble})))
    if not found.documents:
        raise _nothing(trouble, NothingToReadError("what was rendered holds no object", hint="is everything in it switched off?"))
    return found


def _nothing(trouble: tuple[Unread, ...], error: NothingToReadError) -> NothingToReadError:
    if not trouble:
        return error
    first = trouble[0]
    return NothingToReadError(f"nothing that can be modelled: {first.reason}", hint=first.hint, where=first.location)


def _kind(path: str) -> str:
    folder = Path(path)
    if path in {STDIN, ""} or not folder.is_dir():
        return ""
    if any((folder / name).is_file() for name in _CHART):
        return "chart"
    from breachway.sources.rendered.kustomizations import kustomization_in

    return "kustomization" if kustomization_in(folder) is not None else ""


def _label(path: str) -> str:
    label = posixpath.normpath(Path(path).as_posix())
    return "" if label == "." else printable(label)


def _files(values: Sequence[str]) -> list[str]:
    """The files of values by absolute paths: helm would take an address, or a flag, for what it looks like."""
    for value in values:
        if not Path(value).is_file():
            raise UnreadableInputError(f"{printable(value)}: no such file", hint="--values takes a YAML file")
    return [str(Path(value).absolute()) for value in values]


def _links_out(folder: Path) -> str:
    """The first link below a folder that leads out of it, "" without one: a chart takes what it leads to for its own."""
    real = Path(os.path.realpath(folder))
    for place, folders, files in os.walk(folder):
        folders.sort()
        for name in sorted((*folders, *files)):
            path = Path(place) / name
            if path.is_symlink() and not Path(os.path.realpath(path)).is_relative_to(real):
                return printable(path.relative_to(folder).as_posix())
    return ""


def _refused(label: str, reason: str, hint: str) -> Rendering:
    return Rendering(None, frozenset(), (Unread(Location(label, "", 0, 0), "file", f"not rendered: {reason}", hint),))


# ------------------------------------------------------------------------------------------------------------------------- Helm


def _chart(path: str, values: list[str], version: str) -> Rendering:
    from breachway.cli.rendering.tools import find_tool, run_tool
    from breachway.sources.rendered.helm import chart_inventory

    folder, label = Path(path), _label(path)
    shown = posixpath.join(label, next(name for name in _CHART if (folder / name).is_file()))
    tool = find_tool("helm")
    if not tool:
        return _refused(shown, "a Helm chart, and there is no helm on the PATH", _INSTALL_HELM)
    link = _links_out(folder)
    if link:
        return _refused(shown, f"{link} is a link out of the chart", "replace it by the file")
    arguments = [tool, "template", str(folder.absolute()), "--skip-tests"]
    arguments += [f"--kube-version={version}"] if version else []
    arguments += [f"--values={file}" for file in values]
    output = run_tool(arguments)
    if output.reason:
        return _refused(shown, output.reason, "does helm template render the chart? Its dependencies must be in charts/")
    chart = chart_inventory(output.text, label, folder)
    note = f"rendered with helm: {chart.placed} of {chart.lines} lines are known in a template, the others are computed"
    told = Unread(Location(shown, "", 0, 0), "note", note, "evidence for a computed line names the first line of its document")
    replaced = frozenset(posixpath.join(label, name) for name in ("templates", "crds", "charts", *_CHART, *_VALUES))
    return Rendering(chart.inventory, replaced, (told,))


_VALUES = ("values.yaml", "values.yml", "values.schema.json", "Chart.lock")


# -------------------------------------------------------------------------------------------------------------------- Kustomize


def _kustomization(path: str) -> Rendering:
    import tempfile

    from breachway.cli.rendering.tools import find_tool, run_tool
    from breachway.sources.rendered.kustomizations import kustomization_in, look_through
    from breachway.sources.rendered.kustomize import Surroundings, kustomized_inventory

    folder, label = Path(path), _label(path)
    file = kustomization_in(folder)
    shown = posixpath.join(label, file.name if file is not None else "")
    tool = find_tool("kubectl", "kustomize")
    if not tool:
        return _refused(shown, "a kustomization, and there is neither kubectl nor kustomize on the PATH", _INSTALL_KUSTOMIZE)
    parts = look_through(folder, label)
    if parts.refused is not None:
        return Rendering(None, frozenset(), (parts.refused,))
    with tempfile.TemporaryDirectory(prefix="breachway-") as scratch:
        above = Path(scratch).resolve()
        way = os.path.relpath(folder.resolve(), above)
        text = f"buildMetadata: [originAnnotations]\nresources:\n  - {_quoted(way)}\n"
        (above / "kustomization.yaml").write_text(text, encoding="utf-8")
        verb = "kustomize" if Path(tool).name.startswith("kubectl") else "build"
        output = run_tool([tool, verb, str(above)])
        if output.reason:
            return _refused(shown, output.reason, "does kubectl kustomize build the folder?")
        found = kustomized_inventory(output.text, Surroundings(above, folder.resolve(), label), parts)
    return Rendering(found, frozenset(parts.files), ())


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _without(inventory: Inventory, replaced: frozenset[str]) -> Inventory:
    """The inventory without what comes from the files that a rendering replaces."""

    def kept(document: str) -> bool:
        return document not in replaced and not any(parent in replaced for parent in _parents(document))

    return replace(
        inventory,
        documents=tuple(item for item in inventory.documents if kept(item.document)),
        unread=tuple(item for item in inventory.unread if kept(item.location.document)),
        kubernetes=tuple(item for item in inventory.kubernetes if kept(item.location.document)),
        replicas=tuple(item for item in inventory.replicas if kept(item.location.document)),
    )


def _parents(document: str) -> list[str]:
    parts = document.split("/")
    return ["/".join(parts[:count]) for count in range(1, len(parts))]
