"""The working tree of the template as a git repository and a zip file, as users get it."""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import yaml

from .file_lock import file_lock
from .git import IDENTITY, copy_working_tree, git
from .paths import PROJECT_FOLDER, TEMPLATE


class Repository(NamedTuple):
    """A bare repository whose main branch is the working tree, including uncommitted changes.

    The commit `earlier`, with the tag v0.0.1, also renders earlier.txt, and the branch next also
    renders next.txt. It has no folders that cookiecutter does not read, which makes clones faster;
    the repository at the URL `whole` has them.
    """

    url: str
    whole: str
    earlier: str
    zip: str


def make_repository(folder: Path) -> Repository:
    """Create the repositories and a zip file in a folder that several processes may share."""
    folder.mkdir(exist_ok=True)
    whole, bare, zipped = folder / "whole.git", folder / "template.git", folder / "template.zip"
    with file_lock(folder / "lock"):
        if not zipped.exists():
            _make_repositories(folder / "work", whole, bare, zipped)
    earlier = _git(bare, "rev-parse", "v0.0.1^{}")
    return Repository(bare.as_uri(), whole.as_uri(), earlier, str(zipped))


def _make_repositories(work: Path, whole: Path, bare: Path, zipped: Path) -> None:
    copy_working_tree(TEMPLATE, work)
    _git(work, "init", "-q", "-b", "main")
    _git(work, "add", "-A")
    _git(work, "commit", "-q", "-m", "whole")
    _git(work, "clone", "-q", "--bare", "--no-local", ".", str(whole))
    for name in (".git", "benchmarks", "docs", "tests"):
        shutil.rmtree(work / name)
    _git(work, "init", "-q", "-b", "main")
    _commit(work, "earlier")
    _git(work, "tag", "-a", "v0.0.1", "-m", "The first")
    (work / PROJECT_FOLDER / "earlier.txt").unlink()
    _git(work, "commit", "-q", "-a", "-m", "now")
    _git(work, "checkout", "-q", "-b", "next")
    _commit(work, "next")
    _git(work, "checkout", "-q", "main")
    _git(work, "clone", "-q", "--bare", "--no-local", ".", str(bare))
    _git(bare, "archive", "--prefix=template/", "-o", str(zipped), "main")


def write_config(file: Path, repository: Repository, answers: Mapping[str, str]) -> None:
    """Write a cookiecutter config that abbreviates the repository as `ours:template`.

    The answers become defaults.
    """
    config = {
        "default_context": dict(answers),
        "abbreviations": {"ours": repository.url.replace("template.git", "{0}.git")},
    }
    file.parent.mkdir(exist_ok=True)
    file.write_text(yaml.safe_dump(config, sort_keys=False))


def _commit(work: Path, name: str) -> None:
    """Commit all changes, and a file in the rendered project with the name of the commit."""
    (work / PROJECT_FOLDER / f"{name}.txt").write_text(name + " by {{ cookiecutter.author }}\n")
    _git(work, "add", "-A")
    _git(work, "commit", "-q", "-m", name)


def _git(folder: Path, *words: str) -> str:
    return git(folder, *words, **IDENTITY, GIT_CONFIG_GLOBAL="/dev/null", GIT_CONFIG_NOSYSTEM="1")
