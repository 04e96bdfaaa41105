"""`current_token` is always the token of the current request, never of another request or app."""

from datetime import date
from uuid import UUID

import pytest
from flask import Blueprint, Flask
from flask.testing import FlaskClient
from flask.typing import ResponseReturnValue
from flask.views import MethodView
from messages_api import create_app
from messages_api.auth import (
    Rejection,
    current_token,
    public,
    requires_auth,
    requires_claim,
    requires_permission,
    requires_scope,
)
from messages_api.auth.decorators import PolicyDecorator
from messages_api.auth.rejections import Unauthenticated
from messages_api.auth.request_token import authorize
from werkzeug.test import EnvironBuilder

from ..support.api import Call, Mint, Serve, view_returning


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


def test_view_returns_sets_and_what_else_flask_can_write(
    call: Call, token: Mint, serve: Serve
) -> None:
    @requires_auth
    def whoami() -> ResponseReturnValue:
        return {"scopes": current_token.scopes, "id": UUID(int=1), "day": date(2026, 1, 2)}

    serve(whoami)

    expected = {
        "scopes": ["a", "b"],
        "id": str(UUID(int=1)),
        "day": "Fri, 02 Jan 2026 00:00:00 GMT",
    }
    assert call("/show", token(scope="b a")).json == expected


def test_second_app_verifies_the_token_itself(
    app: Flask, environ: dict[str, str], token: Mint
) -> None:
    policy = requires_auth.access_policy
    sent = EnvironBuilder(headers=[("Authorization", f"Bearer {token()}")]).get_environ()
    other = create_app(environ | {"AUTH0_AUDIENCE": "https://other.test"})

    with app.request_context(sent):
        authorize(app, policy)

    with other.request_context(sent), pytest.raises(Unauthenticated):
        authorize(other, policy)


def test_next_request_does_not_see_the_token(
    app: Flask, client: FlaskClient, call: Call, token: Mint, serve: Serve
) -> None:
    @requires_auth
    def show() -> str:
        return str(current_token.subject)

    serve(show)

    with app.app_context():
        assert call("/show", token()).status_code == 200
        assert client.get("/show").status_code == 401


def test_view_may_call_a_function_with_a_covered_policy(
    app: Flask, call: Call, token: Mint
) -> None:
    guarded = requires_auth(view_returning("shown"))
    pages = requires_scope("a")(Blueprint("pages", __name__))
    pages.add_url_rule("/show", "show", lambda: guarded())
    app.register_blueprint(pages)

    assert call("/show", token(scope="a")).text == "shown"


def test_method_may_call_a_stricter_function(app: Flask, call: Call, token: Mint) -> None:
    functions = [requires_scope("a")(view_returning("shown"))]

    class Page(MethodView):
        @requires_auth
        def get(self) -> str:
            return str(functions[0]())

    app.add_url_rule("/show", view_func=Page.as_view("page"))

    assert call("/show", token(scope="a")).text == "shown"
    assert call("/show", token()).status_code == 403


def test_view_without_policy_may_not_call_a_stricter_function(
    app: Flask, call: Call, token: Mint
) -> None:
    functions = [requires_scope("a")(view_returning(""))]
    pages = public(Blueprint("pages", __name__))
    pages.add_url_rule("/show", "show", lambda: functions[0]())
    app.register_blueprint(pages)
    app.testing = True

    with pytest.raises(RuntimeError, match=r"'pages.show' has no policy .* use functools.wraps"):
        call("/show", token(scope="a"))


@pytest.mark.parametrize(
    "policy",
    [
        requires_scope("admin"),
        requires_permission("admin"),
        requires_claim("roles", "admin"),
    ],
    ids=["scope", "permission", "claim"],
)
def test_changed_claims_do_not_affect_a_later_policy(
    app: Flask, token: Mint, policy: PolicyDecorator
) -> None:
    headers = {"Authorization": f"Bearer {token('a', ['a'], roles=['a'])}"}
    with app.test_request_context(headers=headers):
        authorize(app, requires_auth.access_policy)
        claims = current_token.claims
        claims["scope"] = "admin"
        for held in (claims["permissions"], claims["roles"]):
            assert isinstance(held, list)
            held.append("admin")

        with pytest.raises(Rejection):
            authorize(app, policy.access_policy)


@pytest.mark.parametrize(
    "subject",
    ["auth0|ann", "local-client@clients", "anon@7b0e3a6c"],
    ids=["user", "machine", "anonymous"],
)
def test_every_kind_of_caller_is_accepted_with_a_valid_token(
    client: FlaskClient, token: Mint, serve: Serve, subject: str
) -> None:
    def caller() -> str:
        return str(current_token.subject)

    serve(requires_auth(caller), "/any", "any")
    serve(requires_permission("read")(view_returning("")), "/permitted", "permitted")
    headers = {"Authorization": f"Bearer {token(sub=subject)}"}

    assert client.get("/any", headers=headers).text == subject
    assert client.get("/permitted", headers=headers).status_code == 403
