"""The rendered API in this process: `messages_api`, `local_auth0`, and the fixtures of its tests.

Tests of the template can use `app`, `client`, `call`, `token`, `tenant`, `own_tenant`, `serve` and
`show` like the tests of a project. `RENDERED_PROJECT` is the path of another project to import.
"""

import importlib.util
import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import TestResponse

from .rendering import render_defaults

AUDIENCE = "https://api.test"
"""The audience of the app that the fixtures make."""

Mint = Callable[..., str]
Call = Callable[..., TestResponse]
Serve = Callable[..., None]
View = Callable[..., Any]

PROJECT_KEY = pytest.StashKey[Path]()


def view_returning(text: str) -> View:
    """Return a new view or method that returns this string and has no policy."""
    return lambda *_, **__: text


def import_project(config: pytest.Config) -> None:
    """Render the defaults, once per process; make code and fixtures available."""
    given = os.environ.get("RENDERED_PROJECT")
    if given:
        project = Path(given)
    else:
        folder = Path(tempfile.mkdtemp(prefix="rendered-api-"))
        config.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))
        project = render_defaults(folder / "out")
    sys.path.append(str(project))
    path = project / "tests" / "conftest.py"
    spec = importlib.util.spec_from_file_location("rendered_conftest", path)
    if spec is None or spec.loader is None:
        raise FileNotFoundError(path)
    module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except ImportError as error:
        raise pytest.UsageError(f"The rendered API cannot be imported: {error}") from error
    config.pluginmanager.register(module, "rendered conftest")
    config.stash[PROJECT_KEY] = project
