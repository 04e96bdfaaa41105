"""Alive and ready, as whoever runs the API sees it."""

from flask import Flask
from flask.testing import FlaskClient

from {{ cookiecutter.__package }}.health import ready_while

from .conftest import Call, Mint
from local_auth0 import Tenant


def test_alive_and_ready_ask_nobody_else(client: FlaskClient, tenant: Tenant) -> None:
    alive, ready = client.get("/healthz"), client.get("/readyz")

    assert (alive.status_code, alive.json) == (200, {"status": "alive"})
    assert (ready.status_code, ready.json) == (200, {"status": "ready", "keys_age": None})
    assert tenant.requests.total() == 0


def test_ready_says_how_old_the_keys_are(client: FlaskClient, call: Call, token: Mint) -> None:
    assert call("/api/private", token()).status_code == 200

    ready = client.get("/readyz").json

    assert ready is not None
    assert 0 <= ready["keys_age"] < 60


def test_an_outage_of_the_tenant_leaves_it_ready(
    client: FlaskClient, call: Call, token: Mint, tenant: Tenant
) -> None:
    tenant.keys = []
    assert call("/api/private", token()).status_code == 503

    ready = client.get("/readyz")

    assert (ready.status_code, ready.json) == (200, {"status": "ready", "keys_age": None})


def test_it_is_not_ready_but_alive_while_it_stops(app: Flask, client: FlaskClient) -> None:
    ready_while(app, lambda: False)

    ready = client.get("/readyz")

    assert (ready.status_code, ready.json) == (503, {"status": "stopping", "keys_age": None})
    assert client.get("/healthz").status_code == 200
