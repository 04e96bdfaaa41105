"""What an update cannot merge, and a project that does not know yet where it came from."""

import re
import shlex
from pathlib import Path

import pytest

from .git import git
from .markdown import blocks
from .owner import ANSWERS, PACKAGE, append, edit, replace
from .places import TEMPLATE
from .projects import ADDRESS, Projects, contents, differing
from .releases import read_changelog

pytestmark = pytest.mark.slow

_, UPDATE, TAKE_BACK, _, CONFLICTS, TAKE_LOCKS, FIND, LINK = blocks(
    TEMPLATE / "UPGRADING.md", "bash"
)
LOCKS = ["requirements.txt", "requirements-dev.txt"]
MOVED = "tests/test_decorators.py"
"""A file of 0.2.0 that the template has moved since."""
SENTENCE = "An empty or malformed setting stops the start."


@pytest.fixture
def second(projects: Projects) -> str:
    """The commit of 0.2.0, after which an update meets with conflicts."""
    (version,) = (v for v in read_changelog(TEMPLATE).versions if v.number == "0.2.0")
    return projects.commit_of(version)


@pytest.fixture
def in_conflict(projects: Projects, second: str) -> Path:
    """A project of 0.2.0 in which the owner has also edited what the template then changes."""
    project = projects.make(second)
    for lock in LOCKS:
        relocked = (project / lock).read_text().replace("--hash=sha256:", "--hash=sha256:0")
        (project / lock).write_text(relocked)
    (project / "Dockerfile").write_text("FROM scratch\n")
    projects.commit(project)
    return project


@pytest.fixture
def unmergeable(projects: Projects, second: str) -> Path:
    """A project of 0.2.0 whose first commit was made after an edit of what the template changes."""
    project = projects.make(second)
    replace(project / "README.md", SENTENCE, "A bad setting stops the start.")
    projects.run("rm -r .git", project)
    projects.begin_history(project)
    return project


def test_conflicts_are_listed_and_solved_as_the_page_says(
    projects: Projects, anew: dict[str, bytes], in_conflict: Path
) -> None:
    assert "Good work!" in projects.run(UPDATE, in_conflict)
    listed = projects.run(CONFLICTS, in_conflict)
    assert sorted(listed.split()) == sorted(["Dockerfile", *LOCKS])

    projects.run(TAKE_LOCKS + "git checkout --ours Dockerfile", in_conflict)

    assert differing(contents(in_conflict), anew | {"Dockerfile": b"FROM scratch\n"}) == set()


def test_what_git_cannot_merge_without_the_first_render_is_left_beside_the_file(
    projects: Projects, anew: dict[str, bytes], unmergeable: Path
) -> None:
    projects.run(UPDATE, unmergeable)

    assert projects.run(CONFLICTS, unmergeable) == "README.md.rej\n"
    assert differing(contents(unmergeable), anew) == {"README.md", "README.md.rej"}
    assert SENTENCE in (unmergeable / "README.md.rej").read_text()


def test_edited_file_that_has_moved_stays_beside_the_new_one(
    projects: Projects, anew: dict[str, bytes], second: str
) -> None:
    project = projects.make(second)
    append(project / MOVED, "\n# Edited.\n")
    projects.commit(project)

    projects.run(UPDATE, project)

    assert differing(contents(project), anew) == {MOVED}
    assert (project / MOVED).read_text().endswith("\n# Edited.\n")


@pytest.mark.parametrize("kind", ["in_conflict", "unmergeable"])
def test_an_update_with_conflicts_can_be_taken_back(
    request: pytest.FixtureRequest, projects: Projects, kind: str
) -> None:
    project: Path = request.getfixturevalue(kind)
    before = contents(project)
    projects.run(UPDATE, project)

    projects.run(TAKE_BACK, project)

    assert contents(project) == before
    assert git(project, "status", "--porcelain") == ""


def test_a_project_that_came_by_cookiecutter_is_linked_and_updated(
    projects: Projects, anew: dict[str, bytes], second: str
) -> None:
    folder = projects.folder()
    given = shlex.join(f"{question}={answer}" for question, answer in ANSWERS.items())
    remote = f"git+file://{projects.template}"  # of a mere path it takes the newest commit
    projects.run(f"cookiecutter --no-input --checkout {second} {remote} {given}", folder)
    project = folder / ANSWERS["project_slug"]
    date = git(projects.template, "show", "--no-patch", "--format=%cI", second)
    projects.begin_history(project, date)
    edit(project)
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
    assert differing(contents(project), anew) == set()


def test_rendering_over_a_project_loses_its_edits(projects: Projects) -> None:
    project = projects.make()
    before = (project / PACKAGE / "routes.py").read_text()
    given = shlex.join(f"{question}={answer}" for question, answer in ANSWERS.items())

    over = f"cookiecutter --no-input --overwrite-if-exists {ADDRESS} {given}"
    projects.run(over, project.parent)

    assert "get_orders" in before
    assert "get_orders" not in (project / PACKAGE / "routes.py").read_text()
