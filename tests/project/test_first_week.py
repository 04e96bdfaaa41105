"""The first edits of a new project: its checks pass, or fail in the files still to be edited.

Each test edits a project and runs `make lint` and `make test` in it.
"""

from collections.abc import Callable
from pathlib import Path

import pytest

from ..support import first_week
from ..support.environments import Environments
from ..support.rendering import render_once
from ..support.user_project import UserProject

pytestmark = pytest.mark.slow


@pytest.fixture
def user_project(environments: Environments, tmp_path: Path) -> UserProject:
    return UserProject(render_once(tmp_path / "out"), environments)


def assert_passes(user_project: UserProject) -> None:
    user_project.sort_imports()
    outcome = user_project.check()
    assert outcome.lint.returncode == 0, outcome.lint.stdout
    assert outcome.test.returncode == 0, outcome.test.stdout


@pytest.mark.parametrize(
    "edits",
    [
        pytest.param([first_week.replace_samples], id="samples replaced"),
        pytest.param([first_week.delete_samples], id="samples deleted"),
        pytest.param([first_week.delete_scoped_endpoint], id="scoped endpoint deleted"),
        pytest.param(
            [first_week.change_prefix, first_week.rename_scope, first_week.change_leeway],
            id="prefix, scope and leeway changed",
        ),
        pytest.param(
            [first_week.add_blueprint, first_week.add_resource, first_week.add_setting],
            id="blueprint, class-based view and setting added",
        ),
        pytest.param(
            [
                first_week.add_coroutine,
                first_week.add_database,
                first_week.add_rate_limit,
                first_week.add_traces,
            ],
            id="coroutine function and recipes added",
        ),
    ],
)
def test_edited_project_passes_its_checks(
    user_project: UserProject, edits: list[Callable[[UserProject], None]]
) -> None:
    """Independent edits share a project, because each run of the checks takes seconds."""
    for edit in edits:
        edit(user_project)

    assert_passes(user_project)


def test_project_without_features_passes_with_own_endpoint(
    environments: Environments, tmp_path: Path
) -> None:
    path = render_once(tmp_path / "out", api_docs="no", diagnostics="no", tenant_file="no")
    user_project = UserProject(path, environments)

    first_week.replace_routes_and_tests(user_project)

    assert_passes(user_project)


def test_new_routes_fail_tests_of_files_that_describe_routes(user_project: UserProject) -> None:
    first_week.replace_routes(user_project)

    outcome = user_project.check()

    assert outcome.lint.returncode == 0, outcome.lint.stdout
    assert outcome.failures.keys() == {
        "tests/test_routes.py",
        "tests/app/test_openapi.py",
        "tests/app/test_tenant_file.py",
    }, outcome.test.stdout
    assert "openapi.yaml" in outcome.failures["tests/app/test_openapi.py"]
    assert "auth0/tenant.yaml" in outcome.failures["tests/app/test_tenant_file.py"]


def test_problem_details_fail_only_tests_of_error_bodies(user_project: UserProject) -> None:
    first_week.use_problem_details(user_project)

    outcome = user_project.check()

    assert outcome.lint.returncode == 0, outcome.lint.stdout
    assert outcome.failures.keys() == {"tests/app/test_errors.py"}, outcome.test.stdout
