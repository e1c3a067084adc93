"""What listens in a container: one Application for each port, and the DataStore behind it.

The ports are those that the artefact declares, else the ones that the software of the image is known for.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from breachway.mapping.containers import beliefs
from breachway.mapping.containers.credentials import built_in_login, find_switch, known_password, open_release, software_of
from breachway.mapping.containers.debugging import find_debug_mode
from breachway.mapping.containers.duties import SERVED, is_client
from breachway.mapping.containers.grounds import Finding, believe, defaulted, observed, settle, sibling_id, weak
from breachway.mapping.containers.image_contents import content_of
from breachway.model import CrownJewel
from breachway.threats.software import Habit

if TYPE_CHECKING:
    from breachway.evidence import Evidence, Location
    from breachway.mapping.building import ModelBuilder
    from breachway.mapping.containers.credentials import Variable
    from breachway.threats.software import SoftwareInfo

SOFTWARE = "Breachway's table of well-known software"
SSH = 22
_DNS = 53
_TLS_PORTS = frozenset(
    {443, 465, 563, 636, 853, 989, 990, 992, 993, 994, 995, 2376, 5061, 5671, 6380, 6443, 8443, 8883, 9443, 10250}
)
_JEWEL_VALUE = {
    "cache": 6,
    "ci": 7,
    "dashboard": 6,
    "datastore": 8,
    "directory": 8,
    "identity": 8,
    "queue": 6,
    "registry": 7,
    "storage": 8,
}
_HELD = {"cache": "what {} keeps", "queue": "the messages of {}", "storage": "the files of {}", "registry": "the artefacts in {}"}
_MOST_PORTS = 16
"""How many ports of one container become applications of their own; a longer list is cut, and ranges count once."""
_INTERIOR_ROLES = frozenset({"admin", "cache", "ci", "datastore", "ml", "monitoring", "queue"})
_LOGIN_MATTERS = frozenset({"admin", "cache", "ci", "datastore", "identity", "ml", "queue", "storage"})


class ListeningPort(NamedTuple):
    """A port or range that a container listens on; ``name`` is the artefact's name for it, empty if it has none."""

    first: int
    last: int
    protocol: str
    evidence: tuple[Evidence, ...]
    name: str = ""

    @property
    def label(self) -> str:
        """How the application on this port is told from the others."""
        number = str(self.first) if self.first == self.last else f"{self.first}-{self.last}"
        return number if self.protocol in {"", "tcp"} else f"{number}/{self.protocol}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ListenerFacts:
    """What is known of the program in one container.

    ``images`` are the image reference and, where its build is known, those it is built on.  ``environment_complete`` is false
    where further variables come from elsewhere.  ``words`` are the entry point and arguments; ``words_location`` is where
    they stand and ``location`` stands for what is not said.
    """

    name: str
    images: tuple[str, ...]
    ports: tuple[ListeningPort, ...]
    environment: tuple[Variable, ...]
    words: tuple[str, ...]
    location: Location
    words_location: Location
    subject: str
    platform: str
    environment_complete: bool = True
    starts: tuple[str, ...] = field(default=())
    """Further command lines that run in it (of the image's own CMD), looked at for an SSH server."""
    runs_once: bool = False
    """It works and ends (a Job, an init container), so that an image of a server is there for its client."""


class Listeners(NamedTuple):
    """What was added for one container: applications by port, the data store (empty if none), and the software if it is known."""

    applications: tuple[tuple[ListeningPort, str], ...]
    data_store: str
    software: SoftwareInfo | None

    def on(self, port: int) -> tuple[str, ...]:
        """The applications on this port."""
        return tuple(application for listening, application in self.applications if listening.first <= port <= listening.last)

    @property
    def ids(self) -> tuple[str, ...]:
        """All applications."""
        return tuple(application for _, application in self.applications)


