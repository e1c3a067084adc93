"""A namespace refuses pods that open their node when every way there is refused in it, and the evidence names what is not."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.mapping.kubernetes.clusters import defence, model_of
from tests.mapping.kubernetes.policies.admitting import (
    BINDING,
    CEL,
    GATEKEEPER,
    GATEKEEPER_HOOK,
    KYVERNO_RUNS,
    PATTERNS,
    SHOP,
    SPACE,
    cluster_policy,
    constraint,
    enforced,
    notes,
    state,
)

ANSWERS = "admission-engine-answers"
WORKED_OUT = "policy-engine-enforces-pod-security"


def test_a_policy_that_closes_every_way_to_the_node_counts_as_a_level() -> None:
    for text in (cluster_policy() + KYVERNO_RUNS, CEL + BINDING, GATEKEEPER + GATEKEEPER_HOOK % "Fail"):
        found = state(text)
        assert (found.probability, found.assumption) == (1.0, "")
        weak = [item.asset for item in model_of(SPACE + text).weaknesses if item.key == "psa-not-enforced"]
        assert SHOP not in weak


@pytest.mark.parametrize("missing", ["privileged", "hostPID", "hostPath", "capabilities"])
def test_one_way_left_open_is_enough_and_is_named(missing: str) -> None:
    lines = [line for line in CEL.splitlines(keepends=True) if not ("expression:" in line and missing in line)]
    found = state("".join(lines) + BINDING)
    assert found.probability == 0.0
    assert f"({missing})" in notes(found)
    assert "ValidatingAdmissionPolicy node-guard refuses" in notes(found)


def test_a_policy_for_one_place_of_a_pod_leaves_the_others_open() -> None:
    first_only = CEL.replace(
        "variables.containers.all(c, !c.?sec", "object.spec.containers.filter(c, c.name == 'main').all(c, !c.?sec"
    )
    no_init = CEL.replace(" + object.spec.?initContainers.orValue([])", "")
    assert enforced(first_only + BINDING) == 0.0
    assert enforced(no_init + BINDING) == 0.0


def test_windows_nodes_have_a_way_of_their_own() -> None:
    node = "---\napiVersion: v1\nkind: Node\nmetadata: {name: w1, labels: {kubernetes.io/os: %s}}\n"
    assert enforced(CEL + BINDING + node % "linux") == 1.0
    assert "(hostProcess)" in notes(state(CEL + BINDING + node % "windows"))
    closed = (
        CEL + "    - expression: variables.containers.all(c, !c.?securityContext.?windowsOptions.?hostProcess.orValue(false))\n"
    )
    assert enforced(closed + BINDING + node % "windows") == 1.0
    assert enforced(OLD % ("tight", "system:serviceaccounts") + PLUGIN + node % "windows", version="1.21") == 0.0


def test_a_list_of_what_is_forbidden_leaves_the_rest_of_the_capabilities() -> None:
    listed = CEL.replace("n in ['CHOWN', 'KILL']", "!(n in ['SYS_ADMIN', 'ALL'])")
    assert "(capabilities)" in notes(state(listed + BINDING))


# ---------------------------------------------------------------------------------------------------- the API server's policies


@pytest.mark.parametrize(
    "text, probability",
    [
        (CEL, 0.0),
        (CEL + BINDING.replace("Deny", "Warn, Audit"), 0.0),
        (CEL + BINDING.replace("policyName: node-guard", "policyName: other"), 0.0),
        (CEL + BINDING + "  matchResources: {namespaceSelector: {matchLabels: {tier: paying}}}\n", 1.0),
        (CEL + BINDING + "  matchResources: {namespaceSelector: {matchLabels: {tier: free}}}\n", 0.0),
        (CEL + BINDING + "  matchResources: {objectSelector: {matchLabels: {guarded: 'yes'}}}\n", 0.0),
        (CEL.replace("[CREATE, UPDATE]", "[UPDATE]") + BINDING, 0.0),
        (CEL.replace("resources: [pods]", "resources: [deployments]") + BINDING, 0.0),
        (CEL.replace("resources: [pods]", "resources: [pods], resourceNames: [web]") + BINDING, 0.0),
        (CEL.replace("  variables:", "  matchConditions: [{name: a, expression: 'false'}]\n  variables:") + BINDING, 0.0),
        (
            CEL.replace(
                "  variables:", "  matchConditions: [{name: a, expression: \"request.operation == 'CREATE'\"}]\n  variables:"
            )
            + BINDING,
            1.0,
        ),
        (
            CEL.replace(
                "  variables:", "  matchConditions: [{name: a, expression: \"request.userInfo.username != 'x'\"}]\n  variables:"
            )
            + BINDING,
            0.7,
        ),
    ],
)
def test_the_reach_of_an_admission_policy(text: str, probability: float) -> None:
    assert enforced(text) == probability


def test_an_expression_that_fails_refuses_only_where_the_policy_fails_closed() -> None:
    sloppy = CEL.replace("!c.?securityContext.?privileged.orValue(false)", "!c.securityContext.privileged")
    assert enforced(sloppy + BINDING) == 1.0
    wrong = CEL.replace(
        "!object.spec.?hostPID.orValue(false)", "object.spec.nothing == 'Default' || !object.spec.?hostPID.orValue(false)"
    )
    assert enforced(wrong + BINDING) == 1.0
    assert enforced(wrong.replace("failurePolicy: Fail", "failurePolicy: Ignore") + BINDING) == 0.0
    decided = wrong.replace("object.spec.nothing ==", "object.spec.dnsPolicy ==")
    assert enforced(decided.replace("failurePolicy: Fail", "failurePolicy: Ignore") + BINDING) == 1.0


@pytest.mark.parametrize("version, probability", [("1.25", 0.0), ("1.28", 0.7), ("1.30", 1.0)])
def test_admission_policies_came_with_a_version(version: str, probability: float) -> None:
    assert enforced(CEL + BINDING, version=version) == probability


def test_parameters_are_read_where_they_are_given_and_unknown_where_not() -> None:
    asking = CEL.replace("  failurePolicy: Fail", "  paramKind: {apiVersion: rules.example.com/v1, kind: PodRules}").replace(
        "n in ['CHOWN', 'KILL']", "n in params.allowed"
    )
    bound = BINDING + "  paramRef: {name: strict, parameterNotFoundAction: Deny}\n"
    given = "---\napiVersion: rules.example.com/v1\nkind: PodRules\nmetadata: {name: strict}\nallowed: %s\n"
    assert enforced(asking + bound + given % "[CHOWN]") == 1.0
    assert enforced(asking + bound + given % "[CHOWN, SYS_ADMIN]") == 0.0
    assert state(asking + bound).assumption == WORKED_OUT


# ---------------------------------------------------------------------------------------------------------------------- Kyverno


@pytest.mark.parametrize(
    "rules, more, probability",
    [
        (PATTERNS, "", 1.0),
        (PATTERNS.replace("kinds: [Pod]", "kinds: [v1/Pod]"), "", 1.0),
        (PATTERNS.replace("kinds: [Pod]", "kinds: ['*']"), "", 1.0),
        (PATTERNS.replace("kinds: [Pod]", "kinds: [Deployment]"), "", 0.0),
        (PATTERNS.replace("kinds: [Pod]", "kinds: [Pod], namespaces: ['sh*']"), "", 1.0),
        (PATTERNS.replace("kinds: [Pod]", "kinds: [Pod], namespaces: [mail]"), "", 0.0),
        (PATTERNS.replace("kinds: [Pod]", "kinds: [Pod], names: ['web-*']"), "", 0.0),
        (PATTERNS.replace("kinds: [Pod]", "kinds: [Pod], selector: {matchLabels: {a: b}}"), "", 0.0),
        (PATTERNS.replace("kinds: [Pod]", "kinds: [Pod], namespaceSelector: {matchLabels: {tier: paying}}"), "", 1.0),
        (PATTERNS.replace("kinds: [Pod]", "kinds: [Pod], operations: [DELETE]"), "", 0.0),
        (
            PATTERNS.replace("      validate:", "      exclude: {any: [{resources: {namespaces: [shop]}}]}\n      validate:"),
            "",
            0.0,
        ),
        (
            PATTERNS.replace("      validate:", "      exclude: {any: [{resources: {namespaces: [mail]}}]}\n      validate:"),
            "",
            1.0,
        ),
        (PATTERNS.replace("      validate:", "      exclude: {any: [{resources: {names: ['x-*']}}]}\n      validate:"), "", 0.0),
        (
            PATTERNS.replace("      validate:", "      exclude: {any: [{clusterRoles: [cluster-admin]}]}\n      validate:"),
            "",
            0.7,
        ),
        (PATTERNS, "  validationFailureActionOverrides: [{action: Audit, namespaces: ['sh?p']}]\n", 0.0),
        (PATTERNS, "  validationFailureActionOverrides: [{action: Audit, namespaces: [mail]}]\n", 1.0),
        (PATTERNS, "  admission: false\n", 0.0),
        (PATTERNS, "  background: false\n", 1.0),
        (PATTERNS, "  applyRules: One\n", 0.7),
        (PATTERNS, "  failurePolicy: Ignore\n", 0.9),
        (PATTERNS.replace("      validate:", "      validate:\n        failureAction: Audit"), "", 0.0),
    ],
)
def test_the_reach_of_a_cluster_policy(rules: str, more: str, probability: float) -> None:
    assert enforced(cluster_policy(rules, more=more) + KYVERNO_RUNS) == probability


def test_a_policy_in_audit_refuses_nothing_and_says_so() -> None:
    found = state(cluster_policy(action="Audit") + KYVERNO_RUNS)
    assert found.probability == 0.0
    assert "its action is Audit, which refuses nothing" in notes(found)
    own = cluster_policy(PATTERNS.replace("      validate:", "      validate:\n        failureAction: Enforce"), action="Audit")
    assert enforced(own + KYVERNO_RUNS) == 1.0


def test_a_policy_of_a_namespace_holds_there_alone() -> None:
    own = (
        cluster_policy().replace("kind: ClusterPolicy", "kind: Policy").replace("{name: node-guard}", "{name: a, namespace: %s}")
    )
    assert enforced(own % "shop" + KYVERNO_RUNS) == 1.0
    assert enforced(own % "mail" + KYVERNO_RUNS) == 0.0


def test_the_filters_of_kyverno_leave_namespaces_out() -> None:
    filters = """---
