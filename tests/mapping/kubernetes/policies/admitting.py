"""Policies for tests, and what a namespace makes of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.mapping.kubernetes.clusters import defence, model_of

if TYPE_CHECKING:
    from breachway.model import DefenceState

SHOP = "kubernetes:Namespace:shop"
SPACE = "---\napiVersion: v1\nkind: Namespace\nmetadata: {name: shop, labels: {tier: paying}}\n"
KYVERNO_RUNS = """---
apiVersion: apps/v1
kind: Deployment
metadata: {name: kyverno-admission-controller, namespace: kyverno}
spec:
  selector: {matchLabels: {app: kyverno}}
  template:
    metadata: {labels: {app: kyverno}}
    spec: {containers: [{name: kyverno, image: "ghcr.io/kyverno/kyverno:v1.13.4"}]}
"""

PATTERNS = """
    - name: host-namespaces
      match: {any: [{resources: {kinds: [Pod]}}]}
      validate:
        pattern: {spec: {=(hostPID): "false", =(hostIPC): "false", =(hostNetwork): "false"}}
    - name: host-path
      match: {any: [{resources: {kinds: [Pod]}}]}
      validate:
        pattern: {spec: {=(volumes): [{X(hostPath): "null"}]}}
    - name: privileged
      match: {any: [{resources: {kinds: [Pod]}}]}
      validate:
        pattern:
          spec:
            =(initContainers): [{=(securityContext): {=(privileged): "false"}}]
            containers: [{=(securityContext): {=(privileged): "false"}}]
    - name: capabilities
      match: {any: [{resources: {kinds: [Pod]}}]}
      preconditions:
        all: [{key: "{{ request.operation || 'BACKGROUND' }}", operator: NotEquals, value: DELETE}]
      validate:
        deny:
          conditions:
            all:
              - key: "{{ request.object.spec.[initContainers, containers][].securityContext.capabilities.add[] }}"
                operator: AnyNotIn
                value: [CHOWN, KILL, NET_BIND_SERVICE]
"""


def cluster_policy(rules: str = PATTERNS, *, action: str = "Enforce", more: str = "") -> str:
    """A ClusterPolicy of Kyverno with these rules; ``more`` are lines of its specification."""
    return f"""---
apiVersion: kyverno.io/v1
kind: ClusterPolicy
metadata: {{name: node-guard}}
spec:
  validationFailureAction: {action}
{more}  rules:{rules}"""


CEL = """---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: node-guard}
spec:
  failurePolicy: Fail
  matchConstraints:
    resourceRules:
      - {apiGroups: [""], apiVersions: [v1], operations: [CREATE, UPDATE], resources: [pods]}
  variables:
    - name: containers
      expression: object.spec.containers + object.spec.?initContainers.orValue([])
  validations:
    - expression: "!object.spec.?hostPID.orValue(false)"
    - expression: object.spec.?volumes.orValue([]).all(v, !has(v.hostPath))
    - expression: variables.containers.all(c, !c.?securityContext.?privileged.orValue(false))
    - expression: variables.containers.all(c, c.?securityContext.?capabilities.?add.orValue([]).all(n, n in ['CHOWN', 'KILL']))
"""
BINDING = """---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: node-guard}
spec:
  policyName: node-guard
  validationActions: [Deny]
"""


def constraint(kind: str, *, match: str = "{}", parameters: str = "{}", action: str = "deny") -> str:
    """A constraint of Gatekeeper."""
    return f"""---
apiVersion: constraints.gatekeeper.sh/v1beta1
kind: {kind}
metadata: {{name: {kind.lower()}}}
spec:
  enforcementAction: {action}
  match: {match}
  parameters: {parameters}
"""


GATEKEEPER = "".join(
    constraint(kind)
    for kind in ("K8sPSPPrivilegedContainer", "K8sPSPHostNamespace", "K8sPSPHostFilesystem", "K8sPSPCapabilities")
)
GATEKEEPER_HOOK = """---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {name: gatekeeper-validating-webhook-configuration}
webhooks:
  - name: validation.gatekeeper.sh
    failurePolicy: %s
    namespaceSelector: {matchExpressions: [{key: admission.gatekeeper.sh/ignore, operator: DoesNotExist}]}
    clientConfig: {service: {name: gatekeeper-webhook-service, namespace: gatekeeper-system}}
    rules: [{apiGroups: ["*"], apiVersions: ["*"], operations: [CREATE, UPDATE], resources: ["*"]}]
"""


def state(text: str, *, version: str = "", space: str = SPACE) -> DefenceState:
    """Whether the namespace refuses pods that open their node."""
    return defence(model_of(space + text, version=version), SHOP, "podSecurityEnforced")


def enforced(text: str, *, version: str = "", space: str = SPACE) -> float:
    """How sure it is that the namespace refuses pods that open their node."""
    return state(text, version=version, space=space).probability


def notes(found: DefenceState) -> str:
    """Everything that the evidence says, one line each."""
    return "\n".join(item.note for item in found.evidence)
