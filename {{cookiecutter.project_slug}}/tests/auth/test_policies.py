"""What a policy requires of a token, and which policy applies to a view."""

from typing import Any

import pytest
from flask import Blueprint
from flask.views import MethodView, View

from {{ cookiecutter.__package }} import auth
from {{ cookiecutter.__package }}.auth import public, requires_scope
from {{ cookiecutter.__package }}.auth.decorators import PolicyDecorator
from {{ cookiecutter.__package }}.auth.policies import resolve

from ..conftest import responding

A, B, BOTH = requires_scope("a"), requires_scope("b"), requires_scope("a", "b")
A_OR_B, READ = auth.requires_any_scope("a", "b"), auth.requires_permission("read")
READ_OR_WRITE = auth.requires_any_permission("read", "write")
ORG = auth.requires_claim("org", "o1", "o2")


@pytest.mark.parametrize(
    ("policy", "claim", "accepted", "rejected"),
    [
        pytest.param(BOTH, "scope", ["b c a", "a  b"], ["a", "b", "ab", None], id="scopes"),
        pytest.param(A, "scope", ["a"], ["A", "b\ta", ["a"]], id="scope"),
        pytest.param(A, "permissions", [], [["a"]], id="permission for a scope"),
        pytest.param(A_OR_B, "scope", ["b"], ["c"], id="any scope"),
        pytest.param(
            READ, "permissions", [["x", "read"]], [["write"], ["read", 1], "read"], id="permission"
        ),
        pytest.param(READ, "scope", [], ["read"], id="scope for a permission"),
        pytest.param(READ_OR_WRITE, "permissions", [["write"]], [["x"]], id="any permission"),
        pytest.param(ORG, "org", ["o2", ["o0", "o1"]], ["o12", {"o1": 1}, [], None], id="claim"),
        pytest.param(auth.requires_claim("n", 1), "n", [1], [True, "1"], id="number"),
        pytest.param(auth.requires_claim("n", True), "n", [True], [[1], 1], id="true"),
        pytest.param(auth.requires_auth, "scope", ["", None], [], id="no requirement"),
    ],
)
def test_policy_is_met_by_the_claims_that_it_requires(
    policy: PolicyDecorator, claim: str, accepted: list[object], rejected: list[object]
) -> None:
    for value in accepted:
        policy.access_policy.check(auth.AccessToken({claim: value}, "kid"))
    for value in rejected:
        with pytest.raises(auth.Rejection):
            policy.access_policy.check(auth.AccessToken({claim: value}, "kid"))


def test_requirements_are_readable() -> None:
    policies = [each.access_policy for each in (A_OR_B, READ, ORG)]

    assert [str(requirement) for policy in policies for requirement in policy.requirements] == [
        *("the scope a or b", "the permission read", "the claim org=o1 or o2")
    ]


def demanded(view: object, method: str = "GET", *blueprints: object, by_name: Any = ()) -> str:
    """Return what is required of a caller: "public", "required", "a b"; "" without a policy."""
    policy = resolve(view, method, blueprints, [each.access_policy for each in by_name])
    return (policy.scope or policy.access.name.lower()) if policy else ""


def new() -> Any:
    """Return a new view; a decorator marks the function that it is applied to."""
    return responding("")


def page(*bases: type, **members: object) -> Any:
    """Return a new class-based view."""
    return type("Page", bases or (MethodView,), members)


@pytest.mark.parametrize(
    ("view_class", "expected"),
    [
        pytest.param(
            A(page(get=new(), post=B(new()), delete=public(new()))),
            {"GET": "a", "HEAD": "a", "POST": "b a", "DELETE": "public"},
            id="methods add to the class",
        ),
        pytest.param(page(get=A(new()), head=public(new())), {"HEAD": "public"}, id="own head"),
        pytest.param(page(View, dispatch_request=A(new())), {"GET": "a"}, id="one handler"),
        pytest.param(page(get=B(new()), decorators=[A]), {"GET": "a b"}, id="decorators"),
        pytest.param(
            page(get=public(new()), method_decorators=[A]), {"GET": "a"}, id="for methods"
        ),
        pytest.param(
            page(get=new(), post=B(new()), method_decorators={"get": [A]}),
            {"GET": "a", "HEAD": "a", "POST": "b"},
            id="for one method",
        ),
        pytest.param(A(B(page(get=new()))), {"GET": "a b"}, id="two decorators"),
        pytest.param(B(page(A(page(get=new())))), {"GET": "b a"}, id="base requires"),
        pytest.param(public(page(A(page(get=new())))), {"GET": "public"}, id="opens its base"),
        pytest.param(page(public(page(get=new()))), {"GET": ""}, id="base opens nothing"),
        pytest.param(page(page(get=A(new())), get=new()), {"GET": ""}, id="overridden method"),
    ],
)
def test_class_combines_its_policies(view_class: Any, expected: dict[str, str]) -> None:
    view = view_class.as_view("page")

    assert {method: demanded(view, method) for method in expected} == expected


def same(target: Any) -> Any:
    """Declare nothing."""
    return target


@pytest.mark.parametrize(
    ("outer", "inner", "view", "expected"),
    [
        pytest.param(public, public, same, "public", id="public blueprint"),
        pytest.param(A, same, same, "a", id="inherited requirement"),
        pytest.param(A, B, auth.requires_auth, "b a", id="blueprints add to the view"),
        pytest.param(A, public, same, "public", id="inner blueprint opens"),
        pytest.param(A, auth.optional_auth, same, "optional", id="inner blueprint is optional"),
        pytest.param(A, B, public, "public", id="view opens"),
        pytest.param(A, public, B, "b", id="requirements stop where a blueprint opens"),
        pytest.param(public, A, same, "a", id="requirement within a public blueprint"),
        pytest.param(public, same, same, "", id="outer blueprint opens nothing"),
    ],
)
def test_blueprints_add_to_the_view_from_inner_to_outer(
    outer: PolicyDecorator, inner: PolicyDecorator, view: PolicyDecorator, expected: str
) -> None:
    blueprints = inner(Blueprint("inner", __name__)), outer(Blueprint("outer", __name__))

    assert demanded(view(new()), "GET", *blueprints) == expected


def test_policies_by_name_open_only_a_view_without_a_policy() -> None:
    closed = A(Blueprint("pages", __name__))

    assert demanded(new(), by_name=[public]) == "public"
    assert demanded(new(), by_name=[public, A]) == "a"
    assert demanded(public(new()), by_name=[A, B]) == "a b"
    assert demanded(A(new()), by_name=[public]) == "a"
    assert demanded(new(), "GET", closed, by_name=[public]) == "a"
