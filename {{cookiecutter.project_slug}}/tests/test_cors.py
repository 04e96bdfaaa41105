"""Which browsers may call the API, and what their pages may read."""

import pytest
from click import ClickException
from flask.testing import FlaskClient

from {{ cookiecutter.__package }} import create_app

ORIGIN = "https://app.example.com"


@pytest.fixture
def client(environ: dict[str, str]) -> FlaskClient:
    return create_app(environ | {"CORS_ORIGINS": f"http://localhost:3000, {ORIGIN}"}).test_client()


def test_a_configured_origin_may_read_the_answer(client: FlaskClient) -> None:
    answer = client.get("/api/public", headers={"Origin": ORIGIN})

    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert answer.headers["Vary"] == "Origin"


def test_a_configured_origin_may_send_a_token(client: FlaskClient) -> None:
    preflight = {
        "Origin": ORIGIN,
        "Access-Control-Request-Method": "GET",
        "Access-Control-Request-Headers": "authorization, content-type, x-other",
    }

    answer = client.options("/api/private", headers=preflight)

    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert answer.headers["Access-Control-Allow-Headers"] == "authorization, content-type"
    assert "GET" in answer.headers["Access-Control-Allow-Methods"]


@pytest.mark.parametrize(
    ("path", "status"), [("/api/private", 401), ("/api/nowhere", 404)], ids=["401", "404"]
)
def test_a_page_can_read_an_error(client: FlaskClient, path: str, status: int) -> None:
    answer = client.get(path, headers={"Origin": ORIGIN})

    assert answer.status_code == status
    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
    exposed = answer.headers["Access-Control-Expose-Headers"]
    assert exposed == "Retry-After, WWW-Authenticate, X-Request-ID"


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
def test_another_origin_gets_no_leave(client: FlaskClient, origin: str) -> None:
    answer = client.get("/api/public", headers={"Origin": origin})

    assert "Access-Control-Allow-Origin" not in answer.headers


def test_a_request_of_no_page_is_told_no_origin(client: FlaskClient) -> None:
    answer = client.get("/api/public")

    assert "Access-Control-Allow-Origin" not in answer.headers


@pytest.mark.parametrize("path", ["/nowhere", "/apiary"])
def test_outside_of_api_there_is_no_leave(client: FlaskClient, path: str) -> None:
    answer = client.get(path, headers={"Origin": ORIGIN})

    assert "Access-Control-Allow-Origin" not in answer.headers


def test_any_origin_may_be_configured(environ: dict[str, str]) -> None:
    client = create_app(environ | {"CORS_ORIGINS": "*"}).test_client()

    answer = client.get("/api/public", headers={"Origin": ORIGIN})

    assert answer.headers["Access-Control-Allow-Origin"] in ("*", ORIGIN)
    assert "Access-Control-Allow-Credentials" not in answer.headers


@pytest.mark.parametrize("origins", ["https://a.test", "https://a.test, https://b.test", "*"])
@pytest.mark.parametrize("sent", [{}, {"Origin": "https://a.test"}, {"Origin": "https://c.test"}])
def test_a_cache_keeps_what_each_origin_is_answered_apart(
    environ: dict[str, str], origins: str, sent: dict[str, str]
) -> None:
    client = create_app(environ | {"CORS_ORIGINS": origins}).test_client()

    assert client.get("/api/public", headers=sent).headers["Vary"] == "Origin"


def test_without_origins_there_are_no_cors_headers(environ: dict[str, str]) -> None:
    client = create_app(environ | {"CORS_ORIGINS": ""}).test_client()

    answer = client.options("/api/private", headers={"Origin": ORIGIN})

    assert not [name for name in dict(answer.headers) if name.startswith("Access-Control")]


@pytest.mark.parametrize(
    ("origins", "cleaned"),
    [
        ("", []),
        (" , ", []),
        ("*", ["*"]),
        ("https://App.example.com", ["https://app.example.com"]),
        ("https://a.test:443,http://a.test:80", ["https://a.test", "http://a.test"]),
        ("https://a.test:80,http://a.test:8080", ["https://a.test:80", "http://a.test:8080"]),
        ("http://localhost:3000 ,https://b.test,", ["http://localhost:3000", "https://b.test"]),
    ],
)
def test_origins_are_cleaned(environ: dict[str, str], origins: str, cleaned: list[str]) -> None:
    app = create_app(environ | {"CORS_ORIGINS": origins})

    assert app.config["CORS_ORIGINS"] == cleaned


@pytest.mark.parametrize(
    "origins",
    [
        "app.example.com",
        "https://app.example.com/",
        "https://app.example.com/path",
        "https://a.test https://b.test",
        "*, https://a.test",
        "https://*.example.com",
        "ftp://a.test",
        "null",
        "https://a.test:0",
    ],
)
def test_what_is_no_origin_stops_the_start(environ: dict[str, str], origins: str) -> None:
    with pytest.raises(ClickException) as error:
        create_app(environ | {"CORS_ORIGINS": origins})

    assert error.value.message == (
        f"CORS_ORIGINS is {origins!r}: expected origins without a path, separated by commas, such"
        " as 'http://localhost:3000, https://app.example.com', or '*' alone, or nothing."
    )
