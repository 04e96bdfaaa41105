"""The lock files of the template and of a project: their packages and versions."""

import re
from collections import defaultdict
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from .paths import IN_TEMPLATE, TEMPLATE

LOCK_FILES = {
    lock.relative_to(TEMPLATE).as_posix(): lock
    for folder in (TEMPLATE, IN_TEMPLATE)
    for lock in sorted(folder.glob("requirements*.txt"))
}

FULL_LOCKS = {
    "the template": [TEMPLATE / "requirements-bench.txt", IN_TEMPLATE / "requirements-uv.txt"],
    "a project": [IN_TEMPLATE / "requirements-dev.txt", IN_TEMPLATE / "requirements-uv.txt"],
}
"""The locks that contain every package that the template or a project installs."""


def read_pins(lock: Path) -> set[str]:
    """Return the pins without hashes, such as `colorama==0.4.6 ; sys_platform == 'win32'`."""
    text = lock.read_text(encoding="utf-8")
    return set(re.findall(r"^([a-z0-9].*?)(?: \\)?$", text, re.MULTILINE))


def locked_versions(lock: Path) -> dict[str, frozenset[str]]:
    """Return the versions of each package: it can differ between Pythons or platforms."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for pin in map(Requirement, read_pins(lock)):
        found[pin.name] |= {specifier.version for specifier in pin.specifier}
    return {name: frozenset(versions) for name, versions in found.items()}


def unmet_requirements(required: list[str], lock: Path) -> list[str]:
    """Return the requirements for which a lock has no version, or one that they do not allow."""
    locked = locked_versions(lock)
    return [
        str(requirement)
        for requirement in map(Requirement, required)
        if not (versions := locked.get(canonicalize_name(requirement.name)))
        or not all(
            requirement.specifier.contains(version, prereleases=True) for version in versions
        )
    ]
