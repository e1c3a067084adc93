"""``breachway collect`` against a small API server on loopback, through the official client."""

from __future__ import annotations

import errno
import json
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from breachway.cli.collecting import dump, pace
from breachway.cli.collecting.pace import PatientServer
from breachway.cli.exit_codes import ExitCode
from breachway.sources.reading import read
from tests.cli.fake_api import TOKEN, FakeApi, fake_api, garbage, hang_up, kubeconfig, silence, status
from tests.cli.given import breachway

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from breachway.cli.collecting.answers import Answer, JsonObject
    from tests.cli.fake_api import Fault, Handler
    from tests.cli.given import Outcome

PODS = "/api/v1/pods"
SECRETS = "/api/v1/secrets"
NAMESPACES = "/api/v1/namespaces"
CRON_JOBS = "/apis/batch/v1beta1/cronjobs"
CONSTRAINTS = "/apis/constraints.gatekeeper.sh/v1beta1/k8srequiredlabels"


def pod(name: str) -> dict[str, Any]:
    return {
        "metadata": {"name": name, "namespace": "shop", "managedFields": [{"manager": "kubectl"}]},
        "spec": {"containers": [{"name": "app", "image": "registry.example.com/app:1", "ports": [{"containerPort": 8080}]}]},
    }


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pace, "_FIRST_WAIT", 0.001)


@pytest.fixture
def api() -> Iterator[FakeApi]:
    objects = {
        NAMESPACES: [{"metadata": {"name": "kube-system"}}, {"metadata": {"name": "shop"}}],
        PODS: [pod(f"pod-{number}") for number in range(7)],
        SECRETS: [
            {
                "metadata": {
                    "name": "database",
                    "namespace": "shop",
                    "annotations": {
                        "kubectl.kubernetes.io/last-applied-configuration": '{"stringData": {"password": "hunter2"}}',
                        "objectset.rio.cattle.io/applied": "aHVudGVyMg==",
                        "kubernetes.io/service-account.name": "web",
                    },
                    "managedFields": [{"fieldsV1": {"f:data": {"f:password": {}}}}],
                },
                "type": "Opaque",
                "data": {"password": "aHVudGVyMg==", "empty": "", "odd": "not base64!"},
            }
        ],
        CRON_JOBS: [],
        CONSTRAINTS: [{"metadata": {"name": "labels"}, "spec": {"enforcementAction": "deny"}}],
    }
    with fake_api(objects) as server:
        yield server


class Place:
    """A folder for the dump, and the command line that collects into it."""

    def __init__(self, folder: Path, api: FakeApi) -> None:
        self.dump = folder / "dump"
        self.settings = kubeconfig(folder, api.port)

    def collect(self, *options: str) -> Outcome:
        words = ("--kubeconfig", str(self.settings), "--page-size", "3", "--qps", "1000", "--timeout", "5")
        return breachway("collect", str(self.dump), *words, *options)

    def document(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.dump / "collection.json").read_text(encoding="utf-8"))
        return found

    def states(self) -> dict[str, str]:
        return {f"{item['resource']}.{item['group']}".rstrip("."): item["state"] for item in self.document()["resources"]}

    def items(self, title: str) -> list[dict[str, Any]]:
        pages = sorted(self.dump.glob(f"{title}.0*.json"))
        return [item for page in pages for item in json.loads(page.read_text(encoding="utf-8"))["items"]]

    def names(self, title: str) -> list[str]:
        return [item["metadata"]["name"] for item in self.items(title)]


@pytest.fixture
def place(tmp_path: Path, api: FakeApi) -> Place:
    return Place(tmp_path, api)


ALL_PODS = [f"pod-{number}" for number in range(7)]


def test_all_pages_of_everything_that_is_served_are_written(place: Place, api: FakeApi) -> None:
    outcome = place.collect()
    assert outcome.code is ExitCode.CLEAN, outcome.err
    assert outcome.out == f"{place.dump}: complete: 11 objects of 4 kinds from test\n"
    assert place.names("pods") == ALL_PODS
    assert api.lists(PODS) == 3
    assert [item["kind"] for item in place.items("pods")] == ["Pod"] * 7
    assert place.items("k8srequiredlabels.constraints.gatekeeper.sh")[0]["apiVersion"] == "constraints.gatekeeper.sh/v1beta1"
    document = place.document()
    assert (document["complete"], document["serverVersion"], document["cluster"]) == (True, "v1.31.2", "11-22")
    states = place.states()
    assert states["cronjobs.batch"] == "complete"
    assert states["deployments.apps"] == "absent"
    assert "managedFields" not in json.dumps(place.items("pods"))


