"""The Pythons that pyproject.toml names, and which of them this machine has."""

import shutil
import subprocess
import sys
from functools import cache

from nox.project import load_toml, python_versions

from .paths import TEMPLATE

NAMED = python_versions(load_toml(TEMPLATE / "pyproject.toml"))
"""Oldest first, such as "3.11"."""

RUNNING = "{}.{}".format(*sys.version_info)


@cache
def found() -> dict[str, str]:
    """Return the commands of those of NAMED that answer here, by their versions.

    One that merely has a name on the PATH may not answer. The one that runs this does.
    """
    commands = {version: f"python{version}" for version in NAMED} | {RUNNING: sys.executable}
    return {version: commands[version] for version in NAMED if _answers(commands[version])}


def _answers(command: str) -> bool:
    if shutil.which(command) is None:
        return False
    asked = subprocess.run([command, "--version"], capture_output=True, check=False)
    return asked.returncode == 0


def oldest_and_newest() -> list[str]:
    """Return the versions, or the one if there is but one."""
    return require([*found()][:1] + [*found()][1:][-1:] or NAMED)


def require(versions: list[str]) -> list[str]:
    """Return the versions. Raises LookupError with the names of those that are not here."""
    if missing := [version for version in versions if version not in found()]:
        names = " and ".join(f"python{version}" for version in missing)
        raise LookupError(
            f"There is no {names} here, only {', '.join(found()) or 'none'}: install it, or choose"
            " others by --python."
        )
    return versions
