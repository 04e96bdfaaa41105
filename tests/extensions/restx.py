"""Flask-RESTX."""

from typing import ClassVar

from flask import Flask
from flask_restx import Api, Namespace, Resource, fields
from messages_api.auth import requires_scope

from .contract import HELLO
from .resources import add_resources

OWN_ENDPOINTS = ("specs", "doc", "root", "restx_doc.static")


def add_endpoints(app: Flask) -> None:
    api = Api(app, prefix="/api", doc="/api/docs")
    report = api.model("Report", {"text": fields.String(required=True)})
    scoped = Namespace("scoped", path="/scoped", decorators=[requires_scope("read:report")])
    add_resources(api.route, Resource)

    @api.errorhandler(Exception)
    def handle(error: Exception) -> tuple[dict[str, str], int]:
        return {"message": "Something went wrong."}, getattr(error, "code", 500)

    @scoped.route("/namespace")
    class InNamespace(Resource):
        def get(self) -> dict[str, str]:
            return HELLO

    @api.route("/validated/method")
    class Validated(Resource):
        @api.expect(report, validate=True)
        @requires_scope("read:report")
        def post(self) -> dict[str, str]:
            return HELLO

    @api.route("/validated/method-decorators")
    class ValidatedByDecorators(Resource):
        method_decorators: ClassVar = [requires_scope("read:report")]

        @api.expect(report, validate=True)
        def post(self) -> dict[str, str]:
            return HELLO

    api.add_namespace(scoped)
