"""From ``.mal`` files to a resolved :class:`~breachway.threats.language.Language`.

mal-toolbox parses and checks the files.  It writes log files into the working directory as it is imported, so it runs in a
process of its own, in a temporary directory, and only here: the shipped language needs no mal-toolbox.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from breachway.errors import LanguageError
from breachway.threats.language_json import language_to_json
from breachway.threats.loading import language_files
from breachway.threats.resolving import resolve_language

if TYPE_CHECKING:
    from breachway.threats.language import Language

TOOLBOX_VERSION = "2.11.0"
"""The one version of mal-toolbox whose reading of the language is tested."""

_MAIN = "breachway-main.mal"
_TIMEOUT_SECONDS = 120
_INSTALL_HINT = f"install it: pip install 'breachway[mal]' (mal-toolbox {TOOLBOX_VERSION})"

_CHILD = """
import json, sys
from importlib.metadata import PackageNotFoundError, version
try:
    found = version("mal-toolbox")
    from maltoolbox.language.compiler import MalCompiler
except (PackageNotFoundError, ImportError) as problem:
    print(json.dumps({"missing": str(problem)}))
    sys.exit(0)
try:
    answer = {"version": found, "spec": MalCompiler().compile(sys.argv[1])}
except BaseException as problem:
    answer = {"version": found, "problem": f"{type(problem).__name__}: {problem}"}
print(json.dumps(answer))
"""


def compile_language(files: tuple[Path, ...]) -> Language:
    """Compile ``files`` as one language.

    ``include`` between the files is allowed and not needed: all of them are compiled whatever they include.  File names must
    differ. :class:`LanguageError` says what does not compile, or that mal-toolbox is missing or of another version.
    """
    if not files:
        message = "there is no .mal file to compile"
        raise LanguageError(message, hint="name the .mal files, or the folder that holds them")
    with tempfile.TemporaryDirectory(prefix="breachway-mal-") as folder:
        names = _copy(files, Path(folder))
        main = "".join(f'include "{name}"\n' for name in names)
        Path(folder, _MAIN).write_text(main, encoding="utf-8")
        answer = _run(Path(folder))
    return resolve_language(_spec(answer))


def _copy(files: tuple[Path, ...], folder: Path) -> tuple[str, ...]:
    names: list[str] = []
    for file in files:
        if file.name in names:
            message = f"two language files are named {file.name}"
            raise LanguageError(message, hint="rename one of them")
        try:
            shutil.copyfile(file, folder / file.name)
        except OSError as problem:
            message = f"cannot read {file}: {problem.strerror}"
            raise LanguageError(message, hint="name .mal files that exist and may be read") from problem
        names.append(file.name)
    return tuple(names)


def _run(folder: Path) -> dict[str, Any]:
    environment = {name: value for name, value in os.environ.items() if name != "MALTOOLBOX_CONFIG"}
    done = subprocess.run(
        [sys.executable, "-P", "-c", _CHILD, str(folder / _MAIN)],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=_TIMEOUT_SECONDS,
        check=False,
    )
    lines = done.stdout.strip().splitlines()
    if done.returncode != 0 or not lines:
        message = "mal-toolbox ended without an answer"
        raise LanguageError(message, hint=done.stderr.strip().splitlines()[-1] if done.stderr.strip() else "")
    answer: dict[str, Any] = json.loads(lines[-1])
    return answer


def _spec(answer: dict[str, Any]) -> dict[str, Any]:
    if "missing" in answer:
        message = "compiling a threat language needs mal-toolbox, which is not installed"
        raise LanguageError(message, hint=_INSTALL_HINT)
    if answer["version"] != TOOLBOX_VERSION:
        message = f"mal-toolbox {answer['version']} is installed; the language is tested with {TOOLBOX_VERSION}"
        raise LanguageError(message, hint=_INSTALL_HINT)
    if "problem" in answer:
        message = f"the threat language does not compile: {answer['problem']}"
        raise LanguageError(message, hint="breachway lang lint gives the file and line")
    spec: dict[str, Any] = answer["spec"]
    return spec


def compile_folder(folder: Path) -> str:
    """Compile every ``.mal`` file of ``folder`` and give the JSON that ships (see :mod:`breachway.threats.language_json`)."""
    return language_to_json(compile_language(language_files(folder)))
