"""Policy resolution: levels, inheritance, HEAD and OPTIONS, and the errors of require_policies."""

import re
from functools import partial
from itertools import product
from typing import Any

import pytest
from flask import Blueprint
from flask.views import View
from werkzeug.routing import Rule

from .policy_world import (
    ANONYMOUS,
    BODY,
    MALFORMED,
    World,
    expected_status,
    holder_of,
    new_blueprint,
    new_class,
    new_view,
    register,
)

pytestmark = pytest.mark.exhaustive

CHOICES = (None, "public", "requires_auth", "requires_scope")


def expected_policy(levels: dict[str, str | None]) -> list[tuple[str, str]]:
    """Return the expected requirements or `public`, or an empty list if there is no policy."""
    required: list[tuple[str, str]] = []
    for level, name in levels.items():
        if name == "public" and level in ("view", "class", "inner"):
            return required or [(name, level)]
        if name not in (None, "public"):
            required.append((str(name), level))
    return required


@pytest.mark.parametrize("outer", CHOICES)
@pytest.mark.parametrize("inner", CHOICES)
def test_policy_is_resolved_from_the_view_outwards(
    world: World, inner: str | None, outer: str | None
) -> None:
    def declare(level: str, target: Any) -> Any:
        name = levels[level]
        return world.decorator(name, level)(target) if name else target

    app, inside, outside = world.app(), Blueprint("inner", __name__), Blueprint("outer", __name__)
    expected = {}
    for choices in product(CHOICES, repeat=3):
        name = "-".join(map(str, choices))
        levels = dict(zip(("view", "class", "base"), choices, strict=True))
        levels |= {"inner": inner, "outer": outer}
        expected[name] = expected_policy(levels)
        base = declare("base", new_class())
        view = declare("class", new_class(base, get=declare("view", new_view())))
        if choices[1:] == (None, None):  # use a function instead of a class
            view = declare("view", new_view())
        register(inside, view, name)
    outside.register_blueprint(declare("inner", inside))
    app.register_blueprint(declare("outer", outside))

    unprotected = set()
    try:
        world.auth.require_policies(app)
    except world.auth.MissingPolicy as error:
        unprotected = set(re.findall(r"'outer.inner.(\S+)' \(GET\) has no policy", str(error)))
    assert unprotected == {name for name, declared in expected.items() if not declared}
    for name, declared in expected.items():
        needed = {level for decorator, level in declared if decorator == "requires_scope"}
        holders = [holder_of(needed), *(holder_of(needed - {level}) for level in needed)]
        for caller in (ANONYMOUS, MALFORMED, *holders) if declared else ():
            found = world.status(app, caller, f"/{name}", "GET")
            assert found == expected_status(declared, caller), (name, caller)


def discard_decorated_view(world: World, view: Any) -> Any:
    """Decorate the view, but return the original, which has no policy."""
    world.auth.requires_auth(view)
    return view


@pytest.mark.parametrize("blueprint", CHOICES)
@pytest.mark.parametrize("kind", ["function", "bound method", "partial", "callable instance"])
def test_undecorated_original_has_no_policy(world: World, kind: str, blueprint: str | None) -> None:
    views = {
        "function": new_view(),
        "bound method": new_class()().get,
        "partial": partial(str, BODY),
        "callable instance": type("Show", (), {"__call__": new_view()})(),
    }
    app, view = world.app(), discard_decorated_view(world, views[kind])
    target = new_blueprint(view)
    register(app, world.decorator(blueprint)(target) if blueprint else target)

    with pytest.raises(world.auth.MissingPolicy, match=r"x' \(GET\) has no policy"):
        world.auth.require_policies(app)


@pytest.mark.parametrize("name", ["get", "dispatch_request"])
def test_overridden_method_needs_its_own_policy(world: World, name: str) -> None:
    for decorator in ("public", "requires_auth"):
        app, bases = world.app(), [View] if name == "dispatch_request" else []
        base = new_class(*bases, **{name: world.decorator(decorator)(new_view())})
        register(app, new_class(base, **{name: new_view()}))

        with pytest.raises(world.auth.MissingPolicy, match=r"'x' \(GET\) has no policy"):
            world.auth.require_policies(app)


def test_one_view_has_the_policy_of_each_blueprint(world: World) -> None:
    app, auth, view = world.app(), world.auth, new_view()
    policies = {"open": auth.public, "held": auth.requires_auth, "scoped": auth.requires_scope("a")}
    for name, policy in policies.items():
        app.register_blueprint(policy(new_blueprint(view, name, name)))
    register(app, auth.requires_scope("a", "b")(new_view()), "own")

    found = [world.who_may_call(app, f"/{name}") for name in (*policies, "own")]
    assert found == ["anyone", "token holders", "holders of a", "holders of a and b"]


