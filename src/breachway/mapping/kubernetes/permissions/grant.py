"""One thing that RBAC rules may give to an attacker, and whether they do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from breachway.mapping.kubernetes.permissions.rules import satisfied

if TYPE_CHECKING:
    from breachway.mapping.kubernetes.permissions.rules import Right, Rule
    from breachway.mapping.kubernetes.versions import KubernetesVersion

SYSTEM_NAMESPACE = "kube-system"

Needs = tuple[tuple["Right", ...], ...]
"""Each element must be allowed by some rule: all are needed together, of the rights in one element any."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What a set of rules may give to an attacker.

    ``defence`` of RoleGrant (of ClusterGrant, where ``cluster_only``) is off when the rules give it.  ``names`` says what
    ``resourceNames`` do: "any" gives the grant in spite of them, "none" only without them, "only" only with them; a right that
    names its objects is asked for by those names.  ``weakness`` is the key that stands for it, with ``weakness_needs`` and
    ``weakness_names`` where the catalogue asks for less than the attack does; ``fixed_by`` is a key whose remedy helps where no
    weakness stands for it.

    ``cluster_needs`` and ``local_needs`` are alternatives, tried in turn, that take the place of ``needs`` where the rules are
    bound for the whole cluster or in one namespace: a RoleBinding gives nothing on objects that stand in no namespace, whatever
    its rules name.  ``cluster_names`` takes the place of ``names`` across the cluster.  ``cluster_only`` grants speak of nothing
    but objects of the cluster, ``system_only`` ones of objects in kube-system.  Before the version ``since`` the right does not
    exist; from the version ``tightened`` on it needs ``tight_needs``.
    """

    defence: str
    title: str
    needs: Needs
    names: str = "none"
    weakness: str = ""
    weakness_needs: Needs = ()
    weakness_names: str = ""
    fixed_by: str = ""
    cluster_needs: tuple[Needs, ...] = ()
    local_needs: tuple[Needs, ...] = ()
    cluster_names: str = ""
    cluster_only: bool = False
    system_only: bool = False
    since: KubernetesVersion | None = None
    tightened: KubernetesVersion | None = None
    tight_needs: Needs = ()

    def applies_in(self, scope: str) -> bool:
        """Whether a binding in a namespace ("" is the whole cluster) can give it at all."""
        return not (self.cluster_only and scope) and not (self.system_only and scope not in {"", SYSTEM_NAMESPACE})

    def given_by(
        self, rules: tuple[Rule, ...], *, namespaced: bool, version: KubernetesVersion | None = None
    ) -> tuple[Rule, ...]:
        """Return the rules that give the grant in a scope, or ().

        ``version`` is the cluster's, None where nobody knows it: then all counts that some version allows.
        """
        if (namespaced and self.cluster_only) or (version is not None and self.since is not None and version < self.since):
            return ()
        tight = version is not None and self.tightened is not None and version >= self.tightened
        alternatives = (self.local_needs if namespaced else self.cluster_needs) or (self.tight_needs if tight else self.needs,)
        names = self.names if namespaced else self.cluster_names or self.names
        return next((found for needs in alternatives if (found := satisfied(needs, names, rules))), ())

    def weakened_by(self, rules: tuple[Rule, ...]) -> tuple[Rule, ...]:
        """Return the rules that show the weakness, or () where they do not or no weakness stands for the grant."""
        return satisfied(self.weakness_needs or self.needs, self.weakness_names or self.names, rules) if self.weakness else ()
