"""Run cookiecutter as a user does: the files it writes, and the hook's messages."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

from .environ import user_environ

FRAME = """
Nothing was written. These answers cannot be used:

{entries}

To answer only these again, run this and press Enter at all other questions:

  {command}
"""

DEFAULTS = {
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

DOMAIN = "your tenant's host name, or several different ones separated by commas, without a path"


def entry(name: str, shown: str, expected: str, suggestion: str) -> str:
    """Return the part of the hook's message about one answer."""
    return f"  {name} is {shown}\n    expected {expected}\n    such as {suggestion!r}"


def command(program: str = "cookiecutter", **answers: str) -> str:
    """Return the command that the hook suggests for these answers."""
    assignments = [f"{name}={answer}" for name, answer in (DEFAULTS | answers).items()]
    return shlex.join([*shlex.split(program), "gh:ann/api", *assignments])


BY_MODULE = shlex.join([sys.executable, "-m", "cookiecutter"])
"""How the hook starts the cookiecutter of these tests, which is not in PATH."""


def content(folder: Path) -> dict[str, bytes | None]:
    """Return all paths in the folder, with the bytes of files and None for folders."""
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


def message_in(run: subprocess.CompletedProcess[str]) -> str:
    """Return the hook's message: what is on stderr before cookiecutter reports the failed hook."""
    return run.stderr.partition("Stopping generation because pre_gen_project")[0]


def suggested_arguments(message: str) -> list[str]:
    """Return the arguments of the command that the hook suggests, without those that start it."""
    (arguments,) = re.findall(rf"(?m)^  {re.escape(BY_MODULE)} (.+)$", message)
    return shlex.split(arguments)
