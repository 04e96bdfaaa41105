"""Stored answers: those of the last run, which cookiecutter can replay, and a user's config."""

import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from ..support.answers import UNUSUAL_ANSWERS, as_jinja
from ..support.environ import user_environ
from ..support.hook import read_tree, run_cookiecutter
from ..support.rendering import render
from ..support.repository import Repository, write_config

pytestmark = pytest.mark.slow

STORED_ANSWERS = {
    "author": "Ann Lee",
    "auth0_domain": "ann.eu.auth0.com",
    "license": "Apache-2.0",
    "deployment": "kubernetes",
    "diagnostics": "no",
}


@pytest.fixture(scope="module")
def expected_tree(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes | None]:
    """The files of a project with STORED_ANSWERS."""
    return read_tree(render(tmp_path_factory.mktemp("expected") / "out", **STORED_ANSWERS))


def run_and_confirm(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run cookiecutter in the folder; Enter confirms a prompt to download the template again."""
    home = str(folder.parent / "home")
    return subprocess.run(
        [sys.executable, "-m", "cookiecutter", *words],
        cwd=folder,
        env=user_environ(HOME=home, USERPROFILE=home, PWD=str(folder)),
        input="\n",
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


@pytest.mark.parametrize("answers", UNUSUAL_ANSWERS.values(), ids=UNUSUAL_ANSWERS)
def test_replay_renders_the_same_project(
    repository: Repository, work_folder: Path, answers: Mapping[str, str]
) -> None:
    words = [f"{name}={answer}" for name, answer in as_jinja(answers).items()]
    first = run_cookiecutter(work_folder, repository.url, "-o", "first", *words)

    again = run_and_confirm(work_folder, repository.url, "--replay", "-o", "again")

    assert (first.returncode, again.returncode) == (0, 0), again.stderr
    assert read_tree(work_folder / "again") == read_tree(work_folder / "first")
    assert (work_folder / "again" / answers["project_slug"]).is_dir()


def test_replay_file_works_with_another_source(repository: Repository, work_folder: Path) -> None:
    words = [f"{name}={answer}" for name, answer in STORED_ANSWERS.items()]
    run_cookiecutter(work_folder, repository.url, "-o", "first", *words)
    kept = work_folder.parent / "home/.cookiecutter_replay/template.json"
    kept = kept.rename(work_folder / "answers.json")

    again = run_and_confirm(work_folder, repository.zip, "--replay-file", str(kept), "-o", "again")

    assert again.returncode == 0, again.stderr
    assert read_tree(work_folder / "again") == read_tree(work_folder / "first") != {}


def test_replay_of_rejected_answers_is_rejected(repository: Repository, work_folder: Path) -> None:
    rejected = run_cookiecutter(work_folder, repository.url, "project_slug=My API", "author=")

    again = run_and_confirm(work_folder, repository.url, "--replay")

    assert again.returncode == 1
    assert "project_slug is 'My API'\n" in again.stderr
    assert again.stderr == rejected.stderr
    assert list(work_folder.iterdir()) == []


@pytest.mark.parametrize(
    ("file", "words", "environ"),
    [
        pytest.param("home/.cookiecutterrc", [], {}, id="home"),
        pytest.param("ours.yaml", ["--config-file", "../ours.yaml"], {}, id="option"),
        pytest.param("ours.yaml", [], {"COOKIECUTTER_CONFIG": "../ours.yaml"}, id="variable"),
    ],
)
def test_user_config_sets_answers_and_abbreviations(
    repository: Repository,
    expected_tree: dict[str, bytes | None],
    work_folder: Path,
    file: str,
    words: Sequence[str],
    environ: dict[str, str],
) -> None:
    write_config(work_folder.parent / file, repository, STORED_ANSWERS)

    run = run_cookiecutter(work_folder, "ours:template", *words, **environ)

    assert run.returncode == 0, run.stderr
    assert read_tree(work_folder / "messages-api") == expected_tree


def test_unknown_choice_in_user_config_becomes_the_default(
    repository: Repository, work_folder: Path
) -> None:
    write_config(work_folder.parent / "home/.cookiecutterrc", repository, {"license": "GPL"})

    run = run_cookiecutter(work_folder, repository.url)

    assert "Invalid default received: GPL provided for choice variable license" in run.stderr
    assert (work_folder / "messages-api/LICENSE").read_text().startswith("MIT License\n")


def test_null_and_boolean_answers_in_user_config_are_rejected(
    repository: Repository, work_folder: Path
) -> None:
    config = work_folder.parent / "home/.cookiecutterrc"
    config.parent.mkdir()
    config.write_text("default_context: {author: , auth0_domain: no, project_slug: }\n")

    run = run_cookiecutter(work_folder, repository.url)

    assert run.returncode == 1
    for answer in ("author is '?None'?", "auth0_domain is '?False'?", "project_slug is 'None'"):
        assert re.search(f"  {answer}\n    expected ", run.stderr)
    assert list(work_folder.iterdir()) == []
