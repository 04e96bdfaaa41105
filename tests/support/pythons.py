"""The Python versions that pyproject.toml lists, and which of them are installed."""

import shutil
import subprocess
import sys
from functools import cache

from nox.project import load_toml, python_versions

from .environments import PYTHON
from .paths import TEMPLATE

SUPPORTED_PYTHONS = python_versions(load_toml(TEMPLATE / "pyproject.toml"))
"""The versions in pyproject.toml, such as "3.11"; the oldest first."""

RUNNING_PYTHON = "{}.{}".format(*sys.version_info)


@cache
def installed_pythons() -> dict[str, str]:
    """Return the command of each installed version of SUPPORTED_PYTHONS.

    Each command in PATH is tried, since the shim of a version manager may not work.
    """
    commands = {version: f"python{version}" for version in SUPPORTED_PYTHONS} | {
        RUNNING_PYTHON: PYTHON
    }
    return {
        version: commands[version] for version in SUPPORTED_PYTHONS if _works(commands[version])
    }


def _works(command: str) -> bool:
    if shutil.which(command) is None:
        return False
    result = subprocess.run([command, "--version"], capture_output=True, check=False)
    return result.returncode == 0


def oldest_and_newest() -> list[str]:
    """Return the oldest and the newest installed version, or one if they are the same."""
    return require_pythons(
        [*installed_pythons()][:1] + [*installed_pythons()][1:][-1:] or SUPPORTED_PYTHONS
    )


def require_pythons(versions: list[str]) -> list[str]:
    """Return the versions. Raises LookupError with the names of those that are not installed."""
    if missing := [version for version in versions if version not in installed_pythons()]:
        names = " and ".join(f"python{version}" for version in missing)
        raise LookupError(
            f"There is no {names} here, only {', '.join(installed_pythons()) or 'none'}: install"
            " it, or choose others by --python."
        )
    return versions
