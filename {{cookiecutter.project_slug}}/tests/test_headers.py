"""Headers of every answer."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from {{ cookiecutter.__package }}.auth import public


@pytest.mark.parametrize(
    ("path", "status"),
    [("/api/public", 200), ("/api/private", 401), ("/api/nowhere", 404)],
    ids=["200", "401", "404"],
)
def test_an_answer_is_data_and_nothing_else(client: FlaskClient, path: str, status: int) -> None:
    answer = client.get(path)

    assert answer.status_code == status
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["X-Frame-Options"] == "DENY"
    policy = answer.headers["Content-Security-Policy"]
    assert policy == "default-src 'none'; frame-ancestors 'none'"


def test_a_view_that_sets_such_a_header_itself_means_it(app: Flask, client: FlaskClient) -> None:
    @app.get("/page")
    @public
    def page() -> tuple[str, dict[str, str]]:
        return "", {"Content-Security-Policy": "default-src 'self'"}

    answer = client.get("/page")

    assert answer.headers.getlist("Content-Security-Policy") == ["default-src 'self'"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_tls_is_demanded_of_who_came_by_tls(client: FlaskClient) -> None:
    """RFC 6797 section 7.2: over plain HTTP the header must not be sent."""
    plain = client.get("/api/public")
    over_tls = client.get("/api/public", base_url="https://localhost")

    assert "Strict-Transport-Security" not in plain.headers
    assert over_tls.headers["Strict-Transport-Security"] == "max-age=31536000"