apiVersion: v1
kind: ConfigMap
metadata: {name: kyverno, namespace: kyverno}
data: {resourceFilters: "[*/*,%s,*] [Event,*,*]"}
"""
    system = SPACE.replace("name: shop", "name: kube-system")
    text = system + cluster_policy() + KYVERNO_RUNS
    found = defence(model_of(text), "kubernetes:Namespace:kube-system", "podSecurityEnforced")
    assert found.probability == 0.0
    assert "resource filters, as its chart sets them, leave the namespace out" in notes(found)
    named = defence(model_of(text + filters % "other"), "kubernetes:Namespace:kube-system", "podSecurityEnforced")
    assert named.probability == 1.0
    assert enforced(cluster_policy() + KYVERNO_RUNS + filters % "sh*") == 0.0


def test_an_engine_that_is_not_seen_is_assumed_to_run() -> None:
    assert state(cluster_policy()).assumption == ANSWERS
    assert state(GATEKEEPER).assumption == ANSWERS
    assert state(GATEKEEPER + GATEKEEPER_HOOK % "Ignore").assumption == ANSWERS


def test_an_exception_leaves_a_doubt_where_it_reaches() -> None:
    exception = """---
apiVersion: kyverno.io/v2
kind: PolicyException
metadata: {name: agents, namespace: kyverno}
spec:
  exceptions: [{policyName: node-guard, ruleNames: [host-path]}]
  match: {any: [{resources: {kinds: [Pod], namespaces: [%s]}}]}