def map_applications(builder: ModelBuilder, container: str, facts: ListenerFacts) -> Listeners:
    """Add the applications of a container with every defence set, and the data that they serve."""
    variables = {variable.name: variable for variable in facts.environment}
    software = software_of(facts.images, variables)
    if software is not None and software.role in SERVED and not facts.ports and is_client(facts.words, ends=facts.runs_once):
        _judge_without_port(builder, container, facts)
        return Listeners((), "", None)
    ports = _ports(builder, facts, software)
    store = _map_data(builder, container, facts, software) if software is not None and software.holds_data else ""
    if not ports:
        _judge_without_port(builder, container, facts)
        return Listeners((), store, software)
    shared = _shared_findings(builder, facts, software, variables)
    applications: list[tuple[ListeningPort, str]] = []
    for port in ports:
        application = _map_application(builder, container, facts, software, port)
        settle(builder, application, {**shared, **_findings_of_port(builder, facts, software, port)})
        if store:
            builder.link("Serves", application, store, port.evidence)
        applications.append((port, application))
    _judge(builder, applications, facts, shared)
    return Listeners(tuple(applications), store, software)


def _declared_by_image(builder: ModelBuilder, facts: ListenerFacts) -> tuple[ListeningPort, ...]:
    content = content_of(builder, facts.images[0]) if facts.images else None
    ports = content.ports if content is not None else ()
    return tuple(ListeningPort(port.number, port.number, port.protocol, port.evidence) for port in ports)


def _ports(builder: ModelBuilder, facts: ListenerFacts, software: SoftwareInfo | None) -> tuple[ListeningPort, ...]:
    ports = facts.ports or _declared_by_image(builder, facts)
    if not ports and software is not None:
        ports = tuple(
            ListeningPort(
                number, number, "tcp", defaulted(facts.location, f"{software.name} listens on {number} by default", SOFTWARE)
            )
            for number in software.ports
        )
    unique: dict[str, ListeningPort] = {}
    for port in ports:
        unique.setdefault(port.label, port)
    return tuple(unique.values())[:_MOST_PORTS]


def _map_application(
    builder: ModelBuilder, container: str, facts: ListenerFacts, software: SoftwareInfo | None, port: ListeningPort
) -> str:
    what = software.name if software is not None else facts.name
    application = builder.asset(
        "Application",
        sibling_id(container, "Application", port.label),
        f"{what} on {port.label}",
        platform=facts.platform,
        evidence=port.evidence,
        boundary=container,
        facts=(("port", port.label), *((("software", software.name),) if software is not None else ())),
    )
    builder.link("Listens", container, application, port.evidence)
    return application


def _map_data(builder: ModelBuilder, container: str, facts: ListenerFacts, software: SoftwareInfo) -> str:
    found = defaulted(facts.location, f"{software.name} holds data", SOFTWARE)
    title = _HELD.get(software.role, "the data of {}").format(f"{software.name} in {facts.name}")
    store = builder.asset(
        "DataStore", sibling_id(container, "DataStore"), title, platform=facts.platform, evidence=found, boundary=container
    )
    value = _JEWEL_VALUE.get(software.role)
    if value is not None:
        builder.crown_jewel(CrownJewel(asset=store, step="readData", title=title, value=value, evidence=found))
    return store


def _shared_findings(
    builder: ModelBuilder, facts: ListenerFacts, software: SoftwareInfo | None, variables: dict[str, Variable]
) -> dict[str, Finding]:
    """The findings that hold for every port of the container."""
    if software is None:
        execution = believe(builder, beliefs.NO_EXECUTION_BY_DESIGN, facts.location)
    else:
        note = "runs code of its clients by design" if software.executes_by_design else "runs no code of its clients"
        execution = Finding(
            0.0 if software.executes_by_design else 1.0, defaulted(facts.location, f"{software.name} {note}", SOFTWARE)
        )
    return {
        "patched": _patched(builder, facts),
        "authenticates": _authentication(builder, facts, software, variables),
        "noDefaultPassword": _default_password(builder, facts, software, variables),
        "noExecutionByDesign": execution,
        "noDebugMode": _debugging(facts),
        "floodProtected": believe(builder, beliefs.FLOOD_PROTECTED, facts.location),
    }


def _debugging(facts: ListenerFacts) -> Finding:
    """Whether a debugger takes code; a debug mode that only tells too much is a weakness, and no way in by itself."""
    key = ("debug-mode-enabled",)
    debug = find_debug_mode(facts.environment, facts.words, facts.words_location)
    if debug is None:
        return Finding(1.0, observed(facts.location, "no debug mode is set"), key)
    note = debug.written if debug.executes else f"{debug.written}: it tells too much, and runs no code that it is sent"
    return Finding(0.0 if debug.executes else 1.0, observed(debug.location, note), key)


