"""Paths in the template."""

from pathlib import Path

TEMPLATE = Path(__file__).parents[2]
PROJECT_FOLDER = "{{cookiecutter.project_slug}}"
IN_TEMPLATE = TEMPLATE / PROJECT_FOLDER
IN_PACKAGE = IN_TEMPLATE / "{{cookiecutter.__package}}"
