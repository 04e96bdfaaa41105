"""CORS in detail: other origins, any path, and `*`."""

import pytest
from flask.testing import FlaskClient
from messages_api import create_app

ORIGIN = "https://app.example.com"


@pytest.fixture
def client(environ: dict[str, str]) -> FlaskClient:
    return create_app(environ | {"CORS_ORIGINS": f"http://localhost:3000, {ORIGIN}"}).test_client()


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.test",
        f"{ORIGIN}.evil.test",
        "http://app.example.com",
        f"{ORIGIN}:8443",
        "null",
    ],
)
def test_other_origin_is_not_allowed(client: FlaskClient, origin: str) -> None:
    response = client.get("/api/public", headers={"Origin": origin})

    assert "Access-Control-Allow-Origin" not in response.headers


@pytest.mark.parametrize("path", ["/nowhere", "/apiary", "/healthz", "/openapi.json"])
def test_configured_origin_is_allowed_at_any_path(client: FlaskClient, path: str) -> None:
    response = client.get(path, headers={"Origin": ORIGIN})

    assert response.headers["Access-Control-Allow-Origin"] == ORIGIN


def test_asterisk_allows_any_origin(environ: dict[str, str]) -> None:
    client = create_app(environ | {"CORS_ORIGINS": "*"}).test_client()

    response = client.get("/api/public", headers={"Origin": ORIGIN})

    assert response.headers["Access-Control-Allow-Origin"] in ("*", ORIGIN)
    assert "Access-Control-Allow-Credentials" not in response.headers


def test_preflight_without_configured_origins_gets_no_headers(environ: dict[str, str]) -> None:
    client = create_app(environ | {"CORS_ORIGINS": ""}).test_client()

    response = client.options("/api/private", headers={"Origin": ORIGIN})

    assert not [name for name, _ in response.headers if name.startswith("Access-Control")]
