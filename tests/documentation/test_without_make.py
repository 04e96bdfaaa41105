"""The commands for users without make: they work, and match those of the Makefiles.

The tests run them without a shell, because they must work in every shell.
"""

import re
import shlex
import shutil
import subprocess
from pathlib import Path
from string import Template

import pytest

from ..support.environ import user_environ
from ..support.markdown import code_blocks
from ..support.paths import IN_TEMPLATE, TEMPLATE
from ..support.processes import free_ports, run_command, running, wait_until_up
from ..support.rendering import render_once

UV_RUN = "uv run --no-sync "
SERVERS = ("make dev", "make run", "make serve")
needs_make = pytest.mark.skipif(
    shutil.which("make") is None, reason="make is not installed: its recipes cannot be read"
)
LOCK_COMMENT = ["--custom-compile-command", "make lock"]


def read_documented_commands(readme: Path) -> dict[str, list[str]]:
    """Return the commands by the make command that they replace, and those to set up.

    They are in two blocks: the commands to set up, then the others, below comments.
    """
    set_up, others = code_blocks(readme, "shell")
    named = re.findall(r"^# (.+?)(?: \(.*\))?\n((?:[^#\n].*\n)+)", others, re.M)
    return {"set up": set_up.splitlines()} | {name: text.splitlines() for name, text in named}


API_COMMANDS = read_documented_commands(IN_TEMPLATE / "docs" / "recipes.md")
TEMPLATE_COMMANDS = read_documented_commands(TEMPLATE / "README.md")


def read_make_recipe(folder: Path, command: str) -> list[list[str]]:
    """Return the words of the commands in `.venv/bin` that a make command would run."""
    dry_run = ["make", "-n", "-o", ".venv/.ready", *command.split()[1:]]
    output = subprocess.run(
        dry_run, cwd=folder, env=user_environ(), capture_output=True, text=True, check=True
    ).stdout
    tools = re.findall(r"^(?:[A-Z_]+=\S+ |[A-Z_]+=\".*?\" )?\.venv/bin/(.+)", output, re.M)
    values = {"PORT": "3010", "PERMISSIONS": ""}
    values |= dict(word.split("=", 1) for word in command.split() if "=" in word)
    expanded = (Template(tool).safe_substitute(values) for tool in tools)
    return [shlex.split(tool.replace(".venv/bin/", "")) for tool in expanded]


def split_command(line: str) -> list[str]:
    """Return the words of a documented command, in the form in which make runs it."""
    typed = shlex.split(line.removeprefix(UV_RUN))
    return [word for word in typed if typed[0] != "uv" or word not in LOCK_COMMENT]


@pytest.mark.parametrize("line", [line for text in API_COMMANDS.values() for line in text])
def test_command_of_the_rendered_docs_works_in_every_shell(line: str) -> None:
    assert re.fullmatch(r'[\w ./:=-]+( "[\w ]+")?[\w ./:=-]*', line)


@pytest.mark.parametrize("line", [line for text in TEMPLATE_COMMANDS.values() for line in text])
def test_command_of_the_template_readme_works_in_every_shell(line: str) -> None:
    assert re.fullmatch(r'[\w ./:=-]+( "[\w ]+")?[\w ./:=-]*', line)


@needs_make
@pytest.mark.parametrize("command", [name for name in API_COMMANDS if name.startswith("make ")])
def test_commands_of_a_rendered_project_match_its_makefile(api_folder: Path, command: str) -> None:
    made = [[word for word in tool if word] for tool in read_make_recipe(api_folder, command)]
    for tool in made:  # the option of `make token` without a value
        if "--permissions" in tool:
            tool.remove("--permissions")

    assert [split_command(line) for line in API_COMMANDS[command]] == made


@needs_make
@pytest.mark.parametrize(
    "command", [name for name in TEMPLATE_COMMANDS if name.startswith("make ")]
)
def test_commands_of_the_template_match_its_makefile(command: str) -> None:
    assert [split_command(line) for line in TEMPLATE_COMMANDS[command]] == read_make_recipe(
        TEMPLATE, command
    )


