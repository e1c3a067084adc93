"""Recognises the reports of image scanners in JSON: Trivy (schema 2) and Grype."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from breachway.evidence import Location, Unread
from breachway.sources.images.fields import child_of, items_of, text_of
from breachway.sources.nodes import Mapping, Scalar
from breachway.sources.scans.objects import ImageScan, ScannedSecret, Severity, Vulnerability

if TYPE_CHECKING:
    from collections.abc import Iterator

    from breachway.sources.nodes import Node

_MOST = 50_000
"""How many vulnerabilities of one report are kept."""
_LONGEST = 200
_TRIVY_IMAGE = "container_image"
_PACKAGE_CLASSES = frozenset({"os-pkgs", "lang-pkgs"})
_IRRELEVANT = frozenset({"not_affected"})
_TRIVY_SEVERITIES = {name: Severity[name] for name in ("LOW", "MEDIUM", "HIGH", "CRITICAL")}
_GRYPE_SEVERITIES = {member.name.capitalize(): member for member in Severity if member is not Severity.UNRATED}


def looks_like_scan(node: Node) -> bool:
    """Whether a document is the report of a scanner that is read."""
    if not isinstance(node, Mapping):
        return False
    keys = node.entries.keys()
    return {"ArtifactName", "ArtifactType"} <= keys or ({"matches", "source"} <= keys and "descriptor" in keys)


def read_scan(node: Node, label: str, problems: list[Unread]) -> ImageScan | None:
    """Read one report; None for a scan of something else than an image, which is said."""
    scan = _trivy(node, label, problems) if child_of(node, "ArtifactName") is not None else _grype(node, label, problems)
    if scan is not None and len(scan.vulnerabilities) >= _MOST:
        problems.append(Unread(scan.location, "object", f"more than {_MOST:,} vulnerabilities; the rest was not read"))
    return scan


def _not_an_image(node: Node, label: str, problems: list[Unread], what: str) -> None:
    place = Location(label, "", node.line, node.column)
    problems.append(Unread(place, "note", f"a scan of {what}, not of an image", "scan the image that is deployed"))


def _trivy(node: Node, label: str, problems: list[Unread]) -> ImageScan | None:
    kind = text_of(node, "ArtifactType")
    if kind != _TRIVY_IMAGE:
        _not_an_image(node, label, problems, f"a {kind[:40] or 'target without a type'}")
        return None
    metadata = child_of(node, "Metadata")
    results = items_of(child_of(node, "Results"))
    system = child_of(metadata, "OS")
    eosl = child_of(system, "EOSL")
    ended = isinstance(eosl, Scalar) and eosl.plain and eosl.text == "true" and system is not None
    digests = (*_strings(child_of(metadata, "RepoDigests")), text_of(metadata, "ImageID"))
    return ImageScan(
        document=label,
        location=Location(label, "", node.line, node.column),
        scanner="Trivy",
        references=_references(text_of(node, "ArtifactName"), _strings(child_of(metadata, "RepoTags"))),
        digests=_digests(digests),
        packages=any(_of_packages(result) for result in results),
        vulnerabilities=tuple(islice(_trivy_vulnerabilities(results, label), _MOST)),
        secrets=tuple(islice(_trivy_secrets(results, label), _MOST)),
        ended=f"{text_of(system, 'Family')} {text_of(system, 'Name')}"[:_LONGEST] if ended else "",
        ended_location=Location(label, "/Metadata/OS", system.line, system.column) if ended and system else None,
    )


def _of_packages(result: Node) -> bool:
    return text_of(result, "Class") in _PACKAGE_CLASSES or child_of(result, "Vulnerabilities") is not None


def _trivy_vulnerabilities(results: tuple[Node, ...], label: str) -> Iterator[Vulnerability]:
    for number, result in enumerate(results):
        for index, item in enumerate(items_of(child_of(result, "Vulnerabilities"))):
            if text_of(item, "Status") in _IRRELEVANT:
                continue
            yield Vulnerability(
                id=text_of(item, "VulnerabilityID")[:_LONGEST],
                package=text_of(item, "PkgName")[:_LONGEST],
                installed=text_of(item, "InstalledVersion")[:_LONGEST],
                fixed=text_of(item, "FixedVersion")[:_LONGEST],
                severity=_TRIVY_SEVERITIES.get(text_of(item, "Severity"), Severity.UNRATED),
                score=_highest(child_of(item, "CVSS"), ("V3Score",), ("V40Score",), ("V2Score",)),
                location=Location(label, f"/Results/{number}/Vulnerabilities/{index}", item.line, item.column),
            )


def _trivy_secrets(results: tuple[Node, ...], label: str) -> Iterator[ScannedSecret]:
    for number, result in enumerate(results):
        for index, item in enumerate(items_of(child_of(result, "Secrets"))):
            line = child_of(item, "StartLine")
            yield ScannedSecret(
                title=(text_of(item, "Title") or text_of(item, "RuleID"))[:_LONGEST],
                path=text_of(result, "Target")[:_LONGEST],
                line=int(line.text) if isinstance(line, Scalar) and line.text.isdecimal() and len(line.text) < 12 else 0,  # noqa: PLR2004 - no file has more lines
                location=Location(label, f"/Results/{number}/Secrets/{index}", item.line, item.column),
            )


def _grype(node: Node, label: str, problems: list[Unread]) -> ImageScan | None:
    kind, target = text_of(node, "source", "type"), child_of(node, "source", "target")
    if kind != "image" or not isinstance(target, Mapping):
        _not_an_image(node, label, problems, f"a {kind[:40] or 'target without a type'}")
        return None
    digests = (*_strings(child_of(target, "repoDigests")), text_of(target, "manifestDigest"), text_of(target, "imageID"))
    return ImageScan(
        document=label,
        location=Location(label, "", node.line, node.column),
        scanner="Grype",
        references=_references(text_of(target, "userInput"), _strings(child_of(target, "tags"))),
        digests=_digests(digests),
        packages=True,
        vulnerabilities=tuple(islice(_grype_matches(node, label), _MOST)),
    )


def _grype_matches(node: Node, label: str) -> Iterator[Vulnerability]:
    for index, item in enumerate(items_of(child_of(node, "matches"))):
        found = child_of(item, "vulnerability")
        if found is None:
            continue
        scores = (_highest(entry, ("metrics", "baseScore")) for entry in items_of(child_of(found, "cvss")))
        yield Vulnerability(
            id=text_of(found, "id")[:_LONGEST],
            package=text_of(item, "artifact", "name")[:_LONGEST],
            installed=text_of(item, "artifact", "version")[:_LONGEST],
            fixed=", ".join(_strings(child_of(found, "fix", "versions")))[:_LONGEST],
            severity=_GRYPE_SEVERITIES.get(text_of(found, "severity"), Severity.UNRATED),
            score=max(scores, default=0.0),
            location=Location(label, f"/matches/{index}", item.line, item.column),
        )


def _highest(node: Node | None, *ways: tuple[str, ...]) -> float:
    """The highest score under one of the key paths, in the mapping or in one of its values."""
    if not isinstance(node, Mapping):
        return 0.0
    nodes = (node, *(entry.node for entry in node.entries.values()))
    found = (child_of(inner, *way) for inner in nodes for way in ways)
    return max((_score(item.text) for item in found if isinstance(item, Scalar) and item.plain), default=0.0)


def _score(text: str) -> float:
    try:
        value = float(text[:20])
    except ValueError:
        return 0.0
    return value if 0.0 <= value <= 10.0 else 0.0  # noqa: PLR2004 - the scale of CVSS


def _strings(node: Node | None) -> tuple[str, ...]:
    return tuple(item.text for item in items_of(node) if isinstance(item, Scalar))


def _references(asked: str, tags: tuple[str, ...]) -> tuple[str, ...]:
    """The names of the image; what the scanner was asked for may also be the path of an archive, or name a transport."""
    name = asked.removeprefix("docker:").removeprefix("registry:").removeprefix("podman:")
    is_path = name.endswith((".tar", ".tar.gz", ".tgz")) or name.startswith(("/", "./", "../", "oci-dir:", "docker-archive:"))
    return tuple(dict.fromkeys((*(() if is_path else (name,)), *tags)))


def _digests(written: tuple[str, ...]) -> tuple[str, ...]:
    """The digests, without the names before them."""
    return tuple(dict.fromkeys(text.rpartition("@")[2] for text in written if ":" in text.rpartition("@")[2]))
