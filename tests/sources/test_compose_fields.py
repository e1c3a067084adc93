"""What single fields of a Compose service mean: ports, volumes, variables, commands, flags."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from breachway.sources.compose.env_files import read_env_file
from breachway.sources.compose.interpolation import interpolate
from breachway.sources.compose.objects import MountKind, Port, Unknown
from breachway.sources.decoding import Value
from tests.sources.compose_input import project_of, service_of

if TYPE_CHECKING:
    from breachway.evidence import Unread


@pytest.mark.parametrize(
    "written, text, unset",
    [
        ("$A-${A}", "1-1", ()),
        ("$$A ${EMPTY}", "$A ", ()),
        ("${NONE}", "${NONE}", ("NONE",)),
        ("$NONE/x", "${NONE}/x", ("NONE",)),
        ("${NONE:-d} ${NONE-d} ${EMPTY:-d} ${EMPTY-d}", "d d d ", ()),
        ("${NONE:-${ALSO-deep}}", "deep", ()),
        ("${NONE:-a${ALSO}}", "a${ALSO}", ("ALSO",)),
        ("${NONE:?give it}", "${NONE}", ("NONE",)),
        ("${A:?give it}", "1", ()),
        ("${A:+yes}${NONE:+yes}${EMPTY:+yes}${EMPTY+set}", "yesset", ()),
    ],
)
def test_variables_are_put_in_and_unset_ones_are_named(written: str, text: str, unset: tuple[str, ...]) -> None:
    done = interpolate(written, {"A": "1", "EMPTY": ""})
    assert (done.text, done.unset, done.malformed) == (text, unset, False)


@pytest.mark.parametrize("written", ["${", "${}", "${A", "$ {A}", "${1}", "${A!b}", "a$"])
def test_a_malformed_variable_is_said_and_kept(written: str) -> None:
    assert interpolate(written, {"A": "1"}).malformed


def ports_of(line: str) -> tuple[Port, ...]:
    return service_of(f"image: x\n    ports:\n      - {line}").ports


@pytest.mark.parametrize(
    "line, target, published, host, protocol",
    [
        ("22:22", (22, 22), (22, 22), "", "tcp"),
        ("9000", (9000, 9000), (0, 0), "", "tcp"),
        ('"127.0.0.1:8000-8010:80-90/tcp"', (80, 90), (8000, 8010), "127.0.0.1", "tcp"),
        ('"127.0.0.1::80"', (80, 80), (0, 0), "127.0.0.1", "tcp"),
        ('"[::1]:53:53/udp"', (53, 53), (53, 53), "::1", "udp"),
        ('"::1:53:53/udp"', (53, 53), (53, 53), "::1", "udp"),
        ("${PORT}:80", (80, 80), (None, None), "", "tcp"),
        ("${PORT:-8080}:80", (80, 80), (8080, 8080), "", "tcp"),
        (
            "{target: 443, published: 8443, host_ip: 10.0.0.1, mode: host, protocol: UDP}",
            (443, 443),
            (8443, 8443),
            "10.0.0.1",
            "udp",
        ),
        ('{target: 80, published: "8000-8010"}', (80, 80), (8000, 8010), "", "tcp"),
        ("{target: 80}", (80, 80), (0, 0), "", "tcp"),
    ],
)
def test_ports_of_both_forms(
    line: str, target: tuple[int, int], published: tuple[int | None, int | None], host: str, protocol: str
) -> None:
    (port,) = ports_of(line)
    assert (port.target_first, port.target_last) == target
    assert (port.published_first, port.published_last) == published
    assert (port.host_ip, port.protocol) == (host, protocol)
    assert (port.location.document, port.location.line) == ("shop/compose.yaml", 5)


@pytest.mark.parametrize("line", ['"x:80"', '"80:99999"', '"8080:"', "[80]", '"80/foo"', "{published: 80}", '"9-8:80"', "0"])
def test_what_is_no_port_is_reported_with_its_line(line: str) -> None:
    project, problems = project_of({"shop/compose.yaml": f"services:\n  web:\n    image: x\n    ports:\n      - {line}\n"})
    assert project.services[0].ports == ()
    assert [(problem.severity, problem.location.line) for problem in problems] == [("field", 5)]


@pytest.mark.parametrize(
    "line, kind, path, writable",
    [
        ("./data:/data", MountKind.BIND, "shop/data", True),
        ("../up:/up:ro", MountKind.BIND, "up", False),
        ("../../out:/out:rw", MountKind.BIND, "../out", True),
        ("/var/run//docker.sock:/s:ro,z", MountKind.BIND, "/var/run/docker.sock", False),
        ("~/.aws:/root/.aws", MountKind.BIND, "~/.aws", True),
        ('"C:\\\\data:/data"', MountKind.BIND, "C:/data", True),
        ("data:/data", MountKind.VOLUME, None, True),
        ("/anonymous", MountKind.ANONYMOUS, None, True),
        ("${DIR}/x:/x", MountKind.BIND, "${DIR}/x", True),
        ("{type: bind, source: /, target: /host, read_only: true}", MountKind.BIND, "/", False),
        ("{type: bind, source: data, target: /d, read_only: '${RO}'}", MountKind.BIND, "shop/data", None),
        ("{type: volume, source: data, target: /d}", MountKind.VOLUME, None, True),
        ("{type: tmpfs, target: /d}", MountKind.TMPFS, None, True),
    ],
)
def test_volumes_of_both_forms(line: str, kind: MountKind, path: str | None, *, writable: bool | None) -> None:
    service = service_of(f"image: x\n    volumes:\n      - {line}\nvolumes:\n  data:")
    (mount,) = service.mounts
    assert mount.kind is kind
    assert (mount.host.path if mount.host else None) == path
    assert mount.writable is writable


def test_mount_options_and_propagation() -> None:
    service = service_of(
        "image: x\n    volumes:\n      - /a:/a:ro,rshared,Z\n      - {type: bind, source: /b, target: /b, "
        "bind: {propagation: rslave, selinux: z}}"
        "\n    tmpfs: ['/run:size=64m,ro']"
    )
    first, second, third = service.mounts
    assert (first.propagation, first.relabel) == ("rshared", "Z")
    assert (second.propagation, second.relabel) == ("rslave", "z")
    assert third.kind is MountKind.TMPFS
    assert (third.target.value, third.size.value if third.size else "", third.writable) == ("/run", "64m", False)


def test_a_number_or_flag_on_an_unset_variable_is_unknown_not_false() -> None:
    service = service_of("image: x\n    privileged: ${PRIV}\n    pids_limit: ${PIDS}\n    read_only: ${RO:-true}")
    assert isinstance(service.privileged, Unknown)
    assert service.privileged.unset == ("PRIV",)
    assert isinstance(service.pids_limit, Unknown)
    assert isinstance(service.read_only, Value)
    assert service.read_only.value


@pytest.mark.parametrize("written, value", [("yes", True), ('"true"', True), ("off", False), ("TRUE", True)])
def test_flags_in_every_spelling(written: str, *, value: bool) -> None:
    flag = service_of(f"image: x\n    privileged: {written}").privileged
    assert isinstance(flag, Value)
    assert flag.value is value


def test_commands_are_split_into_words() -> None:
    service = service_of(
        "image: x\n    command: bash -c \"echo 'a b'\"\n    entrypoint: [sh, -c]\n    healthcheck: {test: curl x}"
    )
    assert service.command is not None
    assert service.command.words == ("bash", "-c", "echo 'a b'")
    assert service.entrypoint is not None
    assert service.entrypoint.words == ("sh", "-c")
    assert service.healthcheck is not None
    assert service.healthcheck.test is not None
    assert service.healthcheck.test.shell
    assert service.healthcheck.test.words == ("curl x",)


@pytest.mark.parametrize("written, disabled", [("{test: [NONE]}", True), ("{disable: true}", True), ("{test: [CMD, a]}", False)])
def test_health_checks_may_be_turned_off(written: str, *, disabled: bool) -> None:
    check = service_of(f"image: x\n    healthcheck: {written}").healthcheck
    assert check is not None
    assert isinstance(check.disabled, Value) is disabled


def test_what_bears_on_security_is_read_with_its_place() -> None:
    service = service_of(
        """image: registry:5000/shop/web
    user: "0:0"
    cap_add: [SYS_ADMIN]
    cap_drop: [ALL]
    security_opt: ["no-new-privileges:true"]
    devices: ["/dev/kmsg:/dev/kmsg:r", "vendor.com/gpu=all"]
    device_cgroup_rules: ["c 1:3 mr"]
    pid: host
    ipc: host
    userns_mode: host
    cgroup_parent: /x
    network_mode: host
    sysctls: {net.core.somaxconn: 1024}
    extra_hosts: ["a:1.2.3.4", "b=::1"]
    deploy: {replicas: 3, resources: {limits: {cpus: "0.5", memory: 64M, pids: 10}}}
    logging: {driver: none}
    build: {context: ../api, target: prod, args: {TOKEN: abc}, network: host, entitlements: [security.insecure]}
    depends_on: {db: {condition: service_healthy, required: false}}
    use_api_socket: true"""
    )
    assert service.image is not None
    assert (service.image.location.line, service.image.location.pointer) == (3, "/services/web/image")
    assert service.networks == ()
    assert [(device.host, device.container, device.permissions) for device in service.devices] == [
        ("/dev/kmsg", "/dev/kmsg", "r"),
        ("vendor.com/gpu=all", "", "rwm"),
    ]
    assert [(pair.key, pair.value.value if pair.value else "") for pair in service.extra_hosts] == [
        ("a", "1.2.3.4"),
        ("b", "::1"),
    ]
    assert service.deploy is not None
    assert service.deploy.limit_memory is not None
    assert service.deploy.limit_memory.value == "64M"
    assert isinstance(service.deploy.replicas, Value)
    assert service.deploy.replicas.value == 3
    assert service.build is not None
    assert (service.build.dockerfile, service.build.context.path if service.build.context else "") == ("api/Dockerfile", "api")
    assert [pair.key for pair in service.build.args] == ["TOKEN"]
    assert [text.value for text in service.build.entitlements] == ["security.insecure"]
    assert isinstance(service.use_api_socket, Value)


def test_env_files() -> None:
    text = '# c\nexport A=\'x $B\'\nB="y\\n$A"\nC=plain # c\nD: yaml\nE\nF="two\nlines"\nG=a#b\n\n=bad\n'
    problems: list[Unread] = []
    found = read_env_file(text, "a.env", {}, problems)
    assert {assignment.name: assignment.value for assignment in found} == {
        "A": "x $B",
        "B": "y\nx $B",
        "C": "plain",
        "D": "yaml",
        "E": None,
        "F": "two\nlines",
        "G": "a#b",
    }
    assert [assignment.location.line for assignment in found] == [2, 3, 4, 5, 6, 7, 9]
    assert [problem.location.line for problem in problems] == [11]
