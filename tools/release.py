"""A release: refuse what is not ready, all of it at once; else tag the version that HEAD names.

`python -m tools.release` in the repository, or with `--check` to do no more than refuse. The tag
stays here: what to push, and what comes next, is said at the end.
"""

import sys
import tomllib
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from tests.support.git import git
from tests.support.releases import Version, commit_of, introduced, lost_links, read_changelog


def problems(repository: Path) -> Iterator[str]:
    """Yield what stands against a release, each with the way out."""
    yield from problems_of_the_tree(repository)
    try:
        changelog = read_changelog(repository)
    except ValueError as error:
        yield f"{error}."
        return
    if not changelog.versions:
        yield "CHANGELOG.md names no version: give it a heading such as '## [0.1.0] - 2026-01-31'."
        return
    newest, *earlier = changelog.versions
    if changelog.unreleased:
        yield f"CHANGELOG.md has changes under [Unreleased]: move them to {newest.number}."
    yield from problems_of_the_version(newest, repository)
    yield from lost_links(repository)
    for version in earlier:
        if version.link is None:
            line = link_line(version, repository)
            yield f"{version.number} has no link: add this to the end of CHANGELOG.md: {line}"


def problems_of_the_tree(repository: Path) -> Iterator[str]:
    """What is checked out must be main, whole."""
    changed = git(repository, "status", "--porcelain", "--no-renames").splitlines()
    if changed:
        files = ", ".join(line.split(maxsplit=1)[1] for line in changed)
        yield f"The working tree is not clean: commit, stash or remove {files}."
    branch = git(repository, "branch", "--show-current") or "no branch"
    if branch != "main":
        yield f"This is {branch}: versions are commits of main. git switch main"


def problems_of_the_version(newest: Version, repository: Path) -> Iterator[str]:
    """The version must be today's, HEAD's, pyproject.toml's, and new."""
    number = newest.number
    pyproject = tomllib.loads((repository / "pyproject.toml").read_text(encoding="utf-8"))
    if number != (declared := pyproject["project"]["version"]):
        yield (
            f"CHANGELOG.md's newest version is {number} and pyproject.toml's is {declared}:"
            " make the wrong one the other."
        )
    if newest.date != (today := date.today()):
        yield f"{number} is dated {newest.date}: write {today}, which is today."
    head, named_by = git(repository, "rev-parse", "HEAD"), introduced(number, repository)
    if named_by != head:
        yield (
            f"The heading of {number} came with {short(named_by, repository)}, and HEAD is"
            f" {short(head, repository)}: a version is the commit that names it, so let the last"
            " commit bring the heading."
        )
    if git(repository, "tag", "--list", f"v{number}"):
        yield (
            f"There is a tag v{number}: raise the version, or, if nobody has the tag,"
            f" git tag --delete v{number}"
        )


def tag(version: Version, repository: Path) -> None:
    """Make the annotated tag of a version. Its message keeps the lines that begin with #."""
    name, message = f"v{version.number}", f"{version.number}\n\n{version.notes}\n"
    git(repository, "tag", "--annotate", "--cleanup=verbatim", "--file=-", name, text=message)


def link_line(version: Version, repository: Path) -> str:
    """The line of CHANGELOG.md that leads to a version."""
    commit = short(commit_of(version, repository), repository)
    return f"[{version.number}]: ../../commit/{commit}"


def short(commit: str | None, repository: Path) -> str:
    """A commit by the few letters that will do."""
    return git(repository, "rev-parse", "--short", commit) if commit else "no commit"


def main(arguments: list[str], repository: Path) -> str:
    """Return what to say. Exits with all problems if there are any."""
    if arguments not in ([], ["--check"]):
        sys.exit("usage: python -m tools.release [--check]")
    if found := list(problems(repository)):
        sys.exit("\n".join(["This cannot be released:", *(f"- {problem}" for problem in found)]))
    newest = read_changelog(repository).versions[0]
    if arguments:
        return f"{newest.number} can be released."
    tag(newest, repository)
    return (
        f"This commit has the tag v{newest.number}. Push both:\n"
        f"  git push origin main v{newest.number}\n"
        "Before the next version is named, add this to the end of CHANGELOG.md:\n"
        f"  {link_line(newest, repository)}"
    )


if __name__ == "__main__":
    print(main(sys.argv[1:], Path.cwd()))
