"""What a refused caller is told: every row of the table of answers, whole."""

import time

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

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


@pytest.mark.parametrize("path", ["/api/public", "/api/private", "/api/private-scoped", "/none"])
@pytest.mark.parametrize("age", [0, 10**6])
def test_an_answer_to_a_token_stays_out_of_caches(
    call: Call, token: Mint, path: str, age: int
) -> None:
    answer = call(path, token(exp=time.time() + 60 - age))

    assert answer.headers["Cache-Control"] == "no-store"


def test_an_answer_to_no_token_may_be_cached(client: FlaskClient) -> None:
    assert "Cache-Control" not in client.get("/api/public").headers
