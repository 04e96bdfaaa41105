"""Which policy applies: from the function over its class to its blueprints."""

from collections.abc import Callable
from typing import Any, cast

import pytest
from flask import Blueprint, Flask, views
from flask.testing import FlaskClient
from flask.views import MethodView

from {{ cookiecutter.__package }}.auth import (
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
from {{ cookiecutter.__package }}.auth.decorators import PolicyDecorator
from {{ cookiecutter.__package }}.auth.gate import policies

from ..conftest import Call, Mint
from .conftest import Serve, View, responding

A, B = requires_scope("a"), requires_scope("b")


def view_class(*bases: type[MethodView], **members: object) -> type[MethodView]:
    """Return a class-based view."""
    return cast("type[MethodView]", type("Page", bases or (MethodView,), members))


def same(target: Any) -> Any:
    """Declare nothing."""
    return target


Status = Callable[..., int]


@pytest.fixture
def status(app: Flask, client: FlaskClient, call: Call, token: Mint) -> Status:
    """Call `/show`: `status("")` without a token, `status("a b")` with these scopes."""

    def status(scope: str, method: str = "GET", path: str = "/show") -> int:
        require_policies(app)
        if scope:
            return call(path, token(scope=scope), method).status_code
        return client.open(path, method=method).status_code

    return status


def test_class_requires_what_its_decorator_and_its_methods_require(
    serve: Serve, status: Status
) -> None:
    @A
    class Page(MethodView):
        def get(self) -> str:
            return "shown"

        @B
        def post(self) -> str:
            return "posted"

    serve(Page.as_view("show"))

    assert [status("", "GET"), status("a", "GET"), status("a", "HEAD")] == [401, 200, 200]
    assert [status("a", "POST"), status("b", "POST"), status("a b", "POST")] == [403, 403, 200]


@pytest.mark.parametrize("has_head", [True, False])
def test_head_follows_get_unless_the_class_defines_it(
    serve: Serve, status: Status, has_head: bool
) -> None:
    head = {"head": public(responding(""))} if has_head else {}
    serve(view_class(get=A(responding("shown")), **head).as_view("show"))

    assert status("", "GET") == 401
    assert status("", "HEAD") == (200 if has_head else 401)


def test_view_with_one_handler_has_its_policy(serve: Serve, status: Status) -> None:
    class Page(views.View):
        methods = {"GET", "POST"}  # noqa: RUF012  # as Flask documents it

        @A
        def dispatch_request(self) -> str:
            return "shown"

    serve(Page.as_view("show"))

    for method in ("GET", "POST"):
        assert [status("", method), status("b", method), status("a", method)] == [401, 403, 200]


@pytest.mark.parametrize(
    ("attribute", "decorators"),
    [
        pytest.param("decorators", [A], id="decorators"),
        pytest.param("method_decorators", [A], id="method decorators"),
        pytest.param("method_decorators", {"get": [A], "post": [A]}, id="by method"),
    ],
)
def test_decorators_of_a_class_add_to_those_of_its_methods(
    app: Flask, serve: Serve, status: Status, attribute: str, decorators: object
) -> None:
    get, post = public(responding("shown")), B(responding("posted"))
    serve(view_class(get=get, post=post, **{attribute: decorators}).as_view("show"))

    assert [status("", "GET"), status("", "HEAD"), status("a", "GET")] == [401, 401, 200]
    assert [status("a", "POST"), status("a b", "POST")] == [403, 200]
    of_the_gate = {
        method: {*policy.scope.split()}
        for rule, method, policy in policies(app)
        if rule.endpoint == "show"
    }
    assert of_the_gate == {"GET": {"a"}, "HEAD": {"a"}, "POST": {"a", "b"}}


def test_several_decorators_of_a_class_add_up(serve: Serve, status: Status) -> None:
    serve(A(B(view_class(get=responding("shown")))).as_view("show"))

    assert [status("a"), status("b"), status("a b")] == [403, 403, 200]


@pytest.mark.parametrize(
    ("outer", "inner", "opened_by"),
    [
        pytest.param(public, A, "a", id="class requires"),
        pytest.param(A, public, "", id="class opens"),
    ],
)
def test_class_comes_before_its_blueprint(
    app: Flask, status: Status, outer: PolicyDecorator, inner: PolicyDecorator, opened_by: str
) -> None:
    pages = outer(Blueprint("pages", __name__))
    pages.add_url_rule("/show", view_func=inner(view_class(get=responding(""))).as_view("show"))
    app.register_blueprint(pages)

    assert status("") == (401 if opened_by else 200)
    assert status("a") == 200


def test_subclass_inherits_requirements(serve: Serve, status: Status) -> None:
    required = A(view_class(get=responding("shown")))
    serve(B(view_class(required)).as_view("show"))

    assert [status("a"), status("b"), status("a b")] == [403, 403, 200]


def test_subclass_does_not_inherit_openness(app: Flask, serve: Serve) -> None:
    serve(view_class(public(view_class(get=responding("shown")))).as_view("show"))

    with pytest.raises(MissingPolicy, match="'show'"):
        require_policies(app)


def test_public_class_opens_what_its_base_requires(serve: Serve, status: Status) -> None:
    required = A(view_class(get=responding("shown")))
    serve(public(view_class(required)).as_view("show"))

    assert status("") == 200


def test_overridden_method_does_not_inherit_the_policy(app: Flask, serve: Serve) -> None:
    base = view_class(get=A(responding("shown")))
    serve(view_class(base, get=responding("other")).as_view("show"))

    with pytest.raises(MissingPolicy, match=r"'show' \(GET\)"):
        require_policies(app)


@pytest.mark.parametrize(
    ("outer", "inner", "view", "opened_by"),
    [
        pytest.param(public, public, same, "", id="public blueprint"),
        pytest.param(A, same, same, "a", id="inherited requirement"),
        pytest.param(A, B, same, "a b", id="both blueprints require"),
        pytest.param(A, B, requires_auth, "a b", id="blueprints add to the view"),
        pytest.param(A, public, same, "", id="inner blueprint opens"),
        pytest.param(A, B, public, "", id="view opens"),
        pytest.param(A, optional_auth, same, "", id="inner blueprint is optional"),
        pytest.param(A, public, B, "b", id="requirements stop where a blueprint opens"),
        pytest.param(public, A, same, "a", id="outer blueprint opens nothing"),
    ],
)
def test_blueprints_add_to_the_view_from_inner_to_outer(
    app: Flask,
    status: Status,
    show: View,
    outer: PolicyDecorator,
    inner: PolicyDecorator,
    view: PolicyDecorator,
    opened_by: str,
) -> None:
    pages, nested = Blueprint("pages", __name__), Blueprint("nested", __name__)
    inner(nested).add_url_rule("/show", "show", view(show))
    outer(pages).register_blueprint(nested)
    app.register_blueprint(pages)

    scopes = ["", "c", "a", "b", "a b"]
    responses = {scope: status(scope) for scope in scopes}

    needed = set(opened_by.split())
    assert responses == {
        scope: 200 if needed <= set(scope.split()) else 403 if scope else 401 for scope in scopes
    }


def test_public_outer_blueprint_does_not_open_a_nested_one(app: Flask, show: View) -> None:
    pages, nested = public(Blueprint("pages", __name__)), Blueprint("nested", __name__)
    nested.add_url_rule("/show", "show", show)
    pages.register_blueprint(nested)
    app.register_blueprint(pages)

    with pytest.raises(MissingPolicy, match=r"'pages\.nested\.show'"):
        require_policies(app)


def test_one_view_has_the_policy_of_each_blueprint(app: Flask, status: Status, show: View) -> None:
    for name, policy in (("open", public), ("closed", A)):
        pages = policy(Blueprint(name, __name__, url_prefix=f"/{name}"))
        pages.add_url_rule("/show", "show", show)
        app.register_blueprint(pages)
    app.register_blueprint(pages, name="again", url_prefix="/again")

    assert status("", path="/open/show") == 200
    for path in ("/closed/show", "/again/show"):
        assert [status("", path=path), status("a", path=path)] == [401, 200]


@pytest.mark.parametrize(
    ("policy", "text"),
    [
        (requires_any_scope("a", "b"), "the scope a or b"),
        (requires_permission("a"), "the permission a"),
        (requires_claim("org_id", "org_1", 2), "the claim org_id=org_1 or 2"),
    ],
    ids=["scope", "permission", "claim"],
)
def test_requirement_is_readable(policy: PolicyDecorator, text: str) -> None:
    assert [str(each) for each in policy.access_policy.requirements] == [text]


@pytest.mark.parametrize(
    ("policy", "scope"),
    [
        pytest.param(requires_auth, None, id="no scope"),
        pytest.param(requires_scope("a", "b"), "a b", id="scopes"),
        pytest.param(requires_any_scope("a", "b"), "a", id="first alternative"),
        pytest.param(requires_permission("a"), None, id="permission"),
        pytest.param(requires_claim("org_id", "a"), None, id="claim"),
    ],
)
def test_challenge_without_a_token_names_the_scopes_to_request(
    client: FlaskClient, serve: Serve, show: View, policy: PolicyDecorator, scope: str | None
) -> None:
    serve(policy(show))

    challenge = client.get("/show").headers["WWW-Authenticate"]

    assert challenge == 'Bearer realm="api"' + (f', scope="{scope}"' if scope else "")


def test_challenge_names_a_scope_once(client: FlaskClient, app: Flask, show: View) -> None:
    pages = A(Blueprint("pages", __name__))
    pages.add_url_rule("/show", "show", requires_scope("b", "a")(show))
    app.register_blueprint(pages)

    assert client.get("/show").headers["WWW-Authenticate"].endswith('scope="b a"')


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
