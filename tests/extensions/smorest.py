"""flask-smorest: policies outside and inside the validation, on a class, and on a blueprint."""

from flask import Flask
from flask.views import MethodView
from flask_smorest import Api, Blueprint
from marshmallow import Schema, fields
from messages_api.auth import Forbidden, public, requires_auth, requires_scope

from .contract import HELLO

OWN_ENDPOINTS = ("api-docs.*",)
CONFIG = {
    "API_TITLE": "Reports",
    "API_VERSION": "v1",
    "OPENAPI_VERSION": "3.0.2",
    "OPENAPI_URL_PREFIX": "/api/docs",
    "OPENAPI_SWAGGER_UI_PATH": "/swagger-ui",
    "OPENAPI_SWAGGER_UI_URL": "https://cdn.jsdelivr.net/npm/swagger-ui-dist/",
}


class ReportSchema(Schema):
    text = fields.String(required=True)


class MessageSchema(Schema):
    message = fields.String()


def add_endpoints(app: Flask) -> None:
    app.config.update(CONFIG)
    api = Api(app)
    blp = Blueprint("reports", __name__, url_prefix="/api")
    scoped = requires_scope("read:report")(Blueprint("scoped", __name__, url_prefix="/api/scoped"))

    @blp.route("/public/method")
    class Public(MethodView):
        @public
        @blp.response(200, MessageSchema)
        def get(self) -> dict[str, str]:
            return HELLO

    @blp.route("/private/class")
    @requires_auth
    class Private(MethodView):
        @blp.response(200, MessageSchema)
        def get(self) -> dict[str, str]:
            return HELLO

    @scoped.route("/blueprint")
    def get_scoped() -> dict[str, str]:
        return HELLO

    @blp.route("/validated/outside")
    class Outside(MethodView):
        @requires_scope("read:report")
        @blp.arguments(ReportSchema)
        @blp.response(200, MessageSchema)
        def post(self, _: dict[str, str]) -> dict[str, str]:
            return HELLO

    @blp.route("/validated/inside")
    class Inside(MethodView):
        @blp.arguments(ReportSchema)
        @blp.response(200, MessageSchema)
        @requires_scope("read:report")
        def post(self, _: dict[str, str]) -> dict[str, str]:
            return HELLO

    @blp.route("/forbidden/view")
    @blp.response(200, MessageSchema)
    @requires_auth
    def get_forbidden() -> dict[str, str]:
        raise Forbidden("not_yours", "The report is not yours.")

    api.register_blueprint(blp)
    api.register_blueprint(scoped)
