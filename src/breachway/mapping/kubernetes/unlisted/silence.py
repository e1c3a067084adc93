"""Which verdicts rest on the silence of the input about a resource, and what they become where it was not listed."""

from __future__ import annotations

import posixpath
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from breachway.evidence import LIVE, Basis
from breachway.mapping.containers.grounds import Belief, believe
from breachway.model import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable

    from breachway.evidence import Location
    from breachway.mapping.building import ModelBuilder
    from breachway.mapping.containers.grounds import Finding
    from breachway.model import DefenceState

POLICIES = (
    "networkpolicies.networking.k8s.io",
    "adminnetworkpolicies.policy.networking.k8s.io",
    "baselineadminnetworkpolicies.policy.networking.k8s.io",
    "clusternetworkpolicies.policy.networking.k8s.io",
    "ciliumnetworkpolicies.cilium.io",
    "ciliumclusterwidenetworkpolicies.cilium.io",
    "networkpolicies.crd.projectcalico.org",
    "globalnetworkpolicies.crd.projectcalico.org",
)
"""Resources that say who may connect to whom, as kubectl names them."""

_ADMISSION = (
    "validatingadmissionpolicies.admissionregistration.k8s.io",
    "validatingadmissionpolicybindings.admissionregistration.k8s.io",
    "validatingwebhookconfigurations.admissionregistration.k8s.io",
    "mutatingadmissionpolicies.admissionregistration.k8s.io",
    "mutatingwebhookconfigurations.admissionregistration.k8s.io",
    "clusterpolicies.kyverno.io",
    "policies.kyverno.io",
    "*.policies.kyverno.io",
    "constrainttemplates.templates.gatekeeper.sh",
    "*.constraints.gatekeeper.sh",
    "podsecuritypolicies.policy",
    "securitycontextconstraints.security.openshift.io",
)
_PODS = (
    "pods",
    "deployments.apps",
    "replicasets.apps",
    "statefulsets.apps",
    "daemonsets.apps",
    "jobs.batch",
    "cronjobs.batch",
)
_WORKLOADS = "the workloads"


class Silence(NamedTuple):
    """What the absence of some resources decides, as kubectl names them.

    ``keys`` are weaknesses found because nothing was there, and the defences bound to them; ``defences`` further ones, by name.
    ``whatever`` tells that the verdicts are taken back even where an object was observed, since the rule looked for another one.
    ``granted`` are defences that hold as far as what was listed goes, and that more objects could take away: they stand with
    ``kept`` at most.  ``spares_host_network`` leaves workloads alone that network policies do not cover.
    """

    resources: tuple[str, ...]
    belief: Belief | None = None
    keys: frozenset[str] = frozenset()
    defences: frozenset[str] = frozenset()
    whatever: bool = False
    granted: frozenset[str] = frozenset()
    kept: Belief | None = None
    spares_host_network: bool = False


SILENCES = (
    Silence(
        resources=POLICIES,
        belief=Belief(
            "unlisted-network-policies-isolate",
            "network policies that could not be listed isolate the workloads that none of the listed ones does",
            0.3,
            "judgement: most clusters isolate some namespaces, few all of them",
            _WORKLOADS,
        ),
        keys=frozenset({"no-ingress-network-policy", "no-egress-network-policy"}),
        granted=frozenset({"deniedByPolicy", "egressRestricted"}),
        kept=Belief(
            "unlisted-network-policies-allow-nothing",
            "network policies that could not be listed allow no connection that the listed ones refuse",
            0.7,
            "judgement: policies add up, and what one refuses another may allow; most are written to be whole by themselves",
            _WORKLOADS,
        ),
        spares_host_network=True,
    ),
    Silence(
        resources=("peerauthentications.security.istio.io",),
        belief=Belief(
            "unlisted-mesh-policies-demand-certificates",
            "mesh policies that could not be listed demand mutual TLS of the workloads' callers",
            0.3,
            "judgement: Istio lets plain text pass until somebody turns it off, which many who run it do for some namespaces",
            _WORKLOADS,
        ),
        defences=frozenset({"mutualTls"}),
        granted=frozenset({"mutualTls"}),
        kept=Belief(
            "unlisted-mesh-policies-relax-nothing",
            "mesh policies that could not be listed relax none of those that were",
            0.8,
            "judgement: exceptions for single workloads are made now and then",
            _WORKLOADS,
        ),
    ),
    Silence(
        resources=("resourcequotas", "limitranges"),
        belief=Belief(
            "unlisted-quotas-limit",
            "quotas and limit ranges that could not be listed limit what workloads use",
            0.3,
            "judgement: quotas are common in clusters of several teams and rare elsewhere",
            "the namespaces",
        ),
        keys=frozenset({"no-quota-or-limitrange"}),
        defences=frozenset({"quotaSet"}),
    ),
    Silence(
        resources=("limitranges",),
        belief=Belief(
            "unlisted-limit-ranges-limit",
            "limit ranges that could not be listed give limits to containers that set none",
            0.3,
            "judgement: limit ranges are common in clusters of several teams and rare elsewhere",
            _WORKLOADS,
        ),
        keys=frozenset({"no-memory-limit", "no-cpu-limit", "no-ephemeral-storage-limit", "no-resource-requests"}),
    ),
    Silence(
        resources=_ADMISSION,
        belief=Belief(
            "unlisted-admission-policies-enforce",
            "admission policies that could not be listed refuse privileged pods in namespaces without a Pod Security label",
            0.4,
            "judgement: policy engines are in about half of production clusters, and not all of them enforce",
            "the namespaces",
        ),
        keys=frozenset({"psa-not-enforced"}),
        whatever=True,
    ),
    Silence(
        resources=("serviceaccounts",),
        belief=Belief(
            "unlisted-accounts-mount-no-token",
            "service accounts that could not be listed turn the mounting of their tokens off",
            0.1,
            "judgement: the default is on, and few accounts say otherwise",
            _WORKLOADS,
        ),
        keys=frozenset({"sa-token-automounted"}),
    ),
    Silence(
        resources=("serviceaccounts",),
        keys=frozenset({"nonexistent-service-account"}),
        whatever=True,
    ),
    Silence(resources=_PODS, keys=frozenset({"netpol-selects-nothing"}), whatever=True),
    Silence(resources=("poddisruptionbudgets.policy",), keys=frozenset({"single-replica-no-pdb"}), whatever=True),
    Silence(
        resources=("nodes",),
        granted=frozenset({"noControlPlane"}),
        kept=Belief(
            "unlisted-nodes-are-alike",
            "the nodes that could not be listed are like those that were, and run no part of the control plane",
            0.9,
            "judgement: managed offerings never mix workers and control plane, and kubeadm taints the latter",
            "the nodes",
        ),
    ),
)


