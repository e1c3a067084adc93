resource "google_container_cluster" "atlas" {
  name = "atlas"

  workload_identity_config {
    workload_pool = "atlas.svc.id.goog"
  }
}

resource "google_container_node_pool" "tiles" {
  name    = "tiles"
  cluster = google_container_cluster.atlas.name

  node_config {
    service_account = google_service_account.nodes.email

    workload_metadata_config {
      mode = "GCE_METADATA"
    }
  }
}

resource "google_service_account" "nodes" {
  account_id = "nodes"
  project    = "atlas"
}

resource "google_service_account" "tiles" {
  account_id = "tiles"
  project    = "atlas"
}

resource "google_service_account_iam_member" "tiles" {
  service_account_id = google_service_account.tiles.name
  role               = "roles/iam.workloadIdentityUser"
  member             = "serviceAccount:atlas.svc.id.goog[maps/tiles]"
}
