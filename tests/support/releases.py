"""The versions of the template: what CHANGELOG.md says of each, and which commit it is.

There are no tags to go by. A version's link leads to its commit, and the newest, which may be without
one, is the commit that put its heading there.
"""

import datetime
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from .environ import user_environ
from .git import git

_HEADING = re.compile(r"^## \[(.+?)\](?: - (\S+))?$", re.MULTILINE)
_LINK = re.compile(r"^\[(.+?)\]: \.\./\.\./commit/(\w+)$", re.MULTILINE)


@dataclass(frozen=True)
class Version:
    """A version with the text of its section; `link` is the commit that its link leads to."""

    number: str
    date: datetime.date
    notes: str
    link: str | None

    @property
    def parts(self) -> tuple[int, ...]:
        """The three numbers, by which versions are sorted."""
        return tuple(int(part) for part in self.number.split("."))


@dataclass(frozen=True)
class Changelog:
    """What is not released yet, and the versions, newest first."""

    unreleased: str
    versions: tuple[Version, ...]


def read_changelog(repository: Path) -> Changelog:
    """Read CHANGELOG.md.

    Raises:
        ValueError: a version has no date.
    """
    text = (repository / "CHANGELOG.md").read_text(encoding="utf-8")
    links = dict(_LINK.findall(text))
    _, *parts = _HEADING.split(_LINK.sub("", text))
    sections = list(zip(parts[::3], parts[1::3], map(str.strip, parts[2::3]), strict=True))
    return Changelog(
        "\n".join(notes for name, _, notes in sections if name == "Unreleased"),
        tuple(
            Version(name, _date(name, date), notes, links.get(name))
            for name, date, notes in sections
            if name != "Unreleased"
        ),
    )


def commit_of(version: Version, repository: Path) -> str | None:
    """Return the commit that a version is; None if its heading is not committed yet."""
    return version.link or introduced(version.number, repository)


def introduced(number: str, repository: Path) -> str | None:
    """Return the commit that put the heading of a version into CHANGELOG.md."""
    heading = f"-S## [{number}] - "
    return git(repository, "log", "-1", "--format=%H", heading, "--", "CHANGELOG.md") or None


def lost_links(repository: Path) -> list[str]:
    """Say of each version whose link leads out of the history of HEAD what to do about it."""
    return [
        f"{version.number} leads to {version.link}, which is not in the history of HEAD:"
        f" {_way_back(repository)}"
        for version in read_changelog(repository).versions
        if version.link and not _is_ancestor(version.link, repository)
    ]


def _date(number: str, written: str | None) -> datetime.date:
    try:
        return datetime.date.fromisoformat(written or "")
    except ValueError:
        example = f"'## [{number}] - 2026-01-31'"
        raise ValueError(
            f"{number} has no date in CHANGELOG.md: write it as in {example}"
        ) from None


def _is_ancestor(commit: str, repository: Path) -> bool:
    command = ["git", "-C", str(repository), "merge-base", "--is-ancestor", commit, "HEAD"]
    asked = subprocess.run(command, env=user_environ(), stderr=subprocess.DEVNULL, check=False)
    return asked.returncode == 0


def _way_back(repository: Path) -> str:
    if git(repository, "rev-parse", "--is-shallow-repository") == "true":
        return "this clone is shallow, fetch the whole history: git fetch --unshallow"
    return "let its link in CHANGELOG.md lead to the commit that it is"
