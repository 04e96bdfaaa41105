"""What an update cannot merge, and projects whose origin cruft does not know yet."""

import re
import shlex
from pathlib import Path

import pytest

from ..support.git import git
from ..support.projects import ADDRESS, Projects, differing_files, documented_commands, read_files
from ..support.user_edits import ANSWERS, PACKAGE, append_text, edit_readme, make_user_edits

pytestmark = pytest.mark.slow

UPDATE = documented_commands("uvx cruft update --skip-apply-ask\n")
TAKE_BACK = documented_commands("git reset")
CONFLICTS = documented_commands("git diff")
TAKE_LOCKS = documented_commands("git checkout --theirs requirements")
KEEP_TESTS = documented_commands("git mv")
FIND = documented_commands("git clone")
LINK = documented_commands("uvx cruft link")
LOCKS = ["requirements.txt", "requirements-dev.txt"]
MOVED = "tests/test_endpoints.py"
"""The tests of the sample endpoints, which users edit; tests/test_routes.py since 0.5.0."""
MINE = "\n\nMINE = 1\n"


@pytest.fixture
def second(projects: Projects) -> str:
    """The commit of 0.2.0."""
    return projects.commit_of_number("0.2.0")


@pytest.fixture
def last(projects: Projects) -> str:
    """The commit of 0.5.0, after which most tests have moved."""
    return projects.commit_of_number("0.5.0")


@pytest.fixture
def in_conflict(projects: Projects, second: str) -> Path:
    """A project of 0.2.0 with edits of files that the template has changed since."""
    project = projects.make(second)
    for lock in LOCKS:
        relocked = (project / lock).read_text().replace("--hash=sha256:", "--hash=sha256:0")
        (project / lock).write_text(relocked)
    (project / "Dockerfile").write_text("FROM scratch\n")
    projects.commit(project)
    return project


@pytest.fixture
def unmergeable(projects: Projects, second: str) -> Path:
    """A project of 0.2.0 whose first commit was made after an edit of a file that has changed."""
    project = projects.make(second)
    projects.run("rm -r .git", project)
    projects.begin_history(project)
    return project


def test_conflicts_are_listed_and_resolved_as_documented(
    projects: Projects, new_files: dict[str, bytes], in_conflict: Path
) -> None:
    assert "Good work!" in projects.run(UPDATE, in_conflict)
    listed = projects.run(CONFLICTS, in_conflict)
    assert sorted(listed.split()) == sorted(["Dockerfile", "README.md", *LOCKS])

    projects.run(TAKE_LOCKS + "git checkout --ours Dockerfile", in_conflict)
    projects.run("git checkout --theirs README.md && git add README.md", in_conflict)
    edit_readme(in_conflict)

    expected = new_files | {"Dockerfile": b"FROM scratch\n"}
    assert differing_files(read_files(in_conflict), expected) == set()


def test_update_without_the_first_render_leaves_rej_files(
    projects: Projects, new_files: dict[str, bytes], unmergeable: Path
) -> None:
    projects.run(UPDATE, unmergeable)

    assert projects.run(CONFLICTS, unmergeable) == "README.md.rej\n"
    assert differing_files(read_files(unmergeable), new_files) == {"README.md", "README.md.rej"}


def test_edited_file_that_has_moved_is_named_and_stays(
    projects: Projects, new_files: dict[str, bytes], last: str
) -> None:
    project = projects.make(last)
    append_text(project / MOVED, MINE)
    projects.commit(project)

    output = projects.run(UPDATE, project)

    documented_error = "error: removal patch leaves file contents\n"
    assert f"{documented_error}error: {MOVED}: patch does not apply\n" in output
    assert projects.run(CONFLICTS, project) == "README.md.rej\n"
    assert differing_files(read_files(project), new_files) == {MOVED, "README.md", "README.md.rej"}
    assert (project / MOVED).read_text().endswith(MINE)


def test_edited_tests_survive_in_a_file_of_ones_own(
    projects: Projects, new_files: dict[str, bytes], last: str
) -> None:
    project = projects.make(last)
    append_text(project / MOVED, MINE)
    projects.commit(project)
    edited = (project / MOVED).read_bytes()

    projects.run(KEEP_TESTS, project)
    output = projects.run(UPDATE, project)

    assert "error" not in re.sub(r"\S*errors\S*", "", output)
    assert projects.run(CONFLICTS, project) == "README.md\n"
    kept = read_files(project).keys() - new_files.keys()
    assert {name: read_files(project)[name] for name in kept} == {"tests/test_greetings.py": edited}


def test_edits_of_a_renamed_module_move_along(
    projects: Projects, new_files: dict[str, bytes], last: str
) -> None:
    project = projects.make(last)
    append_text(project / PACKAGE / "headers.py", MINE)
    projects.commit(project)

    projects.run(UPDATE, project)

    renamed = f"{PACKAGE}/security_headers.py"
    assert differing_files(read_files(project), new_files) == {"README.md", renamed}
    assert read_files(project)[renamed] == new_files[renamed] + MINE.encode()


@pytest.mark.parametrize("kind", ["in_conflict", "unmergeable"])
def test_update_with_conflicts_can_be_undone(
    request: pytest.FixtureRequest, projects: Projects, kind: str
) -> None:
    project: Path = request.getfixturevalue(kind)
    before = read_files(project)
    projects.run(UPDATE, project)

    projects.run(TAKE_BACK, project)

    assert read_files(project) == before
    assert git(project, "status", "--porcelain") == ""


def test_project_of_cookiecutter_is_linked_and_updated(
    projects: Projects, new_files: dict[str, bytes], second: str
) -> None:
    folder = projects.folder()
    given = shlex.join(f"{question}={answer}" for question, answer in ANSWERS.items())
    remote = f"git+file://{projects.template}"  # cookiecutter ignores --checkout for a path
    projects.run(f"cookiecutter --no-input --checkout {second} {remote} {given}", folder)
    project = folder / ANSWERS["project_slug"]
    date = git(projects.template, "show", "--no-patch", "--format=%cI", second)
    projects.begin_history(project, date)
    make_user_edits(project)
    projects.commit(project)

    commit = projects.run(FIND, project).split()[-1]
    answers = [*list(ANSWERS.values())[:-2], "2", "1", ""]
    link = LINK.replace("<commit>", commit)
    shown = projects.run(link, project, typed="".join(f"{answer}\n" for answer in answers))
    projects.commit(project)
    projects.run(UPDATE, project)

    assert commit == second
    assert set(re.findall(r"^--- upstream-template-old/(\S+)", shown, re.MULTILINE)) == {
        "README.md",
        f"{PACKAGE}/config.py",
        f"{PACKAGE}/routes.py",
    }
    assert differing_files(read_files(project), new_files) == {"README.md"}


def test_rendering_over_a_project_loses_its_edits(projects: Projects) -> None:
    project = projects.make()
    before = (project / PACKAGE / "routes.py").read_text()
    given = shlex.join(f"{question}={answer}" for question, answer in ANSWERS.items())

    over = f"cookiecutter --no-input --overwrite-if-exists {ADDRESS} {given}"
    projects.run(over, project.parent)

    assert "get_orders" in before
    assert "get_orders" not in (project / PACKAGE / "routes.py").read_text()
