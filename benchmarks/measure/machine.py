"""The machine that is measured, and the versions of the packages."""

import os
import platform
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TypedDict

PACKAGES = (
    *("flask", "werkzeug", "flask-cors", "gunicorn", "granian", "requests", "cryptography"),
    *("python-jose", "pyjwt", "authlib", "joserfc", "flask-jwt-extended", "auth0-api-python"),
    *("asgiref", "cookiecutter"),
)


class Machine(TypedDict):
    """What figures of different machines depend on."""

    cpu: str
    cores: int | None
    system: str
    python: str
    packages: dict[str, str]
    date: str


def this_machine() -> Machine:
    """Describe this machine, today."""
    return {
        "cpu": _cpu(),
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.release()}",
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "packages": {package: version(package) for package in PACKAGES},
        "date": datetime.now(UTC).date().isoformat(),
    }


def _cpu() -> str:
    """Return the processor's model, which `platform` does not know on Linux."""
    file = Path("/proc/cpuinfo")
    for line in file.read_text().splitlines() if file.exists() else ():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
