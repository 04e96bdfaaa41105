"""Features: a project without a feature contains no trace of it, also in its locks."""

import re
from itertools import product
from pathlib import Path

import pytest

from ..support.rendering import read_text_files, render_once

pytestmark = pytest.mark.exhaustive

FEATURE_PATTERNS = {
    "api_docs": r"openapi|swagger|docs.ui|/docs/|API_DOCS|AUTH0_CLIENT_ID|local_auth0.login",
    "diagnostics": r"flask auth0|AUTH0_CHECK|messages_api/cli|tests/cli|cli\.init_app|    cli,",
    "tenant_file": r"tenant\.yaml|make tenant|(?<![\w@/])auth0/|deploy-cli|A0DEPLOY",
    "dpop": r"dpop(_|\.|:)|replay|make proof|proofs\.py",
}
"""Patterns that occur only in files of a feature."""


@pytest.fixture(scope="module")
def projects_by_features(tmp_path_factory: pytest.TempPathFactory) -> dict[frozenset[str], Path]:
    """A project for every combination of features, by its features."""
    folder = tmp_path_factory.mktemp("features")
    projects = {}
    for answers in product(("yes", "no"), repeat=len(FEATURE_PATTERNS)):
        chosen = dict(zip(FEATURE_PATTERNS, answers, strict=True))
        name = "-".join(answers)
        features = frozenset(feature for feature, answer in chosen.items() if answer == "yes")
        projects[features] = render_once(folder / name, **chosen)
    return projects


@pytest.mark.parametrize("feature", FEATURE_PATTERNS)
def test_absent_feature_leaves_no_trace(
    projects_by_features: dict[frozenset[str], Path], feature: str
) -> None:
    for features, project in projects_by_features.items():
        files = read_text_files(project)
        traces = [
            (path, found[0])
            for path, text in files.items()
            if not path.startswith(("auth0/", "requirements"))
            for found in re.finditer(FEATURE_PATTERNS[feature], f"{path}\n{text}", re.IGNORECASE)
        ]

        assert bool(traces) == (feature in features), (features, traces)


def test_absent_features_leave_no_empty_folder(
    projects_by_features: dict[frozenset[str], Path],
) -> None:
    folders = [path for project in projects_by_features.values() for path in project.rglob("*")]

    assert [path for path in folders if path.is_dir() and not any(path.iterdir())] == []


def test_features_change_few_shared_files(projects_by_features: dict[frozenset[str], Path]) -> None:
    """All other files are the same, so that an update that adds a feature has no conflicts."""
    without = read_text_files(projects_by_features[frozenset()])

    for features, project in projects_by_features.items():
        files = read_text_files(project)
        changed = {path for path, text in without.items() if files[path] != text}
        assert without.keys() <= files.keys()
        assert len(changed) <= 17, (features, changed)


@pytest.mark.parametrize(
    ("lock", "package", "features"),
    [
        ("requirements.txt", "flask-swagger-ui", {"api_docs"}),
        ("requirements.txt", "pyyaml", {"api_docs"}),
        ("requirements.txt", "redis", {"dpop"}),
        ("requirements-dev.txt", "openapi-spec-validator", {"api_docs"}),
        ("requirements-dev.txt", "types-pyyaml", {"api_docs", "tenant_file"}),
    ],
)
def test_lock_has_a_package_only_for_its_features(
    projects_by_features: dict[frozenset[str], Path], lock: str, package: str, features: set[str]
) -> None:
    for chosen, project in projects_by_features.items():
        is_locked = f"\n{package}==" in (project / lock).read_text(encoding="utf-8")

        assert is_locked == bool(features & chosen), chosen
