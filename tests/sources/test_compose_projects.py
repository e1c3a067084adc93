"""How Compose files become a project: overrides, includes, extends, env files, networks, names."""

from __future__ import annotations

import pytest

from breachway.sources.compose import tree
from breachway.sources.compose.grouping import group
from breachway.sources.compose.loading import DEEPEST_EXTENDS
from breachway.sources.compose.reader import is_compose_name, is_fragment, looks_like_compose
from breachway.sources.decoding import Value
from breachway.sources.yaml_positions import read_yaml
from tests.sources.compose_input import MAIN, project_of

OVERRIDE = "shop/compose.override.yaml"


def test_an_override_merges_field_by_field_and_keeps_the_place_of_each() -> None:
    project, problems = project_of(
        {
            MAIN: "services:\n  web:\n    image: a\n    command: [x, y]\n    ports: ['80:80']\n    environment: [A=1, B=1]\n"
            "    volumes: ['./a:/data', 'vol:/v']\n    cap_add: [NET_ADMIN]\nvolumes: {vol: }\n",
            OVERRIDE: "services:\n  web:\n    image: b\n    command: z\n    ports: ['81:81']\n    environment: {B: '2', C: '3'}\n"
            "    volumes: ['./b:/data']\n    cap_add: [NET_ADMIN, SYS_TIME]\n",
        },
        MAIN,
        OVERRIDE,
    )
    assert problems == []
    (web,) = project.services
    assert web.image is not None
    assert (web.image.value, web.image.location.document) == ("b", OVERRIDE)
    assert web.command is not None
    assert web.command.words == ("z",)
    assert [port.written for port in web.ports] == ["80:80", "81:81"]
    assert {variable.name: variable.value.value for variable in web.environment if variable.value} == {
        "A": "1",
        "B": "2",
        "C": "3",
    }
    assert [variable.location.document for variable in web.environment] == [MAIN, OVERRIDE, OVERRIDE]
    assert [mount.host.path for mount in web.mounts if mount.host] == ["shop/b"]
    assert [text.value for text in web.cap_add] == ["NET_ADMIN", "SYS_TIME"]
    assert project.documents == (MAIN, OVERRIDE)


def test_reset_removes_and_override_replaces() -> None:
    project, _ = project_of(
        {
            MAIN: "services:\n  web:\n    image: a\n    ports: ['80:80']\n    privileged: true\n    cap_add: [ALL]\n",
            OVERRIDE: "services:\n  web:\n    ports: !override ['81:81']\n    privileged: !reset false\n    cap_add: !reset []\n",
        },
        MAIN,
        OVERRIDE,
    )
    (web,) = project.services
    assert [port.written for port in web.ports] == ["81:81"]
    assert web.privileged is None
    assert web.cap_add == ()


def test_extends_within_a_file_and_from_another_with_paths_of_that_file() -> None:
    project, problems = project_of(
        {
            MAIN: "services:\n  base: {image: a, cap_add: [SYS_ADMIN]}\n  web:\n    extends: base\n    user: '1000'\n"
            "  api:\n    extends: {file: ../common/base.yaml, service: job}\n",
            "common/base.yaml": "services:\n  job:\n    image: j\n    privileged: true\n    volumes: ['./d:/d']\n"
            "    env_file: job.env\n",
            "common/job.env": "TOKEN=abc\n",
        }
    )
    assert problems == []
    web, api = project.service("web"), project.service("api")
    assert web is not None
    assert api is not None
    assert [text.value for text in web.cap_add] == ["SYS_ADMIN"]
    assert web.extended
    assert web.location.line == 3
    assert isinstance(api.privileged, Value)
    assert api.privileged.location.document == "common/base.yaml"
    assert api.mounts[0].host is not None
    assert api.mounts[0].host.path == "common/d"
    (token,) = api.environment
    assert (token.name, token.origin, token.location.document, token.location.line) == ("TOKEN", "env_file", "common/job.env", 1)


def test_circles_are_reported_and_the_services_kept() -> None:
    project, problems = project_of(
        {
            MAIN: "services:\n  a: {image: x, extends: b}\n  b: {extends: a}\n  c: {image: y, extends: nowhere}\n"
            "  d: {image: z, extends: d}\n"
        }
    )
    assert [service.name for service in project.services] == ["a", "b", "c", "d"]
    assert {problem.severity for problem in problems} == {"object"}
    assert len(problems) == 4


def test_a_long_chain_of_extends_stops_at_the_limit() -> None:
    lines = "".join(f"  s{index}: {{extends: s{index + 1}}}\n" for index in range(DEEPEST_EXTENDS + 5))
    _, problems = project_of({MAIN: f"services:\n{lines}  s{DEEPEST_EXTENDS + 5}: {{image: x}}\n"})
    assert any("in a row" in problem.reason for problem in problems)


