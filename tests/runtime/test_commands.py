"""The rendered Makefile when something is wrong: it says what, and what to do, and ends not 0."""

import os
import re
import shutil
import socket
import subprocess
import sys
import venv
from collections.abc import Iterator
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
# Of the venv that it makes, ensurepip is broken; it has no pip itself.
[ "$2" != pip ] || exit 1
{sys.executable} "$@" || exit
[ "$2" != venv ] || {{ rm .venv/bin/python; printf '#!/bin/sh\\nexit 1\\n' >.venv/bin/python; chmod +x .venv/bin/python; }}
"""


def make(project: Path, *arguments: str, **environ: str) -> tuple[int, str]:
    """Run make as a user does; return its exit code and what it has said. It has to end."""
    with running(["make", *arguments], project, user_environ(**environ)) as process:
        try:
            output = process.communicate(timeout=60)[0]
        except subprocess.TimeoutExpired:
            pytest.fail(f"'make {' '.join(arguments)}' has not ended")
        return process.returncode, output.decode()


@pytest.fixture
def taken_port() -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield str(server.getsockname()[1])


@pytest.fixture
def free_port() -> str:
    return str(free_ports(1)[0])


@pytest.mark.slow
@pytest.mark.parametrize("command", ["run", "serve", "dev"])
def test_a_taken_port_is_named(
    ready_project: Path, taken_port: str, free_port: str, command: str
) -> None:
    code, said = make(
        ready_project,
        command,
        AUTH0_DOMAIN="tenant.example.com",
        PORT=taken_port,
        LOCAL_AUTH0_PORT=free_port,
    )
    assert code != 0
    assert re.search(rf"{taken_port}\b.* in use", said), said
    assert "Traceback" not in said


@pytest.mark.slow
def test_a_taken_port_of_the_stand_in_tenant_is_named(
    ready_project: Path, taken_port: str, free_port: str
) -> None:
    code, said = make(ready_project, "dev", PORT=free_port, LOCAL_AUTH0_PORT=taken_port)

    assert code != 0
    assert f"Port {taken_port} is in use" in said
    assert "Traceback" not in said


@pytest.mark.slow
@pytest.mark.parametrize("command", ["run", "serve"])
def test_a_tenant_still_to_be_set_is_a_way_to_make_dev(
    ready_project: Path, free_port: str, command: str
) -> None:
    code, said = make(ready_project, command, PORT=free_port)

    assert code != 0
    assert errors(said) == [
        "Error: AUTH0_DOMAIN is 'your-tenant.auth0.example': expected your tenant's domain;"
        " 'make dev' needs none."
    ]


@pytest.mark.slow
@pytest.mark.parametrize("command", ["run", "serve"])
def test_a_bad_domain_is_refused_in_one_line(
    ready_project: Path, free_port: str, command: str
) -> None:
    code, said = make(ready_project, command, AUTH0_DOMAIN="http://x", PORT=free_port)

    assert code != 0
    (error,) = errors(said)
    assert error.startswith("Error: AUTH0_DOMAIN is 'http://x': expected a host name")


@pytest.mark.slow
@pytest.mark.parametrize("command", ["run", "serve", "dev", "token"])
def test_an_empty_audience_is_refused_in_one_line(
    ready_project: Path, free_port: str, command: str
) -> None:
    settings = {"AUTH0_DOMAIN": "tenant.example.com", "AUTH0_AUDIENCE": "", "PORT": free_port}
    code, said = make(ready_project, command, **settings)

    assert code != 0
    (error,) = errors(said)
    assert error.startswith("Error: AUTH0_AUDIENCE is '': expected the identifier of your own API")


@pytest.mark.slow
@pytest.mark.parametrize("command", ["run", "serve", "dev"])
def test_a_port_that_is_none_is_refused_in_one_line(ready_project: Path, command: str) -> None:
    code, said = make(ready_project, command, AUTH0_DOMAIN="tenant.example.com", PORT="http")

    assert code != 0
    assert "Traceback" not in said
    assert [error for error in errors(said) if "http" in error], said


def errors(said: str) -> list[str]:
    """The lines that make, the servers' greetings and the hints of `make dev` do not account for."""
    usual = re.compile(
        r"make: \*\*\*|make\[\d\]| \* (Serving|Debug)|In another|  curl|Or open|stand-in tenant's|Ctrl-C|$"
    )
    return [line for line in said.splitlines() if not usual.match(line)]


