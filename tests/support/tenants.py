"""Stand-in tenants that run in this process: their fetches, their outages, their tokens."""

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from local_auth0 import Tenant
from werkzeug import Response


@contextmanager
def serve_trusted(tenant: Tenant) -> Iterator[Tenant]:
    """Serve a tenant, trusted through the CA bundle in the environment."""
    with tenant, pytest.MonkeyPatch.context() as patch:
        patch.setenv("REQUESTS_CA_BUNDLE", str(tenant.ca_file))
        patch.setenv("NO_PROXY", "localhost")
        patch.setenv("no_proxy", "localhost")
        yield tenant


def count_fetches(tenant: Tenant) -> int:
    """Return how often the tenant's JWKS has been fetched."""
    return tenant.requests["/.well-known/jwks.json"]


def break_tenant(tenant: Tenant) -> None:
    """Make the tenant respond to every request with status 500."""
    tenant.fault = lambda: Response(status=500)


def restore_tenant(tenant: Tenant) -> None:
    """Make the tenant respond properly again."""
    tenant.fault = lambda: None


def decode_claims(token: str) -> dict[str, object]:
    """Return the claims of a token without verifying it."""
    claims: dict[str, object] = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
    return claims
