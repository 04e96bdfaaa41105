"""Rendering: every test that needs a project has it made by cookiecutter itself."""

from collections.abc import Callable, Mapping
from pathlib import Path

from cookiecutter.main import cookiecutter

from .paths import TEMPLATE

Bake = Callable[..., Path]
"""What the fixture `bake` is: `render` into a folder of the test's own."""


def render(output_dir: Path, **answers: str) -> Path:
    """Render the template with these answers, the defaults for the rest; return the project."""
    return _render(output_dir, answers, hooks=True)


def render_defaults(output_dir: Path) -> Path:
    """Render the template without its hooks, which is quicker and prints nothing."""
    return _render(output_dir, {}, hooks=False)


def _render(output_dir: Path, answers: Mapping[str, str], *, hooks: bool) -> Path:
    home = output_dir.parent / "cookiecutter-home"
    folders = {"replay_dir": str(home / "replay"), "cookiecutters_dir": str(home / "templates")}
    project = cookiecutter(
        str(TEMPLATE),
        no_input=True,
        extra_context=dict(answers),
        output_dir=str(output_dir),
        default_config=folders,
        accept_hooks=hooks,
    )
    return Path(project)
