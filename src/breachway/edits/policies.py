"""NetworkPolicies that deny: a new document behind the workload that they are for."""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING

import yaml

from breachway.edits.anchors import node_at, text_at
from breachway.edits.refusing import EditRefusedError
from breachway.edits.spans import Leaf, Table

if TYPE_CHECKING:
    from breachway.edits.anchors import Site
    from breachway.edits.data import Data

_DNS: Data = {
    "to": [
        {
            "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "kube-system"}},
            "podSelector": {"matchLabels": {"k8s-app": "kube-dns"}},
        }
    ],
    "ports": [{"protocol": "UDP", "port": 53}, {"protocol": "TCP", "port": 53}],
}
_NOTES = {
    "Ingress": "# Nothing connects to these pods until their clients are named under spec.ingress.\n",
    "Egress": "# These pods ask for names and connect to nothing else until their targets are named under spec.egress.\n",
}
_LABELS = {
    "Pod": ("metadata", "labels"),
    "CronJob": ("spec", "jobTemplate", "spec", "template", "metadata", "labels"),
}
_TEMPLATE = ("spec", "template", "metadata", "labels")


def policy_document(site: Site, direction: str) -> str:
    """The text of :func:`deny_policy`."""
    policy = deny_policy(site, direction)
    written: str = yaml.safe_dump(policy, sort_keys=False, allow_unicode=True, width=1_000_000)
    return _NOTES[direction] + written


def policy_command(site: Site, direction: str) -> str:
    """What applies :func:`deny_policy` to a cluster."""
    return f"printf %s {shlex.quote(json.dumps(deny_policy(site, direction)))} | kubectl apply -f -"


def deny_policy(site: Site, direction: str) -> dict[str, Data]:
    """A policy that selects the pods of the workload at a site and lets nothing in, or nothing out but questions for names.

    :class:`EditRefusedError` where the pods have no labels to select them by.
    """
    found = site.object
    labels = node_at(site.root, (*found, *_LABELS.get(site.kind, _TEMPLATE)))
    if not isinstance(labels, Table) or not labels.members:
        raise EditRefusedError("its pods have no labels that a policy could select")
    selected: dict[str, Data] = {}
    for member in labels.members:
        if not isinstance(member.node, Leaf) or member.node.alias or member.key.text == "<<":
            raise EditRefusedError("the labels of its pods come from elsewhere in the file")
        selected[member.key.text] = member.node.text
    metadata: dict[str, Data] = {"name": f"{text_at(site.root, (*found, 'metadata', 'name'))}-deny-{direction.lower()}"}
    namespace = text_at(site.root, (*found, "metadata", "namespace"))
    if namespace:
        metadata["namespace"] = namespace
    spec: dict[str, Data] = {"podSelector": {"matchLabels": selected}, "policyTypes": [direction]}
    if direction == "Egress":
        spec["egress"] = [_DNS]
    return {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": metadata, "spec": spec}


def with_document(text: str, document: str) -> str:
    """The text with a document more at its end."""
    newline = "\r\n" if "\r\n" in text else "\n"
    body = text.rstrip("\r\n \t")
    if body.endswith("\n..."):
        body = body[:-4].rstrip("\r\n")
    lead = "" if body.endswith("\n---") else f"{newline}---"
    return f"{body}{lead}{newline}{document.replace(chr(10), newline)}"
