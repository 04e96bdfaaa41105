"""Stand-in tenants in this process, for fixtures that outlive a test, and their tokens."""

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from local_auth0 import Tenant


@contextmanager
def serve_trusted(tenant: Tenant) -> Iterator[Tenant]:
    """Serve a tenant, trusted through the CA bundle in the environment."""
    with tenant, pytest.MonkeyPatch.context() as patch:
        patch.setenv("REQUESTS_CA_BUNDLE", str(tenant.ca_file))
        patch.setenv("NO_PROXY", "localhost")
        patch.setenv("no_proxy", "localhost")
        yield tenant


def decode_claims(token: str) -> dict[str, object]:
    """Return the claims of a token without verifying it."""
    claims: dict[str, object] = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
    return claims
