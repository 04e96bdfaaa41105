"""Readiness during an outage of the tenant."""

from local_auth0 import Tenant
from messages_api import create_app


def test_api_without_signing_keys_is_ready(environ: dict[str, str], own_tenant: Tenant) -> None:
    client = create_app(environ | {"AUTH0_DOMAIN": own_tenant.domain}).test_client()
    own_tenant.keys = []
    headers = {"Authorization": f"Bearer {own_tenant.token()}"}
    assert client.get("/api/private", headers=headers).status_code == 503

    ready = client.get("/readyz")

    expected = {"status": "ready", "keys_age": {own_tenant.domain: None}}
    assert (ready.status_code, ready.json) == (200, expected)
