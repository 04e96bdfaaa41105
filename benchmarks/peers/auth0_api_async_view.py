"""auth0-api-python awaited in an async view, which Flask runs on an event loop per request."""

import asyncio
from collections.abc import Callable

from auth0_api_python import ApiClient, ApiClientOptions
from auth0_api_python.errors import BaseAuthError
from flask import Flask, abort

from .plain_flask import request_token
from .response_body import response_body

TITLE = "auth0-api-python, async view"


def make_verifier(domain: str, audience: str) -> Callable[[str], object]:
    """Verify on an event loop that stays open, as an ASGI server's does."""
    client = _client(domain, audience)
    runner = asyncio.Runner()
    return lambda token: runner.run(client.verify_access_token(access_token=token))


def make_app(domain: str, audience: str) -> Flask:
    app = Flask(__name__, static_folder=None)
    client = _client(domain, audience)

    @app.get("/public")
    def public() -> dict[str, object]:
        return response_body()

    @app.get("/private")
    async def private() -> dict[str, object]:
        try:
            claims = await client.verify_access_token(access_token=request_token())
        except BaseAuthError:
            abort(401)
        return response_body(claims["sub"])

    return app


def _client(domain: str, audience: str) -> ApiClient:
    return ApiClient(ApiClientOptions(domain=domain, audience=audience))
