"""`make try`, which renders a project and runs its tests."""

from pathlib import Path

import pytest

from ..support.environ import user_environ
from ..support.processes import check_output


@pytest.mark.slow
def test_make_try_runs_tests_of_a_rendered_project(template_clone: Path) -> None:
    command = ["make", "-o", ".venv/.ready", "try", "TESTS=tests/test_routes.py"]

    output = check_output(command, template_clone, user_environ())

    assert " passed" in output
    assert (template_clone / "build/try/messages-api/messages_api").is_dir()
