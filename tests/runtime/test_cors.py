"""CORS in detail: other origins, any path, and `*`."""

import pytest
from flask import request
from flask.testing import FlaskClient
from messages_api import create_app
from messages_api.auth import public

ORIGIN = "https://app.example.com"
TRACING = ["X-Request-ID", "traceparent", "tracestate", "baggage", "sentry-trace"]


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


@pytest.mark.parametrize(
    ("path", "status"),
    [
        *[("/", 404), ("/nowhere", 404), ("/apiary", 404), ("/healthz", 200)],
        *[("/openapi.json", 200), ("/.well-known/oauth-protected-resource", 404)],
        *[("/api/private", 401), ("/failing", 500)],
    ],
)
def test_configured_origin_is_allowed_at_any_path(
    client: FlaskClient, path: str, status: int
) -> None:
    client.application.add_url_rule("/failing", view_func=public(lambda: 1 // 0))

    response = client.get(path, headers={"Origin": ORIGIN})

    assert response.status_code == status
    assert response.headers["Access-Control-Allow-Origin"] == ORIGIN


@pytest.mark.parametrize(
    ("method", "body", "status"), [("PATCH", b"", 405), ("POST", b"a" * 11, 413)]
)
def test_configured_origin_can_read_errors_about_the_request(
    client: FlaskClient, method: str, body: bytes, status: int
) -> None:
    app = client.application
    app.config["MAX_CONTENT_LENGTH"] = 10
    app.add_url_rule("/sent", view_func=public(lambda: request.get_data()), methods=["POST"])

    response = client.open("/sent", method=method, data=body, headers={"Origin": ORIGIN})

    assert response.status_code == status
    assert response.headers["Access-Control-Allow-Origin"] == ORIGIN


@pytest.mark.parametrize(
    "origin",
    [
        *["http://[::1]:5173", "http://[2001:db8::1]", "https://a_b.test", "http://127.0.0.1:8080"],
        *["capacitor://localhost", "ionic://localhost", "file://", "app://", "app://."],
        "safari-web-extension://E6AD8E6B-1F2A-4C5B-9D0E-AB3A4B5C5D6E",
    ],
)
def test_any_origin_that_a_client_sends_can_be_configured(
    environ: dict[str, str], origin: str
) -> None:
    client = create_app(environ | {"CORS_ORIGINS": f"{ORIGIN},{origin}"}).test_client()

    response = client.get("/api/public", headers={"Origin": origin})

    assert response.headers["Access-Control-Allow-Origin"] == origin


@pytest.mark.parametrize(
    "origin", ["http://1:5173", "http://:", "http://[::1]:51730", "http://[::1]", "http://axtest"]
)
def test_configured_origin_is_not_taken_as_a_pattern(environ: dict[str, str], origin: str) -> None:
    origins = "http://[::1]:5173, http://a.test"
    client = create_app(environ | {"CORS_ORIGINS": origins}).test_client()

    response = client.get("/api/public", headers={"Origin": origin})

    assert "Access-Control-Allow-Origin" not in response.headers


def test_asterisk_allows_any_origin(environ: dict[str, str]) -> None:
    client = create_app(environ | {"CORS_ORIGINS": "*"}).test_client()

    response = client.get("/api/public", headers={"Origin": ORIGIN})

    assert response.headers["Access-Control-Allow-Origin"] in ("*", ORIGIN)
    assert "Access-Control-Allow-Credentials" not in response.headers


def test_preflight_without_configured_origins_gets_no_headers(environ: dict[str, str]) -> None:
    client = create_app(environ | {"CORS_ORIGINS": ""}).test_client()

    response = client.options("/api/private", headers={"Origin": ORIGIN})

    assert not [name for name, _ in response.headers if name.startswith("Access-Control")]


def allowed_headers(environ: dict[str, str], *asked: str, **settings: str) -> list[str]:
    """Return the headers that a preflight for a private endpoint allows of those it asks for."""
    client = create_app(environ | {"CORS_ORIGINS": ORIGIN} | settings).test_client()
    preflight = {
        "Origin": ORIGIN,
        "Access-Control-Request-Method": "GET",
        "Access-Control-Request-Headers": ",".join(asked).lower(),
    }
    response = client.options("/api/private", headers=preflight)
    assert response.status_code == 200
    return response.headers.get("Access-Control-Allow-Headers", "").split(", ")


@pytest.mark.parametrize("header", ["Authorization", "Content-Type", *TRACING])
def test_header_is_allowed_by_default(environ: dict[str, str], header: str) -> None:
    assert allowed_headers(environ, header, "X-Other") == [header.lower()]


@pytest.mark.parametrize("setting", ["x-a, X_b.c", " x-a ,X_b.c , ", "X-Other,\tX_B.C,X-A"])
def test_setting_replaces_only_optional_headers(environ: dict[str, str], setting: str) -> None:
    asked = ["Authorization", "Content-Type", "X-A", "X_b.c", *TRACING]

    allowed = allowed_headers(environ, *asked, CORS_ALLOW_HEADERS=setting)

    assert allowed == ["authorization", "content-type", "x-a", "x_b.c"]


def test_empty_setting_allows_the_headers_of_every_call(environ: dict[str, str]) -> None:
    asked = ["Authorization", "Content-Type", *TRACING]

    allowed = allowed_headers(environ, *asked, CORS_ALLOW_HEADERS="")

    assert allowed == ["authorization", "content-type"]


def test_asterisk_allows_any_header(environ: dict[str, str]) -> None:
    assert allowed_headers(environ, "X-A", "B", CORS_ALLOW_HEADERS="*") == ["b", "x-a"]
