"""Flask-Limiter: a limit for each client, or for each address without a token."""

from flask import Flask
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from messages_api.auth import optional_token, requires_scope

from .contract import HELLO
from .views import add_views


def client_or_address() -> str:
    token = optional_token()
    return token.client_id if token and token.client_id else get_remote_address()


def add_endpoints(app: Flask) -> None:
    limiter = Limiter(
        client_or_address, app=app, default_limits=["30/day"], storage_uri="memory://"
    )
    add_views(app, limiter.limit("100/day"))

    @app.get("/api/twice")
    @limiter.limit("2/day")
    @requires_scope("read:report")
    def get_twice() -> dict[str, str]:
        return HELLO