def test_blueprint_registered_twice_has_one_policy(world: World) -> None:
    app, auth = world.app(), world.auth
    blueprint = auth.requires_scope("a")(new_blueprint(auth.requires_auth(new_class())))
    app.register_blueprint(blueprint, name="v1", url_prefix="/v1")
    app.register_blueprint(blueprint, name="v2", url_prefix="/v2")
    register(app, auth.requires_scope("b")(new_blueprint(blueprint, "other")))
    auth.require_policies(app)

    found = [world.who_may_call(app, path) for path in ("/v1/x", "/v2/x", "/x")]
    assert found == ["holders of a", "holders of a", "holders of a and b"]


@pytest.mark.parametrize("make", [new_class, new_blueprint], ids=["class", "blueprint"])
def test_policy_by_name_does_not_open_class_or_blueprint(world: World, make: Any) -> None:
    app, auth = world.app(), world.auth
    register(app, auth.requires_auth(make()))
    auth.set_policy(app, "*", auth.public)

    assert world.who_may_call(app) == "token holders"


def test_policies_of_the_same_name_add_up(world: World) -> None:
    app, auth = world.app(), world.auth
    register(app, new_view())
    auth.set_policy(app, "x", auth.requires_scope("a"))
    auth.set_policy(app, "x", auth.requires_scope("b"))

    assert world.who_may_call(app) == "holders of a and b"


@pytest.mark.parametrize(
    ("head", "profile"),
    [(None, "holders of a"), ("requires_auth", "token holders"), ("public", "anyone")],
)
def test_head_follows_get_unless_class_defines_head(
    world: World, head: str | None, profile: str
) -> None:
    app = world.app()
    members = {"head": world.decorator(head)(new_view())} if head else {}
    register(app, new_class(get=world.decorator("requires_scope")(new_view()), **members))

    assert world.who_may_call(app) == "holders of a"
    assert world.who_may_call(app, method="HEAD") == profile


PREFLIGHT = {"Origin": "https://spa.test", "Access-Control-Request-Method": "GET"}


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "TRACE"])
def test_preflight_headers_do_not_change_the_policy(world: World, method: str) -> None:
    app = world.app(CORS_ORIGINS="https://spa.test")
    # The policy of a class is enforced only by the gate.
    view = world.decorator("requires_scope")(
        new_class(**{method.lower(): new_view(), "options": new_view()})
    )
    register(app, view, "api/x")

    assert world.who_may_call(app, "/api/x", method, **PREFLIGHT) == "holders of a"
    assert world.who_may_call(app, "/api/x", "OPTIONS", **PREFLIGHT) == "holders of a"
    assert world.who_may_call(app, "/api/x", "OPTIONS") == "holders of a"


def test_only_automatic_options_bypasses_the_gate(world: World) -> None:
    app, auth = world.app(), world.auth
    register(app, auth.requires_auth(new_view()), "automatic")
    own = new_class(get=auth.public(new_view()), options=auth.requires_auth(new_view()))
    register(app, own, "own")

    response = app.test_client().options("/automatic")
    assert (response.status_code, response.data) == (200, b"")
    assert world.who_may_call(app, "/own", "OPTIONS") == "token holders"


def test_require_policies_reports_all_problems_at_once(world: World) -> None:
    app, auth = world.app(), world.auth
    app.add_url_rule("/without-view", "without view")
    app.url_map.add(Rule("/build-only", endpoint="bare", methods=["PUT"], build_only=True))
    register(app, new_view(), "bare")
    register(app, new_class(View, dispatch_request=new_view(), methods=["PUT"]), "put")
    register(app, discard_decorated_view(world, new_view()), "original")
    half = {"head": new_view(), "options": new_view()}
    register(app, new_class(get=auth.public(new_view()), **half), "half")
    auth.set_policy(app, "nothing.*", auth.public)

    with pytest.raises(auth.MissingPolicy) as raised:
        auth.require_policies(app)
    listed = re.findall(r"\n  (.+)", str(raised.value))
    assert [line.split(" has no policy")[0] for line in listed] == [
        *("'bare' (GET)", "'bare' (HEAD)", "'put' (PUT)", "'original' (GET)", "'original' (HEAD)"),
        *("'half' (HEAD)", "'half' (OPTIONS)"),
        "set_policy(app, 'nothing.*', …) matches no endpoint",
    ]


@pytest.mark.parametrize(
    "value",
    ["public", None, new_view(), new_class()],
    ids=["string", "None", "function", "class"],
)
def test_setting_anything_but_a_policy_raises_type_error(world: World, value: object) -> None:
    for policy in (value, world.auth.requires_scope):
        with pytest.raises(TypeError, match="expected the name of an endpoint and a policy"):
            world.auth.set_policy(world.app(), "x", policy)


@pytest.mark.parametrize(
    "target",
    [int, type("NotAView", (), {}), staticmethod(new_view), classmethod(new_class), "view", None],
    ids=["type", "class", "staticmethod", "classmethod", "string", "None"],
)
def test_decorating_anything_but_a_view_raises_type_error(world: World, target: object) -> None:
    for policy in (world.auth.public, world.auth.requires_scope("a")):
        with pytest.raises(TypeError, match="expected a function, a method, a subclass of"):
            policy(target)
