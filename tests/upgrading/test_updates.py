"""Updates from every earlier version, as UPGRADING.md documents them, keep a user's edits.

The result must equal a new project with the same edits, byte for byte. So only a new project needs
to pass its own checks and `cruft check`.
"""

import re
from pathlib import Path

import pytest

from ..support.paths import TEMPLATE
from ..support.processes import run_in_parallel
from ..support.projects import Projects, differing_files, documented_commands, read_files
from ..support.releases import Version, read_changelog
from ..support.user_edits import append_text, edit_readme, edit_tenant_file

pytestmark = pytest.mark.slow

VERSIONS = read_changelog(TEMPLATE)[::-1]
CREATE = documented_commands("uvx cruft create")
UPDATE = documented_commands("uvx cruft update --skip-apply-ask\n")
CHANGE_ANSWER = documented_commands(
    """uvx cruft update --skip-apply-ask --variables-to-update '{"depl"""
)
LIST_CONFLICTS = documented_commands("git diff")


def resolve_readme_conflict(projects: Projects, project: Path) -> None:
    """Resolve the only conflict as UPGRADING.md documents: take the new README, edit it again."""
    assert projects.run(LIST_CONFLICTS, project) == "README.md\n"
    projects.run("git checkout --theirs README.md && git add README.md", project)
    edit_readme(project)


@pytest.mark.parametrize("version", VERSIONS, ids=lambda version: version.number)
def test_update_applies_changes_and_keeps_every_edit(
    projects: Projects, newest_files: dict[str, bytes], version: Version
) -> None:
    project = projects.make(projects.commit_of(version))

    projects.run(UPDATE, project)
    resolve_readme_conflict(projects, project)

    assert differing_files(read_files(project), newest_files) == set()


def test_cruft_check_fails_only_for_an_outdated_project(projects: Projects) -> None:
    older = projects.make(projects.commit_of(VERSIONS[-1]))

    projects.run("uvx cruft check", older, status=1)
    projects.run("uvx cruft check", projects.make())


def test_updated_project_can_be_updated_again(
    projects: Projects, newest_files: dict[str, bytes]
) -> None:
    first, *_, last = map(projects.commit_of, VERSIONS)
    project = projects.make(first)

    projects.run(f"uvx cruft update --skip-apply-ask --checkout {last}", project)
    projects.commit(project)
    projects.run(UPDATE, project)
    resolve_readme_conflict(projects, project)

    assert differing_files(read_files(project), newest_files) == set()


def test_edited_project_passes_its_own_checks(projects: Projects, ready_project: Path) -> None:
    project = projects.make()

    edit_tenant_file(project)

    commands = (["ruff", "check"], ["ruff", "format", "--check"], ["mypy"], ["pytest", "-q"])
    run_in_parallel(commands, project, ready_project / ".venv/bin")


def test_cruft_file_passes_the_commit_hooks(projects: Projects, ready_project: Path) -> None:
    project = projects.make()
    (project / ".venv").symlink_to(ready_project / ".venv")

    output = projects.run(".venv/bin/pre-commit run --files .cruft.json --color never", project)

    assert re.search(r"end files with a newline\.+Passed", output)
    assert "Failed" not in output


def test_documented_creation_leaves_nothing_to_update(projects: Projects) -> None:
    folder = projects.folder()
    projects.run(CREATE, folder, typed="\n" * 30)

    output = projects.run("uvx cruft update --skip-apply-ask", folder / "messages-api")

    assert output == "Nothing to do, project's cruft is already up to date!\n"


def test_uncommitted_changes_stop_the_update(projects: Projects) -> None:
    project = projects.make(projects.commit_of(VERSIONS[0]))
    append_text(project / "README.md", "Not committed.\n")
    before = read_files(project)

    output = projects.run("uvx cruft update --skip-apply-ask", project, status=1)

    assert "make sure your git working tree is clean" in output
    assert read_files(project) == before


def test_changed_answer_renders_its_files(projects: Projects) -> None:
    project = projects.make()

    projects.run(CHANGE_ANSWER, project)

    expected = read_files(projects.make(deployment="kubernetes"))
    assert differing_files(read_files(project), expected) == set()
