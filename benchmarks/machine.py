"""Where and when the figures were taken, and with what."""

import os
import platform
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TypedDict

PACKAGES = (
    *("flask", "werkzeug", "flask-cors", "gunicorn", "granian", "requests", "cryptography"),
    *("python-jose", "pyjwt", "authlib", "joserfc", "flask-jwt-extended", "auth0-api-python"),
    *("asgiref", "cookiecutter"),
)


class Machine(TypedDict):
    """What one must know of a machine to compare its figures with another's."""

    cpu: str
    cores: int | None
    system: str
    python: str
    packages: dict[str, str]
    date: str


def this_machine() -> Machine:
    """Describe this machine, today."""
    versions = {}
    for package in PACKAGES:
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            continue
    return {
        "cpu": _cpu(),
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.release()}",
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "packages": versions,
        "date": datetime.now(UTC).date().isoformat(),
    }


def _cpu() -> str:
    """Return the processor's model; `platform` does not know it on Linux."""
    about = Path("/proc/cpuinfo")
    for line in about.read_text().splitlines() if about.exists() else ():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