def test_includes_bring_services_with_their_own_variables() -> None:
    project, problems = project_of(
        {
            MAIN: "include:\n  - db/compose.yaml\n  - path: [more.yaml]\n    env_file: more.env\nservices:\n"
            "  web: {image: 'a:${TAG:-1}'}\n",
            "shop/db/compose.yaml": "services:\n  db: {image: 'pg:${TAG}', volumes: ['./d:/d']}\n",
            "shop/db/.env": "TAG=16\n",
            "shop/more.yaml": "services:\n  more: {image: 'm:${TAG}'}\n",
            "shop/more.env": "TAG=7\n",
        }
    )
    assert problems == []
    images = {service.name: service.image.value for service in project.services if service.image}
    assert images == {"db": "pg:16", "more": "m:7", "web": "a:1"}
    database = project.service("db")
    assert database is not None
    assert database.mounts[0].host is not None
    assert database.mounts[0].host.path == "shop/db/d"


def test_an_include_of_itself_and_of_nothing_are_reported() -> None:
    project, problems = project_of({MAIN: "include: [compose.yaml, gone.yaml]\nservices:\n  web: {image: a}\n"})
    assert len(project.services) == 1
    assert [problem.location.line for problem in problems] == [1, 1]


def test_the_environment_takes_values_from_the_projects_dotenv_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FROM_SHELL", "must not be read")
    project, _ = project_of(
        {
            MAIN: "services:\n  web:\n    image: a\n    env_file: [web.env, {path: gone.env, required: false}]\n"
            "    environment: [FROM_SHELL, KNOWN, 'P=$$x${FROM_SHELL}']\n",
            "shop/.env": "KNOWN=1\n",
            "shop/web.env": "P=low\nQ=low\n",
        }
    )
    values = {variable.name: (variable.value.value if variable.value else None) for variable in project.services[0].environment}
    assert values == {"FROM_SHELL": None, "KNOWN": "1", "P": "$x${FROM_SHELL}", "Q": "low"}
    known = next(variable for variable in project.services[0].environment if variable.name == "KNOWN")
    assert (known.location.document, known.location.line) == ("shop/.env", 1)


def test_a_missing_env_file_is_reported() -> None:
    _, problems = project_of({MAIN: "services:\n  web:\n    image: a\n    env_file: gone.env\n"})
    assert [(problem.severity, problem.location.line) for problem in problems] == [("field", 4)]
    assert "gone.env" in problems[0].reason


def test_networks_default_declared_and_none() -> None:
    project, problems = project_of(
        {
            MAIN: "name: My.Shop\nservices:\n  a: {image: x}\n  b: {image: x, networks: [back]}\n  c: {image: x, "
            "network_mode: none}\n"
            "  d: {image: x, networks: {back: {aliases: [dd]}, out: }}\nnetworks:\n  back: {internal: true}\n"
            "  out: {external: true}\n"
        }
    )
    assert problems == []
    joined = {service.name: [(net.network, net.implicit) for net in service.networks] for service in project.services}
    assert joined == {"a": [("default", True)], "b": [("back", False)], "c": [], "d": [("back", False), ("out", False)]}
    assert {network.key: network.name for network in project.networks} == {
        "back": "myshop_back",
        "out": "out",
        "default": "myshop_default",
    }
    assert [network.implicit for network in project.networks] == [False, False, True]


def test_secrets_configs_and_bound_volumes() -> None:
    project, problems = project_of(
        {
            MAIN: "services:\n  a: {image: x, secrets: [s, {source: e, target: /t}], configs: [c], volumes: ['vol:/v']}\n"
            "secrets: {s: {file: ./s.txt}, e: {environment: TOKEN}}\nconfigs: {c: {content: 'k=${NONE}'}}\n"
            "volumes: {vol: {driver_opts: {type: none, o: 'rw,bind', device: /srv}}}\n"
        }
    )
    assert problems == []
    assert project.secrets[0].file is not None
    assert project.secrets[0].file.path == "shop/s.txt"
    assert project.secrets[1].environment is not None
    assert project.configs[0].content is not None
    assert project.configs[0].content.unset == ("NONE",)
    assert project.volumes[0].host is not None
    assert project.volumes[0].host.path == "/srv"


def test_profiles_make_a_service_inactive_unless_the_dotenv_asks() -> None:
    text = "services:\n  a: {image: x, profiles: [debug]}\n  b: {image: x}\n"
    project, _ = project_of({MAIN: text})
    assert [service.active for service in project.services] == [False, True]
    asked, _ = project_of({MAIN: text, "shop/.env": "COMPOSE_PROFILES=debug\n"})
    assert [service.active for service in asked.services] == [True, True]


def test_what_is_used_and_not_declared_is_reported() -> None:
    _, problems = project_of(
        {MAIN: "services:\n  a: {image: x, networks: [n], volumes: ['vol:/v'], secrets: [s], configs: [c], depends_on: [z]}\n"}
    )
    assert len(problems) == 5
    assert {problem.location.line for problem in problems} == {2}


