"""The gate: no view runs without a policy, and nothing runs before the policy is enforced."""

from collections.abc import Callable
from functools import lru_cache, partial
from typing import Any

import pytest
from flask import Blueprint, Flask
from flask.testing import FlaskClient
from flask.views import MethodView
from werkzeug.routing import Rule

import {{ cookiecutter.__package }} as package
from {{ cookiecutter.__package }} import auth
from {{ cookiecutter.__package }}.auth import gate, rejections
from {{ cookiecutter.__package }}.config import load_settings

from ..conftest import Call, Mint, Serve, View, responding

A = auth.requires_scope("a")


def test_start_check_reports_all_problems(app: Flask, serve: Serve) -> None:
    above = responding("")
    serve(responding(""), methods=["POST"])
    serve(above, "/above", "above", ["PUT"])
    auth.requires_auth(above)
    auth.set_policy(app, "nothing.*", auth.public)

    with pytest.raises(auth.MissingPolicy) as error:
        auth.require_policies(app)

    _, *problems, advice = str(error.value).splitlines()
    assert problems == [
        "  'show' (POST) has no policy",
        "  'above' (PUT) has no policy: its decorator is above the route; move it below",
        "  set_policy(app, 'nothing.*', …) matches no endpoint",
    ]
    assert 'set_policy(app, "endpoint", public)' in advice


