"""The parts of a collection by themselves: how requests are paced, what is left out of objects, what is wanted."""

from __future__ import annotations

import base64
import json
import socket
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from urllib3 import HTTPConnectionPool, exceptions
from urllib3.connection import HTTPConnection

from breachway.cli.collecting.answers import Answer, Unanswered
from breachway.cli.collecting.connection import Connection
from breachway.cli.collecting.pace import Clock, PatientServer
from breachway.cli.collecting.redaction import LAST_APPLIED, without_values
from breachway.cli.collecting.wanted import wanted_resources
from breachway.errors import UsageError
from breachway.sources.kubernetes import recognition

if TYPE_CHECKING:
    from breachway.cli.collecting.answers import JsonObject

OK = Answer(200, {})


class Script:
    """A server that answers by a script, and a clock that only moves when somebody sleeps."""

    def __init__(self, *answers: Answer | Unanswered, renewable: bool = False) -> None:
        self.answers = list(answers)
        self.renewable = renewable
        self.renewals = 0
        self.asked_at: list[float] = []
        self.now = 100.0
        self.told: list[str] = []

    def get(self, path: str, query: tuple[tuple[str, str], ...] = ()) -> Answer:
        del path, query
        self.asked_at.append(self.now)
        answer = self.answers.pop(0)
        if isinstance(answer, Unanswered):
            raise answer
        return answer

    def renew(self) -> bool:
        self.renewals += 1
        return self.renewable

    def sleep(self, seconds: float) -> None:
        assert seconds > 0
        self.now += seconds

    def patient(self, rate: float = 10.0, chance: float = 1.0) -> PatientServer:
        return PatientServer(self, Clock(lambda: self.now, self.sleep, lambda: chance), rate=rate, notice=self.told.append)

    def pauses(self) -> list[float]:
        return [round(after - before, 3) for before, after in zip(self.asked_at, self.asked_at[1:], strict=False)]


def test_requests_are_sent_no_faster_than_asked() -> None:
    script = Script(*[OK] * 5)
    server = script.patient(rate=4.0)
    for _ in range(5):
        server.get("/")
    assert script.pauses() == [0.25] * 4


def test_a_pause_earns_no_burst() -> None:
    script = Script(*[OK] * 4)
    server = script.patient(rate=4.0)
    server.get("/")
    script.now += 60
    for _ in range(3):
        server.get("/")
    assert script.pauses() == [60.0, 0.25, 0.25]


def test_pauses_double_and_are_scattered() -> None:
    for chance, factor in ((1.0, 1.0), (0.0, 0.5)):
        script = Script(*[Answer(503, {})] * 5, OK)
        assert script.patient(rate=1000, chance=chance).get("/") == OK
        assert script.pauses() == [seconds * factor for seconds in (0.5, 1.0, 2.0, 4.0, 8.0)]


@pytest.mark.parametrize("asked, waited", [(7.0, 7.0), (0.0, 0.5), (100_000.0, 120.0)])
def test_the_servers_own_word_on_when_to_return_counts(asked: float, waited: float) -> None:
    script = Script(Answer(429, {}, asked), OK)
    assert script.patient(rate=1000).get("/") == OK
    assert script.pauses() == [waited]
    assert script.told == [f"the server answered 429; attempt 2 of 6 in {waited:.1f} s"]


def test_the_last_answer_stands_and_the_last_silence_is_raised() -> None:
    script = Script(*[Answer(500, {})] * 6)
    assert script.patient().get("/").status == 500
    silent = Script(*[Unanswered("nothing")] * 6)
    with pytest.raises(Unanswered, match="nothing"):
        silent.patient().get("/")
    assert len(script.asked_at) == len(silent.asked_at) == 6


def test_what_asking_again_cannot_change_is_not_asked_again() -> None:
    for code in (400, 403, 404, 410):
        script = Script(Answer(code, {}))
        assert script.patient().get("/").status == code
    fatal = Script(Unanswered("no TLS", again=False))
    with pytest.raises(Unanswered):
        fatal.patient().get("/")


def test_credentials_are_renewed_once() -> None:
    renewed = Script(Answer(401, {}), OK, renewable=True)
    assert renewed.patient().get("/") == OK
    refused = Script(Answer(401, {}), Answer(401, {}), renewable=True)
    assert (refused.patient().get("/").status, refused.renewals) == (401, 1)
    fixed = Script(Answer(401, {}))
    assert fixed.patient().get("/").status == 401


# ------------------------------------------------------------------------------------------------------------- connection


def failure(error: exceptions.HTTPError | OSError) -> Unanswered:
    class Pool:
        pools: dict[str, object] = {}  # noqa: RUF012 - stands for urllib3's, never changed

        def request(self, *_: object, **__: object) -> object:
            raise error

        def clear(self) -> None:
            """Hold nothing."""

    configuration = SimpleNamespace(host="https://cluster.example.com", verify_ssl=True, auth_settings=dict)
    client = SimpleNamespace(configuration=configuration, rest_client=SimpleNamespace(pool_manager=Pool()))
    connection = Connection(lambda: client, timeout=1, renewable=False)
    with pytest.raises(Unanswered) as caught:
        connection.get("/version")
    connection.close()
    return caught.value


