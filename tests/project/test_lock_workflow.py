"""The weekly workflow that locks: its own scripts, in real clones, with a make and a gh for show."""

import os
import subprocess
from pathlib import Path

import pytest
import yaml

from ..support.environ import user_environ
from ..support.git import git
from ..support.paths import TEMPLATE
from ..support.repository import make_repository
from ..support.workflows import FOLDER

pytestmark = pytest.mark.slow

JOBS = yaml.safe_load((TEMPLATE / FOLDER / "lock.yml").read_text(encoding="utf-8"))["jobs"]
CHANGED = "requirements-dev.txt"

COMMANDS = {
    "make": f'#!/bin/sh\nprintf "%s" "$NEWER" >>{CHANGED}\n',
    "gh": '#!/bin/sh\necho "$*" >>"$GH_LOG"\n[ "$1 $2" != "pr list" ] || echo "$OPEN"\n',
}
"""Locking adds $NEWER to a lock; of pull requests there are $OPEN."""


class Origin:
    """A repository, what the two jobs do to clones of it, and what they have asked gh for."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.url = make_repository(folder).url
        self.log = folder / "gh.log"
        (folder / "bin").mkdir()
        for name, text in COMMANDS.items():
            (folder / "bin" / name).write_text(text, encoding="utf-8")
            (folder / "bin" / name).chmod(0o755)

    def lock(self, newer: str) -> str:
        """Do the first job without its tests, and return what it hands on."""
        output = self.folder / "output"
        output.write_text("", encoding="utf-8")
        done = self._run("lock", "Lock", GITHUB_OUTPUT=str(output), NEWER=newer)
        assert done.returncode == 0, done.stderr
        return output.read_text(encoding="utf-8").removeprefix("diff=").strip()

    def propose(self, tested: str, newer: str, open_: int = 0) -> subprocess.CompletedProcess[str]:
        """Do the second job."""
        asked = {"GH_LOG": str(self.log), "OPEN": str(open_), "RUN": "https://the.run"}
        return self._run("propose", "Open a pull request", TESTED=tested, NEWER=newer, **asked)

    def git(self, *words: str) -> str:
        """Ask the repository itself."""
        return git(Path(self.url.removeprefix("file://")), *words)

    def _run(self, job: str, last: str, **environ: str) -> subprocess.CompletedProcess[str]:
        """Run the scripts of a job up to a step, in a new clone."""
        clone = self.folder / f"clone-{len(list(self.folder.iterdir()))}"
        path = f"{self.folder / 'bin'}{os.pathsep}{os.environ['PATH']}"
        environ = user_environ(HOME=str(self.folder), PATH=path, **environ)
        subprocess.run(["git", "clone", "-q", self.url, str(clone)], env=environ, check=True)
        steps = [step for step in JOBS[job]["steps"] if "run" in step]
        names = [step.get("name") for step in steps]
        script = "\n".join(step["run"] for step in steps[: names.index(last) + 1])
        return subprocess.run(
            ["bash", "-e", "-c", script],
            cwd=clone,
            env=environ,
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture
def origin(tmp_path: Path) -> Origin:
    return Origin(tmp_path)


def test_locks_that_are_as_they_were_are_not_handed_on(origin: Origin) -> None:
    assert origin.lock(newer="") == ""


def test_what_was_tested_is_proposed_and_nothing_else(origin: Origin) -> None:
    done = origin.propose(tested=origin.lock(newer="# newer"), newer="# newer")

    assert done.returncode == 0, done.stderr
    assert origin.git("diff", "--name-only", "main", "lock").split() == [CHANGED]
    assert "pr create --head lock" in origin.log.read_text(encoding="utf-8")


def test_what_has_changed_since_it_was_tested_is_not_proposed(origin: Origin) -> None:
    done = origin.propose(tested=origin.lock(newer="# newer"), newer="# newer still")

    assert done.returncode == 1
    assert "The index has changed since the tests: run this workflow again" in done.stderr
    assert origin.git("branch", "--list", "lock") == ""
    assert not origin.log.exists()


def test_open_pull_request_gets_the_newer_locks(origin: Origin) -> None:
    origin.propose(tested=origin.lock(newer="# newer"), newer="# newer")
    origin.log.unlink()

    done = origin.propose(tested=origin.lock(newer="# newest"), newer="# newest", open_=1)

    assert done.returncode == 0, done.stderr
    assert origin.git("show", f"lock:{CHANGED}").endswith("# newest")
    assert "pr create" not in origin.log.read_text(encoding="utf-8")
