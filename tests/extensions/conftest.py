"""Fixtures of rendered projects with an extension, and of their stand-in tenant."""

import sys
from collections.abc import Callable, Iterator
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from ..support.rendering import render
from .contract import HANDSHAKE, ORIGIN, REQUEST_ID, ExtendedApi

AUDIENCE = "https://api.test"
FLASK_CLASSES = {"apiflask": "apiflask.APIFlask", "openapi3": "flask_openapi3.OpenAPI"}
"""The classes of extensions that replace `Flask`. Each of them has its own project."""

MakeApi = Callable[..., ExtendedApi]


@pytest.fixture(scope="session")
def edited_projects(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Projects whose create_app() makes an app of an extension's class: `apiflask_api`, …"""
    folder = tmp_path_factory.mktemp("edited")
    with pytest.MonkeyPatch.context() as patch:
        for extension, flask_class in FLASK_CLASSES.items():
            project = render(folder / extension, project_slug=f"{extension}-api")
            replace_flask_class(project / f"{extension}_api" / "__init__.py", flask_class)
            patch.syspath_prepend(project)
        yield


def replace_flask_class(factory: Path, flask_class: str) -> None:
    """Use the extension's class in create_app().

    The API docs of the extension replace those of the project, which have the same path.
    """
    module, _, name = flask_class.rpartition(".")
    text = factory.read_text(encoding="utf-8")
    init_auth = "    auth.init_app(app)\n"
    for line, edited in {
        "from flask import Flask\n": f"from {module} import {name} as Flask\n",
        init_auth: f'{init_auth}    auth.set_policy(app, "openapi.*", auth.public)\n',
        "    openapi.init_app(app)\n": "",
        "    swagger_ui.init_app(app)\n": "",
    }.items():
        assert text.count(line) == 1, line
        text = text.replace(line, edited)
    factory.write_text(text, encoding="utf-8")


@pytest.fixture(scope="package")
def tenant(api_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A tenant that the apps trust through the CA bundle in the environment."""
    assert str(api_folder) in sys.path
    folder = tmp_path_factory.mktemp("tenant") / "local_auth0"
    with (
        import_module("local_auth0").Tenant(folder, 0, AUDIENCE) as tenant,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setenv("REQUESTS_CA_BUNDLE", str(tenant.ca_file))
        patch.setenv("NO_PROXY", "localhost")
        patch.setenv("no_proxy", "localhost")
        yield tenant


@pytest.fixture(scope="package")
def make_api(tenant: Any, edited_projects: None) -> MakeApi:  # noqa: ARG001
    """Makes an app with an extension: `make_api("restx", "debug")`."""
    tokens = {
        "expired-token": tenant.token("read:report", exp=1),
        "no-scope": tenant.token("read:messages"),
        "valid-token": tenant.token("read:report"),
        "other-client": tenant.token("read:report", azp="other-client"),
    }
    headers = {"no-token": {"Origin": ORIGIN, "X-Request-ID": REQUEST_ID}}
    for caller, token in tokens.items():
        headers[caller] = headers["no-token"] | {"Authorization": f"Bearer {token}"}
    settings = {"AUTH0_DOMAIN": tenant.domain, "AUTH0_AUDIENCE": AUDIENCE, "CORS_ORIGINS": ORIGIN}

    def make_api(name: str, mode: str, scope: str = "", policies: str = "before") -> ExtendedApi:
        """Make an app. The extension's own endpoints are public, or require a scope.

        `policies`: when their policies are set, `before` or `after` the extension registers them,
        or `never`.
        """
        package = import_module(f"{name}_api" if name in FLASK_CLASSES else "messages_api")
        extension = import_module(f".{name}", __package__)
        app, auth = package.create_app(settings), package.auth
        app.testing, app.debug = mode == "testing", mode == "debug"
        for when in ("before", "after"):
            if when == policies:
                for endpoint in getattr(extension, "OWN_ENDPOINTS", ()):
                    policy = auth.requires_scope(scope) if scope else auth.public
                    auth.set_policy(app, endpoint, policy)
            if when == "before":
                extension.add_endpoints(app)
        auth.require_policies(app)
        handshake = HANDSHAKE if name == "sock" else {}
        return ExtendedApi(app, {caller: each | handshake for caller, each in headers.items()})

    return make_api


@pytest.fixture(scope="package")
def shared_api(make_api: MakeApi) -> MakeApi:
    """Like `make_api`, but returns the same app for the same arguments."""
    return cache(make_api)
