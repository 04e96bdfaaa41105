"""The gate: no endpoint works without a policy, which is enforced before anything else runs."""

import os
import subprocess
import sys
from collections.abc import Callable
from functools import partial, wraps
from pathlib import Path
from types import MethodType
from typing import Any

import pytest
from flask import Blueprint, Flask
from flask.testing import FlaskClient
from flask.views import MethodView
from messages_api.auth import (
    MissingPolicy,
    public,
    require_policies,
    requires_auth,
    requires_scope,
    set_policy,
)
from messages_api.auth.rejections import Unauthenticated
from werkzeug.exceptions import InternalServerError
from werkzeug.routing import Rule

from ..support.api import Call, Mint, Serve, View, view_returning


def test_error_names_every_endpoint_without_policy(app: Flask, serve: Serve, show: View) -> None:
    serve(show, methods=["POST"])
    serve(view_returning(""), "/other", endpoint="other", methods=["PUT"])

    with pytest.raises(MissingPolicy) as error:
        require_policies(app)

    first, *problems, hint = str(error.value).splitlines()
    assert first == "Access policies and endpoints do not match:"
    assert problems == ["  'show' (POST) has no policy", "  'other' (PUT) has no policy"]
    assert '@requires_scope("read:messages")' in hint
    assert 'set_policy(app, "endpoint", public)' in hint


def test_create_app_checks_the_routes(api_folder: Path, environ: dict[str, str]) -> None:
    code = (
        "import os;"
        "from messages_api import create_app, routes;"
        "routes.api.get('/open', endpoint='open')(lambda: '');"
        "create_app(os.environ)"
    )

    run = subprocess.run(
        [sys.executable, "-c", code],
        cwd=api_folder,
        env=os.environ | environ,
        capture_output=True,
        text=True,
        check=False,
    )

    assert run.returncode == 1
    assert "'api.open' (GET) has no policy" in run.stderr


@pytest.mark.parametrize(("path", "status"), [("/nowhere", 404), ("/show", 405)])
def test_hooks_run_for_a_request_without_endpoint(
    app: Flask, client: FlaskClient, serve: Serve, show: View, path: str, status: int
) -> None:
    serve(public(show))
    calls: list[str] = []
    app.before_request(lambda: calls.append("called"))

    assert client.post(path).status_code == status
    assert calls == ["called"]


