"""Without an extra, and without all of them, a project is sound by its own tools, and serves."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from .environ import user_environ
from .leaves import LEAVES, STAND_IN, Leaf, delete
from .places import TEMPLATE
from .processes import free_ports, run_all, running, wait_until_up
from .rendering import Bake
from .taking_out import PUBLIC

SIZE = r"With all rows applied, what is left is a package of ([\d,]+ lines of Python in \d+ files)"

LINTED = (
    ["ruff", "check"],
    ["ruff", "format", "--check"],
    ["zizmor", "--offline", "--quiet", ".github"],
)
SLOW = ("hostile", "jwks", "keys", "local_auth0", "properties", "tokens")
"""The project's tests that take most of the time, and hardly look at an answer of the app."""

USED = (
    *("deptry", ".", "--exclude", r"\.venv"),  # it would leave out the tests as well
    *("--ignore", "DEP004"),  # they import what is of the group dev
    *("--package-module-name-map", "python-dotenv=dotenv"),
    "--per-rule-ignores",
    "DEP001=openapi_schema_validator"  # comes with openapi-spec-validator
    ",DEP002=flask-swagger-ui|gunicorn"  # nobody imports them
    ",DEP003=click|urllib3|werkzeug",  # come with Flask and requests
)
"""What is imported is what pyproject.toml names."""

TESTED = (["mypy"], ["pytest", "-q", *(f"--ignore=tests/test_{name}.py" for name in SLOW)])


def lines_and_files(package: Path) -> tuple[int, int]:
    """How much Python there is to read: comments and docstrings count, blank lines do not."""
    sources = [path.read_text(encoding="utf-8") for path in package.rglob("*.py")]
    return sum(bool(line.strip()) for text in sources for line in text.splitlines()), len(sources)


def serve(project: Path, tools: Path) -> None:
    """Start the API as in production, until it answers."""
    (port,) = free_ports(1)
    environ = user_environ(AUTH0_DOMAIN="localhost:1", PORT=str(port), WEB_CONCURRENCY="1")
    with running([str(tools / "gunicorn")], project, environ) as server:
        wait_until_up(f"http://127.0.0.1:{port}{PUBLIC}", server)


def test_the_readme_says_how_small_the_bare_api_is(bake: Bake) -> None:
    project = bake(deployment="kubernetes")

    for leaf in LEAVES:
        delete(leaf, project)

    lines, files = lines_and_files(project / "messages_api")
    readme = " ".join((TEMPLATE / "README.md").read_text(encoding="utf-8").split())
    assert re.findall(SIZE, readme) == [f"{lines:,} lines of Python in {files} files"]


@pytest.mark.parametrize("leaf", LEAVES, ids=lambda leaf: leaf.row)
def test_an_extra_takes_its_packages_along_and_no_others(bake: Bake, leaf: Leaf) -> None:
    project = bake(deployment="kubernetes")

    delete(leaf, project)

    used = [sys.executable, "-m", *USED]
    done = subprocess.run(used, cwd=project, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("leaf", LEAVES, ids=lambda leaf: leaf.row)
def test_without_an_extra_the_project_is_sound(bake: Bake, ready_project: Path, leaf: Leaf) -> None:
    project, tools = bake(deployment="kubernetes"), ready_project / ".venv/bin"

    delete(leaf, project)

    of_python = any(file.endswith(".py") for file in leaf.named)
    run_all([*LINTED, *(TESTED if of_python else ())], project, tools)
    serve(project, tools)


@pytest.mark.slow
def test_without_all_extras_the_tests_cover_every_branch(bake: Bake, ready_project: Path) -> None:
    project, tools = bake(deployment="kubernetes"), ready_project / ".venv/bin"

    for leaf in LEAVES:
        if leaf is not STAND_IN:
            delete(leaf, project)

    run_all([*LINTED, ["mypy"], ["coverage", "run", "-m", "pytest", "-q"]], project, tools)
    run_all([["coverage", "report"]], project, tools)


@pytest.mark.slow
def test_the_bare_api_is_sound(bake: Bake, ready_project: Path) -> None:
    project, tools = bake(deployment="kubernetes"), ready_project / ".venv/bin"

    for leaf in LEAVES:
        delete(leaf, project)

    run_all([*LINTED, ["mypy"], ["coverage", "run", "-m", "pytest", "-q"]], project, tools)
    run_all([["coverage", "report"]], project, tools)
    serve(project, tools)
