"""CHANGELOG.md matches the history, and projects of every version can still be updated."""

import json
import tomllib
from datetime import date

import pytest

from ..support.git import git
from ..support.paths import TEMPLATE
from ..support.releases import Version, find_commit, lost_links, read_changelog

VERSIONS = read_changelog(TEMPLATE)


def test_newest_version_equals_pyproject_version() -> None:
    pyproject = tomllib.loads((TEMPLATE / "pyproject.toml").read_text())

    assert VERSIONS[0].number == pyproject["project"]["version"]


def test_versions_and_their_dates_descend() -> None:
    numbers = [tuple(map(int, version.number.split("."))) for version in VERSIONS]
    dates = [date.fromisoformat(version.date) for version in VERSIONS]

    assert numbers == sorted(set(numbers), reverse=True)
    assert dates == sorted(dates, reverse=True)


def test_earlier_versions_link_to_commits_of_this_history() -> None:
    assert [version.number for version in VERSIONS[1:] if version.link is None] == []
    assert lost_links(TEMPLATE) == []


@pytest.mark.parametrize("version", VERSIONS, ids=lambda version: version.number)
def test_choices_of_earlier_versions_still_exist(version: Version) -> None:
    """Updates of a project with a choice that was removed would fail with a traceback."""
    commit = find_commit(version, TEMPLATE) or "HEAD"
    offered = json.loads(git(TEMPLATE, "show", f"{commit}:cookiecutter.json"))
    now = json.loads((TEMPLATE / "cookiecutter.json").read_text())

    for question, choices in offered.items():
        if isinstance(choices, list) and not question.startswith("_"):
            assert set(choices) <= set(now[question]), question
