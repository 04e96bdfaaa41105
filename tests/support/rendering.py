"""Render projects with cookiecutter. Tests that need the same project get copies of it."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path

from cookiecutter.main import cookiecutter

from .paths import TEMPLATE

Bake = Callable[..., Path]
"""The type of the fixture `bake`, which calls `render_once` in a folder of the test."""


def render(output_dir: Path, **answers: str) -> Path:
    """Render the template with these answers and defaults for the others; return the project."""
    return _run_cookiecutter(output_dir, answers, hooks=True)


def render_once(output_dir: Path, **answers: str) -> Path:
    """Do the same, or copy the files if this process has rendered these answers before."""
    key = json.dumps(answers, sort_keys=True)
    if key not in _rendered:
        project = render(output_dir, **answers)
        files = [path for path in project.rglob("*") if path.is_file()]
        _rendered[key] = {
            path.relative_to(output_dir): (path.stat().st_mode, path.read_bytes()) for path in files
        }
        return project
    for name, (mode, content) in _rendered[key].items():
        path = output_dir / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        path.chmod(mode)
    return output_dir / name.parts[0]


_rendered: dict[str, dict[Path, tuple[int, bytes]]] = {}
"""The files of projects, by their answers."""


def render_defaults(output_dir: Path, **changed: str) -> Path:
    """Render the defaults, or `changed` answers, without hooks: it is faster and prints nothing."""
    return _run_cookiecutter(output_dir, changed, hooks=False)


def read_text_files(project: Path) -> dict[str, str]:
    """Return the text of every file by its path."""
    return {
        path.relative_to(project).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(project.rglob("*"))
        if path.is_file()
    }


def _run_cookiecutter(output_dir: Path, answers: Mapping[str, str], *, hooks: bool) -> Path:
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
