"""The place of the program that comes with the package."""

from __future__ import annotations

import importlib.metadata
import os
import shutil
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from typing import Optional

from .errors import EmulatorError

VARIABLE = "RELEASE_EMULATOR_BINARY"
NAME = "release-emulator.exe" if sys.platform == "win32" else "release-emulator"


class BinaryNotFound(EmulatorError):
    """The program `release-emulator` is in none of the usual places."""


def find_binary() -> str:
    """The path of the program: of `RELEASE_EMULATOR_BINARY`, of this installation, or else of `PATH`."""
    named = os.environ.get(VARIABLE)
    if named:
        if not _is_program(Path(named)):
            raise BinaryNotFound(f"{VARIABLE} names {named}, which is not a program")
        return os.path.abspath(named)
    tried = []
    for place in _places():
        if place not in tried:
            if _is_program(place):
                return str(place)
            tried.append(place)
    on_path = shutil.which(NAME)
    if on_path:
        return on_path
    places = "".join(f"\n  {place}" for place in tried)
    raise BinaryNotFound(f"there is no {NAME}; set {VARIABLE} to its path, or put it on PATH. Tried:{places}")


def _is_program(path: Path) -> bool:
    return path.is_file() and os.access(path, os.X_OK)


def _places() -> Iterator[Path]:
    """The places that installers choose, nearest to this package first."""
    recorded = _recorded()
    if recorded is not None:
        yield recorded
    packages = Path(__file__).resolve().parent.parent
    scripts = "Scripts" if sys.platform == "win32" else "bin"
    # `pip install --target FOLDER`.
    yield packages / scripts / NAME
    # `--prefix FOLDER` and virtual environments: FOLDER/lib/python3.x/site-packages, or FOLDER\Lib\site-packages.
    for parent in list(packages.parents)[:3]:
        yield parent / scripts / NAME
    yield Path(sysconfig.get_path("scripts")) / NAME
    # `--user`.
    user = f"{os.name}_user" if sys.platform != "darwin" or not sys._framework else "osx_framework_user"
    if user in sysconfig.get_scheme_names():
        yield Path(sysconfig.get_path("scripts", scheme=user)) / NAME


def _recorded() -> Optional[Path]:
    """The place that the installer has noted down."""
    try:
        files = importlib.metadata.files("release-emulator") or []
    except importlib.metadata.PackageNotFoundError:
        return None
    for file in files:
        if file.name == NAME:
            return Path(os.path.normpath(str(file.locate())))
    return None
