"""The access token of the current request: verified once, checked by policies, read by views."""

from typing import cast

from flask import Flask, current_app, request
from werkzeug.local import LocalProxy

from ..errors import current_request
from .policies import Access, Policy, declared_by
from .rejections import AUTHORIZATION_MISSING, VERIFIED, Rejection, Unauthenticated, loggable
from .tokens import AccessToken, TokenVerifier

ENFORCED = "auth0_enforced_policy"  # an attribute of the request, set by the gate
EXTENSION = "auth0"  # app.extensions["auth0"] is the app's TokenVerifier


def authorize(app: Flask, policy: Policy) -> None:
    """Raise Rejection unless a policy allows the current request."""
    if policy.access is Access.PUBLIC:
        return
    try:
        token = _verify_once(app)
        if token is not None:
            policy.check(token)
        elif policy.access is Access.REQUIRED:
            raise Unauthenticated(AUTHORIZATION_MISSING)
    except Rejection as rejection:
        rejection.scope = policy.scope
        raise


def authorize_call(policy: Policy) -> None:
    """Authorize a call of a decorated function. RuntimeError if its view hides it from the gate."""
    if policy.access is Access.PUBLIC:
        return
    enforced: Policy | None = getattr(current_request(), ENFORCED, None)
    if enforced and (enforced is policy or enforced.covers(policy)):
        return
    authorize(current_app, policy)
    if enforced:
        view = current_app.view_functions[str(request.endpoint)]
        if not declared_by(view, request.method):
            advice = "put one on it, or use functools.wraps in the decorator around it"
            raise RuntimeError(f"{request.endpoint!r} has no policy of its own: {advice}.")


def optional_token() -> AccessToken | None:
    """Return the verified token; None for an anonymous caller, and in every public view."""
    return getattr(current_request(), VERIFIED, None)


def _require_token() -> AccessToken:
    if token := optional_token():
        return token
    raise RuntimeError("There is no current_token: use @requires_auth, or call optional_token().")


current_token = cast(AccessToken, LocalProxy(_require_token))
"""The verified access token of the request, in a view that requires one."""


def _verify_once(app: Flask) -> AccessToken | None:
    """Return the token of the request, verified the first time; None without the header."""
    attributes = vars(current_request())
    if VERIFIED not in attributes:
        verifier: TokenVerifier = app.extensions[EXTENSION]
        bearer = verifier.read(attributes["environ"].get("HTTP_AUTHORIZATION"))
        attributes[VERIFIED] = token = None if bearer is None else verifier.verify(bearer)
        if token and "act" in token.verified:
            attributes["log_fields"] = loggable({"actor": token.actor})
    return cast("AccessToken | None", attributes[VERIFIED])
