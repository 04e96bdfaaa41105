"""Flask-RESTful."""

from typing import ClassVar

from flask import Flask
from flask_restful import Api, Resource, reqparse
from messages_api.auth import requires_scope

from .contract import HELLO
from .resources import add_resources


def add_endpoints(app: Flask) -> None:
    api = Api(app, prefix="/api")
    parser = reqparse.RequestParser()
    parser.add_argument("text", required=True)
    add_resources(api.resource, Resource)

    @api.resource("/validated/method-decorators")
    class Validated(Resource):
        method_decorators: ClassVar = {"post": [requires_scope("read:report")]}

        def post(self) -> dict[str, str]:
            parser.parse_args()
            return HELLO
