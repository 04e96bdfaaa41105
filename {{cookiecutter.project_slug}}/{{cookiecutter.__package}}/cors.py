"""CORS: which single-page apps may call the API from a browser."""

import re

from flask import Flask, Response, request
from flask_cors import CORS


def init_app(app: Flask) -> None:
    """Add CORS headers to every response, errors included, if CORS_ORIGINS is set."""
    origins, headers = app.config["CORS_ORIGINS"], app.config["CORS_ALLOW_HEADERS"]
    if origins:
        CORS(
            app,
            # Escaped, since Flask-CORS would read [::1] as a pattern.
            origins=origins if origins == ["*"] else [rf"{re.escape(it)}\Z" for it in origins],
            allow_headers=["Authorization", "Content-Type", *re.findall(r"[^\s,]+", headers)],
            expose_headers=["WWW-Authenticate", "Retry-After", "X-Request-ID"],
            always_send=False,  # a request without Origin does not get the list of origins
            vary_header=False,  # added below: Flask-CORS omits Vary if there is only one origin
        )
        add_headers = app.after_request_funcs[None].pop()  # takes 5 % of a request: only if needed

        @app.after_request
        def add_headers_for_browsers(response: Response) -> Response:
            response.headers.add("Vary", "Origin")  # RFC 9110 section 12.5.5
            if "HTTP_ORIGIN" in request.environ:
                add_headers(response)
            return response
