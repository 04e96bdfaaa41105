"""Other systems: Windows file names and line endings, Makefiles without bash, imports of tests."""

import re
import subprocess
import sys
from collections import Counter
from pathlib import Path, PurePosixPath

import pytest

from ..support.answers import PROMPTS
from ..support.environ import user_environ
from ..support.git import git, working_tree_files
from ..support.paths import PROJECT_FOLDER, TEMPLATE
from ..support.rendering import render_once
from ..support.repository import Repository

TEMPLATE_REPOSITORY = "template"
MAX_PATH_LENGTH = 200
"""The longest path within a repository, in characters. Windows allows 260 with parent folders."""

RESERVED_NAME = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)", re.IGNORECASE)
INVALID_NAME = re.compile(r'[<>:"|?*\\\x00-\x1f]|[. ]$')

AUTOCRLF = {
    "GIT_CONFIG_COUNT": "1",
    "GIT_CONFIG_KEY_0": "core.autocrlf",
    "GIT_CONFIG_VALUE_0": "true",
}
"""The default of Git for Windows."""

BASHISMS = re.compile(
    r"\[\[|<<<|<\(|&>|\|&|\bsource |\becho -[en]|\bpushd |\$'|^SHELL", re.MULTILINE
)

COLLECT_WITHOUT_UNIX_MODULES = """\
import builtins, sys
import pytest

absent = {"fcntl", "grp", "pexpect", "pty", "pwd", "resource", "termios", "tty"}
original_import = builtins.__import__

def import_as_on_windows(name, globals=None, *rest, **named):
    if name.partition(".")[0] in absent and str((globals or {}).get("__name__")).startswith("tests"):
        raise ModuleNotFoundError(f"No module named {name!r}", name=name)
    return original_import(name, globals, *rest, **named)

builtins.__import__ = import_as_on_windows
sys.exit(pytest.main(["-qq", "--collect-only", "-m", "not slow", "-p", "no:cacheprovider"]))
"""
"""Collects the fast tests, while imports of modules that Windows does not have fail in `tests`."""


def git_on_windows(folder: Path, *arguments: str) -> str:
    """Run git as on Windows, where it converts line endings to CRLF."""
    return git(folder, *arguments, **AUTOCRLF)


def unprotected_files(folder: Path) -> list[str]:
    """Return the files whose line endings git would convert."""
    lines = git_on_windows(folder, "ls-files", "--eol").splitlines()
    assert lines
    protected = re.compile(
        r"i/(lf|none) +w/(lf|none) +attr/text=auto eol=lf |i/-text +w/-text +attr/-text "
    )
    return [line for line in lines if not protected.match(line)]


@pytest.fixture(scope="module")
def windows_clone(repository: Repository, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clone of the template as Git for Windows checks it out."""
    folder = tmp_path_factory.mktemp("platforms")
    git_on_windows(folder, "clone", "-q", repository.whole, "clone")
    return folder / "clone"


@pytest.fixture(scope="module", params=[TEMPLATE_REPOSITORY, *PROMPTS["deployment"]])
def all_paths(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> list[str]:
    """The paths of all files in the template, or in a project for one deployment."""
    if request.param == TEMPLATE_REPOSITORY:
        return working_tree_files(TEMPLATE)
    project = render_once(tmp_path_factory.mktemp("names"), deployment=request.param)
    return [path.relative_to(project).as_posix() for path in project.rglob("*") if path.is_file()]


def test_every_path_is_valid_on_windows(all_paths: list[str]) -> None:
    parts = {part for path in all_paths for part in PurePosixPath(path).parts}

    assert len(parts) > 30
    assert [part for part in parts if RESERVED_NAME.match(part) or INVALID_NAME.search(part)] == []
    assert [path for path in all_paths if len(path) > MAX_PATH_LENGTH] == []


@pytest.mark.parametrize(
    "name", ["nul", "Aux.py", "com1.txt", "a:b", "what?", "a<b", "end.", "end "]
)
def test_name_that_is_invalid_on_windows_is_detected(name: str) -> None:
    assert RESERVED_NAME.match(name) or INVALID_NAME.search(name)


def test_no_two_paths_differ_only_in_case(all_paths: list[str]) -> None:
    counts = Counter(path.casefold() for path in set(all_paths))

    assert [path for path, count in counts.items() if count > 1] == []


@pytest.mark.slow
def test_template_keeps_its_line_endings_on_windows(windows_clone: Path) -> None:
    assert unprotected_files(windows_clone) == []


@pytest.mark.slow
def test_project_keeps_its_line_endings_on_windows(windows_clone: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "cookiecutter", "--no-input", str(windows_clone)]
    environ = user_environ(HOME=str(tmp_path))
    subprocess.run(command, cwd=tmp_path, env=environ, stdout=subprocess.PIPE, check=True)
    project = tmp_path / "messages-api"
    git_on_windows(project, "init", "-q")
    git_on_windows(project, "add", "-A")

    assert unprotected_files(project) == []


@pytest.mark.parametrize(
    "folder", [TEMPLATE, TEMPLATE / PROJECT_FOLDER], ids=["template", "project"]
)
def test_make_recipes_do_not_need_bash(folder: Path) -> None:
    """Other tests run some recipes with dash, Debian's sh; this test covers all."""
    assert BASHISMS.findall((folder / "Makefile").read_text(encoding="utf-8")) == []


@pytest.mark.slow
def test_fast_tests_import_no_unix_only_modules() -> None:
    collection = subprocess.run(
        [sys.executable, "-c", COLLECT_WITHOUT_UNIX_MODULES],
        cwd=TEMPLATE,
        env=user_environ(),
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )

    assert collection.returncode == 0, collection.stdout
