"""What the READMEs tell a reader to type, typed."""

import re
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from .conftest import TEMPLATE, Bake
from .demo import EXPECTED, table
from .environ import user_environ
from .processes import free_ports, running

pytestmark = pytest.mark.slow


def blocks(readme: Path, language: str) -> list[str]:
    """The fenced blocks of a README in one language, in their order."""
    return re.findall(rf"^```{language}\n(.*?)^```", readme.read_text(), re.DOTALL | re.MULTILINE)


def wait_until_up(url: str) -> None:
    deadline = time.monotonic() + 30
    while True:
        try:
            urllib.request.urlopen(url, timeout=5).close()  # noqa: S310  # an address of loopback
            return
        except urllib.error.URLError:
            assert time.monotonic() < deadline, f"{url} did not answer within 30 s"
            time.sleep(0.1)


def test_make_dev_and_the_curl_lines_answer_as_the_readme_says(ready_project: Path) -> None:
    run, call = blocks(ready_project / "README.md", "bash")[:2]
    port, tenant_port = free_ports(2)
    environ = user_environ(PORT=str(port), LOCAL_AUTH0_PORT=str(tenant_port))
    script = call.replace("localhost:3010", f"localhost:{port}")
    script = script.replace("curl ", "curl -s -o /dev/null -w '%{http_code}\\n' ")
    expected = re.findall(r"# (\d{3})$", call, re.MULTILINE)

    with running(run.split(), ready_project, environ, subprocess.DEVNULL):
        wait_until_up(f"http://127.0.0.1:{port}/api/public")
        typed = subprocess.run(
            ["bash", "-ec", script],
            cwd=ready_project,
            env=environ,
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )

    assert expected == ["200", "401", "200", "403", "200"]
    assert typed.stdout.split() == expected


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

    for command in (
        ["ruff", "check", "messages_api", own],
        ["ruff", "format", "--check", "messages_api", own],
        ["mypy", "messages_api", own],
        ["pytest", "-q", own],
    ):
        tool, *options = command
        done = subprocess.run(
            [ready_project / ".venv" / "bin" / tool, *options],
            cwd=project,
            env=user_environ(),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr


def test_what_the_readme_says_for_windows_are_the_commands_of_the_makefile(
    ready_project: Path,
) -> None:
    (windows,) = blocks(ready_project / "README.md", "powershell")
    lines = [line.removeprefix(".venv\\Scripts\\") for line in windows.splitlines() if line]

    makefile = (ready_project / "Makefile").read_text()
    for line in lines[2:]:
        command = line.removeprefix("python -m ").split(" --")[0].replace(".venv\\Scripts\\", "")
        command = command.replace("local_auth0 run flask", "local_auth0 run $(BIN)/flask")
        assert command in makefile, line


def test_the_readme_of_the_template_shows_the_questions_as_they_are_asked(tmp_path: Path) -> None:
    shown = re.search(
        r"^```\n(  \[1/9\].*?)^```", (TEMPLATE / "README.md").read_text(), re.M | re.S
    )
    assert shown is not None

    asked = subprocess.run(
        [sys.executable, "-m", "cookiecutter", str(TEMPLATE)],
        cwd=tmp_path,
        env=user_environ(HOME=str(tmp_path), COLUMNS="200"),
        input="\n\n\nAnn Lee\nann.eu.auth0.com\n\nhttp://localhost:3000\n\n\n",
        capture_output=True,
        text=True,
        check=True,
    ).stdout

    for question in re.findall(r"\[\d/9\] .*?\(.*?\):", shown[1]):
        assert question in asked
    assert "Choose from [1/2/3] (1):" in asked


def test_the_readme_of_the_template_shows_the_settings_as_they_are_rendered(bake: Bake) -> None:
    shown = blocks(TEMPLATE / "README.md", "python")[1]

    project = bake(auth0_domain="ann.eu.auth0.com", cors_origins="http://localhost:3000")

    assert shown in (project / "messages_api" / "config.py").read_text()


def test_the_readme_of_the_template_shows_the_table_of_the_demo() -> None:
    expected = {name: list(row) for name, row in EXPECTED.items()}

    assert table(expected) in (TEMPLATE / "README.md").read_text()
