"""Health probes: liveness and readiness."""

from flask import Flask
from flask.testing import FlaskClient

from {{ cookiecutter.__package }} import create_app
from {{ cookiecutter.__package }}.auth import signing_keys

from ..conftest import OwnTenant


def test_probes_do_not_contact_the_tenant(environ: dict[str, str], own_tenant: OwnTenant) -> None:
    domains = own_tenant.domains
    client = create_app(environ | {"AUTH0_DOMAIN": ",".join(domains)}).test_client()

    alive, ready = client.get("/healthz"), client.get("/readyz")

    assert (alive.status_code, alive.json) == (200, {"status": "alive"})
    expected = {"status": "ready", "keys_age": dict.fromkeys(domains)}
    assert (ready.status_code, ready.json) == (200, expected)
    assert own_tenant.requests.total() == 0


def test_readiness_gives_the_age_of_the_keys(environ: dict[str, str], tenant: OwnTenant) -> None:
    app = create_app(environ)
    signing_keys(app)[tenant.domain].find(tenant.signing_key.kid)

    ready = app.test_client().get("/readyz").json

    assert ready is not None
    assert 0 <= ready["keys_age"][tenant.domain] < 60


def test_stopping_api_is_alive_but_not_ready(
    app: Flask, client: FlaskClient, tenant: OwnTenant
) -> None:
    app.config["IS_READY"] = lambda: False

    ready = client.get("/readyz")

    expected = {"status": "stopping", "keys_age": {tenant.domain: 0}}
    assert (ready.status_code, ready.json) == (503, expected)
    assert client.get("/healthz").status_code == 200