POOL = HTTPConnectionPool("cluster.example.com")
CONNECTION = HTTPConnection("cluster.example.com")


@pytest.mark.parametrize(
    "error, words, again",
    [
        (exceptions.SSLError("[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed"), "no secure connection", False),
        (exceptions.NameResolutionError("cluster", CONNECTION, socket.gaierror()), "cannot be resolved", True),
        (exceptions.NewConnectionError(CONNECTION, "[Errno 111] Connection refused"), "cannot be reached: Connection", True),
        (exceptions.ConnectTimeoutError(), "https://cluster.example.com does not answer", True),
        (exceptions.ReadTimeoutError(POOL, "/", "slow"), "stopped answering", True),
        (exceptions.LocationParseError("x"), "is not an address", False),
        (exceptions.IncompleteRead(1, 2), "hung up midway", True),
        (exceptions.DecodeError("gzip"), "hung up midway", True),
        (OSError(5, "Input/output error"), "the connection failed: Input/output error", True),
    ],
)
def test_every_way_of_not_answering_has_its_words(error: exceptions.HTTPError | OSError, words: str, again: bool) -> None:
    found = failure(error)
    assert words in found.reason
    assert (found.again, bool(found.hint) or "midway" in words) == (again, True)


# -------------------------------------------------------------------------------------------------------------- redaction

VALUES = st.text("klmnopqrstuvwxyz0123456789", min_size=12, max_size=20)


@settings(deadline=None, max_examples=100)
@given(st.dictionaries(st.sampled_from(["a", "b", "tls.key"]), VALUES, min_size=1), VALUES, st.booleans())
def test_nothing_of_a_secret_value_is_left(values: dict[str, str], other: str, encoded: bool) -> None:
    data = {key: base64.b64encode(value.encode()).decode() if encoded else value for key, value in values.items()}
    secret: JsonObject = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "name": "s",
            "annotations": {LAST_APPLIED: json.dumps(data), "tool.example.com/copy": other, "cert-manager.io/issuer-name": "ca"},
            "managedFields": [{"fieldsV1": other}],
            "somethingNew": other,
        },
        "data": dict(data),
        "stringData": dict(data),
        "somethingNew": other,
    }
    written = json.dumps(without_values(secret, secret=True))
    for value in (*values.values(), *data.values(), other):
        assert value not in written
    kept = json.loads(written)
    assert {item["key"] for item in kept["collectedKeys"]} == values.keys()
    assert kept["metadata"]["annotations"] == {"cert-manager.io/issuer-name": "ca"}


def test_other_objects_lose_only_the_copies_that_tools_keep() -> None:
    item: JsonObject = {
        "kind": "ConfigMap",
        "metadata": {"name": "c", "managedFields": [], "annotations": {LAST_APPLIED: "{}", "team": "blue"}},
        "data": {"a": "b"},
    }
    assert without_values(item, secret=False) == {
        "kind": "ConfigMap",
        "metadata": {"name": "c", "annotations": {"team": "blue"}},
        "data": {"a": "b"},
    }
    odd: JsonObject = {"kind": "ConfigMap", "metadata": None}
    assert without_values(odd, secret=False) == odd


# ----------------------------------------------------------------------------------------------------------------- wanted


def test_every_resource_is_wanted_once() -> None:
    wanted = wanted_resources()
    assert len(set(wanted)) == len(wanted) > 100
    assert wanted_resources(["secrets", "rollouts.argoproj.io"]) == tuple(
        item for item in wanted if item.title not in {"secrets", "rollouts.argoproj.io"}
    )
    with pytest.raises(UsageError, match="nothing named deploymnts"):
        wanted_resources(["deploymnts.apps"])


FILES_ONLY = {
    *("KubeletConfiguration", "EncryptionConfiguration", "EncryptionConfig", "AdmissionConfiguration", "BreachwayCollection"),
    *("PodSecurityConfiguration", "Project"),  # an OpenShift Project is its Namespace once more
}


def test_every_kind_that_the_reader_types_is_wanted() -> None:
    wanted = {item.resource for item in wanted_resources()}
    kinds = set(recognition._KINDS) - FILES_ONLY  # noqa: SLF001 - the table is what must not drift
    assert len(kinds) > 35
    assert sorted(kind for kind in kinds if plural(kind) not in wanted) == []


def plural(kind: str) -> str:
    name = kind.lower()
    if name.endswith(("s", "x")):
        return f"{name}es"
    return f"{name[:-1]}ies" if name.endswith("cy") else f"{name}s"
