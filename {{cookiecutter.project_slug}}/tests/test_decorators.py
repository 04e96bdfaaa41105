"""Protecting one's own endpoints."""

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask.typing import ResponseReturnValue
from flask.views import MethodView
from werkzeug.test import EnvironBuilder

from {{ cookiecutter.__package }} import create_app
from {{ cookiecutter.__package }}.auth import (
    current_token,
    public,
    refuse_undecided,
    requires_auth,
    requires_permission,
    requires_scope,
)
from {{ cookiecutter.__package }}.auth.decorators import (
    DECISION,
    Decision,
    authenticate,
)
from {{ cookiecutter.__package }}.auth.errors import InvalidToken

from .conftest import Call, Mint

Add = Callable[..., None]
View = Callable[[], ResponseReturnValue]


@pytest.fixture
def add(app: Flask) -> Add:
    """Add a view to the app, at `/<its name>` unless a rule is given."""

    def add(view: Callable[..., ResponseReturnValue], rule: str | None = None) -> None:
        app.add_url_rule(rule or f"/{view.__name__}", view_func=view)

    return add


@pytest.fixture
def show() -> View:
    """A view that nobody has decided on yet."""

    def show() -> ResponseReturnValue:
        """Show something."""
        return {"shown": True}

    return show


@pytest.mark.parametrize(
    ("claims", "status"),
    [
        pytest.param({}, 403, id="no permissions"),
        pytest.param({"permissions": ["write:messages"]}, 403, id="another one"),
        pytest.param({"permissions": ["read:messages"]}, 200, id="the one"),
        pytest.param({"permissions": ["a", "read:messages"]}, 200, id="the one among others"),
        pytest.param({"permissions": ["read:messages", 1]}, 403, id="not only texts"),
        pytest.param({"permissions": "read:messages"}, 403, id="a text"),
        pytest.param({"permissions": {"read:messages": 1}}, 403, id="an object"),
        pytest.param({"scope": "read:messages"}, 403, id="a scope instead"),
    ],
)
def test_a_permission_is_required(
    add: Add, call: Call, token: Mint, claims: dict[str, object], status: int, show: View
) -> None:
    add(requires_permission("read:messages")(show))

    assert call("/show", token(**claims)).status_code == status


@pytest.mark.parametrize(
    ("scope", "status"), [("a", 403), ("b", 403), ("ab", 403), ("a  b", 200), ("b c a", 200)]
)
def test_all_of_several_scopes_are_required(
    add: Add, call: Call, token: Mint, scope: str, status: int, show: View
) -> None:
    add(requires_scope("a", "b")(show))

    answer = call("/show", token(scope=scope))

    assert answer.status_code == status
    assert status == 200 or answer.headers["WWW-Authenticate"].endswith('scope="a b"')


def test_all_of_several_permissions_are_required(
    add: Add, call: Call, token: Mint, show: View
) -> None:
    add(requires_permission("a", "b")(show))

    refused = call("/show", token(permissions=["a"]))
    assert refused.status_code == 403
    assert refused.headers["WWW-Authenticate"].endswith('scope="a b"')
    assert call("/show", token(permissions=["b", "a"])).status_code == 200


@pytest.mark.parametrize(
    "protect",
    [
        lambda view: requires_auth(requires_scope("a")(view)),
        lambda view: requires_scope("a")(requires_auth(view)),
        lambda view: public(requires_scope("a")(view)),
        lambda view: requires_scope("a")(public(view)),
    ],
    ids=["auth, scope", "scope, auth", "public, scope", "scope, public"],
)
def test_the_order_of_decorators_opens_nothing(
    add: Add, client: FlaskClient, call: Call, token: Mint, protect: Callable[..., Add], show: View
) -> None:
    add(protect(show))

    assert client.get("/show").status_code == 401
    assert call("/show", token(scope="b")).status_code == 403
    assert call("/show", token(scope="a")).status_code == 200


@pytest.mark.parametrize(
    ("protect", "decision"),
    [
        (lambda view: requires_auth(requires_scope("a")(view)), Decision(scopes=("a",))),
        (lambda view: public(requires_scope("a")(view)), Decision(scopes=("a",))),
        (lambda view: requires_auth(public(view)), Decision()),
        (
            lambda view: requires_scope("a")(requires_permission("b")(view)),
            Decision(scopes=("a",), permissions=("b",)),
        ),
    ],
    ids=["auth, scope", "public, scope", "auth, public", "scope, permission"],
)
def test_several_decorators_say_together_what_they_demand(
    protect: Callable[[View], View], decision: Decision, show: View
) -> None:
    assert getattr(protect(show), DECISION) == decision


