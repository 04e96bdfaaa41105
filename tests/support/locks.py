"""The locks of both houses, read: which there are, and what they hold."""

import re
from collections import defaultdict
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from .paths import IN_TEMPLATE, TEMPLATE

LOCKS = {
    lock.relative_to(TEMPLATE).as_posix(): lock
    for folder in (TEMPLATE, IN_TEMPLATE)
    for lock in sorted(folder.glob("requirements*.txt"))
}

FULL_LOCKS = {
    "the template": [TEMPLATE / "requirements-bench.txt", IN_TEMPLATE / "requirements-uv.txt"],
    "a project": [IN_TEMPLATE / "requirements-dev.txt", IN_TEMPLATE / "requirements-uv.txt"],
}
"""All that a house ever installs: its other locks are parts of these."""


def read_pins(lock: Path) -> set[str]:
    """What is locked, as in `colorama==0.4.6 ; sys_platform == 'win32'`: without hashes."""
    text = lock.read_text(encoding="utf-8")
    return set(re.findall(r"^([a-z0-9].*?)(?: \\)?$", text, re.MULTILINE))


def locked_versions(lock: Path) -> dict[str, frozenset[str]]:
    """The versions of each package, of which there may be one for each Python or platform."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for pin in map(Requirement, read_pins(lock)):
        found[pin.name] |= {specifier.version for specifier in pin.specifier}
    return {name: frozenset(those) for name, those in found.items()}


def unmet_requirements(asked: list[str], lock: Path) -> list[str]:
    """The requirements of which a lock has no version, or one that they do not allow."""
    locked = locked_versions(lock)
    return [
        str(requirement)
        for requirement in map(Requirement, asked)
        if not (there := locked.get(canonicalize_name(requirement.name)))
        or not all(requirement.specifier.contains(version, prereleases=True) for version in there)
    ]
