"""The command that the hook suggests: it starts cookiecutter or cruft as the user did."""

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
"""The words before the name of the program, by the folder of its environment."""


PATH = os.pathsep.join(
    folder
    for folder in os.environ["PATH"].split(os.pathsep)
    if not any((Path(folder) / name).exists() for name in ("cookiecutter", "cruft"))
)
"""The PATH without cookiecutter and cruft, which the environment that runs the tests may have."""


def make_venv(folder: Path) -> Path:
    """Create a virtual environment with access to this one's packages; return its Python."""
    venv.create(folder)
    (packages,) = folder.glob("lib/*/site-packages")
    (packages / "these.pth").write_text(sysconfig.get_path("purelib"))
    for name in ("cookiecutter", "cruft"):
        (folder / "bin" / name).touch(mode=0o755)
    return folder / "bin/python"


def suggested_words(
    python: Path, name: str, work_folder: Path, source: str, **environ: str
) -> list[str]:
    """Run cookiecutter or cruft with an invalid answer; return the suggested command."""
    author = {
        "cookiecutter": [source, "author="],
        "cruft": ["create", source, "--extra-context", '{"author": ""}'],
    }
    run = subprocess.run(
        [python, "-m", name, *author[name], "--no-input"],
        cwd=work_folder,
        env=user_environ(HOME=str(work_folder.parent / "home"), PWD=str(work_folder), PATH=PATH)
        | environ,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert "  author is ''\n" in run.stderr, run.stderr
    (line,) = re.findall(r"press Enter at all other prompts:\n\n  (.+)\n", run.stderr)
    return shlex.split(line)


def venv_path(python: Path) -> str:
    """Return a PATH that starts with the programs of this Python's environment."""
    return f"{python.parent}{os.pathsep}{PATH}"


@pytest.mark.parametrize(
    ("name", "folder"),
    [
        *(("cookiecutter", folder) for folder in STARTED_BY),
        ("cruft", "venv"),
        ("cruft", "uv/archive-v0/x"),
    ],
)
def test_suggested_program_depends_on_its_environment(
    work_folder: Path,
    tmp_path: Path,
    repository: Repository,
    name: str,
    folder: str,
) -> None:
    words = STARTED_BY[folder]
    python = make_venv(tmp_path / folder)

    outside = suggested_words(python, name, work_folder, repository.url)
    activated = suggested_words(python, name, work_folder, repository.url, PATH=venv_path(python))

    expected = [*words, name] if words else [str(python), "-m", name]
    assert outside[: len(expected)] == expected
    assert activated[: len(words) + 1] == [*words, name]


def test_project_dependency_is_started_with_uv_run(work_folder: Path, tmp_path: Path) -> None:
    python = make_venv(tmp_path / "project/.venv")
    environ = {"UV": "uv", "PATH": venv_path(python), "VIRTUAL_ENV": str(python.parents[1])}

    words = suggested_words(python, "cookiecutter", work_folder, str(TEMPLATE), **environ)

    assert words[:3] == ["uv", "run", "cookiecutter"]


def test_installed_tool_is_started_with_uvx(work_folder: Path, tmp_path: Path) -> None:
    python = make_venv(tmp_path / "uv/tools/cookiecutter")

    words = suggested_words(
        python, "cookiecutter", work_folder, str(TEMPLATE), UV="uv", PATH=venv_path(python)
    )

    assert words[:2] == ["uvx", "cookiecutter"]


def test_suggested_cruft_command_creates_the_project(
    work_folder: Path, repository: Repository
) -> None:
    words = suggested_words(Path(sys.executable), "cruft", work_folder, repository.url)

    assert words[:4] == [sys.executable, "-m", "cruft", "create"]
    environ = user_environ(HOME=str(work_folder.parent / "home"))
    subprocess.run(
        [*words, "--no-input"], cwd=work_folder, env=environ, check=True, capture_output=True
    )

    project = work_folder / "messages-api"
    assert json.loads((project / ".cruft.json").read_text())["template"] in repository.url
    assert 'name = "Your Name"' in (project / "pyproject.toml").read_text()


def test_suggested_cruft_command_has_the_output_folder(
    work_folder: Path, tmp_path: Path, repository: Repository
) -> None:
    words = suggested_words(
        Path(sys.executable), "cruft", work_folder, repository.url, PWD=str(tmp_path / "elsewhere")
    )

    assert words[words.index("--output-dir") + 1] == str(work_folder)
