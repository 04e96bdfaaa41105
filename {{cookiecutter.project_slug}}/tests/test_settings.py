"""What may be configured, and what stops the start."""

import pytest
from click import ClickException
from flask import Flask, request
from flask.testing import FlaskClient

from {{ cookiecutter.__package }} import create_app
from {{ cookiecutter.__package }}.auth import public
from {{ cookiecutter.__package }}.config import DEFAULTS, UNSET_DOMAIN

GOOD = {"AUTH0_DOMAIN": "tenant.eu.auth0.com", "AUTH0_AUDIENCE": "https://api.test"}


def settings(**environ: str) -> tuple[object, object]:
    config = create_app(GOOD | environ).config
    return config["AUTH0_DOMAIN"], config["AUTH0_AUDIENCE"]


def refusal(**environ: str) -> str:
    with pytest.raises(ClickException) as error:
        create_app(GOOD | environ)
    return error.value.message


def test_the_environment_overrides_the_answers() -> None:
    assert settings(AUTH0_DOMAIN="login.example.com", AUTH0_AUDIENCE="urn:api") == (
        "login.example.com",
        "urn:api",
    )


def test_what_the_environment_leaves_out_is_as_answered() -> None:
    config = create_app({"AUTH0_DOMAIN": "tenant.eu.auth0.com"}).config

    assert config["AUTH0_AUDIENCE"] == DEFAULTS["AUTH0_AUDIENCE"]


@pytest.mark.parametrize(
    ("domain", "cleaned"),
    [
        ("tenant.eu.auth0.com", "tenant.eu.auth0.com"),
        (" https://Tenant.EU.Auth0.com/ ", "tenant.eu.auth0.com"),
        ("HTTPS://login.example.com", "login.example.com"),
        ("localhost:3011", "localhost:3011"),
        ("127.0.0.1:65535", "127.0.0.1:65535"),
    ],
)
def test_a_domain_is_cleaned(domain: str, cleaned: str) -> None:
    assert settings(AUTH0_DOMAIN=domain)[0] == cleaned


@pytest.mark.parametrize(
    "domain",
    [
        "",
        "tenant",
        "http://tenant.auth0.com",
        "tenant.auth0.com//",
        "tenant.auth0.com/path",
        "tenant.auth0.com?query",
        "tenant.auth0.com#fragment",
        "user@tenant.auth0.com",
        "tenant.auth0.com\\path",
        "tenant.auth0 .com",
        "tenant.auth0.com:0",
        "tenant.auth0.com:65536",
        "tenant.auth0.com:",
        "-tenant.auth0.com",
        "ténant.auth0.com",
        "tenant.auth0.com.",
        f"{'a' * 64}.auth0.com",
        ".".join(["a" * 60] * 5),
    ],
)
def test_a_bad_domain_stops_the_start(domain: str) -> None:
    assert refusal(AUTH0_DOMAIN=domain) == (
        f"AUTH0_DOMAIN is {domain!r}: expected a host name, with a port or without, and no path,"
        " such as 'your-tenant.eu.auth0.com'."
    )


def test_a_tenant_still_to_be_set_stops_the_start() -> None:
    assert refusal(AUTH0_DOMAIN=UNSET_DOMAIN) == (
        "AUTH0_DOMAIN is still your-tenant.auth0.example: put your tenant's domain into .env,"
        " or try the API beside a stand-in tenant with 'make dev'."
    )


def test_an_audience_loses_the_blanks_around_it() -> None:
    assert settings(AUTH0_AUDIENCE=" urn:My-API ")[1] == "urn:My-API"


@pytest.mark.parametrize("audience", ["", " ", "my api", "my\u00a0api", "my\napi", "my\u200bapi"])
def test_an_empty_or_broken_audience_stops_the_start(audience: str) -> None:
    assert refusal(AUTH0_AUDIENCE=audience) == (
        f"AUTH0_AUDIENCE is {audience!r}: expected the identifier of your API in Auth0, without"
        " white space, such as 'https://quickstarts/api'."
    )


@pytest.mark.parametrize(
    "audience",
    [
        "https://tenant.eu.auth0.com/api/v2/",
        "https://another.auth0.com/api/v2/",
        "https://tenant.eu.auth0.com/userinfo",
    ],
)
def test_an_api_of_auth0_itself_stops_the_start(audience: str) -> None:
    assert refusal(AUTH0_AUDIENCE=audience) == (
        f"AUTH0_AUDIENCE is {audience!r}, an API of Auth0 itself: expected the identifier of your"
        " own API, such as 'https://quickstarts/api'."
    )


def test_the_management_api_behind_a_custom_domain_stops_the_start() -> None:
    message = refusal(
        AUTH0_DOMAIN="login.example.com", AUTH0_AUDIENCE="https://login.example.com/api/v2/"
    )

    assert "an API of Auth0 itself" in message


def test_a_body_may_have_as_many_bytes_as_configured() -> None:
    assert create_app(GOOD).config["MAX_CONTENT_LENGTH"] == 1_048_576
    assert create_app(GOOD | {"MAX_CONTENT_LENGTH": " 10 "}).config["MAX_CONTENT_LENGTH"] == 10


def test_a_body_that_is_too_long_is_refused(app: Flask, client: FlaskClient) -> None:
    @app.post("/upload")
    @public
    def upload() -> dict[str, int]:
        return {"bytes": len(request.get_data())}

    app.config["MAX_CONTENT_LENGTH"] = 10

    assert client.post("/upload", data=b"a" * 10).json == {"bytes": 10}
    too_long = client.post("/upload", data=b"a" * 11)
    assert too_long.status_code == 413
    assert too_long.json is not None
    assert too_long.json["code"] == "request_entity_too_large"


@pytest.mark.parametrize("length", ["", "0", "-1", "1 MB", "1e6", "1_000", "١٠"])
def test_what_is_no_number_of_bytes_stops_the_start(length: str) -> None:
    assert refusal(MAX_CONTENT_LENGTH=length) == (
        f"MAX_CONTENT_LENGTH is {length!r}: expected a number of bytes, such as '1048576'."
    )
