"""Run git, and list or copy the files of a working tree."""

import shutil
import subprocess
from pathlib import Path

from .environ import user_environ

IDENTITY = {
    f"GIT_{role}_{name}": value
    for role in ("AUTHOR", "COMMITTER")
    for name, value in (("NAME", "Ann"), ("EMAIL", "ann@example.com"))
}
"""The author and committer as environment variables: no test depends on a git configuration."""


def git(repository: Path, *arguments: str, text: str | None = None, **environ: str) -> str:
    """Run git with a string on standard input and return its output.

    Raises:
        subprocess.CalledProcessError: git failed; its message is on standard error.
    """
    command = ["git", "-C", str(repository), *arguments]
    environ = user_environ(**environ)
    return subprocess.run(
        command, env=environ, input=text, stdout=subprocess.PIPE, encoding="utf-8", check=True
    ).stdout.strip()


def working_tree_files(repository: Path) -> list[str]:
    """Return the paths of tracked files, including deleted ones, and files that git would add."""
    listed = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    return sorted(set(git(repository, *listed).rstrip("\0").split("\0")))


def copy_working_tree(repository: Path, folder: Path) -> None:
    """Copy the files that a commit of all changes would contain."""
    for name in working_tree_files(repository):
        if (repository / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(repository / name, folder / name)
