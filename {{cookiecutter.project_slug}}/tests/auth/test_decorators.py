"""What the decorators declare, and what a decorated function does when it is called."""

import asyncio
from collections.abc import Callable
from functools import partial
from inspect import iscoroutinefunction

import pytest
from flask import Blueprint, Flask, views
from flask.testing import FlaskClient
from flask.typing import ResponseReturnValue

from {{ cookiecutter.__package }}.auth import (
    Rejection,
    current_token,
    optional_auth,
    optional_token,
    public,
    requires_any_permission,
    requires_any_scope,
    requires_auth,
    requires_claim,
    requires_permission,
    requires_scope,
)
from {{ cookiecutter.__package }}.auth.decorators import PolicyDecorator

from ..conftest import Call, Mint
from .conftest import Serve, View, responding

ORG = requires_claim("org_id", "org_1", "org_2")
READ, ANY_PERMISSION = requires_permission("read"), requires_any_permission("read", "write")


@pytest.mark.parametrize(
    ("policy", "claims", "status"),
    [
        pytest.param(requires_auth, {}, 200, id="auth"),
        pytest.param(requires_scope("a", "b"), {"scope": "b c a"}, 200, id="all scopes"),
        pytest.param(requires_scope("a", "b"), {"scope": "a  b"}, 200, id="two spaces"),
        pytest.param(requires_scope("a", "b"), {"scope": "a"}, 403, id="only the first scope"),
        pytest.param(requires_scope("a", "b"), {"scope": "b"}, 403, id="only the second scope"),
        pytest.param(requires_scope("a", "b"), {"scope": "ab"}, 403, id="scopes joined"),
        pytest.param(requires_scope("a"), {"scope": "A"}, 403, id="scope in capitals"),
        pytest.param(requires_scope("a"), {"scope": "b\ta"}, 403, id="tab between scopes"),
        pytest.param(requires_scope("a"), {"scope": ["a"]}, 403, id="scope in a list"),
        pytest.param(requires_scope("a"), {"permissions": ["a"]}, 403, id="permission as scope"),
        pytest.param(requires_any_scope("a", "b"), {"scope": "b"}, 200, id="any scope"),
        pytest.param(requires_any_scope("a", "b"), {"scope": "c"}, 403, id="no scope of any"),
        pytest.param(READ, {"permissions": ["x", "read"]}, 200, id="permission"),
        pytest.param(READ, {"permissions": ["write"]}, 403, id="another permission"),
        pytest.param(READ, {"permissions": ["read", 1]}, 403, id="permissions not all strings"),
        pytest.param(READ, {"permissions": "read"}, 403, id="permissions in a string"),
        pytest.param(READ, {"permissions": {"read": 1}}, 403, id="permissions in an object"),
        pytest.param(READ, {"scope": "read"}, 403, id="scope as permission"),
        pytest.param(
            requires_permission("a", "b"), {"permissions": ["a"]}, 403, id="not all permissions"
        ),
        pytest.param(ANY_PERMISSION, {"permissions": ["write"]}, 200, id="any permission"),
        pytest.param(ANY_PERMISSION, {"permissions": ["x"]}, 403, id="no permission of any"),
        pytest.param(ORG, {"org_id": "org_2"}, 200, id="claim"),
        pytest.param(ORG, {"org_id": ["org_0", "org_1"]}, 200, id="claim in a list"),
        pytest.param(ORG, {"org_id": "org_12"}, 403, id="another claim"),
        pytest.param(ORG, {"org_id": {"org_1": 1}}, 403, id="claim in an object"),
        pytest.param(ORG, {"org_id": []}, 403, id="empty claim"),
        pytest.param(ORG, {}, 403, id="no claim"),
        pytest.param(requires_claim("n", 1), {"n": 1}, 200, id="number"),
        pytest.param(requires_claim("n", 1), {"n": True}, 403, id="true for a number"),
        pytest.param(requires_claim("n", True), {"n": [1]}, 403, id="a number for true"),
        pytest.param(requires_claim("n", True), {"n": True}, 200, id="true"),
    ],
)
def test_policy_is_met_by_the_claims_that_it_requires(
    call: Call,
    client: FlaskClient,
    token: Mint,
    serve: Serve,
    show: View,
    policy: PolicyDecorator,
    claims: dict[str, object],
    status: int,
) -> None:
    serve(policy(show))

    assert call("/show", token(**claims)).status_code == status
    assert call("/show", token(**claims, exp=0)).status_code == 401
    assert client.get("/show").status_code == 401


def test_public_view_ignores_tokens(call: Call, serve: Serve) -> None:
    @public
    def show() -> str:
        return str(optional_token())

    serve(show)

    assert call("/show", "not a token").text == "None"


def test_optional_view_knows_callers_with_a_valid_token(
    call: Call, client: FlaskClient, token: Mint, serve: Serve
) -> None:
    @optional_auth
    def greet() -> str:
        access_token = optional_token()
        return access_token.subject if access_token else "stranger"

    serve(greet)

    assert call("/show", token(user="auth0|ann")).text == "auth0|ann"
    for header in (None, "", " \t"):
        headers = {} if header is None else {"Authorization": header}
        assert client.get("/show", headers=headers).text == "stranger"


@pytest.mark.parametrize("header", ["Basic YTpi", "Bearer", "Bearer a.b.c"])
def test_optional_view_rejects_an_invalid_header(
    client: FlaskClient, serve: Serve, show: View, header: str
) -> None:
    serve(optional_auth(show))

    assert client.get("/show", headers={"Authorization": header}).status_code == 401


def test_optional_view_rejects_an_expired_token(
    call: Call, token: Mint, serve: Serve, show: View
) -> None:
    serve(optional_auth(show))

    assert call("/show", token(exp=0)).status_code == 401


