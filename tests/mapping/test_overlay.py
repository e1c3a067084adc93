from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from breachway.analyses.assess import assess
from breachway.mapping.model_building import build_model
from breachway.mapping.overlay import apply_overlay
from breachway.sources.configuration.reader import read_configuration
from breachway.sources.reading import read

if TYPE_CHECKING:
    from pathlib import Path

    from breachway.model import Asset, DefenceState, Model

MANIFESTS = """
apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {team: web}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web, owner: blue}}
    spec:
      containers:
        - name: app
          image: registry.example.com/web:1
          ports: [{containerPort: 8080}]
          securityContext: {privileged: true}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec:
  type: LoadBalancer
  selector: {app: web}
  ports: [{port: 80, targetPort: 8080}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: operators}
subjects: [{kind: Group, name: operators}]
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: cluster-admin}
"""
GUARDED = """
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: none, namespace: shop}
spec: {podSelector: {}, policyTypes: [Ingress]}
---
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: net, namespace: kube-system}
spec:
  selector: {matchLabels: {app: net}}
  template: {metadata: {labels: {app: net}}, spec: {containers: [{name: net, image: docker.io/flannel/flannel:v0.25.1}]}}
"""
DECIDED = """
decisions:
  - decision: {decision}
    weakness: privileged-container
    owner: platform
    reason: {reason}
"""
CONTAINER = "kubernetes:Container:shop/Deployment/web/app"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "shop.yaml").write_text(MANIFESTS)
    return tmp_path


def modelled(folder: Path, configuration: str) -> Model:
    return build_model(read([str(folder)]), read_configuration(configuration, "breachway.yaml"))


def asset(model: Model, identifier: str) -> Asset:
    return next(item for item in model.assets if item.id == identifier)


def state(model: Model, identifier: str, defence: str) -> DefenceState:
    return next(item for item in model.defences if (item.asset, item.defence) == (identifier, defence))


def exposure_of(model: Model) -> str:
    return next(item.id for item in model.assets if item.kind == "Exposure")


@pytest.mark.parametrize(
    "selector", ["Container shop/Deployment/web/app", "Container shop/web/app", CONTAINER, "{kind: Container}"]
)
def test_a_crown_jewel_is_named_by_its_kind_and_name_or_by_its_id(folder: Path, selector: str) -> None:
    written = selector if selector.startswith("{") else f'"{selector}"'
    model = modelled(folder, f"crown_jewels:\n  - asset: {written}\n    value: 10\n    title: the front door\n")
    jewel = next(item for item in model.crown_jewels if item.asset == CONTAINER)
    assert (jewel.step, jewel.value, jewel.title) == ("compromise", 10, "the front door")
    assert (jewel.evidence[0].location.document, jewel.evidence[0].location.line) == ("breachway.yaml", 2)


def test_a_selector_that_matches_nothing_is_said_with_the_nearest_name(folder: Path) -> None:
    model = modelled(folder, "crown_jewels:\n  - asset: Container shop/Deployment/wed/app\n")
    problem = next(item for item in model.unread if item.location.document == "breachway.yaml")
    assert "no asset matches Container shop/Deployment/wed/app" in problem.reason
    assert "shop/Deployment/web/app" in problem.hint


def test_what_is_not_exposed_is_not_reached_from_the_internet(folder: Path) -> None:
    jewel = "crown_jewels:\n  - asset: Container shop/Deployment/web/app\n"
    open_model = modelled(folder, jewel)
    closed = modelled(
        folder, jewel + "exposure:\n  - asset: Deployment shop/web\n    exposed: false\n    reason: behind the VPN\n"
    )
    assert state(open_model, exposure_of(open_model), "notPublic").probability == 0.0
    told = state(closed, exposure_of(closed), "notPublic")
    assert (told.probability, told.evidence[0].note) == (1.0, "not reached from the internet: behind the VPN")
    assert "A1" in {path.actor for path in assess(open_model).paths}
    assert "A1" not in {path.actor for path in assess(closed).paths}


def test_what_is_exposed_though_no_artefact_says_so(tmp_path: Path) -> None:
    (tmp_path / "shop.yaml").write_text(MANIFESTS.replace("type: LoadBalancer", "type: ClusterIP"))
    before = modelled(tmp_path, "{}")
    after = modelled(tmp_path, "exposure:\n  - asset: Deployment shop/web\n    exposed: true\n")
    assert [item.id for item in before.assets if item.kind == "Exposure"] == []
    opening = exposure_of(after)
    links = {(link.association, link.left, link.right) for link in after.links}
    assert ("Exposes", "internet:Internet:internet", opening) in links
    assert any(association == "Publishes" and left == opening for association, left, _ in links)
    assert state(after, opening, "notPublic").probability == 0.0


@pytest.mark.parametrize("word,probability,kept", [("confirmed", 1.0, False), ("refuted", 0.0, False), ("0.25", 0.25, True)])
def test_an_assumption_is_settled_or_weighed_anew(folder: Path, word: str, probability: float, *, kept: bool) -> None:
    model = modelled(folder, f"assumptions:\n  application-patched:\n    probability: {word}\n    reason: pentest of May\n")
    patched = next(item for item in model.defences if item.defence == "patched")
    assert patched.probability == probability
    assert "pentest of May" in patched.evidence[0].note
    assert patched.evidence[0].location.document == "breachway.yaml"
    assert (patched.assumption == "application-patched") is kept
    assert ("application-patched" in {item.id for item in model.assumptions}) is kept


