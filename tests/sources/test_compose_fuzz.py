"""Whatever a Compose file holds, reading it raises nothing and every problem has a place."""

from __future__ import annotations

from typing import TYPE_CHECKING

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from breachway.sources.compose.env_files import read_env_file
from breachway.sources.compose.grouping import group
from breachway.sources.compose.interpolation import interpolate
from breachway.sources.compose.reader import looks_like_compose, read_compose
from breachway.sources.compose.services import KNOWN_KEYS
from breachway.sources.yaml_positions import read_yaml
from tests.sources.compose_input import MAIN, Memory

if TYPE_CHECKING:
    from breachway.evidence import Unread

OTHER = "shop/compose.override.yaml"
WORDS = st.sampled_from(
    [
        "", "a", "b", "80:80", "127.0.0.1::80", "[::1]:1-2:3-4/udp", "./x:/y:ro", "C:\\x:/y", "~", "$", "${", "${A",
        "${A:-${B}}", "$$", "A=b", "a:b",
        "compose.override.yaml", "../../..", "/", "true", "yes", "0x10", "-1", "NONE", "CMD", "\u202e", "\x1b[0m", "host",
        "service:a", "default", "{{ x }}",
    ]
)  # fmt: skip
SCALARS = st.none() | st.booleans() | st.integers(-(10**20), 10**20) | st.floats() | WORDS | st.text(max_size=12)
INNER_KEYS = (
    "type source target published path file service required condition limits resources external name test disable driver "
    "options driver_opts aliases context args bind tmpfs include x-y ~ a/b a b"
)
KEYS = st.sampled_from([*sorted(KNOWN_KEYS), *INNER_KEYS.split(), ""])
TREES = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4), max_leaves=12)
SERVICES = st.dictionaries(st.sampled_from(["a", "b", "c"]), st.dictionaries(KEYS, TREES, max_size=5) | TREES, max_size=3)
FILES = st.fixed_dictionaries(
    {"services": SERVICES | TREES},
    optional=dict.fromkeys(("name", "include", "networks", "volumes", "secrets", "configs", "x-a"), TREES),
)


def check(files: dict[str, str], *labels: str) -> None:
    problems: list[Unread] = []
    project = read_compose(labels, Memory(files), problems)
    for problem in problems:
        assert problem.location.document
        assert problem.severity in {"file", "object", "field", "note"}
        assert problem.reason
        assert "\n" not in problem.reason
    if project is not None:
        assert project.documents[0] == labels[0]
        for service in project.services:
            assert service.location.line > 0


@settings(max_examples=150, deadline=None)
@given(FILES, FILES, st.text(max_size=30))
def test_any_two_files_laid_over_one_another(base: dict[str, object], over: dict[str, object], env: str) -> None:
    files = {MAIN: yaml.safe_dump(base), OTHER: yaml.safe_dump(over), "shop/.env": env, "shop/a": env}
    check(files, MAIN, OTHER)


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=120), st.integers(0, 200), st.text(max_size=4))
def test_any_text_and_any_mutation(text: str, at: int, piece: str) -> None:
    good = (
        "x-a: &a {restart: always}\nservices:\n  web:\n    <<: *a\n    image: nginx:${TAG:-1}\n    ports: ['80:80', 22:22]\n"
        "    volumes: [./a:/a:ro, 'b:/b']\n    environment: [A=1, B]\n    extends: {service: db}\n  db: {image: pg}\n"
    )
    check({MAIN: text}, MAIN)
    check({MAIN: good[:at] + piece + good[at:]}, MAIN)
    check({MAIN: good[:at] + good[at + len(piece) :], OTHER: good}, MAIN, OTHER)


@settings(max_examples=150, deadline=None)
@given(FILES)
def test_recognition_and_grouping(document: dict[str, object]) -> None:
    nodes = read_yaml(yaml.safe_dump(document), MAIN).documents
    assert all(looks_like_compose(node) in {True, False} for node in nodes if node is not None)
    group({MAIN: nodes, OTHER: nodes, "shop/x.yaml": nodes}, [OTHER])


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="${}:-+?AB_ \\'\"=#\n", max_size=40))
def test_variables_and_env_files(text: str) -> None:
    done = interpolate(text, {"A": "1"})
    assert "A" not in done.unset
    problems: list[Unread] = []
    for assignment in read_env_file(text, "a.env", {}, problems):
        assert assignment.name
        assert assignment.location.line > 0
