"""Attempts to make an API with policies leak a private body or respond with status 500."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache, partial, update_wrapper, wraps
from itertools import product
from operator import attrgetter, itemgetter
from types import SimpleNamespace
from typing import Any
from weakref import ref

import pytest
from flask import Blueprint, Flask, abort, copy_current_request_context, current_app
from flask.views import View
from werkzeug.exceptions import HTTPException

from .policy_world import (
    ANONYMOUS,
    AUDIENCE,
    BODY,
    EXPIRED,
    MALFORMED,
    PROBES,
    ViewFunction,
    World,
    expected_status,
    holder_of,
    new_blueprint,
    new_class,
    new_view,
    register,
    show_async,
)

pytestmark = pytest.mark.exhaustive

SCOPE_A = [("requires_scope", "a")]
SCOPE_HOLDER = holder_of("a")


def cache_response(call: ViewFunction) -> ViewFunction:
    """Decorate a view with a cache that does not use functools.wraps."""
    cached: list[Any] = []

    def respond(*args: Any, **kwargs: Any) -> Any:
        if not cached:
            cached.append(call(*args, **kwargs))
        return cached[0]

    return respond


def cache_response_async(view: ViewFunction) -> ViewFunction:
    call = cache_response(view)

    async def respond(*args: Any) -> Any:
        return call(*args)

    return respond


def cache_held_view(holder: Any, get: Callable[[Any], Any]) -> ViewFunction:
    """Cache the response of a view that is looked up in a holder at each call."""
    return cache_response(lambda *args: get(holder)(*args))


def cache_own_attribute(view: ViewFunction) -> ViewFunction:
    respond = cache_response(lambda *args: vars(respond)["show"](*args))
    vars(respond)["show"] = view
    return respond


REGISTRY: list[ViewFunction] = []


def cache_global_view(view: ViewFunction) -> ViewFunction:
    REGISTRY.append(view)
    return cache_held_view(len(REGISTRY) - 1, REGISTRY.__getitem__)


def init_with_view(self: Any, view: ViewFunction) -> None:
    self.view = cache_response(view)


def call_held_view(self: Any, *args: Any, **kwargs: Any) -> Any:
    return self.view(*args, **kwargs)


MEMBERS = {"__init__": init_with_view, "__call__": call_held_view, "respond": call_held_view}
Instance: Any = type("Instance", (), MEMBERS)
SubclassedInstance: Any = type("Inheriting", (Instance,), {})
InstanceWithSlots: Any = type("Slotted", (), MEMBERS | {"__slots__": ("view",)})
AsView: Any = type("AsView", (View,), MEMBERS | {"dispatch_request": call_held_view})

WRAPPERS: dict[str, Callable[[ViewFunction], Any]] = {
    "wraps": lambda view: wraps(view)(cache_response(view)),
    "update_wrapper": lambda view: update_wrapper(Instance(view), view),
    "lru_cache": lru_cache,
    "wraps without attributes": lambda view: wraps(view, updated=())(cache_response(view)),
    "closure": cache_response,
    "two closures": lambda view: cache_response(cache_response(view)),
    "lambda": lambda view: cache_response(lambda *args: view(*args)),
    "async function": cache_response_async,
    "partial": lambda view: partial(cache_response(view)),
    "partial in a closure": lambda view: cache_response(partial(view)),
    "partial argument": lambda view: partial(lambda call, *args: call(*args), cache_response(view)),
    "lru_cache of a lambda": lambda view: lru_cache(lambda *args: view(*args)),
    "instance": Instance,
    "instance in a closure": lambda view: cache_response(Instance(view)),
    "inherited __call__ in a closure": lambda view: cache_response(SubclassedInstance(view)),
    "bound method": lambda view: Instance(view).respond,
    "variable named like the view": lambda show: cache_response(lambda *args: show(*args)),
    "attribute named like the view": cache_own_attribute,
    "default argument": lambda view: cache_response(lambda *args, call=view: call(*args)),
    "slots": InstanceWithSlots,
    "list": lambda view: cache_held_view([view], itemgetter(0)),
    "dictionary": lambda view: cache_held_view({"view": view}, itemgetter("view")),
    "namespace": lambda view: cache_held_view(SimpleNamespace(show=view), attrgetter("show")),
    "class attribute": lambda view: cache_held_view(
        type("Held", (), {"show": staticmethod(view)}), attrgetter("show")
    ),
    "closure of __call__": lambda view: cache_response(
        type("Caller", (), {"__call__": lambda _, *args: view(*args)})()
    ),
    "argument of a View": lambda view: AsView.as_view("x", view),
    "weak reference": lambda view: cache_held_view(ref(view), lambda reference: reference()),
    "global": cache_global_view,
}
"""Decorators that a user may put around a guarded view."""

KEEPS_POLICY = tuple(WRAPPERS)[:3]
HIDES_CLASSES = tuple(WRAPPERS)[tuple(WRAPPERS).index("slots") :]
"""Wrappers in which a class-based view is not detected, which SECURITY.md does not promise."""

PLACES: dict[str, Callable[[Any, Any], object]] = {
    "app": lambda _, view: view,
    "public blueprint": lambda auth, view: auth.public(new_blueprint(view)),
    "blueprint without the scope": lambda auth, view: auth.requires_auth(new_blueprint(view)),
    "public class": lambda auth, view: auth.public(new_class(get=staticmethod(view))),
    "public by name": lambda _, view: view,
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("wrapper", WRAPPERS)
def test_wrapper_does_not_expose_body_without_scope(world: World, wrapper: str, place: str) -> None:
    if "async" in wrapper:
        pytest.importorskip("asgiref", reason="asgiref is not installed: flask[async]")
    auth, requires_a = world.auth, world.auth.requires_scope("a")
    views = [requires_a(new_view())]
    if place == "app" or wrapper not in HIDES_CLASSES:
        views.append(requires_a(new_class()).as_view("show"))
    for view in views:
        app = world.app()
        app.config["PROPAGATE_EXCEPTIONS"] = False
        register(app, PLACES[place](auth, WRAPPERS[wrapper](view)))
        if place == "public by name":
            auth.set_policy(app, "x", auth.public)
        try:
            auth.require_policies(app)
        except auth.MissingPolicy:
            continue
        assert place != "app" or wrapper in KEEPS_POLICY

        assert world.status(app, SCOPE_HOLDER, "/x", "GET") in (200, 500)
        for probe in PROBES:
            found = world.status(app, probe, "/x", "GET")
            assert found != 200 or expected_status(SCOPE_A, probe) == 200, probe


def test_endpoint_without_policy_never_runs(world: World, caplog: pytest.LogCaptureFixture) -> None:
    app, auth = world.app(), world.auth
    calls: list[str] = []
    register(app, lambda: calls.append("ran"), "late")
    register(app, auth.requires_scope("a")(new_view()), "declared")

    assert world.status(app, SCOPE_HOLDER, "/late", "GET") == 500
    assert "'late' (GET) has no policy" in caplog.text
    assert calls == []
    assert world.who_may_call(app, "/declared") == "holders of a"


def test_replaced_view_has_its_own_policy(world: World) -> None:
    app, auth = world.app(), world.auth
    register(app, auth.public(new_blueprint(auth.requires_auth(new_view()))))
    register(app, auth.public(new_view()), "y")
    auth.require_policies(app)
    guarded = auth.requires_scope("a")(new_view())

    for view, profiles in (
        (None, ("token holders", "anyone")),
        (guarded, ("holders of a", "holders of a")),
        (cache_response(guarded), ("status 500", "status 500")),
        (new_view(), ("anyone", "status 500")),
    ):
        if view:
            app.view_functions |= {"outer.x": view, "y": view}
        assert (world.who_may_call(app), world.who_may_call(app, "/y")) == profiles


def show_endpoint(endpoint: str) -> Any:
    return current_app.view_functions[endpoint]()


async def show_async_endpoint(endpoint: str) -> Any:
    view: Any = current_app.view_functions[endpoint]
    return await view()


@pytest.mark.parametrize("kind", ["function", "async function"])
def test_direct_call_of_a_guarded_view_is_checked(world: World, kind: str) -> None:
    app, auth, view, call = world.app(), world.auth, new_view(), show_endpoint
    if kind == "async function":
        pytest.importorskip("asgiref", reason="asgiref is not installed: flask[async]")
        view, call = show_async, show_async_endpoint
    register(app, auth.requires_scope("a")(view))
    register(app, auth.public(partial(call, "x")), "public")
    register(app, auth.requires_scope("b")(partial(call, "x")), "stricter")
    auth.require_policies(app)

    assert world.who_may_call(app, "/public") == "holders of a"
    assert world.who_may_call(app, "/stricter") == "holders of a and b"


def test_hooks_run_only_after_the_gate_allows_a_request(world: World) -> None:
    auth, app = world.auth, Flask(__name__)
    ran: list[object] = []
    app.config |= {"AUTH0_DOMAIN": [world.tenant.domain], "AUTH0_AUDIENCE": AUDIENCE}
    app.before_request(lambda: ran.append("earlier"))
    auth.init_app(app)
    app.before_request(lambda: ran.append(auth.optional_token().scopes))
    blueprint = new_blueprint(auth.requires_scope("a")(new_view()))
    blueprint.before_request(lambda: ran.append(auth.current_token.permissions))
    register(app, blueprint)

    for caller in (ANONYMOUS, MALFORMED, EXPIRED, holder_of("b")):
        assert world.status(app, caller, "/x", "GET") in (401, 403)
        assert ran == []
    assert world.status(app, SCOPE_HOLDER, "/x", "GET") == 200
    assert ran == ["earlier", {"a"}, set()]


def test_preprocessor_that_aborts_keeps_its_response(world: World) -> None:
    app = world.app()
    app.config["PROPAGATE_EXCEPTIONS"] = False
    register(app, world.auth.public(new_view()))
    app.url_value_preprocessor(lambda *_: abort(404))

    assert world.status(app, ANONYMOUS, "/x", "GET") == 404


MODES: dict[str, dict[str, bool]] = {
    "production": {},
    "testing": {"TESTING": True},
    "debug": {"DEBUG": True},
    "trap": {"TRAP_HTTP_EXCEPTIONS": True},
    "propagate": {"PROPAGATE_EXCEPTIONS": True},
    "all": {"TESTING": True, "DEBUG": True, "TRAP_HTTP_EXCEPTIONS": True},
}


ResponseParts = tuple[int, list[tuple[str, str]], bytes]
"""Status, headers and body."""


def collect_responses(
    world: World, mode: dict[str, bool], errors: list[Any]
) -> list[ResponseParts]:
    """Return all responses of an app in this mode, with handlers for these errors."""
    auth = world.auth
    found: list[ResponseParts] = []

    def forbid() -> None:
        raise auth.Forbidden("not_yours", "The message is not yours.")

    for online in (True, False):
        app = world.app(online=online)
        app.config |= mode
        views = {
            "x": auth.requires_scope("a")(new_view()),
            "direct": auth.public(partial(show_endpoint, "outer.x")),
            "forbidden": auth.optional_auth(forbid),
        }
        blueprint = Blueprint("outer", __name__)
        for name, view in views.items():
            register(blueprint, view, name)
        for scaffold, error in product((app, blueprint), errors):
            scaffold.register_error_handler(error, lambda _: ("replaced", 200))
        register(app, blueprint)
        for caller, path in product((*PROBES[:4], SCOPE_HOLDER), views):
            headers = world.headers(caller, online=online) | {"X-Request-ID": "1"}
            response = app.test_client().get(f"/{path}", headers=headers)
            found.append((response.status_code, [*response.headers], response.data))
    return found


@pytest.fixture(scope="module")
def plain_responses(world: World) -> list[ResponseParts]:
    """The responses in production without any handlers."""
    return collect_responses(world, {}, [])


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    "errors",
    [[], [Exception], [Exception, HTTPException, 401, 403, 503]],
    ids=["no handlers", "Exception", "all handlers"],
)
def test_responses_are_identical_in_every_mode(
    world: World, plain_responses: list[ResponseParts], mode: str, errors: list[Any]
) -> None:
    assert {status for status, *_ in plain_responses} == {200, 401, 403, 503}
    assert collect_responses(world, MODES[mode], errors) == plain_responses


def test_threads_see_only_their_own_token(world: World) -> None:
    app, auth, together = world.app(), world.auth, threading.Barrier(8, timeout=30)

    def show_subject() -> str:
        together.wait()
        before = auth.current_token.subject
        together.wait()
        return f"{before} {auth.optional_token().subject}"

    register(app, auth.requires_auth(show_subject))
    users = [f"auth0|{number}" for number in range(8)]

    def call(user: str) -> str:
        headers = {"Authorization": f"Bearer {world.tenant.token(user=user)}"}
        return app.test_client().get("/x", headers=headers).text

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(call, users)) == [f"{user} {user}" for user in users]


def test_nested_request_does_not_see_the_outer_token(world: World) -> None:
    app, auth = world.app(), world.auth
    tokens = {name: world.tenant.token(user=name) for name in ("outer", "inner")}

    def subject() -> str:
        token = auth.optional_token()
        return str(token and token.subject)

    def nest() -> list[str]:
        client, headers = current_app.test_client(), {"Authorization": f"Bearer {tokens['inner']}"}
        anonymous = client.get("/optional").text, client.get("/required").text[:8]
        return [subject(), *anonymous, client.get("/required", headers=headers).text, subject()]

    register(app, auth.optional_auth(subject), "optional")
    register(app, auth.requires_auth(subject), "required")
    register(app, auth.requires_auth(nest), "nest")

    response = app.test_client().get(
        "/nest", headers={"Authorization": f"Bearer {tokens['outer']}"}
    )
    assert response.json == ["outer", "None", '{"code":', "inner", "outer"]


def test_copied_request_context_keeps_its_own_token(world: World) -> None:
    app, auth = world.app(), world.auth
    copies: list[Callable[[], str]] = []

    def show_subject() -> str:
        copies.append(copy_current_request_context(lambda: str(auth.current_token.subject)))
        with ThreadPoolExecutor(1) as pool:
            with pytest.raises(RuntimeError, match="outside of request context"):
                pool.submit(lambda: auth.current_token.subject).result()
            return " ".join(pool.submit(copy).result() for copy in copies)

    register(app, auth.requires_auth(show_subject))
    texts = [
        app.test_client()
        .get("/x", headers={"Authorization": f"Bearer {world.tenant.token(user=user)}"})
        .text
        for user in ("ann", "bob")
    ]
    assert texts == ["ann", "ann bob"]


UNUSUAL_HEADERS: dict[str, dict[str, str]] = {
    "whitespace": {"HTTP_AUTHORIZATION": " \t "},
    "latin-1": {"HTTP_AUTHORIZATION": "Bearer \xe9.\xff.\xa0"},
    "basic": {"HTTP_AUTHORIZATION": "Basic YTpi"},
    "long": {"HTTP_AUTHORIZATION": "Bearer " + "a" * 20_000},
    "brackets": {"HTTP_AUTHORIZATION": f"Bearer {'W1tb' * 1000}.{'W1tb' * 1000}.YQ"},
    "method override": {"HTTP_X_HTTP_METHOD_OVERRIDE": "OPTIONS", "HTTP_X_METHOD": "OPTIONS"},
    "preflight": {"HTTP_ORIGIN": "null", "HTTP_ACCESS_CONTROL_REQUEST_METHOD": "GET"},
    "forwarded": {"HTTP_X_FORWARDED_USER": "root", "REMOTE_USER": "root", "HTTP_COOKIE": "a=b"},
    "ranges": {"HTTP_RANGE": "bytes=9-1", "HTTP_IF_NONE_MATCH": "*", "HTTP_EXPECT": "x"},
}
PATHS = ("/x", "/x/", "//x", "/./x", "/%78", "/x;a", "/x?access_token=TOKEN", "/slash", "/in/\xff")
METHODS = ("GET", "HEAD", "POST", "OPTIONS", "TRACE", "get", "DISPATCH_REQUEST", "__INIT__")


@pytest.mark.parametrize("headers", UNUSUAL_HEADERS)
def test_unusual_request_gets_neither_body_nor_500(world: World, headers: str) -> None:
    app, auth = world.app(), world.auth
    register(app, auth.requires_auth(new_class(get=new_view(), post=new_view())))
    app.add_url_rule("/slash/", "slash", auth.requires_scope("a")(new_view()))
    app.add_url_rule("/in/<name>", "in", auth.requires_scope("a")(new_view()))
    token = world.headers(SCOPE_HOLDER)["Authorization"].removeprefix("Bearer ")

    for path, method in product(PATHS, METHODS):
        response = app.test_client().open(
            path.replace("TOKEN", token),
            method=method,
            data={"access_token": token, "_method": "OPTIONS"},
            environ_overrides=UNUSUAL_HEADERS[headers],
            follow_redirects=True,
        )
        assert BODY not in response.text
        assert response.status_code < 500, (path, method)
        assert response.status_code >= 400 or method == "OPTIONS", (path, method)