def test_create_app_checks_every_endpoint(
    environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    class FlaskWithAView(Flask):
        def __init__(self, *arguments: Any, **options: Any) -> None:
            super().__init__(*arguments, **options)
            self.add_url_rule("/show", "show", responding(""))

    monkeypatch.setattr(package, "Flask", FlaskWithAView)

    with pytest.raises(auth.MissingPolicy, match=r"'show' \(GET\)"):
        package.create_app(environ)


def test_endpoint_without_a_policy_that_is_registered_later_responds_with_500(
    client: FlaskClient, serve: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    calls: list[str] = []
    serve(lambda: calls.append("called"))

    assert client.get("/show").status_code == 500
    assert "'show' (GET) has no policy" in caplog.text
    assert calls == []


def test_view_has_the_policy_of_each_route_and_blueprint(
    app: Flask, client: FlaskClient, serve: Serve, show: View
) -> None:
    outer, inner = A(Blueprint("outer", __name__)), Blueprint("inner", __name__)
    inner.add_url_rule("/inner", "show", responding(""))
    outer.register_blueprint(inner)
    app.register_blueprint(outer)
    serve(A(show), "/scoped", "scoped")
    serve(auth.public(show))

    auth.require_policies(app)

    assert client.get("/show").status_code == 200
    assert client.get("/scoped").status_code == client.get("/inner").status_code == 401


def wrapped(view: View) -> View:
    """Wrap a view without functools.wraps."""
    return lambda: view()


class Wrapper:
    def __init__(self, view: View) -> None:
        self.view = view

    def __call__(self) -> object:
        return self.view()


@pytest.mark.parametrize(
    "hide",
    [
        pytest.param(lambda view: wrapped(A(view)), id="function"),
        pytest.param(lambda view: partial(wrapped, A(view)), id="argument of a partial"),
        pytest.param(lambda view: wrapped(partial(A(view))), id="partial in a function"),
        pytest.param(lambda view: wrapped(Wrapper(A(view))), id="object in a function"),
        pytest.param(lambda view: Wrapper(A(view)).__call__, id="method of an object"),
        pytest.param(lambda view: auth.public(wrapped(A(view))), id="public outside"),
        pytest.param(lambda view: auth.requires_auth(wrapped(A(view))), id="less required outside"),
    ],
)
def test_decorator_that_hides_a_policy_stops_the_start(
    app: Flask, show: View, hide: Callable[[View], View]
) -> None:
    pages = auth.public(Blueprint("pages", __name__))
    pages.add_url_rule("/show", "show", hide(show))
    app.register_blueprint(pages)

    with pytest.raises(auth.MissingPolicy, match=r"show' \(GET\) hides the policy of .*show"):
        auth.require_policies(app)


def test_policy_may_be_hidden_by_an_equally_strict_one(app: Flask, serve: Serve) -> None:
    @auth.requires_auth
    def guarded() -> str:
        return "shown"

    @auth.public
    def calling() -> str:  # guarded() checks by itself
        return guarded() + assigned_later

    serve(calling)
    serve(A(wrapped(Wrapper(A(responding(""))))), "/wrapped", "wrapped")

    auth.require_policies(app)
    assigned_later = ""


def test_cache_around_a_policy_serves_only_authorized_callers(
    app: Flask, client: FlaskClient, call: Call, token: Mint, serve: Serve, show: View
) -> None:
    views, pages = [A(responding("shown"))], auth.public(Blueprint("pages", __name__))
    pages.add_url_rule("/unseen", "unseen", lru_cache(lambda: views[0]()))
    serve(lru_cache(A(show)))
    app.register_blueprint(pages)
    auth.require_policies(app)

    for path, status in (("/show", 200), ("/unseen", 500)):
        assert call(path, token(scope="a")).status_code == status
        assert client.get(path).status_code == 401


def test_hooks_run_only_for_requests_that_the_gate_accepts(
    environ: dict[str, str], token: Mint
) -> None:
    app, seen = Flask(__name__), list[str]()
    app.config.update(load_settings(environ))
    app.before_request(lambda: seen.append(auth.current_token.subject))
    auth.init_app(app)
    app.before_request(lambda: seen.append(auth.current_token.subject))
    app.add_url_rule("/show", "show", auth.requires_auth(responding("")))
    client, headers = app.test_client(), {"Authorization": f"Bearer {token(user='auth0|ann')}"}

    assert (client.get("/show").status_code, seen) == (401, [])
    assert client.get("/show", headers=headers).status_code == 200
    assert seen == ["auth0|ann", "auth0|ann"]


def test_error_handlers_do_not_replace_a_rejection(app: Flask, client: FlaskClient) -> None:
    pages = Blueprint("pages", __name__)
    pages.add_url_rule("/show", "show", auth.requires_auth(responding("")))
    for handled in (Exception, rejections.Unauthenticated):
        pages.register_error_handler(handled, lambda _: ("replaced", 200))
    app.register_blueprint(pages)

    assert client.get("/show").status_code == 401


def test_policy_can_be_set_by_name(app: Flask, client: FlaskClient, serve: Serve) -> None:
    auth.set_policy(app, "sh*", auth.public)
    serve(responding(""))
    auth.require_policies(app)
    assert client.get("/show").status_code == 200

    auth.set_policy(app, "show", auth.requires_auth)
    assert client.get("/show").status_code == 401


def test_policy_by_name_that_is_not_a_policy_raises_type_error(app: Flask) -> None:
    mistakes: list[Any] = [auth.requires_scope, "public", None]
    for policy in mistakes:
        with pytest.raises(TypeError, match="and a policy, such as requires_scope"):
            auth.set_policy(app, "show", policy)


def test_rules_that_serve_nothing_need_no_policy(app: Flask, serve: Serve) -> None:
    app.view_functions |= {"built": responding(""), "unrouted": responding("")}
    app.url_map.add(Rule("/nowhere", endpoint="no_view"))
    app.url_map.add(Rule("/built", endpoint="built", build_only=True))
    serve(auth.requires_auth(responding("")))
    auth.require_policies(app)
    serve(responding(""), "/later", "later")

    found = {rule.endpoint: policy.access.name for rule, _, policy in gate.policies(app)}

    assert found["show"] == "REQUIRED"
    assert not {"built", "unrouted", "no_view", "later", "static"} & {*found}


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/show/", 401),  # preflight headers change nothing
        ("OPTIONS", "/show/", 200),
        ("OPTIONS", "/own", 500),  # the view handles it, and has no policy for it
        ("POST", "/show/", 405),
        ("GET", "/show", 308),
        ("GET", "/nowhere", 404),
    ],
)
def test_only_responses_of_flask_itself_need_no_policy(
    app: Flask, client: FlaskClient, serve: Serve, method: str, path: str, status: int
) -> None:
    serve(responding(""), "/show/")
    auth.set_policy(app, "show", auth.requires_auth)
    own: Any = type("Own", (MethodView,), {"options": responding("")})
    serve(own.as_view("own"), "/own", "own")
    headers = {"Origin": "https://app.test", "Access-Control-Request-Method": "GET"}

    assert client.open(path, method=method, headers=headers).status_code == status


def test_request_to_a_host_that_is_not_trusted_reaches_no_hook(
    app: Flask, client: FlaskClient, serve: Serve, show: View
) -> None:
    app.config["TRUSTED_HOSTS"] = ["api.test"]
    calls: list[str] = []
    app.before_request(lambda: calls.append("called"))
    serve(auth.public(show))

    trusted, rejected = (client.get("/show", headers={"Host": x}) for x in ("api.test:1", "a.test"))

    assert (trusted.status_code, rejected.status_code, calls) == (200, 400, ["called"])
    assert rejected.is_json
    assert "Host 'a.test' is not trusted." in rejected.text
