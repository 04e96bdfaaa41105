"""Updates with conflicts, and projects that were not created with cruft."""

import re
import shlex
from pathlib import Path

import pytest

from ..support.git import git
from ..support.projects import ADDRESS, Projects, differing_files, documented_commands, read_files
from ..support.user_edits import PACKAGE, USER_ANSWERS, append_text, edit_readme, make_user_edits

pytestmark = pytest.mark.slow

UPDATE = documented_commands("uvx cruft update --skip-apply-ask\n")
UNDO_UPDATE = documented_commands("git reset")
LIST_CONFLICTS = documented_commands("git diff")
TAKE_LOCKS = documented_commands("git checkout --theirs requirements")
KEEP_TESTS = documented_commands("git mv")
FIND_COMMIT = documented_commands("git clone")
LINK_PROJECT = documented_commands("uvx cruft link")
LOCKS = ["requirements.txt", "requirements-dev.txt"]
MOVED_FILE = "tests/test_endpoints.py"
"""The tests of the sample endpoints, which users edit; tests/test_routes.py since 0.5.0."""
USER_EDIT = "\n\nMINE = 1\n"


@pytest.fixture
def commit_of_0_2_0(projects: Projects) -> str:
    """The commit of 0.2.0."""
    return projects.commit_of_number("0.2.0")


@pytest.fixture
def commit_of_0_5_0(projects: Projects) -> str:
    """The commit of 0.5.0, after which most tests have moved."""
    return projects.commit_of_number("0.5.0")


@pytest.fixture
def conflicting_project(projects: Projects, commit_of_0_2_0: str) -> Path:
    """A project of 0.2.0 with edits in files that the template has changed since then."""
    project = projects.make(commit_of_0_2_0)
    for lock in LOCKS:
        relocked = (project / lock).read_text().replace("--hash=sha256:", "--hash=sha256:0")
        (project / lock).write_text(relocked)
    (project / "Dockerfile").write_text("FROM scratch\n")
    projects.commit(project)
    return project


@pytest.fixture
def project_without_first_render(projects: Projects, commit_of_0_2_0: str) -> Path:
    """A project of 0.2.0 whose first commit already contains edits."""
    project = projects.make(commit_of_0_2_0)
    projects.run("rm -r .git", project)
    projects.begin_history(project)
    return project


def test_conflicts_are_listed_and_resolved_as_documented(
    projects: Projects, newest_files: dict[str, bytes], conflicting_project: Path
) -> None:
    assert "Good work!" in projects.run(UPDATE, conflicting_project)
    listed = projects.run(LIST_CONFLICTS, conflicting_project)
    assert sorted(listed.split()) == sorted(["Dockerfile", "README.md", *LOCKS])

    projects.run(TAKE_LOCKS + "git checkout --ours Dockerfile", conflicting_project)
    projects.run("git checkout --theirs README.md && git add README.md", conflicting_project)
    edit_readme(conflicting_project)

    expected = newest_files | {"Dockerfile": b"FROM scratch\n"}
    assert differing_files(read_files(conflicting_project), expected) == set()


def test_update_without_the_first_render_leaves_rej_files(
    projects: Projects, newest_files: dict[str, bytes], project_without_first_render: Path
) -> None:
    projects.run(UPDATE, project_without_first_render)

    assert projects.run(LIST_CONFLICTS, project_without_first_render) == "README.md.rej\n"
    assert differing_files(read_files(project_without_first_render), newest_files) == {
        "README.md",
        "README.md.rej",
    }


def test_edited_file_that_was_moved_is_reported_and_kept(
    projects: Projects, newest_files: dict[str, bytes], commit_of_0_5_0: str
) -> None:
    project = projects.make(commit_of_0_5_0)
    append_text(project / MOVED_FILE, USER_EDIT)
    projects.commit(project)

    output = projects.run(UPDATE, project)

    documented_error = "error: removal patch leaves file contents\n"
    assert f"{documented_error}error: {MOVED_FILE}: patch does not apply\n" in output
    assert projects.run(LIST_CONFLICTS, project) == "README.md.rej\n"
    assert differing_files(read_files(project), newest_files) == {
        MOVED_FILE,
        "README.md",
        "README.md.rej",
    }
    assert (project / MOVED_FILE).read_text().endswith(USER_EDIT)


