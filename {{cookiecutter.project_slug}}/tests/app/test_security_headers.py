"""Security headers of every response."""

import pytest
from flask.testing import FlaskClient

from {{ cookiecutter.__package }}.auth import public, requires_auth

from ..conftest import Serve, View


@pytest.mark.parametrize(("path", "status"), [("/healthz", 200), ("/show", 401), ("/nowhere", 404)])
def test_response_has_security_headers(
    client: FlaskClient, serve: Serve, show: View, path: str, status: int
) -> None:
    serve(requires_auth(show))

    response = client.get(path)

    assert response.status_code == status
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["X-Frame-Options"] == "DENY"
    policy = response.headers["Content-Security-Policy"]
    assert policy == "default-src 'none'; frame-ancestors 'none'"


def test_header_that_a_view_sets_is_kept(client: FlaskClient, serve: Serve) -> None:
    def respond_with_policy() -> tuple[str, dict[str, str]]:
        return "", {"content-security-policy": "default-src 'self'"}

    serve(public(respond_with_policy))

    headers = client.get("/show").headers

    assert headers.getlist("Content-Security-Policy") == ["default-src 'self'"]
    assert headers["X-Content-Type-Options"] == "nosniff"


def test_hsts_is_only_sent_over_tls(client: FlaskClient) -> None:
    plain = client.get("/nowhere").headers
    over_tls = client.get("/nowhere", base_url="https://localhost").headers

    assert "Strict-Transport-Security" not in plain
    assert over_tls["Strict-Transport-Security"] == "max-age=31536000"


@pytest.mark.parametrize(
    ("path", "location"), [("/show", "./show/"), ("/a/b/show?c=d", "./../../a/b/show/?c=d")]
)
def test_redirect_to_the_path_with_a_slash_names_no_host(
    client: FlaskClient, serve: Serve, show: View, path: str, location: str
) -> None:
    serve(public(show), "/show/")
    serve(public(show), "/a/b/show/", "deeper")

    response = client.get(path, headers={"Host": "evil.test"})

    assert (response.status_code, response.location) == (308, location)
