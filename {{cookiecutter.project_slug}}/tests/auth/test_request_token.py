"""The token of the current request: verified once, and never that of another request."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from flask import Flask, copy_current_request_context, current_app
from flask.testing import FlaskClient
from flask.typing import ResponseReturnValue
from werkzeug.test import EnvironBuilder

from {{ cookiecutter.__package }} import create_app
from {{ cookiecutter.__package }}.auth import (
    current_token,
    optional_auth,
    optional_token,
    public,
    requires_auth,
)
from {{ cookiecutter.__package }}.auth.decorators import PolicyDecorator
from {{ cookiecutter.__package }}.auth.policies import Access, Policy
from {{ cookiecutter.__package }}.auth.rejections import Unauthenticated
from {{ cookiecutter.__package }}.auth.request_token import authorize

from ..conftest import Call, Mint
from .conftest import Serve

REQUIRED = Policy(Access.REQUIRED)


def test_view_reads_the_claims_of_the_token(call: Call, token: Mint, serve: Serve) -> None:
    @requires_auth
    def whoami() -> ResponseReturnValue:
        return {
            "sub": current_token.subject,
            "scopes": sorted(current_token.scopes),
            "permissions": sorted(current_token.permissions),
            "org": current_token.claims["org_id"],
        }

    serve(whoami)

    response = call("/show", token(scope="b a", permissions=["p"], user="auth0|ann", org_id="o"))

    expected = {"sub": "auth0|ann", "scopes": ["a", "b"], "permissions": ["p"], "org": "o"}
    assert response.json == expected


@pytest.mark.parametrize("policy", [public, optional_auth], ids=["public", "optional"])
def test_current_token_without_a_token_raises_runtime_error(
    app: Flask, client: FlaskClient, serve: Serve, policy: PolicyDecorator
) -> None:
    def show() -> str:
        return current_token.subject

    serve(policy(show))
    app.testing = True

    with pytest.raises(RuntimeError, match=r"@requires_auth .* call optional_token\(\)"):
        client.get("/show")


def test_token_is_verified_once_in_a_request(app: Flask, token: Mint) -> None:
    with app.test_request_context(headers={"Authorization": f"Bearer {token()}"}):
        authorize(app, REQUIRED)
        verified = optional_token()
        authorize(app, REQUIRED)
        assert optional_token() is verified


def test_another_app_that_gets_the_request_verifies_the_token_itself(
    app: Flask, environ: dict[str, str], token: Mint
) -> None:
    sent = EnvironBuilder(headers=[("Authorization", f"Bearer {token()}")]).get_environ()
    other = create_app(environ | {"AUTH0_AUDIENCE": "https://other.test"})

    with app.request_context(sent):
        authorize(app, REQUIRED)

    with other.request_context(sent), pytest.raises(Unauthenticated):
        authorize(other, REQUIRED)


def test_claims_cannot_be_changed(app: Flask, token: Mint) -> None:
    with app.test_request_context(headers={"Authorization": f"Bearer {token()}"}):
        authorize(app, REQUIRED)
        with pytest.raises(TypeError):
            current_token.claims["sub"] = "other"  # type: ignore[index]  # that is what is tested


def test_next_request_does_not_see_the_token(
    app: Flask, client: FlaskClient, call: Call, token: Mint, serve: Serve
) -> None:
    @requires_auth
    def show() -> str:
        return current_token.subject

    serve(show)

    with app.app_context():
        assert call("/show", token()).status_code == 200
        assert client.get("/show").status_code == 401


def test_request_within_a_request_has_its_own_token(call: Call, token: Mint, serve: Serve) -> None:
    @optional_auth
    def inner() -> str:
        return str(optional_token())

    @requires_auth
    def outer() -> ResponseReturnValue:
        text = current_app.test_client().get("/inner").text
        return {"inner": text, "outer": current_token.subject}

    serve(inner, "/inner", "inner")
    serve(outer)

    assert call("/show", token(user="auth0|ann")).json == {"inner": "None", "outer": "auth0|ann"}


def test_requests_at_the_same_time_have_their_own_tokens(
    app: Flask, token: Mint, serve: Serve
) -> None:
    together = Barrier(4, timeout=10)

    @requires_auth
    def show() -> str:
        together.wait()
        return current_token.subject

    serve(show)
    users = [f"auth0|{number}" for number in range(4)]
    headers = [{"Authorization": f"Bearer {token(user=user)}"} for user in users]

    with ThreadPoolExecutor(4) as threads:
        responses = threads.map(lambda sent: app.test_client().get("/show", headers=sent), headers)

    assert [response.text for response in responses] == users


def test_thread_with_a_copied_context_has_the_token(call: Call, token: Mint, serve: Serve) -> None:
    @requires_auth
    def show() -> str:
        with ThreadPoolExecutor(1) as thread:
            read = copy_current_request_context(lambda: current_token.subject)
            return thread.submit(read).result()

    serve(show)

    assert call("/show", token(user="auth0|ann")).text == "auth0|ann"
