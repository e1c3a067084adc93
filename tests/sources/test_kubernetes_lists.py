"""Replicas in lists: what is kept, what a record stands for, and that the quick way and the careful one see the same objects."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from breachway.sources.kubernetes.objects import Workload
from breachway.sources.reading import read

if TYPE_CHECKING:
    from pathlib import Path

    from breachway.sources.inventory import Inventory

Object = dict[str, Any]
HASH, OLD_HASH = "6d4b75cb6d", "7c9f5b8d44"


def template(image: str = "web:2", **spec: object) -> Object:
    container = {"name": "app", "image": image, "ports": [{"containerPort": 8080}]}
    return {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [container], **spec}}


def deployment(image: str = "web:2", **spec: object) -> Object:
    body = {"replicas": 2, "selector": {"matchLabels": {"app": "web"}}, "template": template(image, **spec)}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": "shop"}, "spec": body}


def made_by(kind: str, name: str) -> list[Object]:
    return [{"apiVersion": "apps/v1", "kind": kind, "name": name, "controller": True, "uid": "1"}]


def replica_set(revision: str = HASH, image: str = "web:2", replicas: int = 2) -> Object:
    body: Object = {"replicas": replicas, "template": template(image)}
    body["template"]["metadata"]["labels"]["pod-template-hash"] = revision
    metadata = {"name": f"web-{revision}", "namespace": "shop", "ownerReferences": made_by("Deployment", "web")}
    return {"apiVersion": "apps/v1", "kind": "ReplicaSet", "metadata": metadata, "spec": body}


def pod(suffix: str, revision: str = HASH, image: str = "web:2", node: str = "node-1", **spec: object) -> Object:
    """A pod of the Deployment as the API server keeps it, with what admission and the scheduler add."""
    made = template(image, **spec)
    body = made["spec"]
    token = f"kube-api-access-{suffix}"
    body["containers"][0]["volumeMounts"] = [{"name": token, "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount"}]
    sources = [{"serviceAccountToken": {"path": "token"}}, {"configMap": {"name": "kube-root-ca.crt"}}]
    body["volumes"] = [{"name": token, "projected": {"sources": sources}}]
    body |= {"nodeName": node, "restartPolicy": "Always", "dnsPolicy": "ClusterFirst", "serviceAccountName": "default"}
    body |= {"enableServiceLinks": True, "securityContext": {}, "serviceAccount": "default"}
    body["tolerations"] = [{"key": "node.kubernetes.io/not-ready", "operator": "Exists", "effect": "NoExecute"}]
    metadata: Object = {
        "name": f"web-{revision}-{suffix}",
        "namespace": "shop",
        "labels": {"app": "web", "pod-template-hash": revision},
    }
    metadata["ownerReferences"] = made_by("ReplicaSet", f"web-{revision}")
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": body, "status": {"phase": "Running"}}


def listed(*items: Object) -> str:
    return json.dumps({"apiVersion": "v1", "items": list(items), "kind": "List", "metadata": {}}, indent=4)


def read_files(folder: Path, monkeypatch: pytest.MonkeyPatch, **files: str) -> Inventory:
    for name, text in files.items():
        (folder / f"{name}.json").write_text(text, encoding="utf-8")
    monkeypatch.chdir(folder)
    return read(["."])


def names(inventory: Inventory) -> list[str]:
    return [f"{item.kind} {item.metadata.name.value if item.metadata.name else ''}" for item in inventory.kubernetes]


def test_replicas_are_records_and_nothing_is_lost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = listed(deployment(), replica_set(), pod("aaaaa"), pod("bbbbb", node="node-2"))
    inventory = read_files(tmp_path, monkeypatch, all=text)
    assert names(inventory) == ["Deployment web"]
    assert [(one.kind, one.name, one.node) for one in inventory.replicas] == [
        ("ReplicaSet", f"web-{HASH}", ""),
        ("Pod", f"web-{HASH}-aaaaa", "node-1"),
        ("Pod", f"web-{HASH}-bbbbb", "node-2"),
    ]
    assert {one.maker for one in inventory.replicas} == {("Deployment", "web")}
    assert inventory.documents[0].kinds == (("Deployment", 1), ("Pod", 2), ("ReplicaSet", 1))
    place = inventory.replicas[1].location
    assert (place.pointer, text.splitlines()[place.line - 1][place.column - 1]) == ("/items/2", "{")
    assert inventory.unread == ()


def test_the_order_of_files_does_not_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pods, sets, deployments = listed(pod("aaaaa"), pod("bbbbb")), listed(replica_set()), listed(deployment())
    inventory = read_files(tmp_path, monkeypatch, a=pods, b=sets, c=deployments)
    assert names(inventory) == ["Deployment web"]
    assert sorted(one.kind for one in inventory.replicas) == ["Pod", "Pod", "ReplicaSet"]


def test_a_maker_in_another_format_vouches_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "web.yaml").write_text(yaml.safe_dump(deployment()), encoding="utf-8")
    assert names(read_files(tmp_path, monkeypatch, pods=listed(pod("aaaaa")))) == ["Deployment web"]


def test_during_a_rollout_both_templates_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = [pod("ccccc", OLD_HASH, "web:1"), pod("ddddd", OLD_HASH, "web:1")]
    text = listed(deployment(), replica_set(), replica_set(OLD_HASH, "web:1", 1), pod("aaaaa"), *old)
    inventory = read_files(tmp_path, monkeypatch, all=text)
    assert names(inventory) == ["Deployment web", f"ReplicaSet web-{OLD_HASH}"]
    assert len(inventory.replicas) == 4


def test_pods_before_their_set_do_not_vouch_for_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = listed(pod("ccccc", OLD_HASH, "web:1"), replica_set(OLD_HASH, "web:1", 1))
    assert names(read_files(tmp_path, monkeypatch, a=old, b=listed(deployment()))) == [
        f"ReplicaSet web-{OLD_HASH}",
        "Deployment web",
    ]


def test_a_set_at_nought_vouches_for_no_pod(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = listed(deployment(), replica_set(OLD_HASH, "web:1", 0), pod("ccccc", OLD_HASH, "web:1"))
    assert names(read_files(tmp_path, monkeypatch, all=text)) == ["Deployment web", f"Pod web-{OLD_HASH}-ccccc"]


def test_without_their_maker_one_pod_of_each_template_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pods = [pod("aaaaa"), pod("bbbbb"), pod("ccccc", OLD_HASH, "web:1"), pod("ddddd", OLD_HASH, "web:1")]
    inventory = read_files(tmp_path, monkeypatch, all=listed(*pods))
    assert names(inventory) == [f"Pod web-{HASH}-aaaaa", f"Pod web-{OLD_HASH}-ccccc"]
    assert [one.name for one in inventory.replicas] == [f"web-{HASH}-bbbbb", f"web-{OLD_HASH}-ddddd"]


@pytest.mark.parametrize("with_maker", [False, True])
def test_pods_that_a_selector_can_tell_apart_are_kept_without_their_maker(
    with_maker: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    items = [pod("0"), pod("1")]
    for number, item in enumerate(items):
        item["metadata"]["labels"] = {"app": "web", "statefulset.kubernetes.io/pod-name": f"web-{number}"}
        item["metadata"]["ownerReferences"] = made_by("StatefulSet", "web")
    maker = [{**deployment(), "kind": "StatefulSet"}] if with_maker else []
    inventory = read_files(tmp_path, monkeypatch, all=listed(*items, *maker))
    assert len(inventory.replicas) == (2 if with_maker else 0)
    assert len(inventory.kubernetes) == (1 if with_maker else 2)


def changed(**changes: object) -> Object:
    found = copy.deepcopy(pod("bbbbb"))
    found["spec"] |= changes
    return found


DIFFERENT = {
    "host network": changed(hostNetwork=True),
    "another account": changed(serviceAccountName="admin", serviceAccount="admin"),
    "a debugging container": changed(ephemeralContainers=[{"name": "debug", "image": "busybox"}]),
    "an injected sidecar": changed(containers=[*pod("bbbbb")["spec"]["containers"], {"name": "proxy", "image": "proxy:1"}]),
    "a secret under the name of a token": changed(
        volumes=[{"name": "kube-api-access-bbbbb", "projected": {"sources": [{"secret": {"name": "keys"}}]}}]
    ),
    "a token for somebody else": changed(
        volumes=[
            {
                "name": "kube-api-access-bbbbb",
                "projected": {"sources": [{"serviceAccountToken": {"audience": "vault", "path": "t"}}]},
            }
        ]
    ),
    "a toleration of its own": changed(tolerations=[{"operator": "Exists"}]),
}


@pytest.mark.parametrize("reason", sorted(DIFFERENT))
def test_a_pod_that_differs_is_kept(reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = listed(deployment(), replica_set(), pod("aaaaa"), DIFFERENT[reason])
    assert names(read_files(tmp_path, monkeypatch, all=text)) == ["Deployment web", f"Pod web-{HASH}-bbbbb"]


def test_what_has_a_problem_is_read_with_care(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = listed(deployment(), pod("aaaaa"), changed(hostPID="yes"), changed(nodeName={"a": 1}))
    inventory = read_files(tmp_path, monkeypatch, all=text)
    assert names(inventory) == ["Deployment web", f"Pod web-{HASH}-bbbbb", f"Pod web-{HASH}-bbbbb"]
    assert [problem.location.pointer for problem in inventory.unread] == ["/items/2/spec/hostPID", "/items/3/spec/nodeName"]


@pytest.mark.parametrize(
    "owners", [[], made_by("Node", "node-1"), [*made_by("ReplicaSet", "a"), *made_by("ReplicaSet", "b")], [{"kind": "Job"}]]
)
def test_pods_of_nobody_or_of_several_are_kept(owners: list[Object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    items = [pod("aaaaa"), pod("bbbbb")]
    for item in items:
        item["metadata"]["ownerReferences"] = owners
    assert len(names(read_files(tmp_path, monkeypatch, all=listed(*items)))) == 2


def test_the_items_of_a_typed_list_may_leave_out_what_they_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    items = [{key: value for key, value in pod(name).items() if key not in {"kind", "apiVersion"}} for name in ("aaaaa", "bbbbb")]
    text = json.dumps({"apiVersion": "v1", "kind": "PodList", "items": items})
    inventory = read_files(tmp_path, monkeypatch, all=text)
    assert (names(inventory), len(inventory.replicas)) == ([f"Pod web-{HASH}-aaaaa"], 1)


def test_jobs_of_a_cron_job_and_their_pods_are_records(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    head = {"apiVersion": "batch/v1", "metadata": {"name": "report", "namespace": "shop"}}
    cron = {**head, "kind": "CronJob", "spec": {"schedule": "0 3 * * *", "jobTemplate": {"spec": {"template": template()}}}}
    job_metadata = {"name": "report-1", "namespace": "shop", "ownerReferences": made_by("CronJob", "report")}
    job = {"apiVersion": "batch/v1", "kind": "Job", "metadata": job_metadata, "spec": {"template": template()}}
    running = pod("aaaaa")
    running["metadata"]["ownerReferences"] = made_by("Job", "report-1")
    inventory = read_files(tmp_path, monkeypatch, a=listed(cron), b=listed(job), c=listed(running))
    assert (names(inventory), len(inventory.replicas)) == (["CronJob report"], 2)


def affinity_to(node: str) -> Object:
    terms = [{"matchFields": [{"key": "metadata.name", "operator": "In", "values": [node]}]}]
    return {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": terms}}}


@pytest.mark.parametrize("kind, records", [("DaemonSet", 2), ("StatefulSet", 1)])
def test_what_the_controller_of_daemons_adds_is_no_difference(
    kind: str, records: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    maker = {**deployment(), "kind": kind}
    pods = [pod(f"aaaa{number}") for number in range(2)]
    for number, item in enumerate(pods):
        item["metadata"]["ownerReferences"] = made_by(kind, "web")
        item["metadata"]["labels"] = {"app": "web", "controller-revision-hash": HASH, "pod-template-generation": "1"}
        item["spec"]["affinity"] = affinity_to("node-1")
        taints = ("disk-pressure", "memory-pressure", "pid-pressure", "unschedulable")
        added = [{"key": f"node.kubernetes.io/{taint}", "operator": "Exists", "effect": "NoSchedule"} for taint in taints]
        item["spec"]["tolerations"] += added[: 2 * number]
    assert len(read_files(tmp_path, monkeypatch, all=listed(maker, *pods)).replicas) == records


def test_the_limit_on_objects_counts_records(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("breachway.sources.reading.MOST_OBJECTS", 3)
    text = listed(deployment(), replica_set(), *(pod(f"aaaa{number}") for number in range(4)))
    inventory = read_files(tmp_path, monkeypatch, all=text)
    assert len(inventory.kubernetes) + len(inventory.replicas) == 3
    (problem,) = inventory.unread
    assert "objects in all" in problem.reason


def test_the_careful_reader_sees_the_same_objects(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    items = [deployment(), DIFFERENT["host network"], changed(hostPID=[])]
    quick = read_files(tmp_path, monkeypatch, all=listed(*items))
    assert quick.replicas == ()
    monkeypatch.setattr("breachway.sources.reading.plain_list", lambda _text: None)
    careful = read(["."])
    assert quick == careful
    assert all(isinstance(item, Workload) for item in careful.kubernetes)
