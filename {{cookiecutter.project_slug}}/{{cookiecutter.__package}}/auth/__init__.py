"""Protects the endpoints of a Flask app with Auth0's access tokens. Routes import from here."""

from flask import Flask, Response, request

from . import gate
from .decorators import (
    optional_auth,
    public,
    requires_any_permission,
    requires_any_scope,
    requires_auth,
    requires_claim,
    requires_permission,
    requires_scope,
)
from .gate import MissingPolicy, require_policies, set_policy
from .key_cache import SigningKeys
from .rejections import Forbidden, Rejection
from .request_token import EXTENSION, current_token, optional_token
from .tokens import AccessToken, TokenVerifier

__all__ = [
    "AccessToken",
    "Forbidden",
    "MissingPolicy",
    "Rejection",
    "current_token",
    "init_app",
    "optional_auth",
    "optional_token",
    "public",
    "require_policies",
    "requires_any_permission",
    "requires_any_scope",
    "requires_auth",
    "requires_claim",
    "requires_permission",
    "requires_scope",
    "set_policy",
    "signing_keys",
]


def init_app(app: Flask) -> None:
    """Verify tokens of AUTH0_DOMAIN for AUTH0_AUDIENCE, enforce policies. Nothing is fetched yet."""
    issuer = f"https://{app.config['AUTH0_DOMAIN']}/"
    keys = SigningKeys(f"{issuer}.well-known/jwks.json")
    app.extensions[EXTENSION] = TokenVerifier(issuer, app.config["AUTH0_AUDIENCE"], keys)
    gate.init_app(app)
    for rejection in Rejection.__subclasses__():
        app.register_error_handler(rejection, Rejection.get_response)
    app.after_request(_forbid_caching)


def signing_keys(app: Flask) -> SigningKeys:
    """Return the cached signing keys of the app's tenant."""
    verifier: TokenVerifier = app.extensions[EXTENSION]
    return verifier.keys


def _forbid_caching(response: Response) -> Response:
    """RFC 6750 section 5.3: a response to a token is only for the client that sent it."""
    if "Authorization" in request.headers:
        response.headers["Cache-Control"] = "no-store"
    return response
