"""The policies that decorators declare, and calls of decorated functions."""

from collections.abc import Callable
from functools import partial
from types import MethodType

import pytest
from flask import Blueprint
from flask.testing import FlaskClient
from flask.typing import ResponseReturnValue
from messages_api.auth import (
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
from messages_api.auth.decorators import PolicyDecorator

from ..support.api import Call, Mint, Serve, View, view_returning

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


def test_optional_view_identifies_caller_with_valid_token(
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


def test_same_policy_may_be_declared_twice() -> None:
    assert public(public(view_returning("open")))() == "open"


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
        lambda: MethodType(str, "shown"),
        lambda: type("Callable", (), {"__call__": view_returning("shown")})(),
    ],
    ids=["partial", "bound method", "bound type", "callable object"],
)
def test_any_callable_can_be_decorated(
    client: FlaskClient, call: Call, token: Mint, serve: Serve, make: Callable[[], View]
) -> None:
    serve(requires_auth(make()))

    assert call("/show", token()).text == "shown"
    assert client.get("/show").status_code == 401


def test_bound_method_has_the_stricter_of_two_policies(call: Call, serve: Serve) -> None:
    page = type("Page", (), {"show": public(view_returning("shown"))})()

    serve(requires_auth(page.show))

    assert call("/show", "").status_code == 401


def test_contradiction_error_names_target_and_policies() -> None:
    pages = public(Blueprint("pages", __name__))

    with pytest.raises(TypeError) as error:
        requires_auth(pages)

    assert str(error.value) == (
        "<Blueprint 'pages'> cannot be both public and required: remove one of the decorators."
    )
    with pytest.raises(TypeError, match=r"^<function .*> cannot be both public and required"):
        requires_auth(public(view_returning("")))
