"""Plain Flask: the reference for the responses under extensions."""

from flask import Flask, abort, request
from messages_api.auth import requires_scope

from .contract import HELLO
from .views import add_views


def add_endpoints(app: Flask) -> None:
    add_views(app, lambda view: view)

    @app.post("/api/validated/outside")
    @requires_scope("read:report")
    def post_validated() -> dict[str, str]:
        if "text" not in request.get_json():
            abort(422, "The text is missing.")
        return HELLO