def test_later_endpoint_without_policy_responds_with_500(
    client: FlaskClient, serve: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    calls: list[str] = []
    serve(lambda: calls.append("called"))

    response = client.get("/show")

    assert response.status_code == 500
    description = InternalServerError.description
    assert response.json == {"code": "internal_server_error", "description": description}
    problem = "Access policies and endpoints do not match:\n  'show' (GET) has no policy\n"
    assert [each.startswith(problem) for each in caplog.messages if "show" in each] == [True]
    assert calls == []


def test_view_replaced_later_has_its_own_policy(
    app: Flask, client: FlaskClient, serve: Serve, show: View
) -> None:
    serve(public(show))
    assert client.get("/show").status_code == 200

    app.view_functions["show"] = view_returning("without a policy")
    assert client.get("/show").status_code == 500

    app.view_functions["show"] = requires_auth(show)
    assert client.get("/show").status_code == 401


def test_decorator_above_the_route_raises_missing_policy(app: Flask, show: View) -> None:
    pages = public(Blueprint("pages", __name__))
    requires_auth(pages.get("/show")(show))
    app.register_blueprint(pages)

    with pytest.raises(MissingPolicy, match=r"'pages\.show' \(GET\).* above the route"):
        require_policies(app)


def test_requirement_above_guarded_route_raises_missing_policy(
    app: Flask, serve: Serve, show: View
) -> None:
    guarded = requires_auth(show)
    serve(guarded)
    requires_scope("a")(guarded)

    with pytest.raises(MissingPolicy, match=r"'show' \(GET\).* above the route"):
        require_policies(app)


def cache_with_wraps(view: View) -> View:
    cached: list[object] = []

    @wraps(view)
    def cache(**arguments: object) -> object:
        if not cached:
            cached.append(view(**arguments))
        return cached[0]

    return cache


def cache_without_wraps(view: View) -> View:
    cached = cache_with_wraps(view)
    return lambda: cached()


def cache_with_default_argument(view: View) -> View:
    cached = cache_without_wraps(view)
    return lambda call=cached: call()


def wrap_without_wraps(view: View) -> View:
    return lambda: view()


class CachingObject:
    def __init__(self, view: View) -> None:
        self.view = cache_with_wraps(view)

    def __call__(self) -> Any:
        return self.view()

    def call(self) -> Any:
        return self.view()


@pytest.mark.parametrize(
    "hide",
    [
        cache_without_wraps,
        lambda view: cache_without_wraps(cache_without_wraps(view)),
        lambda view: partial(cache_without_wraps(view)),
        lambda view: partial(lambda view: view(), view),
        cache_with_default_argument,
        CachingObject,
        lambda view: CachingObject(view).call,
        lambda view: MethodType(lambda *_: view(), object()),
        lambda view: wrap_without_wraps(partial(view)),
        lambda view: wrap_without_wraps(CachingObject(view)),
        lambda view: wrap_without_wraps(CachingObject(view).call),
        lambda show: lambda: show(),  # the name of the view
        lambda view: public(cache_without_wraps(view)),
        lambda view: requires_auth(cache_without_wraps(view)),
    ],
    ids=[
        "function",
        "two functions",
        "partial",
        "argument of a partial",
        "default argument",
        "object",
        "method",
        "function of a method",
        "partial in a function",
        "object in a function",
        "method in a function",
        "variable of the same name",
        "public outside",
        "less required outside",
    ],
)
def test_decorator_hiding_a_policy_raises_missing_policy(
    app: Flask, show: View, hide: Callable[[View], View]
) -> None:
    pages = public(Blueprint("pages", __name__))
    pages.add_url_rule("/show", "show", hide(requires_scope("a")(show)))
    app.register_blueprint(pages)

    with pytest.raises(MissingPolicy, match=r"'pages\.show' \(GET\) hides the policy of .*show"):
        require_policies(app)


def test_decorator_hiding_a_class_policy_raises_missing_policy(app: Flask) -> None:
    @requires_scope("a")
    class Page(MethodView):
        def get(self) -> str:
            return "shown"

    pages = requires_auth(Blueprint("pages", __name__))
    pages.add_url_rule("/show", "show", cache_without_wraps(Page.as_view("show")))
    app.register_blueprint(pages)

    with pytest.raises(MissingPolicy, match="hides the policy of"):
        require_policies(app)


def test_decorator_hiding_a_method_policy_raises_missing_policy(app: Flask) -> None:
    class Page(MethodView):
        get = cache_without_wraps(requires_scope("a")(view_returning("shown")))

    pages = requires_auth(Blueprint("pages", __name__))
    pages.add_url_rule("/show", "show", Page.as_view("show"))
    app.register_blueprint(pages)

    with pytest.raises(MissingPolicy, match="hides the policy of"):
        require_policies(app)


def test_public_decorator_hiding_requires_auth_raises_missing_policy(
    app: Flask, serve: Serve, show: View
) -> None:
    serve(public(cache_without_wraps(requires_auth(show))))

    with pytest.raises(MissingPolicy, match="hides the policy of"):
        require_policies(app)


def test_decorator_may_hide_an_equal_policy(app: Flask, client: FlaskClient, show: View) -> None:
    pages = requires_scope("a")(Blueprint("pages", __name__))
    pages.add_url_rule("/show", "show", cache_without_wraps(requires_scope("a")(show)))
    app.register_blueprint(pages)

    require_policies(app)

    assert client.get("/show").status_code == 401


@pytest.mark.parametrize("handled", [Exception, 401, 403], ids=["exception", "401", "403"])
def test_error_handlers_do_not_replace_a_rejection(
    app: Flask, client: FlaskClient, handled: type[Exception] | int
) -> None:
    def replace(_: Exception) -> tuple[str, int]:
        return "replaced", 200

    @requires_auth
    def guarded() -> str:
        return "shown"

    @public
    def calling() -> str:
        return guarded()

    pages = Blueprint("pages", __name__)
    for each in (pages, app):
        each.register_error_handler(handled, replace)
    pages.add_url_rule("/gate", "gate", guarded)
    pages.add_url_rule("/call", "call", calling)
    app.register_blueprint(pages)

    assert client.get("/gate").status_code == 401
    assert client.get("/call").data == client.get("/gate").data


def test_blueprint_error_handler_does_not_replace_a_rejection(
    app: Flask, client: FlaskClient
) -> None:
    pages = Blueprint("pages", __name__)
    pages.register_error_handler(Unauthenticated, lambda _: ("replaced", 200))
    pages.add_url_rule("/show", "show", requires_auth(view_returning("shown")))
    app.register_blueprint(pages)

    assert client.get("/show").status_code == 401


@pytest.mark.parametrize("name", ["extension", "ext*"])
@pytest.mark.parametrize("is_first", [True, False], ids=["before", "after"])
def test_policy_by_name_applies_to_the_endpoint(
    app: Flask, client: FlaskClient, serve: Serve, show: View, name: str, is_first: bool
) -> None:
    if is_first:
        set_policy(app, name, public)
    serve(show, endpoint="extension")
    if not is_first:
        assert client.get("/show").status_code == 500
        set_policy(app, name, public)

    require_policies(app)

    assert client.get("/show").status_code == 200


def test_policy_by_name_does_not_open_a_guarded_view(
    app: Flask, client: FlaskClient, call: Call, token: Mint, serve: Serve, show: View
) -> None:
    set_policy(app, "*", public)
    serve(cache_with_wraps(requires_auth(show)))
    assert call("/show", token()).status_code == 200

    assert client.get("/show").status_code == 401


def test_policy_by_name_can_change_after_a_request(
    app: Flask, client: FlaskClient, serve: Serve, show: View
) -> None:
    set_policy(app, "show", public)
    serve(show)
    assert client.get("/show").status_code == 200

    set_policy(app, "show", requires_auth)

    assert client.get("/show").status_code == 401


def test_api_serves_no_static_files(app: Flask) -> None:
    assert "static" not in app.view_functions


def test_rule_without_methods_is_guarded_for_all_methods(app: Flask, client: FlaskClient) -> None:
    app.view_functions["any"] = view_returning("shown")
    app.url_map.add(Rule("/any", endpoint="any"))
    with pytest.raises(MissingPolicy, match=r"'any' \(GET\) has no policy"):
        require_policies(app)

    set_policy(app, "any", requires_auth)

    for method in ("GET", "DELETE", "OPTIONS"):
        assert client.open("/any", method=method).status_code == 401


def test_error_names_the_hidden_view(app: Flask, serve: Serve, show: View) -> None:
    attributes = vars(requires_auth(show))
    hidden = partial(show)
    vars(hidden).update(attributes)
    serve(wrap_without_wraps(requires_auth(show)), methods=["POST"])
    serve(wrap_without_wraps(hidden), "/partial", "partial", ["POST"])

    with pytest.raises(MissingPolicy) as error:
        require_policies(app)

    _, function, of_partial, _ = str(error.value).splitlines()
    assert f"hides the policy of {show.__qualname__}: use" in function
    assert "hides the policy of functools.partial(" in of_partial


def test_method_of_an_object_without_attributes_can_be_guarded(
    app: Flask, client: FlaskClient, serve: Serve
) -> None:
    page = type("Page", (), {"__slots__": (), "show": view_returning("shown")})()
    serve(requires_auth(page.show))

    require_policies(app)

    assert client.get("/show").status_code == 401


def test_method_decorated_above_the_route_raises_missing_policy(app: Flask, serve: Serve) -> None:
    page = type("Page", (), {"show": public(view_returning("shown"))})()
    serve(page.show)

    requires_auth(page.show)

    with pytest.raises(MissingPolicy, match="decorator is above the route"):
        require_policies(app)


def test_weaker_decorator_above_the_route_is_allowed(
    app: Flask, client: FlaskClient, serve: Serve, show: View
) -> None:
    guarded = requires_scope("a")(show)
    serve(guarded)

    requires_auth(guarded)

    require_policies(app)
    assert client.get("/show").status_code == 401
