"""The commands and the example code in the READMEs of the template and of a project work."""

import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from ..support.environ import user_environ
from ..support.markdown import code_blocks
from ..support.paths import TEMPLATE
from ..support.processes import check_output, free_ports, run_in_parallel, running, wait_until_up
from ..support.rendering import Bake

pytestmark = pytest.mark.slow


def run_bash(command: str, folder: Path, environ: Mapping[str, str], stdin: str = "") -> str:
    """Run one or more commands in bash, which must succeed; return the output."""
    return check_output(["bash", "-ec", command], folder, environ, stdin)


@dataclass(frozen=True)
class DevServer:
    """A running `make dev`."""

    project: Path
    port: int
    tenant_port: int
    environ: dict[str, str]


@pytest.fixture(scope="module")
def dev_server(ready_project: Path) -> Iterator[DevServer]:
    """The running command of the first block in the project's README."""
    port, tenant_port = free_ports(2)
    environ = user_environ(PORT=str(port), LOCAL_AUTH0_PORT=str(tenant_port), NO_PROXY="localhost")
    run, *_ = code_blocks(ready_project / "README.md", "bash")
    with running(run.split(), ready_project, environ, subprocess.DEVNULL):
        wait_until_up(f"http://127.0.0.1:{port}/api/public")
        yield DevServer(ready_project, port, tenant_port, environ)


def test_first_commands_create_an_api_that_responds(ready_project: Path, tmp_path: Path) -> None:
    blocks = code_blocks(TEMPLATE / "README.md", "bash")
    (generation,) = (block for block in blocks if block.startswith("uvx"))
    script = generation.replace("uvx", "yes '' | uvx").replace(
        "gh:org/template", shlex.quote(str(TEMPLATE))
    )
    tools = ready_project / ".venv/bin"
    port, tenant_port = free_ports(2)
    cache = run_bash(f"{tools}/uv cache dir", tmp_path, user_environ()).strip()
    environ = user_environ(
        PATH=f"{os.environ['PATH']}:{tools}",
        HOME=str(tmp_path / "home"),
        UV_CACHE_DIR=cache,
        PORT=str(port),
        LOCAL_AUTH0_PORT=str(tenant_port),
    )

    with running(["bash", "-ec", script], tmp_path, environ, subprocess.DEVNULL) as process:
        wait_until_up(f"http://127.0.0.1:{port}/api/public", process)

    assert (tmp_path / "messages-api/.venv").exists()


def test_curl_commands_get_the_documented_statuses(dev_server: DevServer) -> None:
    _, call, *_ = code_blocks(dev_server.project / "README.md", "bash")
    script = call.replace("localhost:3010", f"localhost:{dev_server.port}")
    script = script.replace("curl ", "curl -s -o /dev/null -w '%{http_code}\\n' ")
    expected = re.findall(r"# (\d{3})$", call, re.MULTILINE)

    statuses = run_bash(script, dev_server.project, dev_server.environ)

    assert expected == ["200", "401", "200", "403", "200"]
    assert statuses.split() == expected


def test_check_and_explain_accept_the_stand_in_tenant(dev_server: DevServer) -> None:
    readme = dev_server.project / "README.md"
    (block,) = [text for text in code_blocks(readme, "bash") if "auth0" in text]
    pattern = r"`AUTH0_DOMAIN=(\S+):3011 (\w+)=(\S+)` before"
    ((host, name, ca_file),) = re.findall(pattern, readme.read_text())
    environ = dev_server.environ | {
        "AUTH0_DOMAIN": f"{host}:{dev_server.tenant_port}",
        name: ca_file,
    }
    token = run_bash(
        ".venv/bin/python -m local_auth0 token", dev_server.project, dev_server.environ
    )

    check, explain = (
        run_bash(line, dev_server.project, environ, token) for line in block.splitlines()
    )

    assert (
        f"✓ localhost:{dev_server.tenant_port} responds over TLS, with a trusted certificate."
        in check
    )
    assert '✓ sub is "local-client@clients".' in explain


def test_copied_settings_are_applied(bake: Bake, ready_project: Path) -> None:
    project = bake()
    found = code_blocks(project / "README.md", "bash")
    (copy,) = (text for text in found if text.endswith(".env # readable only by you\n"))

    run_bash(copy, project, user_environ())
    assert (project / ".env").stat().st_mode & 0o777 == 0o600
    settings = (project / ".env").read_text()
    (project / ".env").write_text(settings.replace("#AUTH0_DOMAIN", "AUTH0_DOMAIN"))

    routes = run_bash(f"{ready_project}/.venv/bin/flask routes", project, user_environ())
    assert "/api/private-scoped" in routes


def test_example_code_passes_lint_and_tests(ready_project: Path, tmp_path: Path) -> None:
    project = tmp_path / "messages-api"
    shutil.copytree(ready_project, project, ignore=shutil.ignore_patterns(".venv", ".*_cache"))
    own_routes, own_test = code_blocks(project / "README.md", "python")
    routes = project / "messages_api" / "routes.py"
    imports, views = own_routes.split("\n\n\n", 1)
    kept = [line for line in routes.read_text().splitlines() if not line.startswith("from .auth")]
    kept.insert(kept.index("") + 3, imports)
    routes.write_text("\n".join(kept) + "\n\n\n" + views)
    own = "tests/test_own.py"
    (project / own).write_text(own_test)

    tools = (["ruff", "check"], ["ruff", "format", "--check"], ["mypy"])
    checks = [[*tool, "messages_api", own] for tool in tools]
    run_in_parallel([*checks, ["pytest", "-q", own]], project, ready_project / ".venv/bin")
