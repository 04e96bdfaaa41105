"""Errors that are no refusals."""

from typing import NoReturn

import pytest
from flask import Flask, Response
from flask.testing import FlaskClient
from werkzeug.exceptions import Gone
from werkzeug.test import TestResponse

from {{ cookiecutter.__package }}.auth import public


def code_of(answer: TestResponse) -> str:
    """The code of an error, after a look at what every error has in common."""
    assert "WWW-Authenticate" not in answer.headers
    assert answer.is_json
    assert answer.json is not None
    assert answer.json.keys() == {"code", "description"}
    return str(answer.json["code"])


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [("GET", "/nowhere", 404, "not_found"), ("POST", "/api/public", 405, "method_not_allowed")],
)
def test_an_error_is_json(
    client: FlaskClient, method: str, path: str, status: int, code: str
) -> None:
    answer = client.open(path, method=method)

    assert answer.status_code == status
    assert code_of(answer) == code


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
    @app.get("/fault")
    @public
    def fault() -> NoReturn:
        raise RuntimeError("the cause")

    answer = client.get("/fault")

    assert answer.status_code == 500
    assert code_of(answer) == "internal_server_error"
    assert "the cause" not in answer.get_data(as_text=True)
