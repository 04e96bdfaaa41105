"""What the template's pages show is what there is: questions, settings, answers, tests of a rule."""

import re
from pathlib import Path

import pytest

from .demo import EXPECTED, table
from .markdown import blocks
from .places import IN_TEMPLATE, TEMPLATE
from .rendering import Bake

RENDERED_TESTS = IN_TEMPLATE / "tests"
RULES, OF_THE_TEMPLATE = (TEMPLATE / "docs" / "rules.md").read_text().split("## The template")


def named(text: str) -> list[tuple[str, str]]:
    """Each file with each thing that is said to be in it."""
    pairs = []
    for file, things in re.findall(r"`([\w/]*test_\w+\.py)`(?:: ((?:`[\w ]+`(?:, )?)+))?", text):
        pairs += [(file, thing) for thing in re.findall(r"`([\w ]+)`", things)] or [(file, "")]
    return pairs


@pytest.mark.parametrize(("file", "thing"), named(RULES))
def test_what_holds_a_rule_is_a_test_of_the_rendered_project(file: str, thing: str) -> None:
    source = (RENDERED_TESTS / file).read_text()

    if not thing:
        assert "def test_" in source
    elif file == "test_hostile.py":
        assert re.search(
            rf'^    "{thing}": ', (RENDERED_TESTS / "hostile_cases.py").read_text(), re.M
        )
    else:
        assert f"def {thing}(" in source


@pytest.mark.parametrize(("file", "thing"), named(OF_THE_TEMPLATE))
def test_what_attacks_the_api_is_a_test_of_the_template(file: str, thing: str) -> None:
    source = (Path(__file__).parent / file).read_text()

    assert f"def {thing}(" in source if thing else "def test_" in source


def test_the_readme_of_the_template_shows_the_settings_as_they_are_rendered(bake: Bake) -> None:
    shown = blocks(TEMPLATE / "README.md", "python")[1]

    project = bake(auth0_domain="ann.eu.auth0.com", cors_origins="http://localhost:3000")

    assert shown in (project / "messages_api" / "config.py").read_text()


def test_the_readme_of_the_template_shows_the_table_of_the_demo() -> None:
    expected = {name: list(row) for name, row in EXPECTED.items()}

    assert table(expected) in (TEMPLATE / "README.md").read_text()


def test_the_map_of_the_tests_names_every_file_of_tests() -> None:
    contributing = (TEMPLATE / "CONTRIBUTING.md").read_text()
    rows = re.findall(r"^\|.*\|$", contributing, re.M)

    named = {file for row in rows for file in re.findall(r"`(test_\w+\.py)`", row)}
    assert named == {file.name for file in Path(__file__).parent.glob("test_*.py")}
