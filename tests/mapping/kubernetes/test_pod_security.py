"""Pod Security admission by label, by default, with exemptions, and where it is switched off."""

from __future__ import annotations

import pytest

from tests.mapping.kubernetes.policies.admitting import SPACE, notes, state

LABEL = "pod-security.kubernetes.io/enforce"
EXEMPT = "pod-security-exempts-nobody"


def space(level: str, version: str = "") -> str:
    pinned = f", {LABEL}-version: {version}" if version else ""
    return SPACE.replace("tier: paying", f"{LABEL}: {level}{pinned}")


def configuration(*, enforce: str = "privileged", exemptions: str = "{}", own_file: bool = False) -> str:
    inner = f"defaults: {{enforce: {enforce}}}\n%sexemptions: {exemptions}\n"
    if own_file:
        return (
            "---\napiVersion: apiserver.config.k8s.io/v1\nkind: AdmissionConfiguration\n"
            "plugins: [{name: PodSecurity, path: pod-security.yaml}]\n"
            "---\napiVersion: pod-security.admission.config.k8s.io/v1\nkind: PodSecurityConfiguration\n" + inner % ""
        )
    return (
        "---\napiVersion: apiserver.config.k8s.io/v1\nkind: AdmissionConfiguration\nplugins:\n  - name: PodSecurity\n"
        "    configuration:\n      kind: PodSecurityConfiguration\n      " + inner % "      "
    )


def server(*flags: str) -> str:
    words = ", ".join(f'"{flag}"' for flag in ("kube-apiserver", *flags))
    return (
        "---\napiVersion: v1\nkind: Pod\nmetadata: {name: kube-apiserver, namespace: kube-system}\n"
        f'spec: {{containers: [{{name: a, image: "registry.k8s.io/kube-apiserver:v1.30.0", command: [{words}]}}]}}\n'
    )


@pytest.mark.parametrize("level, on", [("baseline", True), ("restricted", True), ("privileged", False), ("Baseline", False)])
def test_a_label_enforces_its_level(level: str, on: bool) -> None:
    found = state("", space=space(level))
    assert (found.probability > 0.9) is on
    assert found.assumption == (EXEMPT if on else "")
    assert LABEL in notes(found)


def test_what_no_level_is_named_so() -> None:
    assert "is no level, and the API server refuses the label" in notes(state("", space=space("strict")))


def test_a_pinned_version_says_which_checks_came_later() -> None:
    pinned = notes(state("", space=space("baseline", "v1.20")))
    assert "by the checks of v1.20, without the later checks of Host Probes / Lifecycle Hooks" in pinned
    assert "later checks" not in notes(state("", space=space("baseline", "v1.34")))
    assert "checks" not in notes(state("", space=space("baseline", "latest")))


@pytest.mark.parametrize("own_file", [False, True])
def test_the_configuration_decides_defaults_and_exemptions(own_file: bool) -> None:
    def sure(text: str, given: str = SPACE) -> tuple[float, str]:
        found = state(text, space=given)
        return found.probability, found.assumption

    assert sure(configuration(enforce="baseline", own_file=own_file)) == (1.0, "")
    assert sure(configuration(own_file=own_file)) == (0.0, "")
    assert sure(configuration(own_file=own_file), space("baseline")) == (1.0, "")
    assert sure(configuration(enforce="baseline", own_file=own_file), space("privileged")) == (0.0, "")
    exempt = configuration(exemptions="{namespaces: [shop]}", own_file=own_file)
    assert sure(exempt, space("restricted")) == (0.0, "")
    other = configuration(exemptions="{namespaces: [mail], usernames: [alice]}", own_file=own_file)
    assert sure(other, space("restricted")) == (1.0, "")


def test_controllers_that_are_exempt_let_every_workload_pass() -> None:
    user = "system:serviceaccount:kube-system:replicaset-controller"
    found = state(configuration(exemptions=f"{{usernames: ['{user}']}}"), space=space("restricted"))
    assert found.probability == 0.0
    assert "which makes the pods of workloads" in notes(found)


@pytest.mark.parametrize("handler, probability", [("runc", 0.0), ("runsc", 1.0)])
def test_an_exempt_runtime_class_counts_when_it_is_no_sandbox(handler: str, probability: float) -> None:
    named = f"---\napiVersion: node.k8s.io/v1\nkind: RuntimeClass\nmetadata: {{name: fast}}\nhandler: {handler}\n"
    text = named + configuration(exemptions="{runtimeClasses: [fast]}")
    assert state(text, space=space("baseline")).probability == probability


def test_the_api_server_may_show_that_nobody_is_exempt() -> None:
    assert state(server("--profiling=false"), space=space("baseline")).assumption == ""
    named = state(server("--admission-control-config-file=/etc/admission.yaml"), space=space("baseline"))
    assert named.assumption == EXEMPT
    assert "--admission-control-config-file=/etc/admission.yaml, which is not in the input" in notes(named)


@pytest.mark.parametrize("flag", ["--disable-admission-plugins=PodSecurity", "--feature-gates=PodSecurity=false"])
def test_a_plugin_that_is_switched_off_enforces_nothing(flag: str) -> None:
    found = state(server(flag), space=space("restricted"))
    assert found.probability == 0.0
    assert flag in notes(found)
