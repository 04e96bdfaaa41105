"""Errors: the shape of their bodies, whatever raises them."""

from typing import NoReturn

import pytest
from flask import Response
from flask.testing import FlaskClient
from werkzeug.exceptions import Gone

from {{ cookiecutter.__package }}.auth import public, requires_auth

from ..conftest import Serve


def fail() -> NoReturn:
    raise RuntimeError("the cause")


def respond_with_own_error() -> NoReturn:
    raise Gone(response=Response("It was here.", 410))


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nowhere", 404, "not_found"),
        ("POST", "/protected", 405, "method_not_allowed"),
        ("GET", "/protected", 401, "authorization_header_missing"),
        ("GET", "/failing", 500, "internal_server_error"),
    ],
)
def test_error_is_json_with_code_and_description(
    client: FlaskClient, serve: Serve, method: str, path: str, status: int, code: str
) -> None:
    serve(requires_auth(fail), "/protected", "protected")
    serve(public(fail), "/failing", "failing")

    response = client.open(path, method=method)

    assert (response.status_code, response.mimetype) == (status, "application/json")
    assert response.json is not None
    assert response.json.keys() == {"code", "description"}
    assert response.json["code"] == code
    assert "the cause" not in response.text


def test_error_keeps_its_headers(client: FlaskClient, serve: Serve) -> None:
    serve(public(fail))

    response = client.post("/show")

    assert sorted(response.headers["Allow"].split(", ")) == ["GET", "HEAD", "OPTIONS"]


def test_response_that_a_view_aborts_with_is_kept(client: FlaskClient, serve: Serve) -> None:
    serve(public(respond_with_own_error))

    response = client.get("/show")

    assert (response.status_code, response.text) == (410, "It was here.")
