"""`make release` in a temporary repository: the problems that it reports, and the tag."""

import subprocess
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from ..support.environ import user_environ
from ..support.git import git
from ..support.paths import TEMPLATE
from ..support.releases import find_commit, read_changelog
from ..support.user_edits import append_text, replace_once

pytestmark = pytest.mark.exhaustive

TODAY = str(date.today())
NOTES = "### Added\n\n- Ducks."
CHANGELOG = """\
# Changelog

## [0.1.0] - 2026-01-31

- Eggs.
"""


@pytest.fixture
def ready_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository ready for 0.2.0: HEAD adds its heading, and a link of 0.1.0 to its commit."""
    monkeypatch.setenv("HOME", str(tmp_path))  # the user's git configuration may require signing
    repository = tmp_path / "template"
    repository.mkdir()
    git(repository, "init", "--quiet", "--initial-branch=main")
    git(repository, "config", "user.name", "Ann")
    git(repository, "config", "user.email", "ann@example.com")
    changelog = repository / "CHANGELOG.md"
    changelog.write_text(CHANGELOG)
    (repository / "pyproject.toml").write_text('[project]\nversion = "0.2.0"\n')
    commit_all(repository)
    replace_once(changelog, "## [0.1.0]", f"## [0.2.0] - {TODAY}\n\n{NOTES}\n\n## [0.1.0]")
    first = git(repository, "rev-parse", "--short", "HEAD")
    append_text(changelog, f"\n[0.1.0]: ../../commit/{first}\n")
    commit_all(repository)
    return repository


def commit_all(repository: Path, *options: str) -> None:
    git(repository, "add", "--all")
    git(repository, "commit", "--quiet", "--allow-empty", "--message=A commit", *options)


def amend(old: str, new: str, file: str = "CHANGELOG.md") -> Callable[[Path], None]:
    """Return a function that replaces a string in a file and amends HEAD."""

    def amend_head(repository: Path) -> None:
        replace_once(repository / file, old, new)
        commit_all(repository, "--amend")

    return amend_head


def run_release(repository: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tools.release", *options],
        cwd=repository,
        env=user_environ(PYTHONPATH=str(TEMPLATE), PYTHONDONTWRITEBYTECODE="1"),
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


EXPECTED = f"expected '## [0.2.0] - {TODAY}', with the version of pyproject.toml and today's date"
UNRELEASED = "## [Unreleased]\n\n- Geese.\n\n## [0.2.0]"
NOT_READY: dict[str, tuple[Callable[[Path], object], str]] = {
    "uncommitted file": (lambda it: (it / "new").touch(), "commit, stash or remove new"),
    "another branch": (lambda it: git(it, "switch", "-qc", "other"), "git switch main"),
    "another version": (amend("0.2.0", "0.3.0", "pyproject.toml"), EXPECTED.replace("0.2", "0.3")),
    "another date": (amend(TODAY, "2026-02-28"), EXPECTED),
    "no date": (amend(f" - {TODAY}", ""), EXPECTED),
    "something unreleased": (amend("## [0.2.0]", UNRELEASED), EXPECTED),
    "a later commit": (commit_all, "HEAD is not the commit that adds the heading of 0.2.0"),
    "no link": (amend("[0.1.0]: ", "[0.0.1]: "), "add this to the end of CHANGELOG.md: [0.1.0]: "),
    "unknown commit": (amend("/commit/", "/commit/0"), "which is not in the history of HEAD"),
    "existing tag": (lambda it: git(it, "tag", "v0.2.0"), "git tag --delete v0.2.0"),
}


@pytest.mark.parametrize(("break_repository", "problem"), NOT_READY.values(), ids=NOT_READY)
def test_release_that_is_not_ready_is_rejected(
    ready_repository: Path, break_repository: Callable[[Path], object], problem: str
) -> None:
    break_repository(ready_repository)
    tags = git(ready_repository, "tag")

    rejected = run_release(ready_repository)

    assert rejected.returncode == 1
    title, *problems = rejected.stderr.splitlines()
    assert title == "This cannot be released:"
    assert len(problems) == 1
    assert problem in problems[0]
    assert git(ready_repository, "tag") == tags


def test_all_problems_are_reported_at_once(ready_repository: Path) -> None:
    commit_all(ready_repository)
    git(ready_repository, "tag", "v0.2.0")
    (ready_repository / "new").touch()

    assert run_release(ready_repository, "--check").stderr.count("\n- ") == 3


def test_version_that_is_ready_gets_a_tag_with_its_notes(ready_repository: Path) -> None:
    released = run_release(ready_repository)

    assert released.returncode == 0, released.stderr
    assert git(ready_repository, "cat-file", "-t", "v0.2.0") == "tag"
    assert git(ready_repository, "rev-parse", "v0.2.0^{commit}") == git(
        ready_repository, "rev-parse", "HEAD"
    )
    message = git(ready_repository, "tag", "--list", "--format=%(contents)", "v0.2.0")
    assert message == f"0.2.0\n\n{NOTES}"
    head = git(ready_repository, "rev-parse", "--short", "HEAD")
    assert "git push origin main v0.2.0" in released.stdout
    assert f"[0.2.0]: ../../commit/{head}" in released.stdout


def test_check_option_creates_no_tag(ready_repository: Path) -> None:
    checked = run_release(ready_repository, "--check")

    assert checked.stdout == "0.2.0 can be released.\n"
    assert git(ready_repository, "tag") == ""


def test_newest_version_is_the_commit_that_added_its_heading(ready_repository: Path) -> None:
    named = git(ready_repository, "rev-parse", "--short", "HEAD")
    append_text(ready_repository / "CHANGELOG.md", "\n")
    commit_all(ready_repository)

    newest = read_changelog(ready_repository)[0]

    assert newest.link is None
    assert find_commit(newest, ready_repository) == named


def test_withdrawn_version_can_be_released_again(ready_repository: Path) -> None:
    for old, new in (("[0.2.0]", "[Unreleased]"), ("[Unreleased]", "[0.2.0]")):
        replace_once(ready_repository / "CHANGELOG.md", old, new)
        commit_all(ready_repository)

    assert run_release(ready_repository, "--check").stdout == "0.2.0 can be released.\n"


def test_shallow_clone_requires_the_whole_history(ready_repository: Path, tmp_path: Path) -> None:
    shallow = tmp_path / "shallow"
    git(tmp_path, "clone", "--quiet", "--depth=1", ready_repository.as_uri(), str(shallow))

    assert "in a shallow clone, first git fetch --unshallow" in run_release(shallow).stderr
