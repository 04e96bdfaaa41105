"""Extras are leaves: whoever owns a rendered project is rid of one by its row in the README.

What a row says stands in `leaves.py` once more, as data that a test carries out. The row has to name
every file and every thing that the data takes out, and nothing else.
"""

import re
from pathlib import Path

import pytest

from .leaves import LEAVES, PYPROJECT, STAND_IN, Leaf, delete
from .rendering import Bake, render
from .taking_out import (
    PUBLIC,
    Edit,
    public,
    without_import,
    without_line,
    without_lines,
    without_part,
)
from .test_render import PROMPTS, text_of

DOCUMENTS = {"README.md", "docs/calling.md", "docs/operations.md"}
KEPT = {*DOCUMENTS, "requirements.txt", "requirements-dev.txt"}
"""Their owner edits the documents as the README says, and `make lock` writes the locks."""

ROWS = [
    pytest.param(leaf, deployment, id=f"{leaf.row}-{deployment}")
    for leaf in LEAVES
    for deployment in leaf.deployments
]


def section(project: Path) -> str:
    """What the README says about what can be deleted."""
    readme = (project / "README.md").read_text(encoding="utf-8")
    _, section = readme.split("\n## What you can delete\n")
    return section.partition("\n## ")[0]


def table(project: Path) -> dict[str, set[str]]:
    """The README's table of what can be deleted: what stands in each row as code, by first cell."""
    _, *rows = re.findall(r"^\| (.+?) \| (.+) \|$", section(project), re.MULTILINE)
    return {first: set(re.findall(r"`(.+?)`", others)) for first, others in rows}


def remaining_tests(project: Path) -> list[str]:
    tests = (project / "tests").rglob("test_*.py")
    return sorted(path.relative_to(project).as_posix() for path in tests)


@pytest.fixture(scope="module")
def projects(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A project for each deployment. Not to be edited."""
    folder = tmp_path_factory.mktemp("leaves")
    return {name: render(folder / name, deployment=name) for name in PROMPTS["deployment"]}


@pytest.mark.parametrize("deployment", PROMPTS["deployment"])
def test_every_extra_that_is_there_has_a_row(projects: dict[str, Path], deployment: str) -> None:
    expected = [leaf.row for leaf in LEAVES if deployment in leaf.deployments]

    assert list(table(projects[deployment])) == expected


@pytest.mark.parametrize(("leaf", "deployment"), ROWS)
def test_a_row_names_what_is_to_be_deleted_and_nothing_else(
    projects: dict[str, Path], leaf: Leaf, deployment: str
) -> None:
    project = projects[deployment]
    said = table(project)[leaf.row]

    files = {file for file in leaf.named if (project / file).exists()}
    things = [
        thing
        for taken_out, _ in leaf.taken_out
        for file in taken_out.keys() & files
        for thing in taken_out[file]
    ]
    words = said - files - {PUBLIC, "make lock", leaf.listing}
    assert files <= said
    assert [thing for thing in things if not any(stands(word, thing) for word in words)] == []
    assert [word for word in words if not any(stands(word, thing) for thing in things)] == []
    assert not leaf.listing or leaf.listing in said
    assert (PUBLIC in said) == bool(leaf.paths)
    assert ("make lock" in said) == (PYPROJECT in files)


def stands(word: str, thing: str) -> bool:
    """Whether a word of a row stands, whole, in what is taken out."""
    return re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", thing) is not None


@pytest.mark.parametrize(("leaf", "deployment"), ROWS)
def test_what_is_deleted_is_named_nowhere_any_more(bake: Bake, leaf: Leaf, deployment: str) -> None:
    project = bake(deployment=deployment)

    delete(leaf, project)

    left = {
        path: found[0]
        for path, text in text_of(project).items()
        if path not in KEPT and (found := re.search(leaf.gone, text))
    }
    assert left == {}


def test_without_the_stand_in_tenant_the_tests_are_left_that_the_readme_names(bake: Bake) -> None:
    project = bake()

    delete(STAND_IN, project)

    prose = re.sub(r"^\|.*", "", section(project), flags=re.MULTILINE)
    assert remaining_tests(project) == sorted(re.findall(r"`(tests/[\w/]*test_\w+\.py)`", prose))


@pytest.mark.parametrize(
    ("edit", "thing"),
    [
        (without_import, "logs"),
        (without_line, "logs.init_app()"),
        (without_lines, "X-Request-ID"),
        (without_part, "tests/test_logs.py"),
        (public, "/healthz"),
    ],
)
@pytest.mark.parametrize("text", ["", "from . import blogs\n    logs.init_app()\n/healthy\n"])
def test_what_is_not_there_cannot_be_taken_out(edit: Edit, thing: str, text: str) -> None:
    with pytest.raises(ValueError, match=r"is there 0 times|is not there"):
        edit(text, thing)
