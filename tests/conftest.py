"""Fixtures of all tests: rendered projects, the template as a repository, a served API."""

import gc
import importlib
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from .support import programs
from .support.api import PROJECT_KEY, import_project
from .support.environments import Environments
from .support.git import git
from .support.projects import Projects, read_files
from .support.rendering import Bake, render_once
from .support.repository import Repository, make_repository
from .support.serving import Api, api_with_tenant

SLOWEST_FILES = {"test_first_week.py", "test_matrix.py"}


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options that select a part of the matrix: see test_matrix.py."""
    parser.addoption(
        "--every", action="store_true", help="test every combination of the matrix, not only pairs"
    )
    parser.addoption(
        "--python", action="append", metavar="3.11", help="test the matrix with this Python"
    )


def pytest_configure(config: pytest.Config) -> None:
    """Make the rendered API importable, and the fixtures of its tests available."""
    gc.disable()
    if not is_xdist_controller(config):
        import_project(config)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Start with the slowest files, so that no process still runs them when all others are done."""
    items.sort(key=lambda item: item.path.name not in SLOWEST_FILES)


@pytest.hookimpl(trylast=True)
def pytest_collection_finish() -> None:
    """Exclude the thousands of collected tests from garbage collection, which they slow down."""
    gc.freeze()
    gc.enable()


def is_xdist_controller(config: pytest.Config) -> bool:
    """Return whether this process runs no tests itself: it is the controller of pytest-xdist."""
    distributes = config.getoption("dist", "no") != "no" and not config.option.collectonly
    return distributes and not hasattr(config, "workerinput")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """List the missing programs of skipped tests."""
    programs.report_missing_programs(terminalreporter)


@pytest.fixture(scope="session", autouse=True)
def temporary_files(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Put the temporary files of other programs where pytest deletes them.

    Otherwise, cookiecutter leaves a file for each hook behind, and tests of rendered projects
    delete the folders of earlier runs of these tests.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TMPDIR", str(tmp_path_factory.mktemp("tmp")))
        patch.setattr(tempfile, "tempdir", None)  # it caches the folder
        yield


@pytest.fixture
def other_tenant(tenant_folder: Path) -> Iterator[Any]:
    """A second tenant, with its own key and the certificate of `own_tenant`."""
    with importlib.import_module("rendered_conftest").trusted_tenant(tenant_folder) as tenant:
        tenant.rotate(keep_old=False)
        yield tenant


@pytest.fixture
def bake(tmp_path: Path) -> Bake:
    """Renders a project for one test: `bake(license="MIT")`. A second call needs an `output`."""
    return lambda output="out", **answers: render_once(tmp_path / output, **answers)


@pytest.fixture(scope="session")
def repository(run_folder: Path) -> Repository:
    """The template in a git repository and as a zip file. Tests must not edit them."""
    return make_repository(run_folder / "repository")


@pytest.fixture
def template_clone(repository: Repository, tmp_path: Path) -> Path:
    """A clone of the template with all uncommitted changes, and with the `.venv` of these tests."""
    git(tmp_path, "clone", "-q", repository.whole, "clone")
    (tmp_path / "clone" / ".venv").symlink_to(sys.prefix)
    return tmp_path / "clone"


@pytest.fixture
def work_folder(tmp_path: Path) -> Path:
    """An empty folder in which to run cookiecutter."""
    folder = tmp_path / "work"
    folder.mkdir()
    return folder


@pytest.fixture(scope="session")
def run_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that all processes of this test run share."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if "PYTEST_XDIST_WORKER" in os.environ else base


@pytest.fixture(scope="session")
def environments(run_folder: Path) -> Environments:
    """The virtual environments of rendered projects."""
    return Environments(run_folder / "environments")


@pytest.fixture(scope="session")
def ready_project(tmp_path_factory: pytest.TempPathFactory, environments: Environments) -> Path:
    """A project with its .venv, one for each process. Tests must not edit it."""
    project = render_once(tmp_path_factory.mktemp("ready"))
    environments.set_up(project)
    return project


@pytest.fixture(scope="session")
def dpop_project(tmp_path_factory: pytest.TempPathFactory, environments: Environments) -> Path:
    """A project with the feature `dpop`, like `ready_project`."""
    project = render_once(tmp_path_factory.mktemp("dpop"), dpop="yes")
    environments.set_up(project)
    return project


@pytest.fixture(scope="session")
def api_folder(pytestconfig: pytest.Config) -> Path:
    """The rendered project whose code the tests import: see `support/api.py`."""
    return pytestconfig.stash[PROJECT_KEY]


@pytest.fixture
def api(ready_project: Path, api_folder: Path, tmp_path: Path) -> Iterator[Api]:
    """The project, which a test serves as in production, and its running tenant."""
    with api_with_tenant(ready_project, api_folder, tmp_path) as api:
        yield api


@pytest.fixture(scope="session")
def projects(tmp_path_factory: pytest.TempPathFactory, run_folder: Path) -> Projects:
    """Makes projects with a user's edits from any version of the template."""
    return Projects(tmp_path_factory.mktemp("projects"), run_folder / "projects")


@pytest.fixture(scope="session")
def newest_files(projects: Projects) -> dict[str, bytes]:
    """The files of a project that was created from the newest version, with the user's edits."""
    return read_files(projects.make())
