from __future__ import annotations

import re

import pytest

from breachway.documentation import all_pages
from breachway.documentation.coverage import coverage_page, uncovered
from breachway.documentation.explaining import explain, known_identifiers
from breachway.documentation.relations import defences, techniques, weaknesses_by_defence
from breachway.documentation.weakness_pages import weakness_examples
from breachway.errors import UsageError
from breachway.threats.catalogue import load_weaknesses
from breachway.threats.frameworks import attack_techniques, microsoft_techniques, unmodelled_techniques
from breachway.threats.language import StepKind
from breachway.threats.loading import load_language

LANGUAGE = load_language()
CATALOGUE = load_weaknesses()
PAGES = {page.path: page.text for page in all_pages(LANGUAGE, CATALOGUE)}
TECHNIQUES = {technique.id: technique for technique in techniques(LANGUAGE)}


def test_a_page_for_everything() -> None:
    assert len(PAGES) == len(CATALOGUE) + len(TECHNIQUES) + 2
    for weakness in CATALOGUE:
        assert f"techniques/weaknesses/{weakness.key}.md" in PAGES
    titled = {step.info.title for asset in LANGUAGE.assets for step in asset.steps if step.kind in {StepKind.OR, StepKind.AND}}
    assert {technique.step.info.title for technique in TECHNIQUES.values()} == titled - {""}


def test_pages_are_in_order_and_end_in_a_line() -> None:
    assert list(PAGES) == sorted(PAGES)
    for path, text in PAGES.items():
        assert text.endswith("\n"), path
        assert not text.endswith("\n\n"), path
        assert text.count("\n\n# ") == 1, path
        assert "\n\n\n" not in text, path


@pytest.mark.parametrize(
    "path, headings",
    [
        (
            "techniques/weaknesses/rbac-pod-exec.md",
            ["What it does", "Why it matters", "Example", "Fix", "False positives", "References"],
        ),
        (
            "techniques/steps/Container.escapePrivileged.md",
            [
                "What it does",
                "Why it matters",
                "How it is reached",
                "What stops it",
                "How long it takes",
                "Who takes it",
                "References",
            ],
        ),
    ],
)
def test_shape_of_a_page(path: str, headings: list[str]) -> None:
    assert re.findall(r"^## (.*)$", PAGES[path], re.MULTILINE) == headings


def test_links_lead_somewhere() -> None:
    for path, text in PAGES.items():
        folder = path.rpartition("/")[0].split("/") if "/" in path else []
        for link in re.findall(r"\]\(([^)]+\.md)\)", text):
            parts = list(folder)
            for part in link.split("/"):
                if part == "..":
                    parts.pop()
                else:
                    parts.append(part)
            assert "/".join(parts) in PAGES, f"{path} links to {link}"


def test_every_weakness_has_an_example() -> None:
    assert set(weakness_examples()) == {weakness.key for weakness in CATALOGUE}
    assert all(example.text.strip() for example in weakness_examples().values())
    assert "\n" in weakness_examples()["privileged-container"].text
    assert "\\n" in weakness_examples()["ingress-nginx-annotation-injection"].text


def test_relations() -> None:
    privileged = TECHNIQUES["Container.escapePrivileged"]
    assert "Container.notPrivileged" in privileged.stopped_by
    assert "HostPool.root" in privileged.leads_to
    assert "Container.root" in privileged.comes_from
    assert "privileged-container" in weaknesses_by_defence(CATALOGUE)["Container.notPrivileged"]
    for technique in TECHNIQUES.values():
        for other in technique.leads_to:
            assert technique.id in TECHNIQUES[other].comes_from


def test_groups_of_needs() -> None:
    assert TECHNIQUES["Application.loginWithCredential"].needs == (
        TECHNIQUES["Application.exploitVulnerability"].comes_from,
        ("Secret.read",),
    )
    assert len(TECHNIQUES["KubernetesWorkload.readToken"].needs) == 1
    assert "It needs all of these together" in PAGES["techniques/steps/Application.loginWithCredential.md"]


def test_attackers_begin_at_few_steps() -> None:
    begins = {technique.id for technique in TECHNIQUES.values() if not technique.needs}
    assert begins == {
        "HostPool.login",
        "Internet.attack",
        "Person.leakCredentials",
        "Person.leakRepository",
        "Registry.pushByHand",
        "SourceRepository.push",
    }


def test_every_defence_stops_a_documented_step_or_plumbing() -> None:
    stopped = {defence for technique in TECHNIQUES.values() for defence in technique.stopped_by}
    plumbing = {
        name
        for name, step in defences(LANGUAGE)
        if all(target.via is None and f"{name.split('.')[0]}.{target.step}" not in TECHNIQUES for target in step.targets)
    }
    assert {name for name, _ in defences(LANGUAGE)} == stopped | plumbing


def test_coverage_has_every_technique_with_steps_or_a_reason() -> None:
    known = tuple(TECHNIQUES.values())
    assert uncovered(known) == ()
    text = coverage_page(known).text
    for technique in (*attack_techniques(), *microsoft_techniques()):
        if technique.in_matrix:
            assert f"| {technique.id} |" in text
    listed = {technique.id for technique in (*attack_techniques(), *microsoft_techniques())}
    assert set(unmodelled_techniques()) <= listed


def test_reasons_are_given_only_where_no_step_is() -> None:
    modelled = {
        name for technique in TECHNIQUES.values() for name in (*technique.step.info.attack, *technique.step.info.microsoft)
    }
    assert modelled & set(unmodelled_techniques()) == set()


@pytest.mark.parametrize(
    "identifier, expected",
    [
        ("privileged-container", "privileged-container  Privileged container  (critical)"),
        ("Container.escapePrivileged", "Container.escapePrivileged  leave the privileged container"),
        ("container.notprivileged", "Container.notPrivileged  the container is not privileged"),
        ("a4", "A4  inadvertent insider"),
        ("Namespace.runPod", "KubernetesScope.runPod  run a pod of one's own"),
        ("HostPool.readPodTokens", "NodePool.readPodTokens  take the tokens of the node's pods"),
        ("DockerHost.root", "HostPool.root  hold root on the host"),
    ],
)
def test_explain(identifier: str, expected: str) -> None:
    assert explain(identifier, LANGUAGE, CATALOGUE).splitlines()[0] == expected


def test_everything_known_is_explained() -> None:
    for identifier in known_identifiers(LANGUAGE, CATALOGUE)[::9]:
        text = explain(identifier, LANGUAGE, CATALOGUE)
        assert text.startswith(identifier)
        assert text.endswith("\n")
        assert all(len(line) <= 80 for line in text.splitlines()[1:] if not line.startswith("  ") and " " in line)


@pytest.mark.parametrize(
    "identifier, near",
    [
        ("privilegd-container", "privileged-container"),
        ("runPod", "KubernetesScope.runPod"),
        ("qqqqqqqq", "docs/techniques/index.md"),
    ],
)
def test_unknown_identifier_names_the_nearest(identifier: str, near: str) -> None:
    with pytest.raises(UsageError) as caught:
        explain(identifier, LANGUAGE, CATALOGUE)
    assert near in caught.value.hint
