"""Grants of Google Cloud: who holds which role where, and what it opens."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.mapping.cloud.models import model_of, right_of, state_of

if TYPE_CHECKING:
    from pathlib import Path

ESTATE = """
resource "google_service_account" "job" {
  account_id = "job"
  project    = "maps"
}
resource "google_service_account" "owner" {
  account_id = "owner"
  project    = "maps"
}
resource "google_storage_bucket" "tiles" { name = "tiles" }
resource "google_storage_bucket" "bills" { name = "bills" }
resource "google_secret_manager_secret" "key" { secret_id = "key" }
"""
MANIFEST = """
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop}
spec:
  serviceAccountName: web
  containers: [{name: app, image: "registry.example.com/web:1"}]
"""
JOB = "gcp:CloudRole:job@maps.iam.gserviceaccount.com"


def grant(where: str, role: str, member: str = "serviceAccount:${google_service_account.job.email}", more: str = "") -> str:
    return f'resource "google_{where}_iam_member" "g" {{\n  role = "roles/{role}"\n  member = "{member}"\n  {more}\n}}\n'


@pytest.mark.parametrize(
    "text, defence, association, targets",
    [
        (grant("project", "storage.objectViewer"), "noStoreReading", "ReadsStore", {"gcs/tiles", "gcs/bills"}),
        (
            grant("storage_bucket", "storage.objectAdmin", more="bucket = google_storage_bucket.tiles.name"),
            "noStoreDeletion",
            "ChangesStore",
            {"gcs/tiles"},
        ),
        (grant("project", "secretmanager.secretAccessor"), "noCloudSecretReading", "ReadsCloudSecret", {"key"}),
        (
            grant(
                "service_account", "iam.serviceAccountTokenCreator", more="service_account_id = google_service_account.owner.id"
            ),
            "noRoleAssumption",
            "MayAssume",
            {"owner@maps.iam.gserviceaccount.com"},
        ),
        (grant("project", "compute.admin"), "noInstanceCommand", "Commands", {"default"}),
        (grant("project", "owner"), "noAdministration", "GrantsOn", {"maps"}),
    ],
)
def test_a_role_opens_what_it_is_bound_on(tmp_path: Path, text: str, defence: str, association: str, targets: set[str]) -> None:
    model = model_of(tmp_path, main_tf=ESTATE + text, pod_yaml=MANIFEST)
    held = next(iter(right_of(model, "Holds", JOB)))
    assert state_of(model, held, defence).probability == 0.0
    assert {item.split(":", 2)[2] for item in right_of(model, association, held)} == targets
    others = [item for item in model.defences if item.asset == held and item.defence not in {defence, "noStoreReading"}]
    assert {item.probability for item in others} == {1.0}


def test_a_condition_is_an_assumption(tmp_path: Path) -> None:
    text = ESTATE + grant("project", "storage.objectViewer", more="condition {\n expression = var.when\n }")
    model = model_of(tmp_path, main_tf=text)
    held = next(iter(right_of(model, "Holds", JOB)))
    assert state_of(model, held, "noStoreReading").assumption == "policy-conditions-hold-back"


def test_a_bucket_for_everyone(tmp_path: Path) -> None:
    more = "bucket = google_storage_bucket.tiles.name"
    model = model_of(tmp_path, main_tf=ESTATE + grant("storage_bucket", "storage.objectViewer", "allUsers", more))
    assert right_of(model, "AsAnybody", "internet:Internet:internet")
    held = next(iter(right_of(model, "Holds", "internet:Anybody:everyone")))
    assert set(right_of(model, "ReadsStore", held)) == {"gcp:DataStore:gcs/tiles"}


def test_an_account_of_the_cluster_holds_a_role_by_itself(tmp_path: Path) -> None:
    member = "serviceAccount:maps.svc.id.goog[shop/web]"
    model = model_of(tmp_path, main_tf=ESTATE + grant("project", "storage.admin", member), pod_yaml=MANIFEST)
    assert right_of(model, "Holds", "kubernetes:ServiceAccount:shop/web")


def test_whoever_administers_clusters_administers_this_one(tmp_path: Path) -> None:
    model = model_of(tmp_path, main_tf=ESTATE + grant("project", "container.admin"), pod_yaml=MANIFEST)
    assert set(right_of(model, "AdministersCluster", JOB)) == {"kubernetes:Cluster:cluster"}


def test_a_role_that_is_not_known_is_said(tmp_path: Path) -> None:
    model = model_of(tmp_path, main_tf=ESTATE + grant("project", "pubsub.editor"))
    assert not right_of(model, "Holds", JOB)
    assert any("roles/pubsub.editor" in note for note in model.notes)


@pytest.mark.parametrize("scopes, name", [("cloud-platform", ""), ("devstorage.read_only", " within its scopes")])
def test_scopes_limit_what_the_machines_may_do(tmp_path: Path, scopes: str, name: str) -> None:
    pool = f"""
resource "google_container_node_pool" "p" {{
  name = "p"
  node_config {{
    service_account = google_service_account.job.email
    oauth_scopes    = ["https://www.googleapis.com/auth/{scopes}"]
  }}
}}
"""
    model = model_of(tmp_path, main_tf=ESTATE + pool, pod_yaml=MANIFEST)
    assert set(right_of(model, "RunsAs", "kubernetes:NodePool:default")) == {f"{JOB}{name}"}
