"""What neither manifests nor Terraform say about the cloud around a cluster, and what is taken to be so."""

from __future__ import annotations

from breachway.mapping.containers.grounds import Belief

_NODES = "machines of the cluster"
METADATA_NEEDS_HEADER = Belief(
    "metadata-service-needs-header",
    "the cloud's metadata service answers only requests with a header or a session token",
    0.6,
    "judgement: Azure always asks for a header and Google since GKE 1.12; on AWS version 1 is open unless somebody closes it",
    _NODES,
)
BOOTSTRAP_NOT_IN_METADATA = Belief(
    "node-bootstrap-not-in-metadata",
    "the start-up data of the nodes holds no credential with which a kubelet joins the cluster",
    0.8,
    "judgement: managed nodes prove who they are by their machine; self-managed ones often carry a join token",
    _NODES,
)
SHIELDED_NODES = Belief(
    "gke-nodes-shielded",
    "the GKE nodes are shielded, so that their metadata holds no usable credential of the kubelet",
    0.8,
    "judgement: on by default for clusters made with GKE 1.18 or later; the version is not in the input",
    _NODES,
)
HOP_LIMIT_ONE = Belief(
    "imds-hop-limit-one",
    "the instances answer token requests over one network hop only, which keeps pods from the metadata service",
    0.5,
    "the launch template sets no limit; the default is 1, and 2 for images that ask for it, as those of Amazon Linux 2023",
    _NODES,
)
TOKENS_REQUIRED = Belief(
    "imds-tokens-required",
    "the instances require session tokens of the metadata service",
    0.5,
    "the launch template does not say; the image and the settings of the account decide",
    _NODES,
)
PUBLIC_ACCESS_BLOCKED = Belief(
    "bucket-public-access-blocked",
    "buckets whose policy names everyone are kept from the public by a setting of the bucket or the account",
    0.4,
    "judgement: on for buckets made since April 2023 unless somebody turns it off, and then the policy could not be set",
    "buckets without a public access block in the input",
)
AGENT_RUNS = Belief(
    "pod-identity-agent-runs",
    "the agent that hands identities of the cloud to pods runs on the nodes",
    0.8,
    "its DaemonSet is not in the input; identities that are set up for it are mostly in use",
    "cloud identities of pods",
    defence_on=False,
)
TRUST_FITS = Belief(
    "cloud-role-trusts-account",
    "the cloud identity named by a ServiceAccount trusts that account",
    0.9,
    "its trust policy or binding is not in the input; nobody annotates an account to no effect",
    "cloud identities of ServiceAccounts",
    defence_on=False,
)
