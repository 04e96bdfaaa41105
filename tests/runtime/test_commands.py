"""The rendered Makefile when something is wrong: it reports the problem and a hint, and fails."""

import os
import re
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from ..support.environ import user_environ
from ..support.processes import free_ports, running
from ..support.rendering import Bake

UNREACHABLE_INDEX = {
    "PIP_CONFIG_FILE": os.devnull,
    "PIP_FIND_LINKS": "",
    "PIP_INDEX_URL": "https://127.0.0.1:1/simple",
    "PIP_RETRIES": "0",
    "UV_INDEX_URL": "https://127.0.0.1:1/simple",
}

PYTHON_3_10 = f"""\
#!{sys.executable}
import sys
option, code = sys.argv[1:]
sys.version_info = (3, 10, 13, "final", 0)
exec({{"-c": code}}[option])
"""

WITHOUT_PIP = f"""\
#!/bin/sh
# It has no pip, and ensurepip is broken in the venv that it creates.
[ "$2" != pip ] || exit 1
{sys.executable} "$@" || exit
[ "$2" != venv ] || {{ rm .venv/bin/python; printf '#!/bin/sh\\nexit 1\\n' >.venv/bin/python; chmod +x .venv/bin/python; }}
"""


def run_make(project: Path, *arguments: str, **environ: str) -> tuple[int, str]:
    """Run make for at most a minute; return its exit status and output."""
    with running(["make", *arguments], project, user_environ(**environ)) as process:
        try:
            output = process.communicate(timeout=60)[0]
        except subprocess.TimeoutExpired:
            pytest.fail(f"'make {' '.join(arguments)}' did not exit within 60 s")
        return process.returncode, output.decode()


@pytest.fixture
def free_port() -> str:
    return str(free_ports(1)[0])


@pytest.mark.slow
@pytest.mark.parametrize("command", ["run", "serve", "dev"])
def test_taken_port_is_reported(
    ready_project: Path, taken_port: str, free_port: str, command: str
) -> None:
    status, output = run_make(
        ready_project,
        command,
        AUTH0_DOMAIN="tenant.example.com",
        PORT=taken_port,
        LOCAL_AUTH0_PORT=free_port,
    )
    assert status != 0
    assert re.search(rf"{taken_port}\b.* in use", output), output
    assert "Traceback" not in output


@pytest.mark.slow
def test_taken_port_of_the_stand_in_is_reported(
    ready_project: Path, taken_port: str, free_port: str
) -> None:
    status, output = run_make(ready_project, "dev", PORT=free_port, LOCAL_AUTH0_PORT=taken_port)

    assert status != 0
    assert f"Port {taken_port} is in use" in output
    assert "Traceback" not in output


@pytest.mark.slow
@pytest.mark.parametrize("command", ["run", "serve"])
def test_missing_tenant_points_to_make_dev(
    ready_project: Path, free_port: str, command: str
) -> None:
    status, output = run_make(ready_project, command, PORT=free_port)

    assert status != 0
    assert error_lines(output) == [
        "Error: AUTH0_DOMAIN is 'your-tenant.auth0.example': expected your tenant's domain;"
        " 'make dev' needs none."
    ]


@pytest.mark.slow
@pytest.mark.parametrize("command", ["run", "serve"])
def test_malformed_domain_is_rejected_in_one_line(
    ready_project: Path, free_port: str, command: str
) -> None:
    status, output = run_make(ready_project, command, AUTH0_DOMAIN="http://x", PORT=free_port)

    assert status != 0
    (error,) = error_lines(output)
    assert error.startswith("Error: AUTH0_DOMAIN is 'http://x': expected different host names")


@pytest.mark.slow
@pytest.mark.parametrize("command", ["run", "serve", "dev", "token"])
def test_empty_audience_is_rejected_in_one_line(
    ready_project: Path, free_port: str, command: str
) -> None:
    settings = {"AUTH0_DOMAIN": "tenant.example.com", "AUTH0_AUDIENCE": "", "PORT": free_port}
    status, output = run_make(ready_project, command, **settings)

    assert status != 0
    (error,) = error_lines(output)
    assert error.startswith("Error: AUTH0_AUDIENCE is '': expected one identifier of your own API")


@pytest.mark.slow
@pytest.mark.parametrize("command", ["run", "serve", "dev"])
def test_malformed_port_is_rejected_in_one_line(ready_project: Path, command: str) -> None:
    status, output = run_make(
        ready_project, command, AUTH0_DOMAIN="tenant.example.com", PORT="http"
    )

    assert status != 0
    assert "Traceback" not in output
    assert [error for error in error_lines(output) if "http" in error], output


def error_lines(output: str) -> list[str]:
    """Return all lines except those of make, start messages and the instructions of `make dev`."""
    usual = re.compile(
        r"make: \*\*\*|make\[\d\]| \* (Serving|Debug)|In another|  curl|Or open|stand-in tenant's|Ctrl-C|$"
    )
    return [line for line in output.splitlines() if not usual.match(line)]