@pytest.fixture(scope="module")
def uv_environ(ready_project: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of a user who has only uv in PATH."""
    folder = tmp_path_factory.mktemp("bin")
    (folder / "uv").symlink_to(ready_project / ".venv/bin/uv")
    return user_environ(PATH=f"{folder}:{user_environ()['PATH']}")


def run_documented_command(line: str, folder: Path, uv_environ: dict[str, str]) -> str:
    done = run_command(shlex.split(line), folder, uv_environ)
    # pip-audit looks packages up at PyPI: it may lack those of a private index, and a proxy may
    # intercept TLS with a CA that only REQUESTS_CA_BUNDLE names.
    unknown = ("Dependency not found on PyPI", "CERTIFICATE_VERIFY_FAILED")
    excused = "pip-audit" in line and any(problem in done.stdout for problem in unknown)
    assert done.returncode == 0 or excused, done.stdout
    return done.stdout


@pytest.fixture(scope="module")
def project(
    tmp_path_factory: pytest.TempPathFactory, uv_environ: dict[str, str], ready_project: Path
) -> Path:
    """A rendered project, set up as documented, with a filled cache of mypy."""
    project = render_once(tmp_path_factory.mktemp("without-make"))
    shutil.copytree(ready_project / ".mypy_cache", project / ".mypy_cache")
    for line in ["git init -q", "git add -A", *API_COMMANDS["set up"]]:
        run_documented_command(line, project, uv_environ)
    return project


@pytest.mark.slow
@pytest.mark.parametrize("command", [name for name in API_COMMANDS if name not in SERVERS][1:])
def test_commands_of_a_rendered_project_work(
    project: Path, uv_environ: dict[str, str], command: str
) -> None:
    for line in API_COMMANDS[command]:
        run_documented_command(line, project, uv_environ)

    left = run_documented_command(
        "git status --porcelain --untracked-files=all", project, uv_environ
    )
    assert "??" not in left, "a command left a file, such as uv.lock, that git does not ignore"


@pytest.mark.slow
@pytest.mark.parametrize("command", SERVERS)
def test_servers_of_a_rendered_project_respond(
    project: Path, uv_environ: dict[str, str], command: str
) -> None:
    (line,) = API_COMMANDS[command]
    port, tenant_port = map(str, free_ports(2))
    settings = {"AUTH0_DOMAIN": "tenant.example", "LOCAL_AUTH0_PORT": tenant_port, "PORT": port}
    typed = shlex.split(line.replace("3010", port))

    with running(typed, project, uv_environ | settings, subprocess.DEVNULL) as server:
        wait_until_up(f"http://127.0.0.1:{port}/api/public", server)


@pytest.mark.slow
def test_commands_of_the_template_work(tmp_path: Path, uv_environ: dict[str, str]) -> None:
    copy = tmp_path / "template"
    # mypy's cache is copied: mypy takes ten times as long without it.
    ignored = shutil.ignore_patterns(
        *(".venv", ".nox", "build", ".pytest_cache", ".ruff_cache", ".hypothesis", "__pycache__")
    )
    shutil.copytree(TEMPLATE, copy, ignore=ignored)
    cache = run_documented_command("uv cache dir", copy, uv_environ).strip()
    own = {"HOME": str(tmp_path), "UV_CACHE_DIR": cache}  # cookiecutter writes into the home
    few = {"PYTEST_ADDOPTS": "tests/rendering/test_matrix.py"}  # this run already has all tests
    uv_environ = uv_environ | own | few

    set_up, *others = TEMPLATE_COMMANDS
    outputs = {
        command: "".join(
            run_documented_command(line, copy, uv_environ) for line in TEMPLATE_COMMANDS[command]
        )
        # The first, `make test-fast`, comes last: its processes would all compile the packages.
        for command in (set_up, *reversed(others))
    }

    assert re.search(r"\d+ passed", outputs["make test-fast"])
    assert (copy / "build/messages-api/pyproject.toml").exists()
    assert "Every response is as expected." in outputs["make demo"]
