"""The sources of the template: a git repository, a zip file, or an abbreviation in a config."""

import subprocess
import sysconfig
from collections.abc import Sequence
from pathlib import Path

import pytest
from cookiecutter.main import cookiecutter

from ..support.environ import user_environ
from ..support.hook import extract_hook_message, read_tree, run_cookiecutter, suggested_arguments
from ..support.paths import TEMPLATE
from ..support.rendering import render
from ..support.repository import Repository, write_config

pytestmark = pytest.mark.slow

EARLIER = {"earlier.txt": b"earlier by Your Name\n"}
NEXT = {"next.txt": b"next by Your Name\n"}


@pytest.fixture(scope="module")
def default_tree(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes | None]:
    """The files that the default answers render from the template's folder."""
    return read_tree(render(tmp_path_factory.mktemp("defaults") / "out"))


@pytest.mark.parametrize(
    ("words", "additional_files"),
    [
        pytest.param(["{url}"], {}, id="git URL"),
        pytest.param(["{url}", "--checkout", "{earlier}"], EARLIER, id="commit"),
        pytest.param(["{url}", "--checkout", "v0.0.1"], EARLIER, id="tag"),
        pytest.param(["{url}", "--checkout", "next"], NEXT, id="branch"),
        pytest.param(["{zip}"], {}, id="zip file"),
    ],
)
def test_every_source_renders_the_same_files(
    repository: Repository,
    default_tree: dict[str, bytes | None],
    work_folder: Path,
    words: Sequence[str],
    additional_files: dict[str, bytes],
) -> None:
    run = run_cookiecutter(work_folder, *(word.format(**repository._asdict()) for word in words))

    assert run.returncode == 0, run.stderr
    assert run.stderr == ""
    assert read_tree(work_folder / "messages-api") == default_tree | additional_files


def test_url_is_cloned_again_each_time(
    repository: Repository, default_tree: dict[str, bytes | None], work_folder: Path
) -> None:
    run_cookiecutter(work_folder, repository.url, "--checkout", repository.earlier, "-o", "earlier")

    again = run_cookiecutter(work_folder, repository.url)

    assert again.returncode == 0
    assert read_tree(work_folder / "earlier/messages-api") == default_tree | EARLIER
    assert read_tree(work_folder / "messages-api") == default_tree


def test_python_renders_from_a_url(
    repository: Repository, default_tree: dict[str, bytes | None], tmp_path: Path
) -> None:
    folders = {"replay_dir": str(tmp_path / "replay"), "cookiecutters_dir": str(tmp_path / "got")}

    project = cookiecutter(
        repository.url,
        checkout=repository.earlier,
        no_input=True,
        extra_context={"author": "Ann Lee"},
        output_dir=str(tmp_path / "out"),
        default_config=folders,
    )

    assert project == str(tmp_path / "out/messages-api")
    assert read_tree(Path(project)).keys() == (default_tree | EARLIER).keys()
    assert (Path(project) / "earlier.txt").read_text() == "earlier by Ann Lee\n"


def test_invalid_choice_on_the_command_line_is_rejected(
    repository: Repository, work_folder: Path
) -> None:
    run = run_cookiecutter(work_folder, repository.url, "license=GPL")

    assert run.returncode == 1
    assert run.stderr.splitlines()[-1] == (
        "ValueError: GPL provided for choice variable license, "
        "but the choices are ['MIT', 'Apache-2.0', 'Proprietary']."
    )
    assert list(work_folder.iterdir()) == []


def test_old_cookiecutter_shows_the_required_version(work_folder: Path) -> None:
    command = ["uvx", "-q", "--from", "cookiecutter==1.7.3", "cookiecutter", str(TEMPLATE)]
    environ = user_environ(HOME=str(work_folder.parent / "home"))
    environ["PATH"] = f"{sysconfig.get_path('scripts')}:{environ['PATH']}"

    run = subprocess.run(
        command,
        cwd=work_folder,
        env=environ,
        input=14 * "\n",
        capture_output=True,
        text=True,
        check=False,
    )

    assert "This template needs cookiecutter 2.1.1 or newer. Press Ctrl-C [default]: " in run.stdout
    assert "__prompts__" not in run.stdout
    assert list(work_folder.iterdir()) == []


@pytest.mark.parametrize(
    ("words", "file"),
    [
        pytest.param(["{url}"], "LICENSE", id="git URL"),
        pytest.param(["{url}", "--checkout", "{earlier}"], "earlier.txt", id="commit"),
        pytest.param(["{url}", "--checkout", "next"], "next.txt", id="branch"),
        pytest.param(["{zip}"], "LICENSE", id="zip file"),
        pytest.param(["ours:template"], "LICENSE", id="abbreviation"),
    ],
)
def test_suggested_command_names_the_same_source(
    repository: Repository, work_folder: Path, words: Sequence[str], file: str
) -> None:
    write_config(
        work_folder.parent / "home/.cookiecutterrc", repository, {"auth0_domain": "http://t/"}
    )
    source = [word.format(**repository._asdict()) for word in words]

    rejected = run_cookiecutter(work_folder, *source, "author=Ann Lee")

    assert rejected.returncode == 1
    assert "auth0_domain is 'http://t/'\n" in rejected.stderr
    assert rejected.stderr == extract_hook_message(rejected)
    assert list(work_folder.iterdir()) == []
    assert run_cookiecutter(work_folder, *suggested_arguments(rejected.stderr)).returncode == 0
    assert (work_folder / "messages-api" / file).is_file()
    assert "Ann Lee" in (work_folder / "messages-api/LICENSE").read_text()