NOT_ON_WINDOWS = pytest.mark.skipif(
    sys.platform == "win32", reason="the Makefile needs a Unix shell; Windows has its own commands"
)


@NOT_ON_WINDOWS
def test_older_python_is_rejected_with_its_version(bake: Bake, tmp_path: Path) -> None:
    older = tmp_path / "old-python"
    older.write_text(PYTHON_3_10)
    older.chmod(0o755)
    project = bake()

    status, output = run_make(project, "test", f"PYTHON={older}")

    assert status != 0
    assert f"{older} is Python 3.10, not 3.11 or newer. Choose one: make PYTHON=" in output
    assert not (project / ".venv").exists()


@NOT_ON_WINDOWS
def test_missing_python_is_reported(bake: Bake) -> None:
    project = bake()

    status, output = run_make(project, "test", "PYTHON=no-such-python")

    assert status != 0
    assert "'no-such-python' was not found. Install Python 3.11 or newer, or choose" in output
    assert not (project / ".venv").exists()


@pytest.mark.slow
def test_unreachable_index_is_reported(bake: Bake) -> None:
    project = bake()

    python = Path(sys.executable).resolve()  # not that of .venv, which has no pip
    status, output = run_make(project, "test", f"PYTHON={python}", **UNREACHABLE_INDEX)

    assert status != 0
    assert "Looking in indexes: https://127.0.0.1:1/simple" in output, output
    assert "pip cannot install uv. Is its package index, PyPI by default, reachable?" in output
    assert not (project / ".venv/.ready").exists()


@pytest.mark.slow
@pytest.mark.parametrize("has_pip", [True, False], ids=["with pip", "without pip"])
def test_set_up_uses_the_given_python(bake: Bake, tmp_path: Path, has_pip: bool) -> None:
    """The path has a space, and the user's UV_PYTHON is another one."""
    venv.create(tmp_path / "a space", with_pip=has_pip)
    another = tmp_path / "another"
    venv.create(another)
    before = sorted(another.rglob("*"))
    project = bake()
    shutil.copy(project / "requirements.txt", project / "requirements-dev.txt")  # fewer packages

    status, output = run_make(
        project,
        ".venv/.ready",
        f"PYTHON={tmp_path}/a space/bin/python",
        UV_PYTHON=str(another / "bin/python"),
        PIP_USER="1",
    )

    assert status == 0, output
    assert sorted(another.rglob("*")) == before
    assert (project / ".venv/bin/flask").exists()


@pytest.mark.slow
def test_python_without_pip_and_ensurepip_is_reported(bake: Bake, tmp_path: Path) -> None:
    python = tmp_path / "debian-python"
    python.write_text(WITHOUT_PIP)
    python.chmod(0o755)
    project = bake()

    status, output = run_make(project, ".venv/.ready", f"PYTHON={python}")

    assert status != 0
    assert f"{python} has neither pip nor ensurepip: on Debian and Ubuntu, apt-get" in output
    assert "reachable" not in output


@pytest.mark.slow
def test_audit_fails_without_a_network(ready_project: Path) -> None:
    status, output = run_make(ready_project, "audit", HTTPS_PROXY="http://127.0.0.1:1", NO_PROXY="")

    assert status != 0
    assert "No known vulnerabilities found" not in output


@pytest.mark.slow
@pytest.mark.parametrize(
    ("file", "text", "complaint"),
    [
        (
            "docs/notes.md",
            "-----BEGIN " + "PRIVATE KEY-----\n",
            "Private key found: ./docs/notes.md",
        ),
        (
            ".github/workflows/greet.yml",
            "on: issues\njobs:\n  greet:\n    runs-on: ubuntu-latest\n    steps:\n"
            "      - run: echo ${{ github.event.issue.title }}\n",
            "template-injection",
        ),
        (
            "messages_api/insecure.py",
            'import requests\n\nrequests.get("https://example.com", timeout=1, verify=False)\n',
            "S501",
        ),
    ],
    ids=["private key", "workflow that runs untrusted text", "TLS without verification"],
)
def test_lint_finds_a_security_flaw(
    ready_project: Path, tmp_path: Path, file: str, text: str, complaint: str
) -> None:
    project = tmp_path / "messages-api"
    shutil.copytree(ready_project, project, ignore=shutil.ignore_patterns(".venv", ".*_cache"))
    (project / ".venv").symlink_to(ready_project / ".venv")
    (project / file).parent.mkdir(exist_ok=True)
    (project / file).write_text(text)

    status, output = run_make(project, "lint", MYPY_CACHE_DIR=str(ready_project / ".mypy_cache"))

    assert status != 0
    assert complaint in output
