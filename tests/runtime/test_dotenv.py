"""`.env`: every command reads the project's file, and none reads that of a parent folder."""

import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest

from ..support.environ import user_environ
from ..support.processes import free_ports, run_command

pytestmark = pytest.mark.slow

MAKE = [["make", "run"], ["make", "serve"], ["make", "dev"], ["make", "token"]]
DIRECT = [
    [".venv/bin/flask", "auth0", "check"],
    [".venv/bin/gunicorn", "--check-config"],
    [".venv/bin/python", "-m", "local_auth0", "token"],
]
MALFORMED = "AUTH0_AUDIENCE=a b\n"
EXPECTED_ERROR = "Error: AUTH0_AUDIENCE is 'a b': expected one identifier of your own API"

every_command = pytest.mark.parametrize("command", MAKE + DIRECT, ids=" ".join)


@pytest.fixture
def project(ready_project: Path, tmp_path: Path) -> Path:
    """A copy of the project in a folder that can have its own `.env`."""
    project = tmp_path / "above/messages-api"
    shutil.copytree(ready_project, project, ignore=shutil.ignore_patterns(".venv", ".*_cache"))
    (project / ".venv").symlink_to(ready_project / ".venv")
    return project


def run_in_project(
    command: Sequence[str], project: Path, port: str, **environ: str
) -> tuple[int, str]:
    """Run a command that exits, because its port is in use; return its exit status and output."""
    ports = {"PORT": port, "LOCAL_AUTH0_PORT": str(free_ports(1)[0])}
    settings = {"AUTH0_DOMAIN": "localhost:1"} | ports | environ
    done = run_command(command, project, user_environ(**settings))
    return done.returncode, done.stdout


@every_command
def test_file_of_the_project_is_read_even_with_a_bom(
    project: Path, taken_port: str, command: list[str]
) -> None:
    (project / ".env").write_text(MALFORMED, encoding="utf-8-sig")

    status, output = run_in_project(command, project, taken_port)

    assert status != 0
    assert EXPECTED_ERROR in output
    assert "Traceback" not in output


@every_command
def test_file_of_a_parent_folder_is_not_read(
    project: Path, taken_port: str, command: list[str]
) -> None:
    (project.parent / ".env").write_text(MALFORMED)

    status, output = run_in_project(command, project, taken_port)

    assert "AUTH0_AUDIENCE" not in output
    assert "Traceback" not in output
    if "flask" in command[0]:
        assert status == 1
        assert output == (
            f"Error: The nearest .env is '{project.parent}/.env': expected {project}/.env:"
            " create it.\n"
        )
    elif command[1] in ("run", "serve", "dev"):
        assert f"{taken_port}" in output  # the command failed only because of the port
    else:
        assert status == 0


def test_empty_file_hides_that_of_a_parent_folder_from_flask(
    project: Path, taken_port: str
) -> None:
    (project.parent / ".env").write_text(MALFORMED)
    (project / ".env").touch()

    _, output = run_in_project(DIRECT[0], project, taken_port)

    assert 'The audience "https://quickstarts/api" is neither' in output


@pytest.mark.parametrize("command", MAKE + DIRECT[1:], ids=" ".join)
def test_file_in_another_encoding_is_reported_in_one_line(
    project: Path, taken_port: str, command: list[str]
) -> None:
    (project / ".env").write_text(MALFORMED, encoding="utf-16")

    _, output = run_in_project(command, project, taken_port)

    errors = [line for line in output.splitlines() if line.startswith("Error: ")]
    assert len(errors) == 1
    assert errors[0].startswith(f"Error: {project}/.env is '")
    assert errors[0].endswith(": expected text in UTF-8.")
    assert "Traceback" not in output
