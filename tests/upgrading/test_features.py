"""Features are added and dropped as UPGRADING.md documents, and a user's edits are kept.

cruft always exits with status 0, so the files are compared, byte for byte, with a project that was
created with the same answers.
"""

import json
import re
from pathlib import Path

import pytest

from ..support.paths import TEMPLATE
from ..support.projects import Projects, differing_files, documented_commands, read_files
from ..support.user_edits import PACKAGE, append_text, edit_readme, replace_once

pytestmark = pytest.mark.slow

SWITCH_FEATURES = documented_commands(
    """uvx cruft update --skip-apply-ask --variables-to-update '{"diagnostics"""
)
LIST_CONFLICTS = documented_commands("git diff")
DEFAULT_FEATURES: dict[str, bool] = {
    name: value
    for name, value in json.loads((TEMPLATE / "cookiecutter.json").read_text()).items()
    if isinstance(value, bool)
}
NO_FEATURES = dict.fromkeys(DEFAULT_FEATURES, False)
EDITED = {
    "api_docs": f"{PACKAGE}/openapi.yaml",
    "diagnostics": f"{PACKAGE}/cli/explain.py",
    "tenant_file": "auth0/tenant.yaml",
}
"""For each feature, a file that users edit."""
USER_EDIT = "\n# Mine.\n"


def switch_features(projects: Projects, project: Path, features: dict[str, bool]) -> str:
    """Run the documented command for these features; return its output."""
    command = SWITCH_FEATURES.replace('{"diagnostics": false}', json.dumps(features))
    return projects.run(command, project)


@pytest.fixture(scope="module")
def project_without_features(projects: Projects) -> tuple[Path, str]:
    """A project that has dropped all features, which tests must not edit, and cruft's output."""
    project = projects.make()
    output = switch_features(projects, project, NO_FEATURES)
    projects.commit(project)
    return project, output


@pytest.mark.parametrize(("feature", "default"), DEFAULT_FEATURES.items(), ids=DEFAULT_FEATURES)
def test_feature_can_be_switched_and_switched_back(
    projects: Projects, newest_files: dict[str, bytes], feature: str, default: bool
) -> None:
    project = projects.make()
    switch_features(projects, project, {feature: not default})
    projects.commit(project)
    switched = read_files(project)

    clone = projects.clone(project)
    switch_features(projects, clone, {feature: default})

    assert differing_files(switched, read_files(projects.make(**{feature: not default}))) == set()
    assert differing_files(read_files(clone), newest_files) == set()


def test_dropped_features_leave_nothing_behind(
    projects: Projects, project_without_features: tuple[Path, str]
) -> None:
    project, status = project_without_features

    assert differing_files(read_files(project), read_files(projects.make(**NO_FEATURES))) == set()
    for file in EDITED.values():
        assert re.search(rf"^ ?D +{re.escape(file)}$", status, re.MULTILINE)


def test_dropped_features_can_be_added_at_once(
    projects: Projects, newest_files: dict[str, bytes], project_without_features: tuple[Path, str]
) -> None:
    project = projects.clone(project_without_features[0])

    switch_features(projects, project, DEFAULT_FEATURES)

    assert differing_files(read_files(project), newest_files) == set()


def test_switched_features_are_stored_as_booleans(
    project_without_features: tuple[Path, str],
) -> None:
    answers = json.loads((project_without_features[0] / ".cruft.json").read_text())["context"][
        "cookiecutter"
    ]

    assert {name: answers[name] for name in DEFAULT_FEATURES} == NO_FEATURES


def test_edited_files_of_dropped_features_are_reported_and_kept(projects: Projects) -> None:
    project = projects.make()
    for file in EDITED.values():
        append_text(project / file, USER_EDIT)
    projects.commit(project)

    output = switch_features(projects, project, NO_FEATURES)

    for file in EDITED.values():
        assert f"error: {file}: patch does not apply\n" in output
        assert (project / file).read_text().endswith(USER_EDIT)
    projects.run(f"git rm -q {' '.join(EDITED.values())}", project)
    assert differing_files(read_files(project), read_files(projects.make(**NO_FEATURES))) == set()


def test_manually_removed_feature_can_be_dropped(projects: Projects) -> None:
    project = projects.make(projects.commit_of_number("0.5.0"))
    projects.run(f"git rm -qr {PACKAGE}/cli tests/test_cli_*", project)
    replace_once(project / PACKAGE / "__init__.py", " cli,", "")
    replace_once(project / PACKAGE / "__init__.py", "    cli.init_app(app)\n", "")
    projects.commit(project)

    switch_features(projects, project, {"diagnostics": False})

    conflicts = f"README.md {PACKAGE}/__init__.py"
    assert projects.run(LIST_CONFLICTS, project).split() == conflicts.split()
    projects.run(f"git checkout -q --theirs {conflicts} && git add {conflicts}", project)
    edit_readme(project)
    assert (
        differing_files(read_files(project), read_files(projects.make(diagnostics=False))) == set()
    )