def test_an_assumption_that_is_not_made_is_said(folder: Path) -> None:
    model = modelled(folder, "assumptions:\n  application-patchd: confirmed\n")
    problem = next(item for item in model.unread if item.location.document == "breachway.yaml")
    assert "application-patched" in problem.hint


def test_tenants_by_namespace_and_by_label(folder: Path) -> None:
    model = modelled(folder, "tenants:\n  - name: storefront\n    namespaces: [sh*]\n  - label: owner\n")
    assert ("tenant", "storefront") in asset(model, "kubernetes:Namespace:shop").facts
    assert ("tenant", "blue") in asset(model, "kubernetes:KubernetesWorkload:shop/Deployment/web").facts


def test_a_tenant_of_nobody_is_said(folder: Path) -> None:
    model = modelled(folder, "tenants:\n  - name: ghost\n    namespaces: [nowhere]\n")
    assert any("tenant ghost" in item.reason for item in model.unread)


def test_a_false_positive_puts_the_defence_in_force_and_keeps_who_said_so(folder: Path) -> None:
    model = modelled(folder, DECIDED.format(decision="false-positive", reason="a test double"))
    told = state(model, CONTAINER, "notPrivileged")
    assert told.probability == 1.0
    assert told.evidence[0].note == "false positive, says platform: a test double"


def test_an_accepted_weakness_is_marked_until_it_expires(folder: Path) -> None:
    model = modelled(folder, DECIDED.format(decision="accept", reason="known") + "    expires: 2027-01-31\n")
    before = {item.key: item.decision for item in assess(model, today="2027-01-31").weaknesses}
    after = {item.key: item.decision for item in assess(model, today="2027-02-01").weaknesses}
    assert "platform" in before["privileged-container"]
    assert after["privileged-container"] == ""
    assert before["no-memory-limit"] == ""


def test_people_come_from_bindings_and_from_the_configuration(folder: Path) -> None:
    model = modelled(folder, "actors:\n  - name: night shift\n    kind: operator\n    starts: [PrincipalGroup operators]\n")
    titles = {entry.title for entry in model.entry_points if entry.actor == "A3"}
    assert {"a developer, by own rights", "members of group operators, by own rights", "night shift, by own rights"} <= titles
    assert ("ActsAs", "people:Person:night shift", "kubernetes:PrincipalGroup:operators") in {
        (link.association, link.left, link.right) for link in model.links
    }


OWN_PORT = "kubernetes:Application:shop/Deployment/web/app:8080"


@pytest.mark.parametrize(
    "requested_by", ["", "    requested_by: Deployment shop/web\n", "    requested_by: [Service shop/web]\n"]
)
def test_a_program_that_fetches_addresses_is_joined_with_those_who_name_them(folder: Path, requested_by: str) -> None:
    model = modelled(folder, f"fetches:\n  - asset: Deployment shop/web\n{requested_by}    reason: it draws previews\n")
    made = [link for link in model.links if link.association == "FetchesFor"]
    assert [(link.left, link.right) for link in made] == [(OWN_PORT, CONTAINER)]
    assert made[0].evidence[0].note == "Deployment shop/web fetches the address that a request names: it draws previews"
    assert made[0].evidence[0].location.line == 2


@pytest.mark.parametrize(
    "fetch", ["asset: Deployment shop/ghost", "{asset: Deployment shop/web, requested_by: [Deployment shop/ghost]}"]
)
def test_a_fetcher_that_is_not_there_is_said(folder: Path, fetch: str) -> None:
    model = modelled(folder, f"fetches:\n  - {fetch}\n")
    assert any("no asset matches Deployment shop/ghost" in item.reason for item in model.unread)
    assert [link for link in model.links if link.association == "FetchesFor"] == []


def test_what_policies_do_not_guard_after_all_can_be_kept_inside(folder: Path) -> None:
    """flannel enforces no policy, so that only the user's word keeps the internet away."""
    (folder / "policy.yaml").write_text(GUARDED)
    jewel = "crown_jewels:\n  - asset: Container shop/Deployment/web/app\n"
    exposed = modelled(folder, jewel)
    kept = modelled(folder, jewel + "exposure:\n  - asset: Deployment shop/web\n    exposed: false\n")
    assert not [link for link in exposed.links if link.association == "Publishes"]
    assert "A1" in {path.actor for path in assess(exposed).paths}
    assert "A1" not in {path.actor for path in assess(kept).paths}


def test_what_the_internet_reaches_is_not_kept_by_an_assumption_about_sources(folder: Path) -> None:
    model = modelled(folder, "")
    exposure = exposure_of(model)
    for assumption, expected in (("sources-are-limited", 0.0), ("", 0.6)):
        limited = replace(state(model, exposure, "sourceRestricted"), probability=0.6, assumption=assumption)
        others = tuple(item for item in model.defences if (item.asset, item.defence) != (exposure, "sourceRestricted"))
        choice = read_configuration("exposure:\n  - asset: Deployment shop/web\n    exposed: true\n", "breachway.yaml")
        told = apply_overlay(replace(model, defences=(*others, limited)), choice)
        assert state(told, exposure, "sourceRestricted").probability == expected
