"""The app under test by itself. A `conftest.py` further down may put it beside a tenant."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from {{ cookiecutter.__package }} import create_app


@pytest.fixture
def environ() -> dict[str, str]:
    """The settings of the app, whose tenant is nowhere."""
    return {"AUTH0_DOMAIN": "tenant.test", "AUTH0_AUDIENCE": "https://api.test"}


@pytest.fixture
def app(environ: dict[str, str]) -> Flask:
    return create_app(environ)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()