def soften(builder: ModelBuilder, silence: Silence, places: tuple[Location, ...], on_host: frozenset[str]) -> None:
    """Make unknown what rests on this silence; ``places`` are where the collection says what it did not list.

    ``on_host`` are the workloads on the network of their node.
    """
    spared = tuple(f"{asset.split(':', 2)[2]}/" for asset in on_host) if silence.spares_host_network else ()
    for weakness in builder.weaknesses():
        if weakness.key in silence.keys and weakness.verdict is Verdict.WEAK and not _spared(weakness.asset, spared):
            silent = all(item.basis is not Basis.OBSERVED for item in weakness.evidence)
            if silent or silence.whatever:
                builder.replace_weakness(replace(weakness, verdict=Verdict.UNKNOWN))
    for state in builder.defences():
        if _spared(state.asset, spared):
            continue
        if silence.belief is not None and _silent(state, silence):
            finding = believe(builder, silence.belief, places[0])
            builder.replace_defence(_on(state, finding, finding.probability))
        elif silence.kept is not None and state.defence in silence.granted and state.probability > silence.kept.in_force:
            finding = believe(builder, silence.kept, places[0])
            builder.replace_defence(_on(state, finding, finding.probability))


NOT_KEPT = Belief(
    "collected-values-in-no-repository",
    "values that stand in objects of the cluster do not stand in a repository too",
    0.5,
    "judgement: manifests are mostly kept in a repository, with their values filled in on the way as often as not",
    "values in objects that were collected from a cluster",
)


def doubt_repository(builder: ModelBuilder, collections: Iterable[str]) -> None:
    """Take back that a value stands in a repository where only a live object shows it; ``collections`` are their documents."""
    folders = {document if document.startswith(LIVE) else posixpath.dirname(document) for document in collections}
    for state in builder.defences():
        if state.defence != "notInRepository" or state.probability > 0.0 or not state.evidence:
            continue
        place = state.evidence[0].location
        if place.document.startswith(LIVE) or posixpath.dirname(place.document) in folders:
            finding = believe(builder, NOT_KEPT, place)
            builder.replace_defence(_on(state, finding, finding.probability))


def _spared(asset: str, spared: tuple[str, ...]) -> bool:
    """Whether an asset is a workload on the network of its node, or stands for a part of it."""
    return bool(spared) and f"{asset.split(':', 2)[2]}/".startswith(spared)


def _silent(state: DefenceState, silence: Silence) -> bool:
    """Whether a defence is off because nothing was found, or because what was found is not all that counts."""
    named = state.defence in silence.defences or bool(silence.keys.intersection(state.weaknesses))
    return (
        named
        and state.probability == 0.0
        and not state.assumption
        and (silence.whatever or all(item.basis is not Basis.OBSERVED for item in state.evidence))
    )


def _on(state: DefenceState, finding: Finding, probability: float) -> DefenceState:
    """The same defence on an assumption; what was seen stays beside it."""
    return replace(state, probability=probability, assumption=finding.assumption, evidence=(*state.evidence, *finding.evidence))
