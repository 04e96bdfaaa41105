"""What is imported is asked for in pyproject.toml, and what is asked for there is imported."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ..support.environ import user_environ
from ..support.paths import TEMPLATE
from ..support.rendering import Bake

pytestmark = pytest.mark.slow

UNUSED, UNASKED, TRANSITIVE = "DEP002", "DEP001", "DEP003"

NEVER_IMPORTED = (
    *("coverage", "mypy", "pip-audit", "pre-commit", "pre-commit-hooks", "ruff", "zizmor"),
    *("types-flask-cors", "types-python-jose", "types-pyyaml", "types-requests"),
    "gunicorn",  # a command
    "flask-swagger-ui",  # the page takes its files and runs none of its Python
)
TRANSITIVELY_IMPORTED = (
    *("click", "werkzeug"),  # Flask's own, from which its documents say to import
    "openapi_schema_validator",  # on which openapi-spec-validator is built
    "urllib3",  # whose errors those of requests hold
)
PROJECT_OPTIONS = (
    "--known-first-party=local_auth0",
    f"--per-rule-ignores={UNUSED}={'|'.join(NEVER_IMPORTED)},{TRANSITIVE}={'|'.join(TRANSITIVELY_IMPORTED)}",
)
EVERYTHING = (".", r"--exclude=\..+", "--non-dev-dependency-groups=dev")
SHIPPED = (".", r"--exclude=\..+|tests|local_auth0|conftest")


def run_deptry(folder: Path, *options: str, tools: Path | None = None) -> str:
    """Return what deptry finds wrong. It knows a package by its name alone that is not in `tools`."""
    packages = [str(path) for path in (tools or folder).glob(".venv/lib/*/site-packages")]
    done = subprocess.run(
        [Path(sys.executable).with_name("deptry"), "--no-ansi", *options],
        cwd=folder,
        env=user_environ(PYTHONPATH=os.pathsep.join(packages)),
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stderr if done.returncode else ""


def test_template_imports_its_direct_dependencies() -> None:
    assert run_deptry(TEMPLATE, ".") == ""


@pytest.mark.parametrize("options", [EVERYTHING, SHIPPED], ids=["everything", "what is shipped"])
def test_project_imports_its_direct_dependencies(
    ready_project: Path, options: tuple[str, ...]
) -> None:
    assert run_deptry(ready_project, *options, *PROJECT_OPTIONS) == ""


@pytest.mark.parametrize(
    ("file", "old", "new", "options", "finding"),
    [
        (
            "pyproject.toml",
            '    "flask",\n',
            '    "flask",\n    "nowhere",\n',
            EVERYTHING,
            f"{UNUSED} 'nowhere'",
        ),
        (
            "pyproject.toml",
            '    "pytest",\n',
            '    "pytest",\n    "nowhere",\n',
            EVERYTHING,
            f"{UNUSED} 'nowhere'",
        ),
        (
            "messages_api/routes.py",
            "\n\n",
            "\nimport nowhere\n\n",
            EVERYTHING,
            f"{UNASKED} 'nowhere'",
        ),
        ("messages_api/routes.py", "\n\n", "\nimport pytest\n\n", SHIPPED, "DEP004 'pytest'"),
    ],
    ids=["unused", "unused by the tests", "never asked for", "asked for the tests alone"],
)
def test_what_a_project_asks_for_too_much_or_too_little_is_found(
    bake: Bake,
    ready_project: Path,
    file: str,
    old: str,
    new: str,
    options: tuple[str, ...],
    finding: str,
) -> None:
    project = bake()
    text = (project / file).read_text(encoding="utf-8")
    (project / file).write_text(text.replace(old, new, 1), encoding="utf-8")

    assert finding in run_deptry(project, *options, *PROJECT_OPTIONS, tools=ready_project)
