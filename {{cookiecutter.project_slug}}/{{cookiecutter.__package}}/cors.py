"""Which single-page apps may call the API from a browser. Errors carry the headers as well."""

from flask import Flask, Response, request
from flask_cors import CORS


def init_app(app: Flask) -> None:
    """Let the configured origins call `/api/*`. Without any there are no CORS headers at all."""
    if app.config["CORS_ORIGINS"]:
        CORS(
            app,
            resources={r"/api/.*": {"origins": app.config["CORS_ORIGINS"]}},
            allow_headers=["Authorization", "Content-Type"],
            expose_headers=["WWW-Authenticate", "Retry-After", "X-Request-ID"],
            always_send=False,  # else a caller that is no page is told every origin
        )
        app.after_request(_vary)


def _vary(response: Response) -> Response:
    """RFC 9110 section 12.5.5: a cache must not give one origin what another was answered."""
    if request.path.startswith("/api/"):
        response.vary.add("Origin")
    return response
