"""What other systems make of the files: their names, their line endings, and these tests."""

import re
import subprocess
import sys
from collections import Counter
from pathlib import Path, PurePosixPath

import pytest

from ..support.answers import PROMPTS
from ..support.environ import user_environ
from ..support.git import files, git
from ..support.paths import PROJECT, TEMPLATE
from ..support.rendering import render
from ..support.repository import Repository

TEMPLATE_ITSELF = "the template"
LONGEST = 200
"""Characters of a path within its house. Windows takes 260, with the folders that lead there."""

RESERVED = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)", re.IGNORECASE)
REFUSED = re.compile(r'[<>:"|?*\\\x00-\x1f]|[. ]$')

AUTOCRLF = {
    "GIT_CONFIG_COUNT": "1",
    "GIT_CONFIG_KEY_0": "core.autocrlf",
    "GIT_CONFIG_VALUE_0": "true",
}
"""What Git for Windows is installed with, unless one says no."""

OF_BASH = re.compile(
    r"\[\[|<<<|<\(|&>|\|&|\bsource |\becho -[en]|\bpushd |\$'|^SHELL", re.MULTILINE
)

AS_ON_WINDOWS = """\
import builtins, sys
import pytest

absent = {"fcntl", "grp", "pexpect", "pty", "pwd", "resource", "termios", "tty"}
there = builtins.__import__

def importing(name, globals=None, *rest, **named):
    if name.partition(".")[0] in absent and str((globals or {}).get("__name__")).startswith("tests"):
        raise ModuleNotFoundError(f"No module named {name!r}", name=name)
    return there(name, globals, *rest, **named)

builtins.__import__ = importing
sys.exit(pytest.main(["-qq", "--collect-only", "-m", "not slow", "-p", "no:cacheprovider"]))
"""
"""The modules that Windows has not are missing here as well, for what is in tests."""


def git_on_windows(folder: Path, *words: str) -> str:
    """Run git as on Windows, where it turns line endings to CRLF if it may."""
    return git(folder, *words, **AUTOCRLF)


def mistreated(folder: Path) -> list[str]:
    """The files that git would not keep as they are: text not with LF, or bytes not marked so."""
    lines = git_on_windows(folder, "ls-files", "--eol").splitlines()
    assert lines
    well = re.compile(
        r"i/(lf|none) +w/(lf|none) +attr/text=auto eol=lf |i/-text +w/-text +attr/-text "
    )
    return [line for line in lines if not well.match(line)]


@pytest.fixture(scope="module")
def clone(repository: Repository, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The template as Git for Windows checks it out."""
    folder = tmp_path_factory.mktemp("platforms")
    git_on_windows(folder, "clone", "-q", repository.url, "clone")
    return folder / "clone"


@pytest.fixture(scope="module", params=[TEMPLATE_ITSELF, *PROMPTS["deployment"]])
def paths(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """All files of a house: the template, or a project for a deployment."""
    if request.param == TEMPLATE_ITSELF:
        return files(TEMPLATE)
    project = render(tmp_path_factory.mktemp("names"), deployment=request.param)
    return [path.relative_to(project).as_posix() for path in project.rglob("*") if path.is_file()]


def test_windows_takes_every_name(paths: list[str]) -> None:
    parts = {part for path in paths for part in PurePosixPath(path).parts}

    assert len(parts) > 30
    assert [part for part in parts if RESERVED.match(part) or REFUSED.search(part)] == []
    assert [path for path in paths if len(path) > LONGEST] == []


@pytest.mark.parametrize(
    "name", ["nul", "Aux.py", "com1.txt", "a:b", "what?", "a<b", "end.", "end "]
)
def test_a_name_that_windows_refuses_is_told(name: str) -> None:
    assert RESERVED.match(name) or REFUSED.search(name)


def test_no_two_names_are_told_apart_by_case_alone(paths: list[str]) -> None:
    told = Counter(path.casefold() for path in set(paths))

    assert [path for path, times in told.items() if times > 1] == []


@pytest.mark.slow
def test_the_template_has_its_line_endings_on_windows_as_well(clone: Path) -> None:
    assert mistreated(clone) == []


@pytest.mark.slow
def test_a_project_has_its_line_endings_on_windows_as_well(clone: Path, tmp_path: Path) -> None:
    rendering = [sys.executable, "-m", "cookiecutter", "--no-input", str(clone)]
    environ = user_environ(HOME=str(tmp_path))
    subprocess.run(rendering, cwd=tmp_path, env=environ, stdout=subprocess.PIPE, check=True)
    project = tmp_path / "messages-api"
    git_on_windows(project, "init", "-q")
    git_on_windows(project, "add", "-A")

    assert mistreated(project) == []


@pytest.mark.parametrize("house", [TEMPLATE, TEMPLATE / PROJECT], ids=["template", "project"])
def test_no_recipe_of_make_needs_bash(house: Path) -> None:
    """Debian's sh is dash, and the tests run the recipes by it; this is for those they do not run."""
    assert OF_BASH.findall((house / "Makefile").read_text(encoding="utf-8")) == []


@pytest.mark.slow
def test_the_fast_tests_import_nothing_that_windows_has_not() -> None:
    collecting = subprocess.run(
        [sys.executable, "-c", AS_ON_WINDOWS],
        cwd=TEMPLATE,
        env=user_environ(),
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )

    assert collecting.returncode == 0, collecting.stdout
