"""What a refused caller is told: every row of the table of answers, whole."""

import time
from typing import NoReturn

import pytest
from flask import Flask, Response
from flask.testing import FlaskClient
from werkzeug.exceptions import Gone
from werkzeug.test import TestResponse

from {{ cookiecutter.__package }}.auth import public

from .conftest import Call, Mint
from local_auth0 import Tenant


def parts(answer: TestResponse) -> tuple[int, str, str | None]:
    """Status, code and challenge, after a look at what every refusal has in common."""
    assert answer.is_json
    assert answer.json is not None
    assert answer.json.keys() == {"code", "description"}
    return answer.status_code, answer.json["code"], answer.headers.get("WWW-Authenticate")


def challenge(error: str, description: str) -> str:
    return f'Bearer realm="api", error="{error}", error_description="{description}"'


@pytest.mark.parametrize("header", [None, "", " ", "\t"])
def test_without_a_token_the_challenge_names_no_error(
    client: FlaskClient, header: str | None
) -> None:
    headers = {} if header is None else {"Authorization": header}

    answer = client.get("/api/private", headers=headers)

    assert parts(answer) == (401, "authorization_header_missing", 'Bearer realm="api"')


@pytest.mark.parametrize(
    "header",
    [
        pytest.param("Basic YTpi", id="another scheme"),
        pytest.param("Bearer", id="the scheme alone"),
        pytest.param("Bearer \t ", id="blanks behind the scheme"),
        pytest.param("Bearer\u00a0a.b.c", id="a no-break space behind the scheme"),
        pytest.param("Bearer\ta.b.c", id="a tab behind the scheme"),
        pytest.param("a.b.c", id="the token alone"),
        pytest.param("BearerToken a.b.c", id="a scheme that begins alike"),
    ],
)
def test_a_header_without_a_bearer_token_is_no_token_error(
    client: FlaskClient, header: str
) -> None:
    answer = client.get("/api/private", headers={"Authorization": header})

    assert parts(answer) == (401, "invalid_header", 'Bearer realm="api"')


@pytest.mark.parametrize("form", ["bearer {}", "BEARER {}", "Bearer    {}", " \tBearer {}\t "])
def test_the_scheme_may_have_any_case_and_blanks_around(
    client: FlaskClient, token: Mint, form: str
) -> None:
    answer = client.get("/api/private", headers={"Authorization": form.format(token())})

    assert answer.status_code == 200


def test_only_spaces_stand_between_scheme_and_token(client: FlaskClient, token: Mint) -> None:
    answer = client.get("/api/private", headers={"Authorization": f"Bearer \t{token()}"})

    assert answer.status_code == 401


def test_two_authorization_headers_are_refused(client: FlaskClient, token: Mint) -> None:
    bearer = f"Bearer {token()}"

    answer = client.get("/api/private", headers={"Authorization": f"{bearer}, {bearer}"})

    assert answer.status_code == 401


def test_a_token_in_the_query_or_the_form_is_not_read(client: FlaskClient, token: Mint) -> None:
    answer = client.get(
        "/api/private", query_string={"access_token": token()}, data={"access_token": token()}
    )

    assert parts(answer)[1] == "authorization_header_missing"


def test_what_is_no_signed_jwt_is_told_the_usual_cause(call: Call) -> None:
    answer = call("/api/private", "an-opaque-token")

    description = (
        "The token is not a signed JWT of three segments. A client that asks for no audience"
        " gets an opaque token: ask for the audience of this API."
    )
    assert answer.json == {"code": "invalid_header", "description": description}
    assert parts(answer)[2] == challenge("invalid_token", description)


@pytest.mark.parametrize(
    ("claims", "code", "description"),
    [
        pytest.param(
            {"exp": 0},
            "token_expired",
            "The token has expired.",
            id="expired",
        ),
        pytest.param(
            {"aud": "https://other.test"},
            "invalid_audience",
            "The token was issued for another audience (aud).",
            id="another audience",
        ),
        pytest.param(
            {"iss": "https://other.test/"},
            "invalid_issuer",
            "The token was issued by another tenant (iss).",
            id="another issuer",
        ),
        pytest.param(
            {"sub": ""},
            "invalid_claims",
            "The token has no subject (sub).",
            id="another claim",
        ),
    ],
)
def test_a_bad_claim_is_an_invalid_token(
    call: Call, token: Mint, claims: dict[str, object], code: str, description: str
) -> None:
    answer = call("/api/private", token(**claims))

    assert parts(answer) == (401, code, challenge("invalid_token", description))
    assert answer.json == {"code": code, "description": description}


def test_a_missing_scope_is_named_in_the_challenge(call: Call, token: Mint) -> None:
    answer = call("/api/private-scoped", token(scope="write:messages"))

    description = "The access token lacks a scope or permission that this endpoint requires."
    expected = challenge("insufficient_scope", description) + ', scope="read:messages"'
    assert parts(answer) == (403, "insufficient_scope", expected)


def test_without_the_keys_of_the_tenant_nobody_is_judged(
    tenant: Tenant, call: Call, token: Mint
) -> None:
    tenant.keys = []

    answer = call("/api/private", token())

    assert parts(answer) == (503, "keys_unavailable", None)
    assert 1 <= int(answer.headers["Retry-After"]) <= 10
    assert call("/api/public", token()).status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [("GET", "/nowhere", 404, "not_found"), ("POST", "/api/public", 405, "method_not_allowed")],
)
def test_other_errors_have_the_same_shape(
    client: FlaskClient, method: str, path: str, status: int, code: str
) -> None:
    answer = client.open(path, method=method)

    assert parts(answer) == (status, code, None)


def test_an_error_keeps_its_headers(client: FlaskClient) -> None:
    allowed = client.post("/api/public").headers["Allow"].split(", ")

    assert sorted(allowed) == ["GET", "HEAD", "OPTIONS"]


def test_an_answer_that_a_view_aborts_with_is_left_as_it_is(
    app: Flask, client: FlaskClient
) -> None:
    @app.get("/gone")
    @public
    def gone() -> NoReturn:
        raise Gone(response=Response("It was here.", 410))

    answer = client.get("/gone")

    assert (answer.status_code, answer.text) == (410, "It was here.")


def test_a_fault_of_the_api_says_nothing_of_its_cause(app: Flask, client: FlaskClient) -> None:
    # A view that nobody decided on is a fault like any other.
    app.add_url_rule("/fault", "fault", lambda: "")

    answer = client.get("/fault")

    assert parts(answer) == (500, "internal_server_error", None)
    assert "fault" not in answer.get_data(as_text=True)


@pytest.mark.parametrize("path", ["/api/public", "/api/private", "/api/private-scoped", "/none"])
@pytest.mark.parametrize("age", [0, 10**6])
def test_an_answer_to_a_token_stays_out_of_caches(
    call: Call, token: Mint, path: str, age: int
) -> None:
    answer = call(path, token(exp=time.time() + 60 - age))

    assert answer.headers["Cache-Control"] == "no-store"


def test_an_answer_to_no_token_may_be_cached(client: FlaskClient) -> None:
    assert "Cache-Control" not in client.get("/api/public").headers
