"""What users see who run cookiecutter: the files, and how the hook rejects answers."""

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
    "license": "MIT",
    "project_name": "Messages API",
    "project_slug": "messages-api",
    "tenant_file": "True",
}

DOMAIN = "your tenant's host name, with a port or without, and no path"


def entry(name: str, shown: str, expected: str, instead: str) -> str:
    return f"  {name} is {shown}\n    expected {expected}\n    such as {instead!r}"


def command(**answers: str) -> str:
    words = [f"{name}={answer}" for name, answer in (DEFAULTS | answers).items()]
    return shlex.join(["cookiecutter", "gh:ann/api", *words])


def content(folder: Path) -> dict[str, bytes | None]:
    """Every path below the folder, with its bytes if it is a file."""
    found = [path for path in folder.rglob("*") if "cookiecutter-home" not in path.parts]
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() if path.is_file() else None
        for path in found
    }


def run_cookiecutter(folder: Path, *words: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run the command in the folder, Enter being the answer to every question."""
    home = str(folder.parent / "home")
    return subprocess.run(
        [sys.executable, "-m", "cookiecutter", "--no-input", *words],
        cwd=folder,
        env=user_environ(HOME=home, USERPROFILE=home, PWD=str(folder), **environ),
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


def said_by_the_hook(run: subprocess.CompletedProcess[str]) -> str:
    """What stands on stderr before cookiecutter's own words about a hook that failed."""
    return run.stderr.partition("Stopping generation because pre_gen_project")[0]


def way_out(said: str) -> list[str]:
    """The words of the command that a refusal gives, but for the command's name."""
    (words,) = re.findall(r"(?m)^  cookiecutter (.+)$", said)
    return shlex.split(words)
