"""Rendering: every test that needs a project has it made by cookiecutter itself."""

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from cookiecutter.main import cookiecutter

TEMPLATE = Path(__file__).parent.parent

Bake = Callable[..., Path]
Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def bake(tmp_path: Path) -> Bake:
    """Render the template with these answers, the defaults for the rest; return the project."""

    def _bake(output: str = "out", **answers: str) -> Path:
        project = cookiecutter(
            str(TEMPLATE),
            no_input=True,
            extra_context=answers,
            output_dir=str(tmp_path / output),
            default_config={  # type: ignore[arg-type]  # its stub says bool, it takes a dict as well
                "replay_dir": str(tmp_path / "replay"),
                "cookiecutters_dir": str(tmp_path / "cookiecutters"),
            },
        )
        return Path(project)

    return _bake


def user_environ(**extra: str) -> dict[str, str]:
    """The environment of a user's shell: nothing of this test run, and no settings of the API."""
    ours = ("AUTH0_", "CORS_ORIGINS", "COVERAGE", "FLASK_", "LOCAL_AUTH0_", "MAKE", "MFLAGS", "PYTEST", "VIRTUAL_ENV")
    return {name: value for name, value in os.environ.items() if not name.startswith(ours)} | extra


@pytest.fixture(scope="session")
def ready_project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One rendered project for the whole run, its .venv set up by its own Makefile. Do not edit."""
    where = tmp_path_factory.mktemp("ready")
    project = cookiecutter(
        str(TEMPLATE),
        no_input=True,
        output_dir=str(where),
        default_config={  # type: ignore[arg-type]  # as above
            "replay_dir": str(where / "replay"),
            "cookiecutters_dir": str(where / "cookiecutters"),
        },
    )
    subprocess.run(["make", "-s", ".venv/.ready"], cwd=project, env=user_environ(), check=True)
    return Path(project)
