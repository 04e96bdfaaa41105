"""What whoever shows no token gets from the three endpoints, and is told. No tenant is asked."""

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

PRIVATE = ["/api/private", "/api/private-scoped"]


def refusal(answer: TestResponse) -> str:
    """The code of a refusal, whose challenge names no error (RFC 6750 section 3.1)."""
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith('Bearer realm="api"')
    assert "error" not in answer.headers["WWW-Authenticate"]
    assert answer.json is not None
    assert answer.json.keys() == {"code", "description"}
    return str(answer.json["code"])


def test_anyone_may_call_the_public_endpoint(client: FlaskClient) -> None:
    answer = client.get("/api/public")

    assert answer.status_code == 200
    assert answer.json == {"message": "Hello! Anyone may call this endpoint."}


@pytest.mark.parametrize("path", PRIVATE)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_no_method_gets_around_the_token(client: FlaskClient, path: str, method: str) -> None:
    assert client.open(path, method=method).status_code == 401


@pytest.mark.parametrize("path", PRIVATE)
def test_a_preflight_needs_no_token_and_runs_no_view(client: FlaskClient, path: str) -> None:
    answer = client.options(path)

    assert answer.status_code == 200
    assert answer.data == b""


@pytest.mark.parametrize("path", PRIVATE)
@pytest.mark.parametrize(
    "header",
    [
        pytest.param(None, id="no header"),
        pytest.param("", id="an empty header"),
        pytest.param("   ", id="a blank header"),
        pytest.param("Bearer ", id="no token"),
        pytest.param("Bearer invalidToken", id="one word"),
        pytest.param("Bearer invalidToken abc", id="two words"),
    ],
)
def test_the_contract_of_the_quickstart_for_bad_headers(
    client: FlaskClient, path: str, header: str | None
) -> None:
    headers = {} if header is None else {"Authorization": header}

    assert client.get(path, headers=headers).status_code == 401


@pytest.mark.parametrize("header", [None, "", " ", "\t"])
def test_without_a_token_the_challenge_names_no_error(
    client: FlaskClient, header: str | None
) -> None:
    headers = {} if header is None else {"Authorization": header}

    answer = client.get("/api/private", headers=headers)

    assert refusal(answer) == "authorization_header_missing"


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

    assert refusal(answer) == "invalid_header"
