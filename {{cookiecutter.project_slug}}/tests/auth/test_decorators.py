"""The policies that decorators declare, and direct calls of decorated functions."""

import asyncio
from inspect import iscoroutinefunction
from typing import Any

import pytest
from flask import Blueprint, Flask
from flask.views import View

from {{ cookiecutter.__package }} import auth
from {{ cookiecutter.__package }}.auth.decorators import PolicyDecorator

from ..conftest import Call, Mint, Serve, responding

A, READ = auth.requires_scope("a"), auth.requires_permission("read")
READ_OR_WRITE = auth.requires_any_permission("read", "write")


@pytest.mark.parametrize(
    ("policy", "claims"),
    [
        pytest.param(A, {"scope": "a"}, id="scope"),
        pytest.param(auth.requires_any_scope("b", "a"), {"scope": "a"}, id="any scope"),
        pytest.param(READ, {"permissions": ["read"]}, id="permission"),
        pytest.param(READ_OR_WRITE, {"permissions": ["write"]}, id="any permission"),
        pytest.param(auth.requires_claim("org_id", "o", "p"), {"org_id": "o"}, id="claim"),
        pytest.param(
            lambda view: A(READ(view)), {"scope": "a", "permissions": ["read"]}, id="both"
        ),
    ],
)
def test_caller_needs_all_that_the_decorators_require(
    call: Call, token: Mint, serve: Serve, policy: PolicyDecorator, claims: dict[str, object]
) -> None:
    serve(policy(responding("")))

    assert call("/show", "").status_code == 401
    assert call("/show", token(**claims, exp=0)).status_code == 401
    for name in claims:
        assert call("/show", token(**claims | {name: None})).status_code == 403
    assert call("/show", token(**claims)).status_code == 200


def test_direct_call_from_a_public_view_is_checked(call: Call, token: Mint, serve: Serve) -> None:
    @A
    def guarded() -> str:
        return "shown"

    @auth.public
    def calling() -> str:
        return guarded()

    serve(calling)

    assert call("/show", "").status_code == 401
    assert call("/show", token(scope="b")).status_code == 403
    assert call("/show", token(scope="a")).status_code == 200


def test_decorated_function_passes_arguments_and_response_on(
    call: Call, token: Mint, serve: Serve
) -> None:
    @auth.requires_auth
    def greet(name: str, times: int) -> tuple[str, int]:
        """Greet someone."""
        return f"{name} " * times, 201

    serve(greet, "/greet/<name>/<int:times>")

    response = call("/greet/ann/2", token())

    assert (response.status_code, response.text) == (201, "ann ann ")
    assert (greet.__name__, greet.__doc__) == ("greet", "Greet someone.")


def test_async_function_stays_async_and_checks(app: Flask, token: Mint) -> None:
    @auth.requires_auth
    async def later() -> str:
        return auth.current_token.subject

    assert iscoroutinefunction(later)
    with app.test_request_context(headers={"Authorization": f"Bearer {token(user='auth0|ann')}"}):
        assert asyncio.run(later()) == "auth0|ann"
    with app.test_request_context(), pytest.raises(auth.Rejection):
        asyncio.run(later())


@pytest.mark.parametrize(
    ("first", "second"),
    [(auth.public, auth.requires_auth), (A, auth.public), (auth.optional_auth, auth.public)],
    ids=["required on public", "public on required", "public on optional"],
)
def test_contradicting_policies_raise_type_error(
    first: PolicyDecorator, second: PolicyDecorator
) -> None:
    targets: list[Any] = [responding(""), type("Page", (View,), {}), Blueprint("pages", __name__)]
    for declared in map(first, targets):
        with pytest.raises(TypeError, match="remove one of the decorators"):
            second(declared)


def test_decorating_anything_but_a_view_raises_type_error() -> None:
    targets: list[Any] = [dict, staticmethod(print), classmethod(print), "GET", None]
    for target in targets:
        with pytest.raises(TypeError, match="cannot have an access policy: expected a function"):
            auth.requires_auth(target)


@pytest.mark.parametrize("kind", ["scope", "any_scope", "permission", "any_permission"])
def test_invalid_names_raise_type_error(kind: str) -> None:
    decorator, example = getattr(auth, f"requires_{kind}"), kind.removeprefix("any_")
    for names in ((), ("",), ("a b",), ('a"',), ("a\\",), ("é",), (1,), (["a"],), (len,)):
        with pytest.raises(TypeError, match=rf"as in @requires_{example}\("):
            decorator(*names)


def test_invalid_claims_raise_type_error() -> None:
    mistakes: list[Any] = [("a",), ("", "b"), (1, "b"), ("a", None), ("a", ["b"]), ("a", "b", {})]
    for arguments in mistakes:
        with pytest.raises(TypeError, match=r'as in @requires_claim\("org_id", "org_1", "org_2"'):
            auth.requires_claim(*arguments)
