"""One tenant for each test module, since no test here changes it, and views to protect."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from ..conftest import trusted_tenant
from local_auth0 import Tenant

View = Callable[..., Any]
Serve = Callable[..., None]


def responding(text: str) -> View:
    """Return a new view, or method, without a policy."""
    return lambda *_, **__: text


@pytest.fixture(scope="module")
def tenant(tenant_folder: Path) -> Iterator[Tenant]:
    with trusted_tenant(tenant_folder) as tenant:
        yield tenant


@pytest.fixture
def show() -> View:
    """A view without a policy."""

    def show() -> dict[str, bool]:
        """Show something."""
        return {"shown": True}

    return show


@pytest.fixture
def serve(app: Flask) -> Serve:
    """Register a view at `/show`: `serve(requires_auth(show))`."""

    def serve(
        view: View, rule: str = "/show", endpoint: str = "show", methods: list[str] | None = None
    ) -> None:
        app.add_url_rule(rule, endpoint, view, methods=methods)

    return serve