def _patched(builder: ModelBuilder, facts: ListenerFacts) -> Finding:
    """Whether a scanner knows a grave vulnerability in the image or in one below it; unknown without a scan of each."""
    contents = (content_of(builder, image) for image in facts.images)
    found = [content.patched if content is not None else None for content in contents]
    vulnerable = next((finding for finding in found if finding is not None and finding.probability == 0.0), None)
    if vulnerable is not None:
        return vulnerable
    if found and found[0] is not None and None not in found:
        return found[0]
    return believe(builder, beliefs.APPLICATION_PATCHED, facts.location)


def _authentication(
    builder: ModelBuilder, facts: ListenerFacts, software: SoftwareInfo | None, variables: dict[str, Variable]
) -> Finding:
    key = ("default-or-empty-credentials",)
    if software is None:
        return believe(builder, beliefs.APPLICATION_AUTHENTICATES, facts.location)
    off = find_switch(software.off_switches, variables, facts.words, facts.words_location)
    if off is not None:
        return Finding(0.0, observed(off.location, f"{off.written}: {software.name} asks for no password"), key)
    on = find_switch(software.on_switches, variables, facts.words, facts.words_location)
    if on is not None:
        return Finding(1.0, observed(on.location, f"{on.written}: {software.name} asks for a password"), key)
    before = open_release(software, facts.images, variables)
    if before and facts.environment_complete:
        return Finding(0.0, defaulted(facts.location, f"{before} asks for no login unless told to", SOFTWARE), key)
    match software.authenticates:
        case Habit.YES:
            return Finding(
                1.0, defaulted(facts.location, f"{software.name} asks for a login unless told otherwise", SOFTWARE), key
            )
        case Habit.NO if facts.environment_complete or not software.on_switches:
            keys = key if _login_expected(software) else ()
            return Finding(0.0, defaulted(facts.location, f"{software.name} asks for no login unless told to", SOFTWARE), keys)
        case _:
            return believe(builder, beliefs.SOFTWARE_AUTHENTICATES, facts.location, keys=key)


def _login_expected(software: SoftwareInfo) -> bool:
    """Whether going without a login is a weakness by itself: software with data or power, which could ask for one."""
    return bool(software.on_switches) and software.role in _LOGIN_MATTERS


def _default_password(
    builder: ModelBuilder, facts: ListenerFacts, software: SoftwareInfo | None, variables: dict[str, Variable]
) -> Finding:
    key = ("default-or-empty-credentials",)
    if software is None:
        return believe(builder, beliefs.NO_DEFAULT_PASSWORD, facts.location)
    easy = known_password(software, variables)
    if easy is not None:
        return Finding(0.0, observed(easy.location, easy.written), key)
    if facts.environment_complete and built_in_login(software, variables):
        return Finding(
            0.0,
            defaulted(facts.location, f"{software.name} starts with its documented login; nothing sets another", SOFTWARE),
            key,
        )
    given = next((variables[name] for name in software.credential_env_names if name in variables), None)
    if given is not None:
        return Finding(1.0, observed(given.location, f"{given.name} sets credentials of its own"), key)
    return believe(builder, beliefs.NO_DEFAULT_PASSWORD, facts.location, keys=key)


def is_management_port(software: SoftwareInfo, port: ListeningPort) -> bool:
    """Whether the management interface of the software is on this port."""
    if not software.management_interface:
        return False
    return not software.management_ports or any(port.first <= number <= port.last for number in software.management_ports)


def sensitive_interface(software: SoftwareInfo | None, port: ListeningPort) -> str:
    """Say why the port should not be open to the outside (weakness ``sensitive-interface-exposed``); empty when it may be.

    Interior software (databases, queues, build servers, monitoring) on its own ports, and management interfaces, except those of
    products whose public site is the same port (a shop, a wiki, a file share with logins).
    """
    if software is None or port.first == _DNS:
        return ""
    if not any(port.first <= number <= port.last for number in (*software.ports, *software.management_ports)):
        return ""
    if software.role in _INTERIOR_ROLES and (software.management_interface or software.role in {"cache", "datastore", "queue"}):
        return _reason(software, port)
    if not is_management_port(software, port):
        return ""
    public = not software.management_ports and software.authenticates is Habit.YES and not software.name.startswith("Kubernetes")
    return "" if public else _reason(software, port)


