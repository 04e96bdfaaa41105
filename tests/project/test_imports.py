"""The dependencies in pyproject.toml match the imports: none is missing, none is unused."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ..support.environ import user_environ
from ..support.paths import TEMPLATE
from ..support.rendering import Bake

pytestmark = pytest.mark.slow

UNUSED, MISSING, TRANSITIVE = "DEP002", "DEP001", "DEP003"

NEVER_IMPORTED = (
    *("coverage", "mypy", "pip-audit", "pre-commit", "pre-commit-hooks", "ruff", "zizmor"),
    *("types-flask-cors", "types-python-jose", "types-pyyaml", "types-requests"),
    "gunicorn",  # a command
    "flask-swagger-ui",  # the docs UI uses its files, but not its Python
)
TRANSITIVELY_IMPORTED = (
    *("click", "werkzeug"),  # Flask's documentation imports from them
    "openapi_schema_validator",  # a dependency of openapi-spec-validator
    "urllib3",  # its errors are the causes of those of requests
)
PROJECT_OPTIONS = (
    "--known-first-party=local_auth0",
    f"--per-rule-ignores={UNUSED}={'|'.join(NEVER_IMPORTED)}"
    f",{TRANSITIVE}={'|'.join(TRANSITIVELY_IMPORTED)}",
)
EVERYTHING = (".", r"--exclude=\..+", "--non-dev-dependency-groups=dev")
SHIPPED = (".", r"--exclude=\..+|tests|local_auth0|conftest")


def run_deptry(folder: Path, *options: str, tools: Path | None = None) -> str:
    """Return deptry's findings. It maps imports to the packages in the .venv of `tools`."""
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


@pytest.mark.parametrize("options", [EVERYTHING, SHIPPED], ids=["all files", "shipped files"])
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
            f"{MISSING} 'nowhere'",
        ),
        ("messages_api/routes.py", "\n\n", "\nimport pytest\n\n", SHIPPED, "DEP004 'pytest'"),
    ],
    ids=["unused", "unused by tests", "missing", "only a dev dependency"],
)
def test_unused_or_missing_dependency_is_reported(
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
