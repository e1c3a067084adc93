"""Reports of scanners: Trivy and Grype, and what is told apart from them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from breachway.errors import NothingToReadError
from breachway.sources.reading import read
from breachway.sources.scans.objects import ImageScan, Severity

if TYPE_CHECKING:
    from pathlib import Path

TRIVY = """{
  "SchemaVersion": 2,
  "ArtifactName": "shop/web:1",
  "ArtifactType": "container_image",
  "Metadata": {
    "OS": {"Family": "debian", "Name": "10.13", "EOSL": true},
    "ImageID": "sha256:IMAGE",
    "RepoTags": ["shop/web:1", "shop/web:stable"],
    "RepoDigests": ["shop/web@sha256:MANIFEST"]
  },
  "Results": [
    {"Target": "shop/web:1 (debian 10.13)", "Class": "os-pkgs", "Type": "debian"},
    {"Target": "Java", "Class": "lang-pkgs", "Vulnerabilities": [
      {"VulnerabilityID": "CVE-2020-17530", "PkgName": "struts2-core", "InstalledVersion": "2.5.25", "FixedVersion": "2.5.26",
       "Severity": "CRITICAL", "CVSS": {"nvd": {"V3Score": 9.8, "V2Score": 10}, "ghsa": {"V3Score": 8.1}}},
      {"VulnerabilityID": "CVE-1", "PkgName": "a", "Status": "not_affected", "Severity": "HIGH"},
      {"VulnerabilityID": "CVE-2", "PkgName": "b", "Severity": "odd", "CVSS": 7}
    ]},
    {"Target": "/app/.env", "Class": "secret", "Secrets": [
      {"RuleID": "aws-access-key-id", "Title": "AWS Access Key ID", "StartLine": 3, "Match": "AKIA****"}
    ]}
  ]
}""".replace("IMAGE", "a" * 64).replace("MANIFEST", "b" * 64)

GRYPE = {
    "descriptor": {"name": "grype"},
    "source": {
        "type": "image",
        "target": {"userInput": "shop/web:1", "tags": ["shop/web:1"], "repoDigests": [], "manifestDigest": "sha256:" + "c" * 64},
    },
    "matches": [
        {
            "vulnerability": {
                "id": "CVE-2021-3711",
                "severity": "High",
                "fix": {"versions": ["1.1.1l-r0"], "state": "fixed"},
                "cvss": [{"metrics": {"baseScore": 9.8}}, {"metrics": {"baseScore": 7.5}}],
            },
            "artifact": {"name": "libssl1.1", "version": "1.1.1k-r0"},
        },
        {"artifact": {"name": "x"}},
    ],
}


def scan_of(tmp_path: Path, text: str) -> ImageScan:
    (tmp_path / "scan.json").write_text(text, encoding="utf-8")
    inventory = read([str(tmp_path)])
    assert inventory.unread == ()
    (scan,) = inventory.scans
    return scan


def test_trivy(tmp_path: Path) -> None:
    scan = scan_of(tmp_path, TRIVY)
    assert scan.references == ("shop/web:1", "shop/web:stable")
    assert scan.digests == ("sha256:" + "b" * 64, "sha256:" + "a" * 64)
    first, second = scan.vulnerabilities
    assert (first.id, first.package, first.fixed, first.severity, first.score) == (
        "CVE-2020-17530",
        "struts2-core",
        "2.5.26",
        Severity.CRITICAL,
        10.0,
    )
    assert (first.location.line, first.location.pointer) == (14, "/Results/1/Vulnerabilities/0")
    assert (second.severity, second.score) == (Severity.UNRATED, 0.0)
    assert (scan.ended, scan.ended_location and scan.ended_location.line) == ("debian 10.13", 6)
    (secret,) = scan.secrets
    assert (secret.path, secret.line, secret.title) == ("/app/.env", 3, "AWS Access Key ID")
    assert scan.packages


@pytest.mark.parametrize(
    "asked, names", [("web.tar", ()), ("./web", ()), ("docker:shop/web:1", ("shop/web:1",)), ("nginx", ("nginx",))]
)
def test_what_was_asked_for_may_be_a_path(tmp_path: Path, asked: str, names: tuple[str, ...]) -> None:
    text = json.dumps({"ArtifactName": asked, "ArtifactType": "container_image", "Results": []})
    assert scan_of(tmp_path, text).references == names


def test_grype(tmp_path: Path) -> None:
    scan = scan_of(tmp_path, json.dumps(GRYPE))
    (found,) = scan.vulnerabilities
    assert (found.id, found.severity, found.fixed, found.score) == ("CVE-2021-3711", Severity.HIGH, "1.1.1l-r0", 9.8)
    assert scan.references == ("shop/web:1",)
    assert scan.digests == ("sha256:" + "c" * 64,)


@pytest.mark.parametrize(
    "document, reason",
    [
        ({"ArtifactName": ".", "ArtifactType": "filesystem", "Results": []}, "a scan of a filesystem"),
        ({"descriptor": {}, "matches": [], "source": {"type": "directory", "target": "."}}, "a scan of a directory"),
        ({"bomFormat": "CycloneDX", "components": []}, "a bill of materials"),
        ({"spdxVersion": "SPDX-2.3", "packages": []}, "a bill of materials"),
    ],
)
def test_what_is_no_scan_of_an_image_is_said(tmp_path: Path, document: object, reason: str) -> None:
    (tmp_path / "report.json").write_text(json.dumps(document), encoding="utf-8")
    with pytest.raises(NothingToReadError, match=reason):
        read([str(tmp_path)])


@pytest.mark.parametrize(
    "document",
    [
        {"ArtifactName": 1, "ArtifactType": "container_image", "Results": "x", "Metadata": []},
        {"ArtifactName": "a", "ArtifactType": "container_image", "Results": [1, {"Vulnerabilities": [1, {}]}, {"Secrets": {}}]},
        {"descriptor": 1, "matches": {}, "source": {"type": "image", "target": {"tags": "x"}}},
        {"descriptor": 1, "matches": [1, {"vulnerability": []}], "source": {"type": "image", "target": {}}},
    ],
)
def test_wrong_types_are_survived(tmp_path: Path, document: object) -> None:
    scan_of(tmp_path, json.dumps(document))
