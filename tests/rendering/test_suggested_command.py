"""The command that the hook suggests: it starts cookiecutter, or cruft, as its user did."""

import json
import os
import re
import shlex
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

from ..support.environ import user_environ
from ..support.paths import TEMPLATE
from ..support.repository import Repository

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="environments look different there"),
]

STARTED_BY = {
    "uv/archive-v0/x": ["uvx"],
    "uv/builds-v0/.tmpx": ["uvx"],
    "pipx/3127b19ae453605": ["pipx", "run"],
    "pipx/pipx/Cache/3127b19ae453605": ["pipx", "run"],
    "pipx/venvs/x": [],
    "venv": [],
}
"""By the folder of an environment: the words before the name of the program."""


def make_environment(folder: Path) -> Path:
    """Make a virtual environment that has the packages of this one; return its Python."""
    venv.create(folder)
    (packages,) = folder.glob("lib/*/site-packages")
    (packages / "these.pth").write_text(sysconfig.get_path("purelib"))
    for name in ("cookiecutter", "cruft"):
        (folder / "bin" / name).touch(mode=0o755)
    return folder / "bin/python"


def suggested_by(python: Path, name: str, here: Path, source: str, **environ: str) -> list[str]:
    """Return the words that the hook suggests when the author's name is empty."""
    author = {
        "cookiecutter": [source, "author="],
        "cruft": ["create", source, "--extra-context", '{"author": ""}'],
    }
    run = subprocess.run(
        [python, "-m", name, *author[name], "--no-input"],
        cwd=here,
        env=user_environ(HOME=str(here.parent / "home"), PWD=str(here)) | environ,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert "  author is ''\n" in run.stderr, run.stderr
    (line,) = re.findall(r"press Enter at all other prompts:\n\n  (.+)\n", run.stderr)
    return shlex.split(line)


def in_path(python: Path) -> str:
    """Return a PATH that begins with the programs of an environment."""
    return f"{python.parent}:{os.environ['PATH']}"


@pytest.mark.parametrize(
    ("name", "folder"),
    [
        *(("cookiecutter", folder) for folder in STARTED_BY),
        ("cruft", "venv"),
        ("cruft", "uv/archive-v0/x"),
    ],
)
def test_program_is_started_as_its_environment_shows(
    here: Path,
    tmp_path: Path,
    repository: Repository,
    name: str,
    folder: str,
) -> None:
    words = STARTED_BY[folder]
    python = make_environment(tmp_path / folder)

    outside = suggested_by(python, name, here, repository.url)
    activated = suggested_by(python, name, here, repository.url, PATH=in_path(python))

    expected = [*words, name] if words else [str(python), "-m", name]
    assert outside[: len(expected)] == expected
    assert activated[: len(words) + 1] == [*words, name]


def test_program_of_a_project_is_started_by_uv_run(here: Path, tmp_path: Path) -> None:
    python = make_environment(tmp_path / "project/.venv")
    environ = {"UV": "uv", "PATH": in_path(python), "VIRTUAL_ENV": str(python.parents[1])}

    words = suggested_by(python, "cookiecutter", here, str(TEMPLATE), **environ)

    assert words[:3] == ["uv", "run", "cookiecutter"]


def test_installed_tool_is_started_by_uvx(here: Path, tmp_path: Path) -> None:
    python = make_environment(tmp_path / "uv/tools/cookiecutter")

    words = suggested_by(python, "cookiecutter", here, str(TEMPLATE), UV="uv", PATH=in_path(python))

    assert words[:2] == ["uvx", "cookiecutter"]


def test_command_of_cruft_creates_the_project(here: Path, repository: Repository) -> None:
    words = suggested_by(Path(sys.executable), "cruft", here, repository.url)

    assert words[:4] == [sys.executable, "-m", "cruft", "create"]
    environ = user_environ(HOME=str(here.parent / "home"))
    subprocess.run([*words, "--no-input"], cwd=here, env=environ, check=True, capture_output=True)

    project = here / "messages-api"
    assert json.loads((project / ".cruft.json").read_text())["template"] in repository.url
    assert 'name = "Your Name"' in (project / "pyproject.toml").read_text()


def test_command_of_cruft_has_the_output_folder(
    here: Path, tmp_path: Path, repository: Repository
) -> None:
    words = suggested_by(
        Path(sys.executable), "cruft", here, repository.url, PWD=str(tmp_path / "elsewhere")
    )

    assert words[words.index("--output-dir") + 1] == str(here)