def test_only_reading_requests_are_sent(place: Place, api: FakeApi) -> None:
    place.collect()
    asked = {path for path, _ in api.requests}
    assert asked >= {"/version", "/apis", "/api/v1", PODS, SECRETS}
    assert all(query.get("limit") == ["3"] for path, query in api.requests if path in {PODS, SECRETS})


def test_the_dump_is_for_the_user_alone(place: Place) -> None:
    place.collect()
    assert place.dump.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in place.dump.iterdir()} == {0o600}


def test_values_of_secrets_are_not_written(place: Place) -> None:
    outcome = place.collect()
    written = "".join(path.read_text(encoding="utf-8") for path in place.dump.iterdir())
    for value in ("hunter2", "aHVudGVyMg", "not base64", "last-applied", "f:password"):
        assert value not in written + outcome.out + outcome.err
    (secret,) = place.items("secrets")
    assert secret["collectedKeys"] == [
        {"key": "password", "length": 7},
        {"key": "empty", "length": 0},
        {"key": "odd", "length": 11},
    ]
    assert secret["metadata"]["annotations"] == {"kubernetes.io/service-account.name": "web"}
    assert "data" not in secret


@pytest.mark.parametrize("fault", [status(500), status(503), status(429, ("Retry-After", "0")), hang_up, garbage])
def test_a_fault_that_passes_is_tried_again(place: Place, api: FakeApi, fault: Fault) -> None:
    api.faults[PODS] = [fault, fault]
    outcome = place.collect()
    assert outcome.code is ExitCode.CLEAN
    assert place.names("pods") == ALL_PODS
    assert api.lists(PODS) == 5
    assert "attempt 3 of 6" in outcome.err
    assert "hunter2" not in outcome.err


def test_a_server_that_stays_silent_is_tried_again(place: Place, api: FakeApi) -> None:
    api.faults[PODS] = [silence]
    outcome = place.collect("--timeout", "0.2")
    assert outcome.code is ExitCode.CLEAN, outcome.err
    assert "stopped answering" in outcome.err
    assert place.names("pods") == ALL_PODS


def test_a_list_that_expired_goes_on_where_the_server_says(place: Place, api: FakeApi) -> None:
    api.faults[PODS] = [
        lambda handler: api.list(handler, PODS, {"limit": ["3"]}),
        lambda handler: handler.error(410, "The provided continue parameter is too old", **{"continue": "from-3"}),
    ]
    outcome = place.collect()
    assert outcome.code is ExitCode.CLEAN
    assert place.names("pods") == ALL_PODS
    (pods,) = [item for item in place.document()["resources"] if item["resource"] == "pods"]
    assert pods["inconsistent"] is True


def test_a_list_that_expired_without_a_way_on_starts_again(place: Place, api: FakeApi) -> None:
    api.faults[PODS] = [
        lambda handler: api.list(handler, PODS, {"limit": ["3"]}),
        lambda handler: handler.error(410, "expired"),
    ]
    assert place.collect().code is ExitCode.CLEAN
    assert place.names("pods") == ALL_PODS
    assert len(list(place.dump.glob("pods.*.json"))) == 3


