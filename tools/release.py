"""Tag a release: `python -m tools.release` checks that HEAD is ready for release, and tags it.

With `--check` it only checks. The tag stays local; the output shows the command that pushes it.
"""

import sys
import tomllib
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from tests.support.git import git
from tests.support.markdown import Page
from tests.support.releases import Version, find_commit, lost_links, read_changelog


def find_problems(repository: Path) -> Iterator[str]:
    """Yield every problem that prevents a release, with its fix."""
    if changed := git(repository, "status", "--porcelain", "--no-renames").splitlines():
        files = ", ".join(line.split(maxsplit=1)[1] for line in changed)
        yield f"The working tree is not clean: commit, stash or remove {files}"
    if (branch := git(repository, "branch", "--show-current")) != "main":
        yield f"This is {branch or 'no branch'}: versions are commits of main. git switch main"
    pyproject = tomllib.loads((repository / "pyproject.toml").read_text(encoding="utf-8"))
    number = pyproject["project"]["version"]
    expected = f"[{number}] - {date.today()}"
    headings = [heading for heading, _ in Page(repository / "CHANGELOG.md").sections]
    versions = read_changelog(repository)
    if headings[:1] != [expected]:
        yield (
            f"The first section of CHANGELOG.md is '## {next(iter(headings), '')}': expected"
            f" '## {expected}', with the version of pyproject.toml and today's date"
        )
    elif find_commit(versions[0], repository) != git(repository, "rev-parse", "--short", "HEAD"):
        yield f"HEAD is not the commit that adds the heading of {number}: the last commit has to add it"
    if git(repository, "tag", "--list", f"v{number}"):
        yield (
            f"There is a tag v{number}: raise the version, or, if the tag was never pushed,"
            f" git tag --delete v{number}"
        )
    yield from lost_links(repository)
    for version in versions[1:]:
        if version.link is None:
            line = link_line(version, repository)
            yield f"{version.number} has no link: add this to the end of CHANGELOG.md: {line}"


def link_line(version: Version, repository: Path) -> str:
    """Return the line of CHANGELOG.md that links a version to its commit."""
    return f"[{version.number}]: ../../commit/{find_commit(version, repository)}"


def main(arguments: list[str], repository: Path) -> str:
    """Check, and tag unless the argument is `--check`; return the output.

    Raises:
        SystemExit: with all problems, if there are any.
    """
    if arguments not in ([], ["--check"]):
        sys.exit("usage: python -m tools.release [--check]")
    if found := list(find_problems(repository)):
        sys.exit("\n- ".join(["This cannot be released:", *found]))
    newest = read_changelog(repository)[0]
    if arguments:
        return f"{newest.number} can be released."
    tag, message = f"v{newest.number}", f"{newest.number}\n\n{newest.notes}\n"
    # verbatim: otherwise git would remove the headings of the notes as comments.
    git(repository, "tag", "--annotate", "--cleanup=verbatim", "--file=-", tag, text=message)
    return (
        f"This commit has the tag {tag}. Push both:\n"
        f"  git push origin main {tag}\n"
        "Before you name the next version, add this to the end of CHANGELOG.md:\n"
        f"  {link_line(newest, repository)}"
    )


if __name__ == "__main__":
    print(main(sys.argv[1:], Path.cwd()))
