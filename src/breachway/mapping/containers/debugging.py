"""Debug modes: variables and arguments that show whoever connects the inside of the program, or let it be steered.

Only some of them run code: the Java debug agent, Node's inspector, and Werkzeug's console without its PIN.  The others show error
pages with sources and settings; Flask's console asks for a PIN, and that of Rails answers the machine itself alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from breachway.mapping.containers.credentials import Setting

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from breachway.evidence import Location
    from breachway.mapping.containers.credentials import Variable

_VALUES = {
    "ASPNETCORE_ENVIRONMENT": frozenset({"development"}),
    "DEBUG": frozenset({"true", "1", "yes", "on"}),
    "DJANGO_DEBUG": frozenset({"true", "1", "yes", "on"}),
    "DOTNET_ENVIRONMENT": frozenset({"development"}),
    "FLASK_DEBUG": frozenset({"true", "1", "yes", "on"}),
    "FLASK_ENV": frozenset({"development"}),
    "NODE_ENV": frozenset({"development"}),
    "RACK_ENV": frozenset({"development"}),
    "RAILS_ENV": frozenset({"development"}),
    "WERKZEUG_DEBUG_PIN": frozenset({"off"}),
}
_JAVA_OPTIONS = frozenset({"JAVA_TOOL_OPTIONS", "JAVA_OPTS", "JDK_JAVA_OPTIONS", "CATALINA_OPTS", "_JAVA_OPTIONS"})
_EXECUTING = frozenset({"WERKZEUG_DEBUG_PIN"})
_LOOPBACK = ("localhost", "127.0.0.1", "::1", "[::1]")


def find_debug_mode(environment: Iterable[Variable], words: tuple[str, ...], location: Location) -> Setting | None:
    """Find what turns a debug mode on, one that runs code before others; ``location`` is where the arguments stand."""
    found = tuple(_debug_modes(environment, words, location))
    return next((setting for setting in found if setting.executes), found[0] if found else None)


def _debug_modes(environment: Iterable[Variable], words: tuple[str, ...], location: Location) -> Iterator[Setting]:
    for variable in environment:
        value = (variable.value or "").strip()
        if value.lower() in _VALUES.get(variable.name.upper(), frozenset()):
            yield Setting(f"{variable.name}={value[:40]}", variable.location, variable.name.upper() in _EXECUTING)
        if variable.name.upper() in _JAVA_OPTIONS and _opens_jdwp(value):
            yield Setting(f"{variable.name} opens the Java debugger", variable.location, executes=True)
        if variable.name.upper() == "NODE_OPTIONS" and any(_opens_inspector(word) for word in value.split()):
            yield Setting("NODE_OPTIONS opens the inspector", variable.location, executes=True)
    for word in (part for text in words for part in text.split()):
        if _opens_jdwp(word):
            yield Setting("the command opens the Java debugger", location, executes=True)
        if _opens_inspector(word):
            yield Setting(f"the command has {word[:60]}", location, executes=True)


def _opens_jdwp(text: str) -> bool:
    """Whether the Java debug agent listens for everybody: ``address=*:5005``, or any host but loopback."""
    if "jdwp" not in text:
        return False
    _, found, rest = text.partition("address=")
    host, colon, _ = next(iter(rest.partition(",")[0].split()), "").rpartition(":")
    return bool(found) and bool(colon) and host not in _LOOPBACK


def _opens_inspector(word: str) -> bool:
    """Whether Node's inspector listens for everybody: ``--inspect=0.0.0.0:9229``."""
    option, equals, value = word.partition("=")
    return option in {"--inspect", "--inspect-brk"} and bool(equals) and value.startswith(("0.0.0.0", "[::]", "::"))  # noqa: S104 - looked for
