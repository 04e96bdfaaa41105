"""Plain Flask views, to which an extension can add its own decorator."""

from collections.abc import Callable
from typing import ClassVar

from flask import Flask
from flask.views import MethodView
from messages_api.auth import Forbidden, public, requires_auth, requires_scope

from .contract import HELLO

View = Callable[..., dict[str, str]]


def add_views(app: Flask, decorate: Callable[[View], View]) -> None:
    """Add functions and classes with the extension's decorator outside and inside the policy."""
    guards = {
        "public": public,
        "private": requires_auth,
        "scoped": requires_scope("read:report"),
        "forbidden": requires_auth,
    }
    for policy, guard in guards.items():
        variants = {
            "outside": decorate(guard(make_view(f"{policy}_outside"))),
            "inside": guard(decorate(make_view(f"{policy}_inside"))),
            "class-outside": make_class(policy, guard, decorate).as_view(f"{policy}_class_outside"),
            "class-inside": make_class(policy, decorate, guard).as_view(f"{policy}_class_inside"),
        }
        for variant, view in variants.items():
            app.add_url_rule(f"/api/{policy}/{variant}", view_func=view)


def make_view(name: str) -> View:
    def view() -> dict[str, str]:
        if name.startswith("forbidden"):
            raise Forbidden("not_yours", "The report is not yours.")
        return HELLO

    view.__name__ = view.__qualname__ = name  # Flask, limiters and counters identify views by it
    return view


def make_class(name: str, *outwards: Callable[[View], View]) -> type[MethodView]:
    class Resource(MethodView):
        decorators: ClassVar = [*outwards]

        def get(self) -> dict[str, str]:
            return make_view(name)()

    return Resource
