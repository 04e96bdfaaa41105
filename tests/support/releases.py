"""The versions of the template: the sections of CHANGELOG.md and their commits."""

from dataclasses import dataclass
from pathlib import Path

from .git import git
from .markdown import Page


@dataclass(frozen=True)
class Version:
    """A version: its section of CHANGELOG.md in Markdown, and the commit that it links to."""

    number: str
    date: str
    notes: str
    link: str | None


def read_changelog(repository: Path) -> list[Version]:
    """Read the versions of CHANGELOG.md, newest first."""
    page = Page(repository / "CHANGELOG.md")
    links = {name: link.removeprefix("../../commit/") for name, link in page.definitions.items()}
    sections = [(*heading.partition(" - "), section.text) for heading, section in page.sections]
    return [
        Version(number := name.strip("[]"), date, notes.strip(), links.get(number))
        for name, _, date, notes in sections
        if name != "[Unreleased]"
    ]


def find_commit(version: Version, repository: Path) -> str:
    """Return the commit that a version links to or, without a link, that added its heading."""
    added = f"-S## [{version.number}] - "
    return version.link or git(repository, "log", "-1", "--format=%h", added, "--", "CHANGELOG.md")


def lost_links(repository: Path) -> list[str]:
    """Return a message for each version whose link is not in the history of HEAD."""
    history = git(repository, "rev-list", "HEAD").split()
    return [
        f"{version.number} links to {version.link}, which is not in the history of HEAD: correct"
        " the link; in a shallow clone, first git fetch --unshallow"
        for version in read_changelog(repository)
        if version.link and not any(commit.startswith(version.link) for commit in history)
    ]
