"""What the READMEs tell a reader to type, typed."""

import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from ..support.environ import user_environ
from ..support.markdown import blocks
from ..support.paths import TEMPLATE
from ..support.processes import free_ports, output_of, run_all, running, wait_until_up
from ..support.rendering import Bake

pytestmark = pytest.mark.slow


def typed(command: str, folder: Path, environ: Mapping[str, str], stdin: str = "") -> str:
    """Type a command or a whole block in bash; return what it prints. It has to end well."""
    return output_of(["bash", "-ec", command], folder, environ, stdin)


def test_the_first_commands_of_the_template_make_an_api_that_answers(
    ready_project: Path, tmp_path: Path
) -> None:
    begin, *_ = blocks(TEMPLATE / "README.md", "bash")
    script = begin.replace("uvx", "yes '' | uvx").replace(
        "gh:<owner>/<this repository>", shlex.quote(str(TEMPLATE))
    )
    tools = ready_project / ".venv/bin"
    port, tenant_port = free_ports(2)
    cache = typed(f"{tools}/uv cache dir", tmp_path, user_environ()).strip()
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


def test_make_dev_and_the_curl_lines_answer_as_the_readme_says(ready_project: Path) -> None:
    run, call = blocks(ready_project / "README.md", "bash")[:2]
    port, tenant_port = free_ports(2)
    environ = user_environ(PORT=str(port), LOCAL_AUTH0_PORT=str(tenant_port))
    script = call.replace("localhost:3010", f"localhost:{port}")
    script = script.replace("curl ", "curl -s -o /dev/null -w '%{http_code}\\n' ")
    expected = re.findall(r"# (\d{3})$", call, re.MULTILINE)

    with running(run.split(), ready_project, environ, subprocess.DEVNULL):
        wait_until_up(f"http://127.0.0.1:{port}/api/public")
        answered = typed(script, ready_project, environ)

    assert expected == ["200", "401", "200", "403", "200"]
    assert answered.split() == expected


def test_the_stand_in_and_its_token_are_found_good(ready_project: Path) -> None:
    (block,) = [text for text in blocks(ready_project / "README.md", "bash") if "auth0" in text]
    commands = block.splitlines()
    port, tenant_port = free_ports(2)
    token = [".venv/bin/python", "-m", "local_auth0", "token"]
    run = [*token[:-1], "run", ".venv/bin/flask", "run", "--port", str(port)]
    environ = user_environ(LOCAL_AUTH0_PORT=str(tenant_port), NO_PROXY="localhost")
    readme = (ready_project / "README.md").read_text()
    ((host, name, ca_file),) = re.findall(r"`AUTH0_DOMAIN=(\S+):3011 (\w+)=(\S+)` before", readme)
    asking = environ | {"AUTH0_DOMAIN": f"{host}:{tenant_port}", name: ca_file}

    with running(run, ready_project, environ, subprocess.DEVNULL):
        wait_until_up(f"http://127.0.0.1:{port}/api/public")
        minted = typed(" ".join(token), ready_project, environ)
        check, explain = (typed(line, ready_project, asking, minted) for line in commands)

    assert f"✓ localhost:{tenant_port} responds over TLS, with a trusted certificate." in check
    assert '✓ sub is "local-client@clients".' in explain


def test_the_settings_to_be_copied_are_taken(bake: Bake, ready_project: Path) -> None:
    project = bake()
    (copy,) = (text for text in blocks(project / "README.md", "bash") if text.startswith("cp "))

    typed(copy, project, user_environ())
    settings = (project / ".env").read_text()
    (project / ".env").write_text(settings.replace("#AUTH0_DOMAIN", "AUTH0_DOMAIN"))

    routes = typed(f"{ready_project}/.venv/bin/flask routes", project, user_environ())
    assert "/api/private-scoped" in routes


def test_the_examples_of_the_readme_are_good_code(ready_project: Path, tmp_path: Path) -> None:
    project = tmp_path / "messages-api"
    shutil.copytree(ready_project, project, ignore=shutil.ignore_patterns(".venv", ".*_cache"))
    own_routes, own_test = blocks(project / "README.md", "python")
    routes = project / "messages_api" / "routes.py"
    imports, views = own_routes.split("\n\n\n", 1)
    kept = [line for line in routes.read_text().splitlines() if not line.startswith("from .auth")]
    kept.insert(kept.index("") + 3, imports)
    routes.write_text("\n".join(kept) + "\n\n\n" + views)
    own = "tests/test_own.py"
    (project / own).write_text(own_test)

    tools = (["ruff", "check"], ["ruff", "format", "--check"], ["mypy"])
    checks = [[*tool, "messages_api", own] for tool in tools]
    run_all([*checks, ["pytest", "-q", own]], project, ready_project / ".venv/bin")