def _reason(software: SoftwareInfo, port: ListeningPort) -> str:
    return f"{software.name}, " + (
        "a management interface" if is_management_port(software, port) else f"a {software.role} service"
    )


def _findings_of_port(
    builder: ModelBuilder, facts: ListenerFacts, software: SoftwareInfo | None, port: ListeningPort
) -> dict[str, Finding]:
    managed = software is not None and is_management_port(software, port)
    what = software.name if software is not None else "the application"
    management = (
        defaulted(facts.location, f"{what} is managed on {port.label}", SOFTWARE)
        if managed
        else observed(facts.location, f"no management interface is known on {port.label}")
    )
    ssh = _ssh(facts, port)
    return {
        "notManagementInterface": Finding(0.0 if managed else 1.0, management, ("sensitive-interface-exposed",)),
        "noSshServer": Finding(
            0.0 if ssh else 1.0, ssh or observed(facts.location, f"{port.label} is not SSH"), ("ssh-exposed",)
        ),
        "encryptsTraffic": _encryption(builder, facts, software, port),
    }


def _encryption(builder: ModelBuilder, facts: ListenerFacts, software: SoftwareInfo | None, port: ListeningPort) -> Finding:
    if port.first == port.last and (port.first in _TLS_PORTS or port.first == SSH):
        return believe(builder, beliefs.TLS_PORT_ENCRYPTS, facts.location)
    if software is None or software.encrypts is Habit.DEPENDS:
        return believe(builder, beliefs.ENCRYPTS_TRAFFIC, facts.location)
    yes = software.encrypts is Habit.YES
    note = "encrypts its connections" if yes else "does not encrypt its connections unless told to"
    return Finding(1.0 if yes else 0.0, defaulted(facts.location, f"{software.name} {note}", SOFTWARE))


def is_tls_port(number: int) -> bool:
    """Whether a port is registered for TLS."""
    return number in _TLS_PORTS


def runs_ssh_server(words: tuple[str, ...]) -> bool:
    """Whether a command line starts an SSH server."""
    if not words:
        return False
    parts = (part for word in words for part in word.replace(";", " ").replace("&&", " ").split())
    return any(part.rpartition("/")[2] in {"sshd", "dropbear"} for part in parts) or "service ssh start" in " ".join(words)


def _ssh(facts: ListenerFacts, port: ListeningPort) -> tuple[Evidence, ...]:
    """The evidence that SSH listens on the port; empty if it does not."""
    if port.first <= SSH <= port.last and port.last - port.first < 1024 and port.protocol in {"", "tcp"}:  # noqa: PLR2004 - a wide range says nothing
        return port.evidence
    if runs_ssh_server((*facts.words, *facts.starts)):
        return observed(facts.words_location, "the command starts an SSH server")
    return ()


def _judge(
    builder: ModelBuilder, applications: list[tuple[ListeningPort, str]], facts: ListenerFacts, shared: dict[str, Finding]
) -> None:
    """Record the weaknesses of the program once, on its first application, and SSH on the port that it is on."""
    first = applications[0][1]
    for defence in ("authenticates", "noDefaultPassword"):
        finding = shared[defence]
        if finding.probability == 0.0:
            for key in finding.keys:
                weak(builder, key, first, finding.evidence, subject=facts.subject, detail=defence)
    debug = find_debug_mode(facts.environment, facts.words, facts.words_location)
    if debug is not None:
        weak(builder, "debug-mode-enabled", first, observed(debug.location, debug.written), subject=facts.subject)
    for port, application in applications:
        ssh = _ssh(facts, port)
        if ssh:
            weak(builder, "ssh-exposed", application, ssh, subject=facts.subject)
            return


def _judge_without_port(builder: ModelBuilder, container: str, facts: ListenerFacts) -> None:
    """Debug modes and SSH servers are worth telling also where no port is known."""
    debug = find_debug_mode(facts.environment, facts.words, facts.words_location)
    if debug is not None:
        weak(builder, "debug-mode-enabled", container, observed(debug.location, debug.written), subject=facts.subject)
    if runs_ssh_server((*facts.words, *facts.starts)):
        note = observed(facts.words_location, "the command starts an SSH server")
        weak(builder, "ssh-exposed", container, note, subject=facts.subject)
