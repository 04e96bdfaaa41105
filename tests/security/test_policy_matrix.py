"""The status for each caller: every policy on every kind of view, in pairs, and inherited."""

from collections.abc import Callable
from functools import partial
from itertools import product
from typing import Any

import pytest
from flask import Flask
from flask.views import View

from .policy_world import (
    ANONYMOUS,
    BODY,
    DECORATORS,
    EXPIRED,
    KINDS,
    MALFORMED,
    OPEN,
    UNVERIFIABLE,
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


class CallableView:
    def __call__(self) -> str:
        return BODY


HOLDER = holder_of("a", *KINDS.values())
ALL_CALLERS = (ANONYMOUS, MALFORMED, EXPIRED, UNVERIFIABLE, holder_of(""), HOLDER)

VIEW_KINDS: dict[str, Callable[[Any], object]] = {
    "function": lambda policy: policy(new_view()),
    "async function": lambda policy: policy(show_async),
    "partial": lambda policy: policy(partial(str, BODY)),
    "bound method": lambda policy: policy(new_class()().get),
    "callable instance": lambda policy: policy(CallableView()),
    "method": lambda policy: new_class(get=policy(new_view())),
    "async method": lambda policy: new_class(get=policy(show_async)),
    "method of a shared instance": lambda policy: new_class(
        get=policy(new_view()), init_every_request=False
    ),
    "inherited method": lambda policy: new_class(new_class(get=policy(new_view()))),
    "class": lambda policy: policy(new_class()),
    "class with inherited methods": lambda policy: policy(new_class(new_class())),
    "inherited class policy": lambda policy: new_class(policy(new_class())),
    "class decorators": lambda policy: new_class(get=new_view(), decorators=[policy]),
    "method_decorators": lambda policy: new_class(get=new_view(), method_decorators=[policy]),
    "method_decorators by method": lambda policy: new_class(
        get=new_view(), method_decorators={"get": [policy]}
    ),
    "View": lambda policy: policy(
        new_class(View, dispatch_request=new_view(), methods=["GET", "POST"])
    ),
    "dispatch_request": lambda policy: new_class(
        View, dispatch_request=policy(new_view()), methods=["GET", "POST"]
    ),
    "blueprint": lambda policy: policy(new_blueprint()),
    "inner blueprint": lambda policy: new_blueprint(policy(new_blueprint(name="inner"))),
    "outer blueprint": lambda policy: policy(new_blueprint(new_blueprint(name="inner"))),
}
NOT_INHERITING_OPENNESS = ("inherited class policy", "outer blueprint")
"""Kinds of views that do not inherit an open decorator, and so have no policy with one."""


def check_all_callers(world: World, online: Flask, offline: Flask, decorator: str) -> None:
    rule = next(rule for rule in online.url_map.iter_rules() if rule.rule == "/x")
    for caller, method in product(ALL_CALLERS, sorted((rule.methods or set()) - {"OPTIONS"})):
        app = offline if caller.credential == "unverifiable" else online
        found = world.status(app, caller, "/x", method)
        assert found == expected_status([(decorator, "a")], caller), (caller, method)


@pytest.mark.parametrize("decorator", DECORATORS)
@pytest.mark.parametrize("kind", VIEW_KINDS)
def test_decorator_decides_who_may_call(world: World, kind: str, decorator: str) -> None:
    if "async" in kind:
        pytest.importorskip("asgiref", reason="asgiref is not installed: flask[async]")
    online, offline = apps = world.app(), world.app(online=False)
    for app in apps:
        register(app, VIEW_KINDS[kind](world.decorator(decorator)))

    if decorator in OPEN and kind in NOT_INHERITING_OPENNESS:
        with pytest.raises(world.auth.MissingPolicy, match=r"x' \(GET\) has no policy"):
            world.auth.require_policies(online)
    else:
        world.auth.require_policies(online)
        check_all_callers(world, online, offline, decorator)


@pytest.mark.parametrize("decorator", DECORATORS)
@pytest.mark.parametrize(
    ("order", "pattern"), [("before", "outer.x"), ("after", "outer.x"), ("before", "*.[x-z]")]
)
def test_policy_by_name_decides_who_may_call(
    world: World, order: str, pattern: str, decorator: str
) -> None:
    online, offline = apps = world.app(), world.app(online=False)
    for app in apps:
        if order == "after":
            register(app, new_blueprint())
        world.auth.set_policy(app, pattern, world.decorator(decorator))
        if order == "before":
            register(app, new_blueprint())
    world.auth.require_policies(online)

    check_all_callers(world, online, offline, decorator)


STACKED: dict[str, Callable[[Any, Any, str], object]] = {
    "function": lambda first, second, _: second(first(new_view())),
    "class": lambda first, second, _: second(first(new_class())),
    "blueprint": lambda first, second, name: second(first(new_blueprint(None, name, name))),
}
"""Targets on which contradictory decorators are an error."""

SEPARATE: dict[str, Callable[[Any, Any, str], object]] = {
    "class decorators over method": lambda first, second, _: new_class(
        get=first(new_view()), decorators=[second]
    ),
    "method_decorators over method": lambda first, second, _: new_class(
        get=first(new_view()), method_decorators=[second]
    ),
    "bound method": lambda first, second, _: second(new_class(get=first(new_view()))().get),
}
"""Targets on which decorators do not see each other: the stricter policy applies."""


def check_pairs(world: World, app: Flask, first: str, seconds: list[str]) -> None:
    """Compare the endpoint `/<second>` of each pair with the oracle."""
    world.auth.require_policies(app)
    tokens = [holder_of(names, *KINDS.values()) for names in ("", "a", "b", "ab")]
    for second, caller in product(seconds, (ANONYMOUS, MALFORMED, *tokens)):
        found = world.status(app, caller, f"/{second}", "GET")
        assert found == expected_status([(first, "a"), (second, "b")], caller), (second, caller)


@pytest.mark.parametrize("first", DECORATORS)
@pytest.mark.parametrize("place", STACKED | SEPARATE)
def test_requirements_of_two_decorators_add_up(world: World, place: str, first: str) -> None:
    app, seconds = world.app(), []
    for second in DECORATORS:
        stack = partial((STACKED | SEPARATE)[place], world.decorator(first, "a"))
        if place in STACKED and first != second and (first in OPEN or second in OPEN):
            with pytest.raises(TypeError, match=r"cannot be both .* and .*"):
                stack(world.decorator(second, "b"), second)
        else:
            register(app, stack(world.decorator(second, "b"), second), second)
            seconds.append(second)

    check_pairs(world, app, first, seconds)


@pytest.mark.parametrize("first", DECORATORS)
@pytest.mark.parametrize("pattern", ["", "{}*"])
def test_requirements_of_policy_by_name_add_up(world: World, pattern: str, first: str) -> None:
    app = world.app()
    for second in DECORATORS:
        if pattern:
            register(app, new_view(), second)
            world.auth.set_policy(app, second, world.decorator(first, "a"))
        else:
            register(app, world.decorator(first, "a")(new_view()), second)
        target = pattern.format(second) if "{}" in pattern else second
        world.auth.set_policy(app, target, world.decorator(second, "b"))

    check_pairs(world, app, first, [*DECORATORS])