@pytest.mark.parametrize(
    "stack",
    [
        lambda view: requires_auth(requires_scope("a")(requires_permission("b")(view))),
        lambda view: requires_permission("b")(requires_scope("a")(requires_auth(view))),
    ],
    ids=["auth outside", "auth inside"],
)
def test_requirements_of_stacked_decorators_add_up(
    call: Call, token: Mint, serve: Serve, show: View, stack: Callable[[View], View]
) -> None:
    serve(stack(show))

    assert call("/show", token(scope="a")).status_code == 403
    assert call("/show", token(permissions=["b"])).status_code == 403
    assert call("/show", token(scope="a", permissions=["b"])).status_code == 200


@pytest.mark.parametrize(
    ("first", "second"),
    [(public, requires_auth), (requires_scope("a"), public), (optional_auth, public)],
    ids=["required on public", "public on required", "public on optional"],
)
@pytest.mark.parametrize(
    "target",
    [
        lambda: lambda: "",
        lambda: type("Page", (views.View,), {}),
        lambda: Blueprint("pages", __name__),
    ],
    ids=["function", "class", "blueprint"],
)
def test_contradicting_policies_raise_type_error(
    first: PolicyDecorator, second: PolicyDecorator, target: Callable[[], View]
) -> None:
    declared = first(target())

    with pytest.raises(TypeError, match="remove one of the decorators"):
        second(declared)


def test_bound_method_of_a_public_function_can_require_a_token(
    client: FlaskClient, call: Call, token: Mint, serve: Serve
) -> None:
    class Page:
        @public
        def get(self) -> str:
            return "shown"

    serve(requires_auth(Page().get))

    assert client.get("/show").status_code == 401
    assert call("/show", token()).text == "shown"


def test_the_same_policy_may_be_declared_twice() -> None:
    assert public(public(responding("open")))() == "open"


@pytest.mark.parametrize(
    "target",
    [dict, staticmethod(print), classmethod(print), "GET", None],
    ids=["class", "static method", "class method", "string", "none"],
)
def test_anything_else_raises_type_error(target: View) -> None:
    with pytest.raises(TypeError, match="cannot have an access policy: expected a function"):
        requires_auth(target)


@pytest.mark.parametrize(
    "names",
    [(), ("",), ("a b",), ('a"',), ("a\\",), ("é",), (1,), (["a"],), (len,)],
    ids=["none", "empty", "space", "quote", "backslash", "not ascii", "number", "list", "function"],
)
@pytest.mark.parametrize(
    ("decorator", "example"),
    [
        (requires_scope, "requires_scope"),
        (requires_any_scope, "requires_scope"),
        (requires_permission, "requires_permission"),
        (requires_any_permission, "requires_permission"),
    ],
    ids=["scope", "any scope", "permission", "any permission"],
)
def test_invalid_names_raise_type_error(
    decorator: Callable[..., object], example: str, names: tuple[str, ...]
) -> None:
    with pytest.raises(TypeError, match=rf'as in @{example}\("read:messages"\)'):
        decorator(*names)


@pytest.mark.parametrize(
    "arguments",
    [("org_id",), ("", "a"), (1, "a"), ("org_id", None), ("org_id", ["a"]), ("org_id", "a", {})],
    ids=["no value", "empty name", "number for a name", "none", "list", "object"],
)
def test_invalid_claims_raise_type_error(arguments: tuple[str, ...]) -> None:
    with pytest.raises(TypeError, match='as in @requires_claim\\("org_id", "org_1", "org_2"\\)'):
        requires_claim(*arguments)


def test_decorated_function_passes_arguments_and_response_on(
    call: Call, token: Mint, serve: Serve
) -> None:
    @requires_auth
    def greet(name: str, times: int) -> ResponseReturnValue:
        return f"{name} " * times, 201, {"X-Greeted": name}

    serve(greet, "/greet/<name>/<int:times>")

    response = call("/greet/ann/2", token())

    assert (response.status_code, response.text) == (201, "ann ann ")
    assert response.headers["X-Greeted"] == "ann"


def test_decorated_function_keeps_its_name_and_docstring(show: View) -> None:
    for decorated in (requires_auth(show), requires_scope("a")(show), public(show)):
        assert (decorated.__name__, decorated.__doc__) == ("show", "Show something.")


@pytest.mark.parametrize(
    "make",
    [
        lambda: partial(str, "shown"),
        lambda: "shown".lower,
        lambda: type("Callable", (), {"__call__": responding("shown")})(),
    ],
    ids=["partial", "bound method", "callable object"],
)
def test_anything_callable_can_be_decorated(
    client: FlaskClient, call: Call, token: Mint, serve: Serve, make: Callable[[], View]
) -> None:
    serve(requires_auth(make()))

    assert call("/show", token()).text == "shown"
    assert client.get("/show").status_code == 401


def test_direct_call_from_a_public_view_is_checked(
    client: FlaskClient, call: Call, token: Mint, serve: Serve
) -> None:
    @requires_scope("a")
    def guarded() -> str:
        return "shown"

    @public
    def show() -> str:
        return guarded()

    serve(show)

    assert client.get("/show").status_code == 401
    assert call("/show", token(scope="b")).status_code == 403
    assert call("/show", token(scope="a")).status_code == 200


def test_async_function_stays_async_and_checks(app: Flask, token: Mint) -> None:
    @requires_auth
    async def later() -> str:
        return current_token.subject

    assert iscoroutinefunction(later)
    with app.test_request_context(headers={"Authorization": f"Bearer {token(user='auth0|ann')}"}):
        assert asyncio.run(later()) == "auth0|ann"
    with app.test_request_context(), pytest.raises(Rejection):
        asyncio.run(later())
