"""CORS: which single-page apps may call the API from a browser."""

import re

from flask import Flask, Response, request
from flask_cors import CORS


def init_app(app: Flask) -> None:
    """Add CORS headers to every response, errors included, if there are CORS_ORIGINS."""
    origins, headers = app.config["CORS_ORIGINS"], app.config["CORS_ALLOW_HEADERS"]
    if origins:
        CORS(
            app,
            # Escaped, since Flask-CORS would take [::1] for a pattern.
            origins=origins if origins == ["*"] else [rf"{re.escape(it)}\Z" for it in origins],
            allow_headers=["Authorization", "Content-Type", *re.findall(r"[^\s,]+", headers)],
            expose_headers=["WWW-Authenticate", "Retry-After", "X-Request-ID"],
            always_send=False,  # a request without Origin does not get the list of origins
            vary_header=False,  # it would only cover responses to several origins
        )
        add_headers = app.after_request_funcs[None].pop()  # takes 5 % of a request

        @app.after_request
        def add_headers_for_browsers(response: Response) -> Response:
            response.headers.add("Vary", "Origin")  # RFC 9110 section 12.5.5
            if "HTTP_ORIGIN" in request.environ:
                add_headers(response)
            return response
