"""A project gets from every earlier version to this one as UPGRADING.md says, and loses nothing.

What an update must make is what an owner would have who had made the same edits to a project that is
rendered anew: the same files, to the byte. So its own checks need to be run for one of them only.
"""

import json
import re
from pathlib import Path

import pytest

from .markdown import blocks
from .owner import append, do_by_hand
from .places import TEMPLATE
from .processes import run_all
from .projects import Projects, contents, differing
from .releases import Version, read_changelog

pytestmark = pytest.mark.slow

VERSIONS = read_changelog(TEMPLATE).versions[::-1]
CREATE, UPDATE, _, CHANGE_ANSWER, *_others = blocks(TEMPLATE / "UPGRADING.md", "bash")


@pytest.mark.parametrize("version", VERSIONS, ids=lambda version: version.number)
def test_an_update_brings_what_is_new_and_keeps_every_edit(
    projects: Projects, anew: dict[str, bytes], version: Version
) -> None:
    project = projects.make(projects.commit_of(version))
    projects.run("uvx cruft check", project, status=1)

    projects.run(UPDATE, project)

    assert differing(contents(project), anew) == set()
    projects.run("uvx cruft check", project)


def test_a_project_may_go_from_version_to_version(
    projects: Projects, anew: dict[str, bytes]
) -> None:
    first, *others = map(projects.commit_of, VERSIONS)
    project = projects.make(first)

    for commit in others:
        projects.run(f"uvx cruft update --skip-apply-ask --checkout {commit}", project)
        projects.commit(project)
    projects.run(UPDATE, project)

    assert differing(contents(project), anew) == set()


def test_an_updated_project_passes_its_own_checks(projects: Projects, ready_project: Path) -> None:
    project = projects.make(projects.commit_of(VERSIONS[0]))

    projects.run(UPDATE, project)
    do_by_hand(project)

    commands = (["ruff", "check"], ["ruff", "format", "--check"], ["mypy"], ["pytest", "-q"])
    run_all(commands, project, ready_project / ".venv/bin")


def test_the_commit_hooks_of_a_project_let_the_file_of_cruft_pass(
    projects: Projects, ready_project: Path
) -> None:
    project = projects.make()
    (project / ".venv").symlink_to(ready_project / ".venv")

    said = projects.run(".venv/bin/pre-commit run --files .cruft.json --color never", project)

    assert re.search(r"end files with a newline\.+Passed", said)
    assert "Failed" not in said


def test_a_project_is_begun_as_the_page_says_and_has_nothing_to_update(projects: Projects) -> None:
    folder = projects.folder()
    projects.run(CREATE, folder, typed="\n" * 9)

    said = projects.run(UPDATE, folder / "messages-api")

    assert said == "Nothing to do, project's cruft is already up to date!\n"


def test_a_project_with_changes_that_are_not_committed_is_not_updated(projects: Projects) -> None:
    project = projects.make(projects.commit_of(VERSIONS[0]))
    append(project / "README.md", "Not committed.\n")
    before = contents(project)

    said = projects.run("uvx cruft update --skip-apply-ask", project, status=1)

    assert "make sure your git working tree is clean" in said
    assert contents(project) == before


def test_another_answer_makes_another_project(projects: Projects) -> None:
    project = projects.make()

    projects.run(CHANGE_ANSWER, project)

    assert differing(contents(project), contents(projects.make(deployment="kubernetes"))) == set()


def test_a_question_that_a_project_was_not_asked_has_its_default(projects: Projects) -> None:
    defaults = {"license": "MIT", "deployment": "docker"}
    project = projects.make(projects.commit_of(VERSIONS[0]), **defaults)
    state = json.loads((project / ".cruft.json").read_text())
    for question in defaults:
        del state["context"]["cookiecutter"][question]
    (project / ".cruft.json").write_text(json.dumps(state))
    projects.commit(project)

    projects.run(UPDATE, project)

    assert differing(contents(project), contents(projects.make(**defaults))) == set()
