"""The rendered API with the feature `dpop`, in this process as `bound_api`, and its endpoints."""

import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from .api import AUDIENCE
from .dpop.proofs import PUBLIC_URL, World
from .rendering import render_once

PACKAGE = "bound_api"


@contextmanager
def imported(folder: Path) -> Iterator[Any]:
    """Render the feature into a folder and import the package."""
    project = render_once(folder, project_slug="bound-api", dpop="yes")
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(project)
        yield importlib.import_module(PACKAGE)
        for name in [name for name in sys.modules if name.split(".")[0] == PACKAGE]:
            del sys.modules[name]


def make_app(package: Any, world: World, mode: str, **settings: str) -> Flask:
    """Make an app for the tenant of the world, with the endpoints of the cases."""
    environ = {
        "AUTH0_DOMAIN": world.tenant.domain,
        "AUTH0_AUDIENCE": AUDIENCE,
        "PUBLIC_URL": PUBLIC_URL,
        "DPOP": mode,
    }
    app: Flask = package.create_app(environ | settings)
    auth = package.auth
    methods = ["GET", "POST", "PUT", "DELETE", "PATCH"]

    def add(path: str, policy: Any) -> None:
        def view(**_: str) -> dict[str, str | None]:
            token = auth.optional_token()
            return {"sub": token.subject if token else None}

        app.add_url_rule(path, path, policy(view), methods=methods)

    for path in ("/private", "/files/<path:name>", "/"):
        add(path, auth.requires_auth)
    add("/scoped", auth.requires_scope("read:messages"))
    add("/other-scope", auth.requires_scope("write:messages"))
    add("/optional", auth.optional_auth)
    add("/open", auth.public)
    return app