"""
    assert state(cluster_policy() + KYVERNO_RUNS + exception % "shop").assumption == WORKED_OUT
    assert enforced(cluster_policy() + KYVERNO_RUNS + exception % "mail") == 1.0


@pytest.mark.parametrize(
    "standard, probability",
    [
        ("{level: baseline, version: latest}", 1.0),
        ("{level: restricted, version: v1.20}", 1.0),
        ("{level: privileged}", 0.0),
        ("{level: baseline, exclude: [{controlName: HostPath Volumes}]}", 0.0),
        ("{level: baseline, exclude: [{controlName: Capabilities, images: ['*']}]}", 0.0),
        ("{level: baseline, exclude: [{controlName: Seccomp}]}", 1.0),
        ("{level: baseline, exclude: [{controlName: Capabilities, restrictedField: a, values: [b]}]}", 0.7),
    ],
)
def test_a_rule_may_ask_for_the_standard_as_a_whole(standard: str, probability: float) -> None:
    match = "match: {any: [{resources: {kinds: [Pod]}}]}"
    rule = f"\n    - name: all\n      {match}\n      validate: {{podSecurity: {standard}}}\n"
    assert enforced(cluster_policy(rule) + KYVERNO_RUNS) == probability


def test_rules_for_each_container_and_expressions_in_a_cluster_policy() -> None:
    rules = (
        PATTERNS.split("    - name: privileged")[0]
        + """    - name: each
      match: {any: [{resources: {kinds: [Pod]}}]}
      validate:
        foreach:
          - list: "request.object.spec.[initContainers, containers][]"
            deny:
              conditions:
                any:
                  - {key: "{{ element.securityContext.privileged || `false` }}", operator: Equals, value: true}
                  - key: "{{ element.securityContext.capabilities.add || `[]` }}"
                    operator: AnyNotIn
                    value: [CHOWN]
