"""Fixtures: the app and a stand-in tenant, with real HTTPS, keys and tokens. No mocks."""

import logging
import os
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, request
from flask.testing import FlaskClient
from werkzeug import Response
from werkzeug.test import TestResponse

from {{ cookiecutter.__package }} import create_app
from {{ cookiecutter.__package }}.auth.key_cache import SigningKeys
from {{ cookiecutter.__package }}.auth.request_token import EXTENSION

from local_auth0 import Tenant
from local_auth0.identity import SigningKey

AUDIENCE, PUBLIC_URL = "https://api.test", "https://b.test"

Mint = Callable[..., str]
Call = Callable[..., TestResponse]
Serve = Callable[..., None]
View = Callable[..., Any]

logging.getLogger("werkzeug").setLevel("CRITICAL")  # hides requests to the tenant


class OwnTenant(Tenant):
    """Counts requests by path, rotates keys, and responds with the result of `fault`, if any."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, 0, AUDIENCE)
        self.requests: Counter[str] = Counter()
        self.fault: Callable[[], Response | None] = lambda: None
        self.app.before_request(self._count_and_fail)

    def _count_and_fail(self) -> Response | None:
        self.requests[request.path] += 1
        return self.fault()

    def rotate(self, *, keep_old: bool = True) -> None:
        """Sign with a new key from now on. The old key stays in the JWKS, or is revoked."""
        self.signing_key = SigningKey()
        self.keys = [self.signing_key.jwk, *(self.keys if keep_old else [])]


@pytest.fixture(scope="session")
def tenant_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Keeps the tenant's certificate and first key for the whole run."""
    return tmp_path_factory.mktemp("tenant") / "local_auth0"


@contextmanager
def trusted_tenant(folder: Path) -> Iterator[OwnTenant]:
    """Serve a tenant, and make `requests` trust it by the CA bundle in the environment."""
    with OwnTenant(folder) as tenant, pytest.MonkeyPatch.context() as patch:
        for name, value in tenant.client_environ(os.environ).items():
            patch.setenv(name, value)
        yield tenant
        # If the tenant stopped during a fetch of its keys, Python would leave the socket open.
        for thread in threading.enumerate():
            if thread.name == "auth0-keys":
                thread.join(10)


@pytest.fixture(scope="session")
def shared_tenant(tenant_folder: Path) -> Iterator[OwnTenant]:
    with trusted_tenant(tenant_folder) as tenant:
        yield tenant


@pytest.fixture
def tenant(shared_tenant: Tenant) -> Tenant:
    """The tenant of all tests. To rotate its keys or to stop it, use `own_tenant`."""
    return shared_tenant


@pytest.fixture
def own_tenant(tenant_folder: Path) -> Iterator[OwnTenant]:
    """A tenant that the test may change."""
    with trusted_tenant(tenant_folder) as tenant:
        yield tenant


@pytest.fixture
def environ(tenant: Tenant) -> dict[str, str]:
    """The settings of the app."""
    return {"AUTH0_DOMAIN": tenant.domain, "AUTH0_AUDIENCE": AUDIENCE, "PUBLIC_URL": PUBLIC_URL}


@pytest.fixture(scope="session")
def shared_keys(shared_tenant: Tenant) -> SigningKeys:
    """The tenant's signing keys, fetched before any test, with a clock that is stopped.

    This lets `app` accept tokens while a test mocks HTTP (responses, requests-mock) or the time.
    """
    keys = SigningKeys(f"{shared_tenant.issuer}.well-known/jwks.json", clock=lambda: 0)
    for kid in (shared_tenant.signing_key.kid, "unknown"):  # so that it fetches nothing later
        keys.find(kid)
    return keys


@pytest.fixture
def app(environ: dict[str, str], shared_tenant: Tenant, shared_keys: SigningKeys) -> Flask:
    app = create_app(environ)
    if app.config["AUTH0_DOMAIN"] == [shared_tenant.domain]:
        app.extensions[EXTENSION].issuers = {shared_tenant.issuer: shared_keys}
    return app


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def token(tenant: Tenant) -> Mint:
    """Mint an access token: `token(scope="read:messages")`, `token(exp=0)`, `token(sub=None)`."""
    return tenant.token


@pytest.fixture
def call(client: FlaskClient) -> Call:
    """Call a path with an access token: `call("/api/private", token())`.

    Another method and other arguments are passed to Flask's test client, as in
    `call("/api/messages", token(), "POST", json={"text": "Hello!"})`.
    """

    def call(path: str, token: str, method: str = "GET", **sent: Any) -> TestResponse:
        headers = {"Authorization": f"Bearer {token}"}
        return client.open(path, method=method, headers=headers, **sent)

    return call


@pytest.fixture
def serve(app: Flask) -> Serve:
    """Add a view to the app, at `/show`: `serve(requires_auth(show))`."""

    def serve(
        view: View, rule: str = "/show", endpoint: str = "show", methods: list[str] | None = None
    ) -> None:
        app.add_url_rule(rule, endpoint, view, methods=methods)

    return serve


@pytest.fixture
def show() -> View:
    """A view without a policy."""

    def show() -> dict[str, bool]:
        """Show something."""
        return {"shown": True}

    return show


def responding(text: str) -> View:
    """Return a new view, or method, without a policy."""
    return lambda *_, **__: text
