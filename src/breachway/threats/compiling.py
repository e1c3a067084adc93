"""From ``.mal`` files to a resolved :class:`~breachway.threats.language.Language`.

mal-toolbox parses and checks the files.  It writes log files into the working directory as it is imported, so it runs in a
process of its own, in a temporary directory, and only here: the shipped language needs no mal-toolbox.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from breachway.errors import LanguageError
from breachway.threats.language_json import language_to_json
from breachway.threats.loading import language_files
from breachway.threats.mal_files import read_mal, with_includes
from breachway.threats.mal_syntax import parse_mal
from breachway.threats.resolving import resolve_language

if TYPE_CHECKING:
    from collections.abc import Iterable

    from breachway.threats.language import Language

TOOLBOX_VERSION = "2.11.0"
"""The one version of mal-toolbox whose reading of the language is tested."""

_MAIN = "breachway-main.mal"
_TIMEOUT_SECONDS = 120
_INSTALL_HINT = f"install it: pip install 'breachway[mal]' (mal-toolbox {TOOLBOX_VERSION})"

CHILD_PROGRAM = """
import json, sys
from importlib.metadata import PackageNotFoundError, version
try:
    found = version("mal-toolbox")
    from maltoolbox.language.compiler import MalCompiler
except (PackageNotFoundError, ImportError) as problem:
    print(json.dumps({"missing": str(problem)}))
    sys.exit(0)
print(json.dumps({"version": found, "spec": MalCompiler().compile(sys.argv[1])}))
"""
"""What runs in the process of its own: it prints one line of JSON, or ends with a traceback."""


def compile_language(files: Path | Iterable[Path]) -> Language:
    """Compile ``files`` as one language.

    What the files include is compiled too, each file once.  :class:`LanguageError` says what does not compile, or that
    mal-toolbox is missing or of another version.
    """
    sources = with_includes(files)
    if not sources:
        message = "there is no .mal file to compile"
        raise LanguageError(message, hint="name the .mal files, or the folder that holds them")
    for source in sources:
        for fault in parse_mal(read_mal(source), str(source)).faults:
            message = "the threat language does not compile: this is not MAL"
            raise LanguageError(message, hint="mal-toolbox would drop the declaration in silence", where=fault.place)
    with tempfile.TemporaryDirectory(prefix="breachway-mal-") as folder:
        names = _copy(sources, Path(folder))
        main = "".join(f'include "{name}"\n' for name in names)
        Path(folder, _MAIN).write_text(main, encoding="utf-8")
        answer = _run(Path(folder))
    return resolve_language(_spec(answer))


def _copy(files: tuple[Path, ...], folder: Path) -> tuple[str, ...]:
    """Copy the files into ``folder`` as they lie to each other, so that ``include`` finds them; give their paths in it."""
    whole = tuple(file.resolve() for file in files)
    base = Path(os.path.commonpath([file.parent for file in whole]))
    names = tuple(file.relative_to(base).as_posix() for file in whole)
    for file, name in zip(files, names, strict=True):
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(read_mal(file), encoding="utf-8")
    return names


def _run(folder: Path) -> dict[str, Any]:
    environment = {name: value for name, value in os.environ.items() if name != "MALTOOLBOX_CONFIG"}
    done = subprocess.run(
        [sys.executable, "-P", "-c", CHILD_PROGRAM, str(folder / _MAIN)],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=_TIMEOUT_SECONDS,
        check=False,
    )
    if done.returncode != 0:
        complaint = (done.stderr.strip().splitlines() or ["no word from mal-toolbox"])[-1]
        message = f"the threat language does not compile: {complaint}"
        raise LanguageError(message, hint="breachway lang lint gives the file and line")
    answer: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return answer


def _spec(answer: dict[str, Any]) -> dict[str, Any]:
    if "missing" in answer:
        message = "compiling a threat language needs mal-toolbox, which is not installed"
        raise LanguageError(message, hint=_INSTALL_HINT)
    if answer["version"] != TOOLBOX_VERSION:
        message = f"mal-toolbox {answer['version']} is installed; the language is tested with {TOOLBOX_VERSION}"
        raise LanguageError(message, hint=_INSTALL_HINT)
    spec: dict[str, Any] = answer["spec"]
    return spec


def compile_folder(folder: Path) -> str:
    """Compile every ``.mal`` file of ``folder`` and give the JSON that ships (see :mod:`breachway.threats.language_json`)."""
    return language_to_json(compile_language(language_files(folder)))