"""
    )
    assert enforced(cluster_policy(rules) + KYVERNO_RUNS) == 1.0
    cel = """
    - name: cel
      match: {any: [{resources: {kinds: [Pod]}}]}
      validate:
        cel:
          variables: [{name: all, expression: "object.spec.containers + object.spec.?initContainers.orValue([])"}]
          expressions:
            - expression: "!object.spec.?hostPID.orValue(false) && object.spec.?volumes.orValue([]).all(v, !has(v.hostPath))"
            - expression: "variables.all.all(c, !c.?securityContext.?privileged.orValue(false))"
            - expression: >-
                variables.all.all(c, !has(c.securityContext) || !has(c.securityContext.capabilities)
                || !has(c.securityContext.capabilities.add))
"""
    assert enforced(cluster_policy(cel) + KYVERNO_RUNS) == 1.0


def test_kyverno_has_policies_of_expressions_too() -> None:
    policy = CEL.replace("admissionregistration.k8s.io/v1", "policies.kyverno.io/v1").replace(
        "ValidatingAdmissionPolicy", "ValidatingPolicy"
    )
    acting = policy.replace("  failurePolicy: Fail", "  validationActions: [%s]")
    assert enforced(acting % "Deny" + KYVERNO_RUNS) == 1.0
    assert enforced(acting % "Audit" + KYVERNO_RUNS) == 0.0
    assert state(policy + KYVERNO_RUNS).assumption == WORKED_OUT
    exception = """---
apiVersion: policies.kyverno.io/v1
kind: PolicyException
metadata: {name: agents, namespace: shop}
spec: {policyRefs: [{name: node-guard, kind: ValidatingPolicy}]}
"""
    assert state(acting % "Deny" + KYVERNO_RUNS + exception).assumption == WORKED_OUT


# ------------------------------------------------------------------------------------------------------------------- Gatekeeper


@pytest.mark.parametrize(
    "kind, match, parameters, action, probability",
    [
        ("K8sPSPPrivilegedContainer", "{}", "{}", "deny", 1.0),
        ("K8sPSPPrivilegedContainer", "{}", "{}", "warn", 0.0),
        ("K8sPSPPrivilegedContainer", "{}", "{}", "dryrun", 0.0),
        ("K8sPSPPrivilegedContainer", "{}", "{exemptImages: ['agents/*']}", "deny", 0.0),
        ("K8sPSPPrivilegedContainer", "{excludedNamespaces: ['sho*']}", "{}", "deny", 0.0),
        ("K8sPSPPrivilegedContainer", "{namespaces: [shop]}", "{}", "deny", 1.0),
        ("K8sPSPPrivilegedContainer", "{namespaces: [mail]}", "{}", "deny", 0.0),
        ("K8sPSPPrivilegedContainer", "{labelSelector: {matchLabels: {a: b}}}", "{}", "deny", 0.0),
        ("K8sPSPPrivilegedContainer", "{namespaceSelector: {matchLabels: {tier: free}}}", "{}", "deny", 0.0),
        ("K8sPSPPrivilegedContainer", "{kinds: [{apiGroups: [''], kinds: [Pod]}]}", "{}", "deny", 1.0),
        ("K8sPSPPrivilegedContainer", "{kinds: [{apiGroups: [apps], kinds: [Deployment]}]}", "{}", "deny", 0.0),
        ("K8sPSPHostFilesystem", "{}", "{allowedHostPaths: [{pathPrefix: /data}]}", "deny", 0.0),
        ("K8sPSPHostFilesystem", "{}", "{allowedHostPaths: [{pathPrefix: /data, readOnly: true}]}", "deny", 1.0),
        ("K8sPSPHostFilesystem", "{}", "{allowedHostPaths: [{pathPrefix: /etc, readOnly: true}]}", "deny", 0.0),
        ("K8sPSPCapabilities", "{}", "{allowedCapabilities: [CHOWN]}", "deny", 1.0),
        ("K8sPSPCapabilities", "{}", "{allowedCapabilities: ['*']}", "deny", 0.0),
        ("K8sPSPCapabilities", "{}", "{allowedCapabilities: [SYS_ADMIN]}", "deny", 0.0),
    ],
)
def test_the_reach_of_a_constraint(kind: str, match: str, parameters: str, action: str, probability: float) -> None:
    others = "".join(
        constraint(other)
        for other in ("K8sPSPPrivilegedContainer", "K8sPSPHostNamespace", "K8sPSPHostFilesystem", "K8sPSPCapabilities")
        if other != kind
    )
    text = others + constraint(kind, match=match, parameters=parameters, action=action) + GATEKEEPER_HOOK % "Fail"
    assert enforced(text) == probability


def test_scoped_actions_and_excluded_namespaces_of_gatekeeper() -> None:
    scoped = GATEKEEPER.replace("enforcementAction: deny", "enforcementAction: scoped").replace("  match: {}", "%s  match: {}")
    acting = "  scopedEnforcementActions: [{action: deny, enforcementPoints: [{name: %s}]}]\n"
    hook = GATEKEEPER_HOOK % "Fail"
    assert enforced(scoped.replace("%s", acting % "validation.gatekeeper.sh") + hook) == 1.0
    assert enforced(scoped.replace("%s", acting % "audit.gatekeeper.sh") + hook) == 0.0
    config = """---
