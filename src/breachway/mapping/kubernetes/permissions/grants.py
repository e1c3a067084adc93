"""The catalogue of what RBAC rules may give to an attacker."""

from __future__ import annotations

from breachway.mapping.kubernetes.permissions.grants_anywhere import GRANTS_ANYWHERE
from breachway.mapping.kubernetes.permissions.grants_cluster import CLUSTER_GRANTS

GRANTS = (*GRANTS_ANYWHERE, *CLUSTER_GRANTS)
"""First what a binding in a namespace may give, then what only one across the cluster gives."""
