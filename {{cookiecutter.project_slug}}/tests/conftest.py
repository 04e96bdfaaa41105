"""The app beside a real tenant: HTTPS, real keys, real tokens. Nothing is patched."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from local_auth0 import Tenant

AUDIENCE = "https://api.test"

Mint = Callable[..., str]
Call = Callable[..., TestResponse]


@pytest.fixture(scope="session")
def tenant_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the tenant's certificate and first key are kept for the whole run."""
    return tmp_path_factory.mktemp("tenant") / "local_auth0"


@contextmanager
def trusted_tenant(folder: Path) -> Iterator[Tenant]:
    """A tenant that is trusted as any server is: by the CA bundle in the environment."""
    with Tenant(folder, 0, AUDIENCE) as tenant, pytest.MonkeyPatch.context() as patch:
        patch.setenv("REQUESTS_CA_BUNDLE", str(tenant.ca_file))
        patch.setenv("NO_PROXY", "localhost")
        patch.setenv("no_proxy", "localhost")
        yield tenant


@pytest.fixture
def tenant(tenant_folder: Path) -> Iterator[Tenant]:
    """A tenant of the test's own, to be rotated, stopped and asked what it was asked."""
    with trusted_tenant(tenant_folder) as tenant:
        yield tenant


@pytest.fixture
def environ(tenant: Tenant) -> dict[str, str]:
    """The settings of the app, which here is beside the tenant: its fixture is in ../conftest.py."""
    return {"AUTH0_DOMAIN": tenant.domain, "AUTH0_AUDIENCE": AUDIENCE}


@pytest.fixture
def token(tenant: Tenant) -> Mint:
    """Mint an access token: `token(scope="read:messages")`, `token(exp=0)`, `token(sub=None)`."""
    return tenant.token


@pytest.fixture
def call(client: FlaskClient) -> Call:
    """Call a path with an access token: `call("/api/private", token())`.

    Another method and what it sends go on to Flask's test client, as in
    `call("/api/messages", token(), "POST", json={"text": "Hello!"})`.
    """

    def call(path: str, token: str, method: str = "GET", **sent: Any) -> TestResponse:
        headers = {"Authorization": f"Bearer {token}"}
        return client.open(path, method=method, headers=headers, **sent)

    return call
