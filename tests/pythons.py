"""The Pythons that pyproject.toml names, and which of them this machine has."""

import shutil
import subprocess
from functools import cache

from nox.project import load_toml, python_versions

from .conftest import TEMPLATE

NAMED = python_versions(load_toml(TEMPLATE / "pyproject.toml"))
"""Oldest first, such as "3.11"."""


@cache
def found() -> list[str]:
    """Return those of NAMED that answer here. One that merely has a name on the PATH may not."""
    return [version for version in NAMED if _answers(f"python{version}")]


def _answers(command: str) -> bool:
    return (
        bool(shutil.which(command))
        and not subprocess.run([command, "--version"], capture_output=True, check=False).returncode
    )


def require(versions: list[str]) -> list[str]:
    """Return the versions. Raises LookupError with the names of those that are not here."""
    if missing := [version for version in versions if version not in found()]:
        names = " and ".join(f"python{version}" for version in missing)
        raise LookupError(
            f"There is no {names} here, only {', '.join(found()) or 'none'}: install it, or choose by"
            " --python=3.11."
        )
    return versions