NOT_ON_WINDOWS = pytest.mark.skipif(
    sys.platform == "win32", reason="the Makefile is not for Windows: the README has lines for it"
)


@NOT_ON_WINDOWS
def test_an_older_python_is_named_with_its_version(bake: Bake, tmp_path: Path) -> None:
    older = tmp_path / "python-of-old"
    older.write_text(PYTHON_3_10)
    older.chmod(0o755)
    project = bake()

    code, said = make(project, "test", f"PYTHON={older}")

    assert code != 0
    assert f"{older} is Python 3.10: 3.11 or newer is needed. Name one: make PYTHON=" in said
    assert not (project / ".venv").exists()


@NOT_ON_WINDOWS
def test_a_python_that_is_not_there_is_named(bake: Bake) -> None:
    project = bake()

    code, said = make(project, "test", "PYTHON=python-of-nowhere")

    assert code != 0
    assert "There is no 'python-of-nowhere': install Python 3.11 or newer, or name one" in said
    assert not (project / ".venv").exists()


@pytest.mark.slow
def test_a_set_up_that_reaches_no_index_names_it(bake: Bake) -> None:
    project = bake()

    code, said = make(project, "test", f"PYTHON={sys.executable}", **UNREACHABLE_INDEX)

    assert code != 0
    assert "Looking in indexes: https://127.0.0.1:1/simple" in said, said
    assert "pip cannot install uv: is PyPI, or the index that pip is set to, within reach?" in said
    assert not (project / ".venv/.ready").exists()


@pytest.mark.slow
def test_a_set_up_leaves_alone_the_python_that_uv_is_set_to(bake: Bake, tmp_path: Path) -> None:
    another = tmp_path / "another"
    venv.create(another)
    before = sorted(another.rglob("*"))
    project = bake()

    code, said = make(project, ".venv/.ready", UV_PYTHON=str(another / "bin/python"), PIP_USER="1")

    assert code == 0, said
    assert sorted(another.rglob("*")) == before
    assert (project / ".venv/bin/flask").exists()


@pytest.mark.slow
@pytest.mark.parametrize("has_pip", [True, False], ids=["with pip", "without pip"])
def test_a_python_with_a_blank_in_its_path_sets_up(
    bake: Bake, tmp_path: Path, has_pip: bool
) -> None:
    venv.create(tmp_path / "a blank", with_pip=has_pip)
    project = bake()

    code, said = make(project, ".venv/.ready", f"PYTHON={tmp_path}/a blank/bin/python")

    assert code == 0, said
    assert (project / ".venv/bin/flask").exists()


@pytest.mark.slow
def test_a_python_that_can_install_nothing_is_told_what_it_lacks(
    bake: Bake, tmp_path: Path
) -> None:
    lacking = tmp_path / "python-of-debian"
    lacking.write_text(WITHOUT_PIP)
    lacking.chmod(0o755)
    project = bake()

    code, said = make(project, ".venv/.ready", f"PYTHON={lacking}")

    assert code != 0
    assert f"{lacking} has neither pip nor ensurepip: on Debian and Ubuntu, apt-get" in said
    assert "within reach" not in said


@pytest.mark.slow
def test_an_audit_that_reaches_nobody_does_not_pass(ready_project: Path) -> None:
    code, said = make(ready_project, "audit", HTTPS_PROXY="http://127.0.0.1:1", NO_PROXY="")

    assert code != 0
    assert "No known vulnerabilities found" not in said


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
    ids=["a private key", "a workflow that runs what strangers write", "TLS switched off"],
)
def test_lint_finds_what_would_be_a_hole(
    ready_project: Path, tmp_path: Path, file: str, text: str, complaint: str
) -> None:
    project = tmp_path / "messages-api"
    shutil.copytree(ready_project, project, symlinks=True)
    (project / ".venv" / ".ready").touch()
    (project / file).parent.mkdir(exist_ok=True)
    (project / file).write_text(text)

    code, said = make(project, "lint")

    assert code != 0
    assert complaint in said
