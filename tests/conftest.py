"""What the tests start from: projects, the template as a repository, an API beside its tenant."""

import gc
import importlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from .support import programs
from .support.api import PROJECT, import_project
from .support.environments import Environments
from .support.git import git
from .support.projects import Projects, contents
from .support.rendering import Bake, render_once
from .support.repository import Repository, make_repository
from .support.serving import Api, beside_tenant

LONGEST = {"test_first_week.py", "test_matrix.py"}


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add what chooses how much of the matrix is tried: see test_matrix.py."""
    parser.addoption(
        "--every", action="store_true", help="of the matrix, every combination rather than pair"
    )
    parser.addoption(
        "--python", action="append", metavar="3.11", help="of the matrix, the Pythons to be tried"
    )


def pytest_configure(config: pytest.Config) -> None:
    """Let tests import the rendered API and use the fixtures of its tests."""
    gc.disable()
    if not only_distributes(config):
        import_project(config)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files whose tests take longest: no process is left with them at the end."""
    items.sort(key=lambda item: item.path.name not in LONGEST)


@pytest.hookimpl(trylast=True)
def pytest_collection_finish() -> None:
    """Have the garbage collector ignore the thousands of tests, which slow it down."""
    gc.freeze()
    gc.enable()


def only_distributes(config: pytest.Config) -> bool:
    """Tell whether this process has workers of pytest-xdist run all tests."""
    distributes = config.getoption("dist", "no") != "no" and not config.option.collectonly
    return distributes and not hasattr(config, "workerinput")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Name the programs that skipped tests lacked."""
    programs.summarize(terminalreporter)


@pytest.fixture
def other_tenant(tenant_folder: Path) -> Iterator[Any]:
    """A tenant with a key of its own, and the certificate of `own_tenant`."""
    with importlib.import_module("rendered_conftest").trusted_tenant(tenant_folder) as tenant:
        tenant.rotate(keep_old=False)
        yield tenant


@pytest.fixture
def bake(tmp_path: Path) -> Bake:
    """`render_once` into a folder of the test's own; `output` tells two renders apart."""
    return lambda output="out", **answers: render_once(tmp_path / output, **answers)


@pytest.fixture(scope="session")
def repository(run_folder: Path) -> Repository:
    """The template in a git repository, and a zip file of it. Not to be edited."""
    return make_repository(run_folder / "repository")


@pytest.fixture
def clone(repository: Repository, tmp_path: Path) -> Path:
    """The template as it would be committed, with the tools that run these tests."""
    git(tmp_path, "clone", "-q", repository.whole, "clone")
    (tmp_path / "clone" / ".venv").symlink_to(sys.prefix)
    return tmp_path / "clone"


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """Where cookiecutter is run: an empty folder."""
    here = tmp_path / "here"
    here.mkdir()
    return here


@pytest.fixture(scope="session")
def run_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that all processes of the test run share."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if "PYTEST_XDIST_WORKER" in os.environ else base


@pytest.fixture(scope="session")
def environments(run_folder: Path) -> Environments:
    """The virtual environments of rendered projects."""
    return Environments(run_folder / "environments")


@pytest.fixture(scope="session")
def ready_project(tmp_path_factory: pytest.TempPathFactory, environments: Environments) -> Path:
    """One project for each process, set up. Not to be edited."""
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
    """The rendered project whose code is imported here: see `support/api.py`."""
    return pytestconfig.stash[PROJECT]


@pytest.fixture
def api(ready_project: Path, api_folder: Path, tmp_path: Path) -> Iterator[Api]:
    """The project as in production, to be served, and its tenant, which is up."""
    with beside_tenant(ready_project, api_folder, tmp_path) as api:
        yield api


@pytest.fixture(scope="session")
def projects(tmp_path_factory: pytest.TempPathFactory, run_folder: Path) -> Projects:
    """Makes projects with a user's edits from any version of the template."""
    return Projects(tmp_path_factory.mktemp("projects"), run_folder / "projects")


@pytest.fixture(scope="session")
def new_files(projects: Projects) -> dict[str, bytes]:
    """The files of a project that was created from the newest version, with the user's edits."""
    return contents(projects.make())
