"""git, as the tests and a release run it, and what it knows of the working tree."""

import shutil
import subprocess
from pathlib import Path

from .environ import user_environ

IDENTITY = {
    f"GIT_{role}_{name}": value
    for role in ("AUTHOR", "COMMITTER")
    for name, value in (("NAME", "Ann"), ("EMAIL", "ann@example.com"))
}
"""By the environment: no test needs a user who has told git a name."""


def git(repository: Path, *arguments: str, text: str | None = None, **environ: str) -> str:
    """Run git, give it a text on standard input, and return what it prints.

    Raises:
        subprocess.CalledProcessError: git is not content, and has said why.
    """
    command = ["git", "-C", str(repository), *arguments]
    environ = user_environ(**environ)
    return subprocess.run(
        command, env=environ, input=text, stdout=subprocess.PIPE, encoding="utf-8", check=True
    ).stdout.strip()


def files(repository: Path) -> list[str]:
    """The paths of what git has or would add, and of what is deleted and not committed so."""
    listed = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    return sorted(set(git(repository, *listed).rstrip("\0").split("\0")))


def copy_working_tree(repository: Path, folder: Path) -> None:
    """Copy what would be there if all were committed."""
    for name in files(repository):
        if (repository / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(repository / name, folder / name)
