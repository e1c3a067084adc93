"""The least rights that a collection needs, as manifests to apply."""

from __future__ import annotations

from typing import TYPE_CHECKING

from breachway.cli.collecting.collector import KUBE_SYSTEM

if TYPE_CHECKING:
    from breachway.cli.collecting.wanted import Wanted

NAME = "breachway-collect"

_HEAD = """\
# What `breachway collect` needs: to list, and nothing else.  Listing Secrets shows their values to whoever holds this role: the
# collection keeps the keys and lengths alone, but the account should be guarded like the Secrets themselves.  Without them:
# breachway collect --print-rbac --skip secrets
"""


def manifests(wanted: tuple[Wanted, ...], namespace: str) -> str:
    """A ServiceAccount in ``namespace``, a ClusterRole and the binding between them, as YAML."""
    by_group: dict[str, list[str]] = {}
    for item in wanted:
        by_group.setdefault(item.group, []).append(item.resource)
    rules = [
        "- nonResourceURLs:\n  - /api\n  - /api/*\n  - /apis\n  - /apis/*\n  - /version\n  verbs:\n  - get\n",
        f'- apiGroups:\n  - ""\n  resources:\n  - namespaces\n  resourceNames:\n  - {KUBE_SYSTEM}\n  verbs:\n  - get\n',
    ]
    for group, resources in by_group.items():
        named = "".join(f"  - {_quoted(resource)}\n" for resource in resources)
        rules.append(f"- apiGroups:\n  - {_quoted(group)}\n  resources:\n{named}  verbs:\n  - list\n")
    return (
        _HEAD
        + f"apiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: {NAME}\n  namespace: {namespace}\n"
        + f"---\napiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata:\n  name: {NAME}\nrules:\n"
        + "".join(rules)
        + f"---\napiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata:\n  name: {NAME}\n"
        + f"roleRef:\n  apiGroup: rbac.authorization.k8s.io\n  kind: ClusterRole\n  name: {NAME}\n"
        + f"subjects:\n- kind: ServiceAccount\n  name: {NAME}\n  namespace: {namespace}\n"
    )


def _quoted(word: str) -> str:
    return f'"{word}"' if word in {"", "*"} else word
