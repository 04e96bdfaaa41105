"""The sample endpoints in detail: the tokens that they accept."""

import pytest

from ..support.api import Call, Mint

PRIVATE = ["/api/private", "/api/private-scoped"]


def test_public_endpoint_ignores_an_invalid_token(call: Call) -> None:
    assert call("/api/public", "not-a-token").status_code == 200


@pytest.mark.parametrize(
    ("scope", "private", "private_scoped"),
    [
        pytest.param(None, 200, 403, id="no scope"),
        pytest.param("write:messages", 200, 403, id="another scope"),
        pytest.param("read:message", 200, 403, id="part of the scope"),
        pytest.param("read:messages:all", 200, 403, id="more than the scope"),
        pytest.param("READ:MESSAGES", 200, 403, id="the scope in capitals"),
        pytest.param("write:messages\tread:messages", 200, 403, id="scopes separated by a tab"),
        pytest.param(["read:messages"], 200, 403, id="the scope in a list"),
        pytest.param("read:messages", 200, 200, id="the scope"),
        pytest.param("openid read:messages write:messages", 200, 200, id="the scope among others"),
    ],
)
def test_scope_decides_which_endpoints_accept_a_token(
    call: Call, token: Mint, scope: object, private: int, private_scoped: int
) -> None:
    access_token = token(scope=scope)

    assert call("/api/private", access_token).status_code == private
    assert call("/api/private-scoped", access_token).status_code == private_scoped


def test_permission_is_not_a_scope(call: Call, token: Mint) -> None:
    access_token = token(permissions=["read:messages"])

    assert call("/api/private-scoped", access_token).status_code == 403


@pytest.mark.parametrize("path", PRIVATE)
def test_private_endpoint_responds_with_the_subject(call: Call, token: Mint, path: str) -> None:
    response = call(path, token(scope="read:messages", user="auth0|ann"))

    assert response.json is not None
    assert response.json["sub"] == "auth0|ann"
    assert response.json["message"].startswith("Hello!")


@pytest.mark.parametrize("path", PRIVATE)
def test_token_with_appended_characters_is_rejected(call: Call, token: Mint, path: str) -> None:
    assert call(path, token(scope="read:messages") + "string").status_code == 401


def test_post_is_not_allowed(call: Call, token: Mint) -> None:
    response = call("/api/private", token(), "POST", json={"message": "Hello!"})

    assert response.status_code == 405
    assert response.json is not None
