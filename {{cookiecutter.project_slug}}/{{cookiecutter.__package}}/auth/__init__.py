"""Protects the views of a Flask app by Auth0's access tokens. Routes import from here."""

import logging

from flask import Flask, Response, current_app, jsonify, request

from .decided import refuse_undecided
from .decorators import (
    EXTENSION,
    current_token,
    public,
    requires_auth,
    requires_permission,
    requires_scope,
)
from .errors import AuthError
from .keys import SigningKeys
from .remedies import remedy
from .tokens import AccessToken, TokenVerifier

__all__ = [
    "AccessToken",
    "AuthError",
    "current_token",
    "init_app",
    "public",
    "refuse_undecided",
    "requires_auth",
    "requires_permission",
    "requires_scope",
    "signing_keys",
    "warm_up",
]

_log = logging.getLogger(__name__)


def init_app(app: Flask) -> None:
    """Make the app verify the tokens of AUTH0_DOMAIN for AUTH0_AUDIENCE. Fetches nothing yet."""
    issuer = f"https://{app.config['AUTH0_DOMAIN']}/"
    keys = SigningKeys(f"{issuer}.well-known/jwks.json")
    app.extensions[EXTENSION] = TokenVerifier(issuer, app.config["AUTH0_AUDIENCE"], keys)
    app.register_error_handler(AuthError, _refuse)
    app.after_request(_keep_out_of_caches)


def signing_keys(app: Flask) -> SigningKeys:
    """Return the tenant's keys as the app has them."""
    verifier: TokenVerifier = app.extensions[EXTENSION]
    return verifier.keys


def warm_up(app: Flask) -> None:
    """Begin to fetch the keys, so that the first request finds them. It waits for nothing."""
    signing_keys(app).warm_up()


def _refuse(error: AuthError) -> tuple[Response, int, dict[str, str]]:
    """In debug mode the log also says what to do; what the client is told never depends on it."""
    advice = {"rule": error.description, "remedy": remedy(error)} if current_app.debug else {}
    _log.info("Request refused", extra={"code": error.code, **error.identifiers, **advice})
    return jsonify(code=error.code, description=error.description), error.status, error.headers


def _keep_out_of_caches(response: Response) -> Response:
    """RFC 6750 section 5.3: what was answered to a token is for its holder alone."""
    if "HTTP_AUTHORIZATION" in request.environ:
        response.headers["Cache-Control"] = "no-store"
    return response
