"""Policies of functions, classes and blueprints, and the challenges that they lead to."""

from collections.abc import Callable
from typing import cast

import pytest
from flask import Blueprint, Flask
from flask.testing import FlaskClient
from flask.views import MethodView
from flask.views import View as ClassView
from messages_api.auth import (
    MissingPolicy,
    optional_auth,
    public,
    require_policies,
    requires_any_scope,
    requires_auth,
    requires_claim,
    requires_permission,
    requires_scope,
)
from messages_api.auth.decorators import PolicyDecorator
from messages_api.auth.gate import policies

from ..support.api import Call, Mint, Serve, View, view_returning

A, B = requires_scope("a"), requires_scope("b")


def make_view_class(*bases: type[MethodView], **members: object) -> type[MethodView]:
    """Return a class-based view."""
    return cast("type[MethodView]", type("Page", bases or (MethodView,), members))


Status = Callable[..., int]


@pytest.fixture
def show_status(app: Flask, client: FlaskClient, call: Call, token: Mint) -> Status:
    """Calls `/show`, `status("")` without a token or `status("a b")` with these scopes."""

    def show_status(scope: str, method: str = "GET", path: str = "/show") -> int:
        require_policies(app)
        if scope:
            return call(path, token(scope=scope), method).status_code
        return client.open(path, method=method).status_code

    return show_status


def test_requirements_of_class_and_method_add_up(serve: Serve, show_status: Status) -> None:
    @A
    class Page(MethodView):
        def get(self) -> str:
            return "shown"

        @B
        def post(self) -> str:
            return "posted"

    serve(Page.as_view("show"))

    assert [show_status("", "GET"), show_status("a", "GET"), show_status("a", "HEAD")] == [
        401,
        200,
        200,
    ]
    assert [show_status("a", "POST"), show_status("b", "POST"), show_status("a b", "POST")] == [
        403,
        403,
        200,
    ]


@pytest.mark.parametrize(
    ("attribute", "decorators"),
    [
        pytest.param("decorators", [A], id="decorators"),
        pytest.param("method_decorators", [A], id="method decorators"),
        pytest.param("method_decorators", {"get": [A], "post": [A]}, id="by method"),
    ],
)
def test_class_decorators_add_to_policies_of_methods(
    app: Flask, serve: Serve, show_status: Status, attribute: str, decorators: object
) -> None:
    get, post = public(view_returning("shown")), B(view_returning("posted"))
    serve(make_view_class(get=get, post=post, **{attribute: decorators}).as_view("show"))

    assert [show_status("", "GET"), show_status("", "HEAD"), show_status("a", "GET")] == [
        401,
        401,
        200,
    ]
    assert [show_status("a", "POST"), show_status("a b", "POST")] == [403, 200]
    gate_scopes = {
        method: {*policy.scope.split()}
        for rule, method, policy in policies(app)
        if rule.endpoint == "show"
    }
    assert gate_scopes == {"GET": {"a"}, "HEAD": {"a"}, "POST": {"a", "b"}}


@pytest.mark.parametrize(
    ("policy", "text"),
    [
        (requires_any_scope("a", "b"), "the scope a or b"),
        (requires_permission("a"), "the permission a"),
        (requires_claim("org_id", "org_1", 2), "the claim org_id=org_1 or 2"),
    ],
    ids=["scope", "permission", "claim"],
)
def test_requirement_has_readable_text(policy: PolicyDecorator, text: str) -> None:
    assert [str(each) for each in policy.access_policy.requirements] == [text]


def test_challenge_names_a_scope_once(client: FlaskClient, app: Flask, show: View) -> None:
    pages = A(Blueprint("pages", __name__))
    pages.add_url_rule("/show", "show", requires_scope("b", "a")(show))
    app.register_blueprint(pages)

    assert client.get("/show").headers["WWW-Authenticate"].endswith('scope="b a"')


def test_optional_inner_blueprint_overrides_the_outer_one(
    app: Flask, show_status: Status, show: View
) -> None:
    pages, nested = Blueprint("pages", __name__), optional_auth(Blueprint("nested", __name__))
    nested.add_url_rule("/show", "show", show)
    A(pages).register_blueprint(nested)
    app.register_blueprint(pages)

    assert [show_status(scope) for scope in ("", "c", "a")] == [200, 200, 200]


def test_challenge_without_token_and_scope_has_only_realm(
    client: FlaskClient, serve: Serve, show: View
) -> None:
    serve(requires_auth(show))

    assert client.get("/show").headers["WWW-Authenticate"] == 'Bearer realm="api"'


@pytest.mark.parametrize(
    ("policy", "code", "scope"),
    [
        pytest.param(requires_scope("a", "b"), "insufficient_scope", "a b", id="scopes"),
        pytest.param(requires_any_scope("a", "b"), "insufficient_scope", "a", id="any scope"),
        pytest.param(requires_permission("a"), "insufficient_scope", None, id="permission"),
        pytest.param(
            lambda view: requires_permission("a")(requires_scope("b")(view)),
            "insufficient_scope",
            None,
            id="permission and scope",
        ),
        pytest.param(requires_claim("org_id", "a"), "insufficient_claims", None, id="claim"),
    ],
)
def test_challenge_of_an_insufficient_token_names_the_scopes(
    call: Call,
    token: Mint,
    serve: Serve,
    show: View,
    policy: PolicyDecorator,
    code: str,
    scope: str | None,
) -> None:
    serve(policy(show))

    response = call("/show", token())

    assert response.json is not None
    assert response.json["code"] == code
    assert response.headers["WWW-Authenticate"] == (
        f'Bearer realm="api", error="insufficient_scope",'
        f' error_description="{response.json["description"]}"'
    ) + (f', scope="{scope}"' if scope else "")


def test_method_without_a_handler_has_no_policy(app: Flask) -> None:
    page = make_view_class(get=requires_auth(view_returning("shown")))
    app.add_url_rule("/show", view_func=page.as_view("page"), methods=["GET", "POST"])

    with pytest.raises(MissingPolicy, match=r"\n  'page' \(POST\) has no policy\n"):
        require_policies(app)


def test_method_that_is_not_dispatched_sets_no_policy(app: Flask) -> None:
    class Page(ClassView):
        get = requires_auth(view_returning("shown"))

        def dispatch_request(self) -> str:
            return "shown"

    app.add_url_rule("/show", view_func=Page.as_view("page"))

    with pytest.raises(MissingPolicy, match=r"'page' \(GET\) has no policy"):
        require_policies(app)


def test_attribute_named_access_policy_is_ignored(app: Flask, serve: Serve, show: View) -> None:
    vars(show)["access_policy"] = "public"
    serve(show)

    with pytest.raises(MissingPolicy, match="'show'"):
        require_policies(app)
