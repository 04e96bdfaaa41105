"""The token of the current request: read from the header, verified once, never another's."""

import pytest
from flask import Flask, Response, jsonify
from flask.testing import FlaskClient

from {{ cookiecutter.__package }} import auth
from {{ cookiecutter.__package }}.auth import rejections
from {{ cookiecutter.__package }}.auth.bearer import read_bearer
from {{ cookiecutter.__package }}.auth.decorators import PolicyDecorator
from {{ cookiecutter.__package }}.auth.rejections import Reason
from {{ cookiecutter.__package }}.auth.request_token import authorize

from ..conftest import Mint, Serve


@pytest.mark.parametrize(
    ("header", "token"),
    [
        pytest.param(None, None, id="no header"),
        pytest.param(" \t", None, id="spaces and tabs"),
        pytest.param("Bearer a.b.c", "a.b.c", id="token"),
        pytest.param("bearer a.b.c", "a.b.c", id="lower case"),
        pytest.param("BEARER    a.b.c", "a.b.c", id="upper case and several spaces"),
        pytest.param(" \tBearer a.b.c\t ", "a.b.c", id="spaces and tabs around"),
    ],
)
def test_token_is_read_from_the_header(header: str | None, token: str | None) -> None:
    assert read_bearer(header) == token


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        pytest.param("Basic YTpi", rejections.WRONG_SCHEME, id="another scheme"),
        pytest.param("BearerToken a.b.c", rejections.WRONG_SCHEME, id="scheme that begins alike"),
        pytest.param("a.b.c", rejections.WRONG_SCHEME, id="no scheme"),
        pytest.param("Bearer\ta.b.c", rejections.WRONG_SCHEME, id="tab after the scheme"),
        pytest.param("Bearer\u00a0a.b.c", rejections.WRONG_SCHEME, id="no-break space"),
        pytest.param("Bearer \t ", rejections.TOKEN_MISSING, id="no token"),
    ],
)
def test_header_without_a_bearer_token_is_rejected(header: str, reason: Reason) -> None:
    with pytest.raises(rejections.Unauthenticated) as rejection:
        read_bearer(header)

    assert rejection.value.reason is reason


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
def test_policy_determines_whether_a_token_is_read(
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
