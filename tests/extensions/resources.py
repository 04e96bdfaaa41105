"""Resources of Flask-RESTX and Flask-RESTful, which are decorated in the same ways."""

from typing import Any, ClassVar

from messages_api.auth import Forbidden, public, requires_auth, requires_scope

from .contract import HELLO


def add_resources(route: Any, resource: Any) -> None:
    """`route` is the decorator that registers a resource, and `resource` its base class."""

    class Hello(resource):
        def get(self) -> dict[str, str]:
            return HELLO

    @route("/public/method")
    class Public(Hello):
        @public
        def get(self) -> dict[str, str]:
            return HELLO

    @route("/private/decorators")
    class Decorators(Hello):
        decorators: ClassVar = [requires_auth]

    @route("/private/method-decorators")
    class MethodDecorators(Hello):
        method_decorators: ClassVar = [requires_auth]

    @route("/scoped/method")
    class Scoped(Hello):
        @requires_scope("read:report")
        def get(self) -> dict[str, str]:
            return HELLO

    @route("/scoped/class")
    @requires_scope("read:report")
    class ScopedClass(Hello):
        pass

    @route("/forbidden/method")
    class NotYours(Hello):
        @requires_auth
        def get(self) -> dict[str, str]:
            raise Forbidden("not_yours", "The report is not yours.")
