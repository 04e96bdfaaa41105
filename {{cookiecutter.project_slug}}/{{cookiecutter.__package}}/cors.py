"""CORS: which single-page apps may call the API from a browser."""

from flask import Flask, Response
from flask_cors import CORS


def init_app(app: Flask) -> None:
    """Add CORS headers to every response, errors included, if there are CORS_ORIGINS."""
    if origins := app.config["CORS_ORIGINS"]:
        CORS(
            app,
            origins=origins,
            allow_headers=["Authorization", "Content-Type"],
            expose_headers=["WWW-Authenticate", "Retry-After", "X-Request-ID"],
            always_send=False,  # a request without Origin does not get the list of origins
            vary_header=False,  # it would only cover responses to several origins
        )
        app.after_request(_vary_by_origin)


def _vary_by_origin(response: Response) -> Response:
    response.vary.add("Origin")  # RFC 9110 section 12.5.5
    return response