def test_edited_tests_are_kept_in_a_renamed_file(
    projects: Projects, newest_files: dict[str, bytes], commit_of_0_5_0: str
) -> None:
    project = projects.make(commit_of_0_5_0)
    append_text(project / MOVED_FILE, USER_EDIT)
    projects.commit(project)
    edited = (project / MOVED_FILE).read_bytes()

    projects.run(KEEP_TESTS, project)
    output = projects.run(UPDATE, project)

    assert "error" not in re.sub(r"\S*errors\S*", "", output)
    assert projects.run(LIST_CONFLICTS, project) == "README.md\n"
    kept = read_files(project).keys() - newest_files.keys()
    assert {name: read_files(project)[name] for name in kept} == {"tests/test_greetings.py": edited}


def test_edits_of_a_renamed_file_are_kept(
    projects: Projects, newest_files: dict[str, bytes], commit_of_0_5_0: str
) -> None:
    project = projects.make(commit_of_0_5_0)
    append_text(project / PACKAGE / "page/page.css", USER_EDIT)
    projects.commit(project)

    projects.run(UPDATE, project)

    renamed = f"{PACKAGE}/swagger_ui/page.css"
    assert differing_files(read_files(project), newest_files) == {"README.md", renamed}
    assert read_files(project)[renamed] == newest_files[renamed] + USER_EDIT.encode()


@pytest.mark.parametrize("kind", ["conflicting_project", "project_without_first_render"])
def test_update_with_conflicts_can_be_undone(
    request: pytest.FixtureRequest, projects: Projects, kind: str
) -> None:
    project: Path = request.getfixturevalue(kind)
    before = read_files(project)
    projects.run(UPDATE, project)

    projects.run(UNDO_UPDATE, project)

    assert read_files(project) == before
    assert git(project, "status", "--porcelain") == ""


def test_project_created_with_cookiecutter_is_linked_and_updated(
    projects: Projects, newest_files: dict[str, bytes], commit_of_0_2_0: str
) -> None:
    folder = projects.folder()
    given = shlex.join(f"{question}={answer}" for question, answer in USER_ANSWERS.items())
    remote = f"git+file://{projects.template}"  # cookiecutter ignores --checkout for a path
    projects.run(f"cookiecutter --no-input --checkout {commit_of_0_2_0} {remote} {given}", folder)
    project = folder / USER_ANSWERS["project_slug"]
    date = git(projects.template, "show", "--no-patch", "--format=%cI", commit_of_0_2_0)
    projects.begin_history(project, date)
    make_user_edits(project)
    projects.commit(project)

    commit = projects.run(FIND_COMMIT, project).split()[-1]
    answers = [*list(USER_ANSWERS.values())[:-2], "2", "1", ""]
    link = LINK_PROJECT.replace("<commit>", commit)
    shown = projects.run(link, project, typed="".join(f"{answer}\n" for answer in answers))
    projects.commit(project)
    projects.run(UPDATE, project)

    assert commit == commit_of_0_2_0
    assert set(re.findall(r"^--- upstream-template-old/(\S+)", shown, re.MULTILINE)) == {
        "README.md",
        f"{PACKAGE}/config.py",
        f"{PACKAGE}/routes.py",
    }
    assert differing_files(read_files(project), newest_files) == {"README.md"}


def test_rendering_over_a_project_overwrites_its_edits(projects: Projects) -> None:
    project = projects.make()
    before = (project / PACKAGE / "routes.py").read_text()
    given = shlex.join(f"{question}={answer}" for question, answer in USER_ANSWERS.items())

    over = f"cookiecutter --no-input --overwrite-if-exists {ADDRESS} {given}"
    projects.run(over, project.parent)

    assert "get_orders" in before
    assert "get_orders" not in (project / PACKAGE / "routes.py").read_text()
