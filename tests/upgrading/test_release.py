"""A release is refused until all is ready for it, in a scratch repository."""

import subprocess
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from ..support.environ import user_environ
from ..support.git import git
from ..support.paths import TEMPLATE
from ..support.releases import commit_of, lost_links, read_changelog
from ..support.user_edits import append, replace

TODAY = str(date.today())
NOTES = "### Added\n\n- Ducks."
CHANGELOG = """\
# Changelog

## [0.1.0] - 2026-01-31

- Eggs.
"""


@pytest.fixture
def ready(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository that is ready for 0.2.0: its HEAD names it, and links 0.1.0 to its root."""
    monkeypatch.setenv("HOME", str(tmp_path))  # whose git may be set to sign
    repository = tmp_path / "template"
    repository.mkdir()
    git(repository, "init", "--quiet", "--initial-branch=main")
    git(repository, "config", "user.name", "Ann")
    git(repository, "config", "user.email", "ann@example.com")
    (repository / "CHANGELOG.md").write_text(CHANGELOG)
    (repository / "pyproject.toml").write_text('[project]\nversion = "0.2.0"\n')
    commit(repository)
    newest = f"## [0.2.0] - {TODAY}\n\n{NOTES}\n\n## [0.1.0]"
    replace(repository / "CHANGELOG.md", "## [0.1.0]", newest)
    append(repository / "CHANGELOG.md", f"\n{link_to(repository, 'HEAD')}\n")
    commit(repository)
    return repository


def commit(repository: Path, *options: str) -> None:
    git(repository, "add", "--all")
    git(repository, "commit", "--quiet", "--allow-empty", "--message=A commit", *options)


def link_to(repository: Path, root: str) -> str:
    return f"[0.1.0]: ../../commit/{git(repository, 'rev-parse', '--short', root)}"


def amended(old: str, new: str, file: str = "CHANGELOG.md") -> Callable[[Path], None]:
    """Has HEAD hold another text."""

    def amend(repository: Path) -> None:
        replace(repository / file, old, new)
        commit(repository, "--amend")

    return amend


def without_link(repository: Path) -> None:
    amended(link_to(repository, "HEAD~"), "")(repository)


def with_a_link_elsewhere(repository: Path) -> None:
    amended(link_to(repository, "HEAD~"), "[0.1.0]: ../../commit/0123456")(repository)


def release(repository: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tools.release", *options],
        cwd=repository,
        env=user_environ(PYTHONPATH=str(TEMPLATE), PYTHONDONTWRITEBYTECODE="1"),
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


REFUSALS: dict[str, tuple[Callable[[Path], object], str]] = {
    "a file that is not committed": (
        lambda repository: (repository / "new").touch(),
        "The working tree is not clean: commit, stash or remove new.",
    ),
    "another branch": (
        lambda repository: git(repository, "switch", "--quiet", "--create", "other"),
        "This is other: versions are commits of main. git switch main",
    ),
    "another version in pyproject.toml": (
        amended("0.2.0", "0.3.0", "pyproject.toml"),
        "CHANGELOG.md's newest version is 0.2.0 and pyproject.toml's is 0.3.0: make the wrong one",
    ),
    "another day": (
        amended(TODAY, "2026-02-28"),
        f"0.2.0 is dated 2026-02-28: write {TODAY}, which is today.",
    ),
    "no day": (
        amended(f" - {TODAY}", ""),
        "0.2.0 has no date in CHANGELOG.md: write it as in '## [0.2.0] - 2026-01-31'.",
    ),
    "something unreleased": (
        amended("## [0.2.0]", "## [Unreleased]\n\n- Geese.\n\n## [0.2.0]"),
        "CHANGELOG.md has changes under [Unreleased]: move them to 0.2.0.",
    ),
    "a commit after that of the heading": (
        commit,
        "a version is the commit that names it, so let the last commit bring the heading.",
    ),
    "an earlier version without a link": (
        without_link,
        "0.1.0 has no link: add this to the end of CHANGELOG.md: [0.1.0]: ../../commit/",
    ),
    "a link out of the history": (
        with_a_link_elsewhere,
        "0.1.0 leads to 0123456, which is not in the history of HEAD: let its link in",
    ),
    "a tag of that name": (
        lambda repository: git(repository, "tag", "v0.2.0"),
        "There is a tag v0.2.0: raise the version, or, if nobody has the tag, git tag --delete",
    ),
}


@pytest.mark.parametrize(("spoil", "said"), REFUSALS.values(), ids=REFUSALS)
def test_a_release_is_refused(ready: Path, spoil: Callable[[Path], object], said: str) -> None:
    spoil(ready)
    tags = git(ready, "tag")

    refused = release(ready)

    assert refused.returncode == 1
    title, *problems = refused.stderr.splitlines()
    assert title == "This cannot be released:"
    assert len(problems) == 1
    assert said in problems[0]
    assert git(ready, "tag") == tags


def test_all_that_is_wrong_is_said_at_once(ready: Path) -> None:
    commit(ready)
    git(ready, "tag", "v0.2.0")
    (ready / "new").touch()

    assert release(ready, "--check").stderr.count("\n- ") == 3


def test_a_version_that_is_ready_gets_a_tag_with_its_notes(ready: Path) -> None:
    released = release(ready)

    assert released.returncode == 0, released.stderr
    assert git(ready, "cat-file", "-t", "v0.2.0") == "tag"
    assert git(ready, "rev-parse", "v0.2.0^{commit}") == git(ready, "rev-parse", "HEAD")
    message = git(ready, "tag", "--list", "--format=%(contents)", "v0.2.0")
    assert message == f"0.2.0\n\n{NOTES}"
    head = git(ready, "rev-parse", "--short", "HEAD")
    assert "git push origin main v0.2.0" in released.stdout
    assert f"[0.2.0]: ../../commit/{head}" in released.stdout


def test_a_check_makes_no_tag(ready: Path) -> None:
    checked = release(ready, "--check")

    assert checked.stdout == "0.2.0 can be released.\n"
    assert git(ready, "tag") == ""


def test_the_newest_version_is_the_commit_that_named_it(ready: Path) -> None:
    named = git(ready, "rev-parse", "HEAD")
    append(ready / "CHANGELOG.md", "\n")
    commit(ready)

    newest = read_changelog(ready).versions[0]

    assert newest.link is None
    assert commit_of(newest, ready) == named


def test_a_version_that_was_taken_back_may_be_named_again(ready: Path) -> None:
    for old, new in (("[0.2.0]", "[Unreleased]"), ("[Unreleased]", "[0.2.0]")):
        replace(ready / "CHANGELOG.md", old, new)
        commit(ready)

    assert release(ready, "--check").stdout == "0.2.0 can be released.\n"


def test_a_shallow_clone_is_told_to_fetch_the_whole_history(ready: Path, tmp_path: Path) -> None:
    shallow = tmp_path / "shallow"
    git(tmp_path, "clone", "--quiet", "--depth=1", ready.as_uri(), str(shallow))

    (lost,) = lost_links(shallow)

    assert lost.startswith("0.1.0 leads to ")
    assert lost.endswith("this clone is shallow, fetch the whole history: git fetch --unshallow")
