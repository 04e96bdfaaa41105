"""The Flask code around libraries that only verify tokens."""

from collections.abc import Callable, Mapping

from flask import Flask, abort, request

from .response_body import response_body


def request_token() -> str:
    """Return the bearer token of the request; abort with 401 if there is none."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        abort(401)
    return token


def protected_app(verify: Callable[[str], Mapping[str, object]], *errors: type[Exception]) -> Flask:
    """Make an app whose private endpoint calls `verify`, and responds to `errors` with 401."""
    app = Flask(__name__, static_folder=None)

    @app.get("/public")
    def public() -> dict[str, object]:
        return response_body()

    @app.get("/private")
    def private() -> dict[str, object]:
        try:
            claims = verify(request_token())
        except errors:
            abort(401)
        return response_body(claims["sub"])

    return app
