"""Settings: how they are normalized, and which ones stop the start."""

from pathlib import Path

import pytest
from click import ClickException
from flask import Flask, request
from flask.testing import FlaskClient

from {{ cookiecutter.__package }} import config, create_app
from {{ cookiecutter.__package }}.auth import public

from ..conftest import Serve

API = "https://api.test"
ENVIRON = {"AUTH0_DOMAIN": "login.example.com", "AUTH0_AUDIENCE": API, "PUBLIC_URL": API}


def test_answers_are_the_defaults_of_settings() -> None:
    app = create_app({"AUTH0_DOMAIN": "tenant.eu.auth0.com", "PUBLIC_URL": API})

    assert app.config["AUTH0_AUDIENCE"] == config.DEFAULTS["AUTH0_AUDIENCE"]


@pytest.mark.parametrize(
    ("name", "value", "normalized"),
    [
        ("AUTH0_DOMAIN", " https://Tenant.EU.Auth0.com/ ", ["tenant.eu.auth0.com"]),
        ("AUTH0_DOMAIN", "localhost:3011, login.a.test,", ["localhost:3011", "login.a.test"]),
        ("AUTH0_AUDIENCE", " urn:My-API ", "urn:My-API"),
        ("CORS_ORIGINS", "", []),
        ("CORS_ORIGINS", "*", ["*"]),
        ("CORS_ORIGINS", "https://A.test:443,http://b:80,", ["https://a.test", "http://b"]),
        ("CORS_ORIGINS", "http://localhost:3000", ["http://localhost:3000"]),
        ("CORS_ORIGINS", "http://[::1]:80,app://localhost", ["http://[::1]", "app://localhost"]),
        ("PUBLIC_URL", " https://api.test/v1/ ", "https://api.test/v1"),
        ("PUBLIC_URL", "http://localhost:3010", "http://localhost:3010"),
        ("TRUSTED_HOSTS", "", []),
        ("TRUSTED_HOSTS", "API.test, .b.test,", ["api.test", ".b.test"]),
        ("MAX_CONTENT_LENGTH", " 10 ", 10),
    ],
)
def test_setting_is_normalized(name: str, value: str, normalized: object) -> None:
    assert create_app(ENVIRON | {name: value}).config[name] == normalized


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("AUTH0_DOMAIN", ""),
        ("AUTH0_DOMAIN", "http://tenant.auth0.com"),
        ("AUTH0_DOMAIN", "tenant.auth0.com:65536"),
        ("AUTH0_DOMAIN", "a.auth0.com, https://a.auth0.com/"),
        ("AUTH0_DOMAIN", "a.auth0.com b.auth0.com"),
        ("AUTH0_AUDIENCE", " "),
        ("AUTH0_AUDIENCE", "my api"),
        ("AUTH0_AUDIENCE", "<https://api.test>"),
        ("AUTH0_AUDIENCE", "https://api.test,https://b.test"),
        ("AUTH0_AUDIENCE", "https://another.auth0.com/api/v2/"),
        ("AUTH0_AUDIENCE", "https://login.example.com/api/v2/"),
        ("AUTH0_AUDIENCE", "https://login.example.com/userinfo"),
        ("CORS_ORIGINS", "https://app.example.com/"),
        ("CORS_ORIGINS", "*, https://a.test"),
        ("CORS_ORIGINS", "http://[:::1]"),
        ("CORS_ALLOW_HEADERS", "X-A: b"),
        ("PUBLIC_URL", "http://api.test"),
        ("PUBLIC_URL", "https://api.test?a=b"),
        ("TRUSTED_HOSTS", "api.test:3010"),
        ("TRUSTED_HOSTS", "."),
        ("MAX_CONTENT_LENGTH", "0"),
        ("MAX_CONTENT_LENGTH", "1 MB"),
    ],
)
def test_malformed_setting_stops_the_start(name: str, value: str) -> None:
    with pytest.raises(ClickException) as error:
        create_app(ENVIRON | {name: value})

    assert error.value.message.startswith(f"{name} is {value!r}")
    assert " expected " in error.value.message


@pytest.mark.parametrize("name", ["AUTH0_DOMAIN", "AUTH0_AUDIENCE", "CORS_ORIGINS"])
def test_message_about_a_quoted_setting_names_the_quotes(name: str) -> None:
    with pytest.raises(ClickException, match=r"is '\"https://a\.test\"': .* Remove the quotes"):
        create_app(ENVIRON | {name: '"https://a.test"'})


def test_domain_that_is_not_set_stops_the_start() -> None:
    with pytest.raises(ClickException, match=r"make dev"):
        create_app(ENVIRON | {"AUTH0_DOMAIN": config.UNSET_DOMAIN})


@pytest.mark.parametrize(
    ("chunked", "terminated"),
    [(True, True), (False, True), (False, False)],
    ids=["chunked", "with its length, from gunicorn", "with its length"],
)
def test_body_longer_than_configured_is_rejected(
    app: Flask, client: FlaskClient, serve: Serve, chunked: bool, terminated: bool
) -> None:
    def read_body() -> bytes:
        return request.get_data()

    def post(length: int) -> int:
        """Post a body. The header keeps the test client from stating its length."""
        headers = {"Transfer-Encoding": "chunked"} if chunked else {}
        environ = {"wsgi.input_terminated": True} if terminated else {}
        sent = client.post("/show", data=b"a" * length, headers=headers, environ_overrides=environ)
        return sent.status_code

    app.config["MAX_CONTENT_LENGTH"] = 10
    serve(public(read_body), methods=["POST"])

    assert (post(10), post(11)) == (200, 413)


def test_dotenv_adds_to_the_environment(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    assert config.read_dotenv({}, file) == {}
    file.write_text("\ufeffA=1\nB='2'\nC=\nD\n", encoding="utf-8")
    assert config.read_dotenv({"B": "3"}, file) == {"A": "1", "C": ""}


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "latin-1"])
def test_dotenv_that_is_not_utf_8_stops_the_start(tmp_path: Path, encoding: str) -> None:
    file = tmp_path / ".env"
    file.write_text("A=ü", encoding=encoding)

    with pytest.raises(ClickException, match=r"\.env is .+: expected text in UTF-8"):
        config.read_dotenv({}, file)
