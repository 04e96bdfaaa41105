"""The sample endpoints without a valid header, and tokens outside the header."""

import pytest
from flask.testing import FlaskClient
from messages_api.auth import requires_auth

from ..support.api import Mint, Serve, View

PRIVATE = ["/api/private", "/api/private-scoped"]


def test_public_endpoint_needs_no_token(client: FlaskClient) -> None:
    response = client.get("/api/public")

    assert response.status_code == 200
    assert response.json == {"message": "Hello! Anyone may call this endpoint."}


@pytest.mark.parametrize("path", PRIVATE)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_every_method_needs_a_token(client: FlaskClient, path: str, method: str) -> None:
    assert client.open(path, method=method).status_code == 401


@pytest.mark.parametrize("path", PRIVATE)
def test_preflight_needs_no_token_and_runs_no_view(client: FlaskClient, path: str) -> None:
    response = client.options(path)

    assert response.status_code == 200
    assert response.data == b""


@pytest.mark.parametrize("path", PRIVATE)
@pytest.mark.parametrize(
    "header",
    [
        pytest.param(None, id="no header"),
        pytest.param("", id="an empty header"),
        pytest.param("   ", id="spaces"),
        pytest.param("Bearer ", id="no token"),
        pytest.param("Bearer invalidToken", id="one word"),
        pytest.param("Bearer invalidToken abc", id="two words"),
    ],
)
def test_invalid_headers_of_the_quickstart_are_rejected(
    client: FlaskClient, path: str, header: str | None
) -> None:
    headers = {} if header is None else {"Authorization": header}

    assert client.get(path, headers=headers).status_code == 401


def test_token_in_query_or_form_is_ignored(
    client: FlaskClient, token: Mint, serve: Serve, show: View
) -> None:
    serve(requires_auth(show), methods=["POST"])
    parameters = {"access_token": token()}

    response = client.post("/show", query_string=parameters, data=parameters)

    assert response.json is not None
    assert response.json["code"] == "authorization_header_missing"
