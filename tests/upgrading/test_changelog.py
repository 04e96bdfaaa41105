"""CHANGELOG.md agrees with the history, and no version breaks what an earlier one has promised."""

import json
import tomllib

import pytest

from ..support.git import git
from ..support.paths import TEMPLATE
from ..support.releases import Version, commit_of, lost_links, read_changelog

VERSIONS = read_changelog(TEMPLATE).versions


def test_the_newest_version_is_that_of_the_project() -> None:
    pyproject = tomllib.loads((TEMPLATE / "pyproject.toml").read_text())

    assert VERSIONS[0].number == pyproject["project"]["version"]


def test_versions_and_their_dates_descend() -> None:
    numbers = [version.parts for version in VERSIONS]
    dates = [version.date for version in VERSIONS]

    assert numbers == sorted(set(numbers), reverse=True)
    assert dates == sorted(dates, reverse=True)


def test_every_version_but_the_newest_is_linked_to_a_commit_of_this_history() -> None:
    assert [version.number for version in VERSIONS[1:] if version.link is None] == []
    assert lost_links(TEMPLATE) == []


@pytest.mark.parametrize("version", VERSIONS, ids=lambda version: version.number)
def test_no_choice_that_a_version_offered_is_gone(version: Version) -> None:
    """An answer that is no choice any more would stop the update with a traceback."""
    commit = commit_of(version, TEMPLATE) or "HEAD"
    offered = json.loads(git(TEMPLATE, "show", f"{commit}:cookiecutter.json"))
    now = json.loads((TEMPLATE / "cookiecutter.json").read_text())

    for question, choices in offered.items():
        if isinstance(choices, list) and not question.startswith("_"):
            assert set(choices) <= set(now[question]), question
