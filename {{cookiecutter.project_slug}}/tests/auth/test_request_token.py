"""The token of the current request: verified once, and never that of another request."""

import pytest
from flask import Flask, Response, jsonify
from flask.testing import FlaskClient

from {{ cookiecutter.__package }} import auth
from {{ cookiecutter.__package }}.auth.decorators import PolicyDecorator
from {{ cookiecutter.__package }}.auth.request_token import authorize

from ..conftest import Mint, Serve


def caller() -> str:
    token = auth.optional_token()
    return token.subject if token else "anonymous"


@pytest.mark.parametrize(
    ("policy", "header", "text"),
    [
        pytest.param(auth.public, "Bearer {}", "anonymous", id="public and token"),
        pytest.param(auth.public, "Bearer a.b.c", "anonymous", id="public and invalid token"),
        pytest.param(auth.optional_auth, "Bearer {}", "auth0|ann", id="optional and token"),
        pytest.param(auth.optional_auth, "", "anonymous", id="optional and empty header"),
        pytest.param(auth.optional_auth, "Basic YTpi", "", id="optional and another scheme"),
        pytest.param(auth.optional_auth, "Bearer a.b.c", "", id="optional and invalid token"),
        pytest.param(auth.requires_auth, "Bearer {}", "auth0|ann", id="required and token"),
        pytest.param(auth.requires_auth, "", "", id="required and empty header"),
    ],
)
def test_policy_says_whether_the_token_is_read(
    client: FlaskClient, token: Mint, serve: Serve, policy: PolicyDecorator, header: str, text: str
) -> None:
    def show() -> str:
        return caller()

    serve(policy(show))
    headers = {"Authorization": header.format(token(user="auth0|ann"))}

    response = client.get("/show", headers=headers)

    assert response.status_code == (200 if text else 401)
    assert not text or response.text == text


@pytest.mark.parametrize("policy", [auth.public, auth.optional_auth], ids=["public", "optional"])
def test_current_token_without_a_token_raises_runtime_error(
    app: Flask, client: FlaskClient, serve: Serve, policy: PolicyDecorator
) -> None:
    def show() -> str:
        return auth.current_token.subject

    serve(policy(show))
    app.testing = True

    with pytest.raises(RuntimeError, match=r"@requires_auth, or call optional_token\(\)"):
        client.get("/show")


def test_request_has_its_own_token_and_verifies_it_once(app: Flask, token: Mint) -> None:
    policy = auth.requires_auth.access_policy
    with app.test_request_context(headers={"Authorization": f"Bearer {token(user='auth0|ann')}"}):
        authorize(app, policy)
        verified = auth.optional_token()
        with app.test_request_context(headers={"Authorization": f"Bearer {token()}"}):
            assert auth.optional_token() is None
            authorize(app, policy)
            assert auth.current_token.subject == "local-client@clients"
        authorize(app, policy)
        assert auth.optional_token() is verified


def test_view_can_respond_with_claims_scopes_and_permissions(
    client: FlaskClient, token: Mint, serve: Serve
) -> None:
    def show_claims() -> dict[str, object]:
        return auth.current_token.claims

    def show_rights() -> Response:
        return jsonify(scopes=auth.current_token.scopes, has=auth.current_token.permissions)

    serve(auth.requires_auth(show_claims), "/claims", "claims")
    serve(auth.requires_auth(show_rights), "/rights", "rights")
    headers = {"Authorization": f"Bearer {token('b a', ['d', 'c'], roles=['x'])}"}

    claims = client.get("/claims", headers=headers).json
    assert claims is not None
    assert (claims["scope"], claims["permissions"], claims["roles"]) == ("b a", ["d", "c"], ["x"])
    rights = client.get("/rights", headers=headers).json
    assert rights == {"scopes": ["a", "b"], "has": ["c", "d"]}


@pytest.mark.parametrize(
    "policy",
    [
        auth.requires_scope("admin"),
        auth.requires_permission("admin"),
        auth.requires_claim("roles", "admin"),
    ],
    ids=["scope", "permission", "claim"],
)
def test_policy_does_not_see_what_a_view_changes_in_claims(
    app: Flask, token: Mint, policy: PolicyDecorator
) -> None:
    headers = {"Authorization": f"Bearer {token('a', ['a'], roles=['a'])}"}
    with app.test_request_context(headers=headers):
        authorize(app, auth.requires_auth.access_policy)
        claims = auth.current_token.claims
        claims["scope"] = "admin"
        for held in (claims["permissions"], claims["roles"]):
            assert isinstance(held, list)
            held.append("admin")

        with pytest.raises(auth.Rejection):
            authorize(app, policy.access_policy)


@pytest.mark.parametrize(
    "subject",
    ["auth0|ann", "local-client@clients", "anon@7b0e3a6c"],
    ids=["user", "machine", "anonymous"],
)
def test_every_kind_of_caller_is_accepted_with_a_valid_token(
    client: FlaskClient, token: Mint, serve: Serve, subject: str
) -> None:
    serve(auth.requires_auth(caller), "/any", "any")
    serve(auth.requires_permission("read")(caller), "/permitted", "permitted")
    headers = {"Authorization": f"Bearer {token(sub=subject)}"}

    assert client.get("/any", headers=headers).text == subject
    assert client.get("/permitted", headers=headers).status_code == 403
