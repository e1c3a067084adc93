"""The leaf values of Compose objects: what may hang on unset variables, paths, pairs and command lines."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from breachway.evidence import Location
    from breachway.sources.decoding import Value


class Text(NamedTuple):
    """A string after interpolation.

    ``unset`` names the variables without a value that stand in it as they were written.  ``filled`` tells that a variable of the
    project's ``.env`` gave some of the value, so that the file itself does not say it.
    """

    value: str
    location: Location
    unset: tuple[str, ...] = ()
    filled: bool = False

    @property
    def known(self) -> bool:
        """Whether the files alone decide the value."""
        return not self.unset


class Unknown(NamedTuple):
    """A number or a flag that hangs on unset variables."""

    written: str
    location: Location
    unset: tuple[str, ...]


Flag: TypeAlias = "Value[bool] | Unknown"
Whole: TypeAlias = "Value[int] | Unknown"


class HostPath(NamedTuple):
    """A path on the machine that runs the project.

    ``path`` has no doubled or trailing slash and no ``.`` or ``..`` that can be resolved.  An absolute one starts with ``/``
    (or a drive), one in the home folder of whoever starts the project with ``~``; any other is relative to where the document
    labels start.
    """

    path: str
    written: Text

    @property
    def absolute(self) -> bool:
        """Whether the path is the same on every machine."""
        return self.path.startswith("/")


class Pair(NamedTuple):
    """A key and its value, of a string map (labels, sysctls, driver options); ``value`` is None where only the key is given."""

    key: str
    value: Text | None
    location: Location


class EnvironmentVariable(NamedTuple):
    """One variable of a container.

    ``value`` None: passed through from the shell that starts the project, so unknown.  ``origin`` is "environment" or "env_file".
    """

    name: str
    value: Text | None
    location: Location
    origin: str


class Command(NamedTuple):
    """A command line split into words as Compose does.

    ``shell`` marks a health check's CMD-SHELL.  No words at all: cleared on purpose.
    """

    words: tuple[str, ...]
    location: Location
    shell: bool = False
    unset: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The words joined by spaces, for search and display."""
        return " ".join(self.words)
