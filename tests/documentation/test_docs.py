"""The template's README shows the settings and the demo as they are."""

from tools.demo import EXPECTED, table

from ..support.markdown import blocks
from ..support.paths import TEMPLATE
from ..support.rendering import Bake


def test_the_readme_of_the_template_shows_the_settings_as_they_are_rendered(bake: Bake) -> None:
    shown = blocks(TEMPLATE / "README.md", "python")[1]

    project = bake(auth0_domain="ann.eu.auth0.com", cors_origins="http://localhost:3000")

    assert shown in (project / "messages_api" / "config.py").read_text()


def test_the_readme_of_the_template_shows_the_table_of_the_demo() -> None:
    expected = {name: list(row) for name, row in EXPECTED.items()}

    assert table(expected) in (TEMPLATE / "README.md").read_text()
