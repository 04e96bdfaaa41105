"""The scripts of the weekly workflows that upgrade locks, in real clones, with fake make and gh."""

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from ..support.environ import user_environ
from ..support.git import IDENTITY, git
from ..support.paths import TEMPLATE
from ..support.rendering import render_once
from ..support.repository import Repository
from ..support.workflows import WORKFLOWS_FOLDER

pytestmark = pytest.mark.slow

LOCK = "requirements-dev.txt"
NEWER = f"newer==1.0 ; sys_platform == 'linux' \\\n    --hash=sha256:{'0' * 64}\n"

FORBIDDEN_LINES = (
    "--index-url https://index.example/simple",
    "evil @ https://index.example/evil.tar.gz",
    "evil @ git+https://index.example/evil \\",
    "evil",
    "-e .",
    "-r other.txt",
    "    --hash=md5:0",
    f"    --hash=sha256:{'0' * 64} --index-url https://index.example",
    "{% include 'other' %}",
)

COMMANDS = {
    "make": f'#!/bin/sh\nprintf "%s" "$NEWER" >>{LOCK}\n',
    "gh": '#!/bin/sh\necho "$*" >>"$GH_LOG"\n[ "$1 $2" != "pr list" ] || printf "%s" "$OPEN"\n',
}
"""Fakes: `make upgrade` adds $NEWER to a lock, `gh pr list` prints $OPEN."""


class WorkflowRepository:
    """A repository, and functions that run the jobs of its workflow in new clones."""

    def __init__(self, folder: Path, workflow: str, template: Repository) -> None:
        self._folder = folder
        self._log = folder / "gh.log"
        if workflow == "lock":
            self._url = str(folder / "template.git")
            git(folder, "clone", "-q", "--bare", template.url, self._url)
            self._jobs = _workflow_jobs(TEMPLATE, workflow)
        else:
            project = render_once(folder / "out")
            self._url = str(project)
            self._jobs = _workflow_jobs(project, workflow)
            git(project, "init", "-q", "-b", "main")
            git(project, "add", "-A")
            git(project, "commit", "-q", "-m", "As rendered", **IDENTITY)
        (folder / "bin").mkdir()
        for name, text in COMMANDS.items():
            (folder / "bin" / name).write_text(text, encoding="utf-8")
            (folder / "bin" / name).chmod(0o755)

    def upgrade_locks(self, newer: str) -> Path:
        """Run the first job with `make upgrade`; return the folder with its artifact."""
        clone = self._clone()
        steps = next(iter(self._jobs.values()))["steps"]
        uploads = [step for step in steps if step.get("uses", "").startswith("actions/upload")]
        before = steps[: steps.index(uploads[0])]
        self._run("\n".join(step["run"] for step in before if "run" in step), clone, NEWER=newer)
        artifact = clone.with_name(f"{clone.name}-artifact")
        for pattern in uploads[0]["with"]["path"].split():
            for found in clone.glob(pattern):
                copy = artifact / found.relative_to(clone)
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(found, copy)
        return artifact

    def propose_locks(self, artifact: Path, open_: str = "") -> subprocess.CompletedProcess[str]:
        """Run the second job with the artifact of the first."""
        clone = self._clone()
        shutil.copytree(artifact, clone / "new")
        (script,) = (step["run"] for step in self._jobs["propose"]["steps"] if "run" in step)
        return self._run(script, clone, GH_LOG=str(self._log), OPEN=open_, RUN="https://the.run")

    def git(self, *words: str) -> str:
        return git(Path(self._url), *words)

    def calls_of_gh(self) -> str:
        """Return and clear the recorded calls of gh."""
        calls = self._log.read_text(encoding="utf-8") if self._log.exists() else ""
        self._log.unlink(missing_ok=True)
        return calls

    def _clone(self) -> Path:
        clone = self._folder / f"clone-{len(list(self._folder.iterdir()))}"
        git(self._folder, "clone", "-q", self._url, str(clone))
        return clone

    def _run(self, script: str, clone: Path, **environ: str) -> subprocess.CompletedProcess[str]:
        path = f"{self._folder / 'bin'}{os.pathsep}{os.environ['PATH']}"
        return subprocess.run(
            ["bash", "-e", "-c", script],
            cwd=clone,
            env=user_environ(HOME=str(self._folder), PATH=path, **environ),
            capture_output=True,
            text=True,
            check=False,
        )


