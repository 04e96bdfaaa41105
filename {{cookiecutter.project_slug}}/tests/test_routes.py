"""Your endpoints: who may call them, and what they respond with. Replace these with your own."""

import pytest
from flask.testing import FlaskClient

from .conftest import Call, Mint


def test_public_endpoint_needs_no_token(client: FlaskClient) -> None:
    response = client.get("/api/public")

    assert response.status_code == 200


@pytest.mark.parametrize("path", ["/api/private", "/api/private-scoped"])
def test_private_endpoint_rejects_requests_without_token(client: FlaskClient, path: str) -> None:
    response = client.get(path)

    assert response.status_code == 401


@pytest.mark.parametrize(
    ("scope", "status"),
    [(None, 403), ("write:messages", 403), ("read:messages", 200), ("openid read:messages", 200)],
)
def test_scoped_endpoint_requires_its_scope(
    call: Call, token: Mint, scope: str | None, status: int
) -> None:
    response = call("/api/private-scoped", token(scope=scope))

    assert response.status_code == status


@pytest.mark.parametrize("path", ["/api/private", "/api/private-scoped"])
def test_private_endpoint_responds_with_the_caller(call: Call, token: Mint, path: str) -> None:
    response = call(path, token(scope="read:messages", user="auth0|ann"))

    assert response.status_code == 200
    assert response.json is not None
    assert response.json["sub"] == "auth0|ann"
