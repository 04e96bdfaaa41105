"""APIFlask: policies outside and inside the validation, on a class, and on a blueprint."""

from typing import Any, ClassVar

from apiflask import APIBlueprint, APIFlask, Schema
from apiflask.fields import String
from apiflask.views import MethodView
from apiflask_api.auth import Forbidden, public, requires_auth, requires_scope

from .contract import HELLO

OWN_ENDPOINTS = ("openapi.*",)


class ReportInput(Schema):
    text = String(required=True)


class Message(Schema):
    message = String()


def add_endpoints(app: APIFlask) -> None:
    scoped = requires_scope("read:report")(
        APIBlueprint("scoped", __name__, url_prefix="/api/scoped")
    )

    @app.get("/api/public/view")
    @public
    @app.output(Message)
    def get_public() -> dict[str, str]:
        return HELLO

    @app.route("/api/private/decorators")
    class Private(MethodView):
        decorators: ClassVar = [requires_auth]

        @app.output(Message)
        def get(self) -> dict[str, str]:
            return HELLO

    @scoped.get("/blueprint")
    def get_scoped() -> dict[str, str]:
        return HELLO

    @app.post("/api/validated/outside")
    @requires_scope("read:report")
    @app.input(ReportInput)
    def post_outside(**_: Any) -> dict[str, str]:
        return HELLO

    @app.post("/api/validated/inside")
    @app.input(ReportInput)
    @requires_scope("read:report")
    def post_inside(**_: Any) -> dict[str, str]:
        return HELLO

    @app.get("/api/forbidden/view")
    @app.output(Message)
    @requires_auth
    def get_forbidden() -> dict[str, str]:
        raise Forbidden("not_yours", "The report is not yours.")

    app.register_blueprint(scoped)
