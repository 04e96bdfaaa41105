"""The template's README matches the rendered settings and the output of the demo."""

from tools.demo import EXPECTED_STATUSES, format_statuses

from ..support.markdown import code_blocks
from ..support.paths import TEMPLATE
from ..support.rendering import Bake


def test_template_readme_shows_the_rendered_settings(bake: Bake) -> None:
    settings = code_blocks(TEMPLATE / "README.md", "python")[1]

    project = bake(auth0_domain="ann.eu.auth0.com", cors_origins="http://localhost:3000")

    assert settings in (project / "messages_api" / "config.py").read_text()


def test_template_readme_shows_the_table_of_the_demo() -> None:
    expected = {name: list(row) for name, row in EXPECTED_STATUSES.items()}

    assert format_statuses(expected) in (TEMPLATE / "README.md").read_text()
