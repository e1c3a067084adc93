"""Clusters in their cloud, from manifests and Terraform: what a wrong setting opens, and that the right one closes it."""

from __future__ import annotations

from tests.mapping.cloud.models import estate, place_of, reached, right_of, state_of

RENDERER = "kubernetes:Container:print/Deployment/renderer/renderer"
TILES = "kubernetes:Container:maps/Deployment/tiles/tiles"


def test_version_1_of_the_metadata_service_gives_pods_the_node_role() -> None:
    model = estate("eks/vulnerable")
    blocked = state_of(model, RENDERER, "metadataBlocked")
    assert (blocked.probability, place_of(blocked)) == (0.0, ("nodes.tf", 12))
    assert place_of(state_of(model, "kubernetes:NodePool:batch", "metadataNeedsHeader")) == ("nodes.tf", 12)
    assert right_of(model, "RunsAs", "kubernetes:NodePool:batch") == {"aws:CloudRole:print-batch": ("nodes.tf", 20)}
    steps = reached("eks/vulnerable", "A1")
    assert {
        f"{RENDERER}.fetchMetadata",
        "kubernetes:NodePool:batch.serveOldMetadata",
        "aws:CloudRole:print-batch.assume",
    } <= steps


def test_tokens_and_a_hop_limit_of_one_keep_pods_out() -> None:
    model = estate("eks/safe")
    blocked = state_of(model, RENDERER, "metadataBlocked")
    assert (blocked.probability, place_of(blocked)) == (1.0, ("nodes.tf", 13))
    assert not {f"{RENDERER}.reachMetadata", f"{RENDERER}.fetchMetadata"} & reached("eks/safe", "A1")


def test_a_key_in_the_state_is_found_by_who_reads_the_bucket() -> None:
    model = estate("eks/vulnerable")
    assert right_of(model, "ReadsStore", "aws:PolicyGrant:print-batch/batch") == {
        "aws:DataStore:s3/print-terraform": ("nodes.tf", 52)
    }
    assert right_of(model, "HoldsSecret", "aws:DataStore:s3/print-terraform") == {
        "aws:Secret:access-key/courier": ("identities.tf", 64)
    }
    assert right_of(model, "Unlocks", "aws:Secret:access-key/courier") == {"aws:CloudUser:courier": ("identities.tf", 64)}
    assert {"aws:Secret:access-key/courier.readFromData", "aws:CloudUser:courier.assume"} <= reached("eks/vulnerable", "A1")
    assert "aws:DataStore:s3/print-archive.readData" in reached("eks/vulnerable", "A1")


def test_a_denied_bucket_is_not_read() -> None:
    assert "aws:DataStore:s3/print-archive" not in right_of(
        estate("eks/vulnerable"), "ReadsStore", "aws:PolicyGrant:print-batch/batch"
    )


def test_variables_of_a_function_are_read_by_who_may_ask_for_it() -> None:
    model = estate("eks/vulnerable")
    assert right_of(model, "GivenSecret", "aws:CloudFunction:deliver") == {"aws:Secret:access-key/courier": ("identities.tf", 81)}
    assert "aws:CloudFunction:deliver" in right_of(model, "ReadsFunction", "aws:PolicyGrant:print-batch/batch")
    repository = {link.right for link in model.links if link.association in {"DescribesSecret", "StoresSecret"}}
    assert "aws:Secret:access-key/courier" not in repository


def test_a_role_is_taken_by_the_accounts_that_it_trusts() -> None:
    account = "kubernetes:ServiceAccount:print/invoices"
    workload = "kubernetes:KubernetesWorkload:print/Deployment/renderer"
    trusting, refusing = estate("eks/vulnerable"), estate("eks/safe")
    assert state_of(trusting, account, "cloudRefuses").probability == 0.0
    assert set(right_of(trusting, "FederatesTo", account)) == {"aws:CloudRole:invoice-writer"}
    assert set(right_of(trusting, "CarriesCloudToken", workload)) == {account}
    assert "aws:CloudRole:invoice-writer.assume" in reached("eks/vulnerable", "A5")
    assert state_of(refusing, account, "cloudRefuses").probability == 1.0
    assert not right_of(refusing, "FederatesTo", account)
    assert not right_of(refusing, "CarriesCloudToken", workload)


def test_pod_identity_needs_a_role_that_trusts_the_service() -> None:
    account = "kubernetes:ServiceAccount:print/labels"
    assert set(right_of(estate("eks/vulnerable"), "FederatesTo", account)) == {"aws:CloudRole:label-reader"}
    assert "aws:CloudRole:label-reader.assume" in reached("eks/vulnerable", "A5")
    assert not right_of(estate("eks/safe"), "FederatesTo", account)


def test_a_bucket_policy_for_everyone_opens_it_to_the_internet_unless_it_is_restricted() -> None:
    assert "aws:DataStore:s3/print-gallery.readData" in reached("eks/vulnerable", "A1")
    assert "aws:DataStore:s3/print-gallery.readData" not in reached("eks/safe", "A1")


def test_the_node_role_is_a_kubelet_to_the_cluster() -> None:
    known = right_of(estate("eks/vulnerable"), "KnownInCluster", "aws:CloudRole:print-batch")
    assert set(known) == {"kubernetes:NodeIdentity:batch"}


def test_old_gke_nodes_hand_out_the_credentials_of_the_kubelet() -> None:
    model = estate("gke/vulnerable")
    pool = "kubernetes:NodePool:tiles"
    assert place_of(state_of(model, TILES, "metadataBlocked")) == ("gke.tf", 17)
    assert state_of(model, pool, "noBootstrapInMetadata").probability == 0.0
    assert state_of(model, pool, "metadataNeedsHeader").probability == 0.0
    steps = reached("gke/vulnerable", "A1")
    assert {f"{TILES}.fetchMetadata", f"{pool}.readNodeBootstrap", "kubernetes:NodeIdentity:tiles.assume"} <= steps
    assert set(right_of(model, "RunsAs", pool)) == {"gcp:CloudRole:nodes@atlas.iam.gserviceaccount.com"}


def test_workload_identity_brings_a_metadata_server_that_shows_pods_their_own_identity() -> None:
    model = estate("gke/safe")
    assert state_of(model, TILES, "metadataBlocked").probability == 1.0
    assert state_of(model, "kubernetes:NodePool:tiles", "noBootstrapInMetadata").probability == 1.0
    assert not {f"{TILES}.reachMetadata", f"{TILES}.fetchMetadata"} & reached("gke/safe", "A1")
    account = "kubernetes:ServiceAccount:maps/tiles"
    assert state_of(model, account, "cloudRefuses").probability == 0.0
    assert set(right_of(model, "FederatesTo", account)) == {"gcp:CloudRole:tiles@atlas.iam.gserviceaccount.com"}