apiVersion: config.gatekeeper.sh/v1alpha1
kind: Config
metadata: {name: config, namespace: gatekeeper-system}
spec: {match: [{excludedNamespaces: [shop], processes: [%s]}]}
"""
    assert enforced(GATEKEEPER + hook + config % "webhook") == 0.0
    assert enforced(GATEKEEPER + hook + config % "audit") == 1.0
    ignored = SPACE.replace("tier: paying", "admission.gatekeeper.sh/ignore: 'yes'")
    assert enforced(GATEKEEPER + hook, space=ignored) == 0.0


def test_a_template_that_does_not_name_the_field_leaves_a_doubt() -> None:
    template = """---
apiVersion: templates.gatekeeper.sh/v1
kind: ConstraintTemplate
metadata: {name: k8spspprivilegedcontainer}
spec:
  crd: {spec: {names: {kind: K8sPSPPrivilegedContainer}}}
  targets: [{target: admission.k8s.gatekeeper.sh, rego: "%s"}]
"""
    hook = GATEKEEPER_HOOK % "Fail"
    assert enforced(GATEKEEPER + hook + template % "input.review.object.spec.containers[_].securityContext.privileged") == 1.0
    assert state(GATEKEEPER + hook + template % "1 == 2").assumption == WORKED_OUT


def test_a_module_of_kubewarden_leaves_a_doubt_about_its_control_only() -> None:
    policy = """---
apiVersion: policies.kubewarden.io/v1
kind: ClusterAdmissionPolicy
metadata: {name: guard}
spec:
  module: registry://ghcr.io/kubewarden/policies/pod-privileged:v1.0.0
  mode: %s
  rules: [{apiGroups: [""], apiVersions: [v1], resources: [pods], operations: [CREATE]}]
"""
    rest = "".join(line for line in CEL.splitlines(keepends=True) if "privileged" not in line) + BINDING
    assert state(policy % "protect" + rest).assumption == WORKED_OUT
    assert enforced(policy % "monitor" + rest) == 0.0


# ------------------------------------------------------------------------------------------------ webhooks of unknown purpose


def test_the_webhooks_of_an_engine_decide_how_far_it_is_asked() -> None:
    hook = GATEKEEPER_HOOK % "Fail"
    conditions = hook.replace(
        "    failurePolicy: Fail\n", "    failurePolicy: Fail\n    matchConditions: [{name: a, expression: 'true'}]\n"
    )
    assert state(GATEKEEPER + conditions).assumption == ANSWERS
    selecting = hook.replace("    failurePolicy: Fail\n", "    failurePolicy: Fail\n    objectSelector: {matchLabels: {a: b}}\n")
    assert enforced(GATEKEEPER + selecting) == 0.0
    elsewhere = hook.replace("admission.gatekeeper.sh/ignore, operator: DoesNotExist", "tier, operator: DoesNotExist")
    assert enforced(GATEKEEPER + elsewhere) == 0.0
    runs = KYVERNO_RUNS.replace("kyverno/kyverno", "openpolicyagent/gatekeeper").replace(
        "ghcr.io/openpolicyagent", "openpolicyagent"
    )
    assert state(GATEKEEPER + runs).assumption == ANSWERS


def test_a_webhook_of_unknown_purpose_leaves_it_open() -> None:
    hook = (GATEKEEPER_HOOK % "Fail").replace("gatekeeper", "guard")
    assert state(hook).assumption == "unknown-webhooks-refuse-privileged-pods"
    assert enforced(hook.replace('resources: ["*"]', "resources: [services]")) == 0.0
    assert state(hook.replace('resources: ["*"]', 'resources: ["*"], scope: Cluster')).assumption == ""
    assert state((GATEKEEPER_HOOK % "Ignore").replace("gatekeeper", "guard")).assumption == ""


# ---------------------------------------------------------------------------------------------------------- PodSecurityPolicies

OLD = """---
apiVersion: policy/v1beta1
kind: PodSecurityPolicy
metadata: {name: tight}
spec: {privileged: false, volumes: [configMap, secret, emptyDir]}
---
apiVersion: policy/v1beta1
kind: PodSecurityPolicy
metadata: {name: loose}
spec: {privileged: true, hostPID: true, volumes: ['*'], allowedCapabilities: ['*']}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: psp}
rules: [{apiGroups: [policy], resources: [podsecuritypolicies], resourceNames: [%s], verbs: [use]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: psp}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: psp}
subjects: [{kind: Group, apiGroup: rbac.authorization.k8s.io, name: "%s"}]
"""
SERVER = """---
apiVersion: v1
kind: Pod
metadata: {name: kube-apiserver, namespace: kube-system}
spec:
  containers:
    - {name: kube-apiserver, image: "registry.k8s.io/kube-apiserver:v1.21.0", command: [kube-apiserver, "%s"]}