def test_unknown_keys_name_the_nearest_and_extensions_are_left_alone() -> None:
    _, problems = project_of({MAIN: "services:\n  a: {image: x, privilged: true, x-mine: 1}\n"})
    assert [problem.hint for problem in problems] == ["did you mean privileged?"]


def test_wrong_types_lose_the_field_and_nothing_else() -> None:
    project, problems = project_of(
        {
            MAIN: "services:\n  a:\n    image: [x]\n    privileged: maybe\n    cap_add: {A: 1}\n    ports: 80\n"
            "    environment: 5\n"
            "    deploy: x\n    user: root\n    networks: [[a]]\n    healthcheck: {test: {a: b}}\n  b: 7\nnetworks: [x]\n"
            "volumes: {v: 3}\n"
        }
    )
    (service,) = project.services
    assert service.user is not None
    assert service.user.value == "root"
    assert {problem.location.line for problem in problems} >= {3, 4, 5, 6, 7, 8, 11, 12, 13, 14}


def test_a_variable_given_twice_is_reported() -> None:
    project, problems = project_of({MAIN: "services:\n  a: {image: x, environment: [A=1, A=2]}\n"})
    assert [problem.reason for problem in problems] == ['variable "A" is given twice; the last counts']
    assert [variable.value.value for variable in project.services[0].environment if variable.value] == ["2"]


def test_aliases_beyond_the_budget_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tree, "NODE_BUDGET", 1_000)
    tens = "".join(f"x-{name}: &{name} [{','.join([f'*{below}'] * 10)}]\n" for below, name in ("ab", "bc", "cd"))
    _, problems = project_of({MAIN: f"x-a: &a [1]\n{tens}services: {{a: {{image: x}}}}\n"})
    assert [problem.severity for problem in problems] == ["file"]
    assert "values once its aliases" in problems[0].reason


@pytest.mark.parametrize(
    "label, expected",
    [
        ("compose.yaml", True),
        ("a/docker-compose.yml", True),
        ("docker-compose.prod.yml", True),
        ("compose.override.yaml", True),
        ("composer.json", False),
        ("my-compose.yaml", False),
    ],
)
def test_names_of_compose_files(label: str, *, expected: bool) -> None:
    assert is_compose_name(label) is expected


@pytest.mark.parametrize(
    "text, compose, fragment",
    [
        ("services: {a: {image: x}}", True, False),
        ("services: {a: {ports: ['80:80']}}", True, True),
        ("services: {a: {foo: 1}}", False, True),
        ("services: [a]", False, False),
        ("include: [a.yaml]", True, False),
        ("apiVersion: v1\nservices: {a: {image: x}}", False, False),
        ("services: {}", False, False),
        ("- a", False, False),
    ],
)
def test_recognition(text: str, *, compose: bool, fragment: bool) -> None:
    (node,) = read_yaml(text, "x").documents
    assert node is not None
    assert looks_like_compose(node) is compose
    assert is_fragment(node) is fragment


def grouped(files: dict[str, str], *named: str) -> tuple[tuple[tuple[str, ...], ...], tuple[str, ...]]:
    grouping = group({label: read_yaml(text, label).documents for label, text in files.items()}, named)
    return grouping.projects, tuple(problem.location.document for problem in grouping.unread)


WHOLE = "services: {a: {image: x}}"
PART = "services: {a: {ports: ['80:80']}}"


def test_grouping_follows_composes_defaults() -> None:
    assert grouped({"compose.yaml": WHOLE, "compose.override.yaml": PART}) == ((("compose.yaml", "compose.override.yaml"),), ())
    assert grouped({"docker-compose.yml": WHOLE, "docker-compose.prod.yml": PART}) == (
        (("docker-compose.yml",),),
        ("docker-compose.prod.yml",),
    )
    assert grouped({"docker-compose.yml": WHOLE, "docker-compose.test.yml": WHOLE}) == (
        (("docker-compose.yml",), ("docker-compose.test.yml",)),
        (),
    )
    assert grouped({"compose.yaml": WHOLE, "docker-compose.yml": WHOLE}) == ((("compose.yaml",),), ("docker-compose.yml",))
    assert grouped({"stack.yaml": PART}) == ((("stack.yaml",),), ())


def test_named_files_merge_as_with_f() -> None:
    files = {"compose.yaml": WHOLE, "compose.prod.yaml": PART}
    assert grouped(files, "compose.yaml", "compose.prod.yaml") == ((("compose.yaml", "compose.prod.yaml"),), ())


def test_included_and_extended_files_are_no_projects_of_their_own() -> None:
    files = {
        "compose.yaml": "include: [db/compose.yaml]\nservices: {a: {extends: {file: common.yaml, service: b}}}",
        "common.yaml": "services: {b: {image: x}}",
        "db/compose.yaml": WHOLE,
    }
    assert grouped(files) == ((("compose.yaml",),), ())
