"""The API that this template renders. It is importable while a test bed is open."""

import importlib
from collections.abc import Callable
from typing import Any

from flask import Flask

from .response_body import response_body

TITLE = "this template"


def make_app(domain: str, audience: str, origins: str = "") -> Flask:
    """Make the rendered app with two more endpoints; `origins` of single-page apps may call it."""
    settings = {"AUTH0_DOMAIN": domain, "AUTH0_AUDIENCE": audience, "CORS_ORIGINS": origins}
    app: Flask = importlib.import_module("messages_api").create_app(settings)
    auth = import_auth()

    def public() -> dict[str, object]:
        return response_body()

    def private() -> dict[str, object]:
        return response_body(auth.current_token.subject)

    app.add_url_rule("/public", "bench_public", auth.public(public))
    app.add_url_rule("/private", "bench_private", auth.requires_auth(private))
    return app


def make_verifier(domain: str, audience: str) -> Callable[[str], object]:
    return verifier_of(make_app(domain, audience))


def verifier_of(app: Flask) -> Callable[[str], object]:
    """Return what the app verifies tokens with."""
    verify: Callable[[str], object] = app.extensions["auth0"].verify
    return verify


def import_auth() -> Any:  # Any: the module exists only once it is rendered
    """Import `messages_api.auth`."""
    return importlib.import_module("messages_api.auth")


def rejection_class() -> type[Exception]:
    """Return the error that the API raises when it rejects a token."""
    error: type[Exception] = import_auth().Rejection
    return error


def scope_check() -> Callable[[object], None]:
    """Return what `@requires_scope("read:messages")` calls with a verified token."""
    check: Callable[[object], None] = (
        import_auth().requires_scope("read:messages").access_policy.check
    )
    return check