"""
PLUGIN = SERVER % "--enable-admission-plugins=NodeRestriction,PodSecurityPolicy"


@pytest.mark.parametrize(
    "text, version, probability",
    [
        (OLD % ("tight", "system:serviceaccounts") + PLUGIN, "1.21", 1.0),
        (OLD % ("loose", "system:serviceaccounts") + PLUGIN, "1.21", 0.0),
        (OLD % ("loose", "system:serviceaccounts:shop") + PLUGIN, "1.21", 0.0),
        (OLD % ("loose", "system:serviceaccounts:mail") + PLUGIN, "1.21", 1.0),
        (OLD % ("tight", "system:serviceaccounts") + SERVER % "--profiling=false", "1.21", 0.0),
        (OLD % ("tight", "system:serviceaccounts"), "1.21", 0.6),
        (OLD % ("tight", "system:serviceaccounts") + PLUGIN, "1.25", 0.0),
    ],
)
def test_pod_security_policies_by_who_may_use_them(text: str, version: str, probability: float) -> None:
    assert enforced(text, version=version) == probability


def test_an_account_that_may_use_the_loose_policy_is_named() -> None:
    found = state(OLD % ("loose", "system:authenticated") + PLUGIN, version="1.21")
    assert "PodSecurityPolicy loose allows it, and system:serviceaccount:shop:default may use it" in notes(found)


# ------------------------------------------------------------------------------------------------------------- hostile policies

_WORDS = [
    "rules",
    "match",
    "any",
    "all",
    "resources",
    "kinds",
    "Pod",
    "namespaces",
    "selector",
    "exclude",
    "validate",
    "pattern",
    "deny",
    "conditions",
    "key",
    "operator",
    "AnyIn",
    "value",
    "foreach",
    "list",
    "podSecurity",
    "level",
    "baseline",
    "spec",
    "enforcementAction",
    "scoped",
    "parameters",
    "validationActions",
    "Deny",
    "expression",
    "validations",
    "matchConstraints",
    "resourceRules",
    "operations",
    "CREATE",
    "pods",
    "=(spec)",
    "X(a)",
    "{{a}}",
    "object.spec",
    "enforce",
]
_LEAF = st.one_of(st.none(), st.booleans(), st.integers(-5, 5), st.sampled_from(_WORDS))
_TREE = st.recursive(
    _LEAF,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(_WORDS), inner, max_size=4)),
    max_leaves=12,
)
_KINDS = (
    ("kyverno.io/v1", "ClusterPolicy"),
    ("kyverno.io/v2", "PolicyException"),
    ("policies.kyverno.io/v1", "ValidatingPolicy"),
    ("admissionregistration.k8s.io/v1", "ValidatingAdmissionPolicy"),
    ("admissionregistration.k8s.io/v1", "ValidatingAdmissionPolicyBinding"),
    ("constraints.gatekeeper.sh/v1beta1", "K8sPSPCapabilities"),
    ("templates.gatekeeper.sh/v1", "ConstraintTemplate"),
    ("policies.kubewarden.io/v1", "ClusterAdmissionPolicy"),
    ("policy/v1beta1", "PodSecurityPolicy"),
)


@given(st.sampled_from(_KINDS), _TREE, _TREE)
@settings(max_examples=120, deadline=None)
def test_no_policy_of_ill_will_stops_the_mapping(kind: tuple[str, str], spec: object, rule: object) -> None:
    matched = {"resources": {"kinds": ["Pod"]}}
    body = {"apiVersion": kind[0], "kind": kind[1], "metadata": {"name": "a"}, "spec": spec}
    if kind[1] == "ClusterPolicy" and isinstance(rule, dict):
        body["spec"] = {
            "validationFailureAction": "Enforce",
            "rules": [{"match": matched, "validate": rule}],
        }
    assert 0.0 <= enforced("---\n" + json.dumps(body) + "\n") <= 1.0


# ------------------------------------------------------------------------------------------------------- the corners of scopes


@pytest.mark.parametrize(
    "selector, probability",
    [
        ("{matchExpressions: [{key: tier, operator: In, values: [paying, free]}]}", 1.0),
        ("{matchExpressions: [{key: tier, operator: NotIn, values: [paying]}]}", 0.0),
        ("{matchExpressions: [{key: none, operator: NotIn, values: [x]}]}", 1.0),
        ("{matchExpressions: [{key: tier, operator: Exists}]}", 1.0),
        ("{matchExpressions: [{key: tier, operator: DoesNotExist}]}", 0.0),
        ("{matchExpressions: [{key: tier, operator: Like, values: [x]}]}", 0.0),
        ("{matchLabels: {kubernetes.io/metadata.name: shop}}", 1.0),
    ],
)
def test_namespaces_are_selected_as_the_api_server_does(selector: str, probability: float) -> None:
    assert enforced(CEL + BINDING + f"  matchResources: {{namespaceSelector: {selector}}}\n") == probability


def test_labels_of_a_namespace_that_is_not_in_the_input_are_unknown() -> None:
    pod = "---\napiVersion: v1\nkind: Pod\nmetadata: {name: a, namespace: shop}\nspec: {containers: [{name: a, image: a}]}\n"
    by_label = CEL + BINDING + "  matchResources: {namespaceSelector: {matchLabels: {tier: paying}}}\n"
    assert state(by_label + pod, space="").assumption == WORKED_OUT
    by_name = CEL + BINDING + "  matchResources: {namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: shop}}}\n"
    assert enforced(by_name + pod, space="") == 1.0
    hook = (GATEKEEPER_HOOK % "Fail").replace("admission.gatekeeper.sh/ignore, operator: DoesNotExist", "tier, operator: Exists")
    assert state(GATEKEEPER + hook + pod, space="").assumption == ANSWERS


_SPARED = "    excludeResourceRules: [{apiGroups: [''], apiVersions: [v1], operations: ['*'], resources: [pods]%s}]\n  variables:"


@pytest.mark.parametrize(
    "old, new, probability",
    [
        ("resources: [pods]}", "resources: [pods], scope: Cluster}", 0.0),
        ("resources: [pods]}", "resources: [pods], scope: Namespaced}", 1.0),
        ("resources: [pods]}", "resources: [pods/exec]}", 0.0),
        ("  variables:", _SPARED % "", 0.0),
        ("  variables:", _SPARED % ", resourceNames: [x]", 0.0),
        ("!object.spec.?hostPID", "namespaceObject.metadata.labels.tier == 'paying' && !object.spec.?hostPID", 1.0),
        ("!object.spec.?hostPID", "namespaceObject.metadata.labels.tier == 'free' || !object.spec.?hostPID", 1.0),
        ("!object.spec.?hostPID", "namespaceObject.metadata.labels.tier == 'paying' || !object.spec.?hostPID", 0.0),
        ("!object.spec.?hostPID", "request.namespace == 'shop' || !object.spec.?hostPID", 0.0),
    ],
)
def test_rules_and_namespaces_of_an_admission_policy(old: str, new: str, probability: float) -> None:
    text = CEL.replace(old, new)
    assert text != CEL
    assert enforced(text + BINDING) == probability


def test_a_condition_that_fails_refuses_every_pod_or_none() -> None:
    text = CEL.replace("  variables:", "  matchConditions: [{name: a, expression: object.spec.nothing}]\n  variables:") + BINDING
    assert state(text).assumption == WORKED_OUT, "it refuses harmless pods as well, so nobody runs it like this"
    assert enforced(text.replace("failurePolicy: Fail", "failurePolicy: Ignore")) == 0.0


@pytest.mark.parametrize(
    "more, probability",
    [
        ("  evaluation: {admission: {enabled: false}}\n", 0.0),
        ("  evaluation: {mode: JSON}\n", 0.0),
        ("  evaluation: {mode: Kubernetes}\n", 1.0),
    ],
)
def test_how_a_policy_of_kyverno_is_evaluated(more: str, probability: float) -> None:
    policy = CEL.replace("admissionregistration.k8s.io/v1", "policies.kyverno.io/v1").replace("ValidatingAdmissionPolicy", "%s")
    acting = policy.replace("  failurePolicy: Fail\n", "  validationActions: [Deny]\n" + more)
    assert enforced(acting % "ValidatingPolicy" + KYVERNO_RUNS) == probability
    own = (acting % "NamespacedValidatingPolicy").replace("{name: node-guard}", "{name: node-guard, namespace: %s}")
    assert enforced(own % "shop" + KYVERNO_RUNS) == probability
    assert enforced(own % "mail" + KYVERNO_RUNS) == 0.0


@pytest.mark.parametrize(
    "match, probability",
    [
        ("{scope: Cluster}", 0.0),
        ("{scope: Namespaced}", 1.0),
        ("{source: Generated}", 0.0),
        ("{source: Original}", 1.0),
        ("{name: web-*}", 0.0),
        ("{name: '*'}", 1.0),
    ],
)
def test_more_of_what_a_constraint_matches(match: str, probability: float) -> None:
    assert enforced(GATEKEEPER.replace("match: {}", f"match: {match}") + GATEKEEPER_HOOK % "Fail") == probability


def test_other_controls_and_other_constraints() -> None:
    hook = GATEKEEPER_HOOK % "Fail"
    without = "".join(part for part in GATEKEEPER.split("---\n") if part and "HostFilesystem" not in part)
    without = "---\n" + without.replace("apiVersion", "---\napiVersion")[4:]
    kinds = constraint("K8sPSPVolumeTypes", parameters="{volumes: %s}")
    assert enforced(without + kinds % "[configMap, secret]" + hook) == 1.0
    assert enforced(without + kinds % "[hostPath]" + hook) == 0.0
    assert state(without + constraint("OurOwn", parameters="{forbidden: [hostPath]}") + hook).assumption == WORKED_OUT
    assert enforced(without + constraint("OurOwn", parameters="{forbidden: [labels]}") + hook) == 0.0


_MATCHED = "      match: {any: [{resources: {kinds: [Pod]}}]}\n"


@pytest.mark.parametrize(
    "rule, probability",
    [
        ("      match: {all: [{resources: {kinds: [Pod]}}, {resources: {kinds: [Pod], namespaces: [shop]}}]}", 1.0),
        ("      match: {all: [{resources: {kinds: [Pod]}}, {resources: {kinds: [Pod], namespaces: [mail]}}]}", 0.0),
        ("      match: {any: [{resources: {kinds: [Service]}}, {resources: {kinds: [Pod]}}]}", 1.0),
        ("      match: {resources: {kinds: [Pod], name: web}}", 0.0),
        ("      match: {any: [{resources: {kinds: [Pod]}, subjects: [{kind: User, name: a}]}]}", 0.7),
        ("      match: {}", 0.0),
        (_MATCHED + "      exclude: {resources: {kinds: [Service]}}", 1.0),
        (_MATCHED + "      exclude: {any: [{resources: {operations: [DELETE]}}]}", 1.0),
        (_MATCHED + "      exclude: {all: [{resources: {namespaces: [shop]}}, {resources: {namespaces: [mail]}}]}", 1.0),
        (_MATCHED + "      exclude: {any: [{resources: {namespaceSelector: {matchLabels: {tier: free}}}}]}", 1.0),
        (_MATCHED + "      exclude: {any: [{resources: {namespaceSelector: {matchLabels: {tier: paying}}}}]}", 0.0),
    ],
)
def test_more_of_what_a_rule_matches(rule: str, probability: float) -> None:
    rules = PATTERNS.replace("      match: {any: [{resources: {kinds: [Pod]}}]}", rule)
    assert enforced(cluster_policy(rules) + KYVERNO_RUNS) == probability


@pytest.mark.parametrize(
    "old, new, probability",
    [
        ("X(hostPath)", "(hostPath)", 0.0),
        ('=(hostPID): "false"', "=(hostPID): '{{ x }}'", 0.7),
        ("operator: AnyNotIn", "operator: Unheard", 0.7),
        ("        pattern: {spec: {=(volumes)", "        anyPattern:\n          - {spec: {=(volumes)", 1.0),
        ("        pattern: {spec: {=(volumes)", "        assert: {spec: {=(volumes)", 0.7),
    ],
)
def test_rules_that_say_something_else(old: str, new: str, probability: float) -> None:
    rules = PATTERNS.replace(old, new)
    assert rules != PATTERNS
    assert enforced(cluster_policy(rules) + KYVERNO_RUNS) == probability
