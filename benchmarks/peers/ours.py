"""The API that this template renders."""

import importlib
from typing import Any

from flask import Flask

from ..answer import hello
from ..site import Verify, verify_with

TITLE = "this template"


def make_app(domain: str, audience: str) -> Flask:
    """Make the rendered app with two more endpoints."""
    settings = {"AUTH0_DOMAIN": domain, "AUTH0_AUDIENCE": audience, "CORS_ORIGINS": ""}
    # The rendered package: there is nothing to import before a site is open.
    app: Flask = importlib.import_module("messages_api").create_app(settings)
    auth: Any = importlib.import_module("messages_api.auth")

    def public() -> dict[str, object]:
        return hello()

    def private() -> dict[str, object]:
        return hello(auth.current_token.subject)

    app.add_url_rule("/public", "bench_public", auth.public(public))
    app.add_url_rule("/private", "bench_private", auth.requires_auth(private))
    return app


def make_verifier(domain: str, audience: str) -> Verify:
    return verify_with(make_app(domain, audience))
