"""The Flask side of the libraries that have none: what their documentation leaves to its reader."""

from collections.abc import Callable, Mapping

from flask import Flask, abort, request

from ..answer import hello


def bearer_token() -> str:
    """Return the token of the request; without one the request ends with 401."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        abort(401)
    return token


def app_around(verify: Callable[[str], Mapping[str, object]], *refusals: type[Exception]) -> Flask:
    """Make an app whose private endpoint verifies so, and answers 401 to these exceptions."""
    app = Flask(__name__, static_folder=None)

    @app.get("/public")
    def public() -> dict[str, object]:
        return hello()

    @app.get("/private")
    def private() -> dict[str, object]:
        try:
            claims = verify(bearer_token())
        except refusals:
            abort(401)
        return hello(claims["sub"])

    return app