def _workflow_jobs(repository: Path, workflow: str) -> dict[str, Any]:
    text = (repository / WORKFLOWS_FOLDER / f"{workflow}.yml").read_text(encoding="utf-8")
    jobs: dict[str, Any] = yaml.safe_load(text)["jobs"]
    return jobs


@pytest.fixture(params=["lock", "upgrade"], ids=["template", "project"])
def workflow(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def workflow_repository(
    tmp_path: Path, workflow: str, repository: Repository
) -> WorkflowRepository:
    return WorkflowRepository(tmp_path, workflow, repository)


@pytest.fixture
def lock_branch(workflow: str) -> str:
    return {"lock": "lock", "upgrade": "upgrade-requirements"}[workflow]


def test_unchanged_locks_are_not_proposed(
    workflow_repository: WorkflowRepository, lock_branch: str
) -> None:
    done = workflow_repository.propose_locks(workflow_repository.upgrade_locks(newer=""))

    assert done.returncode == 0, done.stderr
    assert (
        workflow_repository.calls_of_gh(),
        workflow_repository.git("branch", "--list", lock_branch),
    ) == ("", "")


def test_changed_locks_are_proposed(
    workflow_repository: WorkflowRepository, lock_branch: str
) -> None:
    done = workflow_repository.propose_locks(workflow_repository.upgrade_locks(newer=NEWER))

    assert done.returncode == 0, done.stderr
    assert workflow_repository.git("diff", "--name-only", "main", lock_branch).split() == [LOCK]
    assert workflow_repository.git("show", f"{lock_branch}:{LOCK}").endswith(NEWER.rstrip())
    assert f"pr create --head {lock_branch}" in workflow_repository.calls_of_gh()


def test_open_pull_request_gets_the_newer_locks(
    workflow_repository: WorkflowRepository, lock_branch: str
) -> None:
    workflow_repository.propose_locks(workflow_repository.upgrade_locks(newer=NEWER))
    workflow_repository.calls_of_gh()
    newest = NEWER.replace("1.0", "2.0")

    done = workflow_repository.propose_locks(
        workflow_repository.upgrade_locks(newer=newest), open_="1"
    )

    assert done.returncode == 0, done.stderr
    assert workflow_repository.git("show", f"{lock_branch}:{LOCK}").endswith(newest.rstrip())
    assert "pr create" not in workflow_repository.calls_of_gh()


def test_locks_with_forbidden_lines_are_not_proposed(
    workflow_repository: WorkflowRepository, lock_branch: str
) -> None:
    artifact = workflow_repository.upgrade_locks(newer="")
    lock = (artifact / LOCK).read_text(encoding="utf-8")
    accepted = []
    for line in FORBIDDEN_LINES:
        (artifact / LOCK).write_text(f"{lock}{line}\n", encoding="utf-8")
        done = workflow_repository.propose_locks(artifact)
        if (done.returncode, "These lines do not belong in a lock." in done.stderr) != (1, True):
            accepted.append(line)

    assert accepted == []
    assert (
        workflow_repository.calls_of_gh(),
        workflow_repository.git("branch", "--list", lock_branch),
    ) == ("", "")


def test_only_locks_are_proposed(workflow_repository: WorkflowRepository, lock_branch: str) -> None:
    artifact = workflow_repository.upgrade_locks(newer=NEWER)
    (artifact / "Makefile").write_text("# not a lock\n", encoding="utf-8")
    (artifact / "requirements-new.txt").write_text(NEWER, encoding="utf-8")

    done = workflow_repository.propose_locks(artifact)

    assert done.returncode == 0, done.stderr
    assert workflow_repository.git("diff", "--name-only", "main", lock_branch).split() == [LOCK]
