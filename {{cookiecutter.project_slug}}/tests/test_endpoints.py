"""Who gets what from the three endpoints, by the token."""

import pytest

from .conftest import Call, Mint

PRIVATE = ["/api/private", "/api/private-scoped"]


def test_the_public_endpoint_does_not_look_at_a_token(call: Call) -> None:
    assert call("/api/public", "whatever").status_code == 200


@pytest.mark.parametrize(
    ("scope", "private", "private_scoped"),
    [
        pytest.param(None, 200, 403, id="no scope"),
        pytest.param("write:messages", 200, 403, id="another scope"),
        pytest.param("read:message", 200, 403, id="part of the scope"),
        pytest.param("read:messages:all", 200, 403, id="more than the scope"),
        pytest.param("READ:MESSAGES", 200, 403, id="the scope in capitals"),
        pytest.param("write:messages\tread:messages", 200, 403, id="scopes parted by a tab"),
        pytest.param(["read:messages"], 200, 403, id="the scope in a list"),
        pytest.param("read:messages", 200, 200, id="the scope"),
        pytest.param("openid read:messages write:messages", 200, 200, id="the scope among others"),
    ],
)
def test_a_valid_token_opens_what_its_scope_allows(
    call: Call, token: Mint, scope: object, private: int, private_scoped: int
) -> None:
    valid = token(scope=scope)

    assert call("/api/private", valid).status_code == private
    assert call("/api/private-scoped", valid).status_code == private_scoped


def test_a_permission_is_no_scope(call: Call, token: Mint) -> None:
    holder = token(permissions=["read:messages"])

    assert call("/api/private-scoped", holder).status_code == 403


@pytest.mark.parametrize("path", PRIVATE)
def test_the_private_endpoints_name_the_caller(call: Call, token: Mint, path: str) -> None:
    answer = call(path, token(scope="read:messages", user="auth0|ann"))

    assert answer.json is not None
    assert answer.json["sub"] == "auth0|ann"
    assert answer.json["message"].startswith("Hello!")


@pytest.mark.parametrize("path", PRIVATE)
def test_the_contract_of_the_quickstart_for_a_bad_signature(
    call: Call, token: Mint, path: str
) -> None:
    assert call(path, token(scope="read:messages") + "string").status_code == 401


def test_an_endpoint_takes_no_other_method(call: Call, token: Mint) -> None:
    answer = call("/api/private", token(), "POST", json={"message": "Hello!"})

    assert answer.status_code == 405
    assert answer.json is not None