def test_arguments_and_answers_pass_through(add: Add, call: Call, token: Mint) -> None:
    @requires_auth
    def greet(name: str, times: int) -> ResponseReturnValue:
        return f"{name} " * times, 201, {"X-Greeted": name}

    add(greet, "/greet/<name>/<int:times>")

    answer = call("/greet/ann/2", token())

    assert (answer.status_code, answer.text) == (201, "ann ann ")
    assert answer.headers["X-Greeted"] == "ann"


def test_a_token_is_verified_once_in_a_request(app: Flask, token: Mint) -> None:
    with app.test_request_context(headers={"Authorization": f"Bearer {token()}"}):
        assert authenticate() is authenticate()


def test_another_app_that_gets_the_request_verifies_the_token_itself(
    app: Flask, environ: dict[str, str], token: Mint
) -> None:
    sent = EnvironBuilder(headers=[("Authorization", f"Bearer {token()}")]).get_environ()
    other = create_app(environ | {"AUTH0_AUDIENCE": "https://other.test"})

    with app.request_context(sent):
        authenticate()

    with other.request_context(sent), pytest.raises(InvalidToken):
        authenticate()


def test_the_claims_of_a_token_cannot_be_changed(app: Flask, token: Mint) -> None:
    with app.test_request_context(headers={"Authorization": f"Bearer {token()}"}):
        claims = authenticate().claims

    with pytest.raises(TypeError):
        claims["sub"] = "somebody else"  # type: ignore[index]  # that is what is tested


def test_an_async_view_is_left_to_flask(app: Flask, add: Add, call: Call, token: Mint) -> None:
    async def later() -> str:
        return "later"

    add(requires_auth(later))
    app.testing = True

    with pytest.raises(RuntimeError, match="Install Flask with the 'async' extra"):
        call("/later", token())


def test_a_view_cannot_let_an_answer_to_a_token_be_cached(
    add: Add, call: Call, token: Mint
) -> None:
    @requires_auth
    def cached() -> ResponseReturnValue:
        return "", {"Cache-Control": "public, max-age=3600"}

    add(cached)

    assert call("/cached", token()).headers["Cache-Control"] == "no-store"


def test_a_protected_view_keeps_its_name_and_docstring(show: View) -> None:
    for protected in (requires_auth(show), requires_scope("a")(show), public(show)):
        assert (protected.__name__, protected.__doc__) == ("show", "Show something.")


def test_the_claims_of_the_token_are_at_hand(add: Add, call: Call, token: Mint) -> None:
    @requires_auth
    def whoami() -> ResponseReturnValue:
        return {
            "sub": current_token.subject,
            "scopes": sorted(current_token.scopes),
            "permissions": sorted(current_token.permissions),
            "org": current_token.claims["org_id"],
        }

    add(whoami)

    answer = call("/whoami", token(scope="b a", permissions=["p"], user="auth0|ann", org_id="o"))

    expected = {"sub": "auth0|ann", "scopes": ["a", "b"], "permissions": ["p"], "org": "o"}
    assert answer.json == expected


def test_a_public_view_has_no_token_and_is_told_why(
    app: Flask, add: Add, call: Call, token: Mint
) -> None:
    @public
    def peek() -> ResponseReturnValue:
        return current_token.subject

    add(peek)
    app.testing = True

    with pytest.raises(RuntimeError, match="this view has not asked for one"):
        call("/peek", token())


def test_one_request_does_not_see_the_token_of_another(
    app: Flask, client: FlaskClient, call: Call, token: Mint
) -> None:
    with app.app_context():
        assert call("/api/private", token()).status_code == 200
        assert client.get("/api/private").status_code == 401


@pytest.mark.parametrize(
    "names", [(), ("",), ("a b",), ('a"',), ("a\\",), ("é",), (1,), (requires_auth,)]
)
@pytest.mark.parametrize("decorator", [requires_scope, requires_permission])
def test_what_is_no_name_is_refused_at_once(
    decorator: Callable[..., object], names: tuple[str, ...]
) -> None:
    with pytest.raises(TypeError, match=rf'as in @{decorator.__name__}\("read:messages"\)'):
        decorator(*names)


def test_a_method_view_decides_by_its_decorators(
    app: Flask, client: FlaskClient, call: Call, token: Mint
) -> None:
    class Messages(MethodView):
        decorators = [requires_scope("read:messages")]  # noqa: RUF012  # as Flask documents it

        def get(self) -> ResponseReturnValue:
            return current_token.subject

    app.add_url_rule("/messages", view_func=Messages.as_view("messages"))
    refuse_undecided(app)

    assert client.get("/messages").status_code == 401
    assert call("/messages", token(scope="read:messages")).status_code == 200
