from __future__ import annotations

import dataclasses

import pytest

from breachway.reports import wording

from .fixture import ASSESSMENT, CLEAN


@pytest.mark.parametrize(
    "days, words",
    [
        (0.0, "at once"),
        (1 / 1440, "about 1 minute"),
        (1 / 24, "about 1 hour"),
        (0.5, "about 12 hours"),
        (1.0, "about 1 day"),
        (2.2, "about 2 days"),
        (10.0, "about 10 days"),
        (15.0, "about 2 weeks"),
        (75.0, "about 2 months"),
        (1000.0, "about 3 years"),
    ],
)
def test_durations_in_words(days: float, words: str) -> None:
    assert wording.duration(days) == words


def test_longer_never_reads_as_nothing() -> None:
    assert all(wording.duration(days / 100) for days in range(1, 5000))


@pytest.mark.parametrize(
    "kind, words",
    [
        ("ServiceAccount", "service account"),
        ("DockerDaemon", "Docker daemon"),
        ("EcsTask", "ECS task"),
        ("Internet", "Internet"),
        ("KubernetesWorkload", "Kubernetes workload"),
    ],
)
def test_kinds_in_words(kind: str, words: str) -> None:
    assert wording.kind_words(kind) == words


@pytest.mark.parametrize(
    "noun, many",
    [
        ("policy", "policies"),
        ("access key", "access keys"),
        ("process", "processes"),
        ("Ingress", "Ingresses"),
        ("task", "tasks"),
    ],
)
def test_plurals(noun: str, many: str) -> None:
    assert wording.count(2, noun) == f"2 {many}"


def test_the_headline_names_the_worst_path() -> None:
    assert wording.headline(ASSESSMENT) == "An external attacker reaches cluster admin in 5 steps, in about 9 days."
    assert wording.headline(CLEAN).startswith("No attacker reaches")
    assert "No attacker was modelled" in wording.headline(dataclasses.replace(CLEAN, actors=()))


def test_the_remedy_claims_only_what_was_verified() -> None:
    assert wording.remedy(ASSESSMENT) == "5 fixes cut 6 of 7 ranked paths."
    assert "run again to make sure" in wording.remedy(dataclasses.replace(ASSESSMENT, fix_set_verified=True))
    assert wording.remedy(CLEAN) == ""


def test_the_headline_is_about_what_is_still_open() -> None:
    accepted = dataclasses.replace(ASSESSMENT.paths[0], decision="accepted by nobody in particular")
    decided = dataclasses.replace(ASSESSMENT, paths=(accepted, *ASSESSMENT.paths[1:]))
    assert wording.headline(decided) == "An external attacker reaches Secret shop/payments in 3 steps, in about 9 days."