def test_an_answer_that_is_too_large_is_asked_for_in_smaller_pages(
    place: Place, api: FakeApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    for item in api.objects[PODS]:
        item["metadata"]["annotations"] = {"long": "x" * 1_000}
    monkeypatch.setattr("breachway.cli.collecting.connection.LARGEST_ANSWER", 2_000)
    assert place.collect().code is ExitCode.CLEAN
    assert place.names("pods") == ALL_PODS
    assert any(query["limit"] == ["1"] for path, query in api.requests if path == PODS)


def test_one_object_that_is_too_large_fails_its_resource_alone(
    place: Place, api: FakeApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("breachway.cli.collecting.connection.LARGEST_ANSWER", 2_000)
    api.objects[PODS][0]["metadata"]["annotations"] = {"long": "x" * 3_000}
    outcome = place.collect()
    assert outcome.code is ExitCode.UNREADABLE_INPUT
    assert (place.states()["pods"], place.states()["secrets"]) == ("failed", "complete")


@pytest.mark.parametrize(
    "body",
    [
        {"kind": "PodList"},
        {"kind": "PodList", "items": "none"},
        {"kind": "PodList", "items": [1]},
        {"kind": "Table", "items": []},
        {"kind": "PodList", "items": [pod("again")], "metadata": {"continue": "same"}},
    ],
)
def test_a_list_that_is_none_never_loops_and_fails_its_resource_alone(place: Place, api: FakeApi, body: object) -> None:
    api.faults[PODS] = [lambda handler: handler.send(body)] * 5
    place.collect()
    states = place.states()
    assert states["pods"] == ("complete" if body == {"kind": "PodList"} else "failed")
    assert states["secrets"] == "complete"


def test_what_is_refused_is_recorded_and_the_rest_collected(place: Place, api: FakeApi) -> None:
    api.refused.add(SECRETS)
    outcome = place.collect()
    assert outcome.code is ExitCode.CLEAN
    assert place.states()["secrets"] == "refused"
    assert "1 resource refused" in outcome.out
    assert "refused, so what they say is unknown: secrets" in outcome.err
    assert place.names("pods") == ALL_PODS


def test_what_is_skipped_counts_as_refused(place: Place, api: FakeApi) -> None:
    assert place.collect("--skip", "secrets").code is ExitCode.CLEAN
    assert api.lists(SECRETS) == 0
    assert place.states()["secrets"] == "refused"


def test_a_group_that_does_not_answer_is_failed_and_not_absent(place: Place, api: FakeApi) -> None:
    api.faults["/apis/batch/v1beta1"] = [status(503)] * 6
    outcome = place.collect()
    assert outcome.code is ExitCode.UNREADABLE_INPUT
    assert (place.states()["cronjobs.batch"], place.states()["pods"]) == ("failed", "complete")


def test_a_run_that_is_broken_off_is_continued_by_the_same_command(place: Place, api: FakeApi) -> None:
    api.faults[PODS] = [lambda handler: api.list(handler, PODS, {"limit": ["3"]}), *[hang_up] * 6]
    api.faults[SECRETS] = [hang_up] * 6
    first = place.collect()
    assert first.code is ExitCode.UNREADABLE_INPUT
    assert "the server hung up midway\n  hint: the same command continues" in first.err
    assert (place.states()["pods"], place.document()["complete"]) == ("failed", False)
    assert place.names("pods") == ALL_PODS[:3]
    assert breachway("model", str(place.dump)).code is ExitCode.CLEAN
    before = api.lists(PODS)
    second = place.collect()
    assert second.code is ExitCode.CLEAN, second.err
    assert place.names("pods") == ALL_PODS
    assert api.lists(PODS) == before + 2
    assert api.lists(NAMESPACES) == 1


def test_what_a_killed_run_had_begun_does_not_stay(place: Place, api: FakeApi) -> None:
    api.faults[PODS] = [lambda handler: api.list(handler, PODS, {"limit": ["3"]}), *[hang_up] * 6]
    api.faults[SECRETS] = [hang_up] * 6
    place.collect()
    stale = {"apiVersion": "v1", "kind": "List", "items": [pod("stale") | {"apiVersion": "v1", "kind": "Pod"}]}
    (place.dump / "pods.00002.json").write_text(json.dumps(stale), encoding="utf-8")
    (place.dump / ".breachway-half").write_text("{", encoding="utf-8")
    del api.objects[PODS][3:]
    assert place.collect().code is ExitCode.CLEAN
    assert place.names("pods") == ALL_PODS[:3]
    assert not (place.dump / ".breachway-half").exists()


def test_an_interrupted_run_leaves_what_it_listed(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = PatientServer.get

    def interrupted(server: PatientServer, path: str, query: tuple[tuple[str, str], ...] = ()) -> Answer:
        if ("continue", "from-3") in query:
            raise KeyboardInterrupt
        return answers(server, path, query)

    with monkeypatch.context() as patch:
        patch.setattr(PatientServer, "get", interrupted)
        outcome = place.collect()
    assert outcome.code is ExitCode.INTERRUPTED
    assert "the same command continues it" in outcome.err
    assert (place.states()["pods"], place.names("pods")) == ("partial", ALL_PODS[:3])
    assert place.collect().code is ExitCode.CLEAN
    assert place.names("pods") == ALL_PODS


def test_credentials_that_expire_midway_keep_what_was_listed(place: Place, api: FakeApi) -> None:
    api.faults[SECRETS] = [lambda handler: handler.error(401, "Unauthorized")]
    outcome = place.collect()
    assert outcome.code is ExitCode.UNREADABLE_INPUT
    assert "the credentials were refused midway" in outcome.err
    assert "log in again" in outcome.err
    assert place.names("pods") == ALL_PODS
    assert place.collect().code is ExitCode.CLEAN


def test_a_finished_collection_is_not_collected_again_unless_asked(place: Place, api: FakeApi) -> None:
    place.collect()
    again = place.collect()
    assert again.code is ExitCode.USAGE
    assert "--fresh" in again.err
    api.objects[PODS] = [pod("new")]
    assert place.collect("--fresh").code is ExitCode.CLEAN
    assert place.names("pods") == ["new"]


def test_a_folder_of_another_cluster_or_of_something_else_is_left_alone(place: Place, api: FakeApi) -> None:
    api.faults[PODS] = [hang_up] * 6
    place.collect()
    api.faults["/api/v1/namespaces/kube-system"] = [
        lambda handler: handler.send({"kind": "Namespace", "metadata": {"name": "kube-system", "uid": "33"}})
    ]
    other = place.collect()
    assert other.code is ExitCode.USAGE
    assert "of another cluster: 11-22, not 33" in other.err
    (place.dump / "collection.json").write_text('{"kind": "BreachwayCollection", "resources": [7]}', encoding="utf-8")
    damaged = place.collect()
    assert (damaged.code, "it is damaged" in damaged.err) == (ExitCode.USAGE, True)
    (place.dump / "collection.json").unlink()
    assert "holds no collection" in place.collect().err


def test_a_collection_whose_resource_names_lead_elsewhere_is_refused(place: Place) -> None:
    place.collect()
    document = place.document()
    document["resources"][0] |= {"resource": "../../victim", "pages": 1, "state": "failed"}
    (place.dump / "collection.json").write_text(json.dumps(document), encoding="utf-8")
    assert "it is damaged" in place.collect("--fresh").err


def test_what_a_server_says_cannot_play_with_the_terminal(place: Place, api: FakeApi) -> None:
    api.faults[PODS] = [lambda handler: handler.error(400, "go away\x1b[2J\nhint: run this")]
    api.faults[SECRETS] = [lambda handler: handler.error(401, "\x1b[31mred\u202e")]
    outcome = place.collect()
    assert "\x1b" not in outcome.out + outcome.err
    assert "\u202e" not in outcome.out + outcome.err
    assert "go away" in outcome.err


def test_what_discovery_makes_up_is_not_believed(place: Place, api: FakeApi) -> None:
    api.faults["/apis"] = [
        lambda handler: handler.send(
            {
                "groups": [
                    7,
                    {"name": None},
                    {"name": "../../etc", "versions": [{"version": "v1"}]},
                    {"name": "batch", "versions": [{"version": "../v1"}, {"version": 7}, "v1", {"version": "v1beta1"}]},
                    {"name": "apps", "versions": "v1"},
                    {"name": "policy", "versions": [{"version": "v1"}]},
                ]
            }
        )
    ]
    api.faults["/apis/batch/v1beta1"] = [
        lambda handler: handler.send(
            {
                "resources": [
                    7,
                    {"name": "cronjobs", "kind": "CronJob", "verbs": "list"},
                    {"name": "cronjobs", "kind": "Cron Job", "verbs": ["list"]},
                    {"name": "../cronjobs", "kind": "CronJob", "verbs": ["list"]},
                    {"name": "jobs", "kind": "Job", "verbs": ["get"]},
                ]
            }
        )
    ]
    api.faults["/apis/policy/v1"] = [status(403)]
    outcome = place.collect()
    assert outcome.code is ExitCode.UNREADABLE_INPUT
    states = place.states()
    assert (states["cronjobs.batch"], states["jobs.batch"], states["deployments.apps"]) == ("absent", "absent", "absent")
    assert states["poddisruptionbudgets.policy"] == "failed"
    assert all(".." not in path for path, _ in api.requests)


def test_an_answer_that_drips_without_end_is_given_up(place: Place, api: FakeApi, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("breachway.cli.collecting.connection._PATIENCE", 0)
    api.faults[NAMESPACES] = []
    outcome = place.collect()
    assert outcome.code is ExitCode.UNREADABLE_INPUT
    assert "the answer did not end in time" in outcome.err


def test_a_list_of_empty_pages_comes_to_an_end(place: Place, api: FakeApi) -> None:
    tokens = iter(range(1_000))
    api.faults[PODS] = [
        lambda handler: handler.send({"kind": "PodList", "items": [], "metadata": {"continue": f"t{next(tokens)}"}})
    ] * 200
    place.collect()
    assert place.states()["pods"] == "failed"
    assert api.lists(PODS) < 60


def test_a_list_that_expires_again_and_again_is_given_up(place: Place, api: FakeApi) -> None:
    first = [lambda handler: api.list(handler, PODS, {"limit": ["3"]})]
    api.faults[PODS] = [*first, lambda handler: handler.error(410, "expired")] * 9
    place.collect()
    assert place.states()["pods"] == "failed"
    assert place.states()["secrets"] == "complete"


def test_a_resource_that_vanishes_while_it_is_listed_is_absent(place: Place, api: FakeApi) -> None:
    api.faults[CRON_JOBS] = [status(404)]
    assert place.collect().code is ExitCode.CLEAN
    assert place.states()["cronjobs.batch"] == "absent"


@pytest.mark.parametrize("where", ["file", "file/inside"])
def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path, place: Place, where: str) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    place.dump = tmp_path / where
    outcome = place.collect()
    assert outcome.code is ExitCode.INTERNAL
    assert f"cannot write into {tmp_path}/{where}: " in outcome.err


def test_a_full_disk_is_said_and_leaves_whole_files(place: Place, api: FakeApi, monkeypatch: pytest.MonkeyPatch) -> None:
    written = dump.write_private

    def full(path: Path, body: JsonObject) -> None:
        if path.name == "pods.00002.json":
            monkeypatch.setattr("pathlib.Path.replace", no_space)
        written(path, body)

    def no_space(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(dump, "write_private", full)
    outcome = place.collect()
    monkeypatch.undo()
    assert outcome.code is ExitCode.INTERNAL
    assert "No space left on device\n  hint: free some space" in outcome.err
    assert not [path for path in place.dump.iterdir() if path.name.startswith(".")]
    assert place.names("pods") == ALL_PODS[:3]
    assert place.collect().code is ExitCode.CLEAN
    assert place.names("pods") == ALL_PODS
    assert api.lists(NAMESPACES) == 1


# ------------------------------------------------------------------------------------------------------- first contact


def test_an_expired_token_is_said(place: Place, api: FakeApi) -> None:
    api.tokens = {"another"}
    outcome = place.collect()
    assert outcome.code is ExitCode.UNREADABLE_INPUT
    assert "refuses the credentials of the context test (401)\n  hint: they may have expired: log in again" in outcome.err
    assert not place.dump.exists()


def test_a_token_file_is_read_again_after_a_refusal(tmp_path: Path, place: Place, api: FakeApi) -> None:
    token = tmp_path / "token"
    token.write_text("old", encoding="utf-8")
    place.settings = kubeconfig(tmp_path, api.port, user={"tokenFile": str(token)})
    api.tokens = {"old"}

    def expire(handler: Handler) -> None:
        token.write_text(TOKEN, encoding="utf-8")
        api.tokens = {TOKEN}
        handler.error(401, "Unauthorized")

    api.faults[PODS] = [expire]
    outcome = place.collect()
    assert outcome.code is ExitCode.CLEAN, outcome.err
    assert place.names("pods") == ALL_PODS


def test_an_address_where_nothing_listens_is_said(tmp_path: Path) -> None:
    with fake_api({}) as gone:
        port = gone.port
    outcome = breachway("collect", str(tmp_path / "dump"), "--kubeconfig", str(kubeconfig(tmp_path, port)), "--qps", "1000")
    assert outcome.code is ExitCode.UNREADABLE_INPUT
    assert f"http://127.0.0.1:{port} cannot be reached: Connection refused" in outcome.err
    assert "whether the cluster runs" in outcome.err


def test_an_address_that_speaks_no_tls_is_said(tmp_path: Path, api: FakeApi) -> None:
    settings = kubeconfig(tmp_path, api.port, scheme="https")
    outcome = breachway("collect", str(tmp_path / "dump"), "--kubeconfig", str(settings), "--qps", "1000")
    assert outcome.code is ExitCode.UNREADABLE_INPUT
    assert f"no secure connection to https://127.0.0.1:{api.port}" in outcome.err
    assert "attempt" not in outcome.err


@pytest.mark.parametrize("path", ["/version", "/apis"])
def test_a_server_that_is_no_api_server_is_said(place: Place, api: FakeApi, path: str) -> None:
    api.faults[path] = [garbage] * 6
    outcome = place.collect()
    assert outcome.code is ExitCode.UNREADABLE_INPUT
    assert "is not JSON\n  hint: is it the address of an API server?" in outcome.err
    assert "hunter2" not in outcome.err


@pytest.mark.parametrize("path, code", [("/version", 404), ("/apis", 403)])
def test_first_answers_that_say_no_are_said(place: Place, api: FakeApi, path: str, code: int) -> None:
    api.faults[path] = [status(code)] * 6
    outcome = place.collect()
    assert outcome.code is ExitCode.UNREADABLE_INPUT
    assert str(code) in outcome.err
    assert "hint:" in outcome.err


# --------------------------------------------------------------------------------------------------------- the role


def test_the_printed_role_lets_list_and_nothing_else() -> None:
    outcome = breachway("collect", "--print-rbac", "--namespace", "audit")
    account, role, binding = yaml.safe_load_all(outcome.out)
    assert outcome.code is ExitCode.CLEAN
    assert {verb for rule in role["rules"] for verb in rule["verbs"]} == {"get", "list"}
    got = [rule for rule in role["rules"] if "get" in rule["verbs"] and "resources" in rule]
    assert [(rule["resources"], rule["resourceNames"]) for rule in got] == [(["namespaces"], ["kube-system"])]
    listed = {(group, name) for rule in role["rules"] for group in rule.get("apiGroups", ()) for name in rule["resources"]}
    assert {("", "secrets"), ("apps", "deployments"), ("constraints.gatekeeper.sh", "*")} <= listed
    assert binding["subjects"] == [{"kind": "ServiceAccount", "name": account["metadata"]["name"], "namespace": "audit"}]
    assert binding["roleRef"]["name"] == role["metadata"]["name"]


def test_the_printed_role_is_one_that_breachway_reads(tmp_path: Path) -> None:
    (tmp_path / "role.yaml").write_text(breachway("collect", "--print-rbac").out, encoding="utf-8")
    inventory = read([str(tmp_path)])
    assert [item.kind for item in inventory.kubernetes] == ["ServiceAccount", "ClusterRole", "ClusterRoleBinding"]
    assert inventory.unread == ()


def test_a_role_without_secrets_is_printed_on_request() -> None:
    assert "- secrets\n" not in breachway("collect", "--print-rbac", "--skip", "secrets").out
    wrong = breachway("collect", "--print-rbac", "--skip", "secret")
    assert (wrong.code, "did you mean secrets?" in wrong.err) == (ExitCode.USAGE, True)


@pytest.mark.parametrize(
    "options, words",
    [
        ((), "no folder to write to"),
        (("dump", "--page-size", "0"), "--page-size 0 is out of range"),
        (("dump", "--qps", "0"), "--qps 0 is out of range"),
        (("dump", "--timeout", "nan"), "--timeout nan is out of range"),
        (("--print-rbac", "--namespace", "No: 1"), "is no name of a namespace"),
    ],
)
def test_options_that_make_no_sense_are_refused(options: tuple[str, ...], words: str) -> None:
    outcome = breachway("collect", *options)
    assert outcome.code is ExitCode.USAGE
    assert words in outcome.err
    assert "hint:" in outcome.err
