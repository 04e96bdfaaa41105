"""CORS: which web pages may call the API, and what they can read."""

import pytest
from flask.testing import FlaskClient
from werkzeug.datastructures import Headers

from {{ cookiecutter.__package }}.auth import public, requires_auth

from ..conftest import Serve, View, responding

ORIGIN = "https://app.example.com"


@pytest.fixture
def origins() -> str:
    """The value of CORS_ORIGINS."""
    return f"http://localhost:3000, {ORIGIN}"


@pytest.fixture
def environ(environ: dict[str, str], origins: str) -> dict[str, str]:
    return environ | {"CORS_ORIGINS": origins}


def cors_headers(headers: Headers) -> list[str]:
    return [name for name, _ in headers if name.startswith("Access-Control-")]


@pytest.mark.parametrize(("path", "status"), [("/open", 200), ("/closed", 401), ("/nowhere", 404)])
def test_configured_origin_can_read_every_response(
    client: FlaskClient, serve: Serve, show: View, path: str, status: int
) -> None:
    serve(public(responding("open")), "/open", "open")
    serve(requires_auth(show), "/closed", "closed")

    response = client.get(path, headers={"Origin": ORIGIN})

    assert response.status_code == status
    assert response.headers["Access-Control-Allow-Origin"] == ORIGIN
    exposed = response.headers["Access-Control-Expose-Headers"]
    assert exposed == "Retry-After, WWW-Authenticate, X-Request-ID"


def test_configured_origin_can_send_a_token(client: FlaskClient, serve: Serve, show: View) -> None:
    serve(requires_auth(show))
    preflight = {
        "Origin": ORIGIN,
        "Access-Control-Request-Method": "GET",
        "Access-Control-Request-Headers": "authorization,content-type,traceparent,x-other",
    }

    response = client.options("/show", headers=preflight)

    assert response.status_code == 200
    assert response.headers["Access-Control-Allow-Origin"] == ORIGIN
    allowed = response.headers["Access-Control-Allow-Headers"]
    assert allowed == "authorization, content-type, traceparent"
    assert "GET" in response.headers["Access-Control-Allow-Methods"]


@pytest.mark.parametrize(
    "sent", [{}, {"Origin": "https://evil.test"}, {"Origin": f"{ORIGIN}:8443"}]
)
def test_other_origin_gets_no_cors_headers(client: FlaskClient, sent: dict[str, str]) -> None:
    assert cors_headers(client.get("/nowhere", headers=sent).headers) == []


@pytest.mark.parametrize("origins", [ORIGIN, f"{ORIGIN}, https://b.test", "*"])
@pytest.mark.parametrize("sent", [{}, {"Origin": ORIGIN}, {"Origin": "https://evil.test"}])
def test_caches_keep_responses_to_origins_apart(client: FlaskClient, sent: dict[str, str]) -> None:
    assert client.get("/nowhere", headers=sent).headers.getlist("Vary") == ["Origin"]


@pytest.mark.parametrize("origins", [""])
def test_without_origins_there_are_no_cors_headers(client: FlaskClient) -> None:
    headers = client.get("/nowhere", headers={"Origin": ORIGIN}).headers

    assert cors_headers(headers) == []
    assert "Vary" not in headers
