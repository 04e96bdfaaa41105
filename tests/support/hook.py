"""Run cookiecutter as a user does: the files it writes, and the hook's messages."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

from .environ import user_environ

HOOK_MESSAGE = """
Nothing was written, because some answers are invalid:

{entries}

To correct only these, run this command and press Enter at all other prompts:

  {command}
"""

DEFAULT_ANSWERS = {
    "api_docs": "True",
    "auth0_audience": "https://quickstarts/api",
    "auth0_domain": "your-tenant.auth0.example",
    "author": "Your Name",
    "cors_origins": "",
    "deployment": "docker",
    "description": "A Flask API protected by Auth0.",
    "diagnostics": "True",
    "dpop": "False",
    "license": "MIT",
    "project_name": "Messages API",
    "project_slug": "messages-api",
    "tenant_file": "True",
}

DOMAIN_RULE = (
    "your tenant's host name without a path, or several different ones separated by commas"
)


def format_entry(name: str, shown: str, expected: str, suggestion: str) -> str:
    """Return the part of the hook's message about one answer."""
    return f"  {name} is {shown}\n    expected {expected}\n    such as {suggestion!r}"


def format_command(program: str = "cookiecutter", **answers: str) -> str:
    """Return the command that the hook should suggest for these answers."""
    assignments = [f"{name}={answer}" for name, answer in (DEFAULT_ANSWERS | answers).items()]
    return shlex.join([*shlex.split(program), "gh:ann/api", *assignments])


MODULE_COMMAND = shlex.join([sys.executable, "-m", "cookiecutter"])
"""How the suggested command starts the cookiecutter of these tests, which is not in PATH."""


def read_tree(folder: Path) -> dict[str, bytes | None]:
    """Return the content of a folder by path: the bytes of files, None for folders."""
    found = [path for path in folder.rglob("*") if "cookiecutter-home" not in path.parts]
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() if path.is_file() else None
        for path in found
    }


def run_cookiecutter(
    folder: Path, *arguments: str, **environ: str
) -> subprocess.CompletedProcess[str]:
    """Run cookiecutter in the folder, with the defaults as answers to all prompts."""
    home = str(folder.parent / "home")
    return subprocess.run(
        [sys.executable, "-m", "cookiecutter", "--no-input", *arguments],
        cwd=folder,
        env=user_environ(HOME=home, USERPROFILE=home, PWD=str(folder), **environ),
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


def extract_hook_message(run: subprocess.CompletedProcess[str]) -> str:
    """Return the hook's message: the part of stderr before cookiecutter reports the failed hook."""
    return run.stderr.partition("Stopping generation because pre_gen_project")[0]


def suggested_arguments(message: str) -> list[str]:
    """Return the arguments of the command that the hook suggests, without the program itself."""
    (arguments,) = re.findall(rf"(?m)^  {re.escape(MODULE_COMMAND)} (.+)$", message)
    return shlex.split(arguments)
