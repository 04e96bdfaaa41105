"""Features are added and dropped as UPGRADING.md documents, without harm to a user's edits.

cruft exits with status 0 whatever happens, so the files are compared, to the byte, with a project
that was created with these answers.
"""

import json
import re
from pathlib import Path

import pytest

from ..support.paths import TEMPLATE
from ..support.projects import Projects, differing_files, documented_commands, read_files
from ..support.user_edits import PACKAGE, append_text, edit_readme, replace_once

pytestmark = pytest.mark.slow

DOCUMENTED = documented_commands(
    """uvx cruft update --skip-apply-ask --variables-to-update '{"diagnostics"""
)
CONFLICTS = documented_commands("git diff")
DEFAULTS: dict[str, bool] = {
    name: value
    for name, value in json.loads((TEMPLATE / "cookiecutter.json").read_text()).items()
    if isinstance(value, bool)
}
NONE = dict.fromkeys(DEFAULTS, False)
EDITED = {
    "api_docs": f"{PACKAGE}/openapi.yaml",
    "diagnostics": f"{PACKAGE}/cli/explain.py",
    "tenant_file": "auth0/tenant.yaml",
}
"""A file of each feature that users edit."""
MINE = "\n# Mine.\n"


def switch(projects: Projects, project: Path, features: dict[str, bool]) -> str:
    """Run the documented command for these features; return its output."""
    command = DOCUMENTED.replace('{"diagnostics": false}', json.dumps(features))
    return projects.run(command, project)


@pytest.fixture(scope="module")
def dropped(projects: Projects) -> tuple[Path, str]:
    """A project that has dropped all features, not to be edited; and the command's output."""
    project = projects.make()
    output = switch(projects, project, NONE)
    projects.commit(project)
    return project, output


@pytest.mark.parametrize(("feature", "default"), DEFAULTS.items(), ids=DEFAULTS)
def test_feature_can_be_switched_and_switched_back(
    projects: Projects, new_files: dict[str, bytes], feature: str, default: bool
) -> None:
    project = projects.make()
    switch(projects, project, {feature: not default})
    projects.commit(project)
    switched = read_files(project)

    clone = projects.clone(project)
    switch(projects, clone, {feature: default})

    assert differing_files(switched, read_files(projects.make(**{feature: not default}))) == set()
    assert differing_files(read_files(clone), new_files) == set()


def test_dropped_features_leave_nothing_behind(
    projects: Projects, dropped: tuple[Path, str]
) -> None:
    project, status = dropped

    assert differing_files(read_files(project), read_files(projects.make(**NONE))) == set()
    for file in EDITED.values():
        assert re.search(rf"^ ?D +{re.escape(file)}$", status, re.MULTILINE)


def test_dropped_features_can_be_added_at_once(
    projects: Projects, new_files: dict[str, bytes], dropped: tuple[Path, str]
) -> None:
    project = projects.clone(dropped[0])

    switch(projects, project, DEFAULTS)

    assert differing_files(read_files(project), new_files) == set()


def test_switched_features_are_stored_as_booleans(dropped: tuple[Path, str]) -> None:
    answers = json.loads((dropped[0] / ".cruft.json").read_text())["context"]["cookiecutter"]

    assert {name: answers[name] for name in DEFAULTS} == NONE


def test_edited_files_of_dropped_features_are_named_and_stay(projects: Projects) -> None:
    project = projects.make()
    for file in EDITED.values():
        append_text(project / file, MINE)
    projects.commit(project)

    output = switch(projects, project, NONE)

    for file in EDITED.values():
        assert f"error: {file}: patch does not apply\n" in output
        assert (project / file).read_text().endswith(MINE)
    projects.run(f"git rm -q {' '.join(EDITED.values())}", project)
    assert differing_files(read_files(project), read_files(projects.make(**NONE))) == set()


def test_feature_removed_by_hand_is_dropped_by_its_answer(projects: Projects) -> None:
    project = projects.make(projects.commit_of_number("0.5.0"))
    projects.run(f"git rm -qr {PACKAGE}/cli tests/test_cli_*", project)
    replace_once(project / PACKAGE / "__init__.py", " cli,", "")
    replace_once(project / PACKAGE / "__init__.py", "    cli.init_app(app)\n", "")
    projects.commit(project)

    switch(projects, project, {"diagnostics": False})

    conflicts = f"README.md {PACKAGE}/__init__.py"
    assert projects.run(CONFLICTS, project).split() == conflicts.split()
    projects.run(f"git checkout -q --theirs {conflicts} && git add {conflicts}", project)
    edit_readme(project)
    assert (
        differing_files(read_files(project), read_files(projects.make(diagnostics=False))) == set()
    )
